use std::time::Duration;

use super::open_call::OpenCalls;
use super::*;
use crate::base::{CallId, Wall};
use crate::call::{Cdr, Fact, OfferResult, Record};
use crate::store::sample::{Sample, arrived};

/// Facts of one call, a second apart; then the process dies.
struct Life {
    sample: Sample,
    calls: OpenCalls,
    call: CallId,
}

impl Life {
    fn new() -> Self {
        let mut sample = Sample::default();
        let call = sample.call();
        let mut life = Self { sample, calls: OpenCalls::default(), call };
        life.tell(arrived(call));
        life
    }

    fn tell(&mut self, fact: Fact) -> Wall {
        let record = self.sample.record("fcg", fact);
        self.calls.take(&record);
        record.at
    }

    fn answered(&mut self, agent: &str) -> Wall {
        let (call, result) = (self.call, OfferResult::Answered);
        self.tell(Fact::OfferEnded { call, agent: agent.into(), result, ring_ms: 0 })
    }

    fn connected(&mut self, agent: &str) -> Wall {
        self.tell(Fact::Connected { call: self.call, agent: Some(agent.into()) })
    }

    fn wrap_up(&mut self, agent: &str) -> Wall {
        self.tell(Fact::AgentChanged {
            agent: agent.into(),
            status: "ready".into(),
            reason: None,
            state: "wrap_up".into(),
            call: Some(self.call),
            previous_ms: 0,
        })
    }

    fn record_of_the_crash(&self) -> Cdr {
        let [open] = &self.calls.list()[..] else { panic!("one call is open") };
        cdr_of(&crash_cdr(open, self.sample.now()))
    }
}

fn cdr_of(record: &Record) -> Cdr {
    let Fact::Cdr(cdr) = &record.fact else { panic!("{record:?}") };
    (**cdr).clone()
}

#[test]
fn a_crash_during_the_announcement_tells_the_agents_answer() {
    let mut life = Life::new();
    let at = life.answered("7001");
    let cdr = life.record_of_the_crash();
    assert_eq!((cdr.t_ans, cdr.agent), (Some(at), Some("7001".into())));
    assert_eq!((&*cdr.caller_kind, &*cdr.region, &*cdr.flow), ("mobile", "0770", "fcg/12345@7"));
}

#[test]
fn an_agent_who_was_lost_before_the_talk_has_not_answered() {
    let mut life = Life::new();
    life.answered("7001");
    life.wrap_up("7001");
    let cdr = life.record_of_the_crash();
    assert_eq!((cdr.t_ans, cdr.agent, cdr.t_talk_end), (None, None, None));
    assert_eq!(cdr.talk_ms, 0);
}

#[test]
fn a_crash_after_the_talk_counts_the_talk_alone() {
    let mut life = Life::new();
    let from = life.answered("7001");
    life.connected("7001");
    let to = life.wrap_up("7001");
    life.tell(Fact::Rated { call: life.call, agent: None, score: 5 });
    let again = life.answered("7002");
    life.connected("7002");
    let end = life.tell(Fact::Held { call: life.call, agent: "7002".into() });
    let cdr = life.record_of_the_crash();
    let ms = |from: Wall, to: Wall| ((to.as_micros() - from.as_micros()) / 1000) as u64;
    assert_eq!(cdr.talk_ms, ms(from, to) + ms(again, end));
    assert_eq!((cdr.t_ans, cdr.t_talk_end), (Some(from), Some(end)));
    assert_eq!(cdr.agent, Some("7002".into()));
}

/// A spool that an older version wrote: its arrivals and open calls know less.
#[test]
fn records_of_an_older_version_are_still_closed() {
    let mut life = Life::new();
    let at = life.connected("7001");
    life.tell(Fact::Held { call: life.call, agent: "7001".into() });
    let [open] = &life.calls.list()[..] else { panic!("one call is open") };
    let mut old = serde_json::to_value(open).unwrap();
    let fields = old.as_object_mut().unwrap();
    for new in ["t_ans", "talk_since", "talked_ms", "t_talk_end", "recorded_since"] {
        assert!(fields.remove(new).is_some(), "{new}");
    }
    let arrived = fields["arrived"].as_object_mut().unwrap();
    for new in ["caller_kind", "region", "flow"] {
        assert!(arrived.remove(new).is_some(), "{new}");
    }
    let mut open: OpenCall = serde_json::from_value(old).unwrap();
    open.seen(at.after(Duration::from_secs(9)));
    let cdr = cdr_of(&crash_cdr(&open, at.after(Duration::from_secs(60))));
    assert_eq!((cdr.t_ans, cdr.talk_ms, cdr.agent), (Some(at), 9_000, Some("7001".into())));
    assert_eq!((&*cdr.caller_kind, &*cdr.region, &*cdr.flow), ("unknown", "", ""));
}
