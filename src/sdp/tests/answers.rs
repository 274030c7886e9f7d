use std::net::IpAddr;

use super::{description, local, media_lines, refused, shown};
use crate::base::Codec;
use crate::sdp::{Direction, Local, Refusal, agree, answer, offer};

#[test]
fn our_offer_is_small_and_says_everything() {
    let text = offer(&local());
    assert_eq!(
        std::str::from_utf8(&text).unwrap(),
        "v=0\r\no=- 7 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n\
         m=audio 20000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

/// Answers an offer with this direction; the direction that we say, and whether we are held.
fn check_direction(lines: &[&str], ours: Direction, expected: &str) {
    let mut all = vec!["m=audio 4000 RTP/AVP 8"];
    all.extend(lines);
    let local = Local { direction: ours, ..local() };
    let (text, agreed) = answer(description(&all).as_bytes(), &local).unwrap();
    let held = if agreed.held_by_peer { " held" } else { "" };
    assert_eq!(format!("{}{held}", agreed.direction.name()), expected, "{lines:?} {ours:?}");
    let said = format!("a={}\r\n", agreed.direction.name());
    assert!(std::str::from_utf8(&text).unwrap().ends_with(&said));
}

#[test]
fn hold_and_retrieve() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let rows: &[(&[&str], Direction, &str)] = &[
        (&[], SendRecv, "sendrecv"),
        (&["a=sendrecv"], SendRecv, "sendrecv"),
        (&["a=sendonly"], SendRecv, "recvonly held"),
        (&["a=SendOnly"], SendRecv, "recvonly held"),
        (&["a=recvonly"], SendRecv, "sendonly"),
        (&["a=inactive"], SendRecv, "inactive held"),
        (&["c=IN IP4 0.0.0.0"], SendRecv, "recvonly held"),
        (&["c=IN IP4 0.0.0.0", "a=sendonly"], SendRecv, "recvonly held"),
        (&["c=IN IP4 0.0.0.0", "a=recvonly"], SendRecv, "inactive held"),
        (&["c=IN IP6 ::"], SendRecv, "recvonly held"),
        (&["c=IN IP6 hold.invalid"], SendRecv, "recvonly held"),
        (&["a=sendrecv"], SendOnly, "sendonly"),
        (&["a=sendonly"], SendOnly, "inactive held"),
        (&["a=recvonly"], RecvOnly, "inactive"),
        (&["a=sendrecv"], Inactive, "inactive"),
    ];
    for (lines, ours, expected) in rows {
        check_direction(lines, *ours, expected);
    }
}

#[test]
fn the_direction_of_the_session_holds_where_the_line_says_nothing() {
    let session = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
                   a=sendonly\r\nm=audio 4000 RTP/AVP 8\r\n";
    let (_, agreed) = answer(session.as_bytes(), &local()).unwrap();
    assert!(agreed.held_by_peer);
    let line = format!("{session}a=sendrecv\r\n");
    let (_, agreed) = answer(line.as_bytes(), &local()).unwrap();
    assert_eq!(agreed.direction, Direction::SendRecv);
}

/// Agrees on the answer to our offer with this direction.
fn check_agree(ours: Direction, lines: &[&str], expected: Result<&str, &str>) {
    let local = Local { direction: ours, ..local() };
    let got = agree(&local, description(lines).as_bytes());
    let got = got.map(|agreed| shown(&agreed)).map_err(|refusal| refusal.to_string());
    assert_eq!(got.as_deref().map_err(String::as_str), expected, "{lines:?}");
}

#[test]
fn answers_to_our_offer() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let event = "a=rtpmap:96 telephone-event/8000";
    check_agree(
        SendRecv,
        &["m=audio 4000 RTP/AVP 0 8 96", event],
        Ok("PCMU 0/0 event 96/101 sendrecv 20ms 192.0.2.1:4000 rtcp 4001"),
    );
    check_agree(
        SendRecv,
        &["m=audio 4000 RTP/AVP 114", "a=rtpmap:114 PCMA/8000", "a=ptime:40", "a=rtcp:9"],
        Ok("PCMA 114/8 event - sendrecv 40ms 192.0.2.1:4000 rtcp 9"),
    );
    check_agree(
        SendOnly,
        &["m=audio 4000 RTP/AVP 8", "a=recvonly"],
        Ok("PCMA 8/8 event - sendonly 20ms 192.0.2.1:4000 rtcp 4001"),
    );
    check_agree(
        SendOnly,
        &["m=audio 4000 RTP/AVP 8", "a=inactive"],
        Ok("PCMA 8/8 event - inactive 20ms 192.0.2.1:4000 rtcp 4001 held"),
    );
    check_agree(
        RecvOnly,
        &["m=audio 4000 RTP/AVP 8", "a=sendonly"],
        Ok("PCMA 8/8 event - recvonly 20ms 192.0.2.1:4000 rtcp 4001"),
    );
    check_agree(
        Inactive,
        &["m=audio 4000 RTP/AVP 8", "a=inactive"],
        Ok("PCMA 8/8 event - inactive 20ms 192.0.2.1:4000 rtcp 4001"),
    );
    check_agree(SendRecv, &["m=audio 0 RTP/AVP 8"], Err("audio is switched off (port 0)"));
    check_agree(
        SendRecv,
        &["m=audio 4000 RTP/AVP 18"],
        Err("no codec in common, use PCMA/8000 or PCMU/8000"),
    );
    check_agree(SendRecv, &[], Err("no audio offered"));
}

#[test]
fn what_cannot_be_agreed_is_named() {
    let savp = "m=audio 4000 RTP/SAVP 8";
    let dtls = "m=audio 4000 UDP/TLS/RTP/SAVPF 8";
    let fax = "m=image 4002 udptl t38";
    let rows: &[(&[&str], &str)] = &[
        (&[], "no audio offered"),
        (&["m=video 4000 RTP/AVP 96"], "no audio offered"),
        (&["m=audio 0 RTP/AVP 8"], "audio is switched off (port 0)"),
        (
            &["m=audio 0 RTP/AVP 8", "m=audio 4000 RTP/AVP 18"],
            "no codec in common, use PCMA/8000 or PCMU/8000",
        ),
        (&[savp], "audio over RTP/SAVP is not supported, use RTP/AVP"),
        (&[dtls], "audio over UDP/TLS/RTP/SAVPF is not supported, use RTP/AVP"),
        (&[fax], "fax (T.38) is not supported, use G.711"),
        (&["m=audio 0 RTP/AVP 8", fax], "fax (T.38) is not supported, use G.711"),
        (&[savp, fax], "audio over RTP/SAVP is not supported, use RTP/AVP"),
        (&["m=audio 4000 RTP/AVP 9 18"], "no codec in common, use PCMA/8000 or PCMU/8000"),
        (
            &["m=audio 4000 RTP/AVP 8", "a=rtpmap:8 G726-32/8000"],
            "no codec in common, use PCMA/8000 or PCMU/8000",
        ),
        (
            &["m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA/16000"],
            "no codec in common, use PCMA/8000 or PCMU/8000",
        ),
        (
            &["m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::1"],
            "address 2001:db8::1 is of another IP version than ours",
        ),
        (
            &["m=audio 4000 RTP/AVP 8", "c=IN IP4 phone.example.com"],
            "no usable connection address: phone.example.com",
        ),
        (
            &["m=audio 4000 RTP/AVP 8", "c=IN IP4 \"evil\\u{e9}"],
            "no usable connection address: ?evil?u{e9}",
        ),
        (&["m=audio 4000 RTP/X\u{e9}\"Y 8"], "audio over RTP/X??Y is not supported, use RTP/AVP"),
    ];
    for (lines, expected) in rows {
        assert_eq!(refused(&description(lines)).to_string(), *expected, "{lines:?}");
    }
    assert_eq!(
        refused("v=0\r\nm=audio 4000 RTP/AVP 8\r\n").to_string(),
        "no usable connection address: no c= line"
    );
    for junk in [
        "",
        "hello",
        "v=1\r\n",
        "m=audio 4000 RTP/AVP 8",
        "v=0\r\nm=audio\r\n",
        "v=0\r\nm=audio 70000 RTP/AVP 8\r\n",
    ] {
        assert!(matches!(refused(junk), Refusal::Malformed(_)), "{junk:?}");
    }
    assert!(matches!(
        refused(&description(&["m=audio 4000 RTP/AVP 8"; 17])),
        Refusal::TooManyMedia { lines: 17, limit: 16 }
    ));
}

#[test]
fn each_refusal_has_a_warn_code() {
    for (lines, code) in [
        ("m=video 4000 RTP/AVP 96", 304),
        ("m=audio 4000 RTP/SAVP 8", 302),
        ("m=audio 4000 RTP/AVP 18", 305),
        ("m=image 4000 udptl t38", 304),
    ] {
        assert_eq!(refused(&description(&[lines])).warn_code(), code, "{lines}");
    }
    assert_eq!(refused("").warn_code(), 399);
}

#[test]
fn a_strange_ptime_is_brought_to_what_we_can_send() {
    for (line, ms) in [
        ("a=ptime:20", 20),
        ("a=ptime:30", 30),
        ("a=ptime: 30", 30),
        ("a=ptime:20.0", 20),
        ("a=ptime:5", 10),
        ("a=ptime:37", 30),
        ("a=ptime:200", 60),
        ("a=ptime:99999999999999999999", 60),
        ("a=ptime:0", 20),
        ("a=ptime:-20", 20),
        ("a=ptime:fast", 20),
        ("a=ptime", 20),
        ("a=maxptime:10", 10),
        ("a=maxptime:0", 20),
    ] {
        let text = description(&["m=audio 4000 RTP/AVP 8", line]);
        let (answered, agreed) = answer(text.as_bytes(), &local()).unwrap();
        assert_eq!(agreed.ptime_ms, ms, "{line}");
        let said = format!("a=ptime:{ms}\r\n");
        assert!(std::str::from_utf8(&answered).unwrap().contains(&said), "{line}");
    }
}

#[test]
fn addresses_are_kept_as_they_are_written() {
    for (connection, rtcp, expected) in [
        ("IP4 127.0.0.1", "", "127.0.0.1:4000 4001"),
        ("IP4 224.2.1.1/127/3", "", "224.2.1.1:4000 4001"),
        ("IP4 192.0.2.7", "a=rtcp:0", "192.0.2.7:4000 4001"),
        ("IP4 192.0.2.7", "a=rtcp:99999", "192.0.2.7:4000 4001"),
        ("IP4 192.0.2.7", "a=rtcp:5 IN IP4", "192.0.2.7:4000 5"),
        ("IP4 192.0.2.7", "a=rtcp:5 IN IP4 here", "192.0.2.7:4000 5"),
        ("IP6 ::ffff:192.0.2.7", "", "192.0.2.7:4000 4001"),
    ] {
        let connection = format!("c=IN {connection}");
        let text = description(&["m=audio 4000 RTP/AVP 8", &connection, rtcp]);
        let (_, agreed) = answer(text.as_bytes(), &local()).unwrap();
        let got = format!("{} {}", agreed.remote, agreed.remote_rtcp.port());
        assert_eq!(got, expected, "{connection} {rtcp}");
    }
    let (_, last) = answer(description(&["m=audio 65535 RTP/AVP 8"]).as_bytes(), &local()).unwrap();
    assert_eq!(last.remote_rtcp.port(), 65_535);
}

#[test]
fn ipv6_on_both_sides() {
    let local = Local { address: "2001:db8::9".parse::<IpAddr>().unwrap(), ..local() };
    let text = description(&["m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::1"]);
    let (answered, agreed) = answer(text.as_bytes(), &local).unwrap();
    assert_eq!(agreed.remote.to_string(), "[2001:db8::1]:4000");
    let answered = std::str::from_utf8(&answered).unwrap();
    assert!(answered.contains("c=IN IP6 2001:db8::9\r\n"), "{answered}");
    assert!(answered.contains("o=- 7 1 IN IP6 2001:db8::9\r\n"), "{answered}");
}

#[test]
fn our_preference_decides_and_a_repeated_type_counts_once() {
    let text = description(&[
        "m=audio 4000 RTP/AVP 0 0 8 8 8 101 101",
        "a=rtpmap:101 telephone-event/8000",
    ]);
    let (answered, agreed) = answer(text.as_bytes(), &local()).unwrap();
    assert_eq!(agreed.codec, Codec::Pcma);
    assert_eq!(media_lines(&answered), ["audio 20000 RTP/AVP 8 101"]);
    let mulaw = Local { codecs: vec![Codec::Pcmu], telephone_event: None, ..local() };
    let (answered, agreed) = answer(text.as_bytes(), &mulaw).unwrap();
    assert_eq!((agreed.codec, agreed.telephone_event), (Codec::Pcmu, None));
    assert_eq!(media_lines(&answered), ["audio 20000 RTP/AVP 0"]);
}

#[test]
fn a_sloppy_description_is_read() {
    let text = "v=0 \no=x\ns=\nc=IN  IP4  192.0.2.1 \nc=IN IP4 192.0.2.2\nb=??\nz=\nt=now\nx=1\n\n\
                garbage\nm=audio   4000   RTP/AVP   8 \na=rtpmap:8\na=\nk=\na=rtpmap:8 PCMA/8000 \n";
    let (answered, agreed) = answer(text.as_bytes(), &local()).unwrap();
    assert_eq!(shown(&agreed), "PCMA 8/8 event - sendrecv 20ms 192.0.2.1:4000 rtcp 4001");
    assert_eq!(media_lines(&answered), ["audio 20000 RTP/AVP 8"]);
}

#[test]
fn a_session_name_in_gbk_is_no_obstacle() {
    let text = b"v=0\r\ns=\xd6\xd0\xb9\xfa\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 8\r\n";
    assert!(answer(text, &local()).is_ok());
}
