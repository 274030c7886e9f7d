//! The plan of the house as a test: who may name whom, how large a file may be, what a `mod.rs` holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms below `call`, which do not know each other.
const LEAVES: [&str; 6] = ["acd", "dialplan", "sip", "sdp", "media", "number"];

/// Which rooms a room may name. A new arrow is a change of the plan: change ARCHITECTURE.md with it.
fn arrows() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut arrows = BTreeMap::new();
    arrows.insert("base", vec![]);
    // How a value is said: the one room between the leaves and `base`.
    arrows.insert("say", vec!["base"]);
    for leaf in LEAVES {
        arrows.insert(leaf, vec!["base"]);
    }
    arrows.insert("dialplan", vec!["say", "base"]);
    let below_call: Vec<&str> = LEAVES.into_iter().chain(["say", "base"]).collect();
    let with = |more: &[&'static str], below: &[&'static str]| -> Vec<&'static str> {
        below.iter().chain(more).copied().collect()
    };
    arrows.insert("call", below_call.clone());
    let below_store = with(&["call"], &below_call);
    arrows.insert("store", below_store.clone());
    let below_ledger = with(&["store"], &below_store);
    arrows.insert("ledger", below_ledger.clone());
    let below_api = with(&["ledger"], &below_ledger);
    arrows.insert("api", below_api.clone());
    arrows.insert("config", below_store.clone());
    arrows.insert("node", with(&["api", "config"], &below_api));
    arrows.insert("sim", with(&["config", "ledger"], &below_store));
    arrows.insert("peer", vec![]);
    // The program's own modules: they name the library from outside, as `hotline::room`.
    arrows.insert("cli", vec![]);
    arrows
}

/// Files that may be longer than [`LINES_MAX`], each with its reason.
const LONG: &[(&str, &str)] = &[];

/// The folders at the top.
const TOP: [&str; 10] = [
    "benches",
    "dialplans",
    "docs",
    "examples",
    "migrations",
    "sipp-scenarios",
    "sounds",
    "src",
    "tests",
    "tools",
];

/// A file is one noun and fits a sitting.
const LINES_MAX: usize = 450;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project can be read") {
            let path = entry.expect("a folder of the project can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Every `crate::name` in a line, also those inside `use crate::{a, b::c}`.
fn named_rooms(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let code: String = code_lines(text).collect::<Vec<_>>().join("\n");
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => {
                        rooms.push(std::mem::take(&mut item));
                        continue;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                item.push(c);
            }
            rooms.push(item);
        } else {
            rooms.push(rest.to_owned());
        }
    }
    rooms
        .into_iter()
        .map(|path| {
            path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_room_names_only_the_rooms_that_it_may() {
    let arrows = arrows();
    let src = root().join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&src) {
        let inside = file.strip_prefix(&src).expect("files lie in src");
        let Some(room) = inside.components().next().map(|c| c.as_os_str().to_string_lossy()) else {
            continue;
        };
        if inside.components().count() == 1 {
            continue;
        }
        let allowed = arrows
            .get(room.as_ref())
            .unwrap_or_else(|| panic!("{room} is a new room: give it its arrows"));
        let text = fs::read_to_string(&file).expect("source is text");
        for name in named_rooms(&text) {
            if name != room.as_ref() && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} names crate::{name}", inside.display()));
            }
        }
        if code_lines(&text).any(|line| line.contains("super::super")) {
            wrong.push(format!("{} reaches over its own head with super::super", inside.display()));
        }
    }
    assert!(wrong.is_empty(), "arrows that the plan does not have:\n{}", wrong.join("\n"));
}

/// The names of what lies in a folder and is (or is not) a folder itself, hidden things left out.
fn names(folder: &Path, folders: bool) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder of the project can be read");
    entries
        .map(|entry| entry.expect("a folder of the project can be read"))
        .filter(|entry| entry.path().is_dir() == folders)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_rooms_are_those_that_the_plan_names() {
    let page = read("ARCHITECTURE.md");
    let table = page.lines().skip_while(|line| *line != "| room | what it is |").skip(2);
    let mut planned: BTreeSet<String> = table
        .map_while(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(room, _)| room.to_owned())
        .collect();
    // The crate's root is a table of contents of the same rooms, and of nothing else.
    let root_file = read("src/lib.rs");
    let lines = code_lines(&root_file).filter(|line| !line.is_empty());
    let listed: BTreeSet<String> = lines
        .map(|line| {
            let room = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';'));
            room.unwrap_or_else(|| panic!("src/lib.rs holds {line}")).to_owned()
        })
        .collect();
    assert_eq!(listed, planned, "src/lib.rs and ARCHITECTURE.md");
    // The program's own.
    planned.insert("cli".to_owned());
    assert_eq!(names(&root().join("src"), true), planned, "src and ARCHITECTURE.md");
    let files = BTreeSet::from(["lib.rs", "main.rs"].map(str::to_owned));
    assert_eq!(names(&root().join("src"), false), files);
    let rooms: BTreeSet<String> = arrows().into_keys().map(str::to_owned).collect();
    assert_eq!(rooms, planned, "each room has its arrows");
}

#[test]
fn the_top_level_holds_what_the_plan_names() {
    let ignored = read(".gitignore");
    let is_ours =
        |name: &String| !ignored.lines().any(|line| line.trim_start_matches('/') == name.as_str());
    let found: BTreeSet<String> = names(&root(), true).into_iter().filter(is_ours).collect();
    assert_eq!(
        found,
        BTreeSet::from(TOP.map(str::to_owned)),
        "a new folder is a change of the plan"
    );
    let page = read("ARCHITECTURE.md");
    for folder in TOP {
        assert!(page.contains(&format!("`{folder}`")), "ARCHITECTURE.md does not name {folder}");
    }
}

#[test]
fn a_file_fits_a_sitting() {
    let mut wrong = Vec::new();
    let files = ["src", "tests", "benches"].map(|folder| rust_files(&root().join(folder)));
    for file in files.concat() {
        let text = fs::read_to_string(&file).expect("source is text");
        let name =
            file.strip_prefix(root()).expect("files lie in the project").display().to_string();
        let lines = text.lines().count();
        if lines > LINES_MAX && !LONG.iter().any(|(long, _)| *long == name) {
            wrong.push(format!("{name}: {lines} lines; which second subject has it?"));
        }
    }
    assert!(wrong.is_empty(), "over {LINES_MAX} lines:\n{}", wrong.join("\n"));
}

#[test]
fn a_mod_rs_is_a_table_of_contents() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let in_tests = file.components().any(|part| part.as_os_str() == "tests");
        if in_tests || file.file_name().is_none_or(|name| name != "mod.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("source is text");
        for line in code_lines(&text) {
            let line = line.trim_start();
            if ["fn ", "pub fn ", "impl ", "struct ", "enum "]
                .iter()
                .any(|start| line.starts_with(start))
            {
                wrong.push(format!("{}: {line}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "logic in a table of contents:\n{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_lives_only_where_the_system_is_called() {
    for file in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&file).expect("source is text");
        let in_sys = file.to_string_lossy().contains("/node/sys/");
        let unsafe_here = code_lines(&text).any(|line| line.contains("unsafe "));
        assert!(in_sys || !unsafe_here, "{} uses unsafe outside node/sys", file.display());
    }
}
