use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::call::Event;
use crate::node::clock::Clock;
use crate::node::connections::Connections;
use crate::node::lanes::{House, Kind, NoRoom, Senders};
use crate::node::refusal::Refusals;
use crate::node::throttle::Throttle;
use crate::sip::wire::{Framed, Framer};
use crate::sip::{Flow, Input, Transport};

/// Messages that may wait for one peer; more, and its connection is given up.
const OUTBOX: usize = 256;
/// How long one write may take, and a connection may say nothing.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
const IDLE_MAX: Duration = Duration::from_secs(600);
/// How long a new peer may take to say something, so that idle strangers cost nothing for long.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// How long a peer whose framing is broken may read why.
const LAST_WORD: Duration = Duration::from_secs(1);
/// How long a peer that says no more is still answered.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// How long a connection to a peer may take to come about.
const CONNECT_PATIENCE: Duration = Duration::from_secs(4);
/// The pause before a full lane is tried again; meanwhile nothing is read from this peer.
const LANE_PAUSE: Duration = Duration::from_millis(5);
/// How often it is tried before the message is refused.
const LANE_TRIES: u32 = 20;

/// All SIP connections over TCP. Each has its own reader and writer task and its own bounds, so that
/// a peer that reads or writes slowly costs only itself.
#[derive(Clone)]
pub(crate) struct TcpHub {
    shared: Arc<Shared>,
}

struct Shared {
    runtime: Handle,
    senders: Senders,
    clock: Clock,
    throttle: Mutex<Throttle>,
    refusals: Refusals,
    connections: Mutex<Connections>,
}

/// What the tasks of a connection begin with.
struct Opened {
    id: u64,
    local: SocketAddr,
    peer: SocketAddr,
    outbox: mpsc::Sender<Bytes>,
    letters: mpsc::Receiver<Bytes>,
    end: Arc<Notify>,
    /// Whether we made it: then the peer is not new.
    expected: bool,
}

impl TcpHub {
    pub(crate) fn new(
        runtime: Handle,
        senders: Senders,
        clock: Clock,
        throttle: Throttle,
        refusals: Refusals,
    ) -> Self {
        let (throttle, connections) = (Mutex::new(throttle), Mutex::default());
        let shared = Shared { runtime, senders, clock, throttle, refusals, connections };
        Self { shared: Arc::new(shared) }
    }

    /// Accepts connections at a listener for ever.
    #[expect(clippy::disallowed_methods, reason = "tasks are born in node")]
    pub(crate) async fn accept(self, listener: TcpListener, local: SocketAddr) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    // One too many is closed at once.
                    if let Some(opened) = self.open(local, peer, None) {
                        let hub = self.clone();
                        tokio::spawn(async move { hub.serve(stream, opened).await });
                    }
                }
                Err(error) => {
                    tracing::warn!(%local, %error, "TCP accept");
                    tokio::time::sleep(LANE_PAUSE * 20).await;
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connections> {
        self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, local: SocketAddr, peer: SocketAddr, first: Option<Bytes>) -> Option<Opened> {
        let (outbox, letters) = mpsc::channel(OUTBOX);
        let expected = first.is_some();
        if let Some(first) = first {
            // The channel is empty.
            let _ = outbox.try_send(first);
        }
        let (id, end) = self.lock().open(local, peer, outbox.clone())?;
        Some(Opened { id, local, peer, outbox, letters, end, expected })
    }

    /// Sends over the flow's connection, another one to the same peer, or a new one. Never waits.
    pub(crate) fn send(&self, flow: Flow, bytes: Bytes) {
        let mut connections = self.lock();
        let sent = connections.of(&flow).map(|(id, outbox)| (id, outbox.try_send(bytes.clone())));
        match sent {
            Some((_, Ok(()))) => return,
            Some((id, Err(_))) => {
                tracing::info!(peer = %flow.peer, "TCP peer reads too slowly; its connection is given up");
                connections.give_up(id);
            }
            None if flow.connection.is_some() => {}
            None => {
                drop(connections);
                if let Some(opened) = self.open(flow.local, flow.peer, Some(bytes)) {
                    let hub = self.clone();
                    self.shared.runtime.spawn(async move { hub.connect(opened).await });
                    return;
                }
            }
        }
        self.failed(flow);
    }

    async fn connect(self, opened: Opened) {
        let Opened { id, local, peer, .. } = opened;
        let error = match timeout(CONNECT_PATIENCE, TcpStream::connect(peer)).await {
            Ok(Ok(stream)) => return self.serve(stream, opened).await,
            Ok(Err(error)) => error,
            Err(late) => late.into(),
        };
        tracing::info!(%peer, %error, "TCP connect");
        self.lock().ended(id);
        self.failed(Flow { transport: Transport::Tcp, local, peer, connection: None });
    }

    /// By the lane of the house, and without waiting: the core itself may be who is here. Without room
    /// the timers of what was sent tell the same, later.
    fn failed(&self, flow: Flow) {
        self.shared.senders.try_house(House::Event(Event::Sip(Input::SendFailed { flow })));
    }

    #[expect(clippy::disallowed_methods, reason = "tasks are born in node")]
    async fn serve(self, stream: TcpStream, opened: Opened) {
        let Opened { id, local, peer, outbox, letters, end, expected } = opened;
        // Delay costs more than bytes here.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        let mut writing = tokio::spawn(write(writer, letters));
        let mut has_ended = false;
        let flow = Flow { transport: Transport::Tcp, local, peer, connection: Some(id) };
        tokio::select! {
            result = self.read(reader, flow, outbox, expected) => {
                match result {
                    Ok(()) => has_ended = true,
                    Err(error) => tracing::debug!(%peer, %error, "TCP connection ends"),
                }
            }
            () = end.notified() => {}
            _ = &mut writing => {}
        }
        if has_ended {
            // The peer says no more, but may still read: what it asked for is answered.
            tokio::select! {
                () = tokio::time::sleep(LAST_ANSWERS) => {}
                () = end.notified() => has_ended = false,
                _ = &mut writing => has_ended = false,
            }
        }
        if !has_ended {
            writing.abort();
        }
        // Behind what was received, in the same lane: a BYE before the end is still a BYE.
        let is_last = self.lock().retire(id);
        if has_ended && timeout(WRITE_PATIENCE, &mut writing).await.is_err() {
            writing.abort();
        }
        self.tell(Input::Closed { connection: id }).await;
        if is_last {
            // Requests that left over "whatever goes to this peer" have no answer to hope for.
            self.tell(Input::SendFailed { flow: Flow { connection: None, ..flow } }).await;
        }
        self.lock().ended(id);
    }

    /// Puts something into the lane of talk, as soon as there is room.
    async fn tell(&self, mut input: Input) {
        while let Err(NoRoom::Full(back)) = self.shared.senders.try_sip(input, false) {
            input = back;
            tokio::time::sleep(LANE_PAUSE).await;
        }
    }

    /// Reads messages until the peer ends, says nothing for too long, or breaks the framing.
    async fn read(
        &self,
        mut reader: OwnedReadHalf,
        flow: Flow,
        outbox: mpsc::Sender<Bytes>,
        expected: bool,
    ) -> io::Result<()> {
        let mut framer = Framer::default();
        let mut buffer = vec![0; 16_384];
        let mut patience = if expected { IDLE_MAX } else { FIRST_WORD };
        loop {
            let length = timeout(patience, reader.read(&mut buffer)).await??;
            if length == 0 {
                return Ok(());
            }
            patience = IDLE_MAX;
            framer.push(&buffer[..length]);
            while let Some(framed) = framer.next() {
                match framed {
                    Ok(Framed::Message(bytes)) => self.deliver(flow, bytes, &outbox).await,
                    Ok(Framed::Ping) => {
                        // A full outbox ends the connection at the next message.
                        let _ = outbox.try_send(Bytes::from_static(b"\r\n"));
                    }
                    Ok(Framed::Pong) => {}
                    Err(error) => {
                        if let Some(head) = error.head.clone() {
                            self.deliver(flow, head, &outbox).await;
                            // The refusal leaves before the connection ends.
                            let _ = timeout(LAST_WORD, discard(&mut reader)).await;
                        }
                        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                    }
                }
            }
        }
    }

    /// Puts a message into its lane. While its source has sent too much, or the lane is full, nothing
    /// more is read from this peer; after a while the message is refused.
    async fn deliver(&self, flow: Flow, bytes: Bytes, outbox: &mpsc::Sender<Bytes>) {
        let kind = Kind::of(&bytes);
        let mut input = Input::Received { flow, bytes: bytes.clone() };
        let (mut is_let, mut tries) = (false, 0);
        // What is let through and goes on or answers waits for as long as it takes.
        while tries < LANE_TRIES || (is_let && !kind.begins()) {
            is_let = is_let || self.lets(flow.peer, kind);
            if is_let {
                match self.shared.senders.try_sip(input, kind.begins()) {
                    Ok(()) | Err(NoRoom::Gone) => return,
                    Err(NoRoom::Full(back)) => input = back,
                }
            }
            tries += 1;
            tokio::time::sleep(LANE_PAUSE).await;
        }
        let Shared { refusals, clock, .. } = &*self.shared;
        if let Some(refusal) = refusals.refuse(clock.now(), flow.peer, &bytes, true) {
            let _ = outbox.try_send(Bytes::from(refusal));
        }
    }

    fn lets(&self, source: SocketAddr, kind: Kind) -> bool {
        let mut throttle = self.shared.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.lets(self.shared.clock.now(), source, kind)
    }
}

/// Reads until the peer ends, and forgets what it read.
async fn discard(reader: &mut OwnedReadHalf) {
    let mut buffer = [0; 4_096];
    while reader.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
}

async fn write(mut writer: OwnedWriteHalf, mut letters: mpsc::Receiver<Bytes>) {
    while let Some(bytes) = letters.recv().await {
        match timeout(WRITE_PATIENCE, writer.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => break,
        }
    }
    // The peer may be gone.
    let _ = writer.shutdown().await;
}

#[cfg(test)]
mod tests;
