use std::io::{Read, Write};
use std::net::{TcpListener as Listener, TcpStream as Stream};

use super::*;
use crate::base::{Instant, Random};
use crate::node::lanes::{Lanes, lanes};
use crate::node::trunk_sources::TrunkSources;

const PATIENCE: Duration = Duration::from_secs(10);

/// A hub with a listener, and the lanes that it fills.
struct Bench {
    runtime: tokio::runtime::Runtime,
    hub: TcpHub,
    lanes: Lanes,
    local: SocketAddr,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (senders, lanes) = lanes();
        let trunks = TrunkSources::new(&[]);
        let refusals = Refusals::new(trunks.clone(), Random::from_number(1));
        let throttle = Throttle::new(trunks, Default::default());
        let clock = Clock::start(Instant::from_micros(1_000_000));
        let hub = TcpHub::new(runtime.handle().clone(), senders, clock, throttle, refusals);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let local = listener.local_addr().unwrap();
        runtime.spawn(hub.clone().accept(listener, local));
        Self { runtime, hub, lanes, local }
    }

    fn connect(&self) -> Stream {
        let stream = Stream::connect(self.local).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The next of the lane of talk.
    fn talk(&self) -> Input {
        self.lanes.talk.recv_timeout(PATIENCE).unwrap()
    }

    /// The flow of the next that begins something.
    fn begun(&self) -> Flow {
        match self.lanes.calls.recv_timeout(PATIENCE).unwrap() {
            Input::Received { flow, .. } => flow,
            other => panic!("{other:?}"),
        }
    }

    fn failed(&self) -> Flow {
        match self.lanes.house.recv_timeout(PATIENCE).unwrap() {
            House::Event(Event::Sip(Input::SendFailed { flow })) => flow,
            other => panic!("{other:?}"),
        }
    }

    fn to(&self, peer: SocketAddr) -> Flow {
        Flow { transport: Transport::Tcp, local: self.local, peer, connection: None }
    }

    fn await_empty(&self) {
        for _ in 0..1_000 {
            if self.hub.lock().len() == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} connections are left", self.hub.lock().len());
    }
}

fn request(method: &str) -> String {
    format!("{method} sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\nContent-Length: 0\r\n\r\n")
}

#[test]
fn a_peer_that_does_not_read_is_cut_off_wholly() {
    let bench = Bench::new();
    let mut peer = bench.connect();
    peer.write_all(request("OPTIONS").as_bytes()).unwrap();
    let flow = bench.begun();
    let long = Bytes::from(vec![b'x'; 60_000]);
    for _ in 0..2_000 {
        bench.hub.send(flow, long.clone());
        if bench.hub.lock().of(&flow).is_none() {
            break;
        }
    }
    assert_eq!(bench.failed(), flow);
    assert!(
        matches!(bench.talk(), Input::Closed { connection } if Some(connection) == flow.connection)
    );
    bench.await_empty();
    // What it still says comes to nobody.
    let mut rest = Vec::new();
    let _ = peer.read_to_end(&mut rest);
    let ends = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(1));
        peer.write_all(b"\r\n\r\n").is_err()
    });
    assert!(ends, "the socket is closed");
    bench.hub.send(flow, long);
    assert_eq!(bench.failed(), flow);
}

#[test]
fn what_goes_to_one_peer_shares_one_connection_and_fails_with_it() {
    let bench = Bench::new();
    let far = Listener::bind("127.0.0.1:0").unwrap();
    let flow = bench.to(far.local_addr().unwrap());
    for letter in ["a", "b", "c"] {
        bench.hub.send(flow, Bytes::from(letter));
    }
    assert_eq!(bench.hub.lock().len(), 1);
    let (mut stream, _) = far.accept().unwrap();
    let mut got = [0; 3];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"abc");
    stream.write_all(request("BYE").as_bytes()).unwrap();
    drop(stream);
    // In this order.
    assert!(matches!(bench.talk(), Input::Received { .. }));
    assert!(matches!(bench.talk(), Input::Closed { connection: 1 }));
    assert!(matches!(bench.talk(), Input::SendFailed { flow: failed } if failed == flow));
    bench.await_empty();

    drop(far);
    bench.hub.send(flow, Bytes::from("d"));
    assert_eq!(bench.failed(), flow);
    bench.await_empty();
}

#[test]
fn a_peer_that_says_no_more_is_still_answered() {
    let bench = Bench::new();
    let mut peer = bench.connect();
    peer.write_all(request("OPTIONS").as_bytes()).unwrap();
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    let flow = bench.begun();
    bench.hub.send(flow, Bytes::from("an "));
    bench.hub.send(flow, Bytes::from("answer"));
    let mut got = String::new();
    peer.read_to_string(&mut got).unwrap();
    assert_eq!(got, "an answer");
    assert!(matches!(bench.talk(), Input::Closed { connection: 1 }));
    bench.await_empty();
}

#[test]
fn a_stranger_is_slowed_over_tcp_too() {
    let bench = Bench::new();
    let clock = bench.hub.shared.clock;
    let began = clock.now();
    let mut peer = bench.connect();
    let many = request("INVITE").repeat(600);
    peer.write_all(many.as_bytes()).unwrap();
    for _ in 0..500 {
        bench.begun();
    }
    // 400 at once, then 200 a second.
    let took = clock.now().since(began);
    assert!(took >= Duration::from_millis(480), "{took:?}");
}

#[test]
fn nothing_blocks_the_runtime_while_the_core_is_behind() {
    let bench = Bench::new();
    let closed = || Input::Closed { connection: 77 };
    while bench.hub.shared.senders.try_sip(closed(), false).is_ok() {}
    let mut peer = bench.connect();
    peer.write_all(request("BYE").as_bytes()).unwrap();
    let mut other = bench.connect();
    other.write_all(request("INVITE").as_bytes()).unwrap();
    assert_eq!(bench.begun().peer, other.local_addr().unwrap(), "the other lane goes on");
    // Once there is room, what waited is there.
    let is_bye = |input: &Input| matches!(input, Input::Received { .. });
    assert!((0..70_000).any(|_| is_bye(&bench.talk())));
    drop((peer, other));
    bench.runtime.shutdown_background();
}
