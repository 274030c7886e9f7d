use crate::base::StreamId;
use crate::call::Cause;
use crate::call::machine::Call;
use crate::call::phase::Phase;
use crate::call::turn::Turn;
use crate::dialplan::DialEnd;
use crate::media::{Command, LineTone};

impl Call {
    /// A network that cannot reach the party may play a tone as early media and never send a status.
    /// The worker listens for it from the party's first early media until its answer.
    pub(crate) fn listen_for_line_tones(&mut self, turn: &mut Turn<'_>, on: bool) {
        if let Phase::Dialling(dialling) = &mut self.phase
            && dialling.early
        {
            let stream = dialling.leg.stream.id();
            dialling.leg.media(turn, Command::ExpectLineTones { stream, on });
        }
    }

    /// The party's network said busy or congested by a tone: the caller is not left to hear it until
    /// the ring limit.
    pub(crate) fn on_line_tone(&mut self, turn: &mut Turn<'_>, stream: StreamId, tone: LineTone) {
        let Phase::Dialling(dialling) = &self.phase else { return };
        if dialling.leg.stream.id() != stream {
            return;
        }
        tracing::info!(call = %turn.call, ?tone, "far network's tone");
        dialling.leg.hang_up(turn, 487, None);
        let (end, setback) = match tone {
            LineTone::Busy => (DialEnd::Busy, Cause::FarBusy),
            LineTone::Congestion => (DialEnd::Failed, Cause::FarCongestion),
        };
        self.dial_ended(turn, end, setback);
    }
}
