use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::survival::stage::Stage;
use crate::torture::raw::{Answer, LIMIT, Login, Raw, header, sdp, status};
use crate::torture::rfc::connect;

/// A phone whose signalling is one TCP connection.
struct Stream {
    stream: TcpStream,
    to: SocketAddr,
    cseq: u32,
    /// What has come and was not taken yet.
    unread: String,
}

impl Stream {
    fn new(from: SocketAddr, to: SocketAddr) -> Self {
        Self::on(connect(from, to), to)
    }

    fn on(stream: TcpStream, to: SocketAddr) -> Self {
        Self { stream, to, cseq: 0, unread: String::new() }
    }

    /// The next message that begins so, if one comes in time. Others stay: requests and the answers
    /// to our own may come in any order.
    fn next(&mut self, start: &str, limit: Duration) -> Option<String> {
        let until = Instant::now() + limit;
        let mut buffer = [0; 8_192];
        loop {
            if let Some(text) = self.take(start) {
                return Some(text);
            }
            let left = until.saturating_duration_since(Instant::now());
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).expect("time");
            match self.stream.read(&mut buffer) {
                Ok(length) if length > 0 => {
                    self.unread += &String::from_utf8_lossy(&buffer[..length]);
                }
                _ => return None,
            }
        }
    }

    fn take(&mut self, start: &str) -> Option<String> {
        let mut at = 0;
        loop {
            let rest = &self.unread[at..];
            // Keep-alives are line ends between messages.
            let message = rest.trim_start();
            let from = at + rest.len() - message.len();
            let (head, body) = message.split_once("\r\n\r\n")?;
            let length = header(head, "Content-Length").and_then(|text| text.parse().ok());
            let length: usize = length.unwrap_or(0);
            if body.len() < length {
                return None;
            }
            let end = from + head.len() + 4 + length;
            if message.starts_with(start) {
                return Some(self.unread.drain(from..end).collect());
            }
            at = end;
        }
    }

    fn register(&mut self, user: &str, contact: SocketAddr, authorization: &str) -> Answer {
        self.cseq += 1;
        let (to, cseq) = (self.to, self.cseq);
        let request = format!(
            "REGISTER sip:{to} SIP/2.0\r\n\
             Via: SIP/2.0/TCP {contact};branch=z9hG4bKt{user}x{cseq};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@{to}>;tag=t{user}\r\nTo: <sip:{user}@{to}>\r\n\
             Call-ID: tcp-{user}\r\nCSeq: {cseq} REGISTER\r\n\
             Contact: <sip:{user}@{contact};transport=tcp>\r\nExpires: 600\r\n{authorization}\
             Content-Length: 0\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).expect("it takes bytes");
        let text = self.next("SIP/2.0 ", LIMIT).expect("an answer");
        Answer { status: status(&text).expect("a status"), text }
    }

    /// Registers `user` (MD5) at a contact.
    fn login(&mut self, user: &str, contact: SocketAddr) {
        let challenge = self.register(user, contact, "");
        let uri = format!("sip:{}", self.to);
        let login = Login::new(&challenge, user, "REGISTER", &uri).header();
        let answer = self.register(user, contact, &login);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Refuses an INVITE as busy and takes its ACK.
    fn is_busy(&mut self, invite: &str) {
        let mut text = "SIP/2.0 486 Busy Here\r\n".to_owned();
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            let tag = if name == "To" { ";tag=tcp" } else { "" };
            text += &format!("{name}: {}{tag}\r\n", header(invite, name).expect("a header"));
        }
        text += "Content-Length: 0\r\n\r\n";
        self.stream.write_all(text.as_bytes()).expect("it takes bytes");
        assert!(self.next("ACK ", LIMIT).is_some());
    }
}

fn is_reachable(stage: &Stage, agent: &str) -> bool {
    stage.switch.get(&format!("/v1/agents/{agent}")).1["reachable"] == true
}

/// R18 for phones whose connection died with the engine: who can be called at its own address is
/// called there; who can be reached only by the connection that is gone is not offered anything until
/// it comes back, and then by the new one. Nothing goes to a stranger's connection.
#[test]
fn phones_over_tcp_are_reached_after_a_crash_where_they_can_be() {
    let mut stage = Stage::start(2);
    let place = stage.switch.place;
    let sip = stage.switch.sip();
    let door = TcpListener::bind(place.at(15, 5_080)).expect("a listener");
    let mut open = Stream::new(place.at(15, 0), sip);
    open.login("8101", door.local_addr().expect("bound"));
    let hidden: SocketAddr = "10.0.0.6:5060".parse().expect("an address");
    let mut nat = Stream::new(place.at(16, 0), sip);
    nat.login("8102", hidden);
    for agent in ["8101", "8102"] {
        stage.switch.until(agent, |_| is_reachable(&stage, agent).then_some(()));
    }
    // As soon as a phone that registers was told so, it is kept, within this time.
    std::thread::sleep(Duration::from_millis(500));
    stage.switch.kill();
    stage.switch.run();
    // They get the numbers that the phones' connections had.
    let mut strangers = [Stream::new(place.at(66, 0), sip), Stream::new(place.at(67, 0), sip)];
    assert!(is_reachable(&stage, "8101"), "it has an address of its own");
    assert!(!is_reachable(&stage, "8102"), "the way to it is gone");

    stage.ready();
    let caller = Raw::new(place.at(11, 0), sip);
    let invite = |called: &str| {
        let names = caller.names("13800138000", called);
        caller.send(caller.request(&names, "INVITE", 1, "", &sdp(place.at(11, 30_000))));
    };
    invite("quick");
    door.set_nonblocking(false).expect("blocking");
    let (stream, _) = door.accept().expect("the engine comes to the phone");
    let mut called = Stream::on(stream, sip);
    let text = called.next("INVITE sip:8101@", LIMIT).expect("an INVITE");
    called.is_busy(&text);

    nat = Stream::new(place.at(16, 0), sip);
    nat.login("8102", hidden);
    stage.switch.until("the phone's return", |_| is_reachable(&stage, "8102").then_some(()));
    let text = nat.next("INVITE sip:8102@", LIMIT).expect("the caller who waits is offered");
    nat.is_busy(&text);
    for stranger in &mut strangers {
        assert_eq!(stranger.next("", Duration::from_millis(100)), None);
    }
    let (_, live) = stage.switch.get("/v1/calls/live");
    assert_eq!(live["rows"].as_array().map(Vec::len), Some(1), "{live}");
    assert_eq!(live["rows"][0]["agent"], Value::Null, "{live}");
}
