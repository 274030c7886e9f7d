//! What one call costs the SIP stack: INVITE, 100, 200, ACK, BYE and 200 with parsing, writing and the
//! timers of the calls before, which linger as RFC 3261 asks.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use hotline::base::{Instant, Random};
use hotline::sip::{
    Command, Event, Flow, Input, Listener, Output, Settings, Stack, Transport, TrunkSettings,
};

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n\
    m=audio 30000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=ptime:20\r\na=sendrecv\r\n";
/// A thousand calls a second.
const BETWEEN: Duration = Duration::from_millis(1);

/// A carrier's request; `tag` is ours, of the dialog.
fn request(method: &str, number: u64, tag: &str, body: &str) -> Bytes {
    let (cseq, to_tag) = match method {
        "BYE" => (2, format!(";tag={tag}")),
        "ACK" => (1, format!(";tag={tag}")),
        _ => (1, String::new()),
    };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:12345@10.0.0.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{method}{number};rport\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:13977012345@10.0.0.2>;tag=f{number}\r\n\
         To: <sip:12345@10.0.0.1>{to_tag}\r\n\
         Call-ID: call-{number}@10.0.0.2\r\n\
         CSeq: {cseq} {method}\r\n\
         Contact: <sip:13977012345@10.0.0.2:5060>\r\n\
         P-Asserted-Identity: <sip:+8613977012345@10.0.0.2>\r\n\
         {kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into()
}

struct Switchboard {
    stack: Stack,
    now: Instant,
    out: Vec<Output>,
    number: u64,
}

impl Switchboard {
    fn new() -> Self {
        let address = "10.0.0.1:5060".parse().expect("an address");
        let listener = Listener {
            transport: Transport::Udp,
            bind: address,
            advertised: ("10.0.0.1".into(), 5060),
        };
        let carrier = "10.0.0.2:5060".parse().expect("an address");
        let settings = Settings {
            listeners: vec![listener],
            trunks: vec![TrunkSettings::new("carrier".into(), carrier)],
            ..Settings::default()
        };
        Self {
            stack: Stack::new(settings, Random::from_number(1)),
            now: Instant::from_micros(1_000_000),
            out: Vec::new(),
            number: 0,
        }
    }

    fn input(&mut self, input: Input) {
        self.stack.handle(self.now, input, &mut self.out);
    }

    fn receive(&mut self, bytes: Bytes) {
        let flow = Flow {
            transport: Transport::Udp,
            local: ([10, 0, 0, 1], 5060).into(),
            peer: ([10, 0, 0, 2], 5060).into(),
            connection: None,
        };
        self.input(Input::Received { flow, bytes });
    }

    /// One call from INVITE to the 200 of its BYE; returns how many messages were sent.
    fn call(&mut self) -> usize {
        self.number += 1;
        self.receive(request("INVITE", self.number, "", SDP));
        let dialog = self.out.iter().find_map(|output| match output {
            Output::Event(Event::Invite { dialog, .. }) => Some(*dialog),
            _ => None,
        });
        let dialog = dialog.expect("a call");
        self.input(Input::Command(Command::Answer { dialog, sdp: SDP.into() }));
        let tag = self.out.iter().rev().find_map(|output| match output {
            Output::Send { bytes, .. } => {
                let text = std::str::from_utf8(bytes).expect("text");
                let to = text.split("\r\nTo: ").nth(1).expect("a To header");
                Some(to.split(";tag=").nth(1).expect("a tag").split("\r\n").next()?.to_owned())
            }
            Output::Event(_) => None,
        });
        let tag = tag.expect("the 200");
        self.receive(request("ACK", self.number, &tag, ""));
        self.receive(request("BYE", self.number, &tag, ""));
        self.now = self.now + BETWEEN;
        while self.stack.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.input(Input::Deadline);
        }
        let sent = self.out.iter().filter(|output| matches!(output, Output::Send { .. })).count();
        self.out.clear();
        sent
    }
}

fn transactions(c: &mut Criterion) {
    let mut board = Switchboard::new();
    // As many lingering transactions as at this rate in a steady state: 32 s of them.
    for _ in 0..40_000 {
        assert_eq!(board.call(), 3, "100, 200 and the 200 of the BYE");
    }
    c.bench_function("a call at the stack: INVITE, 100, 200, ACK, BYE, 200", |b| {
        b.iter(|| black_box(board.call()));
    });
}

criterion_group!(benches, transactions);
criterion_main!(benches);
