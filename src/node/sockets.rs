use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use crate::node::clock::Clock;
use crate::node::engine::{StartError, system};
use crate::node::lanes::Senders;
use crate::node::refusal::Refusals;
use crate::node::tcp::TcpHub;
use crate::node::throttle::Throttle;
use crate::node::{threads, udp};
use crate::sip::{Listener, Transport};

/// The SIP sockets, bound before anything is started.
pub(crate) struct Sockets {
    udp: Vec<(SocketAddr, UdpSocket)>,
    tcp: Vec<(SocketAddr, tokio::net::TcpListener)>,
}

impl Sockets {
    pub(crate) fn bind(
        listeners: &[Listener],
        runtime: &tokio::runtime::Runtime,
    ) -> Result<Self, StartError> {
        let mut sockets = Self { udp: Vec::new(), tcp: Vec::new() };
        for listener in listeners {
            let address = listener.bind;
            let what = format!(
                "SIP cannot listen on {address}/{}; is another program there? change sip.listen.bind",
                listener.transport.name().to_ascii_lowercase()
            );
            match listener.transport {
                Transport::Udp => {
                    sockets.udp.push((address, udp::bind(address).map_err(system(what))?));
                }
                Transport::Tcp => {
                    let bound = runtime.block_on(tokio::net::TcpListener::bind(address));
                    sockets.tcp.push((address, bound.map_err(system(what))?));
                }
            }
        }
        Ok(sockets)
    }

    pub(crate) fn senders(&self) -> Result<HashMap<SocketAddr, UdpSocket>, StartError> {
        let cloned = self.udp.iter().map(|(address, socket)| Ok((*address, socket.try_clone()?)));
        cloned.collect::<io::Result<_>>().map_err(system("no more descriptors; raise `ulimit -n`"))
    }

    pub(crate) fn read(
        &self,
        senders: &Senders,
        throttle: &Throttle,
        refusals: &Refusals,
        clock: Clock,
        stop: &Arc<AtomicBool>,
    ) -> Vec<JoinHandle<()>> {
        let mut threads = Vec::new();
        for (address, socket) in &self.udp {
            let Ok(socket) = socket.try_clone() else { continue };
            let (address, senders, stop) = (*address, senders.clone(), Arc::clone(stop));
            let (throttle, refusals) = (throttle.clone(), refusals.clone());
            threads.push(threads::spawn("sip-udp", move || {
                udp::read(&socket, address, &senders, throttle, &refusals, clock, &stop);
            }));
        }
        threads
    }

    pub(crate) fn accept(self, tcp: &TcpHub, runtime: &tokio::runtime::Runtime) {
        for (address, listener) in self.tcp {
            runtime.spawn(tcp.clone().accept(listener, address));
        }
    }
}
