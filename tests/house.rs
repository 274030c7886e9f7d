use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

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

#[test]
fn without_a_toolchain_the_set_up_says_so_in_one_sentence() {
    let bin = tempfile::tempdir().expect("a temporary folder");
    for tool in ["bash", "sed", "id", "env", "dirname"] {
        let real = ["/bin", "/usr/bin"]
            .iter()
            .map(|folder| Path::new(folder).join(tool))
            .find(|path| path.exists())
            .unwrap_or_else(|| panic!("{tool} is on every system"));
        symlink(real, bin.path().join(tool)).expect("a link is made");
    }
    let output = Command::new("tools/setup.sh")
        .arg("build")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", bin.path())
        .output()
        .expect("the set-up runs");
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("there is no Rust toolchain"), "{text}");
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
        for path in ["/home/", "/root/", "/tmp/"] {
            assert!(!text.contains(path), "{page} names {path}");
        }
    }
}
