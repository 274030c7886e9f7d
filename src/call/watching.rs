use crate::base::{DialogId, Key, StreamId};
use crate::call::leg::Leg;
use crate::call::machine::Call;
use crate::call::phase::Phase;
use crate::call::turn::Turn;
use crate::call::{Cause, EndedBy, LegEnd};
use crate::{media, sip};

impl Call {
    pub(crate) fn on_media(&mut self, turn: &mut Turn<'_>, event: media::Event) {
        match event {
            media::Event::Key { stream, key } => {
                if self.is_caller_stream(stream) {
                    self.keys_by_media = true;
                    self.on_key(turn, key);
                }
            }
            media::Event::LineTone { stream, tone } => self.on_line_tone(turn, stream, tone),
            media::Event::PlayEnded { stream, play } => {
                if !self.is_caller_stream(stream) {
                    return;
                }
                if matches!(&self.phase, Phase::Joining(talk) if talk.before == Some(play)) {
                    self.bridge(turn);
                } else if self.playing == Some(play) {
                    self.playing = None;
                    self.feed(turn, crate::dialplan::Input::Played);
                }
            }
            media::Event::Silent { stream, .. } => {
                if let Some(leg) = self.leg_of(stream) {
                    leg.probe_at = Some(turn.now);
                    self.probe_due(turn);
                }
            }
            media::Event::Heard { stream } => {
                if let Some(leg) = self.leg_of(stream) {
                    leg.heard();
                }
            }
            media::Event::Stats { stream, stats, last } => {
                if last {
                    self.on_last_stats(turn, stream, &stats);
                } else {
                    self.on_figures(turn, stream, &stats);
                }
            }
            media::Event::RecordStopped { .. } => {}
            media::Event::Failed { stream, why } => {
                tracing::error!(call = %turn.call, %stream, %why, "media failed");
                turn.drop_stream(stream);
                self.closing.retain(|closing| closing.stream != stream);
                self.lose_stream(stream);
                if self.leg_of(stream).is_some() {
                    let cause = match why {
                        media::Failure::TooManyStreams | media::Failure::TooManyRecordings => {
                            Cause::Overload
                        }
                        _ => Cause::InternalError,
                    };
                    self.end(turn, EndedBy::System, cause);
                }
            }
        }
    }

    fn is_caller_stream(&self, stream: StreamId) -> bool {
        self.caller.as_ref().is_some_and(|leg| leg.stream.id() == stream)
    }

    fn leg_of(&mut self, stream: StreamId) -> Option<&mut Leg> {
        if self.is_caller_stream(stream) {
            return self.caller.as_mut();
        }
        self.far_mut().filter(|leg| leg.stream.id() == stream)
    }

    fn on_last_stats(&mut self, turn: &mut Turn<'_>, stream: StreamId, stats: &media::Stats) {
        turn.drop_stream(stream);
        let Some(at) = self.closing.iter().position(|closing| closing.stream == stream) else {
            return;
        };
        let closing = self.closing.swap_remove(at);
        turn.draft.leg(closing.finish(stats));
    }

    /// Asks the peers of silent legs whether they still know the call (R5).
    pub(crate) fn probe_due(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let again = now + turn.settings.probe_every;
        let mut dialogs = Vec::new();
        let mut ask = |leg: &mut Leg| {
            if leg.probe_at.is_some_and(|at| at <= now) {
                leg.probe_at = Some(again);
                if leg.up {
                    dialogs.push(leg.dialog);
                }
            }
        };
        if let Some(caller) = &mut self.caller {
            ask(caller);
        }
        if let Some(far) = self.far_mut() {
            ask(far);
        }
        for dialog in dialogs {
            turn.sip(sip::Command::Probe { dialog });
        }
    }

    pub(crate) fn on_probed(&mut self, turn: &mut Turn<'_>, dialog: DialogId, alive: bool) {
        if alive {
            return;
        }
        tracing::info!(call = %turn.call, %dialog, "silent and no longer known to its peer");
        if self.caller.as_ref().is_some_and(|leg| leg.dialog == dialog) {
            self.end(turn, EndedBy::System, Cause::MediaTimeout);
        } else if let Some(far) = self.far_mut().filter(|leg| leg.dialog == dialog) {
            far.lose(LegEnd::Unreachable);
            far.hang_up(turn, 487, None);
            match &self.phase {
                Phase::Offered(..) => self.ring_failed(turn, 503),
                Phase::Dialling(_) => self.dial_failed(turn, 503),
                _ => self.far_gone(turn, false),
            }
        }
    }

    /// Keys by INFO (`application/dtmf-relay`: `Signal=5`; `application/dtmf`: `5`).
    pub(crate) fn on_info(
        &mut self,
        turn: &mut Turn<'_>,
        dialog: DialogId,
        content_type: &str,
        body: &[u8],
    ) {
        let from_caller = self.caller.as_ref().is_some_and(|leg| leg.dialog == dialog);
        // A phone that sends keys both ways means each of them once.
        let counts = from_caller && !self.keys_by_media;
        if let Some(key) = read_key(content_type, body).filter(|_| counts) {
            self.on_key(turn, key);
        }
    }
}

fn read_key(content_type: &str, body: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(body).ok()?;
    let value = match content_type {
        "application/dtmf-relay" => text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then_some(value.trim())
        })?,
        "application/dtmf" => text.trim(),
        _ => return None,
    };
    match value {
        "10" => Key::try_from('*').ok(),
        "11" => Key::try_from('#').ok(),
        _ => {
            let mut chars = value.chars();
            let key = Key::try_from(chars.next()?).ok()?;
            chars.next().is_none().then_some(key)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_by_info_are_read() {
        let relay = "application/dtmf-relay";
        for (kind, body, key) in [
            (relay, "Signal=5\r\nDuration=160\r\n", Some('5')),
            (relay, "signal = *\r\n", Some('*')),
            (relay, "Signal=11", Some('#')),
            (relay, "Signal=", None),
            (relay, "Duration=5", None),
            ("application/dtmf", "7", Some('7')),
            ("application/dtmf", "77", None),
            ("text/plain", "7", None),
        ] {
            assert_eq!(read_key(kind, body.as_bytes()).map(Key::as_char), key, "{body:?}");
        }
    }
}
