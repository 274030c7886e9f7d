use std::path::PathBuf;

use crate::base::FlowId;
use crate::dialplan::Flows;
use crate::dialplan::yaml::{Value, parse};

use super::world::known;

const PAGE: &str = include_str!("../../../docs/dialplan.md");

/// The YAML blocks of the reference with the lines where they begin.
fn examples() -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in PAGE.lines().enumerate() {
        match (&mut open, line) {
            (None, "```yaml") => open = Some((at + 2, String::new())),
            (Some(_), "```") => found.extend(open.take()),
            (Some((_, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    found
}

fn begins(text: &str, with: &str) -> bool {
    text.lines().any(|line| line.starts_with(with))
}

#[test]
fn every_example_of_the_reference_is_right() {
    let examples = examples();
    let (_, base) =
        examples.iter().find(|(_, text)| begins(text, "schema: ivr/1")).expect("a whole flow");
    let (_, calendars) = examples
        .iter()
        .find(|(_, text)| begins(text, "schema: calendars/1"))
        .expect("a file of calendars");
    let mut kinds = Vec::new();
    for (line, text) in &examples {
        let flow = if begins(text, "schema: calendars/1") || begins(text, "schema: ivr/1") {
            base.clone()
        } else {
            let Value::Map(entries) = parse(text).unwrap().value else { panic!("line {line}") };
            let nodes: String = text.lines().map(|line| format!("  {line}\n")).collect();
            // A node of the example takes the place of the base's node of the same name.
            let mut kept = base.clone();
            for (word, _) in &entries {
                kept = without(&kept, &word.text);
            }
            kept + &nodes
        };
        kinds.extend(flow.lines().filter_map(|line| {
            let (_, after) = line.split_once("do: ")?;
            after.split([',', ' ', '}']).next().map(str::to_owned)
        }));
        let sources = vec![
            (PathBuf::from("fcg/calendars.yaml"), calendars.clone()),
            (PathBuf::from("fcg/small.flow.yaml"), flow),
        ];
        if let Err(faults) = Flows::read(sources, &known()) {
            let real: Vec<String> = faults
                .0
                .iter()
                .filter(|fault| !fault.what.starts_with("is never reached"))
                .map(ToString::to_string)
                .collect();
            assert!(real.is_empty(), "docs/dialplan.md, line {line}:\n{}", real.join("\n"));
        }
    }
    for kind in [
        "play",
        "say",
        "menu",
        "collect",
        "branch",
        "calendar",
        "queue",
        "bridge",
        "dial",
        "rate",
        "voicemail",
        "transfer",
        "echo",
        "tone",
        "hangup",
    ] {
        assert!(kinds.iter().any(|known| known == kind), "no example of `{kind}`");
        assert!(PAGE.contains(&format!("### {kind}")), "no section of `{kind}`");
    }
    let id = FlowId::new("fcg/small");
    let sources = vec![
        (PathBuf::from("fcg/calendars.yaml"), calendars.clone()),
        (PathBuf::from("fcg/small.flow.yaml"), base.clone()),
    ];
    assert!(Flows::read(sources, &known()).unwrap().get(&id).is_some());
}

/// The flow without the node `name`, which may go over several lines.
fn without(flow: &str, name: &str) -> String {
    let mut skipping = false;
    let mut kept = String::new();
    for line in flow.lines() {
        if line.starts_with(&format!("  {name}:")) {
            skipping = true;
        } else if !line.starts_with("   ") {
            skipping = false;
        }
        if !skipping {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}
