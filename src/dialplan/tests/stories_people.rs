use crate::dialplan::{DialEnd, Facts, Input, QueueEvent, TalkEnd};

use super::world::Story;

const NOTHING: [&str; 0] = [];

const QUEUE: &str = "  a:
    do: queue
    queue: complaint
    priority: 5
    announce: { position: true, every: 30s, music: moh/default }
    overflow:
      - { after: 70s, goto_queue: all }
      - { after: 100s, goto: message }
    answered: talk
    full: busy
    nobody: after
  talk:
    do: bridge
    before: { say: [ { prompt: agent-no }, { digits: \"{agent.no}\" }, { prompt: at-your-service } ] }
    record: true
    agent_hangup: survey
    transferred: bye
    caller_hangup: end
  survey: { do: menu, prompts: [survey], timeout: 6s, keys: { \"1\": best }, invalid: { goto: again }, timeout_goto: bye }
  best: { do: rate, score: 5, next: bye }
  busy: { do: play, prompts: [all-busy], next: end }
  after: { do: play, prompts: [after-hours], next: end }
  bye: { do: play, prompts: [goodbye], next: end }
  message: { do: voicemail, box: fcg-main, max: 60s, next: bye }";

fn queue(event: QueueEvent) -> Input {
    Input::Queue(event)
}

fn answered(number: &str) -> Input {
    queue(QueueEvent::Answered { agent_number: number.to_owned() })
}

#[test]
fn a_caller_waits_hears_the_place_and_is_answered() {
    let (mut story, first) = Story::of(QUEUE, Facts::default());
    assert_eq!(first, ["answer", "music moh/default", "queue complaint 5", "position?"]);
    assert_eq!(story.tell(queue(QueueEvent::Position(3))), ["play ahead/2"]);
    assert_eq!(story.key('1'), NOTHING);
    assert_eq!(story.played(), ["music moh/default"]);
    assert_eq!(story.after(30.0), ["position?"]);
    assert_eq!(story.tell(queue(QueueEvent::Position(1))), ["play queue-position-1"]);
    assert_eq!(story.played(), ["music moh/default"]);
    assert_eq!(
        story.tell(answered("8001")),
        ["stop", "bridge [agent-no digit/8 digit/0 digit/0 digit/1-yao at-your-service] record"]
    );
    assert_eq!(story.walk().deadline(), None, "a talk has no limit of the flow's");
    assert_eq!(story.tell(Input::Talk(TalkEnd::AgentHungUp)), ["survey", "play| survey"]);
    assert_eq!(story.key('1'), ["stop", "rate 5", "play goodbye"]);
    assert_eq!(story.played(), ["hangup 480"]);
}

#[test]
fn places_beyond_thirty_are_not_counted_out() {
    let (mut story, _) = Story::of(QUEUE, Facts::default());
    assert_eq!(story.tell(queue(QueueEvent::Position(31))), ["play ahead/30"]);
    assert_eq!(story.tell(queue(QueueEvent::Position(32))), ["play queue-busy"]);
    assert_eq!(story.tell(queue(QueueEvent::Position(0))), ["play queue-position-1"]);
}

#[test]
fn a_long_wait_overflows_to_a_queue_and_then_to_a_node() {
    let (mut story, _) = Story::of(QUEUE, Facts::default());
    assert_eq!(story.after(30.0), ["position?"]);
    assert_eq!(story.after(30.0), ["position?"]);
    assert_eq!(story.after(10.0), ["queue all 5 moved"]);
    assert_eq!(story.after(20.0), ["position?"]);
    assert_eq!(story.after(10.0), ["stop", "leave", "play| leave-message"]);
    assert_eq!(story.node(), "message");
}

#[test]
fn a_late_deadline_takes_every_overflow_that_is_due() {
    let (mut story, _) = Story::of(QUEUE, Facts::default());
    story.sleep(500.0);
    let told = story.tell(Input::Deadline);
    assert_eq!(told, ["queue all 5 moved", "stop", "leave", "play| leave-message"]);
}

#[test]
fn full_and_nobody_have_their_ways() {
    let (mut story, _) = Story::of(QUEUE, Facts::default());
    assert_eq!(story.tell(queue(QueueEvent::Full)), ["stop", "play all-busy"]);
    let (mut story, _) = Story::of(QUEUE, Facts::default());
    assert_eq!(story.tell(queue(QueueEvent::Nobody)), ["stop", "play after-hours"]);
    assert_eq!(story.tell(queue(QueueEvent::Position(1))), NOTHING, "too late");
}

#[test]
fn without_music_a_caller_hears_ringback() {
    let nodes = "  a: { do: queue, queue: all, answered: b, full: end, nobody: end }
  b: { do: bridge, agent_hangup: end, transferred: end }";
    let (mut story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["answer", "tone Ringback", "queue all 0"]);
    assert_eq!(story.walk().deadline(), None);
    assert_eq!(story.tell(answered("")), ["stop", "bridge []"]);
}

#[test]
fn a_failed_step_takes_the_caller_out_of_the_queue() {
    let (mut story, _) = Story::of(QUEUE, Facts::default());
    let told = story.tell(Input::Failed);
    assert_eq!(told, ["stop", "leave", "fault a: a step could not be done", "hangup 480"]);
}

#[test]
fn a_talk_ends_by_its_exits() {
    let talk = || {
        let (mut story, _) = Story::of(QUEUE, Facts::default());
        story.tell(answered("1"));
        story
    };
    assert_eq!(talk().tell(Input::Talk(TalkEnd::Transferred)), ["play goodbye"]);
    assert_eq!(talk().tell(Input::Talk(TalkEnd::CallerHungUp)), ["hangup 480"]);
    let told = talk().tell(Input::Talk(TalkEnd::Failed));
    assert_eq!(told, ["fault talk: the agent was lost before the talk", "hangup 480"]);
}

const DIAL: &str = "  a:
    do: dial
    trunk: carrier
    number: \"+86770{note}\"
    ring: 20s
    record: true
    headers: { X-Caller: \"{caller}\" }
    next: bye
    busy: busy
    no_answer: quiet
    fail: failed
  bye: { do: play, prompts: [goodbye], next: end }
  busy: { do: play, prompts: [all-busy], next: end }
  quiet: { do: play, prompts: [after-hours], next: end }
  failed: { do: play, prompts: [transfer-failed], next: end }";

#[test]
fn a_dialled_party_answers_the_call_with_its_own_answer() {
    let facts = Facts { caller: "+8613\r\nVia: x".to_owned(), ..Facts::default() };
    let (mut story, first) = Story::of(DIAL, facts);
    assert_eq!(
        first,
        ["dial carrier Number(\"+86770\") 20s record X-Caller=+8613Via: x"],
        "no line can be smuggled into a header"
    );
    assert_eq!(story.tell(Input::Dialled(DialEnd::Answered)), NOTHING);
    assert_eq!(story.walk().deadline(), None);
    assert_eq!(story.tell(Input::Dialled(DialEnd::Ended)), ["play goodbye"]);
}

#[test]
fn a_party_that_is_not_reached_has_its_ways() {
    let check = |end: DialEnd, expected: &[&str]| {
        let (mut story, _) = Story::of(DIAL, Facts::default());
        assert_eq!(story.tell(Input::Dialled(end)), expected);
    };
    check(DialEnd::Busy, &["answer", "play all-busy"]);
    check(DialEnd::NoAnswer, &["answer", "play after-hours"]);
    check(DialEnd::Failed, &["answer", "play transfer-failed"]);
    let (mut story, _) = Story::of(DIAL, Facts::default());
    assert_eq!(story.after(30.0), ["stop-dial", "answer", "play after-hours"]);
    let (mut story, _) = Story::of(DIAL, Facts::default());
    let told = story.tell(Input::Failed);
    assert_eq!(told, ["stop-dial", "fault a: a step could not be done", "hangup 480"]);
}

#[test]
fn what_is_no_number_is_not_dialled() {
    let nodes = DIAL.replace("+86770{note}", "{caller}");
    let facts = Facts { caller: "anonymous".to_owned(), ..Facts::default() };
    assert_eq!(Story::of(&nodes, facts).1, ["answer", "play transfer-failed"]);
}

#[test]
fn a_sip_address_is_dialled_as_it_is() {
    let nodes =
        "  a: { do: dial, trunk: sipp, uri: \"sip:uas@127.0.0.12:5070\", next: end, fail: end }";
    let (mut story, first) = Story::of(nodes, Facts::default());
    assert_eq!(first, ["dial sipp Uri(\"sip:uas@127.0.0.12:5070\") 60s"]);
    assert_eq!(story.tell(Input::Dialled(DialEnd::Busy)), ["hangup 480"]);
}

#[test]
fn a_failed_transfer_goes_on_in_the_flow() {
    let nodes = "  a:
    do: transfer
    prompts: [transfer-110]
    trunk: emergency
    number: \"110\"
    caller_id: original
    reserve: emergency
    ok: end
    fail: q
  q: { do: queue, queue: all, announce: { music: moh/default }, answered: b, full: end, nobody: end }
  b: { do: bridge, agent_hangup: end, transferred: end }";
    for end in [DialEnd::Busy, DialEnd::NoAnswer, DialEnd::Failed] {
        let (mut story, first) = Story::of(nodes, Facts::default());
        assert_eq!(first, ["answer", "play transfer-110"]);
        let told = story.played();
        assert_eq!(told, ["dial emergency Number(\"110\") 60s emergency transfer"]);
        assert_eq!(story.tell(Input::Dialled(end)), ["music moh/default", "queue all 0"]);
    }
    let (mut story, _) = Story::of(nodes, Facts::default());
    story.played();
    assert_eq!(story.tell(Input::Dialled(DialEnd::Answered)), NOTHING);
    assert_eq!(story.tell(Input::Dialled(DialEnd::Ended)), ["hangup 480"]);
}

const MAIL: &str = "  a: { do: voicemail, box: fcg-main, max: 60s, next: bye }
  bye: { do: play, prompts: [goodbye], next: end }";

#[test]
fn a_message_ends_by_hash_or_by_its_limit() {
    for by_key in [true, false] {
        let (mut story, first) = Story::of(MAIL, Facts::default());
        assert_eq!(first, ["answer", "play| leave-message"]);
        assert_eq!(story.played(), ["record fcg-main 60s 2000ms"]);
        assert_eq!(story.key('5'), NOTHING);
        let stopped = if by_key { story.key('#') } else { story.after(61.0) };
        assert_eq!(stopped, ["stop-record"]);
        assert_eq!(story.tell(Input::Recorded { length_ms: 9_000 }), ["play message-saved"]);
        assert_eq!(story.played(), ["play goodbye"]);
    }
}

#[test]
fn a_message_that_is_too_short_is_asked_for_once_more() {
    let (mut story, _) = Story::of(MAIL, Facts::default());
    assert_eq!(story.key('#'), ["stop", "record fcg-main 60s 2000ms"]);
    let short = Input::Recorded { length_ms: 1_999 };
    assert_eq!(story.tell(short.clone()), ["play| message-too-short leave-message"]);
    assert_eq!(story.played(), ["record fcg-main 60s 2000ms"]);
    assert_eq!(story.tell(short), ["play goodbye"]);
}

#[test]
fn a_recording_that_does_not_end_is_a_fault() {
    let (mut story, _) = Story::of(MAIL, Facts::default());
    story.played();
    story.key('#');
    let told = story.after(10.0);
    assert_eq!(told, ["fault a: the recording of a message did not end", "hangup 480"]);
    let (mut story, _) = Story::of(MAIL, Facts::default());
    story.played();
    let told = story.tell(Input::Failed);
    assert_eq!(told, ["stop-record", "fault a: a step could not be done", "hangup 480"]);
}

#[test]
fn waiting_and_talking_cost_no_time_of_the_flow() {
    let text = super::world::flow_of(QUEUE)
        .replace("on_error: end", "on_error: end\nlimits: { max_seconds: 60 }")
        .replace("announce: { position: true, every: 30s, music: moh/default }", "");
    let (mut story, _) = Story::begin(super::world::read(&text).unwrap(), Facts::default());
    story.sleep(65.0);
    story.tell(answered("1"));
    story.sleep(3_600.0);
    story.tell(Input::Talk(TalkEnd::AgentHungUp));
    story.sleep(10.0);
    story.played();
    assert_eq!(story.after(6.0), ["play| survey"]);
}
