use crate::sip::wire::{Headers, Message, Name, Request, Response, lex};

impl Request {
    /// Appends the message, with its own Content-Length.
    pub fn write(&self, out: &mut Vec<u8>) {
        put(out, self.method.as_str().as_bytes());
        out.push(b' ');
        put(out, self.uri.to_string().as_bytes());
        out.extend_from_slice(b" SIP/2.0\r\n");
        put_rest(out, &self.headers, &self.body);
    }
}

impl Response {
    /// Appends the message, with its own Content-Length.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SIP/2.0 ");
        put_number(out, usize::from(self.status));
        out.push(b' ');
        put(out, self.reason.wire());
        out.extend_from_slice(b"\r\n");
        put_rest(out, &self.headers, &self.body);
    }
}

impl Message {
    /// Appends the message, with its own Content-Length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Request(request) => request.write(out),
            Self::Response(response) => response.write(out),
        }
    }
}

fn put_rest(out: &mut Vec<u8>, headers: &Headers, body: &[u8]) {
    for (name, value) in headers.iter() {
        let name = match name {
            Name::ContentLength => continue,
            Name::Other(name) if !lex::is_token(name) => continue,
            name => name.as_str(),
        };
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        put(out, value.wire());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"Content-Length: ");
    put_number(out, body.len());
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(body);
}

/// Appends text. Nothing that is written can break its line.
fn put(out: &mut Vec<u8>, text: &[u8]) {
    let start = out.len();
    out.extend_from_slice(text);
    if text.iter().any(|b| matches!(b, b'\r' | b'\n')) {
        for b in out.iter_mut().skip(start).filter(|b| matches!(b, b'\r' | b'\n')) {
            *b = b' ';
        }
    }
}

fn put_number(out: &mut Vec<u8>, number: usize) {
    let mut digits = arrayvec::ArrayVec::<u8, 20>::new();
    let mut rest = number;
    loop {
        digits.push(b"0123456789"[rest % 10]);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits.iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{Method, Text, Uri};

    #[test]
    fn nothing_breaks_its_line() {
        let mut request = Request::new(Method::Other("A\r\nB".into()), Uri::sip(None, "h", None));
        request.headers.push(Name::Subject, "a\r\nEvil: b");
        request.headers.push(Name::Other("X\r\nEvil".into()), "c");
        request.headers.push(Name::ContentLength, "77");
        request.body = bytes::Bytes::from_static(b"0123456789");
        let mut out = Vec::new();
        request.write(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "A  B sip:h SIP/2.0\r\nSubject: a  Evil: b\r\nContent-Length: 10\r\n\r\n0123456789"
        );
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_written_as_they_came() {
        let mut response = Response::new(200);
        response
            .headers
            .push(Name::From, Text::from_bytes(bytes::Bytes::from_static(b"\"\xb2\xe2\" <sip:h>")));
        let mut out = Vec::new();
        response.write(&mut out);
        assert_eq!(
            out,
            b"SIP/2.0 200 OK\r\nFrom: \"\xb2\xe2\" <sip:h>\r\nContent-Length: 0\r\n\r\n"
        );
        let from = response.headers.from().unwrap();
        assert_eq!(from.display.unwrap().chars().next(), Some('\u{fffd}'));
    }
}
