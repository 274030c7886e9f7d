use std::time::Duration;

use crate::base::DialogId;
use crate::call::machine::{Call, CallerState, FIGURES_WAIT, Gone};
use crate::call::phase::{Ending, Phase};
use crate::call::turn::Turn;
use crate::call::{Cause, EndedBy, QueueExit};
use crate::{acd, sip};

/// Whole milliseconds of a time.
pub(crate) fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Call {
    /// A dialog of this call is gone.
    pub(crate) fn on_gone(&mut self, turn: &mut Turn<'_>, dialog: DialogId, gone: Gone) {
        if self.caller.as_ref().is_some_and(|leg| leg.dialog == dialog) {
            self.caller_gone(turn, gone);
            return;
        }
        let open = self.lose_open_leg(dialog, gone);
        match &self.phase {
            Phase::Offered(_, ringing) if ringing.leg.dialog == dialog => {
                let status = if open && is_bye(gone) { 603 } else { status_of(gone) };
                self.ring_failed(turn, status);
            }
            Phase::Dialling(dialling) if dialling.leg.dialog == dialog => {
                self.dial_failed(turn, status_of(gone));
            }
            Phase::Joining(talk) | Phase::Talking(talk) if talk.leg.dialog == dialog => {
                let by_party = is_bye(gone);
                self.far_gone(turn, by_party);
            }
            _ => {}
        }
    }

    fn caller_gone(&mut self, turn: &mut Turn<'_>, gone: Gone) {
        let cause = match gone {
            Gone::Ended(sip::DialogEnd::NoAck) => Some(Cause::NoAck),
            Gone::Ended(sip::DialogEnd::Timeout | sip::DialogEnd::Transport) => {
                Some(Cause::MediaTimeout)
            }
            // The trunk or account was taken out of the configuration.
            Gone::Ended(sip::DialogEnd::Us) => Some(Cause::Command),
            _ => None,
        };
        let (by, cause) = match cause {
            Some(cause) => (EndedBy::System, cause),
            None => (EndedBy::Caller, self.cause_of_leaving(turn, gone)),
        };
        self.end(turn, by, cause);
    }

    /// What it is called when the caller leaves now.
    fn cause_of_leaving(&self, turn: &Turn<'_>, gone: Gone) -> Cause {
        if turn.draft.is_answered() {
            return Cause::Answered;
        }
        match &self.phase {
            Phase::Waiting(_) | Phase::Offered(..) => Cause::AbandonedQueue,
            Phase::Message(_) => Cause::Voicemail,
            _ if self.left_message => Cause::Voicemail,
            _ if turn.draft.has_requested() => Cause::AbandonedQueue,
            _ if gone == Gone::Cancelled => Cause::Cancelled,
            _ if matches!(self.caller_state, CallerState::Alerting { .. }) => Cause::Cancelled,
            _ => Cause::AbandonedIvr,
        }
    }

    /// Ends the call for this reason.
    pub(crate) fn end(&mut self, turn: &mut Turn<'_>, by: EndedBy, cause: Cause) {
        let status = match cause {
            Cause::Cancelled => 487,
            Cause::NoMedia => 488,
            Cause::Refused => 603,
            Cause::NoRoute => 404,
            Cause::Overload
            | Cause::RecordsFull
            | Cause::Shutdown
            | Cause::NoMediaPort
            | Cause::NoChannel => 503,
            Cause::FarBusy => 486,
            Cause::FarNoAnswer => 480,
            // The caller's own doing: the stack has answered the CANCEL's INVITE.
            Cause::AbandonedIvr | Cause::AbandonedQueue => 487,
            _ => 500,
        };
        self.end_with(turn, by, cause, status);
    }

    /// Hangs up every leg; `status` is what an unanswered caller gets. The first reason counts.
    pub(crate) fn end_with(&mut self, turn: &mut Turn<'_>, by: EndedBy, cause: Cause, status: u16) {
        if matches!(self.phase, Phase::Ending(_)) {
            return;
        }
        self.walk = None;
        self.end_message(turn);
        let mut cause = cause;
        if cause == Cause::Voicemail && !self.left_message {
            let requested = turn.draft.has_requested();
            cause = if requested { Cause::AbandonedQueue } else { Cause::AbandonedIvr };
        }
        turn.draft.end(turn.now, by, cause);
        self.leave_queue(turn, exit_of(by));
        let ending = Ending { until: turn.now + FIGURES_WAIT };
        match std::mem::replace(&mut self.phase, Phase::Ending(ending)) {
            Phase::Joining(talk) | Phase::Talking(talk) => {
                talk.leg.hang_up(turn, 487, None);
                self.talk_over(turn, *talk);
            }
            Phase::Dialling(dialling) => {
                dialling.leg.hang_up(turn, 487, None);
                self.close_leg(turn, dialling.leg);
            }
            Phase::Flow
            | Phase::Waiting(_)
            | Phase::Offered(..)
            | Phase::Message(_)
            | Phase::Ending(_) => {}
        }
        if let Some(caller) = self.caller.take() {
            if matches!(self.caller_state, CallerState::Alerting { .. }) {
                turn.draft.refuse(status);
            }
            caller.hang_up(turn, status, None);
            self.close_leg(turn, caller);
        }
        if let Some(agent) = turn.holdings.busy.take() {
            turn.desk(acd::Input::Free { agent });
        }
    }
}

fn is_bye(gone: Gone) -> bool {
    matches!(gone, Gone::Ended(sip::DialogEnd::Bye))
}

fn status_of(gone: Gone) -> u16 {
    match gone {
        Gone::Failed(status) => status,
        Gone::Cancelled => 487,
        Gone::Ended(_) => 503,
    }
}

fn exit_of(by: EndedBy) -> QueueExit {
    if by == EndedBy::Caller { QueueExit::Abandoned } else { QueueExit::Ended }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_caller_abandons() {
        assert_eq!(exit_of(EndedBy::Caller), QueueExit::Abandoned);
        assert_eq!(exit_of(EndedBy::System), QueueExit::Ended);
        assert_eq!(status_of(Gone::Failed(486)), 486);
    }
}
