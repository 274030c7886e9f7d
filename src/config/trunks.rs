use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::base::TrunkId;
use crate::call::{CalledFrom, CallerFrom, TrunkRules};
use crate::config::section::Section;
use crate::config::sip::TRANSPORTS;
use crate::sip::{Algorithm, Settings, Source, Transport, TrunkCredentials, TrunkSettings, ha1};

const SECOND: Duration = Duration::from_secs(1);

const CALLED: [(&str, CalledFrom); 3] = [
    ("request-uri", CalledFrom::RequestUri),
    ("to", CalledFrom::To),
    ("p-called-party-id", CalledFrom::CalledParty),
];
const CALLER: [(&str, CallerFrom); 4] = [
    ("p-asserted-identity", CallerFrom::Asserted),
    ("p-preferred-identity", CallerFrom::Preferred),
    ("remote-party-id", CallerFrom::RemoteParty),
    ("from", CallerFrom::From),
];

/// The trunks: what the stack must know is put into `stack`, what the conductor must know returned.
pub(crate) fn read(
    root: &mut Section<'_, '_>,
    stack: &mut Settings,
) -> HashMap<TrunkId, TrunkRules> {
    let mut rules = HashMap::new();
    for mut trunk in root.sections("trunk") {
        let id = TrunkId::new(&trunk.required("id"));
        let transport = trunk.choice("transport", &TRANSPORTS, Transport::Udp);
        let address = trunk.socket("address");
        let sources = trunk.list("sources", read_source);
        let domain = trunk.text("domain", "");
        let keepalive = trunk
            .flag("keepalive", true)
            .then(|| trunk.time("keepalive_every", SECOND * 5..=SECOND * 600, SECOND * 30));
        let channels = trunk.number("channels", 1..=100_000, 60);
        let reserve = trunk.number("reserve", 0..=channels.saturating_sub(1), 0);
        let beyond = trunk.choice("beyond", &[("486", 486), ("503", 503)], 503);
        let called_from = trunk.choice("called_from", &CALLED, CalledFrom::RequestUri);
        let every: Vec<CallerFrom> = CALLER.iter().map(|(_, from)| *from).collect();
        let caller_from = trunk.choices("caller_from", &CALLER, &every);
        let numbers = trunk.list("numbers", |number| Ok(number.to_owned()));
        let may_pass_original_caller = trunk.flag("may_pass_original_caller", false);
        let media_address = trunk.ip("media_address");
        let may_refer = trunk.flag("may_refer", false);
        let omit_headers = trunk.list("omit_headers", |name| Ok(name.to_owned()));
        let credentials = credentials(&mut trunk);
        if rules.contains_key(&id) {
            trunk.fault(trunk.line(), "id", format!("\"{id}\" is used twice"));
        }
        match address {
            Some(address) => {
                let mut settings = TrunkSettings::new(id.clone(), address);
                settings.sources = sources;
                settings.transport = transport;
                settings.from_domain = domain;
                settings.credentials = credentials;
                settings.keepalive = keepalive;
                settings.omit_headers = omit_headers;
                settings.may_refer = may_refer;
                stack.trunks.push(settings);
            }
            None => trunk.fault(
                trunk.line(),
                "address",
                "is missing or wrong; allowed: \"IP address:port\" of the carrier's SIP server",
            ),
        }
        trunk.finish();
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let rule = TrunkRules {
            channels: count(channels),
            reserve: count(reserve),
            beyond,
            called_from,
            caller_from,
            numbers,
            may_pass_original_caller,
            media_address,
        };
        rules.insert(id, rule);
    }
    rules
}

fn credentials(trunk: &mut Section<'_, '_>) -> Option<TrunkCredentials> {
    let user = trunk.text_or_none("user");
    let realm = trunk.text_or_none("realm");
    let password = trunk.text_or_none("password");
    match (user, realm, password) {
        (None, None, None) => None,
        (Some(user), Some(realm), Some(password)) => Some(TrunkCredentials {
            ha1_md5: Some(ha1(Algorithm::Md5, &user, &realm, &password)),
            ha1_sha256: Some(ha1(Algorithm::Sha256, &user, &realm, &password)),
            user,
            realm,
        }),
        _ => {
            trunk.fault(trunk.line(), "user", "needs its fellows; allowed: `user`, `realm` and `password` together, or none of them");
            None
        }
    }
}

/// `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1:5060`.
fn read_source(text: &str) -> Result<Source, String> {
    let wrong = || {
        format!(
            "{text:?} is not allowed; allowed: an IP address, one with a prefix such as \"192.0.2.0/24\", or one with a port such as \"192.0.2.1:5060\""
        )
    };
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(Source::host(ip));
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Ok(Source { port: Some(address.port()), ..Source::host(address.ip()) });
    }
    let (net, prefix) = text.split_once('/').ok_or_else(wrong)?;
    let net: IpAddr = net.parse().map_err(|_| wrong())?;
    let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
    if prefix > if net.is_ipv4() { 32 } else { 128 } {
        return Err(wrong());
    }
    Ok(Source { net, prefix, port: None })
}
