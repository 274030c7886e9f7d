use std::net::SocketAddr;

use bytes::Bytes;

use crate::base::Instant;
use crate::sim::sound::Noise;
use crate::sim::ua::{LineId, Out, Ua, UaEvent};
use crate::sim::world::{CARRIER, Due, OUTSIDE, PHONES, World};
use crate::sip::{self, Transport};

/// What goes between the engine and the people around it.
impl World {
    pub(crate) fn send_to_peer(&mut self, flow: sip::Flow, bytes: &Bytes) {
        if flow.transport == Transport::Tcp {
            return self.send_to_wire(flow, bytes);
        }
        let Some(ua) = self.ua_at(flow.peer) else { return };
        for delay in self.network.carry().into_iter().flatten() {
            self.put(delay, Due::ToPeer(ua, bytes.clone()));
        }
    }

    pub(crate) fn send_to_engine(&mut self, from: SocketAddr, bytes: &Bytes) {
        for delay in self.network.carry().into_iter().flatten() {
            self.put(delay, Due::ToEngine(from, bytes.clone()));
        }
    }

    /// Lets a user agent do something.
    pub(crate) fn with_ua<T>(
        &mut self,
        ua: usize,
        act: impl FnOnce(&mut Ua, Instant, &mut Vec<Out>) -> T,
    ) -> Result<T, String> {
        let mut out = Vec::new();
        let result = act(&mut self.uas[ua], self.now, &mut out);
        self.after_ua(ua, out)?;
        Ok(result)
    }

    pub(crate) fn after_ua(&mut self, ua: usize, out: Vec<Out>) -> Result<(), String> {
        let address = self.uas[ua].address;
        let deadline = self.uas[ua].deadline();
        self.wakes.set(&ua, deadline);
        for out in out {
            match out {
                Out::Send(bytes) if self.uas[ua].by_tcp => self.send_by_wire(ua, &bytes),
                Out::Send(bytes) => self.send_to_engine(address, &bytes),
                Out::Event(event) => self.person_hears(ua, event)?,
            }
        }
        Ok(())
    }

    pub(crate) fn person_hears(&mut self, ua: usize, event: UaEvent) -> Result<(), String> {
        self.trail.note(self.now, self.step, &format!("{}: {event:?}", self.uas[ua].address));
        match ua {
            CARRIER => self.citizen_hears(event),
            OUTSIDE => self.far_hears(event),
            phone => self.worker_hears(phone - PHONES, event),
        }
    }

    pub(crate) fn noise(&mut self, noise: Noise) {
        match noise {
            Noise::Tell(after, event) => self.put(after, Due::Tell(event)),
            Noise::Ends(after, stream, play) => self.put(after, Due::PlayEnds(stream, play)),
            Noise::Look(after, stream) => self.put(after, Due::Look(stream)),
            Noise::Hears(party, prompts, cut) => {
                if let Some((CARRIER, line)) = self.party(party) {
                    self.citizen_listens(line, &prompts, cut);
                }
            }
            Noise::Joined(near, far) => {
                let (near, far) = (self.party(near), self.party(far));
                if let (Some((CARRIER, line)), Some(far)) = (near, far) {
                    self.joined(line, far);
                }
            }
        }
    }

    /// The user agent and the call whose media live at this address.
    pub(crate) fn party(&self, at: SocketAddr) -> Option<(usize, LineId)> {
        let ua = self.ua_at(at)?;
        Some((ua, self.uas[ua].line_at(at.port())?))
    }
}
