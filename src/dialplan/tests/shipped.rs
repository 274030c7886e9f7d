use std::path::{Path, PathBuf};

use crate::dialplan::Flows;

use super::world::known;

/// The files of one folder under the package.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplans").join(folder);
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        sources.push((path, text));
    }
    sources
}

#[test]
fn the_shipped_flows_have_no_fault() {
    let mut all = sources("fcg");
    all.extend(sources("bench"));
    let flows = Flows::read(all, &known()).unwrap_or_else(|faults| panic!("{faults}"));
    let names: Vec<String> = flows.iter().map(|flow| flow.id.to_string()).collect();
    assert_eq!(
        names,
        [
            "bench/bridge",
            "bench/ivr",
            "bench/rec",
            "fcg/12345",
            "fcg/direct",
            "fcg/echo",
            "fcg/tone"
        ]
    );
}

#[test]
fn a_bad_file_beside_good_ones_gives_no_flows() {
    let mut all = sources("fcg");
    all.push((PathBuf::from("dialplans/fcg/broken.flow.yaml"), "schema: ivr/2\n".to_owned()));
    assert!(Flows::read(all, &known()).is_err());
}
