use std::net::SocketAddr;

use crate::call::tests::bench::ENGINE;

/// What a party answers to a request.
pub(super) fn response(from: SocketAddr, request: &str, status: &str, body: &str) -> String {
    let mut response = format!("SIP/2.0 {status}\r\n");
    for line in request.lines().take_while(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "via" | "from" | "call-id" | "cseq" | "record-route" => {
                response += &format!("{line}\r\n");
            }
            "to" if line.contains("tag=") => response += &format!("{line}\r\n"),
            "to" => response += &format!("{line};tag=far\r\n"),
            _ => {}
        }
    }
    response += &format!("Contact: <sip:far@{from}>\r\n");
    if !body.is_empty() {
        response += "Content-Type: application/sdp\r\n";
    }
    response + &format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

pub(super) fn sdp(from: SocketAddr) -> String {
    let ip = from.ip();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
    )
}

/// From, To and Call-ID of a response, for a request inside its dialog.
pub(super) fn of_response(text: &str) -> String {
    let wanted = ["from:", "to:", "call-id:"];
    let lines = text.lines().take_while(|line| !line.is_empty());
    let of =
        lines.filter(|line| wanted.iter().any(|name| line.to_ascii_lowercase().starts_with(name)));
    of.map(|line| format!("{line}\r\n")).collect()
}

pub(super) fn request(method: &str, from: SocketAddr, headers: &str, body: &str) -> String {
    let call_id = headers.lines().find(|line| line.to_ascii_lowercase().starts_with("call-id:"));
    let call_id = call_id.unwrap_or_default().trim_start_matches(|c: char| c != ' ').trim();
    let (cseq, kind) = match method {
        "INVITE" | "ACK" => {
            (1, if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" })
        }
        _ => (2, ""),
    };
    format!(
        "{method} sip:12345@{ENGINE} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {from};branch=z9hG4bK-{method}-{call_id}\r\nMax-Forwards: 70\r\n\
         {headers}CSeq: {cseq} {method}\r\nContact: <sip:far@{from}>\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
