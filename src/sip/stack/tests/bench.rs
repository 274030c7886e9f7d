use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::base::{DialogId, Instant, Random};
use crate::sip::auth::{Algorithm, ha1};
use crate::sip::stack::tests::Far;
use crate::sip::stack::{
    AccountSettings, Command, Event, Flow, Gate, Input, Listener, Output, Settings, Stack,
    Transport, TrunkCredentials, TrunkSettings,
};
use crate::sip::wire::{Message, Request, Response, parse};

pub(super) const SDP: &str = "v=0\r\n";

/// One stack at 10.0.0.1, a carrier at 10.0.0.2, accounts `alice` and `bob`.
pub(super) struct Bench {
    pub(super) stack: Stack,
    pub(super) now: Instant,
    out: Vec<Output>,
    /// Events not yet looked at.
    pub(super) events: Vec<Event>,
    /// What was sent and not yet looked at.
    pub(super) sent: Vec<Sent>,
}

#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) flow: Flow,
    pub(super) message: Message,
    pub(super) gate: Gate,
    pub(super) length: usize,
}

pub(super) fn settings() -> Settings {
    let listener = |transport| Listener {
        transport,
        bind: "10.0.0.1:5060".parse().unwrap(),
        advertised: ("10.0.0.1".into(), 5060),
    };
    let carrier = TrunkSettings {
        credentials: Some(TrunkCredentials {
            user: "line".into(),
            realm: "carrier".into(),
            ha1_md5: Some(ha1(Algorithm::Md5, "line", "carrier", "pw")),
            ha1_sha256: Some(ha1(Algorithm::Sha256, "line", "carrier", "pw")),
        }),
        ..TrunkSettings::new("carrier".into(), "10.0.0.2:5060".parse().unwrap())
    };
    let tcp = TrunkSettings {
        transport: Transport::Tcp,
        ..TrunkSettings::new("tcp".into(), "10.0.0.3:5060".parse().unwrap())
    };
    Settings {
        realm: "hot".into(),
        listeners: vec![listener(Transport::Udp), listener(Transport::Tcp)],
        trunks: vec![carrier, tcp],
        accounts: vec![
            AccountSettings::new("a".into(), "alice", "hot", "secret"),
            AccountSettings::new("b".into(), "bob", "hot", "secret"),
        ],
        nonce_key: [9; 32],
        messages: true,
        ..Settings::default()
    }
}

pub(super) fn udp(peer: &str) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "10.0.0.1:5060".parse().unwrap(),
        peer: peer.parse().unwrap(),
        connection: None,
    }
}

pub(super) fn tcp(peer: &str, connection: u64) -> Flow {
    Flow { transport: Transport::Tcp, connection: Some(connection), ..udp(peer) }
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(settings())
    }

    pub(super) fn with(settings: Settings) -> Self {
        Self {
            stack: Stack::new(settings, Random::from_number(7)),
            now: Instant::from_micros(1_000_000_000),
            out: Vec::new(),
            events: Vec::new(),
            sent: Vec::new(),
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        self.stack.handle(self.now, input, &mut self.out);
        for output in self.out.drain(..) {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send { flow, bytes, gate } => {
                    let length = bytes.len();
                    let message = parse(bytes).expect("what we write can be read");
                    self.sent.push(Sent { flow, message, gate, length });
                }
            }
        }
    }

    pub(super) fn receive(&mut self, flow: Flow, text: impl Into<Bytes>) {
        self.input(Input::Received { flow, bytes: text.into() });
    }

    pub(super) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    /// Lets time pass, with all deadlines in it.
    pub(super) fn pass(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while let Some(next) = self.stack.deadline().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.input(Input::Deadline);
        }
        self.now = end;
    }

    /// The events since the last look, in short.
    pub(super) fn events(&mut self) -> Vec<String> {
        self.events.drain(..).map(|event| short(&event)).collect()
    }

    /// What was sent since the last look, in short: method or status, and where to.
    pub(super) fn sent(&mut self) -> Vec<String> {
        self.sent.drain(..).map(|sent| start(&sent.message)).collect()
    }

    /// The last response sent since the last look.
    pub(super) fn response(&mut self) -> Response {
        let mut responses = self.sent.drain(..).filter_map(|sent| match sent.message {
            Message::Response(response) => Some(response),
            Message::Request(_) => None,
        });
        responses.next_back().expect("a response")
    }

    /// The last request sent since the last look.
    pub(super) fn request(&mut self) -> Request {
        let mut requests = self.sent.drain(..).filter_map(|sent| match sent.message {
            Message::Request(request) => Some(request),
            Message::Response(_) => None,
        });
        requests.next_back().expect("a request")
    }

    /// The dialog of the `Event::Invite` since the last look.
    pub(super) fn invited(&mut self) -> DialogId {
        let dialog = self.events.iter().find_map(|event| match event {
            Event::Invite { dialog, .. } => Some(*dialog),
            _ => None,
        });
        self.events.clear();
        dialog.expect("an INVITE")
    }

    pub(super) fn answer(&mut self, dialog: DialogId) {
        self.command(Command::Answer { dialog, sdp: SDP.into() });
    }

    pub(super) fn hang_up(&mut self, dialog: DialogId) {
        self.command(Command::Hangup { dialog, reason: None, status: 486 });
    }

    /// Whether nothing is left once everything has timed out.
    pub(super) fn check_empty(&mut self) {
        self.pass(3_700_000);
        let census = self.stack.census();
        let want = crate::sip::stack::Census { bindings: census.bindings, ..Default::default() };
        assert_eq!(census, crate::sip::stack::Census { timers: census.timers, ..want });
        assert_eq!(census.timers, self.kept_alive(), "timers of trunks only");
    }

    fn kept_alive(&self) -> usize {
        self.stack.net.settings.trunks.iter().filter(|trunk| trunk.keepalive.is_some()).count()
    }
}

fn start(message: &Message) -> String {
    match message {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => {
            let method = response.headers.cseq().unwrap().method;
            format!("{} {method}", response.status)
        }
    }
}

pub(super) fn short(event: &Event) -> String {
    let text = |sdp: &Option<Bytes>| if sdp.is_some() { " sdp" } else { "" };
    match event {
        Event::Invite { offer, replaces, .. } => {
            let replaces = if replaces.is_some() { " replaces" } else { "" };
            format!("invite{}{replaces}", text(offer))
        }
        Event::Referred { to, replaces, by, .. } => {
            let replaces = if replaces.is_some() { " replaces" } else { "" };
            format!("referred to {to} by {by}{replaces}")
        }
        Event::Message { account, to, text, dialog } => {
            let inside = if dialog.is_some() { " inside" } else { "" };
            format!("message {account} to {to}: {text}{inside}")
        }
        Event::MessageDone { id, status } => format!("message {id} {status}"),
        Event::Cancelled { .. } => "cancelled".into(),
        Event::Acked { answer, .. } => format!("acked{}", text(answer)),
        Event::Progress { status, sdp, .. } => format!("progress {status}{}", text(sdp)),
        Event::Redirected { source, .. } => format!("redirected {source}"),
        Event::Answered { sdp, .. } => format!("answered{}", text(sdp)),
        Event::Failed { status, .. } => format!("failed {status}"),
        Event::Offered { sdp, .. } => format!("offered{}", text(sdp)),
        Event::Accepted { sdp, .. } => format!("accepted{}", text(sdp)),
        Event::Rejected { status, .. } => format!("rejected {status}"),
        Event::Info { content_type, .. } => format!("info {content_type}"),
        Event::Notified { status, .. } => format!("notified {status}"),
        Event::Ended { by, .. } => format!("ended {by:?}"),
        Event::Probed { alive, .. } => format!("probed {alive}"),
        Event::Refused { status, .. } => format!("refused {status}"),
        Event::Stranger { source } => format!("stranger {source}"),
        Event::LockedOut { locked } => format!("locked {locked:?}"),
        Event::Registered { binding, .. } => format!("registered {}", binding.contact),
        Event::Unregistered { contact, .. } => format!("unregistered {contact}"),
        Event::TrunkAlive { alive, .. } => format!("alive {alive}"),
    }
}

impl Bench {
    /// A call from the carrier that was answered and acknowledged.
    pub(super) fn carrier_call(&mut self) -> (DialogId, Far) {
        let mut far = Far::carrier();
        self.receive(far.flow, far.write("INVITE", Some(SDP)));
        let dialog = self.invited();
        self.answer(dialog);
        far.learn(&self.response());
        let ack = far.ack(None);
        self.receive(far.flow, ack);
        assert_eq!(self.events(), ["acked"]);
        self.sent.clear();
        (dialog, far)
    }

    /// A call to the carrier that was answered.
    pub(super) fn call_to_carrier(&mut self) -> (DialogId, Far) {
        let far = Far::carrier();
        let (dialog, invite) = self.call_carrier();
        self.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
        assert_eq!(self.events(), ["answered sdp"]);
        assert_eq!(self.sent(), ["ACK"]);
        let far = self.far_of(far, &invite);
        (dialog, far)
    }

    /// A far end that can send requests inside the dialog of our INVITE.
    pub(super) fn far_of(&self, far: Far, invite: &Request) -> Far {
        Far {
            call_id: invite.headers.call_id().unwrap().to_string(),
            to_tag: invite.headers.from().unwrap().tag().map(str::to_owned),
            cseq: 100,
            ..far
        }
    }

    /// A call to the carrier that has just left.
    pub(super) fn call_carrier(&mut self) -> (DialogId, Request) {
        let dialog = self.stack.new_dialog();
        self.command(Command::Invite {
            dialog,
            to: crate::sip::stack::Destination::Trunk {
                trunk: "carrier".into(),
                user: "13800000000".into(),
            },
            from: crate::sip::stack::Caller { display: None, user: Some("12345".into()) },
            headers: vec![("X-Case".into(), "7".into())],
            sdp: Some(SDP.into()),
        });
        (dialog, self.request())
    }

    /// Registers `user` from `flow` and says with which nonce.
    pub(super) fn register(&mut self, flow: Flow, user: &'static str, password: &str) -> Far {
        let mut far = Far { user, uri: "sip:hot".into(), ..Far::new(flow) };
        far.call_id = format!("reg-{user}-{flow:?}").replace([' ', '{', '}', '"', ':', ','], "");
        let text = self.registration(&far, "REGISTER");
        self.receive(flow, text);
        let challenge = self.response();
        assert_eq!(challenge.status, 401);
        far.authorize(&challenge, "REGISTER", user, password, 1);
        far.cseq += 1;
        far.branch += 1;
        let text = self.registration(&far, "REGISTER");
        self.receive(flow, text);
        far
    }

    /// A phone registers again.
    pub(super) fn refresh(&mut self, far: &mut Far, user: &str, password: &str) {
        for is_challenged in [true, false] {
            far.cseq += 1;
            far.branch += 1;
            let text = self.registration(far, "REGISTER");
            self.receive(far.flow, text);
            if is_challenged {
                let challenge = self.response();
                far.authorize(&challenge, "REGISTER", user, password, 1);
            }
        }
    }

    /// A REGISTER of this far end, whose To names itself.
    pub(super) fn registration(&self, far: &Far, method: &str) -> Bytes {
        let text = String::from_utf8(far.write(method, None).to_vec()).unwrap();
        Bytes::from(
            text.replace("To: <sip:12345@10.0.0.1>", &format!("To: <sip:{}@hot>", far.user)),
        )
    }
}

pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

impl Bench {
    pub(super) fn reconfigure(&mut self, settings: Settings) {
        let mut out = Vec::new();
        self.stack.reconfigure(self.now, settings, &mut out);
        self.out = out;
        self.input(Input::Deadline);
    }

    /// `call_to_carrier`, after events that begin like these.
    pub(super) fn call_to_carrier_after(&mut self, events: &[&str]) -> (DialogId, Far) {
        let told = self.events();
        assert!(told.iter().zip(events).all(|(told, start)| told.starts_with(start)), "{told:?}");
        self.sent.clear();
        self.call_to_carrier()
    }
}

impl Bench {
    /// `input`, but what is sent need not be readable.
    pub(super) fn stack_only(&mut self, input: Input) {
        self.stack.handle(self.now, input, &mut self.out);
        for output in self.out.drain(..) {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send { flow, bytes, gate } => {
                    let length = bytes.len();
                    if let Ok(message) = parse(bytes) {
                        self.sent.push(Sent { flow, message, gate, length });
                    }
                }
            }
        }
    }
}

impl Bench {
    /// `user` registers at `flow` with its password and is called there; the call is answered.
    pub(super) fn phone_call(
        &mut self,
        account: &str,
        user: &'static str,
        flow: Flow,
    ) -> (DialogId, Far) {
        self.register(flow, user, "secret");
        let (dialog, far, invite) = self.ring_phone(account, user, flow);
        self.receive(flow, far.respond(&invite, 200, Some(SDP)));
        let far = self.far_of(far, &invite);
        self.events.clear();
        self.sent.clear();
        (dialog, far)
    }

    /// A registered phone is called, and rings.
    pub(super) fn ring_phone(
        &mut self,
        account: &str,
        user: &'static str,
        flow: Flow,
    ) -> (DialogId, Far, Request) {
        let dialog = self.stack.new_dialog();
        self.command(Command::Invite {
            dialog,
            to: crate::sip::stack::Destination::Account(account.into()),
            from: crate::sip::stack::Caller { display: None, user: Some("10086".into()) },
            headers: Vec::new(),
            sdp: Some(SDP.into()),
        });
        let invite = self.request();
        let far = Far { user, tag: format!("far{dialog}"), ..Far::new(flow) };
        self.receive(flow, far.respond(&invite, 180, None));
        self.events.clear();
        (dialog, far, invite)
    }

    /// The next request of a phone, which answers the challenge that meets it.
    pub(super) fn proven(
        &mut self,
        far: &mut Far,
        method: &str,
        write: impl Fn(&Far, &str) -> Bytes,
    ) -> Bytes {
        let extra = std::mem::take(&mut far.extra);
        let user = far.user;
        far.branch += 1;
        let first = write(far, method);
        self.receive(far.flow, first);
        let challenge = self.response();
        assert_eq!(challenge.status, 401);
        far.authorize(&challenge, method, user, "secret", 1);
        far.extra.push_str(&extra);
        far.cseq += 1;
        far.branch += 1;
        write(far, method)
    }
}
