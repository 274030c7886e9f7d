use bytes::Bytes;

use crate::sip::wire::{Message, Method, Name, Response, parse};

/// Seconds that an overloaded engine asks callers to stay away.
const RETRY_AFTER: &str = "5";

/// The stateless 503 of an overloaded engine to a request; `None` for what must not be answered
/// (ACK, responses, what cannot be read).
pub(crate) fn overloaded(bytes: &Bytes) -> Option<Vec<u8>> {
    let Ok(Message::Request(request)) = parse(bytes.clone()) else { return None };
    if request.method == Method::Ack {
        return None;
    }
    let mut response = Response::answering(&request.headers, 503);
    response.headers.set(Name::RetryAfter, RETRY_AFTER);
    let mut out = Vec::with_capacity(512);
    response.write(&mut out);
    Some(out)
}
