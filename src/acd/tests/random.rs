use std::collections::BTreeMap;
use std::time::Duration;

use super::{agent, queue, seconds};
use crate::acd::{Decline, Desk, Input, Output, QueueSettings, Settings, Status};
use crate::base::{AgentId, Instant, OfferId, QueueId, Random, TicketId};

const AGENTS: [&str; 6] = ["ada", "ben", "cem", "dan", "eva", "fay"];
const QUEUES: [&str; 3] = ["a", "b", "c"];

/// What the desk's outputs alone let one know: kept beside the desk, compared at every step.
#[derive(Default)]
struct Mirror {
    /// Ticket → (queue, priority, clock, arrival) of who waits and is not offered.
    waiting: BTreeMap<TicketId, (QueueId, i32, Instant, u64)>,
    offers: BTreeMap<OfferId, (TicketId, AgentId)>,
    /// The place of a ticket that is being offered, for when it returns.
    places: BTreeMap<TicketId, (QueueId, i32, Instant, u64)>,
    talking: BTreeMap<AgentId, TicketId>,
    spent: BTreeMap<AgentId, Duration>,
    arrivals: u64,
    /// The priority of the move that is under way.
    moving: i32,
}

impl Mirror {
    fn take(&mut self, output: &Output, serves: impl Fn(&AgentId, &QueueId) -> bool) {
        match output {
            Output::Offer { offer, ticket, agent, queue } => {
                assert!(!self.offers.values().any(|(t, a)| t == ticket || a == agent));
                assert!(!self.talking.contains_key(agent), "{agent} has a caller");
                let place = self.waiting.remove(ticket).expect("the ticket waits");
                assert_eq!(place.0, *queue);
                let better = self.waiting.iter().find(|(_, other)| {
                    serves(agent, &other.0)
                        && (-i64::from(other.1), other.2, other.3)
                            < (-i64::from(place.1), place.2, place.3)
                });
                assert!(better.is_none(), "{ticket} before {better:?}");
                self.places.insert(*ticket, place);
                self.offers.insert(*offer, (*ticket, agent.clone()));
            }
            Output::Withdraw { offer, agent, ticket, .. } => {
                assert_eq!(self.offers.remove(offer), Some((*ticket, agent.clone())));
            }
            Output::Returned { ticket } => {
                let place = self.places.remove(ticket).expect("it was offered");
                self.waiting.insert(*ticket, place);
            }
            Output::Moved { ticket, queue } => {
                let place = self.waiting.remove(ticket).or_else(|| self.places.remove(ticket));
                let (_, _, clock, arrival) = place.expect("it was in a queue");
                let moved = (queue.clone(), self.moving, clock, arrival);
                let ringing = self.offers.values().any(|(offered, _)| offered == ticket);
                let places = if ringing { &mut self.places } else { &mut self.waiting };
                places.insert(*ticket, moved);
            }
            Output::NotTaken { ticket, .. } => drop(self.waiting.remove(ticket)),
            Output::AgentChanged { agent, previous, .. } => {
                *self.spent.entry(agent.clone()).or_default() += *previous;
            }
            Output::NotMoved { .. }
            | Output::NobodyLeft { .. }
            | Output::QueueChanged { .. }
            | Output::AgentGone { .. }
            | Output::QueueGone { .. } => {}
        }
    }
}

struct Run {
    desk: Desk,
    mirror: Mirror,
    random: Random,
    now: Instant,
    tickets: u64,
    own_calls: BTreeMap<AgentId, u32>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random::from_number(seed);
        let settings = some_settings(&mut random, true);
        Self {
            desk: Desk::new(settings),
            mirror: Mirror::default(),
            random,
            now: Instant::ZERO,
            tickets: 0,
            own_calls: BTreeMap::new(),
        }
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = self.random.below(of.len() as u64);
        of.get(usize::try_from(at).unwrap()).cloned()
    }

    fn agent(&mut self) -> AgentId {
        self.one(&AGENTS).unwrap().into()
    }

    fn some_offer(&mut self) -> OfferId {
        let known: Vec<_> = self.mirror.offers.keys().copied().collect();
        self.one(&known).unwrap_or(OfferId(1))
    }

    fn some_ticket(&mut self) -> TicketId {
        TicketId(self.random.below(40).min(self.tickets) + self.tickets.saturating_sub(39))
    }

    fn next_input(&mut self) -> Input {
        match self.random.below(42) {
            0..=1 => Input::SignIn { agent: self.agent() },
            2 => Input::SignOut { agent: self.agent(), forced: self.random.below(3) == 0 },
            3..=6 => Input::Ready { agent: self.agent() },
            7 => Input::NotReady { agent: self.agent(), reason: String::new() },
            8..=9 => Input::WrapUpDone { agent: self.agent() },
            10..=12 => {
                Input::Reachable { agent: self.agent(), reachable: self.random.below(4) > 0 }
            }
            13..=19 => {
                self.tickets += 1;
                let back = Duration::from_secs(self.random.below(30));
                Input::Enter {
                    ticket: TicketId(self.tickets),
                    queue: self.one(&QUEUES).unwrap().into(),
                    priority: i32::try_from(self.random.below(3)).unwrap() - 1,
                    clock: self.now - back,
                }
            }
            20..=22 => Input::Leave { ticket: self.some_ticket() },
            23..=25 => Input::Ringing { offer: self.some_offer() },
            26..=29 => Input::Answered { offer: self.some_offer() },
            30..=31 => {
                let ways =
                    [Decline::Busy, Decline::NoAnswer, Decline::Rejected, Decline::Unreachable];
                Input::Declined { offer: self.some_offer(), why: self.one(&ways).unwrap() }
            }
            32 => Input::Held { agent: self.agent() },
            33 => Input::Retrieved { agent: self.agent() },
            34..=36 => Input::TalkEnded { agent: self.agent() },
            37 => Input::Busy { agent: self.agent() },
            38..=39 => Input::Move {
                ticket: self.some_ticket(),
                queue: self.one(&QUEUES).unwrap().into(),
                priority: i32::try_from(self.random.below(3)).unwrap() - 1,
            },
            40 => Input::Free { agent: self.agent() },
            _ => Input::Deadline,
        }
    }

    fn step(&mut self, input: Input) {
        let mut out = Vec::new();
        let result = self.desk.handle(self.now, input.clone(), &mut out);
        if result.is_err() {
            assert!(out.is_empty(), "denied, and yet {out:?}");
            return;
        }
        match input {
            Input::Enter { ticket, queue, priority, clock } => {
                self.mirror.arrivals += 1;
                let place = (queue, priority, clock, self.mirror.arrivals);
                self.mirror.waiting.insert(ticket, place);
            }
            Input::Move { priority, .. } => self.mirror.moving = priority,
            Input::Leave { ticket } => {
                self.mirror.waiting.remove(&ticket);
                self.mirror.places.remove(&ticket);
                self.mirror.talking.retain(|_, talking| *talking != ticket);
            }
            Input::Answered { offer } => {
                let (ticket, agent) = self.mirror.offers.remove(&offer).unwrap();
                self.mirror.places.remove(&ticket);
                assert_eq!(self.mirror.talking.insert(agent, ticket), None);
            }
            Input::Declined { offer, .. } => drop(self.mirror.offers.remove(&offer)),
            Input::TalkEnded { agent } => drop(self.mirror.talking.remove(&agent)),
            Input::Busy { agent } => *self.own_calls.entry(agent).or_default() += 1,
            Input::Free { agent } => *self.own_calls.entry(agent).or_default() -= 1,
            _ => {}
        }
        self.take(&out);
    }

    fn take(&mut self, out: &[Output]) {
        let desk = &self.desk;
        for output in out {
            self.mirror.take(output, |agent, queue| {
                desk.agent(agent).is_some_and(|agent| agent.queues.contains(queue))
            });
        }
        self.compare();
    }

    fn compare(&self) {
        self.desk.check().unwrap();
        let census = self.desk.census();
        assert_eq!(census.waiting, self.mirror.waiting.len());
        assert_eq!(census.offers, self.mirror.offers.len());
        assert_eq!(census.talking, self.mirror.talking.len());
        for agent in self.desk.agents() {
            let spent = self.mirror.spent.get(agent.id).copied().unwrap_or_default();
            assert_eq!(spent + self.now.since(agent.since), self.now.since(Instant::ZERO));
        }
    }

    /// Everybody hangs up and every limit passes.
    fn end(&mut self) {
        for ticket in 0..=self.tickets {
            self.step(Input::Leave { ticket: TicketId(ticket) });
        }
        for (agent, calls) in self.own_calls.clone() {
            for _ in 0..calls {
                self.step(Input::Free { agent: agent.clone() });
            }
        }
        while let Some(at) = self.desk.deadline() {
            self.now = self.now.max(at);
            self.step(Input::Deadline);
        }
        assert_eq!(self.desk.census(), crate::acd::Census::default());
        for agent in AGENTS {
            self.step(Input::SignOut { agent: agent.into(), forced: true });
        }
        assert!(self.desk.agents().all(|agent| agent.status == &Status::SignedOut));
        assert!(self.desk.queues().all(|queue| queue.waiting == 0 && queue.signed_in == 0));
    }
}

fn some_settings(random: &mut Random, everybody: bool) -> Settings {
    let mut settings = Settings { pause: seconds(random.below(6)), ..Settings::default() };
    for id in QUEUES {
        if everybody || random.below(8) > 0 {
            settings.queues.push(QueueSettings {
                capacity: 1 + u32::try_from(random.below(12)).unwrap(),
                ring: seconds(random.below(20)),
                wrap_up: seconds(random.below(20)),
                ..queue(id)
            });
        }
    }
    for id in AGENTS {
        let served: Vec<_> = QUEUES.into_iter().filter(|_| random.below(2) == 0).collect();
        if everybody || random.below(8) > 0 {
            settings.agents.push(agent(id, &served));
        }
    }
    settings
}

fn run(seed: u64, steps: u32) -> Run {
    let mut run = Run::new(seed);
    for _ in 0..steps {
        run.now = run.now + Duration::from_millis(run.random.below(1500));
        let input = match run.desk.deadline() {
            Some(at) if at <= run.now && run.random.below(4) > 0 => Input::Deadline,
            _ => run.next_input(),
        };
        run.step(input);
    }
    run.end();
    run
}

#[test]
fn whatever_happens_the_invariants_hold_and_everything_ends_empty() {
    for seed in 0..30 {
        let done = run(seed, 10_000);
        assert!(done.mirror.arrivals > 1_000, "seed {seed} did too little");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (a, b) = (run(7, 2_000), run(7, 2_000));
    assert_eq!(format!("{:?}", a.mirror.spent), format!("{:?}", b.mirror.spent));
    assert_eq!(a.mirror.arrivals, b.mirror.arrivals);
}

/// Reloads at any moment: agents and queues come and go under the callers. The mirror cannot follow
/// agents that are forgotten, so the desk's own invariants are checked alone.
#[test]
fn reloads_at_any_moment_break_nothing() {
    for seed in 100..110 {
        let mut run = Run::new(seed);
        for _ in 0..3_000 {
            run.now = run.now + Duration::from_millis(run.random.below(1500));
            let mut out = Vec::new();
            if run.random.below(20) == 0 {
                let settings = some_settings(&mut run.random, false);
                run.desk.reconfigure(run.now, settings, &mut out);
            } else {
                let input = run.next_input();
                let before = run.desk.clone();
                if run.desk.handle(run.now, input.clone(), &mut out).is_err() {
                    let kept = format!("{:?}", before.agents().collect::<Vec<_>>());
                    assert_eq!(format!("{:?}", run.desk.agents().collect::<Vec<_>>()), kept);
                }
            }
            for output in &out {
                match output {
                    Output::Offer { offer, ticket, agent, .. } => {
                        run.mirror.offers.insert(*offer, (*ticket, agent.clone()));
                    }
                    Output::Withdraw { offer, .. } => drop(run.mirror.offers.remove(offer)),
                    _ => {}
                }
            }
            run.desk.check().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        }
        for ticket in 0..=run.tickets {
            run.desk.bury(run.now, TicketId(ticket), &mut Vec::new());
        }
        let census = run.desk.census();
        assert_eq!((census.waiting, census.offers, census.talking), (0, 0, 0), "seed {seed}");
        run.desk.reconfigure(run.now, Settings::default(), &mut Vec::new());
        run.desk.check().unwrap();
        assert_eq!((run.desk.agents().count(), run.desk.queues().count()), (0, 0));
        assert_eq!(run.desk.deadline(), None);
    }
}
