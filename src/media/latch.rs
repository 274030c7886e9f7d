use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::base::Instant;

/// From where a party's datagrams are taken and where ours go (R6).
///
/// Allowed are the address of its SDP, and any port of the IP address that its SIP came from (a
/// party behind NAT). A private address in the SDP of a party whose SIP comes from a public one is
/// not: it means something only on the party's side of its NAT, and whoever has it on ours is
/// somebody else. The first of them that sends is latched on to; others are strangers. The latch
/// moves within the same IP only: to the very address of the SDP, or to another port when the latched
/// one has been quiet; elsewhere only after a new agreement has opened it.
#[derive(Clone, Debug)]
pub(crate) struct Latch {
    told: SocketAddr,
    signalling: IpAddr,
    hold: Hold,
}

#[derive(Clone, Copy, Debug)]
enum Hold {
    /// Nothing was heard.
    Nothing,
    /// This is the party.
    On { source: SocketAddr, heard: Instant },
    /// This was the party before the new agreement; the next allowed source takes its place.
    Open { before: SocketAddr },
}

impl Latch {
    /// A latch for a party whose SDP told `told` and whose SIP came from `signalling`.
    pub(crate) fn new(told: SocketAddr, signalling: IpAddr) -> Self {
        Self { told: canonical(told), signalling: signalling.to_canonical(), hold: Hold::Nothing }
    }

    /// Opens once more, for a new agreement. While nothing new is heard we go on sending to the old
    /// source, unless the party asks for another address now.
    pub(crate) fn agree(&mut self, told: SocketAddr, signalling: IpAddr) {
        let told = canonical(told);
        self.hold = match self.source() {
            Some(before) if told == self.told && signalling.to_canonical() == self.signalling => {
                Hold::Open { before }
            }
            _ => Hold::Nothing,
        };
        self.told = told;
        self.signalling = signalling.to_canonical();
    }

    /// Whether a datagram from `from` is the party's. `quiet` is how long the latched source must
    /// have been silent before another port of its IP may follow.
    pub(crate) fn admit(&mut self, now: Instant, from: SocketAddr, quiet: Duration) -> bool {
        let from = canonical(from);
        let exact = from == self.told && !self.told_is_behind_nat();
        if !exact && from.ip() != self.signalling {
            return false;
        }
        let admitted = match self.hold {
            Hold::Nothing | Hold::Open { .. } => true,
            Hold::On { source, heard } => {
                let quiet = now.since(heard) >= quiet;
                source == from || (source.ip() == from.ip() && (exact || quiet))
            }
        };
        if admitted {
            self.hold = Hold::On { source: from, heard: now };
        }
        admitted
    }

    /// What is latched on to.
    pub(crate) fn source(&self) -> Option<SocketAddr> {
        match self.hold {
            Hold::Nothing => None,
            Hold::On { source, .. } => Some(source),
            Hold::Open { before } => Some(before),
        }
    }

    /// Where to send: the latched source, else what the SDP says when that can be a party at all.
    pub(crate) fn target(&self) -> Option<SocketAddr> {
        self.source().or_else(|| self.told_is_sane().then_some(self.told))
    }

    fn told_is_sane(&self) -> bool {
        let ip = self.told.ip();
        let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
        self.told.port() != 0
            && !ip.is_unspecified()
            && !ip.is_multicast()
            && !broadcast
            && (!ip.is_loopback() || self.signalling.is_loopback())
            && !self.told_is_behind_nat()
    }

    fn told_is_behind_nat(&self) -> bool {
        self.told.ip() != self.signalling
            && is_private(self.told.ip())
            && !is_private(self.signalling)
    }
}

/// Whether an address means nothing outside its own network (RFC 1918, 3927, 4193, 6598).
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            v4.is_private() || v4.is_link_local() || v4.is_loopback() || is_shared
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback(),
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Duration = Duration::from_millis(500);

    /// What happens to a latch: something comes from an address, or a new agreement.
    enum Step {
        /// At this millisecond, from this address; whether it is admitted.
        From(u64, &'static str, bool),
        /// A new SDP address, same signalling.
        Agree(&'static str),
        /// Where we send now.
        Target(Option<&'static str>),
    }
    use Step::{Agree, From, Target};

    fn check(told: &str, signalling: &str, steps: &[Step]) {
        let mut latch = Latch::new(told.parse().unwrap(), signalling.parse().unwrap());
        for (index, step) in steps.iter().enumerate() {
            match step {
                From(ms, from, expected) => {
                    let now = Instant::from_micros(ms * 1000);
                    let admitted = latch.admit(now, from.parse().unwrap(), QUIET);
                    assert_eq!(admitted, *expected, "step {index}: {from}");
                }
                Agree(told) => latch.agree(told.parse().unwrap(), signalling.parse().unwrap()),
                Target(expected) => {
                    let target = latch.target().map(|t| t.to_string());
                    assert_eq!(target.as_deref(), *expected, "step {index}");
                }
            }
        }
    }

    #[test]
    fn a_party_in_the_open_is_heard_from_its_sdp_address_only() {
        check(
            "10.0.0.5:4000",
            "10.0.0.1",
            &[
                Target(Some("10.0.0.5:4000")),
                From(0, "10.9.9.9:4000", false),
                From(1, "10.0.0.5:4002", false),
                From(2, "10.0.0.5:4000", true),
                From(9_000, "10.9.9.9:4000", false),
                Target(Some("10.0.0.5:4000")),
            ],
        );
    }

    #[test]
    fn a_party_behind_nat_is_latched_on_any_port_of_its_signalling_address_once() {
        check(
            "192.168.1.2:4000",
            "203.0.113.7",
            &[
                From(0, "203.0.113.8:6000", false),
                From(1, "203.0.113.7:6000", true),
                Target(Some("203.0.113.7:6000")),
                From(21, "203.0.113.7:6000", true),
                From(22, "203.0.113.7:7000", false),
                From(4_500, "203.0.113.8:6000", false),
                Target(Some("203.0.113.7:6000")),
            ],
        );
    }

    #[test]
    fn another_port_of_the_same_address_follows_after_silence() {
        check(
            "192.168.1.2:4000",
            "203.0.113.7",
            &[
                From(0, "203.0.113.7:6000", true),
                From(499, "203.0.113.7:7000", false),
                From(500, "203.0.113.7:7000", true),
                From(510, "203.0.113.7:6000", false),
                Target(Some("203.0.113.7:7000")),
            ],
        );
    }

    #[test]
    fn another_address_never_follows_even_when_it_signals() {
        check(
            "10.0.0.5:4000",
            "10.0.0.1",
            &[
                From(0, "10.0.0.5:4000", true),
                From(9_000, "10.0.0.1:4000", false),
                Target(Some("10.0.0.5:4000")),
            ],
        );
    }

    #[test]
    fn the_sdp_address_takes_back_what_a_spray_took_first() {
        check(
            "10.0.0.5:4000",
            "10.0.0.5",
            &[
                From(0, "10.0.0.5:1111", true),
                From(1, "10.0.0.5:4000", true),
                From(2, "10.0.0.5:1111", false),
                Target(Some("10.0.0.5:4000")),
            ],
        );
    }

    #[test]
    fn the_private_address_that_a_party_behind_nat_told_is_nobodys() {
        for told in ["192.168.1.2:4000", "100.64.0.9:4000", "[fd00::2]:4000"] {
            check(
                told,
                "203.0.113.7",
                &[
                    Target(None),
                    From(0, told, false),
                    From(1, "203.0.113.7:6000", true),
                    From(2, told, false),
                    From(9_000, told, false),
                    Target(Some("203.0.113.7:6000")),
                ],
            );
        }
        // Within one network it is a party like any other.
        check("192.168.1.2:4000", "10.0.0.1", &[From(0, "192.168.1.2:4000", true)]);
        check("192.168.1.2:4000", "127.0.0.1", &[From(0, "192.168.1.2:4000", true)]);
    }

    #[test]
    fn the_sdp_address_does_not_take_over_from_another_address() {
        check(
            "198.51.100.9:5000",
            "203.0.113.7",
            &[
                From(0, "203.0.113.7:6000", true),
                From(1, "198.51.100.9:5000", false),
                From(9_000, "198.51.100.9:5000", false),
                Target(Some("203.0.113.7:6000")),
                Agree("198.51.100.9:5000"),
                From(9_001, "198.51.100.9:5000", true),
                From(9_002, "203.0.113.7:6000", false),
            ],
        );
    }

    #[test]
    fn a_phone_that_changed_its_network_is_heard_from_there_after_its_new_agreement() {
        let told = "192.168.1.2:4000".parse().unwrap();
        let (old, new) =
            ("203.0.113.7:6000".parse().unwrap(), "198.51.100.9:7000".parse().unwrap());
        let mut latch = Latch::new(told, "203.0.113.7".parse().unwrap());
        assert!(latch.admit(Instant::ZERO, old, QUIET));
        assert!(!latch.admit(Instant::ZERO, new, QUIET));
        latch.agree(told, "198.51.100.9".parse().unwrap());
        assert_eq!(latch.target(), None, "the old address may be somebody else's now");
        assert!(!latch.admit(Instant::ZERO, old, QUIET));
        assert!(latch.admit(Instant::ZERO, new, QUIET));
        assert_eq!(latch.target(), Some(new));
    }

    #[test]
    fn a_new_agreement_opens_the_latch_for_allowed_sources_only() {
        check(
            "192.168.1.2:4000",
            "203.0.113.7",
            &[
                From(0, "203.0.113.7:6000", true),
                Agree("192.168.1.2:4000"),
                Target(Some("203.0.113.7:6000")),
                From(1, "198.51.100.1:6000", false),
                From(2, "203.0.113.7:7000", true),
                Agree("198.51.100.9:5000"),
                Target(Some("198.51.100.9:5000")),
                From(3, "198.51.100.9:5000", true),
                From(4, "203.0.113.7:7000", false),
            ],
        );
    }

    #[test]
    fn nothing_is_sent_to_what_is_no_party() {
        for told in
            ["0.0.0.0:4000", "224.0.0.1:4000", "255.255.255.255:9", "127.0.0.1:4000", "10.0.0.5:0"]
        {
            check(
                told,
                "10.0.0.5",
                &[Target(None), From(0, "10.0.0.5:77", true), Target(Some("10.0.0.5:77"))],
            );
        }
        check("127.0.0.1:4000", "127.0.0.1", &[Target(Some("127.0.0.1:4000"))]);
    }

    #[test]
    fn a_mapped_address_is_the_address() {
        check("10.0.0.5:4000", "10.0.0.1", &[From(0, "[::ffff:10.0.0.5]:4000", true)]);
    }
}
