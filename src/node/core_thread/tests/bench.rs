use std::collections::HashMap;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::api::{Health, Live};
use crate::base::{Instant, Random};
use crate::call::{Core, Event, Parts};
use crate::dialplan::{Flows, Known};
use crate::media::{Block, Prompts};
use crate::node::Clock;
use crate::node::core_thread::CoreThread;
use crate::node::hands::{Hands, Tools};
use crate::node::kept::Keep;
use crate::node::lanes::{House, Senders, lanes};
use crate::node::media::{MediaThreads, Settings};
use crate::node::net::Net;
use crate::node::phone_sources::PhoneSources;
use crate::node::refusal::Refusals;
use crate::node::spool_outbox::SpoolOutbox;
use crate::node::tcp::TcpHub;
use crate::node::threads;
use crate::node::throttle::Throttle;
use crate::node::trunk_sources::TrunkSources;
use crate::sip::{Flow, Input, Listener, Transport};
use crate::store::Batch;

/// A guard against hanging.
pub(super) const GUARD: Duration = Duration::from_secs(30);

const FLOW: &str = "schema: ivr/1\nflow: t-echo\ntitle: { en: Echo }\nrevision: 1\nstart: echo\n\
    on_error: end\nlanguages: [en]\nnodes:\n  echo: { do: echo, max: 5m, next: end }\n  \
    end: { do: hangup }\n";

/// The core's thread with a trunk whose calls to 12345 hear their echo, and agent 8001.
pub(super) struct Bench {
    pub(super) senders: Senders,
    pub(super) clock: Clock,
    pub(super) live: Arc<Live>,
    pub(super) health: Arc<Health>,
    pub(super) media: Arc<MediaThreads>,
    carrier: UdpSocket,
    flow: Flow,
    thread: JoinHandle<()>,
    _kept: Receiver<Keep>,
    _runtime: tokio::runtime::Runtime,
}

impl Bench {
    /// `ports` are this test's own, `batches` and `blocks` lead to what the test has for writers.
    pub(super) fn new(ports: (u16, u16), batches: Sender<Batch>, blocks: Sender<Block>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let carrier = UdpSocket::bind("127.0.0.1:0").unwrap();
        carrier.set_read_timeout(Some(GUARD)).unwrap();
        let (local, peer) = (socket.local_addr().unwrap(), carrier.local_addr().unwrap());
        let config = format!(
            "[tenant]\nid = \"t\"\n[[sip.listen]]\nbind = \"{local}\"\n[media]\nbind = \"127.0.0.1\"\n\
             [[trunk]]\nid = \"carrier\"\naddress = \"{peer}\"\nkeepalive = false\n\
             [[number]]\ncalled = \"12345\"\nflow = \"t/echo\"\n[[queue]]\nid = \"q\"\n\
             [[account]]\nid = \"8001\"\npassword = \"secret-8001\"\n\
             [[agent]]\nid = \"8001\"\nnumber = \"8001\"\nqueues = [\"q\"]\n"
        );
        let config = crate::config::read(Path::new("hotline.toml"), &config);
        let mut settings = config.unwrap_or_else(|faults| panic!("{faults}")).call;
        settings.sip.listeners = vec![Listener {
            transport: Transport::Udp,
            bind: local,
            advertised: ("127.0.0.1".into(), local.port()),
        }];
        let flows = vec![(PathBuf::from("dialplans/t/echo.flow.yaml"), FLOW.to_owned())];
        let flows = Flows::read(flows, &Known::default());
        let (senders, lanes) = lanes();
        let clock = Clock::start(Instant::from_micros(1_000_000));
        let trunks = TrunkSources::new(&settings.sip.trunks);
        let refusals = Refusals::new(trunks.clone(), Random::from_number(1));
        let phones = PhoneSources::default();
        let throttle = Throttle::new(trunks, phones.clone());
        let handle = runtime.handle().clone();
        let tcp = TcpHub::new(handle, senders.clone(), clock, throttle, refusals.clone());
        let prompts = Arc::new(Prompts::default());
        let media = MediaThreads::start(
            Settings { ports, ..Settings::on(local.ip()) },
            clock,
            Arc::clone(&prompts),
            Random::from_number(2),
            senders.media.clone(),
            blocks,
        );
        let media = Arc::new(media.unwrap_or_else(|error| panic!("{error}")));
        let parts = Parts {
            settings: Arc::new(settings),
            flows: Arc::new(flows.unwrap_or_else(|faults| panic!("{faults}"))),
            prompts,
            ports: media.ports(),
            bindings: Vec::new(),
            random: Random::from_number(3),
        };
        let mut effects = Vec::new();
        let core = Core::new(clock.now(), clock.wall(), parts, &mut effects);
        let (keep, kept) = bounded(4);
        let (live, health) = (Arc::new(Live::default()), Arc::new(Health::default()));
        let hands = Hands::new(Tools {
            net: Net::new(HashMap::from([(local, socket)]), tcp),
            media: Arc::clone(&media),
            spool: SpoolOutbox::new(batches),
            live: Arc::clone(&live),
            health: Arc::clone(&health),
            senders: senders.clone(),
            keep,
            phones,
        });
        let counts = refusals.counts().clone();
        let core = CoreThread::new(core, hands, lanes, counts, clock, effects);
        let thread = threads::spawn("core", move || core.run());
        let flow = Flow { transport: Transport::Udp, local, peer, connection: None };
        let (_kept, _runtime) = (kept, runtime);
        Self { senders, clock, live, health, media, carrier, flow, thread, _kept, _runtime }
    }

    /// Tells the core of an alarm: one event, one record.
    pub(super) fn alarm(&self, number: usize) {
        let event =
            Event::Alarm { id: format!("test-{number}"), what: String::new(), cleared: false };
        self.senders.house(House::Event(event));
    }

    /// The carrier's request; `to_tag` inside a dialog.
    fn send(&self, method: &str, call: u32, to_tag: Option<&str>) {
        let (local, peer) = (self.flow.local, self.flow.peer);
        let tag = to_tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
        let cseq = if method == "BYE" { 2 } else { 1 };
        let body = match method {
            "INVITE" => {
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                 m=audio 9 RTP/AVP 8\r\n"
            }
            _ => "",
        };
        let text = format!(
            "{method} sip:12345@{local} SIP/2.0\r\nVia: SIP/2.0/UDP {peer};branch=z9hG4bK{method}{call}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:c@{peer}>;tag=1\r\nTo: <sip:12345@{local}>{tag}\r\n\
             Call-ID: {call}\r\nCSeq: {cseq} {method}\r\nContact: <sip:c@{peer}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let input = Input::Received { flow: self.flow, bytes: text.into_bytes().into() };
        self.senders.sip(input, to_tag.is_none() && method != "ACK").unwrap();
    }

    /// The next final answer to this request; what else comes is let go by.
    pub(super) fn answer(&self, method: &str, call: u32) -> String {
        let mut buffer = [0; 2_048];
        loop {
            let (length, _) = self.carrier.recv_from(&mut buffer).unwrap();
            let answer = String::from_utf8(buffer[..length].to_vec()).unwrap();
            let is_final = answer.starts_with("SIP/2.0 ") && !answer.starts_with("SIP/2.0 1");
            let has = |line: String| answer.lines().any(|known| known == line);
            let cseq = if method == "BYE" { 2 } else { 1 };
            if is_final && has(format!("CSeq: {cseq} {method}")) && has(format!("Call-ID: {call}"))
            {
                return answer;
            }
        }
    }

    /// A request that begins something, and its answer.
    pub(super) fn request(&self, method: &str, call: u32) -> String {
        self.send(method, call, None);
        self.answer(method, call)
    }

    /// Acknowledges the 200 of a call, and returns the tag of this end.
    pub(super) fn ack(&self, call: u32, answer: &str) -> String {
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        let to = answer.lines().find(|line| line.starts_with("To:")).unwrap();
        let tag = to.split(";tag=").nth(1).unwrap().to_owned();
        self.send("ACK", call, Some(&tag));
        tag
    }

    /// Hangs up, and returns the answer to that.
    pub(super) fn bye(&self, call: u32, tag: &str) -> String {
        self.send("BYE", call, Some(tag));
        self.answer("BYE", call)
    }

    /// Ends the core's thread. Who has the spool must take what comes meanwhile.
    pub(super) fn stop(self) {
        self.senders.house(House::Quit);
        self.thread.join().unwrap();
    }
}
