use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use bytes::Bytes;

use crate::node::sys;
use crate::node::tcp::TcpHub;
use crate::sip::{Flow, Transport};

/// Where SIP messages leave: the UDP socket of the flow's listener, or a TCP connection.
#[derive(Clone)]
pub(crate) struct Net {
    udp: Arc<HashMap<SocketAddr, UdpSocket>>,
    tcp: TcpHub,
}

impl Net {
    pub(crate) fn new(udp: HashMap<SocketAddr, UdpSocket>, tcp: TcpHub) -> Self {
        Self { udp: Arc::new(udp), tcp }
    }

    /// Sends a message. A datagram that the system does not take is lost like one on the wire: SIP
    /// sends it again.
    pub(crate) fn send(&self, flow: Flow, bytes: Bytes) {
        match flow.transport {
            Transport::Udp => {
                let Some(socket) = self.udp.get(&flow.local) else {
                    tracing::error!(local = %flow.local, "no UDP socket of this address");
                    return;
                };
                // Without waiting: the core's thread must not stand still for a full buffer.
                if sys::send(socket, &[(flow.peer, &bytes)]) == 0 {
                    tracing::debug!(peer = %flow.peer, "SIP datagram not taken by the system");
                }
            }
            Transport::Tcp => self.tcp.send(flow, bytes),
        }
    }
}
