use std::time::Duration;

use crate::acd::QueueSettings;
use crate::base::QueueId;
use crate::call::tests::Bench;
use crate::call::tests::bench::{phone, settings};
use crate::call::{AnswerBy, Cause, Command, Fact, QueueExit, Settings};

/// After 30 s the caller moves to queue `other`, after 60 s to queue `q` again.
const FLOW: &str = "\
schema: ivr/1
flow: t-quick
revision: 1
start: q
on_error: end
languages: [zh-CN]
nodes:
  q:
    do: queue
    queue: q
    overflow:
      - { after: 30s, goto_queue: other }
      - { after: 60s, goto_queue: q }
    answered: agent
    full: end
    nobody: end
  agent: { do: bridge, record: true, agent_hangup: end, transferred: end }
  end: { do: hangup }
";

/// Two queues, and the agents of each.
fn two_queues(agents: usize, of_other: &[usize]) -> Settings {
    let mut settings = settings(agents, AnswerBy::Hand);
    settings.desk.queues.push(QueueSettings::new("other".into(), "other"));
    for agent in of_other {
        settings.desk.agents[agent - 1].queues = vec!["other".into()];
    }
    settings
}

/// The ways of all calls through queues: entered, and left why.
fn ways(bench: &Bench) -> Vec<(QueueId, Option<QueueExit>)> {
    bench
        .records
        .iter()
        .filter_map(|record| match &record.fact {
            Fact::QueueEntered { queue, .. } => Some((queue.clone(), None)),
            Fact::QueueLeft { queue, why, .. } => Some((queue.clone(), Some(*why))),
            _ => None,
        })
        .collect()
}

fn position(bench: &Bench, sip_call_id: &str) -> Option<u32> {
    let ticket = bench.core.calls[&bench.id(sip_call_id)].holdings.ticket?;
    bench.core.desk.position(ticket)
}

/// A caller waits behind one who talks; the queue of the overflow has nobody.
#[test]
fn an_overflow_to_a_queue_that_takes_nobody_keeps_the_place() {
    let mut bench = Bench::with(FLOW, two_queues(1, &[]), 1);
    let talks = bench.call();
    let (first, second) = (bench.call(), bench.call());
    bench.pass(Duration::from_secs(35));
    assert_eq!((position(&bench, &first), position(&bench, &second)), (Some(1), Some(2)));
    assert_eq!(ways(&bench).len(), 4, "{:?}", ways(&bench));
    bench.hang_up(&talks);
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.requests("INVITE", phone(1)), 2, "the first of them gets the agent");
    bench.hang_up(&first);
    bench.pass(Duration::from_secs(3));
    bench.hang_up(&second);
    bench.pass(Duration::from_secs(3));
    let cdrs: Vec<_> = bench.cdrs().iter().map(|cdr| (cdr.cause, cdr.queue.clone())).collect();
    assert_eq!(
        cdrs,
        [
            (Cause::Answered, Some("q".into())),
            (Cause::Answered, Some("q".into())),
            (Cause::Answered, Some("q".into()))
        ]
    );
    bench.check_empty();
}

/// The other queue has an agent: the caller is moved there and talks, with the clock of the first.
#[test]
fn an_overflow_moves_a_caller_and_its_records_say_so() {
    let mut bench = Bench::with(FLOW, two_queues(2, &[2]), 2);
    let (talks, other) = (bench.call(), bench.call());
    bench.pass(Duration::from_secs(31));
    let moved = bench.id(&other);
    let answered = bench.records.iter().any(|record| {
        matches!(&record.fact, Fact::Connected { call, agent } if *call == moved && *agent == Some("2".into()))
    });
    assert!(answered, "the agent of the other queue has the caller");
    let overflow = (QueueId::new("q"), Some(QueueExit::Overflow));
    let told = ways(&bench);
    assert!(
        told.windows(2).any(|two| two == [overflow.clone(), ("other".into(), None)]),
        "{told:?}"
    );
    bench.hang_up(&talks);
    bench.hang_up(&other);
    bench.pass(Duration::from_secs(3));
    let waited = bench.cdrs().iter().map(|cdr| cdr.wait_ms).max();
    assert_eq!(waited, Some(30_000), "the clock is the first queue's");
    bench.check_empty();
}

/// The agent who rings no longer serves the queue, and nobody else does: when the ring ends, the flow
/// takes its way for nobody.
#[test]
fn a_ring_that_ends_with_nobody_left_sends_the_caller_on() {
    let mut bench = Bench::with(FLOW, two_queues(1, &[]), 1);
    bench.silent = true;
    let call = bench.call();
    assert_eq!(bench.requests("INVITE", phone(1)), 1);
    let settings = std::sync::Arc::new(two_queues(1, &[1]));
    let flows = std::sync::Arc::clone(&bench.core.flows);
    bench.command(Command::Use { settings, flows });
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.core.census().calls, 1, "while it rings there is somebody");
    bench.pass(Duration::from_secs(15));
    let told: Vec<_> =
        bench.cdrs().iter().map(|cdr| (cdr.sip_call_id.clone(), cdr.cause)).collect();
    assert_eq!(told, [(call, Cause::Overflow)]);
    bench.check_empty();
}
