use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::peer::ua::CallKey;
use crate::peer::ua::client::ClientId;

/// RFC 3261's estimate of a round trip.
pub(crate) const T1: Duration = Duration::from_millis(500);
/// Longest interval between two retransmissions of a request that is no INVITE, and of a 2xx.
pub(crate) const T2: Duration = Duration::from_secs(4);
/// When a transaction is given up.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Client(ClientId),
    Server(u64),
    Register(usize),
    Reinvite(CallKey),
}

/// Deadlines in order. One that has moved stays in here and is found stale when it comes.
#[derive(Debug, Default)]
pub(crate) struct Timers(BinaryHeap<Reverse<(Instant, Timer)>>);

impl Timers {
    pub(crate) fn set(&mut self, at: Instant, timer: Timer) {
        self.0.push(Reverse((at, timer)));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    pub(crate) fn pop(&mut self, now: Instant) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, timer))| timer)
    }
}
