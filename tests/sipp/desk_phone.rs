use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use crate::harness::Switch;
use crate::sipp::stage::LIMIT;
use crate::torture::raw::{Login, Raw, header, sdp};

/// A phone by hand, which may say that it lives elsewhere than it does, as behind a NAT.
pub(crate) struct DeskPhone {
    pub(crate) raw: Raw,
    /// Where it says that it is, in Via, Contact and SDP.
    says: SocketAddr,
    user: String,
    /// What the registrar's last answer was.
    pub(crate) answer: String,
}

impl DeskPhone {
    /// Registers `user` from `at` (MD5) as one who says that it is at `says`.
    pub(crate) fn register(switch: &Switch, at: SocketAddr, says: SocketAddr, user: &str) -> Self {
        let raw = Raw::new(at, switch.sip());
        let mut phone = Self { raw, says, user: user.to_owned(), answer: String::new() };
        let uri = format!("sip:{}", switch.sip());
        let mut names = phone.raw.names(user, user);
        names.uri.clone_from(&uri);
        let mut authorization = String::new();
        for cseq in 1..=2 {
            let more = format!("Expires: 600\r\n{authorization}");
            let request = phone.raw.request(&names, "REGISTER", cseq, &more, "");
            let answer = phone.raw.ask(&phone.lie(&request));
            phone.answer = answer.text.clone();
            if cseq == 1 {
                authorization = Login::new(&answer, user, "REGISTER", &uri).header();
            } else {
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        }
        phone
    }

    /// The same message with the address that the phone believes to have.
    fn lie(&self, message: &str) -> String {
        let (is, says) = (self.raw.address(), self.says);
        message
            .replace(&format!("UDP {is}"), &format!("UDP {says}"))
            .replace(&format!("raw@{is}"), &format!("{}@{says}", self.user))
    }

    /// Waits for a request.
    pub(crate) fn request(&self, method: &str) -> String {
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            if let Some(text) = self.raw.next(left).filter(|text| text.starts_with(method)) {
                return text;
            }
        }
        panic!("no {method} came");
    }

    /// Answers a request; `rtp` is the phone's own port.
    pub(crate) fn answer(&self, request: &str, status: &str, rtp: Option<&UdpSocket>) {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            let value = header(request, name).unwrap_or_default();
            let is_new = name == "To" && !value.contains(";tag=");
            text += &format!("{name}: {value}{}\r\n", if is_new { ";tag=desk" } else { "" });
        }
        let body = rtp.map_or_else(String::new, |rtp| {
            let port = rtp.local_addr().expect("bound").port();
            sdp(SocketAddr::new(self.says.ip(), port))
        });
        text += &format!("Contact: <sip:{}@{}>\r\n", self.user, self.says);
        if !body.is_empty() {
            text += "Content-Type: application/sdp\r\n";
        }
        self.raw.send(text + &format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    }

    /// Is rung and answers; where the engine's RTP is.
    pub(crate) fn take(&self, rtp: &UdpSocket) -> SocketAddr {
        let invite = self.request("INVITE");
        self.answer(&invite, "180 Ringing", None);
        self.answer(&invite, "200 OK", Some(rtp));
        self.request("ACK");
        let field = |start: &str| invite.lines().find_map(|line| line.strip_prefix(start));
        let port = field("m=audio ").and_then(|line| line.split(' ').next()?.parse().ok());
        let ip = field("c=IN IP4 ").and_then(|line| line.trim().parse().ok());
        SocketAddr::new(ip.expect("an address"), port.expect("a port"))
    }
}
