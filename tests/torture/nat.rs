use std::net::{SocketAddr, UdpSocket};

use hotline::peer::EndedBy;

use crate::sipp::stage::{LIMIT, Stage, TONE};
use crate::torture::raw::{Login, Raw, header, sdp};
use crate::torture::talker::Talker;

/// Where the phone believes to be.
const INSIDE: &str = "192.168.77.7";

/// The next request of this method.
fn request(raw: &Raw, method: &str) -> String {
    loop {
        let text = raw.next(LIMIT).unwrap_or_else(|| panic!("no {method} comes"));
        if text.starts_with(&format!("{method} ")) {
            return text;
        }
    }
}

/// A2, R6, R12: a phone that knows only its private address, in its Contact and in its SDP, is called
/// where its REGISTER came from, and heard and spoken to where its RTP comes from.
#[test]
fn a_phone_behind_nat_is_called_where_it_is_and_talks_both_ways() {
    let stage = Stage::new();
    let (switch, place) = (&stage.switch, stage.switch.place);
    let raw = Raw::new(place.at(31, 0), switch.sip());
    let contact = format!("<sip:8101@{INSIDE}:5060>");
    let hide = |text: String| text.replace(&format!("<sip:raw@{}>", raw.address()), &contact);
    let mut names = raw.names("8101", "8101");
    names.uri = format!("sip:{}", switch.sip());
    let register = |cseq, login: &str| {
        let more = format!("Expires: 600\r\n{login}");
        raw.ask(&hide(raw.request(&names, "REGISTER", cseq, &more, "")))
    };
    let login = Login::new(&register(1, ""), "8101", "REGISTER", &names.uri);
    let answer = register(2, &login.header());
    assert_eq!(answer.status, 200, "{}", answer.text);
    switch.ready("8101");

    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12399");
    let invite = request(&raw, "INVITE");
    assert!(invite.starts_with(&format!("INVITE sip:8101@{INSIDE}:5060")), "{invite}");
    let rtp = UdpSocket::bind(place.at(31, 0)).expect("a socket");
    rtp.set_read_timeout(Some(LIMIT)).expect("a timeout");
    let of = |name| header(&invite, name).unwrap_or_else(|| panic!("no {name}: {invite}"));
    let ours = rtp.local_addr().expect("bound");
    let body = sdp(ours).replace(&ours.ip().to_string(), INSIDE);
    names = crate::torture::raw::Names {
        uri: of("Contact").trim_matches(['<', '>']).to_owned(),
        from: format!("{};tag=nat", of("To")),
        to: of("From").to_owned(),
        call_id: of("Call-ID").to_owned(),
    };
    let lines = ["Via", "From", "Call-ID", "CSeq"].map(|name| format!("{name}: {}\r\n", of(name)));
    raw.send(format!(
        "SIP/2.0 200 OK\r\n{}To: {}\r\nContact: {contact}\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        lines.concat(),
        names.from,
        body.len()
    ));
    request(&raw, "ACK");
    assert_eq!(call.wait_answer(LIMIT), Ok(()));

    let port = invite.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next());
    let port = port.and_then(|port| port.parse().ok()).expect("a port");
    let far = SocketAddr::new(switch.sip().ip(), port);
    let voice = Talker::new(&rtp, vec![far], 7, TONE);
    assert!(call.hears_tone(TONE, LIMIT), "{:?}", call.hear());
    let mut buffer = [0; 2_048];
    for _ in 0..20 {
        let (_, from) = rtp.recv_from(&mut buffer).expect("the citizen is heard");
        assert_eq!(from, far);
    }
    drop(voice);
    // It hangs up from where it is, as itself.
    let bye = hide(raw.request(&names, "BYE", 1, "", ""));
    assert_eq!(raw.ask(&bye).status, 200);
    assert_eq!(call.wait_end(LIMIT), Some(EndedBy::Them));
    let cdr = &switch.cdrs(1)[0];
    assert_eq!((&cdr["cause"], &cdr["agent"]), (&"answered".into(), &"8101".into()), "{cdr}");
}
