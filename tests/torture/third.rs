use std::time::Duration;

use crate::harness::Switch;
use crate::torture::raw::{Raw, Up, sdp};
use crate::torture::talker::Talker;

/// R12: who knows everything about a call but sits at another address changes nothing, and neither
/// does the party itself with wrong tags.
#[test]
fn requests_from_third_addresses_or_with_wrong_tags_have_no_effect() {
    let switch = Switch::start("");
    let up = Up::new(&switch, switch.place.at(11, 0), "9196");
    let voice = Talker::new(&up.rtp, vec![up.far], 5, 1_000);
    let third = Raw::new(switch.place.at(66, 0), switch.sip());
    let theirs = sdp(switch.place.at(66, 7_000));
    let listener = std::net::UdpSocket::bind(switch.place.at(66, 7_000)).expect("a socket");
    listener.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    for (method, more, body) in [
        ("BYE", "", ""),
        ("INVITE", "", theirs.as_str()),
        ("INVITE", "", ""),
        ("UPDATE", "", theirs.as_str()),
        ("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=#\r\n"),
        ("REFER", "Refer-To: <sip:110@192.0.2.1>\r\n", ""),
        ("NOTIFY", "Event: talk\r\nSubscription-State: active\r\n", ""),
        ("MESSAGE", "Content-Type: text/plain\r\n", "hello"),
        ("OPTIONS", "", ""),
    ] {
        let request = third.request(&up.names, method, up.cseq(), more, body);
        let answer = third.ask(&request);
        assert_eq!(answer.status, 401, "{method}: {}", answer.text);
    }
    let ack = third.request(&up.names, "ACK", 1, "", &theirs);
    assert!(third.try_ask(&ack).is_none(), "an ACK is never answered");
    assert!(listener.recv_from(&mut [0; 2_000]).is_err(), "media leaked");

    for (what, change) in [
        ("another From tag", (true, "tag=other")),
        ("another To tag", (false, "tag=0123456789abcdef")),
    ] {
        let mut names = up.names.clone();
        let (is_from, tag) = change;
        let side = if is_from { &mut names.from } else { &mut names.to };
        let head = side.split_once("tag=").expect("a tag").0.to_owned();
        *side = head + tag;
        for method in ["BYE", "INVITE", "INFO", "UPDATE", "REFER", "MESSAGE"] {
            let answer = up.raw.ask(&up.raw.request(&names, method, up.cseq(), "", ""));
            assert_eq!(answer.status, 481, "{what}: {method}: {}", answer.text);
        }
    }
    let mut names = up.names.clone();
    names.call_id = "other@elsewhere".to_owned();
    assert_eq!(up.raw.ask(&up.raw.request(&names, "BYE", up.cseq(), "", "")).status, 481);

    assert!(up.is_up());
    up.heard();
    std::thread::sleep(Duration::from_millis(500));
    assert!(up.heard().len() > 10, "the echo goes on");
    drop(voice);
    up.hang_up();
}

/// R12: a CANCEL from elsewhere leaves the call ringing.
#[test]
fn a_cancel_from_a_third_address_cancels_nothing() {
    let stage = crate::sipp::stage::Stage::new();
    let place = stage.switch.place;
    let mut settings = hotline::peer::PhoneSettings::new("110");
    settings.bind = place.sip(13);
    let outside = hotline::peer::Phone::start(settings).expect("a phone");
    let raw = Raw::new(place.at(11, 0), stage.switch.sip());
    let names = raw.names("13800138000", "12398");
    let invite = raw.request(&names, "INVITE", 1, "", &sdp(place.at(11, 4_000)));
    raw.send(&invite);
    let ring = outside.wait_call(crate::torture::raw::LIMIT).expect("it rings");
    let cancel: String = invite
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("Content-"))
        .map(|line| line.replace("INVITE", "CANCEL") + "\r\n")
        .collect::<String>()
        + "Content-Length: 0\r\n\r\n";
    let third = Raw::new(place.at(66, 0), stage.switch.sip());
    third.send(&cancel);
    assert!(
        third
            .answer(&names.call_id, "1 CANCEL", crate::torture::raw::NEVER)
            .is_none_or(|a| a.status == 401 || a.status == 481)
    );
    assert!(ring.view().ended.is_none());
    raw.send(&cancel);
    assert_eq!(ring.wait_end(crate::torture::raw::LIMIT), Some(hotline::peer::EndedBy::Cancelled));
}
