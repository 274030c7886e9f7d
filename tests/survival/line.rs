use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// The carrier's end of the trunk, by hand: a socket and texts, so that nothing stands between the
/// arrival of a response and what a test does about it.
pub(crate) struct Line {
    socket: UdpSocket,
    switch: SocketAddr,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) call_id: String,
    pub(crate) text: String,
}

impl Line {
    /// A line from `bind` to the engine.
    pub(crate) fn new(bind: SocketAddr, switch: SocketAddr) -> Self {
        Self { socket: UdpSocket::bind(bind).expect("the carrier's socket"), switch }
    }

    /// Sends the INVITE of a new call.
    pub(crate) fn invite(&self, called: &str, call_id: &str) {
        let local = self.socket.local_addr().expect("an address");
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n",
            ip = local.ip()
        );
        self.send(&format!(
            "INVITE sip:{called}@{switch} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK-{call_id};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:13800138000@{local}>;tag=f-{call_id}\r\n\
             To: <sip:{called}@{switch}>\r\n\
             Call-ID: {call_id}\r\n\
             CSeq: 1 INVITE\r\n\
             Contact: <sip:carrier@{local}>\r\n\
             Content-Type: application/sdp\r\n\
             Content-Length: {length}\r\n\r\n{sdp}",
            switch = self.switch,
            length = sdp.len(),
        ));
    }

    /// ACK of a final response: inside the transaction for a refusal, of the dialog for a 2xx.
    pub(crate) fn ack(&self, called: &str, heard: &Heard) {
        let local = self.socket.local_addr().expect("an address");
        let to = heard.text.lines().find(|line| line.to_ascii_lowercase().starts_with("to:"));
        let call_id = &heard.call_id;
        let branch = if heard.status < 300 { "a-" } else { "" };
        self.send(&format!(
            "ACK sip:{called}@{switch} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK-{branch}{call_id};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:13800138000@{local}>;tag=f-{call_id}\r\n\
             {to}\r\n\
             Call-ID: {call_id}\r\n\
             CSeq: 1 ACK\r\n\
             Content-Length: 0\r\n\r\n",
            switch = self.switch,
            to = to.expect("a To header").trim_end(),
        ));
    }

    fn send(&self, text: &str) {
        self.socket.send_to(text.as_bytes(), self.switch).expect("sent");
    }

    /// The next response within `limit`.
    pub(crate) fn hear(&self, limit: Duration) -> Option<Heard> {
        let until = Instant::now() + limit;
        let mut buffer = [0; 65_536];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            self.socket.set_read_timeout(Some(left)).expect("a time limit");
            let Ok((length, _)) = self.socket.recv_from(&mut buffer) else { continue };
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let Some(status) = text.strip_prefix("SIP/2.0 ") else { continue };
            let status = status.get(..3).and_then(|status| status.parse().ok());
            let call_id = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("call-id").then(|| value.trim().to_owned())
            });
            if let (Some(status), Some(call_id)) = (status, call_id) {
                return Some(Heard { status, call_id, text });
            }
        }
    }

    /// The final response to a call's INVITE within `limit`.
    pub(crate) fn outcome(&self, call_id: &str, limit: Duration) -> Option<Heard> {
        let until = Instant::now() + limit;
        loop {
            let heard = self.hear(until.saturating_duration_since(Instant::now()))?;
            if heard.call_id == call_id && heard.status >= 200 {
                return Some(heard);
            }
        }
    }
}
