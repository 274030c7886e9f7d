use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::config::section::Section;
use crate::sip::{Algorithm, Listener, Settings, Transport};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) const TRANSPORTS: [(&str, Transport); 2] =
    [("udp", Transport::Udp), ("tcp", Transport::Tcp)];
pub(crate) const ALGORITHMS: [(&str, Algorithm); 2] =
    [("sha-256", Algorithm::Sha256), ("md5", Algorithm::Md5)];

/// The stack's settings without trunks and accounts, which their own sections add.
pub(crate) fn read(root: &mut Section<'_, '_>) -> Settings {
    let mut sip = root.section("sip");
    let defaults = Settings::default();
    let realm = sip.text("realm", &defaults.realm);
    let user_agent = sip.text("user_agent", &defaults.user_agent);
    let algorithms = sip.choices("algorithms", &ALGORITHMS, &defaults.algorithms);
    let nonce_life = sip.time("nonce_life", SECOND * 10..=SECOND * 3_600, defaults.nonce_life);
    let min_expires = sip.time("min_expires", SECOND..=SECOND * 3_600, defaults.min_expires);
    let default_expires =
        sip.time("default_expires", SECOND..=SECOND * 86_400, defaults.default_expires);
    let max_expires = sip.time("max_expires", SECOND..=SECOND * 86_400, defaults.max_expires);
    if !(min_expires <= default_expires && default_expires <= max_expires) {
        sip.fault(
            sip.line(),
            "default_expires",
            "is not allowed; allowed: min_expires ≤ default_expires ≤ max_expires",
        );
    }
    let nat_keepalive = sip.time(
        "nat_keepalive",
        Duration::ZERO..=SECOND * 3_600,
        defaults.nat_keepalive.unwrap_or_default(),
    );
    let mut lockout = defaults.lockout;
    lockout.time = sip.time("lockout", SECOND..=SECOND * 86_400, lockout.time);
    let listeners = listeners(&mut sip);
    sip.finish();
    Settings {
        realm,
        user_agent,
        listeners,
        nonce_life,
        algorithms,
        min_expires,
        default_expires,
        max_expires,
        nat_keepalive: (!nat_keepalive.is_zero()).then_some(nat_keepalive),
        lockout,
        ..defaults
    }
}

fn listeners(sip: &mut Section<'_, '_>) -> Vec<Listener> {
    let mut listeners: Vec<Listener> = Vec::new();
    for mut listen in sip.sections("listen") {
        let transport = listen.choice("transport", &TRANSPORTS, Transport::Udp);
        let bind = listen.socket("bind").unwrap_or_else(default_bind);
        let own = (bind.ip().to_string(), bind.port());
        let advertised = listen.text_or_none("advertised").map_or(own.clone(), |text| {
            split(&text).unwrap_or_else(|| {
                listen.fault(listen.line(), "advertised", format!("{text:?} is not allowed; allowed: \"host\" or \"host:port\" that peers can reach"));
                own
            })
        });
        if advertised.0.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified()) {
            listen.fault(listen.line(), "advertised", "is every address, as long as `bind` is; allowed: \"host\" or \"host:port\" that peers can reach");
        }
        if listeners.iter().any(|known| known.bind == bind && known.transport == transport) {
            listen.fault(listen.line(), "bind", format!("{bind} is listened on twice"));
        }
        listen.finish();
        listeners.push(Listener { transport, bind, advertised });
    }
    if listeners.is_empty() {
        for transport in [Transport::Udp, Transport::Tcp] {
            let bind = default_bind();
            let advertised = ("127.0.0.1".to_owned(), bind.port());
            listeners.push(Listener { transport, bind, advertised });
        }
    }
    listeners
}

fn default_bind() -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, 5060).into()
}

fn split(text: &str) -> Option<(String, u16)> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some((address.ip().to_string(), address.port()));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (text, 5060),
    };
    let good = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    good.then(|| (host.to_owned(), port))
}
