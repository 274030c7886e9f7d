use std::cell::Cell;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use md5::{Digest as _, Md5};

use crate::harness::Switch;

/// A guard against hanging.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// How long an answer that must not come is waited for.
pub(crate) const NEVER: Duration = Duration::from_millis(300);
const AGAIN: Duration = Duration::from_millis(500);

/// A UDP socket that speaks SIP as it likes: whatever is written goes out.
pub(crate) struct Raw {
    socket: UdpSocket,
    to: SocketAddr,
    count: Cell<u32>,
}

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.text, name)
    }
}

/// The first value of a header.
pub(crate) fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (of, value) = line.split_once(':')?;
        of.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// What is the same in all requests of one dialog.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) uri: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) call_id: String,
}

impl Raw {
    pub(crate) fn new(at: SocketAddr, to: SocketAddr) -> Self {
        let socket = UdpSocket::bind(at).expect("a loopback socket");
        Self { socket, to, count: Cell::new(0) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("it is bound")
    }

    fn number(&self) -> u32 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }

    /// Names for a new call to `user`, from `who`.
    pub(crate) fn names(&self, who: &str, user: &str) -> Names {
        let (number, at, to) = (self.number(), self.address(), self.to);
        Names {
            uri: format!("sip:{user}@{to}"),
            from: format!("<sip:{who}@{}>;tag=f{number}x{}", at.ip(), at.port()),
            to: format!("<sip:{user}@{to}>"),
            call_id: format!("c{number}-{}@{}", at.port(), at.ip()),
        }
    }

    /// A request with these headers behind the usual ones. An ACK or CANCEL of the last INVITE must
    /// replace the branch.
    pub(crate) fn request(
        &self,
        names: &Names,
        method: &str,
        cseq: u32,
        more: &str,
        body: &str,
    ) -> String {
        let (number, at) = (self.number(), self.address());
        let Names { uri, from, to, call_id } = names;
        let kind = if body.is_empty() || more.contains("Content-Type") {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKr{number}x{};rport\r\n\
             Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:raw@{at}>\r\n{more}{kind}\
             Content-Length: {}\r\n\r\n{body}",
            at.port(),
            body.len()
        )
    }

    pub(crate) fn send(&self, message: impl AsRef<[u8]>) {
        self.socket.send_to(message.as_ref(), self.to).expect("loopback takes datagrams");
    }

    /// The next datagram.
    pub(crate) fn next(&self, limit: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(limit.max(Duration::from_millis(1)))).expect("a timeout");
        let mut buffer = [0; 65_536];
        let (length, _) = self.socket.recv_from(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// The final response with this Call-ID and CSeq.
    pub(crate) fn answer(&self, call_id: &str, cseq: &str, limit: Duration) -> Option<Answer> {
        let until = Instant::now() + limit;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let Some(text) = self.next(left) else { continue };
            let Some(status) = status(&text) else { continue };
            let is_it =
                header(&text, "Call-ID") == Some(call_id) && header(&text, "CSeq") == Some(cseq);
            if is_it && status >= 200 {
                return Some(Answer { status, text });
            }
        }
    }

    /// Sends a request, again and again until its final response comes.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let call_id = header(request, "Call-ID").expect("a Call-ID").to_owned();
        let cseq = header(request, "CSeq").expect("a CSeq").to_owned();
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            self.send(request);
            if let Some(answer) = self.answer(&call_id, &cseq, AGAIN) {
                return answer;
            }
        }
        panic!("no answer to\n{request}");
    }

    /// Sends a request once; its final response, if one comes soon.
    pub(crate) fn try_ask(&self, request: &str) -> Option<Answer> {
        self.send(request);
        let call_id = header(request, "Call-ID").unwrap_or_default();
        let cseq = header(request, "CSeq").unwrap_or_default();
        self.answer(call_id, cseq, NEVER)
    }

    /// OPTIONS from here is answered 200; how long that took.
    pub(crate) fn is_served(&self) -> Duration {
        let from = Instant::now();
        let names = self.names("ping", "ping");
        let answer = self.ask(&self.request(&names, "OPTIONS", 1, "", ""));
        assert_eq!(answer.status, 200, "{}", answer.text);
        from.elapsed()
    }

    /// Everything that has come is thrown away.
    pub(crate) fn drain(&self) {
        let mut buffer = [0; 2_048];
        self.socket.set_nonblocking(true).expect("non-blocking");
        while self.socket.recv_from(&mut buffer).is_ok() {}
        self.socket.set_nonblocking(false).expect("blocking");
    }
}

pub(crate) fn status(text: &str) -> Option<u16> {
    text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// A description that offers A-law and telephone events at `rtp`.
pub(crate) fn sdp(rtp: SocketAddr) -> String {
    let ip = rtp.ip();
    format!(
        "v=0\r\no=raw 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {} RTP/AVP 8 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
        rtp.port()
    )
}

/// A call that a raw socket has set up.
pub(crate) struct Up {
    pub(crate) raw: Raw,
    pub(crate) names: Names,
    pub(crate) rtp: UdpSocket,
    /// Where the engine's RTP is.
    pub(crate) far: SocketAddr,
    cseq: Cell<u32>,
}

impl Up {
    /// The trunk at `at` calls `user`; the engine answers; ACK.
    pub(crate) fn new(switch: &Switch, at: SocketAddr, user: &str) -> Self {
        let rtp = UdpSocket::bind((at.ip(), 0)).expect("a loopback socket");
        Self::with_rtp(switch, at, user, rtp)
    }

    /// The same with an RTP socket of one's own.
    pub(crate) fn with_rtp(switch: &Switch, at: SocketAddr, user: &str, rtp: UdpSocket) -> Self {
        let raw = Raw::new(at, switch.sip());
        rtp.set_nonblocking(true).expect("non-blocking");
        let mut names = raw.names("13800138000", user);
        let invite = raw.request(&names, "INVITE", 1, "", &sdp(rtp.local_addr().expect("bound")));
        let answer = raw.ask(&invite);
        assert_eq!(answer.status, 200, "{}", answer.text);
        names.to = answer.header("To").expect("a To").to_owned();
        let contact = answer.header("Contact").expect("a Contact");
        names.uri = contact.trim_matches(['<', '>']).to_owned();
        raw.send(raw.request(&names, "ACK", 1, "", ""));
        let port = answer.text.lines().find_map(|line| line.strip_prefix("m=audio "));
        let port = port.and_then(|line| line.split(' ').next()?.parse().ok()).expect("a port");
        let far = SocketAddr::new(switch.sip().ip(), port);
        Self { raw, names, rtp, far, cseq: Cell::new(1) }
    }

    pub(crate) fn cseq(&self) -> u32 {
        self.cseq.set(self.cseq.get() + 1);
        self.cseq.get()
    }

    /// A request inside the dialog.
    pub(crate) fn request(&self, method: &str, more: &str, body: &str) -> String {
        self.raw.request(&self.names, method, self.cseq(), more, body)
    }

    /// Whether the engine still knows the call.
    pub(crate) fn is_up(&self) -> bool {
        self.raw.ask(&self.request("OPTIONS", "", "")).status == 200
    }

    pub(crate) fn hang_up(&self) {
        let answer = self.raw.ask(&self.request("BYE", "", ""));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Datagrams that have come to its RTP socket, and from where.
    pub(crate) fn heard(&self) -> Vec<SocketAddr> {
        let mut buffer = [0; 2_048];
        std::iter::from_fn(|| self.rtp.recv_from(&mut buffer).ok().map(|(_, from)| from)).collect()
    }
}

/// A digest's answer, all of it changeable.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) uri: String,
    pub(crate) method: String,
    pub(crate) count: u32,
}

impl Login {
    /// Answers a 401 with MD5.
    pub(crate) fn new(challenge: &Answer, user: &str, method: &str, uri: &str) -> Self {
        assert_eq!(challenge.status, 401, "{}", challenge.text);
        let value = challenge.header("WWW-Authenticate").expect("a challenge");
        Self {
            user: user.to_owned(),
            password: format!("secret-{user}"),
            realm: "hotline".to_owned(),
            nonce: quoted(value, "nonce"),
            uri: uri.to_owned(),
            method: method.to_owned(),
            count: 1,
        }
    }

    /// The Authorization header with its line's end.
    pub(crate) fn header(&self) -> String {
        let Self { user, password, realm, nonce, uri, method, count } = self;
        let hash = |text: String| hex::encode(Md5::digest(text.as_bytes()));
        let one = hash(format!("{user}:{realm}:{password}"));
        let two = hash(format!("{method}:{uri}"));
        let response = hash(format!("{one}:{nonce}:{count:08x}:abc:auth:{two}"));
        format!(
            "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", \
             uri=\"{uri}\", response=\"{response}\", algorithm=MD5, qop=auth, nc={count:08x}, \
             cnonce=\"abc\"\r\n"
        )
    }
}

/// A quoted parameter of a challenge.
fn quoted(value: &str, name: &str) -> String {
    let (_, rest) = value.split_once(&format!("{name}=\"")).expect("the parameter");
    rest.split('"').next().unwrap_or_default().to_owned()
}
