use std::net::{SocketAddr, UdpSocket};

use hotline::peer::EndedBy;

use crate::sipp::cdr::end;
use crate::sipp::desk_phone::DeskPhone;
use crate::sipp::ear::Ear;
use crate::sipp::stage::{LIMIT, Stage, TONE};
use crate::torture::raw::NEVER;
use crate::torture::talker::Talker;

/// RFC 3581, and the registrar's and the media's part of it: a phone that knows only its private
/// address is answered, rung, spoken to and hung up where its packets come from.
#[test]
fn a_phone_with_a_private_address_is_reached_where_its_packets_come_from() {
    let stage = Stage::new();
    let place = stage.switch.place;
    let private: SocketAddr = "10.0.0.5:5060".parse().expect("an address");
    let at = place.at(51, 40_123);
    let phone = DeskPhone::register(&stage.switch, at, private, "8101");
    let via = phone.answer.lines().find(|line| line.starts_with("Via:")).expect("a Via");
    assert!(via.contains(&format!("received={}", at.ip())), "{via}");
    assert!(via.contains("rport=40123"), "{via}");
    stage.switch.until("its registration from there", |switch| {
        let (_, page) = switch.get("/v1/registrations");
        (page["rows"][0]["source"] == at.to_string()).then_some(())
    });
    stage.switch.ready("8101");

    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12399");
    let rtp = UdpSocket::bind((at.ip(), 0)).expect("a socket");
    // Its request line names the private contact, the datagram comes here.
    let engine = phone.take(&rtp);
    let ear = Ear::new(&rtp);
    let talk = Talker::new(&rtp, vec![engine], 77, 500);
    assert!(call.hears_tone(500, LIMIT), "{:?}", call.hear());
    assert!(ear.hears_tone(TONE), "the citizen is not heard at the phone");
    call.hang_up();
    let bye = phone.request("BYE");
    phone.answer(&bye, "200 OK", None);
    drop(talk);
    assert_eq!(call.wait_end(LIMIT), Some(EndedBy::Us));
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered caller 8101 0", "{cdr}");
    // And refused from there: the ACK comes the same way.
    let call = stage.call(&citizen, "12399");
    let invite = phone.request("INVITE");
    phone.answer(&invite, "486 Busy Here", None);
    phone.request("ACK");
    call.hang_up();
    call.wait_end(LIMIT).expect("it ends");
    assert_eq!(phone.raw.next(NEVER), None, "nothing is sent again");
    assert_eq!(citizen.complaints(), Vec::<String>::new());
}
