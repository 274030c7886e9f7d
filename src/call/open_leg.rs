use std::time::Duration;

use crate::base::{AccountId, AgentId, CallId, CommandId, Instant};
use crate::call::draft::Draft;
use crate::call::input::Input;
use crate::call::leg::Leg;
use crate::call::turn::{Holdings, Turn};
use crate::call::{Cause, LegEnd};
use crate::{acd, media, sip};

/// How long the phone of an agent may ring until its leg is up.
pub(crate) const LEG_RING: Duration = Duration::from_secs(30);

/// The leg of an agent's phone that stays up from sign-in to sign-out, with what it holds while no
/// call has it. Calls take it in turn ([`LegState::Lent`]); its dialog, stream and port are theirs then.
#[derive(Debug)]
pub(crate) struct OpenLeg {
    pub(crate) agent: AgentId,
    pub(crate) account: AccountId,
    pub(crate) state: LegState,
    pub(crate) holdings: Holdings,
    /// A leg alone has no record of its own; its steps need the place of one.
    pub(crate) draft: Draft,
}

/// How far it is.
#[derive(Debug)]
pub(crate) enum LegState {
    /// The phone is called.
    Calling { leg: Leg, until: Instant, command: CommandId, asking: Asking },
    /// Up, and no caller is there.
    Idle { leg: Leg, up: Up },
    /// A call has it.
    Lent { call: CallId, up: Up },
    /// It ended in a call's hands.
    Lost { why: LegEnd, up: Up },
}

/// Since when the leg is up, and how many offers were made on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Up {
    pub(crate) since: Instant,
    pub(crate) offers: u32,
}

/// What was asked for when the phone had to be called first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asking {
    SignIn,
    Ready,
}

impl Asking {
    pub(crate) fn input(self, agent: AgentId) -> acd::Input {
        match self {
            Self::SignIn => acd::Input::SignIn { agent },
            Self::Ready => acd::Input::Ready { agent },
        }
    }
}

/// What became of a leg in a step.
#[derive(Debug)]
pub(crate) enum Became {
    /// It goes on as it is.
    Same(LegState),
    /// The phone has answered.
    Up { leg: Leg, command: CommandId, asking: Asking },
    /// The phone did not answer; the text says why.
    Refused { command: CommandId, why: String },
    /// It is gone.
    Down { why: LegEnd, up: Up },
}

impl LegState {
    /// When `handle` wants `Input::Deadline` if nothing comes before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Calling { until, .. } => Some(*until),
            Self::Idle { leg, .. } => leg.probe_at,
            Self::Lent { .. } | Self::Lost { .. } => None,
        }
    }

    pub(crate) fn up(&self) -> Option<Up> {
        match self {
            Self::Calling { .. } => None,
            Self::Idle { up, .. } | Self::Lent { up, .. } | Self::Lost { up, .. } => Some(*up),
        }
    }

    /// Takes what comes to the leg while it belongs to no call.
    pub(crate) fn handle(self, turn: &mut Turn<'_>, input: Input) -> Became {
        match self {
            Self::Calling { leg, until, command, asking } => {
                calling(turn, leg, until, command, asking, input)
            }
            Self::Idle { leg, up } => idle(turn, leg, up, input),
            other => Became::Same(other),
        }
    }
}

fn calling(
    turn: &mut Turn<'_>,
    mut leg: Leg,
    until: Instant,
    command: CommandId,
    asking: Asking,
    input: Input,
) -> Became {
    let why = match input {
        Input::Sip(sip::Event::Answered { sdp, .. }) => {
            match leg.take_answer(turn, sdp.as_ref().map_or(&[], |sdp| sdp)) {
                Ok(()) => {
                    leg.up = true;
                    return Became::Up { leg, command, asking };
                }
                Err(refusal) => format!("answered with media that cannot be used: {refusal}"),
            }
        }
        Input::Sip(sip::Event::Failed { dialog, status, .. }) => {
            turn.drop_dialog(dialog);
            refused_with(status)
        }
        Input::Sip(sip::Event::Ended { dialog, .. }) => {
            turn.drop_dialog(dialog);
            "hung up at once".to_owned()
        }
        // Another contact of the account is called now: its RTP may come from there.
        Input::Sip(sip::Event::Redirected { source, .. }) => {
            leg.stream.signals_from(source);
            return Became::Same(LegState::Calling { leg, until, command, asking });
        }
        Input::Media(media::Event::Failed { why, .. }) => format!("has no media: {why}"),
        Input::Deadline if turn.now >= until => {
            format!("did not answer within {} s", LEG_RING.as_secs())
        }
        Input::End(Cause::Command) => "was called off by another command".to_owned(),
        Input::End(Cause::InternalError) => "cannot be called: internal error".to_owned(),
        Input::End(_) => "is no longer called: the engine stops".to_owned(),
        _ => return Became::Same(LegState::Calling { leg, until, command, asking }),
    };
    Became::Refused { command, why }
}

fn refused_with(status: u16) -> String {
    match status {
        480 => "cannot be reached (480): is it registered?".to_owned(),
        486 | 600 => format!("is busy ({status})"),
        408 => "does not answer (408)".to_owned(),
        _ => format!("refuses the call ({status})"),
    }
}

fn idle(turn: &mut Turn<'_>, mut leg: Leg, up: Up, input: Input) -> Became {
    let why = match input {
        Input::Sip(sip::Event::Ended { dialog, by, .. }) => {
            turn.drop_dialog(dialog);
            Some(LegEnd::from(by))
        }
        Input::Sip(sip::Event::Offered { sdp, source, .. }) => {
            leg.stream.signals_from(source);
            leg.reoffered(turn, sdp.as_ref());
            None
        }
        Input::Sip(sip::Event::Acked { answer, .. }) => {
            leg.acked(turn, answer.as_ref()).err().map(|_| LegEnd::Failed)
        }
        Input::Sip(sip::Event::Probed { alive: false, .. }) => Some(LegEnd::Unreachable),
        Input::Media(media::Event::Silent { .. }) => {
            leg.probe_at = Some(turn.now);
            probe(turn, &mut leg);
            None
        }
        Input::Media(media::Event::Heard { .. }) => {
            leg.heard();
            None
        }
        Input::Media(media::Event::Failed { .. }) => Some(LegEnd::Failed),
        Input::Deadline => {
            probe(turn, &mut leg);
            None
        }
        _ => None,
    };
    match why {
        Some(why) => Became::Down { why, up },
        None => Became::Same(LegState::Idle { leg, up }),
    }
}

/// Asks a silent phone whether it still knows the leg (R5).
fn probe(turn: &mut Turn<'_>, leg: &mut Leg) {
    if leg.probe_at.is_some_and(|at| at <= turn.now) {
        leg.probe_at = Some(turn.now + turn.settings.probe_every);
        turn.sip(sip::Command::Probe { dialog: leg.dialog });
    }
}

impl From<sip::DialogEnd> for LegEnd {
    fn from(end: sip::DialogEnd) -> Self {
        match end {
            sip::DialogEnd::Bye => Self::HungUp,
            // We end legs elsewhere: this is an account that is no longer configured.
            sip::DialogEnd::Us => Self::Settings,
            sip::DialogEnd::NoAck
            | sip::DialogEnd::Timeout
            | sip::DialogEnd::Transport
            | sip::DialogEnd::Rejected481 => Self::Unreachable,
        }
    }
}
