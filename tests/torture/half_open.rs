use std::io::Write;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use hotline::peer::Incoming;
use serde_json::json;

use crate::sipp::cdr::end;
use crate::sipp::stage::{LIMIT, Stage, TONE};
use crate::torture::raw::{Raw, Up, header, sdp};
use crate::torture::rfc::{connect, final_status};
use crate::torture::talker::Talker;

/// What R5 promises; the longest that is waited for here is the transaction timer of RFC 3261, 32 s.
const OVER: Duration = Duration::from_secs(40);

fn fast() -> Stage {
    Stage::with(|config| {
        config.replace("[media]\n", "[media]\nsilence = \"1s\"\n")
            + "[limits]\nprobe_every = \"1s\"\n"
    })
}

/// R5: a party that sends no RTP is asked by OPTIONS; 481 ends the call, 200 does not, and the agent
/// is free again.
#[test]
fn a_silent_party_is_asked_and_gone_when_it_does_not_know_the_call() {
    let stage = fast();
    let agent = stage.agent("8102", Incoming::AnswerAfter(Duration::ZERO));
    let up = Up::new(&stage.switch, stage.switch.place.at(11, 0), "12399");
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    let voice = Talker::new(&up.rtp, vec![up.far], 0xabcd, TONE);
    assert!(talk.hears_tone(TONE, LIMIT));
    drop(voice);
    for (answer, is_last) in [("200 OK", false), ("200 OK", false), ("481 Gone", true)] {
        let asked = request(&up.raw, "OPTIONS");
        up.raw.send(response(&asked, answer));
        assert!(is_last || talk.is_up());
    }
    assert!(talk.wait_end(LIMIT).is_some());
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "media-timeout system 8102 0", "{cdr}");
    let (_, view) = stage.switch.get("/v1/agents/8102");
    assert_eq!((&view["status"], &view["state"]), (&json!("ready"), &json!("idle")), "{view}");
}

/// The next request of a method that comes.
fn request(raw: &Raw, method: &str) -> String {
    let until = Instant::now() + LIMIT;
    while Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now());
        if let Some(text) = raw.next(left).filter(|text| text.starts_with(method)) {
            return text;
        }
    }
    panic!("no {method} came");
}

fn response(request: &str, status: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        text += &format!("{name}: {}\r\n", header(request, name).unwrap_or_default());
    }
    text + "Content-Length: 0\r\n\r\n"
}

/// R5: what ends only by a timer, all at once: a 200 that is never acknowledged, a caller who vanishes
/// without a word, one who does so on hold, INVITEs over connections that are closed.
#[test]
fn callers_who_vanish_leave_nothing_behind() {
    let stage = fast();
    let place = stage.switch.place;
    let lost = Raw::new(place.at(11, 0), stage.switch.sip());
    let rtp = UdpSocket::bind((place.ip(11), 0)).expect("a socket");
    let body = sdp(rtp.local_addr().expect("bound"));
    let names = lost.names("13800138001", "9196");
    assert_eq!(lost.ask(&lost.request(&names, "INVITE", 1, "", &body)).status, 200);

    let vanished = Up::new(&stage.switch, place.at(11, 0), "9196");
    drop(vanished);

    let holding = Up::new(&stage.switch, place.at(11, 0), "9196");
    let body_of_hold = sdp(holding.rtp.local_addr().expect("bound"));
    let (cseq, hold) = (holding.cseq(), body_of_hold.replace("a=sendrecv", "a=inactive"));
    let reinvite = holding.raw.request(&holding.names, "INVITE", cseq, "", &hold);
    assert_eq!(holding.raw.ask(&reinvite).status, 200);
    holding.raw.send(holding.raw.request(&holding.names, "ACK", cseq, "", ""));
    drop(holding);

    for number in 0..5 {
        let mut stream = connect(place.at(11, 0), stage.switch.sip());
        let names = lost.names("13800138002", "9196");
        let invite =
            lost.request(&names, "INVITE", 1, "", &body).replace("SIP/2.0/UDP", "SIP/2.0/TCP");
        stream.write_all(invite.as_bytes()).expect("sent");
        if number % 2 == 0 {
            assert_eq!(final_status(&mut stream, LIMIT), Some(200));
        }
    }
    let from = Instant::now();
    let ended = loop {
        let (_, live) = stage.switch.get("/v1/calls/live");
        if live["rows"] == json!([]) || from.elapsed() > OVER {
            break live;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(ended["rows"], json!([]), "still up after {:?}", from.elapsed());
    println!("all ended after {:?}", from.elapsed());
    let cdrs = stage.switch.cdrs(8);
    assert_eq!(cdrs.len(), 8);
    for cdr in &cdrs {
        let cause = cdr["cause"].as_str().unwrap_or_default();
        assert!(
            ["no-ack", "media-timeout", "cancelled", "self-served", "abandoned-ivr"]
                .contains(&cause),
            "{cdr}"
        );
    }
}
