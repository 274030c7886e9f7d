use std::net::{SocketAddr, UdpSocket};
use std::thread::sleep;
use std::time::Duration;

use hotline::peer::{Call, Incoming};

use crate::sipp::stage::{LIMIT, Stage, TONE};
use crate::torture::raw::Up;
use crate::torture::talker::{Talker, rtp};

const AT_ONCE: Incoming = Incoming::AnswerAfter(Duration::ZERO);
/// What intruders say.
const EVIL: u16 = 700;

fn socket(at: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(at).expect("a loopback socket");
    socket.set_nonblocking(true).expect("non-blocking");
    socket
}

/// RTP and RTCP that a socket has received.
fn received(socket: &UdpSocket) -> (usize, usize) {
    let mut buffer = [0; 2_048];
    let is_rtcp = |packet: &[u8]| packet.get(1).is_some_and(|kind| (200..=207).contains(kind));
    let kinds = std::iter::from_fn(|| {
        socket.recv_from(&mut buffer).ok().map(|(length, _)| is_rtcp(&buffer[..length]))
    });
    let (rtcp, rtp): (Vec<_>, Vec<_>) = kinds.partition(|is_rtcp| *is_rtcp);
    (rtp.len(), rtcp.len())
}

fn is_clean(call: &Call) {
    let heard = call.hear();
    assert_eq!(heard.tone_windows(EVIL), 0, "an intruder was heard");
    let strange = heard.windows.iter().filter(|window| window.share(EVIL) > 0.1).count();
    assert_eq!((strange, heard.foreign), (0, 0), "an intruder was heard among others");
}

/// R6: every RTP port is sprayed from a third address from before the call until after it, from a
/// known trunk's other address too; then one party falls silent.
#[test]
fn media_sprayed_at_all_ports_is_neither_heard_nor_answered() {
    let stage = Stage::new();
    let place = stage.switch.place;
    let ports: Vec<SocketAddr> = (20_000..21_000).map(|port| place.at(10, port)).collect();
    let intruders = [socket(place.at(66, 4_000)), socket(place.at(13, 4_000))];
    let spray = intruders.each_ref().map(|intruder| Talker::new(intruder, ports.clone(), 7, EVIL));
    let agent = stage.agent("8102", AT_ONCE);
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12399");
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    assert!(talk.hears_tone(TONE, LIMIT) && call.hears_tone(TONE, LIMIT));
    call.say(hotline::peer::Source::Nothing);
    sleep(Duration::from_secs(4));
    is_clean(&talk);
    call.say(hotline::peer::Source::tone(TONE));
    assert!(talk.hears_tone(TONE, LIMIT) && call.hears_tone(TONE, LIMIT));
    call.hang_up();
    talk.wait_end(LIMIT).expect("the talk ends");
    drop(spray);
    is_clean(&talk);
    is_clean(&call);
    for intruder in &intruders {
        assert_eq!(received(intruder), (0, 0), "media leaked");
    }
}

/// R6: who knows the port, the SSRC and the sequence numbers is still not the party.
#[test]
fn a_stolen_ssrc_rtcp_and_another_port_of_the_party_change_nothing() {
    let stage = Stage::new();
    let place = stage.switch.place;
    let agent = stage.agent("8102", AT_ONCE);
    let up = Up::new(&stage.switch, place.at(11, 0), "12399");
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    let voice = Talker::new(&up.rtp, vec![up.far], 0xabcd, TONE);
    assert!(talk.hears_tone(TONE, LIMIT));

    let third = socket(place.at(66, 4_000));
    let beside = socket(place.at(11, 0));
    let evil = [&third, &beside].map(|from| Talker::new(from, vec![up.far], 0xabcd, EVIL));
    let rtcp = SocketAddr::new(up.far.ip(), up.far.port() + 1);
    for from in [&third, &beside] {
        // BYE of that SSRC with a reason that lies about its length; a report of a million packets
        // lost; feedback with nothing in it; what STUN and DTLS begin with.
        for packet in hostile() {
            from.send_to(&packet, rtcp).expect("sent");
            from.send_to(&packet, up.far).expect("sent");
        }
    }
    sleep(Duration::from_millis(1_500));
    assert!(talk.hears_tone(TONE, LIMIT));
    is_clean(&talk);
    drop(voice);
    drop(evil);
    let evil = Talker::new(&third, vec![up.far], 0xabcd, EVIL);
    sleep(Duration::from_secs(4));
    is_clean(&talk);
    drop(evil);
    assert!(up.is_up());
    let heard = up.heard();
    assert!(heard.len() > 50 && heard.iter().all(|from| *from == up.far), "{}", heard.len());
    up.hang_up();
    talk.wait_end(LIMIT).expect("the talk ends");
    is_clean(&talk);
    assert_eq!(received(&third), (0, 0), "media leaked");
    // The party itself never sent RTCP: from its IP address a report may be asked for (NAT).
    assert_eq!(received(&beside).0, 0, "media leaked");
}

/// The party itself sends rubbish: nothing ends, nobody hears it.
#[test]
fn rubbish_from_the_party_costs_nothing() {
    let stage = Stage::new();
    let agent = stage.agent("8102", AT_ONCE);
    let up = Up::new(&stage.switch, stage.switch.place.at(11, 0), "12399");
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    let voice = Talker::new(&up.rtp, vec![up.far], 0xabcd, TONE);
    assert!(talk.hears_tone(TONE, LIMIT));
    let rtcp = SocketAddr::new(up.far.ip(), up.far.port() + 1);
    for round in 0..20 {
        for packet in hostile() {
            up.rtp.send_to(&packet, rtcp).expect("sent");
            up.rtp.send_to(&packet, up.far).expect("sent");
        }
        let mut cut = rtp(round, 0xabcd, EVIL);
        cut.truncate(usize::from(round) % 13);
        up.rtp.send_to(&cut, up.far).expect("sent");
    }
    assert!(talk.hears_tone(TONE, LIMIT));
    drop(voice);
    up.hang_up();
    talk.wait_end(LIMIT).expect("the talk ends");
    assert_eq!(talk.hear().malformed, 0);
}

fn hostile() -> Vec<Vec<u8>> {
    vec![
        vec![0x81, 203, 0, 2, 0, 0, 0xab, 0xcd, 255, b'b', b'y', b'e'],
        vec![0x81, 203, 0xff, 0xff, 0, 0, 0xab, 0xcd],
        [vec![0x81, 201, 0, 7, 0, 0, 0xab, 0xcd], vec![0xff; 24]].concat(),
        vec![0x9f, 200, 0, 1, 0, 0, 0xab, 0xcd],
        vec![0x80, 205, 0, 0],
        vec![0x8f, 206, 0, 2, 0, 0, 0xab, 0xcd, 0, 0, 0, 0],
        vec![0x01, 0x11, 0, 4, 0x21, 0x12, 0xa4, 0x42],
        vec![
            0x01, 0x11, 0, 64, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0,
            1,
        ],
        vec![22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 1, 0, 0, 28],
        vec![0x9f, 8, 0, 1],
        vec![0xbf, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0xab, 0xcd, 0xbe, 0xde, 0xff, 0xff],
        vec![0x80, 0xe5, 0, 1, 0, 0, 0, 160, 0, 0, 0xab, 0xcd, 255],
        Vec::new(),
    ]
}
