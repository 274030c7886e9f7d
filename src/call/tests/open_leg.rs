use std::time::Duration;

use crate::acd::{State, Status};
use crate::base::AgentId;
use crate::call::tests::Bench;
use crate::call::tests::bench::{carrier, phone};
use crate::call::tests::papers::request;
use crate::call::{AnswerBy, Command, Fact, LegEnd, OfferResult};
use crate::media::{self, Stats, Tone};

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn one() -> AgentId {
    "1".into()
}

/// One agent at work with a phone that keeps its leg open, before the sign-in.
pub(super) fn asleep(workers: u16) -> Bench {
    let ports = |worker: u16| (0..40).map(|n| 20_000 + 1_000 * worker + 2 * n).collect();
    Bench::asleep(1, AnswerBy::OpenLeg, (0..workers).map(ports).collect())
}

/// One agent, whose leg is up and who is ready.
pub(super) fn ready(workers: u16) -> Bench {
    let mut bench = asleep(workers);
    bench.command(Command::SignIn { agent: one() });
    bench.command(Command::Ready { agent: one() });
    bench
}

pub(super) fn now(bench: &Bench) -> (Status, State) {
    let now = bench.core.desk.agent(&one()).expect("it is configured");
    (now.status.clone(), now.state)
}

pub(super) fn state(bench: &Bench) -> State {
    now(bench).1
}

pub(super) fn leg_down(bench: &Bench) -> Vec<(LegEnd, u64, u32)> {
    let down = |fact: &Fact| match fact {
        Fact::LegDown { why, length_ms, offers, .. } => Some((*why, *length_ms, *offers)),
        _ => None,
    };
    bench.records.iter().filter_map(|record| down(&record.fact)).collect()
}

fn offers(bench: &Bench) -> Vec<OfferResult> {
    let ended = |fact: &Fact| match fact {
        Fact::OfferEnded { result, .. } => Some(*result),
        _ => None,
    };
    bench.records.iter().filter_map(|record| ended(&record.fact)).collect()
}

/// Answers what asked for figures: so many packets received since the leg is up.
fn report(bench: &mut Bench, received: u64) {
    let stream = bench.media.iter().rev().find_map(|command| match command {
        media::Command::Report { stream } => Some(*stream),
        _ => None,
    });
    let stats = Box::new(Stats { received, ..Stats::default() });
    let event = media::Event::Stats { stream: stream.expect("asked"), stats, last: false };
    bench.event(crate::call::Event::Media(event));
}

impl Bench {
    /// The phone hangs up the last call that it was made.
    pub(super) fn phone_hangs_up(&mut self, agent: usize) {
        let invite = self
            .sent
            .iter()
            .rev()
            .find(|(to, text)| *to == phone(agent) && text.starts_with("INVITE"));
        let text = invite.expect("it was called").1.clone();
        let mut headers = String::new();
        for line in text.lines().take_while(|line| !line.is_empty()) {
            // Our From is the phone's To.
            match line.split_once(": ") {
                Some(("From", from)) => headers += &format!("To: {from}\r\n"),
                Some(("To", to)) => headers += &format!("From: {to};tag=far\r\n"),
                Some(("Call-ID", _)) => headers += &format!("{line}\r\n"),
                _ => {}
            }
        }
        self.receive(phone(agent), request("BYE", phone(agent), &headers, ""));
    }
}

#[test]
fn a_phone_is_called_once_and_carries_one_caller_after_another() {
    let mut bench = ready(1);
    assert_eq!(bench.replies, [Ok(()), Ok(())]);
    assert!(bench.sent.iter().any(|(to, text)| *to == phone(1) && text.contains("answer-after=0")));
    assert!(bench.records.iter().any(|record| matches!(record.fact, Fact::LegUp { .. })));

    let first = bench.call();
    assert_eq!(state(&bench), State::Ringing, "at once: nothing is sent to the phone for it");
    let rings = |command: &media::Command| {
        matches!(command, media::Command::Tone { tone: Tone::Ringback, .. })
    };
    assert!(bench.media.iter().any(rings));
    report(&mut bench, 1_000);
    bench.pass(SECOND * 2);
    bench.command(Command::Answer { agent: one() });
    assert_eq!(state(&bench), State::Talking);
    let last = bench.media.iter().rev().take(4).collect::<Vec<_>>();
    let is_bridge = |command: &&media::Command| matches!(command, media::Command::Bridge { .. });
    let is_record = |command: &&media::Command| matches!(command, media::Command::Record { .. });
    assert!(last.iter().any(is_bridge) && last.iter().any(is_record), "{last:?}");
    bench.pass(SECOND * 10);
    bench.command(Command::HangUpAgent { agent: one() });
    report(&mut bench, 1_500);
    assert_eq!(bench.requests("BYE", carrier()), 1, "the flow ended the citizen's call");
    assert_eq!(state(&bench), State::WrapUp);
    bench.pass(SECOND * 2);

    let second = bench.call();
    report(&mut bench, 1_600);
    bench.command(Command::Answer { agent: one() });
    bench.pass(SECOND * 5);
    bench.hang_up(&second);
    report(&mut bench, 1_850);
    bench.pass(SECOND * 2);
    assert_eq!(now(&bench), (Status::Ready, State::Idle));
    let told = (bench.requests("INVITE", phone(1)), bench.requests("BYE", phone(1)));
    assert_eq!(told, (1, 0), "the leg stays up through both calls");

    let cdrs = bench.cdrs();
    let talks: Vec<_> = cdrs.iter().map(|cdr| (cdr.talk_ms, cdr.recording.is_some())).collect();
    assert_eq!(talks, [(10_000, true), (5_000, true)]);
    let agent = |at: usize| {
        let leg = cdrs[at].legs.iter().find(|leg| leg.party == "agent:1");
        leg.map(|leg| (leg.received, leg.codec.clone()))
    };
    assert_eq!(agent(0), Some((500, "PCMA".to_owned())), "only what belongs to the first call");
    assert_eq!(agent(1), Some((250, "PCMA".to_owned())));
    assert_eq!(bench.id(&first), cdrs[0].call.unwrap());

    bench.command(Command::NotReady { agent: one(), reason: "tea".into() });
    bench.command(Command::SignOut { agent: one() });
    assert_eq!(bench.requests("BYE", phone(1)), 1);
    assert_eq!(leg_down(&bench), [(LegEnd::SignedOut, 21_000, 2)]);
    bench.check_empty();
}

#[test]
fn a_ring_on_the_leg_may_be_rejected_or_missed() {
    let mut bench = ready(1);
    let call = bench.call();
    bench.command(Command::HangUpAgent { agent: one() });
    assert_eq!(offers(&bench), [OfferResult::Rejected]);
    // The same caller again, after the pause; nobody answers now.
    bench.pass(SECOND * 6);
    assert_eq!(state(&bench), State::Ringing);
    bench.pass(SECOND * 20);
    assert_eq!(offers(&bench), [OfferResult::Rejected, OfferResult::NoAnswer]);
    assert_eq!(now(&bench).0, Status::NotReady(crate::acd::Reason::NoAnswer));
    assert_eq!(bench.core.world.open_legs.len(), 1, "the leg stays up");
    // The caller was first and is first.
    let second = bench.call();
    bench.command(Command::Ready { agent: one() });
    assert_eq!(bench.core.world.index.agents[&one()], bench.id(&call));
    bench.hang_up(&call);
    assert_eq!(bench.core.world.index.agents[&one()], bench.id(&second));
    bench.hang_up(&second);
    assert_eq!(bench.requests("INVITE", phone(1)), 1);
    bench.command(Command::NotReady { agent: one(), reason: "tea".into() });
    bench.command(Command::SignOut { agent: one() });
    bench.check_empty();
}

#[test]
fn hold_and_retrieve_by_software_need_no_word_to_the_phone() {
    let mut bench = ready(1);
    let call = bench.call();
    bench.command(Command::Answer { agent: one() });
    bench.pass(SECOND);
    let said = bench.sent.len();
    bench.command(Command::Hold { agent: one() });
    assert_eq!(state(&bench), State::Held);
    bench.pass(SECOND * 3);
    bench.command(Command::Retrieve { agent: one() });
    assert_eq!(state(&bench), State::Talking);
    assert_eq!(bench.sent.len(), said);
    bench.hang_up(&call);
    bench.pass(SECOND * 3);
    assert_eq!(bench.cdrs()[0].hold_ms, 3_000);
    assert!(bench.replies.iter().all(Result::is_ok), "{:?}", bench.replies);
    bench.phone_hangs_up(1);
    bench.check_empty();
}

#[test]
fn the_leg_moves_to_the_media_worker_of_each_caller() {
    // The worker of the leg has fewer free ports: callers are born on the other one.
    let mut bench = ready(2);
    for _ in 0..2 {
        let media = bench.media.len();
        let call = bench.call();
        bench.command(Command::Answer { agent: one() });
        bench.pass(SECOND * 5);
        let told = bench.workers[media..].iter().zip(&bench.media[media..]);
        let bridged: Vec<_> = told
            .filter(|(_, command)| matches!(command, media::Command::Bridge { .. }))
            .map(|(worker, _)| *worker)
            .collect();
        let born = bench.workers[media];
        assert_eq!(bridged, [born], "where the caller was born");
        bench.hang_up(&call);
        bench.pass(SECOND * 5);
        assert_eq!(bench.core.census().ports, 1, "only the leg's is taken");
    }
    let moves = bench.media.iter().filter(|c| matches!(c, media::Command::Leave { .. })).count();
    assert!(moves > 0, "the leg was on the other worker at first");
    bench.command(Command::NotReady { agent: one(), reason: "tea".into() });
    bench.command(Command::SignOut { agent: one() });
    bench.check_empty();
}
