use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use crate::sip::{Flow, source_of};

/// The most connections at once, and of one source, whoever made them.
const CONNECTIONS_MAX: usize = 4_096;
const CONNECTIONS_OF_SOURCE: usize = 64;

/// All SIP connections over TCP, from the wish for one until its last task has ended.
#[derive(Default)]
pub(crate) struct Connections {
    last: u64,
    all: HashMap<u64, Connection>,
    /// Those in use between two addresses.
    by_way: HashMap<(SocketAddr, SocketAddr), Vec<u64>>,
    of_source: HashMap<IpAddr, usize>,
}

struct Connection {
    local: SocketAddr,
    peer: SocketAddr,
    /// There while it is in use.
    outbox: Option<mpsc::Sender<Bytes>>,
    end: Arc<Notify>,
}

impl Connections {
    /// Takes one up: its number, and what will tell it to end. `None` when there are too many.
    pub(crate) fn open(
        &mut self,
        local: SocketAddr,
        peer: SocketAddr,
        outbox: mpsc::Sender<Bytes>,
    ) -> Option<(u64, Arc<Notify>)> {
        let source = source_of(peer.ip());
        let of_source = self.of_source.get(&source).copied().unwrap_or(0);
        if self.all.len() >= CONNECTIONS_MAX || of_source >= CONNECTIONS_OF_SOURCE {
            return None;
        }
        self.last += 1;
        let end = Arc::new(Notify::new());
        let connection = Connection { local, peer, outbox: Some(outbox), end: Arc::clone(&end) };
        self.all.insert(self.last, connection);
        self.by_way.entry((local, peer)).or_default().push(self.last);
        self.of_source.insert(source, of_source + 1);
        Some((self.last, end))
    }

    /// The connection in use of this flow, or between its two addresses when it names none.
    pub(crate) fn of(&self, flow: &Flow) -> Option<(u64, &mpsc::Sender<Bytes>)> {
        let way = || self.by_way.get(&(flow.local, flow.peer))?.first().copied();
        let id = flow.connection.or_else(way)?;
        Some((id, self.all.get(&id)?.outbox.as_ref()?))
    }

    /// Tells a connection to end, and uses it no more. It counts until it has.
    pub(crate) fn give_up(&mut self, id: u64) {
        self.retire(id);
        if let Some(connection) = self.all.get(&id) {
            connection.end.notify_one();
        }
    }

    /// Uses a connection no more; whether none is left in use between its two addresses.
    pub(crate) fn retire(&mut self, id: u64) -> bool {
        let Some(connection) = self.all.get_mut(&id) else { return false };
        connection.outbox = None;
        let way = (connection.local, connection.peer);
        let Some(ids) = self.by_way.get_mut(&way) else { return true };
        ids.retain(|other| *other != id);
        let is_last = ids.is_empty();
        if is_last {
            self.by_way.remove(&way);
        }
        is_last
    }

    /// Nothing is left of a connection.
    pub(crate) fn ended(&mut self, id: u64) {
        self.retire(id);
        let Some(connection) = self.all.remove(&id) else { return };
        let source = source_of(connection.peer.ip());
        if let Some(count) = self.of_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.of_source.remove(&source);
            }
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        debug_assert_eq!(self.of_source.values().sum::<usize>(), self.all.len());
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Transport;

    fn open(connections: &mut Connections, peer: SocketAddr) -> Option<u64> {
        let local = "10.0.0.1:5060".parse().unwrap();
        let (outbox, _) = mpsc::channel(1);
        connections.open(local, peer, outbox).map(|(id, _)| id)
    }

    fn find(connections: &Connections, peer: SocketAddr, connection: Option<u64>) -> Option<u64> {
        let local = "10.0.0.1:5060".parse().unwrap();
        let flow = Flow { transport: Transport::Tcp, local, peer, connection };
        connections.of(&flow).map(|(id, _)| id)
    }

    #[test]
    fn a_connection_is_found_until_it_is_given_up_and_counts_until_it_has_ended() {
        let peer: SocketAddr = "10.0.0.9:5060".parse().unwrap();
        let other = "10.0.0.9:5061".parse().unwrap();
        let mut all = Connections::default();
        let (a, b) = (open(&mut all, peer).unwrap(), open(&mut all, peer).unwrap());
        let c = open(&mut all, other).unwrap();
        assert_eq!(find(&all, peer, None), Some(a));
        assert_eq!(find(&all, peer, Some(b)), Some(b));
        assert_eq!(find(&all, other, None), Some(c));
        all.give_up(a);
        assert_eq!((find(&all, peer, None), find(&all, peer, Some(a))), (Some(b), None));
        assert_eq!(all.len(), 3);
        assert!(!all.retire(a), "the other one is there still");
        assert!(all.retire(b) && all.retire(c));
        for id in [a, b, c, c] {
            all.ended(id);
        }
        assert_eq!((all.len(), all.by_way.len(), find(&all, peer, None)), (0, 0, None));
    }

    #[test]
    fn a_source_has_so_many_and_an_ipv6_network_is_one_source() {
        for (network, other) in [("10.0.0.9", "10.0.0.8"), ("2001:db8::", "2001:db8:0:1::")] {
            let mut all = Connections::default();
            let network: IpAddr = network.parse().unwrap();
            let at = |n: u16| match network {
                IpAddr::V4(v4) => SocketAddr::from((v4, n)),
                IpAddr::V6(v6) => {
                    SocketAddr::from((v6 | std::net::Ipv6Addr::from(u128::from(n)), 1))
                }
            };
            let ids: Vec<_> = (1..=100).filter_map(|n| open(&mut all, at(n))).collect();
            assert_eq!(ids.len(), CONNECTIONS_OF_SOURCE, "{network}");
            assert!(open(&mut all, SocketAddr::new(other.parse().unwrap(), 1)).is_some());
            all.give_up(ids[0]);
            assert!(open(&mut all, at(200)).is_none(), "it is not gone yet");
            all.ended(ids[0]);
            assert!(open(&mut all, at(200)).is_some());
        }
    }

    #[test]
    fn there_are_so_many_in_all() {
        let mut all = Connections::default();
        let peers = (0..5_000_u32).map(|n| SocketAddr::from((n.to_be_bytes(), 5060)));
        assert_eq!(peers.filter_map(|peer| open(&mut all, peer)).count(), CONNECTIONS_MAX);
    }
}
