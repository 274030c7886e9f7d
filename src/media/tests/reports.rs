use std::net::SocketAddr;

use proptest::prelude::*;

use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, StreamId};
use crate::media::rtcp::{Reports, Sending};
use crate::media::source::Reception;
use crate::media::{Command, Event, Remote, Stats};

/// What happens on the RTCP socket of a party, in order.
enum Step {
    /// So many milliseconds pass.
    Wait(u64),
    /// A report comes from there; whether it is the party's.
    From(&'static str, bool),
    /// RTP comes from there.
    Speech(&'static str),
    /// Where our last report went since the step before; none may have left.
    To(Option<&'static str>),
}
use Step::{From, Speech, To, Wait};

/// A report that says of what we send to the first party that half of it is lost.
fn report(studio: &Studio) -> Vec<u8> {
    let ours =
        studio.sent.iter().rev().find(|sent| sent.from.rtcp && sent.from.stream == StreamId(1));
    let ssrc = ours.map_or(0, |ours| u32::from_be_bytes(ours.bytes[4..8].try_into().unwrap()));
    let block = Reception { ssrc, fraction_lost: 128, lost: 3, highest: 9, jitter: 80 };
    let sending = Sending { ssrc: 1, ts: 0, packets: 1, octets: 0 };
    Reports::default().write(studio.now, sending, Some(block)).unwrap().to_vec()
}

fn close(studio: &mut Studio) -> Stats {
    studio.command(Command::Close { stream: StreamId(1) });
    let Some(Event::Stats { stats, last: true, .. }) = studio.events.last() else { panic!() };
    (**stats).clone()
}

fn check(rtcp: &str, signalling: &str, steps: &[Step]) {
    let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
    let mut studio = Studio::new();
    let rtcp = parse(rtcp);
    let rtp = SocketAddr::new(rtcp.ip(), rtcp.port() - 1);
    let signalling_ip = signalling.parse().unwrap();
    studio.open(1, Remote { rtp, rtcp, signalling_ip, ..remote(1, Codec::Pcma) });
    let mut voice = Voice::new(1);
    let (mut strangers, mut told) = (0, 0);
    for (index, step) in steps.iter().enumerate() {
        match step {
            Wait(ms) => studio.run(*ms),
            From(from, is_party) => {
                let report = report(&studio);
                studio.receive_rtcp(1, parse(from), report);
                strangers += u64::from(!is_party);
                let mut seen = studio.worker.clone();
                let mut out = crate::media::Out::new();
                seen.command(studio.now, Command::Close { stream: StreamId(1) }, &mut out);
                let Some(Event::Stats { stats, .. }) = out.events.last() else { panic!() };
                assert_eq!(stats.strangers, strangers, "step {index}: {from}");
            }
            Speech(from) => studio.receive(1, parse(from), voice.say(&[1; 160])),
            To(expected) => {
                let reports: Vec<_> =
                    studio.sent[told..].iter().filter(|sent| sent.from.rtcp).collect();
                let last = reports.last().map(|sent| sent.to.to_string());
                assert_eq!(last.as_deref(), *expected, "step {index}");
                told = studio.sent.len();
            }
        }
    }
}

/// R6 for RTCP: it has a latch of its own, by the same rule.
#[test]
fn reports_are_taken_from_the_party_and_go_to_the_party_only() {
    // In the open: the address of the SDP; not another port of it, not a third address.
    check(
        "10.0.0.5:4001",
        "10.0.0.1",
        &[
            From("10.9.9.9:4001", false),
            From("10.0.0.5:4444", false),
            Wait(5_100),
            To(Some("10.0.0.5:4001")),
            From("10.0.0.5:4001", true),
            From("10.9.9.9:4001", false),
            From("10.0.0.1:4001", false),
            Wait(4_000),
            From("10.9.9.9:4001", false),
            From("10.0.0.1:4001", false),
            Wait(5_100),
            To(Some("10.0.0.5:4001")),
        ],
    );
    // Behind NAT: nothing leaves before something was heard on this socket; what was heard on the
    // other one says nothing. Another port of the same address follows after silence.
    check(
        "192.168.1.2:4001",
        "203.0.113.7",
        &[
            From("203.0.113.8:6001", false),
            From("192.168.1.2:4001", false),
            Speech("203.0.113.7:6000"),
            Wait(5_100),
            To(None),
            From("203.0.113.7:6001", true),
            From("203.0.113.7:7001", false),
            From("203.0.113.8:6001", false),
            Wait(5_100),
            To(Some("203.0.113.7:6001")),
            From("203.0.113.8:6001", false),
            From("203.0.113.7:7001", true),
            Wait(5_100),
            To(Some("203.0.113.7:7001")),
        ],
    );
}

/// A stranger who knows our source cannot make the figures lie.
#[test]
fn a_strangers_report_changes_no_figure() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.run(5_100);
    let report = report(&studio);
    studio.receive_rtcp(1, "10.9.9.9:4001".parse().unwrap(), report.clone());
    let mut other = studio.worker.clone();
    let stats = close(&mut studio);
    assert_eq!((stats.far_loss, stats.strangers), (None, 1));
    // The party's own does.
    let socket = crate::media::Socket { stream: StreamId(1), rtcp: true };
    let mut out = crate::media::Out::new();
    let from = "10.0.0.1:4001".parse().unwrap();
    other.packet(studio.now, socket, from, &mut report.clone(), &mut out);
    other.command(studio.now, Command::Close { stream: StreamId(1) }, &mut out);
    let Some(Event::Stats { stats, .. }) = out.events.last() else { panic!() };
    assert_eq!((stats.far_loss, stats.strangers), (Some(0.5), 1));
}

/// BYE whose reason is longer than itself, feedback of no known form, lengths that lie: alone, and
/// behind a good report, which counts all the same.
#[test]
fn a_report_before_a_lie_counts_and_the_talk_goes_on() {
    let lies: [&[u8]; 9] = [
        &[0x81, 203, 0, 2, 0, 0, 0, 1, 250, b'x', b'x', b'x'],
        &[0x9F, 203, 0, 1, 0, 0, 0, 1],
        &[0x80, 203, 0, 0],
        &[0x81, 205, 0, 1, 0, 0, 0, 1],
        &[0x8F, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x8F, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 255, 255, 255, 255],
        &[0x80, 207, 0, 2, 0, 0, 0, 1, 4, 0, 255, 255],
        &[0x9F, 201, 0, 1, 0, 0, 0, 1],
        &[0x9F, 202, 255, 255, 0, 0, 0, 1, 1, 255],
    ];
    for lie in lies {
        let mut studio = Studio::new();
        for party in [1, 2] {
            studio.open(party, remote(party, Codec::Pcma));
        }
        studio.bridge(1, 2);
        studio.run(5_100);
        let from = "10.0.0.1:4001".parse().unwrap();
        studio.receive_rtcp(1, from, lie.to_vec());
        let good = report(&studio);
        studio.receive_rtcp(1, from, [&good, lie].concat());
        studio.receive(1, address(1), Voice::new(1).say(&[3; 160]));
        assert_eq!(studio.sent_to(2).len(), 1, "{lie:?}");
        assert_eq!(close(&mut studio).far_loss, Some(0.5), "{lie:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Compound packets of every type with counts and lengths that lie: nothing panics, nothing is
    /// answered, and the talk goes on.
    #[test]
    fn no_compound_packet_does_harm(
        parts in proptest::collection::vec(
            (0_u8..32, 190_u8..=215, -2_i32..3, proptest::collection::vec(any::<u8>(), 0..80)),
            1..12,
        ),
    ) {
        let mut studio = Studio::new();
        for party in [1, 2] {
            studio.open(party, remote(party, Codec::Pcma));
        }
        studio.bridge(1, 2);
        let mut bytes = report(&studio);
        for (count, kind, lie, body) in parts {
            let words = i32::try_from(body.len() / 4).unwrap();
            let length = u16::try_from((words + lie).max(0)).unwrap().to_be_bytes();
            bytes.extend([0x80 | count, kind, length[0], length[1]]);
            bytes.extend(body);
        }
        let sent = studio.sent.len();
        studio.receive_rtcp(1, "10.0.0.1:4001".parse().unwrap(), bytes);
        prop_assert_eq!((studio.sent.len(), studio.events.len()), (sent, 0));
        studio.receive(1, address(1), Voice::new(1).say(&[3; 160]));
        prop_assert_eq!(studio.sent_to(2).len(), 1);
        studio.run(5_100);
    }
}
