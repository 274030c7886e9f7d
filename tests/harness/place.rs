use std::net::{Ipv4Addr, SocketAddr};

/// A loopback network of this test's own, 127.a.b.0/24, so that tests may run side by side.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    a: u8,
    b: u8,
}

impl Place {
    /// The network of this process. (Each test is a process of its own under nextest.)
    pub fn new() -> Self {
        let pid = std::process::id();
        let part = |n: u32| u8::try_from(n % 240 + 10).expect("below 250");
        Self { a: part(pid / 240), b: part(pid) }
    }

    /// The address 127.a.b.`last`.
    pub fn ip(self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.a, self.b, last)
    }

    /// Port 5060 of 127.a.b.`last`.
    pub fn sip(self, last: u8) -> SocketAddr {
        SocketAddr::from((self.ip(last), 5060))
    }

    /// 127.a.b.`last` with a port.
    pub fn at(self, last: u8, port: u16) -> SocketAddr {
        SocketAddr::from((self.ip(last), port))
    }
}
