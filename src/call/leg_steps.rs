use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::base::{AgentId, CallId, CommandId, Instant};
use crate::call::core::Core;
use crate::call::draft::Draft;
use crate::call::input::Input;
use crate::call::keeping::phone_cannot;
use crate::call::leg::{Leg, Party, Place};
use crate::call::lending::Opened;
use crate::call::open_leg::{Asking, Became, LEG_RING, LegState, OpenLeg, Up};
use crate::call::queueing::picks_up_by_itself;
use crate::call::settings::AnswerBy;
use crate::call::turn::{Holdings, Turn};
use crate::call::{CallArrived, Effect, Fact, LegEnd, Phone};
use crate::sip;

impl Core {
    /// Calls the agent's phone once; the command is answered when its leg is up or did not come up.
    pub(crate) fn dial_leg(
        &mut self,
        now: Instant,
        agent: &AgentId,
        phone: &Phone,
        command: CommandId,
        asking: Asking,
        out: &mut Vec<Effect>,
    ) -> Result<(), &'static str> {
        let account = phone.account.clone();
        let signalling_ip = self.world.contact_ip(&account).ok_or("is not registered")?;
        let id = CallId::new(self.world.clock.wall(now), self.world.random.next_u128());
        let mut holdings = Holdings::default();
        let mut draft = no_draft(now, self, id);
        let settings = Arc::clone(&self.settings);
        let mut acts = Vec::new();
        let mut turn = Turn {
            now,
            call: id,
            settings: &settings,
            world: &mut self.world,
            draft: &mut draft,
            holdings: &mut holdings,
            out: &mut acts,
        };
        let dialog = turn.take_dialog();
        let place = Place { worker: None, address: settings.media_address, signalling_ip };
        let party = Party::Agent(agent.clone());
        let Some(mut leg) = Leg::open(&mut turn, party, dialog, None, place) else {
            turn.drop_dialog(dialog);
            return Err("cannot be called: no RTP port is free");
        };
        leg.open = Some(Opened::new(id));
        let invite = sip::Command::Invite {
            dialog,
            to: sip::Destination::Account(account.clone()),
            from: sip::Caller::default(),
            headers: picks_up_by_itself(&settings.sip.realm).into(),
            sdp: Some(leg.offer(false)),
        };
        turn.sip(invite);
        let state = LegState::Calling { leg, until: now + LEG_RING, command, asking };
        let leg = OpenLeg { agent: agent.clone(), account, state, holdings, draft };
        self.keep(id, leg);
        self.carry_out(now, id, acts, out);
        self.show_agent(agent, out);
        Ok(())
    }

    /// The leg goes on in its new state.
    fn keep(&mut self, id: CallId, leg: OpenLeg) {
        self.deadlines.set(&id, leg.state.deadline());
        self.world.open_legs.insert(id, leg);
    }

    /// One step of a leg that no call has. A panic costs this leg only (R26).
    pub(crate) fn step_leg(
        &mut self,
        now: Instant,
        id: CallId,
        input: Input,
        out: &mut Vec<Effect>,
    ) {
        let Some(leg) = self.world.open_legs.remove(id) else { return };
        let OpenLeg { agent, account, state, mut holdings, mut draft } = leg;
        let failed = failed(&state, now);
        let settings = Arc::clone(&self.settings);
        let mut acts = Vec::new();
        let mut turn = Turn {
            now,
            call: id,
            settings: &settings,
            world: &mut self.world,
            draft: &mut draft,
            holdings: &mut holdings,
            out: &mut acts,
        };
        let became = catch_unwind(AssertUnwindSafe(|| state.handle(&mut turn, input)))
            .unwrap_or_else(|_| {
                tracing::error!(%agent, "the step of an open leg panicked; it is given up");
                failed
            });
        let phone = Phone { account: account.clone(), answer: AnswerBy::OpenLeg };
        match became {
            Became::Same(state) => {
                self.keep(id, OpenLeg { agent, account, state, holdings, draft });
                self.carry_out(now, id, acts, out);
            }
            Became::Up { leg, command, asking } => {
                let state = LegState::Idle { leg, up: Up { since: now, offers: 0 } };
                let who = agent.clone();
                self.keep(id, OpenLeg { agent, account, state, holdings, draft });
                self.carry_out(now, id, acts, out);
                self.record(now, Fact::LegUp { agent: who.clone(), account: phone.account }, out);
                let reply = self.ask_desk(now, asking.input(who.clone()));
                out.push(Effect::Reply { id: command, reply });
                // Ends it again if the desk did not want it.
                self.world.open_legs.touch(id);
                self.tend_legs(now, out);
                self.show_agent(&who, out);
            }
            Became::Refused { command, why } => {
                self.carry_out(now, id, acts, out);
                self.deadlines.set(&id, None);
                self.free(now, &holdings, out);
                tracing::info!(%agent, %account, why, "the phone's leg did not come up");
                let reply = Err(phone_cannot(&agent, &phone, &why));
                out.push(Effect::Reply { id: command, reply });
                self.show_agent(&agent, out);
            }
            Became::Down { why, up } => {
                self.carry_out(now, id, acts, out);
                self.deadlines.set(&id, None);
                self.free(now, &holdings, out);
                self.leg_down(now, &phone, &agent, why, up, out);
            }
        }
    }
}

/// What a leg became whose step panicked.
fn failed(state: &LegState, now: Instant) -> Became {
    match state {
        LegState::Calling { command, .. } => {
            let why = "cannot be called: internal error".to_owned();
            Became::Refused { command: *command, why }
        }
        other => {
            let up = other.up().unwrap_or(Up { since: now, offers: 0 });
            Became::Down { why: LegEnd::Failed, up }
        }
    }
}

/// A leg alone writes no record of a call; its steps have the place of one all the same.
fn no_draft(now: Instant, core: &Core, call: CallId) -> Draft {
    let arrived = CallArrived {
        call,
        trunk: None,
        account: None,
        caller_raw: String::new(),
        caller: String::new(),
        called: String::new(),
        sip_call_id: String::new(),
        caller_kind: String::new(),
        region: String::new(),
        flow: String::new(),
    };
    Draft::new(now, core.world.clock, &arrived)
}
