use std::net::SocketAddr;

use crate::sip::stack::{Flow, Transport};

/// What fails as one: a TCP connection, or all that goes to one address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Way {
    Connection(u64),
    Address(Transport, SocketAddr),
}

impl Way {
    pub(crate) fn of(flow: &Flow) -> Self {
        match flow.connection {
            Some(connection) => Self::Connection(connection),
            None => Self::Address(flow.transport, flow.peer),
        }
    }
}
