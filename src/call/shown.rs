use crate::acd::{Reason, State, Status};
use crate::base::{AgentId, CallId, Instant, QueueId, TrunkId};
use crate::call::core::Core;
use crate::call::entry::Shown;
use crate::call::machine::Call;
use crate::call::phase::Phase;
use crate::call::{AgentView, CallPhase, CallView, Effect, QueueView, TrunkView, View};

impl Core {
    /// Shows everything, at start and after new settings.
    pub(crate) fn show_all(&mut self, out: &mut Vec<Effect>) {
        let agents: Vec<AgentId> = self.desk.agents().map(|agent| agent.id.clone()).collect();
        let queues: Vec<QueueId> = self.desk.queues().map(|queue| queue.id.clone()).collect();
        let mut trunks: Vec<TrunkId> = self.settings.trunks.keys().cloned().collect();
        trunks.sort();
        self.agents_since.retain(|agent, _| self.desk.agent(agent).is_some());
        agents.iter().for_each(|agent| self.show_agent(agent, out));
        queues.iter().for_each(|queue| self.show_queue(queue, out));
        trunks.iter().for_each(|trunk| self.show_trunk(trunk, out));
    }

    /// Shows a call when something of it changed that people see.
    pub(crate) fn show_call(&mut self, now: Instant, id: CallId, out: &mut Vec<Effect>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let Some(call) = &entry.call else { return };
        let node = call
            .walk
            .as_ref()
            .map_or_else(String::new, |walk| format!("{}:{}", walk.flow().id, walk.node()));
        let phase = phase_of(call);
        if entry.shown.as_ref().is_some_and(|shown| shown.phase != phase) {
            entry.since = self.world.clock.wall(now);
        }
        let view = CallView {
            id,
            tenant: self.settings.tenant.clone(),
            phase,
            since: entry.since,
            arrived: entry.draft.arrived(),
            caller: entry.draft.caller().to_owned(),
            region: entry.draft.region().to_owned(),
            called: entry.draft.called().to_owned(),
            trunk: entry.draft.trunk().cloned(),
            account: entry.draft.account().cloned(),
            queue: entry.draft.queue().cloned(),
            position: entry.holdings.ticket.and_then(|ticket| self.desk.position(ticket)),
            agent: entry.holdings.agent.clone(),
            recording: entry.draft.recording(),
            node,
        };
        let shown = Shown::from(&view);
        if entry.shown.as_ref() != Some(&shown) {
            entry.shown = Some(shown);
            out.push(Effect::View(Box::new(View::Call(view))));
        }
    }

    /// Shows the places of those who wait, which change without a step of their own calls.
    pub(crate) fn show_waiting(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let waits = |entry: &crate::call::entry::Entry| {
            entry.shown.as_ref().is_some_and(|shown| shown.position.is_some())
        };
        let waiting: Vec<CallId> =
            self.calls.iter().filter(|(_, entry)| waits(entry)).map(|(id, _)| *id).collect();
        for call in waiting {
            self.show_call(now, call, out);
        }
    }

    pub(crate) fn show_agent(&mut self, agent: &AgentId, out: &mut Vec<Effect>) {
        let Some(now) = self.desk.agent(agent) else { return };
        let (status, reason) = status_names(now.status);
        // Once for each state: the wall that it is told by drifts from look to look.
        let since = match self.agents_since.get(agent) {
            Some((at, wall)) if *at == now.since => *wall,
            _ => {
                let wall = self.world.clock.wall(now.since);
                self.agents_since.insert(agent.clone(), (now.since, wall));
                wall
            }
        };
        let view = AgentView {
            id: agent.clone(),
            name: now.name.to_owned(),
            number: now.number.to_owned(),
            status: status.to_owned(),
            reason,
            state: state_name(now.state).to_owned(),
            wall: wall_name(now.status, now.state).to_owned(),
            reachable: now.reachable,
            leg: self.leg_state(agent).map(str::to_owned),
            since,
            call: self.world.index.agents.get(agent).copied(),
            queues: now.queues.to_vec(),
        };
        out.push(Effect::View(Box::new(View::Agent(view))));
    }

    pub(crate) fn show_queue(&mut self, queue: &QueueId, out: &mut Vec<Effect>) {
        let Some(now) = self.desk.queue(queue) else { return };
        let view = QueueView {
            id: queue.clone(),
            name: now.name.to_owned(),
            waiting: now.waiting,
            oldest: now.oldest.map(|at| self.world.clock.wall(at)),
            signed_in: now.signed_in,
            free: now.free,
            talking: now.talking,
        };
        out.push(Effect::View(Box::new(View::Queue(view))));
    }

    pub(crate) fn show_trunk(&mut self, trunk: &TrunkId, out: &mut Vec<Effect>) {
        let Some(rules) = self.settings.trunks.get(trunk) else { return };
        let view = TrunkView {
            id: trunk.clone(),
            calls: self.world.lines.of_trunk(trunk),
            channels: rules.channels,
            alive: !self.dead_trunks.contains(trunk),
        };
        out.push(Effect::View(Box::new(View::Trunk(view))));
    }
}

fn phase_of(call: &Call) -> CallPhase {
    match &call.phase {
        Phase::Flow if call.talk_ended_by.is_some() => CallPhase::Survey,
        Phase::Flow if call.is_alerting() => CallPhase::Arriving,
        Phase::Flow => CallPhase::Ivr,
        Phase::Waiting(_) => CallPhase::Waiting,
        Phase::Offered(..) => CallPhase::Offered,
        Phase::Dialling(_) => CallPhase::Dialling,
        Phase::Joining(_) => CallPhase::Talking,
        Phase::Talking(talk) if talk.hold.is_some() => CallPhase::Held,
        Phase::Talking(_) => CallPhase::Talking,
        Phase::Message(_) => CallPhase::Survey,
        Phase::Ending(_) => CallPhase::Ending,
    }
}

/// The status and the reason, as views and records name them.
pub(crate) fn status_names(status: &Status) -> (&'static str, Option<String>) {
    match status {
        Status::SignedOut => ("signed_out", None),
        Status::Ready => ("ready", None),
        Status::NotReady(reason) => {
            let reason = match reason {
                Reason::SignedIn => "signed in".to_owned(),
                Reason::NoAnswer => "no answer".to_owned(),
                Reason::PhoneLost => "leg down".to_owned(),
                Reason::Chosen(text) => text.clone(),
            };
            ("not_ready", Some(reason))
        }
    }
}

/// The state, as views and records name it.
pub(crate) fn state_name(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::Reserved => "reserved",
        State::Ringing => "ringing",
        State::Talking => "talking",
        State::Held => "held",
        State::WrapUp => "wrap_up",
        State::Busy => "busy",
    }
}

/// 未登录, 空闲, 忙碌 or 通话 (D3).
fn wall_name(status: &Status, state: State) -> &'static str {
    match (status, state) {
        (_, State::Talking | State::Held | State::Busy) => "通话",
        (Status::SignedOut, _) => "未登录",
        (Status::Ready, State::Idle) => "空闲",
        _ => "忙碌",
    }
}
