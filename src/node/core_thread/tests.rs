use std::collections::HashMap;
use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};

use super::*;
use crate::api::{Health, Live};
use crate::base::Random;
use crate::call::{Fact, Parts};
use crate::dialplan::Flows;
use crate::media::Prompts;
use crate::node::hands::Tools;
use crate::node::kept::Keep;
use crate::node::lanes::{Senders, lanes};
use crate::node::media::{MediaThreads, Settings};
use crate::node::net::Net;
use crate::node::phone_sources::PhoneSources;
use crate::node::refusal::Refusals;
use crate::node::spool_outbox::SpoolOutbox;
use crate::node::tcp::TcpHub;
use crate::node::threads;
use crate::node::throttle::Throttle;
use crate::node::trunk_sources::TrunkSources;
use crate::sip::{Flow, Input, Listener, Transport, TrunkSettings};
use crate::store::Batch;

const GUARD: Duration = Duration::from_secs(30);

/// The core's thread with a trunk, and a spool that takes what it is given when the test says so.
struct Bench {
    senders: Senders,
    carrier: UdpSocket,
    flow: Flow,
    spool: Receiver<Batch>,
    thread: std::thread::JoinHandle<()>,
    _kept: Receiver<Keep>,
    _runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let carrier = UdpSocket::bind("127.0.0.1:0").unwrap();
        carrier.set_read_timeout(Some(GUARD)).unwrap();
        let (local, peer) = (socket.local_addr().unwrap(), carrier.local_addr().unwrap());
        let mut settings = crate::config::read(Path::new("hotline.toml"), "").unwrap().call;
        settings.sip.trunks = vec![TrunkSettings::new("carrier".into(), peer)];
        settings.sip.listeners = vec![Listener {
            transport: Transport::Udp,
            bind: local,
            advertised: ("127.0.0.1".into(), local.port()),
        }];
        let (senders, lanes) = lanes();
        let clock = Clock::start(Instant::from_micros(1_000_000));
        let trunks = TrunkSources::new(&settings.sip.trunks);
        let refusals = Refusals::new(trunks.clone(), Random::from_number(1));
        let phones = PhoneSources::default();
        let throttle = Throttle::new(trunks, phones.clone());
        let handle = runtime.handle().clone();
        let tcp = TcpHub::new(handle, senders.clone(), clock, throttle, refusals.clone());
        let prompts = Arc::new(Prompts::default());
        let media = Settings { ports: (42_300, 42_303), ..Settings::on(local.ip()) };
        let media = MediaThreads::start(
            media,
            clock,
            Arc::clone(&prompts),
            Random::from_number(2),
            senders.media.clone(),
            bounded(1).0,
        );
        let media = Arc::new(media.unwrap_or_else(|error| panic!("{error}")));
        let parts = Parts {
            settings: Arc::new(settings),
            flows: Arc::new(Flows::default()),
            prompts,
            ports: media.ports(),
            bindings: Vec::new(),
            random: Random::from_number(3),
        };
        let mut effects = Vec::new();
        let core = Core::new(clock.now(), clock.wall(), parts, &mut effects);
        let (batches, spool) = bounded(4);
        let (keep, kept) = bounded(4);
        let hands = Hands::new(Tools {
            net: Net::new(HashMap::from([(local, socket)]), tcp),
            media,
            spool: SpoolOutbox::new(batches),
            live: Arc::new(Live::default()),
            health: Arc::new(Health::default()),
            senders: senders.clone(),
            keep,
            phones,
        });
        let counts = refusals.counts().clone();
        let core = CoreThread::new(core, hands, lanes, counts, clock, effects);
        let thread = threads::spawn("core", move || core.run());
        let flow = Flow { transport: Transport::Udp, local, peer, connection: None };
        Self { senders, carrier, flow, spool, thread, _kept: kept, _runtime: runtime }
    }

    fn request(&self, method: &str, number: u32) -> String {
        let (local, peer) = (self.flow.local, self.flow.peer);
        let text = format!(
            "{method} sip:12345@{local} SIP/2.0\r\nVia: SIP/2.0/UDP {peer};branch=z9hG4bK{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:c@{peer}>;tag=1\r\nTo: <sip:12345@{local}>\r\n\
             Call-ID: {number}\r\nCSeq: 1 {method}\r\nContact: <sip:c@{peer}>\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let input = Input::Received { flow: self.flow, bytes: text.into_bytes().into() };
        self.senders.sip(input, method == "INVITE").unwrap();
        let mut buffer = [0; 2_048];
        loop {
            let (length, _) = self.carrier.recv_from(&mut buffer).unwrap();
            let answer = String::from_utf8(buffer[..length].to_vec()).unwrap();
            let is_final = !answer.starts_with("SIP/2.0 1");
            if is_final && answer.contains(&format!("CSeq: 1 {method}")) {
                return answer;
            }
        }
    }
}

#[test]
fn a_disk_that_hangs_stops_new_calls_and_nothing_else() {
    let bench = Bench::new();
    for number in 0..100 {
        let event =
            Event::Alarm { id: format!("test-{number}"), what: String::new(), cleared: false };
        bench.senders.house(House::Event(event));
    }
    // The spool takes nothing, and was handed more than it has room for.
    let answer = bench.request("OPTIONS", 1);
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let answer = bench.request("INVITE", 2);
    assert!(answer.starts_with("SIP/2.0 503") && answer.contains("Retry-After"), "{answer}");
    // It goes on: everything is there, in its order, and calls are taken (as far as a trunk without
    // channels has any).
    let mut seen = Vec::new();
    while seen.len() < 100 {
        for record in bench.spool.recv_timeout(GUARD).unwrap().records {
            if let Fact::Alarm { id, .. } = record.fact {
                seen.push(id);
            }
        }
    }
    assert!(seen.iter().enumerate().all(|(at, id)| *id == format!("test-{at}")), "{seen:?}");
    while bench.spool.recv_timeout(Duration::from_millis(100)).is_ok() {}
    let answer = bench.request("INVITE", 3);
    assert!(answer.starts_with("SIP/2.0 486"), "{answer}");
    bench.senders.house(House::Quit);
    while bench.spool.recv_timeout(GUARD).is_ok() {}
    bench.thread.join().unwrap();
}
