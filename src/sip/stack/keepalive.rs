use std::collections::HashMap;
use std::time::Duration;

use crate::base::{Instant, TrunkId};
use crate::sip::stack::front::Timer;
use crate::sip::stack::{Event, Output, Owner, Stack};
use crate::sip::txn::ClientId;
use crate::sip::wire::{Method, Name, NameAddr, Params, Request, Text, Uri};

/// Shortest time between two OPTIONS to one trunk.
const INTERVAL_MIN: Duration = Duration::from_secs(1);

/// Which trunks answer.
#[derive(Clone, Default, Debug)]
pub(crate) struct Keepalives {
    trunks: HashMap<TrunkId, Keepalive>,
    is_started: bool,
}

#[derive(Clone, Default, Debug)]
struct Keepalive {
    /// The OPTIONS without an answer.
    asked: Option<ClientId>,
    misses: u8,
    successes: u8,
    is_down: bool,
}

impl Keepalives {
    /// Looks at the settings anew.
    pub(crate) fn reset(&mut self) {
        self.is_started = false;
    }

    /// Whoever has not begun begins at once.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.is_started).then_some(Instant::ZERO)
    }
}

impl Stack {
    /// Begins to ask the trunks that want it, and ends for those that do not.
    pub(super) fn start_keepalives(&mut self, now: Instant) {
        if std::mem::replace(&mut self.keepalives.is_started, true) {
            return;
        }
        let wanted: Vec<TrunkId> = self
            .net
            .settings
            .trunks
            .iter()
            .filter(|trunk| trunk.keepalive.is_some())
            .map(|trunk| trunk.id.clone())
            .collect();
        let mut old = std::mem::take(&mut self.keepalives.trunks);
        for id in wanted {
            match old.remove(&id) {
                Some(keepalive) => {
                    self.keepalives.trunks.insert(id, keepalive);
                }
                None => {
                    self.timers.set(&Timer::Trunk(id.clone()), Some(now));
                    self.keepalives.trunks.insert(id, Keepalive::default());
                }
            }
        }
        for (id, keepalive) in old {
            self.timers.set(&Timer::Trunk(id), None);
            if let Some(client) = keepalive.asked {
                self.clients.forget(client);
                self.timers.set(&Timer::Client(client), None);
            }
        }
    }

    /// Counts a missing answer, and asks again.
    pub(super) fn keep_alive(&mut self, now: Instant, id: &TrunkId, out: &mut Vec<Output>) {
        let Some(trunk) = self.net.trunk(id) else { return };
        let Some(interval) = trunk.keepalive else { return };
        let (misses_max, address, transport) =
            (trunk.keepalive_misses.max(1), trunk.address, trunk.transport);
        let domain = trunk.from_domain.clone();
        let Some(keepalive) = self.keepalives.trunks.get_mut(id) else { return };
        if let Some(client) = keepalive.asked.take() {
            self.clients.forget(client);
            self.timers.set(&Timer::Client(client), None);
            keepalive.successes = 0;
            keepalive.misses = keepalive.misses.saturating_add(1);
            if keepalive.misses >= misses_max && !keepalive.is_down {
                keepalive.is_down = true;
                let trunk = id.clone();
                out.push(Output::Event(Event::TrunkAlive { trunk, alive: false }));
            }
        }
        self.timers.set(&Timer::Trunk(id.clone()), Some(now + interval.max(INTERVAL_MIN)));
        let client = ClientId::new(self.random.next_u64());
        keepalive.asked = Some(client);
        // Without a listener for it every answer is missing.
        let Some(flow) = self.net.flow(transport, address) else { return };
        let host = if domain.is_empty() { self.net.host(&flow) } else { domain };
        let uri = Uri::sip(None, &address.ip().to_string(), Some(address.port()));
        let to = NameAddr::new(uri.clone(), Params::default());
        let tag = format!("{:016x}", self.random.next_u64());
        let from = NameAddr::new(Uri::sip(None, &host, None), Params::default()).with_tag(&tag);
        let mut request = Request::new(Method::Options, uri);
        request.headers.push(Name::Via, self.net.via(&flow, client));
        request.headers.push(Name::MaxForwards, Text::from_static("70"));
        request.headers.push(Name::From, from);
        request.headers.push(Name::To, to);
        request.headers.push(Name::CallId, format!("{:032x}", self.random.next_u128()));
        request.headers.push(Name::CSeq, Text::from_static("1 OPTIONS"));
        request.headers.push(Name::Contact, self.net.contact(&flow));
        self.net.sign(&mut request.headers, &Method::Options);
        self.send_request(now, client, flow, request, Owner::Trunk(id.clone()), out);
    }

    /// An answer, whatever it says.
    pub(super) fn kept_alive(&mut self, id: &TrunkId, client: ClientId, out: &mut Vec<Output>) {
        let successes_min = self.net.trunk(id).map_or(1, |trunk| trunk.keepalive_successes.max(1));
        let Some(keepalive) = self.keepalives.trunks.get_mut(id) else { return };
        if keepalive.asked != Some(client) {
            return;
        }
        keepalive.asked = None;
        keepalive.misses = 0;
        keepalive.successes = keepalive.successes.saturating_add(1);
        if keepalive.is_down && keepalive.successes >= successes_min {
            keepalive.is_down = false;
            let trunk = id.clone();
            out.push(Output::Event(Event::TrunkAlive { trunk, alive: true }));
        }
    }
}
