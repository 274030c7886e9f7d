use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use rsip::Uri;

use crate::peer::audio::{Codec, Heard, Source};
use crate::peer::message;
use crate::peer::pump::{LegId, Listening, Pump, Report, Sockets};
use crate::peer::sdp::LocalMedia;
use crate::peer::ua::{CallKey, Event, Invite, OutText, Output, Ua, UaSettings};
use crate::peer::world::{self, Chance};

/// The longest wait for the last report of a leg.
const REPORT_LIMIT: Duration = Duration::from_secs(2);

/// How the media of a call begin.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    pub(crate) source: Source,
    pub(crate) codecs: Vec<Codec>,
    pub(crate) events: bool,
    pub(crate) listening: Listening,
}

/// A call to place.
#[derive(Debug, Clone)]
pub(crate) struct Placing {
    pub(crate) user: String,
    pub(crate) display: Option<String>,
    pub(crate) account: Option<usize>,
    pub(crate) uri: String,
    /// Where to send; the URI's own address when `None`.
    pub(crate) server: Option<SocketAddr>,
    pub(crate) media: Media,
    /// No RTP at all: a leg that only signals.
    pub(crate) silent: bool,
    pub(crate) headers: Vec<(String, String)>,
}

/// A user agent at its socket, with its legs in a pump. One thread owns it and takes turns.
pub(crate) struct Booth {
    socket: UdpSocket,
    pub(crate) ua: Ua,
    pub(crate) pump: Pump,
    pub(crate) local: SocketAddr,
    /// When the latest message left.
    pub(crate) sent_at: Instant,
    legs: HashMap<CallKey, LegId>,
    out: Vec<Output>,
    events: Vec<Event>,
    buffer: Vec<u8>,
    loss_percent: u8,
    chance: Chance,
}

impl Booth {
    /// `grain`: the longest that a turn waits for a datagram.
    pub(crate) fn bind(
        address: SocketAddr,
        settings: UaSettings,
        pump: Pump,
        grain: Duration,
        loss_percent: u8,
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        // As much as the machine allows: a burst of set-ups must not be lost here.
        let _capped = socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20);
        socket.set_read_timeout(Some(grain))?;
        let local = socket.local_addr()?;
        Ok(Self {
            socket,
            ua: Ua::new(local, settings),
            pump,
            local,
            sent_at: world::now(),
            legs: HashMap::new(),
            out: Vec::new(),
            events: Vec::new(),
            buffer: vec![0; 65_536],
            loss_percent,
            chance: Chance::from_world(),
        })
    }

    /// A socket whose datagrams end a turn's waiting.
    pub(crate) fn waker(&self) -> io::Result<UdpSocket> {
        let waker = UdpSocket::bind((self.local.ip(), 0))?;
        waker.connect(self.local)?;
        Ok(waker)
    }

    /// Waits for a datagram, at most the grain; takes it, does what is due, sends.
    pub(crate) fn turn(&mut self) -> (Instant, Vec<Event>) {
        let received = self.socket.recv_from(&mut self.buffer);
        let now = world::now();
        if let Ok((length, from)) = received
            && !self.is_lost(length)
        {
            self.ua.datagram(now, from, &self.buffer[..length], &mut self.out);
        }
        if self.ua.deadline().is_some_and(|deadline| deadline <= now) {
            self.ua.tick(now, &mut self.out);
        }
        self.flush();
        (now, std::mem::take(&mut self.events))
    }

    /// Events that a command brought at once.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn is_lost(&mut self, length: usize) -> bool {
        length > 1 && self.loss_percent > 0 && self.chance.next() % 100 < self.loss_percent.into()
    }

    fn flush(&mut self) {
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Send { to, bytes } => {
                    self.sent_at = world::now();
                    if !self.is_lost(bytes.len())
                        && let Err(error) = self.socket.send_to(&bytes, to)
                    {
                        self.ua.complain(format!("cannot send to {to}: {error}"));
                    }
                }
                Output::Event(event) => {
                    if let Event::Aim { call, aim } = &event
                        && let Some(leg) = self.legs.get(call)
                    {
                        self.pump.aim(*leg, Some(*aim));
                    }
                    self.events.push(event);
                }
            }
        }
    }

    /// Runs a command of the user agent and sends what it says.
    pub(crate) fn with<T>(
        &mut self,
        act: impl FnOnce(&mut Ua, Instant, &mut Vec<Output>) -> T,
    ) -> T {
        let result = act(&mut self.ua, world::now(), &mut self.out);
        self.flush();
        result
    }

    /// Calls; the error says what of the call cannot be.
    pub(crate) fn place(&mut self, placing: Placing) -> Result<CallKey, String> {
        let uri = Uri::try_from(&*placing.uri)
            .map_err(|error| format!("{} is no SIP URI: {error}", placing.uri))?;
        let to = placing
            .server
            .or_else(|| message::address_of(&uri))
            .ok_or_else(|| format!("{} has no numeric address", placing.uri))?;
        let (media, leg) = self.open_leg(placing.media, placing.silent)?;
        let invite = Invite {
            user: placing.user,
            display: placing.display,
            account: placing.account,
            uri,
            to,
            media,
            headers: placing.headers,
        };
        let call = self.ua.call(world::now(), invite, &mut self.out);
        if let Some(leg) = leg {
            self.legs.insert(call, leg);
        }
        self.flush();
        Ok(call)
    }

    /// Sends a text; returns its number. The error says what cannot be.
    pub(crate) fn send_text(
        &mut self,
        user: String,
        account: Option<usize>,
        uri: &str,
        server: Option<SocketAddr>,
        text: String,
    ) -> Result<u64, String> {
        let uri = Uri::try_from(uri).map_err(|error| format!("{uri} is no SIP URI: {error}"))?;
        let to = server
            .or_else(|| message::address_of(&uri))
            .ok_or_else(|| format!("{uri} has no numeric address"))?;
        let content_type = "text/plain;charset=utf-8".to_owned();
        let text = OutText { user, account, uri, to, content_type, text };
        Ok(self.with(|ua, now, out| ua.send_text(now, text, out)))
    }

    /// Answers a call that rings here.
    pub(crate) fn answer(
        &mut self,
        call: CallKey,
        media: Media,
        silent: bool,
    ) -> Result<(), String> {
        let (media, leg) = self.open_leg(media, silent)?;
        if let Some(leg) = leg {
            self.legs.insert(call, leg);
        }
        self.ua.answer(world::now(), call, media, &mut self.out);
        self.flush();
        Ok(())
    }

    fn open_leg(
        &mut self,
        media: Media,
        silent: bool,
    ) -> Result<(LocalMedia, Option<LegId>), String> {
        if silent {
            // The discard port: nobody is to send there, and nothing that does is read.
            let address = SocketAddr::new(self.local.ip(), 9);
            let media = LocalMedia { address, codecs: media.codecs, events: media.events };
            return Ok((media, None));
        }
        let sockets = Sockets::bind(self.local.ip())
            .map_err(|error| format!("no RTP sockets on {}: {error}", self.local.ip()))?;
        let address = sockets.address;
        let leg = self.pump.open(sockets, media.source, media.listening);
        let media = LocalMedia { address, codecs: media.codecs, events: media.events };
        Ok((media, Some(leg)))
    }

    pub(crate) fn leg(&self, call: CallKey) -> Option<LegId> {
        self.legs.get(&call).copied()
    }

    /// Ends the leg of a call and returns its last report.
    pub(crate) fn close_leg(&mut self, call: CallKey) -> Heard {
        let Some(leg) = self.legs.remove(&call) else { return Heard::default() };
        self.pump.close(leg).recv_timeout(REPORT_LIMIT).map(|(heard, _)| heard).unwrap_or_default()
    }

    /// Ends the leg of a call; its last report comes to the receiver.
    pub(crate) fn close_leg_later(&mut self, call: CallKey) -> Option<Receiver<Report>> {
        self.legs.remove(&call).map(|leg| self.pump.close(leg))
    }
}

impl Drop for Booth {
    fn drop(&mut self) {
        for leg in self.legs.values() {
            self.pump.drop_leg(*leg);
        }
    }
}
