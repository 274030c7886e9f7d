use crate::base::{AgentId, CommandId};
use crate::call::input::Wish;
use crate::call::machine::Call;
use crate::call::phase::Phase;
use crate::call::settings::AnswerBy;
use crate::call::turn::{Act, Turn};
use crate::call::{CommandError, Reply};
use crate::sip;

impl Call {
    /// An agent's wish (C1, C3); answered in the same step.
    pub(crate) fn on_wish(&mut self, turn: &mut Turn<'_>, id: CommandId, wish: Wish) {
        let reply = match wish {
            Wish::Answer => self.answer_from_software(turn),
            Wish::HangUp => self.hang_up_from_software(turn),
            Wish::Hold => self.hold_from_software(turn),
            Wish::Retrieve => self.retrieve_from_software(turn),
        };
        turn.out.push(Act::Reply { id, reply });
    }

    fn answer_from_software(&mut self, turn: &mut Turn<'_>) -> Reply {
        let Phase::Offered(waiting, ringing) = &self.phase else {
            return Err(wrong("answer", "an offered call", &self.phase));
        };
        if ringing.leg.open.is_some() {
            self.agent_answered(turn, None);
            return Ok(());
        }
        let (agent, waiting, dialog) = (ringing.agent.clone(), waiting.clone(), ringing.leg.dialog);
        match turn.settings.phones.get(&agent).map(|phone| phone.answer) {
            // An agent whose way to answer was changed to the open leg while this phone rings.
            None | Some(AnswerBy::Hand | AnswerBy::OpenLeg) => {
                Err(CommandError::PhoneCannot(format!(
                    "the phone of agent {agent} cannot be answered from software: set `answer` of \
                 this agent to \"notify-talk\" or \"auto-answer\" if the phone can, or to \"open-leg\""
                )))
            }
            Some(AnswerBy::NotifyTalk) => {
                let event = sip::Text::from("talk");
                turn.sip(sip::Command::Notify { dialog, event, state: None, body: None });
                Ok(())
            }
            Some(AnswerBy::AutoAnswer) => self.ring_again(turn, &agent, &waiting),
        }
    }

    /// Calls the phone anew, this time asking it to pick up by itself. The offer stays the same.
    fn ring_again(
        &mut self,
        turn: &mut Turn<'_>,
        agent: &AgentId,
        waiting: &crate::call::phase::Waiting,
    ) -> Reply {
        let Phase::Offered(_, ringing) = &self.phase else { return Ok(()) };
        if ringing.asked {
            return Err(CommandError::WrongState("the phone was asked to answer already".into()));
        }
        // Of several phones the one that rings, not another.
        let dialog = ringing.leg.dialog;
        // A phone with one line takes the new call only when the old one is gone.
        ringing.leg.hang_up(turn, 487, None);
        let Some(leg) = self.ring(turn, agent, waiting, Some(dialog)) else {
            self.ring_failed(turn, 480);
            return Err(CommandError::PhoneCannot(format!(
                "the phone of agent {agent} is not registered any more, or no RTP port is free"
            )));
        };
        if let Phase::Offered(_, ringing) = &mut self.phase {
            ringing.asked = true;
            let old = std::mem::replace(&mut ringing.leg, leg);
            self.close_leg(turn, old);
        }
        Ok(())
    }

    fn hang_up_from_software(&mut self, turn: &mut Turn<'_>) -> Reply {
        match &self.phase {
            Phase::Talking(talk) | Phase::Joining(talk) => {
                talk.leg.hang_up(turn, 487, None);
                self.far_gone(turn, true);
                Ok(())
            }
            Phase::Offered(_, ringing) => {
                ringing.leg.hang_up(turn, 487, None);
                self.ring_failed(turn, 603);
                Ok(())
            }
            other => Err(wrong("hang up", "a call that rings or talks", other)),
        }
    }

    fn hold_from_software(&mut self, turn: &mut Turn<'_>) -> Reply {
        match &self.phase {
            Phase::Talking(talk) => match talk.hold {
                Some(hold) if hold.by_command => {
                    Err(CommandError::WrongState("the call is on hold already".into()))
                }
                hold => {
                    self.set_hold(turn, true, hold.is_some_and(|hold| hold.by_phone));
                    Ok(())
                }
            },
            other => Err(wrong("hold", "a call that talks", other)),
        }
    }

    fn retrieve_from_software(&mut self, turn: &mut Turn<'_>) -> Reply {
        match &self.phase {
            Phase::Talking(talk) => match talk.hold {
                Some(hold) if hold.by_phone => Err(CommandError::WrongState(
                    "the phone itself holds the call: retrieve it on the phone".into(),
                )),
                Some(_) => {
                    self.set_hold(turn, false, false);
                    Ok(())
                }
                None => Err(CommandError::WrongState("the call is not on hold".into())),
            },
            other => Err(wrong("retrieve", "a call that is on hold", other)),
        }
    }
}

fn wrong(wish: &str, needs: &str, phase: &Phase) -> CommandError {
    let now = match phase {
        Phase::Flow => "in its flow",
        Phase::Waiting(_) => "waiting",
        Phase::Offered(..) => "ringing",
        Phase::Dialling(_) => "dialling",
        Phase::Joining(_) => "being joined",
        Phase::Talking(_) => "talking",
        Phase::Message(_) => "leaving a message",
        Phase::Ending(_) => "ending",
    };
    CommandError::WrongState(format!("cannot {wish}: needs {needs}, the call is {now}"))
}
