use std::net::IpAddr;

use bytes::Bytes;

use crate::base::{AgentId, DialogId, Instant};
use crate::call::LegRecord;
use crate::call::lending::Opened;
use crate::call::lines::Line;
use crate::call::stream::Stream;
use crate::call::turn::Turn;
use crate::{media, sdp, sip};

/// Who is at the other end of a leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Party {
    Caller,
    Agent(AgentId),
    /// The number or address called.
    Outside(String),
}

impl Party {
    /// As the CDR names it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Caller => "caller".to_owned(),
            Self::Agent(agent) => format!("agent:{agent}"),
            Self::Outside(number) => format!("outside:{number}"),
        }
    }
}

/// One party of a call: a dialog and, once agreed, its media.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub(crate) party: Party,
    pub(crate) dialog: DialogId,
    /// The channel that it takes.
    pub(crate) line: Option<Line>,
    pub(crate) stream: Stream,
    /// Whether its INVITE is answered, so that a re-INVITE may be sent.
    pub(crate) up: bool,
    /// The offer that waits for the peer's answer in an ACK.
    owes_answer: bool,
    /// The last unanswered silence: when the next in-dialog OPTIONS leaves (R5).
    pub(crate) probe_at: Option<Instant>,
    /// Of a leg that an agent's phone keeps open: what it is more than another.
    pub(crate) open: Option<Box<Opened>>,
}

impl Leg {
    /// A leg with a free port; `None` when there is none.
    pub(crate) fn open(
        turn: &mut Turn<'_>,
        party: Party,
        dialog: DialogId,
        line: Option<Line>,
        place: Place,
    ) -> Option<Self> {
        let stream = Stream::take(turn, place)?;
        let (up, owes_answer) = (false, false);
        Some(Self { party, dialog, line, stream, up, owes_answer, probe_at: None, open: None })
    }

    /// Our answer to the peer's offer; media follow it at once.
    pub(crate) fn answer(
        &mut self,
        turn: &mut Turn<'_>,
        offer: &[u8],
    ) -> Result<Bytes, sdp::Refusal> {
        let (answer, agreed) = sdp::answer(offer, &self.stream.local)?;
        self.stream.agree(turn, agreed);
        self.stream.local.version += 1;
        self.watch(turn);
        Ok(answer)
    }

    /// Our offer, for an INVITE, or for a 200 when the peer asked for one.
    pub(crate) fn offer(&mut self, answer_in_ack: bool) -> Bytes {
        self.owes_answer = answer_in_ack;
        sdp::offer(&self.stream.local)
    }

    /// The peer's answer to our offer.
    pub(crate) fn take_answer(
        &mut self,
        turn: &mut Turn<'_>,
        answer: &[u8],
    ) -> Result<(), sdp::Refusal> {
        let agreed = sdp::agree(&self.stream.local, answer)?;
        self.stream.agree(turn, agreed);
        self.watch(turn);
        Ok(())
    }

    /// A peer that may not send is never noticed by its silence: it is asked now and then whether it
    /// still knows the call (R5).
    fn watch(&mut self, turn: &Turn<'_>) {
        self.probe_at = self.stream.is_mute().then(|| turn.now + turn.settings.probe_every);
    }

    /// Its silence is over. What still came after it was put on hold says nothing of what will come.
    pub(crate) fn heard(&mut self) {
        if !self.stream.is_mute() {
            self.probe_at = None;
        }
    }

    /// An ACK came. An answer that it owed and did not bring is a refusal.
    pub(crate) fn acked(
        &mut self,
        turn: &mut Turn<'_>,
        answer: Option<&Bytes>,
    ) -> Result<(), sdp::Refusal> {
        if !std::mem::take(&mut self.owes_answer) {
            return Ok(());
        }
        self.take_answer(turn, answer.map_or(&[], |sdp| sdp))
    }

    /// A re-INVITE or UPDATE of the peer.
    pub(crate) fn reoffered(&mut self, turn: &mut Turn<'_>, sdp: Option<&Bytes>) {
        let dialog = self.dialog;
        let command = match sdp {
            None => sip::Command::Accept { dialog, sdp: self.offer(true) },
            Some(offer) => match self.answer(turn, offer) {
                Ok(sdp) => sip::Command::Accept { dialog, sdp },
                Err(refusal) => {
                    tracing::info!(call = %turn.call, party = %self.party.name(), %refusal, "new offer refused");
                    sip::Command::Reject { dialog, status: 488 }
                }
            },
        };
        turn.sip(command);
    }

    pub(crate) fn media(&mut self, turn: &mut Turn<'_>, command: media::Command) {
        self.stream.command(turn, command);
    }

    /// Ends the dialog in whatever way is right; the leg's end comes back from the stack. A leg that
    /// is kept open goes back to its agent instead, when it is closed.
    pub(crate) fn hang_up(&self, turn: &mut Turn<'_>, status: u16, reason: Option<&str>) {
        if self.is_kept() {
            return;
        }
        turn.sip(sip::Command::Hangup {
            dialog: self.dialog,
            reason: reason.map(sip::Text::from),
            status,
        });
    }

    /// The dialog is gone: gives back all that the leg held. Returns what its record still needs when
    /// its media were open: the last figures come as an event.
    pub(crate) fn close(self, turn: &mut Turn<'_>) -> Option<Closing> {
        turn.drop_dialog(self.dialog);
        if let Some(line) = &self.line {
            turn.drop_line(line);
        }
        let record = self.record();
        let stream = self.stream.close(turn)?;
        let before = self.open.and_then(|open| open.before);
        Some(Closing { stream, record, before, kept: false })
    }

    /// What the record says of the leg before its figures have come.
    pub(crate) fn record(&self) -> LegRecord {
        LegRecord {
            party: self.party.name(),
            codec: self.stream.codec().map_or(String::new(), |codec| codec.name().to_owned()),
            ..LegRecord::default()
        }
    }
}

/// A closed leg whose last figures are still to come.
#[derive(Clone, Debug)]
pub(crate) struct Closing {
    pub(crate) stream: crate::base::StreamId,
    pub(crate) record: LegRecord,
    /// What the figures were when the call took a leg that its agent keeps open.
    pub(crate) before: Option<Box<media::Stats>>,
    /// The stream lives on: the next figures are the ones.
    pub(crate) kept: bool,
}

impl Closing {
    /// The record with the call's own share of the figures.
    pub(crate) fn finish(self, stats: &media::Stats) -> LegRecord {
        let mut record = self.record;
        let before = self.before.unwrap_or_default();
        record.received = stats.received.saturating_sub(before.received);
        record.sent = stats.sent.saturating_sub(before.sent);
        record.lost = stats.lost.saturating_sub(before.lost);
        record.unrecorded = stats.unrecorded.saturating_sub(before.unrecorded);
        record.jitter_us = stats.jitter_us;
        record.far_loss = stats.far_loss;
        record.round_trip_us = stats.round_trip_us;
        record
    }
}

/// Where a leg's media live and what the peer is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The worker of the call's other legs; `None` for the first.
    pub(crate) worker: Option<usize>,
    /// The address that our SDP names.
    pub(crate) address: IpAddr,
    /// Where the peer's SIP comes from: RTP may come from there too (R6).
    pub(crate) signalling_ip: IpAddr,
}
