mod moves;
mod random;
mod status_table;
mod stories;

use std::time::Duration;

use crate::acd::{AgentSettings, Denied, Desk, Input, Output, QueueSettings, Settings, State};
use crate::base::{AgentId, Instant, OfferId, QueueId, TicketId};

/// A desk on a virtual clock whose invariants are checked after every step.
struct Story {
    desk: Desk,
    now: Instant,
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn queue(id: &str) -> QueueSettings {
    QueueSettings {
        capacity: 4,
        ring: seconds(20),
        wrap_up: seconds(30),
        ..QueueSettings::new(id.into(), id)
    }
}

fn agent(id: &str, queues: &[&str]) -> AgentSettings {
    AgentSettings {
        id: id.into(),
        name: id.to_uppercase(),
        number: format!("8{}", id.len()),
        queues: queues.iter().map(|queue| QueueId::new(queue)).collect(),
    }
}

/// Queues `a` and `b`; anna and bo serve `a`, cleo serves both.
fn settings() -> Settings {
    Settings {
        queues: vec![queue("a"), queue("b")],
        agents: vec![agent("anna", &["a"]), agent("bo", &["a"]), agent("cleo", &["a", "b"])],
        pause: seconds(5),
    }
}

impl Story {
    fn new() -> Self {
        Self { desk: Desk::new(settings()), now: Instant::ZERO }
    }

    /// The named ones are signed in, reachable and ready, one second after the other.
    fn with_ready(agents: &[&str]) -> Self {
        let mut story = Self::new();
        for id in agents {
            story.now = story.now + seconds(1);
            let agent = AgentId::new(id);
            story.go(Input::SignIn { agent: agent.clone() }).unwrap();
            story.go(Input::Reachable { agent: agent.clone(), reachable: true }).unwrap();
            story.go(Input::Ready { agent }).unwrap();
        }
        story
    }

    fn go(&mut self, input: Input) -> Result<Vec<String>, Denied> {
        let mut out = Vec::new();
        let result = self.desk.handle(self.now, input, &mut out);
        assert!(result.is_ok() || out.is_empty(), "denied, and yet {out:?}");
        self.desk.check().unwrap();
        result.map(|()| out.iter().filter_map(tell).collect())
    }

    fn told(&mut self, input: Input) -> String {
        self.go(input).unwrap().join(", ")
    }

    /// Lets the time pass; what fell due on the way.
    fn pass(&mut self, time: Duration) -> String {
        let end = self.now + time;
        let mut told = Vec::new();
        while let Some(at) = self.desk.deadline().filter(|at| *at <= end) {
            self.now = at;
            told.extend(self.go(Input::Deadline).unwrap());
        }
        self.now = end;
        told.join(", ")
    }

    fn enter(&mut self, ticket: u64, queue: &str) -> String {
        self.enter_as(ticket, queue, 0, self.now)
    }

    fn enter_as(&mut self, ticket: u64, queue: &str, priority: i32, clock: Instant) -> String {
        let (ticket, queue) = (TicketId(ticket), queue.into());
        self.told(Input::Enter { ticket, queue, priority, clock })
    }

    fn move_to(&mut self, ticket: u64, queue: &str) -> String {
        self.told(Input::Move { ticket: TicketId(ticket), queue: queue.into(), priority: 0 })
    }

    fn leave(&mut self, ticket: u64) -> String {
        self.told(Input::Leave { ticket: TicketId(ticket) })
    }

    fn answered(&mut self, offer: u64) -> String {
        self.told(Input::Answered { offer: OfferId(offer) })
    }

    fn ended(&mut self, agent: &str) -> String {
        self.told(Input::TalkEnded { agent: agent.into() })
    }

    fn ready(&mut self, agent: &str) -> String {
        self.told(Input::Ready { agent: agent.into() })
    }

    fn not_ready(&mut self, agent: &str) -> String {
        self.told(Input::NotReady { agent: agent.into(), reason: "lunch".to_owned() })
    }

    fn state(&self, agent: &str) -> State {
        self.desk.agent(&agent.into()).unwrap().state
    }
}

/// An output in one short phrase; changes of queues are left out.
fn tell(output: &Output) -> Option<String> {
    Some(match output {
        Output::Offer { offer, ticket, agent, queue } => {
            format!("offer {offer} of {ticket} in {queue} to {agent}")
        }
        Output::Withdraw { offer, why, .. } => format!("withdraw {offer} {why:?}"),
        Output::NotTaken { ticket, why } => format!("{ticket} not taken {why:?}"),
        Output::Moved { ticket, queue } => format!("{ticket} moved to {queue}"),
        Output::NotMoved { ticket, queue, why } => {
            format!("{ticket} not moved to {queue} {why:?}")
        }
        Output::Returned { ticket } => format!("{ticket} returned"),
        Output::NobodyLeft { ticket, .. } => format!("{ticket} nobody left"),
        Output::AgentChanged { agent, status, state, .. } => {
            format!("{agent} {} {state:?}", format!("{status:?}").replace("Chosen", ""))
        }
        Output::AgentGone { agent } => format!("{agent} gone"),
        Output::QueueGone { queue } => format!("{queue} gone"),
        Output::QueueChanged { .. } => return None,
    })
}
