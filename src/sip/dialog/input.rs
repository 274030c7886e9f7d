use bytes::Bytes;

use crate::sip::dialog::Reference;
use crate::sip::stack::Flow;
use crate::sip::txn::{ClientId, ServerId};
use crate::sip::wire::{Request, Response, Text};

/// What may happen to a dialog.
#[derive(Debug)]
pub(crate) enum DialogInput<'a> {
    /// A new request inside the dialog, its sender checked; neither ACK nor CANCEL.
    Request {
        /// Its transaction.
        server: ServerId,
        /// The request.
        request: &'a Request,
        /// The SDP in it.
        sdp: Option<Bytes>,
        /// What it asks for, if it is a REFER.
        refer: Option<Box<Reference>>,
        /// Where it came from.
        flow: Flow,
    },
    /// An ACK of a 2xx.
    Ack {
        /// Its CSeq.
        cseq: u32,
        /// The SDP in it.
        sdp: Option<Bytes>,
    },
    /// A CANCEL of an INVITE that is not answered yet. It has been answered itself.
    Cancel {
        /// The INVITE's transaction.
        server: ServerId,
    },
    /// A response to a request of this dialog.
    Response {
        /// The request's transaction.
        client: ClientId,
        /// The response.
        response: &'a Response,
        /// The SDP in it.
        sdp: Option<Bytes>,
        /// Where it came from.
        flow: Flow,
    },
    /// A request of this dialog came to nothing.
    Failed {
        /// Its transaction.
        client: ClientId,
        /// Whether it could not be sent. Else no answer came in time.
        transport: bool,
    },
    /// The TCP connection that the dialog's INVITE came over is gone.
    Closed {
        /// Which one.
        connection: u64,
    },
    /// The conductor wants something.
    Wish(Wish),
    /// The deadline came.
    Deadline,
}

/// `Command` without the dialog's id.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    /// `Command::Ring`.
    Ring { status: u16, sdp: Option<Bytes> },
    /// `Command::Answer`.
    Answer { sdp: Bytes },
    /// `Command::Refuse`, `Cancel`, `Bye`, `Hangup`: be done with it.
    End { status: u16, reason: Option<Text>, retry_after: Option<u32> },
    /// `Command::Reinvite`.
    Reinvite { sdp: Option<Bytes> },
    /// `Command::Accept`.
    Accept { sdp: Bytes },
    /// `Command::Reject`.
    Reject { status: u16 },
    /// `Command::Notify`.
    Notify { event: Text, state: Option<Text>, body: Option<(Text, Bytes)> },
    /// `Command::Info`.
    Info { content_type: Text, body: Bytes },
    /// `Command::Probe`.
    Probe,
    /// `Command::ReferProgress`.
    ReferProgress { status: u16, last: bool },
}
