use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::local;
use crate::base::Codec;
use crate::sdp::{Direction, Local, Refusal, agree, answer, offer};

fn codecs() -> impl Strategy<Value = Vec<Codec>> {
    prop_oneof![
        Just(vec![Codec::Pcma, Codec::Pcmu]),
        Just(vec![Codec::Pcmu, Codec::Pcma]),
        Just(vec![Codec::Pcma]),
        Just(vec![Codec::Pcmu]),
    ]
}

fn directions() -> impl Strategy<Value = Direction> {
    (any::<bool>(), any::<bool>()).prop_map(|(sends, receives)| Direction::new(sends, receives))
}

/// Both sides of a leg, in the same IP version.
fn sides() -> impl Strategy<Value = (Local, Local)> {
    let side = || {
        (
            (1_u32.., 1_u128.., 1_u16..32_000),
            (any::<u64>(), any::<u64>()),
            codecs(),
            proptest::option::of(96_u8..128),
            directions(),
            1_u8..7,
        )
    };
    (any::<bool>(), side(), side()).prop_map(|(v6, one, two)| {
        let local = |(numbers, (session, version), codecs, telephone_event, direction, tens)| {
            let (v4, wide, half): (u32, u128, u16) = numbers;
            let wide = IpAddr::V6(Ipv6Addr::from(wide | 1 << 125));
            Local {
                address: if v6 { wide } else { IpAddr::V4(Ipv4Addr::from(v4)) },
                port: half * 2,
                session,
                version,
                codecs,
                telephone_event,
                direction,
                ptime_ms: tens * 10,
            }
        };
        (local(one), local(two))
    })
}

/// Pieces of descriptions in any order: closer to the parser's branches than mere bytes.
fn scraps() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("v=0".to_owned()),
        Just("c=IN IP4 192.0.2.1".to_owned()),
        Just("c=IN IP6 ::1".to_owned()),
        "c=[ -~]{0,20}",
        "m=audio [0-9]{1,6} RTP/AVP [0-9 ]{0,20}",
        "m=[a-z]{0,6} [0-9/]{0,8} [A-Z/]{0,12} [ -~]{0,12}",
        "a=rtpmap:[0-9]{1,4} [a-zA-Z-]{0,16}/[0-9/]{0,8}",
        "a=rtcp:[ -~]{0,20}",
        "a=(max)?ptime:[ -~]{0,8}",
        "a=[ -~]{0,20}",
        "[ -~\u{0}\u{80}-\u{ff}]{0,30}",
    ];
    proptest::collection::vec(line, 0..24).prop_map(|lines| lines.join("\r\n"))
}

proptest! {
    #[test]
    fn both_sides_of_an_offer_and_its_answer_agree((a, b) in sides()) {
        match answer(&offer(&a), &b) {
            Ok((text, theirs)) => {
                let ours = agree(&a, &text).unwrap();
                prop_assert_eq!(ours.codec, theirs.codec);
                prop_assert_eq!(ours.payload_type, theirs.receive_type);
                prop_assert_eq!(ours.receive_type, theirs.payload_type);
                let turned = theirs.telephone_event.map(|(send, receive)| (receive, send));
                prop_assert_eq!(ours.telephone_event, turned);
                prop_assert_eq!(ours.telephone_event.is_some(),
                    a.telephone_event.is_some() && b.telephone_event.is_some());
                prop_assert_eq!(ours.direction, theirs.direction.reversed());
                prop_assert_eq!(ours.ptime_ms, theirs.ptime_ms);
                prop_assert_eq!((ours.remote.ip(), ours.remote.port()), (b.address, b.port));
                prop_assert_eq!((theirs.remote.ip(), theirs.remote.port()), (a.address, a.port));
                prop_assert_eq!(ours.remote_rtcp.port(), b.port + 1);
                prop_assert_eq!(theirs.held_by_peer, !a.direction.receives());
            }
            Err(refusal) => {
                prop_assert_eq!(refusal, Refusal::NoCodec);
                prop_assert!(!a.codecs.iter().any(|codec| b.codecs.contains(codec)));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = answer(&bytes, &local());
        let _ = agree(&local(), &bytes);
    }

    #[test]
    fn scraps_never_panic_and_every_answer_can_be_read(text in scraps()) {
        if let Ok((answered, agreed)) = answer(text.as_bytes(), &local()) {
            let lines = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
            let answered = std::str::from_utf8(&answered).unwrap();
            prop_assert_eq!(lines(answered), lines(&text));
            prop_assert!((10..=60).contains(&agreed.ptime_ms));
            prop_assert!(agreed.payload_type < 128);
            prop_assert!(agree(&local(), answered.as_bytes()).is_ok());
        }
        if let Err(refusal) = agree(&local(), text.as_bytes()) {
            let text = refusal.to_string();
            prop_assert!(text.len() < 160 && !text.contains(['\r', '\n', '"', '\0']), "{}", text);
        }
    }

    #[test]
    fn an_offer_changed_anywhere_never_panics(
        at in 0_usize..220, byte in any::<u8>(), cut in 0_usize..220,
    ) {
        let mut text = offer(&local()).to_vec();
        if let Some(changed) = text.get_mut(at) {
            *changed = byte;
        }
        let _ = answer(&text, &local());
        text.truncate(cut);
        let _ = answer(&text, &local());
    }
}

/// 64 kB of formats and attributes cost one pass each, not their product.
#[test]
fn a_huge_description_is_read_in_one_pass() {
    let mut text = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP".to_owned();
    text.push_str(&" 96".repeat(10_000));
    text.push_str(" 8\r\n");
    text.push_str(&"a=rtpmap:97 x/8000\r\n".repeat(1_500));
    let (answered, agreed) = answer(text.as_bytes(), &local()).unwrap();
    assert_eq!(agreed.codec, Codec::Pcma);
    assert!(answered.len() < 300);
    text.push_str(&"a=x\r\n".repeat(5_000));
    assert!(matches!(answer(text.as_bytes(), &local()), Err(Refusal::Malformed(_))));
}
