use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use crate::base::TrunkId;
use crate::sip::stack::{Source, TrunkSettings};

/// Which trunk an address belongs to: the longest prefix wins, then the one that names the port.
#[derive(Clone, Default, Debug)]
pub struct Sources {
    trunks: HashMap<(u8, IpAddr, Option<u16>), TrunkId, ahash::RandomState>,
    /// Longest first, each once.
    prefixes: Vec<u8>,
}

impl Sources {
    /// Those of these trunks.
    #[must_use]
    pub fn new(trunks: &[TrunkSettings]) -> Self {
        let mut sources = Self::default();
        for trunk in trunks {
            let mut own = Source::host(trunk.address.ip());
            own.port = (!trunk.sources.is_empty()).then(|| trunk.address.port());
            for source in trunk.sources.iter().chain([&own]) {
                let net = source.net.to_canonical();
                let prefix = source.prefix.min(if net.is_ipv4() { 32 } else { 128 });
                sources
                    .trunks
                    .entry((prefix, mask(net, prefix), source.port))
                    .or_insert_with(|| trunk.id.clone());
                sources.prefixes.push(prefix);
            }
        }
        sources.prefixes.sort_unstable_by(|a, b| b.cmp(a));
        sources.prefixes.dedup();
        sources
    }

    /// The trunk that a message from this address comes from.
    #[must_use]
    pub fn trunk(&self, source: SocketAddr) -> Option<&TrunkId> {
        let address = source.ip().to_canonical();
        self.prefixes.iter().find_map(|prefix| {
            let net = mask(address, *prefix);
            self.trunks
                .get(&(*prefix, net, Some(source.port())))
                .or_else(|| self.trunks.get(&(*prefix, net, None)))
        })
    }
}

fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix.into())).unwrap_or(0);
            IpAddr::V6((u128::from(v6) & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk(id: &str, address: &str, sources: &[(&str, u8, Option<u16>)]) -> TrunkSettings {
        let sources = sources
            .iter()
            .map(|(net, prefix, port)| Source {
                net: net.parse().unwrap(),
                prefix: *prefix,
                port: *port,
            })
            .collect();
        TrunkSettings { sources, ..TrunkSettings::new(id.into(), address.parse().unwrap()) }
    }

    #[test]
    fn the_longest_prefix_wins_then_the_port() {
        let sources = Sources::new(&[
            trunk("wide", "10.9.9.9:5060", &[("10.0.0.0", 8, None)]),
            trunk("narrow", "10.1.0.9:5060", &[("10.1.2.3", 16, None)]),
            trunk("port", "10.1.0.8:5070", &[("10.1.0.0", 16, Some(5080))]),
            trunk("alone", "192.0.2.1:5060", &[]),
            trunk("six", "[2001:db8::1]:5060", &[("2001:db8:1::", 48, None)]),
        ]);
        for (source, id) in [
            ("10.2.0.1:1", Some("wide")),
            ("10.1.7.7:1", Some("narrow")),
            ("10.1.7.7:5080", Some("port")),
            ("10.1.0.8:5070", Some("port")),
            ("10.1.0.8:5071", Some("narrow")),
            ("192.0.2.1:9", Some("alone")),
            ("[::ffff:192.0.2.1]:9", Some("alone")),
            ("192.0.2.2:9", None),
            ("[2001:db8:1::77]:9", Some("six")),
            ("[2001:db8::1]:5060", Some("six")),
            ("[2001:db8::1]:5061", None),
        ] {
            let got = sources.trunk(source.parse().unwrap()).map(TrunkId::as_str);
            assert_eq!(got, id, "{source}");
        }
    }
}
