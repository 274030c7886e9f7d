use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::call::Event;
use crate::sim::house;
use crate::sim::people::WorkerAct;
use crate::sim::world::{Due, PHONES, World};
use crate::sip::{self, Transport};

/// How often a connection is refused: one that a phone wants, one that the engine wants (many phones
/// take none).
const REFUSED: f64 = 0.1;
const REFUSED_BY_PHONE: f64 = 0.3;
/// How long a phone's connection lasts on average, where everything goes wrong.
const LASTS: Duration = Duration::from_secs(60);

/// Phones that speak TCP.
impl World {
    /// A phone says something over its connection, or over a new one.
    pub(crate) fn send_by_wire(&mut self, phone: usize, bytes: &Bytes) {
        let wire = match self.wires.of_phone(phone) {
            Some(wire) => wire,
            None if self.plan.is_wild() && self.chance.share(REFUSED) => {
                self.wires.counts.2 += 1;
                self.trail.note(self.now, self.step, "a connection is refused");
                return self.put(Duration::from_millis(1), Due::WireLost(phone));
            }
            None => {
                let peer = self.wires.next_peer(self.uas[phone].address);
                self.wires.open(self.now, phone, peer)
            }
        };
        let at = self.wires.arrival(self.now, wire, true, self.network.dark);
        self.agenda.put(at, Due::FromWire(wire, bytes.clone()));
    }

    /// The engine says something to a phone.
    pub(crate) fn send_to_wire(&mut self, flow: sip::Flow, bytes: &Bytes) {
        let known = match flow.connection {
            Some(wire) => self.wires.get(wire).map(|_| wire),
            None => self.wires.to(flow.peer).or_else(|| self.connect_to(flow.peer)),
        };
        let Some(wire) = known else {
            return self.put(Duration::from_millis(2), Due::NotSent(flow));
        };
        let at = self.wires.arrival(self.now, wire, false, self.network.dark);
        self.agenda.put(at, Due::OffWire(wire, bytes.clone()));
    }

    /// The engine opens a connection to a phone.
    fn connect_to(&mut self, peer: SocketAddr) -> Option<u64> {
        let phone = self.ua_at(peer).filter(|ua| *ua >= PHONES)?;
        let ua = &self.uas[phone];
        let listens = !ua.dead && ua.address == peer && !self.chance.share(REFUSED_BY_PHONE);
        listens.then(|| self.wires.open(self.now, phone, peer))
    }

    pub(crate) fn engine_hears(&mut self, wire: u64, bytes: Bytes) -> Result<(), String> {
        let Some(peer) = self.wires.get(wire).filter(|wire| !wire.reset).map(|wire| wire.peer)
        else {
            return Ok(());
        };
        let flow = flow(peer, Some(wire));
        self.tell(Event::Sip(sip::Input::Received { flow, bytes }))
    }

    pub(crate) fn phone_hears(&mut self, wire: u64, bytes: Bytes) -> Result<(), String> {
        let Some(phone) = self.wires.get(wire).filter(|wire| !wire.gone).map(|wire| wire.phone)
        else {
            return Ok(());
        };
        self.wires.used(phone, wire);
        let mut out = Vec::new();
        self.uas[phone].receive(self.now, bytes, &mut out)?;
        self.after_ua(phone, out)
    }

    /// The engine hears of a connection's end as the node tells it.
    pub(crate) fn wire_ends(&mut self, wire: u64) -> Result<(), String> {
        let Some(known) = self.wires.forget(wire) else { return Ok(()) };
        self.tell(Event::Sip(sip::Input::Closed { connection: wire }))?;
        self.tell(Event::Sip(sip::Input::SendFailed { flow: flow(known.peer, None) }))?;
        let agent = &self.workers[known.phone - PHONES].agent;
        let is_reachable = self.core.desk.agent(agent).is_some_and(|now| now.reachable);
        let is_cut_off = self.uas[known.phone].is_hidden() && !self.wires.any_of(known.phone);
        if is_reachable && is_cut_off {
            return Err(format!("agent {agent} is reachable, the phone's last connection is gone"));
        }
        Ok(())
    }

    /// What a phone has asked over a connection that is gone, or did not come about, gets no answer.
    pub(crate) fn wire_lost(&mut self, phone: usize) -> Result<(), String> {
        self.with_ua(phone, |ua, now, out| ua.wire_lost(now, out))
    }

    /// Connections do not last.
    pub(crate) fn begin_wires(&mut self) {
        for number in 0..self.workers.len() {
            let phone = Self::phone_of(number);
            self.uas[phone].by_tcp = house::by_tcp(&self.plan, number);
            if house::is_hidden(&self.plan, number) {
                self.uas[phone].hide();
            }
            if self.uas[phone].by_tcp && self.plan.is_wild() {
                let after = self.chance.exponential(LASTS);
                self.put(after, Due::Worker(number, WorkerAct::LoseWire));
            }
        }
    }

    /// Something between a phone and the engine forgets the connection; the phone notices at once.
    pub(crate) fn loses_wire(&mut self, number: usize) {
        if self.closing {
            return;
        }
        let after = self.chance.exponential(LASTS);
        self.put(after, Due::Worker(number, WorkerAct::LoseWire));
        self.cut_wire(number);
    }

    pub(crate) fn cut_wire(&mut self, number: usize) {
        let phone = Self::phone_of(number);
        let reset = self.chance.share(0.5);
        let cut = self.wires.cut(phone, reset);
        if cut.is_empty() {
            return;
        }
        self.trail.note(self.now, self.step, &format!("connections {cut:?} are gone"));
        for wire in cut {
            let at = self.wires.arrival(self.now, wire, true, self.network.dark);
            self.agenda.put(at, Due::WireEnds(wire));
        }
        self.put(Duration::ZERO, Due::WireLost(phone));
        let back = self.chance.ms(100, 4_000);
        self.put(back, Due::Worker(number, WorkerAct::RegisterAgain));
    }

    /// A phone without power closes nothing: the engine finds out when it is back.
    pub(crate) fn wires_die(&mut self, number: usize, back: Duration) {
        for wire in self.wires.cut(Self::phone_of(number), true) {
            self.put(back, Due::WireEnds(wire));
        }
    }
}

fn flow(peer: SocketAddr, connection: Option<u64>) -> sip::Flow {
    sip::Flow { transport: Transport::Tcp, local: house::ENGINE, peer, connection }
}
