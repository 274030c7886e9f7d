use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::sip::source_of;

/// Connections to the API at once beside those that wait for events, and of one source: they cost
/// descriptors, of which records, recordings and SIP need theirs.
const OTHERS_MAX: usize = 1_024;
const OTHERS_OF_SOURCE: usize = 256;

/// Who is connected to the API.
#[derive(Clone, Debug)]
pub(crate) struct Visitors {
    /// Connections that wait for events, all of which may come through one proxy.
    streams_max: usize,
    of_source: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection; it counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Visitor {
    source: IpAddr,
    of_source: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Visitors {
    /// Nobody yet; so many may wait for events.
    pub(crate) fn new(streams_max: usize) -> Self {
        Self { streams_max, of_source: Arc::default() }
    }

    /// One more; `None` when there are too many.
    pub(crate) fn enter(&self, peer: SocketAddr) -> Option<Visitor> {
        let source = source_of(peer.ip());
        let mut of_source = self.of_source.lock().unwrap_or_else(PoisonError::into_inner);
        let here = of_source.get(&source).copied().unwrap_or(0);
        let all: usize = of_source.values().sum();
        if all >= self.streams_max + OTHERS_MAX || here >= self.streams_max + OTHERS_OF_SOURCE {
            return None;
        }
        of_source.insert(source, here + 1);
        Some(Visitor { source, of_source: Arc::clone(&self.of_source) })
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        let mut of_source = self.of_source.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = of_source.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                of_source.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_and_all_together_have_a_bound_and_who_leaves_makes_room() {
        let visitors = Visitors::new(44);
        let peer = |last: u8| SocketAddr::from(([10, 0, 0, last], 1));
        let enter =
            |last: u8| std::iter::from_fn(|| visitors.enter(peer(last))).collect::<Vec<_>>();
        let mut inside = enter(1);
        assert_eq!(inside.len(), 44 + OTHERS_OF_SOURCE);
        inside.extend((2..10).flat_map(enter));
        assert_eq!(inside.len(), 44 + OTHERS_MAX);
        assert!(visitors.enter(peer(99)).is_none());
        inside.pop();
        assert!(visitors.enter(peer(99)).is_some());
        inside.clear();
        assert!(visitors.of_source.lock().unwrap().is_empty());
    }
}
