use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::call::{Command, Event};
use crate::sim::house;
use crate::sim::people::CitizenAct;
use crate::sim::world::{Due, World};

/// What happens to the engine itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Odd {
    /// The operator reloads the settings: 0 those of the start, 1 the others.
    Settings(usize),
    /// Somebody sets the system's clock, s.
    ClockJump(i64),
    /// A stranger calls.
    Stranger,
    RecordsFull(bool),
    /// Nothing reaches anybody (or does again).
    Blackout(bool),
    HangUpAnyCall,
    /// Something forgets every connection, as a firewall does that starts anew.
    CutWires,
    Shutdown,
}

impl World {
    pub(crate) fn begin_oddities(&mut self) {
        if !self.plan.is_wild() {
            return;
        }
        let length = u64::try_from(self.plan.length.as_millis()).unwrap_or(1);
        let some = |world: &mut Self, share: f64, odd: Odd| {
            if world.chance.share(share) {
                let after = world.chance.ms(0, length - 1);
                world.put(after, Due::Odd(odd));
                return Some(after);
            }
            None
        };
        if let Some(after) = some(self, 0.3, Odd::Settings(1)) {
            let back = self.chance.exponential(Duration::from_secs(20));
            self.put(after + back, Due::Odd(Odd::Settings(0)));
        }
        if let Some(after) = some(self, 0.1, Odd::RecordsFull(true)) {
            self.put(after + Duration::from_secs(15), Due::Odd(Odd::RecordsFull(false)));
        }
        if let Some(after) = some(self, 0.1, Odd::Blackout(true)) {
            self.put(after + Duration::from_secs(10), Due::Odd(Odd::Blackout(false)));
        }
        some(self, 0.3, Odd::Settings(0));
        some(self, 0.3, Odd::ClockJump(3_600));
        some(self, 0.3, Odd::ClockJump(-3_600));
        some(self, 0.3, Odd::Stranger);
        some(self, 0.3, Odd::HangUpAnyCall);
        some(self, 0.2, Odd::HangUpAnyCall);
        some(self, 0.2, Odd::CutWires);
        if self.chance.share(0.1) {
            self.sound.failures = 0.05;
        }
        if self.chance.share(0.2) {
            self.sound.late_figures = 0.1;
        }
        if self.chance.share(0.1) {
            // The engine is stopped while calls are up, a little before they would end.
            let after = self.plan.length.saturating_sub(Duration::from_secs(20));
            self.put(after, Due::Odd(Odd::Shutdown));
        }
    }

    pub(crate) fn odd(&mut self, odd: Odd) -> Result<(), String> {
        match odd {
            Odd::Settings(edition) => {
                let settings = Arc::clone(&self.editions[edition]);
                let flows = Arc::clone(&self.flows);
                self.command(Command::Use { settings, flows })
            }
            Odd::ClockJump(seconds) => {
                self.wall_shift_us += seconds * 1_000_000;
                self.tell_clock()
            }
            Odd::Stranger => {
                let (from, to) = (house::STRANGER, house::ENGINE);
                let invite = Bytes::from(format!(
                    "INVITE sip:12345@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKevil\r\n\
                     From: <sip:110@{from}>;tag=evil\r\nTo: <sip:12345@{to}>\r\nCall-ID: evil\r\n\
                     CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:110@{from}>\r\n\
                     Content-Length: 0\r\n\r\n"
                ));
                self.send_to_engine(from, &invite);
                Ok(())
            }
            Odd::RecordsFull(full) => {
                self.witness.may_fold |= full;
                self.tell(Event::RecordsFull(full))
            }
            Odd::CutWires => {
                (0..self.workers.len()).for_each(|number| self.cut_wire(number));
                Ok(())
            }
            Odd::Blackout(dark) => {
                self.network.dark = dark;
                Ok(())
            }
            Odd::HangUpAnyCall => match self.witness.any_open() {
                Some(call) => self.command(Command::HangUpCall { call }),
                None => Ok(()),
            },
            Odd::Shutdown => {
                self.stopping = true;
                self.tell(Event::Shutdown { drain: Duration::from_secs(5) })
            }
        }
    }

    /// Everybody hangs up within some seconds.
    pub(crate) fn close(&mut self) -> Result<(), String> {
        self.closing = true;
        for citizen in 0..self.citizens.len() {
            let after = self.chance.ms(0, 8_000);
            self.put(after, Due::Citizen(citizen, CitizenAct::HangUp));
        }
        self.close_phones()
    }
}
