use std::time::Duration;

use crate::sim::ua::{LineId, UaEvent};
use crate::sim::world::{Due, OUTSIDE, World};

/// What a party outside does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FarAct {
    Ring(u16),
    Answer,
    AnswerBadly,
    Refuse(u16),
    HangUp,
}

impl World {
    pub(crate) fn far_hears(&mut self, event: UaEvent) -> Result<(), String> {
        let UaEvent::Incoming { line, .. } = event else { return Ok(()) };
        let any = self.chance.exponential(Duration::from_secs(4));
        let talk = self.chance.exponential(self.plan.talk);
        let mut then = |after: Duration, act: FarAct| self.put(after, Due::Far(line, act));
        let ring = Duration::from_millis(80);
        then(Duration::from_secs(900), FarAct::HangUp);
        match (line.0 / 2) % 8 {
            0 => then(any, FarAct::Refuse(486)),
            1 => then(any, FarAct::Refuse(404)),
            2 => then(ring, FarAct::Ring(180)),
            3 => {
                then(ring, FarAct::Ring(183));
                then(ring + any, FarAct::Refuse(480));
            }
            4 => then(any, FarAct::AnswerBadly),
            5 => {
                then(ring, FarAct::Ring(183));
                then(ring + any, FarAct::Answer);
                then(ring + any + talk, FarAct::HangUp);
            }
            _ => {
                then(ring, FarAct::Ring(180));
                then(ring + any, FarAct::Answer);
                then(ring + any + talk, FarAct::HangUp);
            }
        }
        Ok(())
    }

    pub(crate) fn far_acts(&mut self, line: LineId, act: FarAct) -> Result<(), String> {
        self.with_ua(OUTSIDE, |ua, now, out| match act {
            FarAct::Ring(status) => ua.ring(now, line, status, out),
            FarAct::Answer => ua.answer(now, line, out),
            FarAct::AnswerBadly => ua.answer_badly(now, line, out),
            FarAct::Refuse(status) => ua.refuse(now, line, status, out),
            FarAct::HangUp => ua.hang_up(now, line, out),
        })
    }
}
