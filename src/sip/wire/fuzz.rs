use bytes::Bytes;

use crate::sip::wire::{Framer, Message, Name, Response, parse};

/// Reads whatever it is as a message and as a stream, with all headers of it, and checks that what is
/// written reads as what was read. Must neither panic nor take long.
///
/// # Panics
///
/// When a message reads otherwise after it was written.
pub fn fuzz(bytes: &[u8]) {
    let mut framer = Framer::default();
    for piece in bytes.chunks(1 + bytes.len() / 3) {
        framer.push(piece);
        while framer.next().is_some() {}
    }
    match parse(Bytes::copy_from_slice(bytes)) {
        Ok(message) => {
            read_all(&message);
            let mut written = Vec::new();
            message.write(&mut written);
            let again = parse(Bytes::from(written)).map_err(|error| error.what);
            assert_eq!(again.map(without_length), Ok(without_length(message)));
        }
        Err(error) => {
            if let Some(answerable) = error.answerable {
                let mut written = Vec::new();
                Response::answering(&answerable.headers, error.what.status()).write(&mut written);
                assert!(written.len() < 2 * bytes.len() + 200, "an answer is no amplifier");
                let _ =
                    (answerable.from(), answerable.to(), answerable.call_id(), answerable.cseq());
            }
        }
    }
}

/// The writer makes its own Content-Length.
fn without_length(mut message: Message) -> Message {
    match &mut message {
        Message::Request(request) => request.headers.remove(Name::ContentLength),
        Message::Response(response) => response.headers.remove(Name::ContentLength),
    }
    message
}

fn read_all(message: &Message) {
    let headers = message.headers();
    for via in headers.vias().iter().flatten() {
        let _ = (via.branch(), via.received(), via.rport(), via.address(), via.to_string());
    }
    let lists = [headers.route(), headers.record_route(), headers.p_asserted_identity()];
    let ends = [headers.from(), headers.to()];
    for address in lists.iter().flatten().flatten().chain(ends.iter().flatten()) {
        let uri = &address.uri;
        let _ = (address.tag(), address.to_string(), uri.user_unescaped(), uri.address());
        assert!(uri.is_equivalent(uri), "{uri}");
    }
    let _ = (headers.contacts(), headers.expires(), headers.min_expires(), headers.retry_after());
    let _ = (headers.max_forwards(), headers.content_type().map(|t| t.map(|t| t.essence())));
    let options = headers.require().chain(headers.proxy_require()).chain(headers.supported());
    assert!(options.count() <= crate::sip::wire::MAX_MESSAGE);
    for credentials in headers.authorization().chain(headers.proxy_authorization()) {
        let _ = (credentials.username(), credentials.to_string());
    }
    for name in [Name::WwwAuthenticate, Name::ProxyAuthenticate] {
        for challenge in headers.challenges(name) {
            let _ = (challenge.nonce(), challenge.to_string());
        }
    }
    for name in [Name::ReferTo, Name::ReferredBy, Name::Diversion, Name::RemotePartyId] {
        let _ = headers.one_address(&name);
    }
}
