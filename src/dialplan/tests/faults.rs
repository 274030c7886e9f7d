use super::world::{flow_of, read};

/// The faults of the flow `text`, without the file's name.
pub(super) fn faults(text: &str) -> Vec<String> {
    let faults = read(text).expect_err("the flow has a fault");
    faults.iter().map(|fault| fault.trim_start_matches("t/a.flow.yaml:").to_owned()).collect()
}

/// The nodes, which begin in line 8, have exactly these faults.
#[track_caller]
pub(super) fn check(nodes: &str, expected: &[&str]) {
    assert_eq!(faults(&flow_of(nodes)), expected, "{nodes}");
}

/// As [`check`], with each fault given by its beginning.
#[track_caller]
fn check_starts(nodes: &str, expected: &[&str]) {
    let found = faults(&flow_of(nodes));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (fault, start) in found.iter().zip(expected) {
        assert!(fault.starts_with(start), "{fault}\nis not\n{start}");
    }
}

#[test]
fn the_head_of_a_flow() {
    let nodes = "nodes:\n  a: { do: play, prompts: [welcome], next: end }\n  end: { do: hangup }\n";
    let check = |head: &str, expected: &[&str]| {
        assert_eq!(faults(&format!("{head}{nodes}")), expected, "{head}");
    };
    let good = "schema: ivr/1\nflow: t-a\nrevision: 1\nstart: a\non_error: end\n";
    assert!(read(&format!("{good}{nodes}")).is_ok());
    check(
        "schema: ivr/2\nflow: t-b\nrevision: 0\nstart: b\n",
        &[
            "1: on_error: is missing: the node that the fault of any node leads to; silence is no \
             answer",
            "1: schema: `ivr/2` is not known; this version reads `ivr/1`",
            "2: flow: `t-b` must be tenant folder and file name, here `t-a`",
            "3: revision: `0` is not a whole number from 1 to 4000000000",
            "4: start: there is no node `b`; is `a` meant?",
        ],
    );
    check(
        &format!("{good}titel: {{ en: x }}\n"),
        &[
            "6: titel: unknown key (is `title` meant?); allowed here: schema, flow, title, revision, \
           vars, languages, limits, global_keys, nodes, start, on_error",
        ],
    );
    check(&format!("{good}start: end\n"), &["6: start: stands here twice; the first is in line 4"]);
    check(
        &format!("{good}limits: {{ max_steps: 10, max_seconds: 5s }}\n"),
        &[
            "6: limits.max_seconds: `5s` is not a whole number from 60 to 14400",
            "6: limits.max_steps: `10` is not a whole number from 32 to 10000",
        ],
    );
    check(
        &format!("{good}languages: [en, fr]\nvars: {{ lang: de, caller: x }}\n"),
        &[
            "6: languages: no prompts exist in `fr`",
            "7: vars.caller: a variable's name begins with a letter, has letters, digits, `_` and \
             `-`, and is none of caller, called, region",
            "7: vars.lang: `de` is none of the flow's languages: en, fr",
            "9: nodes.a.prompts: prompt `welcome` does not exist in fr",
        ],
    );
    check(
        &format!("{good}global_keys: {{ 1: repeat, \"*\": again, \"x\": repeat }}\n"),
        &[
            "6: global_keys.*: `again` is neither repeat nor language",
            "6: global_keys.1: keys must be quoted: \"1\"",
            "6: global_keys.x: is no telephone key; allowed are 0-9 * # A-D, quoted",
        ],
    );
    assert_eq!(faults("a: [\n"), ["1: not YAML: unclosed bracket '['"]);
    assert_eq!(faults("- a\n"), ["1: must be a map of keys, not a list"]);
}

#[test]
fn any_node() {
    check(
        "  a: { do: http, url: x }",
        &["8: nodes.a.do: node kind `http` does not exist yet in this version"],
    );
    check(
        "  a: { do: callback }",
        &["8: nodes.a.do: node kind `callback` does not exist yet in this version"],
    );
    check_starts(
        "  a: { do: jump }",
        &["8: nodes.a.do: there is no node kind `jump`; kinds are play"],
    );
    check_starts("  a: { next: end }", &["8: nodes.a.do: is missing: what the node does"]);
    check("  a: play", &["8: nodes.a: must be a map of keys, not a single value"]);
    check("  a: { do: play, prompts: [welcome], next: \"\" }", &["8: nodes.a.next: is empty"]);
    check(
        "  a: { do: play, prompts: [welcome], next: ent }",
        &["8: nodes.a.next: there is no node `ent`; is `end` meant?"],
    );
    check(
        "  a: { do: play, prompts: [welcome] }",
        &["8: nodes.a.next: is missing: without it this is a dead end"],
    );
    check(
        "  a: { do: play, prompts: [welcome], next: end }\n  b: { do: play, prompts: [welcome], next: end }",
        &["9: nodes.b: is never reached from `start` or `on_error`"],
    );
    check("  a: &x { do: hangup }", &["8: anchors (&name) are no part of the language"]);
}

#[test]
fn play_and_say() {
    check(
        "  a:\n    do: play\n    prompts: [welcome, welcom]\n    interruptible: yes\n    set: { lang: fr, colour: red }\n    next: end",
        &[
            "10: nodes.a.prompts: prompt `welcom` does not exist in zh-CN, en",
            "11: nodes.a.interruptible: must be true or false",
            "12: nodes.a.set: `fr` is none of the flow's languages: zh-CN, en",
            "12: nodes.a.set: there is no variable `colour`",
        ],
    );
    check("  a: { do: play, prompts: [], next: end }", &["8: nodes.a.prompts: is empty"]);
    check(
        "  a:\n    do: say\n    parts:\n      - { prompt: case-is }\n      - { digits: \"{case}\" }\n      - { digits: 5, number: \"1\" }\n      - { number: \"{note\" }\n      - { prompt: \"num-{note}\" }\n    next: end",
        &[
            "11: nodes.a.parts[0].prompt: prompt `case-is` does not exist in zh-CN, en",
            "12: nodes.a.parts[1].digits: there is no variable `case`",
            "13: nodes.a.parts[2].digits: text must be quoted here: \"5\"",
            "14: nodes.a.parts[3].number: a brace without its partner; `{name}` names a variable",
            "15: nodes.a.parts[4].prompt: no prompt `num-…` exists in zh-CN, en",
        ],
    );
    check(
        "  a:\n    do: say\n    parts:\n      - { date: \"2026-02-30\" }\n      - { ordinal: \"{note}\" }\n      - { time: \"24:00\", wait: \"90s\" }\n      - { dates: \"x\" }\n      - { agent: \"8 1\" }\n    next: end",
        &[
            "11: nodes.a.parts[0].date: `2026-02-30` cannot be said as `date`; allowed: a day from \
             1900-01-01 to 2099-12-31, such as 2026-02-28",
            "13: nodes.a.parts[2]: must have exactly one of `prompt`, `digits`, `phone`, `number`, \
             `count`, `ordinal`, `date`, `weekday`, `time`, `duration`, `wait`, `ahead`, `agent`",
            "14: nodes.a.parts[3]: must have exactly one of `prompt`, `digits`, `phone`, `number`, \
             `count`, `ordinal`, `date`, `weekday`, `time`, `duration`, `wait`, `ahead`, `agent`",
            "14: nodes.a.parts[3].dates: unknown key (is `date` meant?); allowed here: prompt, \
             digits, phone, number, count, ordinal, date, weekday, time, duration, wait, ahead, agent",
            "15: nodes.a.parts[4].agent: `8 1` cannot be said as `agent`; allowed: an agent's number: \
             1 to 32 letters, digits, `-` and `_`",
        ],
    );
}

#[test]
fn menu_and_collect() {
    check(
        "  a: { do: menu, prompts: [welcome] }",
        &[
            "8: nodes.a.invalid: is missing: what happens at a wrong key, such as `{ prompts: \
             [invalid-key], goto: again }`",
            "8: nodes.a.keys: is missing or empty: a map from quoted keys to nodes",
            "8: nodes.a.timeout: is missing: how long to wait for a key, such as `6s`",
            "8: nodes.a.timeout_goto: is missing: where to go after the last try without a key",
        ],
    );
    check(
        "  a:\n    do: menu\n    prompts: [welcome]\n    timeout: 6\n    tries: 11\n    keys: { 1: end, \"*\": end, \"12\": end, \"3\": nowhere, \"4\": end, '4': end }\n    invalid: { goto: agian }\n    timeout_goto: end",
        &[
            "11: nodes.a.timeout: `6` is not a duration from 1s to 1m such as `500ms`, `6s` or `3m`",
            "12: nodes.a.tries: `11` is not a whole number from 1 to 10",
            "13: nodes.a.keys.*: has a meaning everywhere by `global_keys`",
            "13: nodes.a.keys.1: keys must be quoted: \"1\"",
            "13: nodes.a.keys.12: is no telephone key; allowed are 0-9 * # A-D, quoted",
            "13: nodes.a.keys.3: there is no node `nowhere`",
            "13: nodes.a.keys.4: stands here twice; the first is in line 13",
            "14: nodes.a.invalid.goto: there is no node `agian`",
        ],
    );
    check(
        "  a:\n    do: collect\n    prompts: [welcome]\n    min: 5\n    max: 4\n    end_key: #\n    into: caller\n    timeout: 2m\n    ok: end\n    fail: end",
        &[
            "12: nodes.a.max: 4 is less than `min`, 5",
            "13: nodes.a.end_key: must be \"#\", \"*\" (quoted) or none",
            "14: nodes.a.into: `caller` can't be a variable for digits",
            "15: nodes.a.timeout: `2m` is not a duration from 1s to 1m such as `500ms`, `6s` or `3m`",
        ],
    );
    check(
        "  a: { do: collect, prompts: [welcome], max: 4, secret: true, into: pin, timeout: 5s, ok: b, fail: end }\n  b: { do: dial, trunk: carrier, number: \"{pin}\", headers: { X-Pin: \"{pin}\" }, next: end, fail: end }",
        &[
            "9: nodes.b.headers.X-Pin: `pin` is secret and must not leave the engine",
            "9: nodes.b.number: `pin` is secret and must not leave the engine",
        ],
    );
}

#[test]
fn branch_and_calendar() {
    check(
        "  a:\n    do: branch\n    cases:\n      - { when: { listed: vips }, goto: end }\n      - { when: { region: 0770 }, goto: end }\n      - { when: { region: [\"770\"], kind: phone }, goto: end }\n      - { when: { trunk: x, vars: { colour: red } }, goto: end }\n      - { when: { regoin: \"0770\" } }\n    else: end",
        &[
            "11: nodes.a.cases[0].when.listed: there is no list `vips`",
            "12: nodes.a.cases[1].when.region: text must be quoted here: \"0770\"",
            "13: nodes.a.cases[2].when.kind: `phone` is none of mobile, fixed, short, service, \
             foreign, withheld, sip, unknown",
            "13: nodes.a.cases[2].when.region: `770` is no area code such as \"0770\"",
            "14: nodes.a.cases[3].when.trunk: there is no trunk `x`; configured: carrier, emergency, \
             sipp",
            "14: nodes.a.cases[3].when.vars.colour: there is no variable `colour`",
            "15: nodes.a.cases[4].goto: is missing: where this case leads",
            "15: nodes.a.cases[4].when.regoin: unknown key (is `region` meant?); allowed here: \
             listed, region, caller, called, kind, trunk, account, vars, not, any",
        ],
    );
    check(
        "  a: { do: branch, cases: [ { when: {}, goto: end } ], else: end }",
        &["8: nodes.a.cases[0].when: is empty: a condition must test something"],
    );
    check(
        "  a: { do: calendar, calendar: offise, open: end }",
        &[
            "8: nodes.a.calendar: there is no calendar `offise`; calendars.yaml beside this file \
             has: office",
            "8: nodes.a.closed: is missing: where to go out of hours",
        ],
    );
}

#[test]
fn queue_and_bridge() {
    check(
        "  a: { do: queue, queue: al, answered: end }",
        &[
            "8: nodes.a.answered: must lead to a `bridge` node; `end` is none",
            "8: nodes.a.full: is missing: where to go when the queue is full",
            "8: nodes.a.nobody: is missing: where to go when nobody serves the queue",
            "8: nodes.a.queue: there is no queue `al`; configured: all, complaint, consult",
        ],
    );
    check(
        "  a:\n    do: queue\n    queue: all\n    priority: 1000\n    skills: { complaint: 3 }\n    sticky: { within: 30d }\n    announce: { ewt: true, every: 5s, music: moh/jazz }\n    overflow:\n      - { after: 60s, goto_queue: al }\n      - { after: 120s, offer: callback, goto: end }\n      - { after: 130s, goto: end }\n    answered: b\n    full: end\n    nobody: end\n  b: { do: bridge, agent_hangup: end, caller_hangup: a, transferred: end }",
        &[
            "11: nodes.a.priority: `1000` is not a whole number from -100 to 100",
            "12: nodes.a.skills: does not exist yet in this version",
            "13: nodes.a.sticky: does not exist yet in this version",
            "14: nodes.a.announce.every: `5s` is not a duration from 10s to 10m such as `500ms`, \
             `6s` or `3m`",
            "14: nodes.a.announce.every: repeats nothing: `position` is not true",
            "14: nodes.a.announce.ewt: does not exist yet in this version",
            "14: nodes.a.announce.music: there is no music `moh/jazz`; there is: moh/default",
            "16: nodes.a.overflow[0].goto_queue: there is no queue `al`; configured: all, \
             complaint, consult",
            "17: nodes.a.overflow[1].offer: does not exist yet in this version",
            "22: nodes.b.caller_hangup: must lead to a `hangup` node; `a` is none",
        ],
    );
    check(
        "  a: { do: play, prompts: [welcome], next: b }\n  b: { do: bridge, agent_hangup: end, transferred: end }",
        &["8: nodes.a.next: `b` is a `bridge`: only a queue's `answered` may lead there"],
    );
    check(
        "  a: { do: queue, queue: all, overflow: [ { after: 60s, goto_queue: all }, { after: 30s, goto: end, goto_queue: all } ], answered: b, full: end, nobody: end }\n  b: { do: bridge, agent_hangup: end, transferred: end }",
        &["8: nodes.a.overflow[1]: must have exactly one of `goto_queue` and `goto`"],
    );
    check(
        "  a: { do: queue, queue: all, overflow: [ { after: 60s, goto_queue: all }, { after: 30s, goto: end } ], answered: b, full: end, nobody: end }\n  b: { do: bridge, agent_hangup: end, transferred: end }",
        &["8: nodes.a.overflow[1].after: must be later than the one before it"],
    );
    check(
        "  a: { do: queue, queue: all, overflow: [ { after: 60s, goto: end }, { after: 90s, goto: end } ], answered: b, full: end, nobody: end }\n  b: { do: bridge, agent_hangup: end, transferred: end }",
        &["8: nodes.a.overflow[1]: is never reached: the caller has left by `goto`"],
    );
}

#[test]
fn dial_and_transfer() {
    check(
        "  a:\n    do: dial\n    trunk: carier\n    number: \"12a\"\n    ring: 1s\n    caller_id: mine\n    headers: { Via: x, X-A: \"{b}\" }\n    next: end\n    fail: end",
        &[
            "10: nodes.a.trunk: there is no trunk `carier`; configured: carrier, emergency, sipp",
            "11: nodes.a.number: `12a` is no number: 1 to 32 of 0-9 * #, `+` in front",
            "12: nodes.a.ring: `1s` is not a duration from 5s to 3m such as `500ms`, `6s` or `3m`",
            "13: nodes.a.caller_id: `mine` is neither original nor tenant",
            "14: nodes.a.headers.Via: only headers `X-…` of letters, digits and `-`",
            "14: nodes.a.headers.X-A: there is no variable `b`",
        ],
    );
    check(
        "  a: { do: dial, trunk: carrier, uri: \"sip:a@example.org\", next: end, fail: end }",
        &["8: nodes.a.uri: `sip:a@example.org` is no SIP address with a numeric host, such as \
           sip:user@192.0.2.1:5060"],
    );
    check(
        "  a: { do: dial, trunk: carrier, next: end, fail: end }",
        &["8: nodes.a: must have exactly one of `number` and `uri`"],
    );
    check(
        "  a: { do: transfer, trunk: carrier, number: 110, mode: consult, reserve: x, ok: end, fail: end }",
        &[
            "8: nodes.a.mode: mode `consult` does not exist yet in this version; `blind` does",
            "8: nodes.a.number: text must be quoted here: \"110\"",
            "8: nodes.a.reserve: `x` is no reserve; `emergency` is",
        ],
    );
    let not_human = "must fail to a human: to a queue, or by play, say, tone, branch and calendar \
                     nodes whose every exit leads to a queue";
    check(
        "  a: { do: transfer, trunk: carrier, number: \"110\", ok: end, fail: end }",
        &[&format!("8: nodes.a.fail: an emergency transfer {not_human}")],
    );
    check(
        "  a: { do: transfer, trunk: carrier, number: \"5551\", reserve: emergency, ok: end, fail: m }\n  m: { do: voicemail, box: fcg-main, next: end }",
        &[&format!("8: nodes.a.fail: an emergency transfer {not_human}")],
    );
    check(
        "  a: { do: transfer, trunk: carrier, number: \"119\", ok: end, fail: h }\n  h: { do: calendar, calendar: office, open: q, closed: end }\n  q: { do: queue, queue: all, answered: b, full: end, nobody: end }\n  b: { do: bridge, agent_hangup: end, transferred: end }",
        &[&format!("8: nodes.a.fail: an emergency transfer {not_human}")],
    );
}

#[test]
fn the_other_nodes() {
    check(
        "  a: { do: rate, score: 6 }",
        &[
            "8: nodes.a.next: is missing: without it this is a dead end",
            "8: nodes.a.score: `6` is not a whole number from 1 to 5",
        ],
    );
    check("  a: { do: rate, next: end }", &["8: nodes.a.score: is missing: 1 to 5, 5 is best"]);
    check(
        "  a: { do: voicemail, box: x, max: 1h, prompts: [x], next: end }",
        &[
            "8: nodes.a.box: there is no box `x`; configured: fcg-main",
            "8: nodes.a.max: `1h` is not a duration from 5s to 30m such as `500ms`, `6s` or `3m`",
            "8: nodes.a.prompts: prompt `x` does not exist in zh-CN, en",
        ],
    );
    check(
        "  a: { do: echo, max: 11m, next: end }",
        &["8: nodes.a.max: `11m` is not a duration from 1s to 10m such as `500ms`, `6s` or `3m`"],
    );
    check(
        "  a: { do: tone, hz: 50, tone: busy, next: end }",
        &[
            "8: nodes.a: must have exactly one of `hz` and `tone`",
            "8: nodes.a.for: is missing: how long it sounds, such as `10s`",
            "8: nodes.a.hz: `50` is not a whole number from 200 to 3400",
        ],
    );
    check(
        "  a: { do: tone, tone: beep, for: 1s, next: end }",
        &["8: nodes.a.tone: `beep` is none of ringback, busy, congestion, \
             call-waiting"],
    );
    check(
        "  a: { do: hangup, status: 200, refused: 1 }",
        &[
            "8: nodes.a.refused: must be true or false",
            "8: nodes.a.status: `200` is not a whole number from 400 to 699",
        ],
    );
}
