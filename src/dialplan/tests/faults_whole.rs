use std::path::PathBuf;

use crate::dialplan::Flows;

use super::faults::{check, faults};
use super::world::{flow_of, known, read};

#[test]
fn loops_need_a_person() {
    let alone = |ring: &str| {
        format!(
            "a loop that goes round by itself: {ring}; on each loop a person must do something, \
             such as press a key"
        )
    };
    check(
        "  a: { do: play, prompts: [welcome], next: b }\n  b: { do: branch, cases: [ { when: { listed: vip }, goto: end } ], else: a }",
        &[&format!("8: nodes.a: {}", alone("a → b → a"))],
    );
    check(
        "  a: { do: menu, prompts: [welcome], timeout: 5s, keys: { \"1\": end }, invalid: { goto: again }, timeout_goto: a }",
        &[&format!("8: nodes.a: {}", alone("a → a"))],
    );
    check(
        "  a: { do: queue, queue: all, answered: b, full: p, nobody: end }\n  b: { do: bridge, agent_hangup: a, transferred: end }\n  p: { do: play, prompts: [all-busy], next: a }",
        &[&format!("8: nodes.a: {}", alone("a → p → a"))],
    );
    check(
        "  a: { do: menu, prompts: [welcome], timeout: 5s, keys: { \"1\": a }, invalid: { goto: again }, timeout_goto: b }\n  b: { do: play, prompts: [welcome], next: b }",
        &[
            "8: nodes.a: no way leads from here to a `hangup` node",
            "9: nodes.b: a loop that goes round by itself: b → b; on each loop a person must do \
             something, such as press a key",
            "9: nodes.b: no way leads from here to a `hangup` node",
        ],
    );
    let person = "  a: { do: menu, prompts: [welcome], timeout: 5s, keys: { \"1\": a }, invalid: { goto: again }, timeout_goto: end }";
    assert!(read(&flow_of(person)).is_ok());
}

#[test]
fn calendars_and_files() {
    let check = |calendars: &str, expected: &[&str]| {
        let sources = vec![(PathBuf::from("t/calendars.yaml"), calendars.to_owned())];
        let found = Flows::read(sources, &known()).unwrap_err();
        let found: Vec<String> = found
            .0
            .iter()
            .map(|fault| fault.to_string().replace("t/calendars.yaml:", ""))
            .collect();
        assert_eq!(found, expected, "{calendars}");
    };
    check(
        "schema: calendars/1\ncalendars:\n  a:\n    zone: Europe/Berlin\n    week:\n      mon-fri: [08:00-18:00, 17:00-19:00, 22:00-06:00]\n      fri: [8:00-9:00]\n      weekend: []\n",
        &[
            "4: calendars.a.zone: `Europe/Berlin` is neither Asia/Shanghai nor such as \"+08:00\"",
            "6: calendars.a.week.mon-fri: `22:00-06:00` is no span such as 08:00-12:00; over \
             midnight write two, up to 24:00",
            "6: calendars.a.week.mon-fri: spans of a day must follow one another",
            "7: calendars.a.week.fri: `8:00-9:00` is no span such as 08:00-12:00; over midnight \
             write two, up to 24:00",
            "7: calendars.a.week.fri: fri has hours already",
            "8: calendars.a.week.weekend: is neither a weekday (mon … sun) nor a span such as \
             mon-fri",
        ],
    );
    check(
        "schema: calendars/1\ncalendars:\n  a:\n    week: { mon: [08:00-18:00] }\n    holidays:\n      - { date: 2026-02-30 }\n      - { from: 2026-10-01, to: 2026-10-07 }\n      - { from: 2026-10-07, to: 2026-10-08 }\n      - { from: 2026-12-07, to: 2026-12-01 }\n      - { name: x }\n    workdays:\n      - { date: 2026-11-01 }\n      - { date: 2026-11-02, like: monday }\n",
        &[
            "6: calendars.a.holidays[0].date: `2026-02-30` is no date such as 2026-10-01",
            "8: calendars.a: these days are those of line 7 in part",
            "9: calendars.a.holidays[3]: `to` must be 0 to 365 days later",
            "10: calendars.a.holidays[4]: must have either `date`, or `from` and `to`",
            "12: calendars.a.workdays[0]: a workday needs `hours`, or a weekday: `like: mon`",
            "13: calendars.a.workdays[1]: a workday needs `hours`, or a weekday: `like: mon`",
            "13: calendars.a.workdays[1].like: `monday` is no weekday; mon, tue, wed, thu, fri, \
             sat, sun",
        ],
    );
    let sources = vec![
        (PathBuf::from("t/readme.txt"), String::new()),
        (PathBuf::from("b.flow.yaml"), String::new()),
    ];
    let found = Flows::read(sources, &known()).unwrap_err().to_string();
    assert_eq!(
        found,
        "b.flow.yaml: must lie in a tenant's folder, such as fcg/12345.flow.yaml\n\
         t/readme.txt: is neither *.flow.yaml nor calendars.yaml"
    );
}

#[test]
fn what_grows_is_bounded() {
    let mut nodes = String::from("  a: { do: play, prompts: [welcome], next: n0 }\n");
    for n in 0..600 {
        nodes += &format!("  n{n}: {{ do: play, prompts: [welcome], next: end }}\n");
    }
    let found = faults(&flow_of(&nodes));
    assert!(found.iter().any(|it| it.contains("602 nodes; at most 500")), "{found:?}");
    assert!(found.len() <= 100);
    let many = vec!["welcome"; 17].join(", ");
    check(
        &format!("  a: {{ do: play, prompts: [{many}], next: end }}"),
        &["8: nodes.a.prompts: 17 entries; at most 16"],
    );
    let found = faults(&"x".repeat(300_000));
    assert_eq!(found, [" 300000 bytes; at most 262144 are read"]);
}
