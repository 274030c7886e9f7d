use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::node::lanes::{Senders, begins};
use crate::node::refusal::overloaded;
use crate::sip::wire::{Framed, Framer};
use crate::sip::{Flow, Input, Transport};

/// The most connections at once, and of one source.
const CONNECTIONS_MAX: usize = 4_096;
const CONNECTIONS_OF_SOURCE: usize = 64;
/// Messages that may wait for one peer; more, and its connection is given up.
const OUTBOX: usize = 256;
/// How long one write may take, and a connection may say nothing.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
const IDLE_MAX: Duration = Duration::from_secs(600);
/// How long a new peer may take to say something, so that idle strangers cost nothing for long.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// How long a peer whose framing is broken may read why.
const LAST_WORD: Duration = Duration::from_secs(1);
/// How long a connection to a peer may take to come about.
const CONNECT_PATIENCE: Duration = Duration::from_secs(4);
/// The pause before a full lane is tried again; meanwhile nothing is read from this peer.
const LANE_PAUSE: Duration = Duration::from_millis(5);

/// All SIP connections over TCP. Each has its own reader and writer task and its own bounds, so that
/// a peer that reads or writes slowly costs only itself.
#[derive(Clone)]
pub(crate) struct TcpHub {
    shared: Arc<Shared>,
}

struct Shared {
    runtime: Handle,
    senders: Senders,
    next: AtomicU64,
    open: AtomicUsize,
    connections: Mutex<HashMap<u64, Connection>>,
}

struct Connection {
    local: SocketAddr,
    peer: SocketAddr,
    outbox: mpsc::Sender<Bytes>,
}

impl TcpHub {
    pub(crate) fn new(runtime: Handle, senders: Senders) -> Self {
        let shared = Shared {
            runtime,
            senders,
            next: AtomicU64::new(1),
            open: AtomicUsize::new(0),
            connections: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Accepts connections at a listener for ever.
    #[expect(clippy::disallowed_methods, reason = "tasks are born in node")]
    pub(crate) async fn accept(self, listener: TcpListener, local: SocketAddr) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) if self.has_room(peer) => {
                    let hub = self.clone();
                    tokio::spawn(async move { hub.serve(stream, local, peer, None).await });
                }
                Ok((stream, _)) => drop(stream),
                Err(error) => {
                    tracing::warn!(%local, %error, "TCP accept");
                    tokio::time::sleep(LANE_PAUSE * 20).await;
                }
            }
        }
    }

    fn has_room(&self, peer: SocketAddr) -> bool {
        if self.shared.open.load(Ordering::Relaxed) >= CONNECTIONS_MAX {
            return false;
        }
        let connections = self.lock();
        connections.values().filter(|one| one.peer.ip() == peer.ip()).count()
            < CONNECTIONS_OF_SOURCE
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Connection>> {
        self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends over the flow's connection, another one to the same peer, or a new one.
    pub(crate) fn send(&self, flow: Flow, bytes: Bytes) {
        let known = {
            let connections = self.lock();
            match flow.connection {
                Some(id) => connections.get(&id).map(|one| (id, one.outbox.clone())),
                None => connections
                    .iter()
                    .find(|(_, one)| one.peer == flow.peer && one.local == flow.local)
                    .map(|(id, one)| (*id, one.outbox.clone())),
            }
        };
        match known {
            Some((id, outbox)) => {
                if outbox.try_send(bytes).is_err() {
                    tracing::info!(peer = %flow.peer, "TCP peer reads too slowly; its connection is given up");
                    self.forget(id);
                }
            }
            None if flow.connection.is_some() => self.failed(flow),
            None => {
                let hub = self.clone();
                self.shared.runtime.spawn(async move { hub.connect(flow, bytes).await });
            }
        }
    }

    async fn connect(self, flow: Flow, bytes: Bytes) {
        match timeout(CONNECT_PATIENCE, TcpStream::connect(flow.peer)).await {
            Ok(Ok(stream)) => self.serve(stream, flow.local, flow.peer, Some(bytes)).await,
            Ok(Err(error)) => {
                tracing::info!(peer = %flow.peer, %error, "TCP connect");
                self.failed(flow);
            }
            Err(_) => self.failed(flow),
        }
    }

    fn failed(&self, flow: Flow) {
        // Into the lane of talk, which never refuses.
        let _ = self.shared.senders.sip(Input::SendFailed { flow }, false);
    }

    /// Forgets a connection: its writer ends when its outbox is gone, its reader with the socket.
    fn forget(&self, id: u64) {
        if self.lock().remove(&id).is_some() {
            self.shared.open.fetch_sub(1, Ordering::Relaxed);
            let _ = self.shared.senders.sip(Input::Closed { connection: id }, false);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "tasks are born in node")]
    async fn serve(
        self,
        stream: TcpStream,
        local: SocketAddr,
        peer: SocketAddr,
        first: Option<Bytes>,
    ) {
        // Delay costs more than bytes here.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        let (outbox, letters) = mpsc::channel(OUTBOX);
        let expected = first.is_some();
        if let Some(first) = first {
            // The channel is empty.
            let _ = outbox.try_send(first);
        }
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        let pong = outbox.clone();
        self.lock().insert(id, Connection { local, peer, outbox });
        let writing = tokio::spawn(write(writer, letters));
        let flow = Flow { transport: Transport::Tcp, local, peer, connection: Some(id) };
        if let Err(error) = self.read(reader, flow, pong, expected).await {
            tracing::debug!(%peer, %error, "TCP connection ends");
        }
        self.forget(id);
        writing.abort();
    }

    /// Reads messages until the peer ends, says nothing for too long, or breaks the framing.
    async fn read(
        &self,
        mut reader: OwnedReadHalf,
        flow: Flow,
        pong: mpsc::Sender<Bytes>,
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
                    Ok(Framed::Message(bytes)) => self.deliver(flow, bytes, &pong).await,
                    Ok(Framed::Ping) => {
                        // A full outbox ends the connection at the next message.
                        let _ = pong.try_send(Bytes::from_static(b"\r\n"));
                    }
                    Ok(Framed::Pong) => {}
                    Err(error) => {
                        if let Some(head) = error.head.clone() {
                            self.deliver(flow, head, &pong).await;
                            // The refusal leaves before the connection ends.
                            let _ = timeout(LAST_WORD, discard(&mut reader)).await;
                        }
                        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                    }
                }
            }
        }
    }

    /// Puts a message into its lane. While the lane is full nothing more is read from this peer;
    /// after a while the message is refused.
    async fn deliver(&self, flow: Flow, bytes: Bytes, outbox: &mpsc::Sender<Bytes>) {
        let starts = begins(&bytes);
        let mut input = Input::Received { flow, bytes: bytes.clone() };
        for _ in 0..20 {
            match self.shared.senders.sip(input, starts) {
                Ok(()) => return,
                Err(back) => input = back,
            }
            tokio::time::sleep(LANE_PAUSE).await;
        }
        if let Some(refusal) = overloaded(&bytes) {
            let _ = outbox.try_send(Bytes::from(refusal));
        }
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
