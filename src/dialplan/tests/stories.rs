use crate::dialplan::{Facts, Input};

use super::world::Story;

const NOTHING: [&str; 0] = [];

#[test]
fn play_answers_plays_and_goes_on() {
    let nodes = "  a: { do: play, prompts: [welcome, goodbye], next: end }";
    let (mut story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["answer", "play welcome goodbye"]);
    assert_eq!(story.key('1'), NOTHING);
    assert!(!story.walk().expects_keys());
    assert_eq!(story.played(), ["hangup 480"]);
}

#[test]
fn a_call_that_is_answered_already_is_not_answered_again() {
    let nodes = "  a: { do: play, prompts: [welcome], next: end }";
    let (_, first) = Story::of(nodes, Facts { answered: true, ..Facts::default() });
    assert_eq!(first, ["play welcome"]);
}

#[test]
fn a_key_cuts_an_interruptible_prompt_and_counts_in_the_menu() {
    let nodes = "  a: { do: play, prompts: [welcome], interruptible: true, next: b }
  b: { do: play, prompts: [recording-notice], interruptible: true, next: m }
  m: { do: menu, prompts: [menu-main], timeout: 6s, keys: { \"1\": one }, invalid: { goto: again }, timeout_goto: end }
  one: { do: play, prompts: [thanks], next: end }";
    let (mut story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["answer", "play| welcome"]);
    assert!(story.walk().expects_keys());
    assert_eq!(story.key('1'), ["stop", "play thanks"]);
    assert_eq!(story.node(), "one");
}

#[test]
fn a_prompt_cut_by_the_worker_loses_no_key() {
    let nodes = "  a: { do: play, prompts: [welcome], interruptible: true, next: m }
  m: { do: menu, prompts: [menu-main], timeout: 6s, keys: { \"1\": end }, invalid: { goto: again }, timeout_goto: end }";
    let (mut story, _) = Story::of(nodes, Facts::default());
    assert_eq!(story.played(), ["play| menu-main"]);
    assert_eq!(story.key('1'), ["stop", "hangup 480"]);
}

#[test]
fn play_sets_the_language() {
    let nodes = "  a: { do: play, set: { lang: en }, prompts: [welcome], next: end }";
    let (story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["answer", "play en:welcome"]);
    assert_eq!(story.walk().language(), "en");
}

#[test]
fn a_caller_can_begin_in_a_language_of_the_flow() {
    let nodes = "  a: { do: play, prompts: [welcome], next: end }";
    let begin = |language: &str| {
        Story::of(nodes, Facts { language: Some(language.into()), ..Facts::default() }).1
    };
    assert_eq!(begin("en"), ["answer", "play en:welcome"]);
    assert_eq!(begin("fr"), ["answer", "play welcome"]);
}

#[test]
fn say_puts_digits_and_numbers_together() {
    let nodes = "  a: { do: say, set: { note: \"42\" }, parts: [ { prompt: welcome }, { digits: \"{caller}\" }, { number: \"{note}\" }, { number: \"101\" }, { prompt: \"num/{note}\" } ], next: end }";
    let facts = Facts { caller: "+8613".to_owned(), ..Facts::default() };
    let (_, first) = Story::of(nodes, facts.clone());
    assert_eq!(
        first,
        [
            "answer",
            "play welcome digit/8 digit/6 digit/1-yao digit/3 num/42 hundred/1 ling/1 num/42"
        ]
    );
    let (_, first) = Story::of(nodes, Facts { language: Some("en".into()), ..facts });
    assert!(first[1].contains("en:digit/1 en:digit/3 en:num/42"), "{first:?}");
}

#[test]
fn say_has_a_part_for_each_kind_of_value() {
    let nodes = "  a:
    do: say
    set: { note: \"2026-02-28\" }
    parts:
      - { phone: \"{caller}\" }
      - { count: \"2\" }
      - { ordinal: \"3\" }
      - { date: \"{note}\" }
      - { weekday: \"{note}\" }
      - { time: \"21:05\" }
      - { duration: \"90m\" }
      - { wait: \"90s\" }
      - { ahead: \"4\" }
      - { agent: \"8001\" }
      - { number: \"{note}\" }
    next: end";
    let facts = Facts { caller: "12345".to_owned(), ..Facts::default() };
    let (_, first) = Story::of(nodes, facts);
    assert_eq!(
        first,
        [
            "answer",
            // What is no number is said by its digits.
            "play digit/1-yao digit/2 digit/3 digit/4 digit/5 count/2 ordinal/3 year/2026 month/2 \
             day/28 weekday/6 hour/21 minute/5 hours/1 minutes/30 wait/2 ahead/4 agent/8001 \
             digit/2 digit/0 digit/2 digit/6 digit/0 digit/2 digit/2 digit/8"
        ]
    );
}

#[test]
fn a_sentence_with_nothing_to_say_is_passed_over() {
    let nodes = "  a: { do: say, parts: [ { digits: \"{caller}\" } ], next: end }";
    let (story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["hangup 480"]);
    drop(story);
}

const MENU: &str = "  a:
    do: menu
    prompts: [menu-main]
    timeout: 6s
    tries: 2
    keys: { \"1\": one, \"2\": end }
    invalid: { prompts: [invalid-key], goto: again }
    timeout_goto: silent
  one: { do: play, prompts: [thanks], next: end }
  silent: { do: play, prompts: [goodbye], next: end }";

#[test]
fn menu_goes_by_key_during_or_after_the_prompts() {
    let (mut story, first) = Story::of(MENU, Facts::default());
    assert_eq!(first, ["answer", "play| menu-main"]);
    assert!(story.walk().expects_keys() && !story.walk().is_secret());
    assert_eq!(story.key('1'), ["stop", "play thanks"]);

    let (mut story, _) = Story::of(MENU, Facts::default());
    assert_eq!(story.played(), NOTHING);
    assert_eq!(story.key('2'), ["hangup 480"]);
}

#[test]
fn menu_offers_again_after_silence_and_then_gives_up() {
    let (mut story, _) = Story::of(MENU, Facts::default());
    story.sleep(4.0);
    assert_eq!(story.played(), NOTHING);
    assert_eq!(story.after(6.0), ["play| menu-main"]);
    assert_eq!(story.played(), NOTHING);
    assert_eq!(story.after(6.0), ["play goodbye"]);
}

#[test]
fn menu_corrects_a_wrong_key_and_then_gives_up() {
    let (mut story, _) = Story::of(MENU, Facts::default());
    assert_eq!(story.key('7'), ["stop", "play| invalid-key"]);
    assert_eq!(story.played(), ["play| menu-main"]);
    assert_eq!(story.key('8'), ["stop", "play goodbye"]);

    let (mut story, _) = Story::of(MENU, Facts::default());
    assert_eq!(story.key('7'), ["stop", "play| invalid-key"]);
    assert_eq!(story.key('1'), ["stop", "play thanks"]);
}

#[test]
fn menu_can_send_a_wrong_key_elsewhere() {
    let nodes = MENU.replace("goto: again", "goto: one");
    let (mut story, _) = Story::of(&nodes, Facts::default());
    assert_eq!(story.key('7'), ["stop", "play| invalid-key"]);
    assert_eq!(story.played(), ["play thanks"]);
    let nodes = nodes.replace("prompts: [invalid-key], ", "");
    let (mut story, _) = Story::of(&nodes, Facts::default());
    assert_eq!(story.key('7'), ["stop", "play thanks"]);
}

#[test]
fn global_keys_repeat_and_change_the_language() {
    let (mut story, _) = Story::of(MENU, Facts::default());
    assert_eq!(story.key('*'), ["stop", "play| menu-main"]);
    assert_eq!(story.key('A'), ["stop", "play| en:menu-main"]);
    assert_eq!(story.key('A'), ["stop", "play| menu-main"]);
    assert_eq!(story.walk().steps(), 4);
}

const COLLECT: &str = "  a:
    do: collect
    prompts: [menu-main]
    min: 2
    max: 4
    timeout: 5s
    tries: 2
    retry: [invalid-key]
    into: code
    ok: read
    fail: silent
  read: { do: say, parts: [ { digits: \"{code}\" } ], next: m }
  m: { do: menu, prompts: [survey], timeout: 6s, keys: { \"1\": end }, invalid: { goto: again }, timeout_goto: end }
  silent: { do: play, prompts: [goodbye], next: end }";

#[test]
fn collect_ends_by_key_by_length_or_by_silence() {
    let (mut story, first) = Story::of(COLLECT, Facts::default());
    assert_eq!(first, ["answer", "play| menu-main"]);
    assert_eq!(story.key('3'), ["stop"]);
    assert_eq!(story.key('4'), NOTHING);
    assert_eq!(story.key('#'), ["play digit/3 digit/4"]);

    let (mut story, _) = Story::of(COLLECT, Facts::default());
    story.played();
    assert_eq!(story.keys("3456"), ["play digit/3 digit/4 digit/5 digit/6"]);

    let (mut story, _) = Story::of(COLLECT, Facts::default());
    story.keys("345");
    assert_eq!(story.after(5.0), ["play digit/3 digit/4 digit/5"]);
}

#[test]
fn the_end_key_after_a_full_row_is_part_of_it() {
    let nodes = COLLECT.replace("ok: read", "ok: m");
    let nodes = nodes.replace("ok: m", "ok: m\n").replace("  read:", "  unused:");
    let nodes: String = nodes
        .lines()
        .filter(|line| !line.starts_with("  unused"))
        .map(|l| format!("{l}\n"))
        .collect();
    let (mut story, _) = Story::of(&nodes, Facts::default());
    assert_eq!(story.keys("3456"), ["play| survey"]);
    assert_eq!(story.key('#'), NOTHING);
    assert_eq!(story.key('#'), ["stop", "play| survey"], "a second # is a wrong key");
}

#[test]
fn collect_asks_again_and_then_fails() {
    let (mut story, _) = Story::of(COLLECT, Facts::default());
    assert_eq!(story.played(), NOTHING);
    assert_eq!(story.after(5.0), ["play| invalid-key menu-main"]);
    assert_eq!(story.key('7'), ["stop"]);
    assert_eq!(story.key('#'), ["play goodbye"]);
}

#[test]
fn collect_begins_anew_on_repeat() {
    let (mut story, _) = Story::of(COLLECT, Facts::default());
    story.keys("34");
    assert_eq!(story.key('*'), ["play| menu-main"]);
    story.keys("56");
    assert_eq!(story.key('#'), ["play digit/5 digit/6"]);
}

#[test]
fn a_secret_is_shown_nowhere() {
    let nodes = "  a: { do: play, prompts: [welcome], interruptible: true, next: b }
  b: { do: collect, prompts: [menu-main], max: 4, secret: true, into: pin, timeout: 5s, ok: c, fail: end }
  c: { do: branch, cases: [ { when: { vars: { pin: \"4711\" } }, goto: good } ], else: end }
  good: { do: play, prompts: [thanks], next: end }";
    let (mut story, _) = Story::of(nodes, Facts::default());
    assert!(story.walk().is_secret(), "a key typed ahead is a digit of the secret");
    assert_eq!(story.key('4'), ["stop"]);
    assert!(story.walk().is_secret());
    story.keys("71");
    assert!(!format!("{:?}", story.walk()).contains("471"));
    assert_eq!(story.key('1'), ["play thanks"]);
    assert!(!story.walk().is_secret());
    assert!(!format!("{:?}", story.walk()).contains("4711"));
}

#[test]
fn branch_takes_the_first_case_that_holds() {
    let nodes = "  a:
    do: branch
    cases:
      - { when: { listed: block }, goto: end }
      - { when: { region: [\"0770\", \"0771\"], kind: mobile }, goto: here }
      - { when: { any: [ { caller: \"+8610*\" }, { called: \"12345\" } ], not: { listed: vip } }, goto: north }
      - { when: { trunk: carrier }, goto: carrier }
    else: other
  here: { do: play, prompts: [welcome], next: end }
  north: { do: play, prompts: [thanks], next: end }
  carrier: { do: play, prompts: [goodbye], next: end }
  other: { do: play, prompts: [all-busy], next: end }";
    let check = |facts: Facts, node: &str| {
        let (story, first) = Story::of(nodes, facts);
        if node == "end" {
            assert_eq!(first, ["hangup 480"]);
        } else {
            assert_eq!(story.node(), node);
        }
    };
    let facts = Facts::default;
    check(Facts { listed: vec!["block".into()], ..facts() }, "end");
    let mobile = || Facts { caller_kind: "mobile".into(), ..facts() };
    check(Facts { region: "0771".into(), ..mobile() }, "here");
    check(Facts { region: "0772".into(), ..mobile() }, "other");
    check(Facts { caller: "+861012345678".into(), ..facts() }, "north");
    check(Facts { called: "12345".into(), ..facts() }, "north");
    let vip = Facts { listed: vec!["vip".into()], called: "12345".into(), ..facts() };
    check(vip.clone(), "other");
    check(Facts { trunk: Some("carrier".into()), ..vip }, "carrier");
}

#[test]
fn calendar_goes_by_the_wall() {
    let nodes =
        "  a: { do: calendar, calendar: office, open: open, closed: closed, holiday: holiday }
  open: { do: play, prompts: [welcome], next: end }
  closed: { do: play, prompts: [after-hours], next: end }
  holiday: { do: play, prompts: [goodbye], next: end }";
    let (_, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["answer", "play welcome"], "the stories begin on a Monday at nine");
    let late = nodes.replacen("  a:", "  z: { do: tone, hz: 1000, for: 10m, next: a }\n  a:", 1);
    let (mut story, first) = Story::of(&late, Facts::default());
    assert_eq!(first, ["answer", "tone Test { hz: 1000 }"]);
    story.sleep(9.0 * 3600.0 - 600.0);
    let over = story.tell(Input::Deadline);
    assert_eq!(over, ["stop", "fault z: max_seconds is reached", "hangup 480"]);
}

#[test]
fn rate_keeps_the_score_and_the_survey_is_counted_once() {
    let nodes = "  a: { do: menu, prompts: [survey], timeout: 6s, keys: { \"1\": r }, invalid: { goto: again }, timeout_goto: end }
  r: { do: rate, score: 5, next: end }";
    let (mut story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["survey", "answer", "play| survey"]);
    assert_eq!(story.key('*'), ["stop", "play| survey"]);
    assert_eq!(story.key('1'), ["stop", "rate 5", "hangup 480"]);
}

#[test]
fn echo_ends_by_hash_or_time() {
    let nodes = "  a: { do: echo, max: 30s, next: end }";
    let (mut story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["answer", "echo"]);
    assert_eq!(story.key('5'), NOTHING);
    assert_eq!(story.key('#'), ["stop", "hangup 480"]);
    let (mut story, _) = Story::of(nodes, Facts::default());
    assert_eq!(story.after(30.0), ["stop", "hangup 480"]);
}

#[test]
fn tone_ends_by_time_only() {
    let nodes = "  a: { do: tone, tone: busy, for: 5s, next: end }";
    let (mut story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["answer", "tone Busy"]);
    assert_eq!(story.key('#'), NOTHING);
    assert_eq!(story.after(5.0), ["stop", "hangup 480"]);
}

#[test]
fn hangup_refuses_with_its_status() {
    assert_eq!(
        Story::of("  a: { do: hangup, refused: true }", Facts::default()).1,
        ["hangup 603 refused"]
    );
    assert_eq!(Story::of("  a: { do: hangup, status: 486 }", Facts::default()).1, ["hangup 486"]);
}

#[test]
fn a_fault_goes_to_on_error_and_past_it() {
    let nodes = "  a: { do: play, prompts: [welcome], next: end }\n  sorry: { do: play, prompts: [system-error], next: b }\n  b: { do: play, prompts: [goodbye], next: end }";
    let text = super::world::flow_of(nodes).replace("on_error: end", "on_error: sorry");
    let flow = super::world::read(&text).unwrap();
    let (mut story, _) = Story::begin(flow, Facts::default());
    let fault = story.tell(Input::Failed);
    assert_eq!(fault, ["stop", "fault a: a step could not be done", "play system-error"]);
    let fault = story.tell(Input::Failed);
    assert_eq!(fault, ["stop", "fault sorry: a step could not be done", "play goodbye"]);
    assert_eq!(story.played(), ["hangup 480"]);
}

#[test]
fn max_steps_is_never_passed_and_leads_to_on_error() {
    let nodes = "  a: { do: menu, prompts: [menu-main], timeout: 6s, keys: { \"1\": a }, invalid: { goto: again }, timeout_goto: end }\n  sorry: { do: play, prompts: [system-error], interruptible: true, next: a }";
    let text = super::world::flow_of(nodes)
        .replace("on_error: end", "on_error: sorry\nlimits: { max_steps: 32, max_seconds: 60 }");
    let flow = super::world::read(&text).unwrap();
    let (mut story, _) = Story::begin(flow, Facts::default());
    let mut told = Vec::new();
    for _ in 0..15 {
        told = story.key('1');
    }
    assert_eq!(told, ["stop", "play| menu-main"]);
    assert_eq!(story.walk().steps(), 16);
    let over = story.key('1');
    assert_eq!(over, ["stop", "fault a: max_steps is reached", "play| system-error"]);
    let mut last = story.played();
    for _ in 0..14 {
        last = story.key('1');
    }
    assert_eq!((last.len(), story.walk().steps()), (2, 32));
    assert_eq!(story.key('1'), ["stop", "fault a: max_steps is reached", "hangup 480"]);
}

#[test]
fn max_seconds_leads_to_on_error_with_a_minute_more() {
    let nodes = "  a: { do: echo, max: 5m, next: end }\n  sorry: { do: echo, max: 5m, next: end }";
    let text = super::world::flow_of(nodes)
        .replace("on_error: end", "on_error: sorry\nlimits: { max_seconds: 90 }");
    let (mut story, _) = Story::begin(super::world::read(&text).unwrap(), Facts::default());
    let over = story.after(90.0);
    assert_eq!(over, ["stop", "fault a: max_seconds is reached", "echo"]);
    let over = story.after(60.0);
    assert_eq!(over, ["stop", "fault sorry: max_seconds is reached", "hangup 480"]);
}

#[test]
fn a_deadline_that_comes_early_changes_nothing() {
    let (mut story, _) = Story::of(MENU, Facts::default());
    story.played();
    story.sleep(5.9);
    assert_eq!(story.tell(Input::Deadline), NOTHING);
    assert_eq!(story.tell(Input::Begin), NOTHING);
    story.sleep(0.1);
    assert_eq!(story.tell(Input::Deadline), ["play| menu-main"]);
}
