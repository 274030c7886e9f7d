//! A registrar of twenty lines that checks what a phone answers.

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::time::Duration;

use rsip::prelude::*;
use rsip::{Header, SipMessage};

use crate::peer::digest::{Challenge, fields};
use crate::peer::fleet::{RegisterPlan, measure_registrations};
use crate::peer::{
    Algorithm, Credentials, Phone, PhoneSettings, Pump, RegisterState, message, world,
};

const LIMIT: Duration = Duration::from_secs(10);
const PASSWORD: &str = "open sesame";

/// Serves so many requests; tells what it saw of each: algorithm and `nc`.
fn registrar(
    offers: &'static [&'static str],
    lifetime: u32,
) -> (SocketAddr, mpsc::Receiver<String>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let (seen, sight) = mpsc::channel();
    world::spawn("registrar", move || {
        let mut buffer = [0; 4_096];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            let Ok(SipMessage::Request(request)) = message::read(&buffer[..length]) else {
                panic!("{}", String::from_utf8_lossy(&buffer[..length]));
            };
            let (status, what) = verdict(&request, offers);
            let mut response = message::respond(&request, from, status, Some("r"));
            if status == 200 {
                let contact = message::first(&request.headers, "Contact").unwrap();
                response.headers.push(Header::Contact(rsip::headers::Contact::new(format!(
                    "<sip:x@127.0.0.1:9>;expires=9, {contact};expires={lifetime}"
                ))));
            }
            for offer in offers.iter().filter(|_| status == 401) {
                response.headers.push(Header::WwwAuthenticate(
                    rsip::headers::WwwAuthenticate::new(challenge(offer)),
                ));
            }
            message::finish(&mut response.headers, &mut response.body, None);
            if seen.send(what).is_err() {
                return;
            }
            socket.send_to(&Vec::<u8>::from(response), from).unwrap();
        }
    })
    .unwrap();
    (address, sight)
}

fn challenge(algorithm: &str) -> String {
    format!("Digest realm=\"fcg\", nonce=\"n1\", algorithm={algorithm}, qop=\"auth\", opaque=\"o\"")
}

fn verdict(request: &rsip::Request, offers: &[&str]) -> (u16, String) {
    let Some(value) = message::first(&request.headers, "Authorization") else {
        return (401, "challenged".to_owned());
    };
    let fields = fields(value).unwrap();
    let field = |name: &str| fields.iter().find(|(of, _)| of == name).unwrap().1.clone();
    let algorithm = field("algorithm");
    assert!(offers.contains(&&*algorithm) && field("opaque") == "o", "{value}");
    let count = u32::from_str_radix(&field("nc"), 16).unwrap();
    let expected = Credentials::new(&field("username"), PASSWORD).response(
        &Challenge::read(&challenge(&algorithm)).unwrap(),
        "REGISTER",
        &field("uri"),
        count,
        &field("cnonce"),
    );
    let status = if expected == field("response") { 200 } else { 401 };
    (status, format!("{algorithm} {count}"))
}

fn phone(server: SocketAddr, change: impl FnOnce(&mut PhoneSettings)) -> Phone {
    let mut settings = PhoneSettings::new("1001");
    settings.server = Some(server);
    settings.password = Some(PASSWORD.to_owned());
    change(&mut settings);
    Phone::start(settings).unwrap()
}

#[test]
fn a_phone_registers_by_either_hash_and_refreshes_with_the_same_nonce() {
    for (offers, wanted, expected) in [
        (&["SHA-256", "MD5"][..], None, "SHA-256"),
        (&["SHA-256", "MD5"][..], Some(Algorithm::Md5), "MD5"),
        (&["MD5"][..], None, "MD5"),
    ] {
        let (server, sight) = registrar(offers, 2);
        let phone = phone(server, |settings| settings.algorithm = wanted);
        assert_eq!(phone.register(LIMIT), RegisterState::On { times: 1 });
        let state = phone.wait_registered(LIMIT, |s| s == RegisterState::On { times: 2 });
        assert_eq!(state, RegisterState::On { times: 2 });
        assert_eq!(phone.unregister(LIMIT), RegisterState::Off);
        let seen: Vec<String> = sight.try_iter().collect();
        let count = |n: u32| format!("{expected} {n}");
        assert_eq!(seen, ["challenged".to_owned(), count(1), count(2), count(3)]);
        assert_eq!(phone.complaints(), Vec::<String>::new());
    }
}

#[test]
fn a_wrong_password_is_tried_once() {
    let (server, sight) = registrar(&["MD5"], 60);
    let phone = phone(server, |settings| settings.password = Some("guess".to_owned()));
    assert_eq!(phone.register(LIMIT), RegisterState::Failed { status: 401 });
    assert_eq!(sight.try_iter().count(), 2);
}

#[test]
fn registrations_at_a_rate_are_measured() {
    let (server, sight) = registrar(&["MD5"], 60);
    for (always_challenged, requests) in [(false, 12), (true, 20)] {
        let plan = RegisterPlan {
            bind: "127.0.0.1:0".parse().unwrap(),
            registrar: server,
            users: ["u0", "u1"].map(|user| Credentials::new(user, PASSWORD)).to_vec(),
            per_second: 200.0,
            count: 10,
            expires: 60,
            always_challenged,
        };
        let report = measure_registrations(&plan, &Pump::start().unwrap()).unwrap();
        assert_eq!((report.accepted, report.failed, report.delay.count), (10, 0, 10));
        assert_eq!(report.complaints, Vec::<String>::new());
        assert_eq!(sight.try_iter().count(), requests);
    }
}
