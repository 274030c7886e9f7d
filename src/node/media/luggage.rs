use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::media::{Company, Departure};
use crate::node::media::carrier::{Carrier, ignore};
use crate::node::media::pairs::Pair;
use crate::node::sys::Wake;

/// Streams on their way from one media thread to another, with their sockets. What comes in on those
/// meanwhile waits in them.
#[derive(Debug)]
pub(crate) struct Luggage {
    /// The streams.
    pub(crate) company: Company,
    /// The sockets.
    pub(crate) pairs: Vec<Pair>,
}

/// The way to a media thread.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    luggage: Sender<Luggage>,
    wake: Arc<Wake>,
}

impl Door {
    /// The way to the thread that `wake` calls.
    pub(crate) fn new(luggage: Sender<Luggage>, wake: Arc<Wake>) -> Self {
        Self { luggage, wake }
    }

    /// Hands over; what cannot be handed over comes back.
    pub(crate) fn hand_over(&self, luggage: Luggage) -> Result<(), Luggage> {
        self.luggage.try_send(luggage).map_err(crossbeam_channel::TrySendError::into_inner)?;
        self.wake.call();
        Ok(())
    }
}

impl Carrier {
    /// Sends streams and their sockets to another thread, after all that came before.
    pub(super) fn depart(&mut self, departure: Departure) {
        self.flush();
        self.tell();
        let Departure { to, ports, company } = departure;
        let pairs = ports.iter().filter_map(|port| self.give_away(*port)).collect();
        let luggage = Luggage { company, pairs };
        let refused = match self.with.doors.get(to) {
            Some(door) => door.hand_over(luggage).err(),
            None => Some(luggage),
        };
        if let Some(luggage) = refused {
            tracing::error!(
                to,
                "there is no such media thread: streams that leave for it are lost"
            );
            self.unpack(luggage);
        }
    }

    fn give_away(&mut self, port: u16) -> Option<Pair> {
        let pair = self.holders.take_out(port)?;
        if pair.stream.is_some() {
            ignore(&self.epoll, &pair);
        }
        Some(pair)
    }

    /// Takes in what another thread sent.
    pub(super) fn unpack(&mut self, luggage: Luggage) {
        let Luggage { company, pairs } = luggage;
        let mut came = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let stream = pair.stream;
            let at = self.holders.take_in(pair);
            if let Some(stream) = stream {
                self.watch(at);
                came.push(stream);
            }
        }
        let now = self.with.clock.now();
        self.guard(now, |worker, out| worker.arrive(now, company, out));
        self.let_go();
        for stream in came {
            // Nobody wanted it any more.
            if !self.with.worker.has(stream) {
                self.detach(stream);
            }
        }
        while let Some(departure) = self.out.departures.pop() {
            self.depart(departure);
        }
    }
}
