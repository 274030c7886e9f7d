use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The links of a page: what stands in `](…)`.
fn links(page: &str) -> Vec<String> {
    let ends = page.match_indices("](");
    ends.filter_map(|(at, _)| page[at + 2..].split(')').next().map(str::to_owned)).collect()
}

#[test]
fn every_link_of_the_pages_leads_to_a_file() {
    for page in ["README.md", "docs/README.zh-CN.md", "docs/api.md", "docs/dialplan.md"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let folder = folder.parent().expect("a page lies in a folder");
        for link in links(&read(page)) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.starts_with("http") {
                continue;
            }
            assert!(folder.join(file).exists(), "{page} links to {link}, which is not there");
        }
    }
}

#[test]
fn what_the_readme_tells_to_type_is_there() {
    let demo = read("examples/demo.toml");
    for page in ["README.md", "docs/README.zh-CN.md"] {
        let text = read(page);
        for account in ["1001", "8001"] {
            assert!(text.contains(&format!("`demo-{account}`")), "{page} names account {account}");
            assert!(demo.contains(&format!("password = \"demo-{account}\"")));
        }
        for number in ["9196", "9197", "12345"] {
            assert!(text.contains(&format!("`{number}`")), "{page} names {number}");
            assert!(demo.contains(&format!("called = \"{number}\"")));
        }
        for target in ["run", "test"] {
            assert!(text.contains(&format!("    make {target} ")), "{page} names make {target}");
            assert!(read("Makefile").contains(&format!("\n{target}: ")));
        }
    }
}

/// A machine that has only these programs: links to real ones, and scripts.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a temporary folder"));
        for tool in ["bash", "sed", "env", "dirname"] {
            let real = ["/bin", "/usr/bin"]
                .iter()
                .map(|folder| Path::new(folder).join(tool))
                .find(|path| path.exists())
                .unwrap_or_else(|| panic!("{tool} is on every system"));
            symlink(real, machine.0.path().join(tool)).expect("a link is made");
        }
        machine.has("id", "echo 0")
    }

    /// A program that does this.
    fn has(self, name: &str, does: &str) -> Self {
        let path = self.0.path().join(name);
        fs::write(&path, format!("#!/bin/bash\n{does}\n")).expect("a script is written");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("it may run");
        self
    }

    /// A toolchain, and everything that building and testing need but these.
    fn but(self, missing: &[&str]) -> Self {
        let rust = [("rustc", "echo 'rustc 1.95.0 (abc 2026-01-01)'"), ("cargo", "exit 0")];
        let tools = ["cc", "mold", "sipp", "baresip", "ip", "faketime", "strace", "kill"];
        let tools = tools.into_iter().chain(["prlimit", "mount"]).map(|tool| (tool, "exit 0"));
        rust.into_iter()
            .chain(tools)
            .filter(|(name, _)| !missing.contains(name))
            .fold(self, |machine, (name, does)| machine.has(name, does))
    }

    /// Runs the set-up there; its exit status and what it says to the error output.
    fn set_up(&self, want: &str) -> (bool, String) {
        let output = Command::new("tools/setup.sh")
            .arg(want)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PATH", self.0.path())
            .output()
            .expect("the set-up runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// It cannot go on, and says why in one sentence that holds these texts.
    fn stops(&self, want: &str, texts: &[&str]) {
        let (is_good, said) = self.set_up(want);
        assert!(!is_good, "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with("hotline: ") && said.trim_end().ends_with('.'), "{said}");
        for text in texts {
            assert!(said.contains(text), "{text}: {said}");
        }
    }
}

#[test]
fn without_a_toolchain_the_set_up_says_so_in_one_sentence() {
    Machine::new().stops("build", &["there is no Rust toolchain", "1.95"]);
    Machine::new().but(&["rustc"]).stops("build", &["there is no Rust toolchain"]);
}

#[test]
fn an_old_toolchain_is_named_with_what_is_needed() {
    let old = Machine::new().but(&[]).has("rustc", "echo 'rustc 1.60.0 (7737e0b5c 2022-04-04)'");
    old.stops("build", &["too old", "1.60.0", "1.95"]);
}

#[test]
fn a_toolchain_without_rustfmt_or_clippy_is_told_so() {
    for (part, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let cargo = format!(
            "[[ $1 == {part} ]] && {{ echo \"error: no such command\" >&2; exit 101; }}; exit 0"
        );
        let machine = Machine::new().but(&[]).has("cargo", &cargo);
        let command = format!("rustup component add {component}");
        machine.stops("lint", &[component, &command]);
        machine.stops("test", &[component, &command]);
        // A rustup that cannot help changes nothing; without need of it all is good.
        let machine = machine.has("rustup", "echo 'error: no network' >&2; exit 1");
        machine.stops("lint", &[component]);
        let (is_good, said) = machine.set_up("build");
        assert!(is_good, "{said}");
        // One that can is used.
        let machine = machine.has("rustup", "exit 0");
        let (is_good, said) = machine.set_up("lint");
        assert!(is_good, "{said}");
    }
}

#[test]
fn missing_packages_are_named_when_they_cannot_be_installed() {
    for (tool, package) in [("cc", "gcc"), ("mold", "mold")] {
        let machine = Machine::new().but(&[tool]);
        machine.stops("build", &[package, "no apt-get"]);
        // Not root, and no sudo.
        let machine = machine.has("apt-get", "exit 0").has("id", "echo 1000");
        machine.stops("build", &[package, "run once as root"]);
        // apt-get that finds no server, and one that finds no package.
        let machine = machine.has("id", "echo 0");
        let machine = machine.has("apt-get", "echo 'E: no route to host' >&2; exit 100");
        machine.stops("build", &[package, "apt-get update failed"]);
        let install = "[[ $1 == update ]] && exit 0; echo 'E: no such package' >&2; exit 100";
        machine.has("apt-get", install).stops("build", &[package, "could not install"]);
    }
    for (tool, package) in
        [("kill", "procps"), ("sipp", "sip-tester"), ("strace", "strace"), ("faketime", "faketime")]
    {
        Machine::new().but(&[tool]).stops("test", &[package, "no apt-get"]);
    }
}

#[test]
fn the_set_up_installs_what_is_missing_and_the_test_runner_in_its_version() {
    let machine = Machine::new().but(&["kill", "mold"]);
    let asked = machine.0.path().join("asked");
    let note = format!("echo \"${{0##*/}} $*\" >> {}", asked.display());
    let cargo = format!("{note}; [[ $1 == nextest ]] && exit 101; exit 0");
    let machine = machine.has("apt-get", &note).has("cargo", &cargo);
    let (is_good, said) = machine.set_up("test");
    assert!(is_good, "{said}");
    let asked = fs::read_to_string(asked).expect("something was asked for");
    let install = asked.lines().find(|line| line.starts_with("apt-get install")).expect(&asked);
    assert!(install.contains(" mold") && install.contains(" procps"), "{install}");
    let runner = asked.lines().find(|line| line.starts_with("cargo install")).expect(&asked);
    assert!(runner.contains("cargo-nextest --version 0."), "{runner}");
}

#[test]
fn no_page_names_a_path_of_somebodys_machine() {
    for page in [
        "README.md",
        "docs/README.zh-CN.md",
        "docs/api.md",
        "docs/configuration.md",
        "ARCHITECTURE.md",
    ] {
        let text = read(page);
        for folder in ["home", "root", "tmp"] {
            assert!(!text.contains(&format!("/{folder}/")), "{page} names a path in {folder}");
        }
    }
}
