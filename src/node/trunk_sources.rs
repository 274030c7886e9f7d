use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use crate::base::TrunkId;
use crate::sip::{Sources, TrunkSettings};

/// Where the trunks are, for those who read sockets: told as the stack tells it (prefixes, ports), and
/// replaced by a reload.
#[derive(Clone, Debug)]
pub(crate) struct TrunkSources {
    now: Arc<RwLock<Sources>>,
}

impl TrunkSources {
    pub(crate) fn new(trunks: &[TrunkSettings]) -> Self {
        Self { now: Arc::new(RwLock::new(Sources::new(trunks))) }
    }

    /// The trunk that a message from this address comes from.
    pub(crate) fn trunk(&self, source: SocketAddr) -> Option<TrunkId> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).trunk(source).cloned()
    }

    /// Whether a message from this address is a trunk's.
    pub(crate) fn contain(&self, source: SocketAddr) -> bool {
        self.now.read().unwrap_or_else(PoisonError::into_inner).trunk(source).is_some()
    }

    /// These are the trunks now.
    pub(crate) fn replace(&self, trunks: &[TrunkSettings]) {
        let sources = Sources::new(trunks);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = sources;
    }
}

#[cfg(test)]
mod tests {
    use crate::sip::Source;

    use super::*;

    fn trunk(net: &str, prefix: u8) -> TrunkSettings {
        let source = Source { net: net.parse().unwrap(), prefix, port: None };
        let address = "192.0.2.1:5060".parse().unwrap();
        TrunkSettings { sources: vec![source], ..TrunkSettings::new("t".into(), address) }
    }

    #[test]
    fn a_prefix_is_a_trunk_and_a_reload_is_seen_by_every_copy() {
        let sources = TrunkSources::new(&[trunk("10.1.0.0", 16)]);
        let reader = sources.clone();
        let (old, new) = ("10.1.200.7:5060".parse().unwrap(), "10.2.0.7:5060".parse().unwrap());
        assert_eq!((reader.contain(old), reader.contain(new)), (true, false));
        sources.replace(&[trunk("10.2.0.0", 24)]);
        assert_eq!((reader.contain(old), reader.contain(new)), (false, true));
    }
}
