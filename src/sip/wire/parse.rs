use bytes::Bytes;

use crate::sip::wire::{Fault, Message, ParseError};

/// Reads one datagram, or one message that the `Framer` cut out.
pub fn parse(datagram: Bytes) -> Result<Message, ParseError> {
    let _ = datagram;
    Err(ParseError { what: Fault::StartLine, answerable: None })
}
