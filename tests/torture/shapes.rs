use hotline::peer::Incoming;
use serde_json::json;

use crate::harness::Switch;
use crate::sipp::cdr::end;
use crate::sipp::stage::Stage;
use crate::torture::raw::{LIMIT, NEVER, Raw, Up, header, sdp};

/// Shapes of published advisories, as headers of an INVITE from a trunk and inside a call.
#[test]
fn shapes_of_published_advisories_are_survived() {
    let switch = Switch::start("");
    let trunk = Raw::new(switch.place.sip(11), switch.sip());
    let raw = Raw::new(switch.place.at(11, 0), switch.sip());
    let up = Up::new(&switch, switch.place.at(11, 0), "9196");
    let accept: String = (0..40).map(|n| format!("Accept: application/x-{n}\r\n")).collect();
    let long = "a".repeat(9_000);
    let headers = [
        accept,
        format!("Accept: {}\r\n", "application/sdp,".repeat(900)),
        "P-Asserted-Identity: \"\\\\\\\"; DROP TABLE calls;--\" <sip:1'\"%22%00@x>\r\n".into(),
        "Authorization: Digest\r\n".into(),
        "Authorization: Digest username=\"x\", realm=\"never\", nonce=\"\", uri=\"\", response=\"\"\r\n".into(),
        "Proxy-Authorization: Digest =,=,\"\r\n".into(),
        "Identity: abc;info=<http://192.0.2.1/x5u>;alg=ES256;ppt=shaken\r\n".into(),
        format!("User-Agent: {long}\r\n"),
        format!("X-Custom: {long}\r\n"),
        format!("Diversion: <sip:{long}@x>;reason=unconditional\r\n"),
        "Session-Expires: 0\r\nMin-SE: 99999999999\r\n".into(),
        "Max-Forwards: 999999999999999999999\r\n".into(),
        "Content-Encoding: gzip\r\n".into(),
        "Record-Route: <sip:192.0.2.1;lr>,<sip:192.0.2.2;lr>\r\nRoute: <sip:nowhere.invalid;lr>\r\n".into(),
        "Replaces: x;to-tag=y;from-tag=z\r\n".into(),
        "Alert-Info: <http://192.0.2.1/ring.wav>\r\nCall-Info: <http://192.0.2.1/>;answer-after=0\r\n".into(),
        "Content-Type: multipart/mixed;boundary=\"longer-than-the-body-is\"\r\n".into(),
        "Content-Type: multipart/mixed;boundary=\r\n".into(),
        "Content-Type: application/sdp;charset=\"\\\r\n".into(),
        "To: <sip:a@b>;tag=\r\n".into(),
        "To: <sip:a@b>;tag=x;tag=y\r\n".into(),
        "From: <sip:a@b>;tag=\u{1}\r\n".into(),
        "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK;branch=z9hG4bK\r\n".into(),
        "CSeq: 1 ".to_owned() + &long + "\r\n",
    ];
    let rtp = up.rtp.local_addr().expect("bound");
    for more in &headers {
        let names = raw.names("13800138000", "9196");
        raw.send(raw.request(&names, "INVITE", 1, more, &sdp(rtp)));
        raw.send(up.request("INVITE", more, &sdp(rtp)));
        raw.send(up.request("INFO", more, "Signal=1"));
        trunk.is_served();
    }
    let good = sdp(rtp);
    let bodies = [
        good.replace("a=sendrecv", "a=fmtp:101 \r\na=fmtp:\r\na=fmtp:999 x=y;;=\r\na=fmtp:8 -1"),
        good.replace("RTP/AVP 8 101", "RTP/AVP 8 -1 256 99999999999 x"),
        good.replace("RTP/AVP 8 101", "RTP/AVP"),
        good.replace("RTP/AVP 8 101", &format!("RTP/AVP{}", " 8".repeat(2_000))),
        good.replace("a=sendrecv", "a=ptime:4294967296\r\na=maxptime:0"),
        good.replace("a=sendrecv", "a=ptime:60000"),
        good.replace("a=sendrecv", &format!("a=ice-ufrag:{long}\r\na=candidate:{long}")),
        good.replace("c=IN IP4", "c=IN IP6"),
        good.replace(&format!("c=IN IP4 {}", rtp.ip()), "c=IN IP4 255.255.255.255"),
        good.replace(&format!("c=IN IP4 {}", rtp.ip()), "c=IN IP4 host.invalid"),
        good.replace("m=audio ", "m=audio 0"),
        good.replace("m=audio ", "m=audio 65536 "),
        "m=audio 9 RTP/AVP 8\r\n".repeat(300),
        "v=0\r\n".into(),
        "\0\0\0\0".into(),
        "v=0".repeat(10_000),
        good.replace("RTP/AVP", "RTP/SAVPF"),
        format!("{good}m=image 9 udptl t38\r\nm=video 9 RTP/AVP 96\r\n"),
    ];
    for body in &bodies {
        let names = raw.names("13800138000", "9196");
        let answer = raw.ask(&raw.request(&names, "INVITE", 1, "", body));
        assert!(answer.status < 500, "{}\n{body}", answer.text);
        raw.send(up.request("INVITE", "", body));
        trunk.is_served();
    }
    for _ in 0..2 {
        let names = raw.names("8001", "8002");
        let more = "Event: presence\r\nExpires: 0\r\n";
        assert_eq!(raw.ask(&raw.request(&names, "SUBSCRIBE", 1, more, "")).status, 405);
        let more = "Content-Type: text/plain\r\n";
        assert_eq!(raw.ask(&raw.request(&names, "MESSAGE", 1, more, "hello")).status, 403);
    }
    let names = raw.names("8001", "8001");
    let deep = "<a>".repeat(5_000);
    raw.send(raw.request(&names, "PUBLISH", 1, "Content-Type: application/pidf+xml\r\n", &deep));
    trunk.is_served();
    up.raw.drain();
    let other = Up::new(&switch, switch.place.at(11, 0), "9196");
    other.hang_up();
    assert_eq!(other.raw.ask(&other.request("INVITE", "", "")).status, 481, "after the BYE");
    trunk.is_served();
    assert!(!switch.log().contains("panicked"), "{}", switch.log());
}

/// Callees that mean harm: they challenge for ever, harvest digests, answer rubbish.
#[test]
fn hostile_callees_get_nothing_and_the_caller_gets_an_end() {
    let stage = Stage::new();
    let place = stage.switch.place;
    let callee = Raw::new(place.sip(13), stage.switch.sip());
    let citizen = stage.citizen();
    let rubbish = "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=1";
    let mut count = 0;
    for (what, status, tail) in [
        (
            "a new nonce each time",
            "401 Unauthorized",
            "WWW-Authenticate: Digest realm=\"hotline\", nonce=\"N\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            "a proxy's challenge",
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Digest realm=\"x\", nonce=\"N\"\r\nContent-Length: 0\r\n\r\n",
        ),
        ("an answer of rubbish", "200 OK", rubbish),
        ("no answer in the 200", "200 OK", "Content-Length: 0\r\n\r\n"),
        ("a redirection", "302 Moved", "Contact: <sip:x@192.0.2.1>\r\nContent-Length: 0\r\n\r\n"),
        ("a status of its own", "699 What", "Content-Length: 0\r\n\r\n"),
    ] {
        count += 1;
        let call = stage.call(&citizen, "12398");
        let (mut invites, mut ended) = (0, None);
        while ended.is_none() && invites < 20 {
            if let Some(request) = callee.next(NEVER) {
                assert!(!request.contains("Authorization:"), "{what}: {request}");
                if request.starts_with("INVITE") {
                    invites += 1;
                    callee.send(answer(
                        &request,
                        status,
                        &tail.replace('N', &format!("n{invites}")),
                    ));
                } else if request.starts_with("BYE") {
                    callee.send(answer(&request, "200 OK", "Content-Length: 0\r\n\r\n"));
                }
            }
            ended = call.view().ended;
        }
        assert!(invites <= 3, "{what}: {invites} INVITEs");
        assert!(call.wait_end(LIMIT).is_some(), "{what}");
        let cdr = &stage.switch.cdrs(count)[0];
        assert_eq!(end(cdr), "far-failed flow null 503", "{what}: {cdr}");
        callee.drain();
    }
    // The trunk is as good as before.
    drop(callee);
    let mut settings = hotline::peer::PhoneSettings::new("110");
    settings.bind = place.sip(13);
    settings.incoming = Incoming::AnswerAfter(std::time::Duration::ZERO);
    let _good = hotline::peer::Phone::start(settings).expect("a phone");
    let call = stage.call(&citizen, "12398");
    assert_eq!(call.wait_answer(LIMIT), Ok(()));
    call.hang_up();
    assert_eq!(stage.switch.get("/health").1["status"], json!("ok"));
}

fn answer(request: &str, status: &str, tail: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let tag =
            if name == "To" && !request.contains(";tag=hostile") { ";tag=hostile" } else { "" };
        text += &format!("{name}: {}{tag}\r\n", header(request, name).unwrap_or_default());
    }
    if !tail.contains("Contact:") {
        text += "Contact: <sip:110@192.0.2.77>\r\n";
    }
    text + tail
}
