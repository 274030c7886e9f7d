use std::fmt;
use std::net::IpAddr;

use crate::sip::wire::{Params, Text, lex, uri};

/// One Via (RFC 3261 §20.42).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Via {
    /// `UDP`, `TCP`, …, as written.
    pub transport: Text,
    /// Sent-by host, as written: an IPv6 address in its brackets.
    pub host: Text,
    /// Sent-by port, if one is written.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params,
}

impl Via {
    /// `SIP/2.0/transport host:port;branch=…;rport`.
    #[must_use]
    pub fn new(transport: &str, host: &str, port: Option<u16>, branch: &str) -> Self {
        let params = Params::default().with("branch", Some(branch)).with("rport", None);
        Self { transport: transport.into(), host: host.into(), port, params }
    }

    /// Reads the Via that `part` of `whole` is.
    pub(crate) fn parse_part(whole: &Text, part: &str) -> Option<Self> {
        let (protocol, rest) = part.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        if !lex::trim(protocol).eq_ignore_ascii_case("SIP") || lex::trim(version) != "2.0" {
            return None;
        }
        let rest = rest.trim_start_matches(lex::is_lws);
        let (transport, rest) = rest.split_once(lex::is_lws)?;
        if !lex::is_token(transport) {
            return None;
        }
        let (sent_by, params) =
            rest.find(';').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
        let (host, port) = sent_by_parts(lex::trim(sent_by))?;
        Some(Self {
            transport: whole.part(transport),
            host: whole.part(host),
            port,
            params: Params::parse(whole, params, &["branch", "received", "rport", "maddr", "ttl"])?,
        })
    }

    /// The branch; `None` when there is none. One of RFC 3261 starts with `z9hG4bK` and goes on.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// Whether the branch is unique by itself (RFC 3261 §8.1.1.7); else transactions are matched as in
    /// RFC 2543.
    #[must_use]
    pub fn has_magic_branch(&self) -> bool {
        const MAGIC: &str = "z9hG4bK";
        self.branch().is_some_and(|branch| {
            branch.len() > MAGIC.len()
                && branch.get(..MAGIC.len()).is_some_and(|start| start.eq_ignore_ascii_case(MAGIC))
        })
    }

    /// `received`: an address, with brackets or without (RFC 5118 §4.5).
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        let received = self.params.get("received")?;
        received.parse().ok().or_else(|| uri::host_address(received))
    }

    /// Whether the sender asks for `rport` (RFC 3581), with or without a value.
    #[must_use]
    pub fn wants_rport(&self) -> bool {
        self.params.has("rport")
    }

    /// The value of `rport`.
    #[must_use]
    pub fn rport(&self) -> Option<u16> {
        self.params.get("rport").and_then(lex::number)
    }

    /// Sent-by host, if it is an address.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        uri::host_address(&self.host)
    }
}

/// White space may stand around the colon.
fn sent_by_parts(text: &str) -> Option<(&str, Option<u16>)> {
    if !text.contains(lex::is_lws) {
        return uri::host_port(text);
    }
    let (host, port) = text.rsplit_once(':')?;
    let (host, None) = uri::host_port(lex::trim(host))? else { return None };
    Some((host, Some(lex::number(lex::trim(port))?)))
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(text: &str) -> Option<Via> {
        let text = Text::from(text);
        Via::parse_part(&text, &text)
    }

    #[test]
    fn vias_are_read_in_all_their_forms() {
        let it =
            via("SIP / 2.0 / UDP  first.example.com : 4000 ;ttl=16 ; branch = z9hG4bKa7c6a8dlze.1")
                .unwrap();
        assert_eq!(
            (it.transport.as_str(), it.host.as_str(), it.port),
            ("UDP", "first.example.com", Some(4000))
        );
        assert_eq!((it.branch(), it.has_magic_branch()), (Some("z9hG4bKa7c6a8dlze.1"), true));
        let it = via("sip/2.0/TCP [2001:db8::9:1];rport;received=[2001:db8::9:255];branch=z9hG4bK")
            .unwrap();
        assert_eq!((it.rport(), it.wants_rport(), it.has_magic_branch()), (None, true, false));
        assert_eq!(it.received(), Some("2001:db8::9:255".parse().unwrap()));
        let it = via("SIP/2.0/UDP 10.0.0.1;received=2001:db8::9:255").unwrap();
        assert_eq!(it.received(), Some("2001:db8::9:255".parse().unwrap()));
        let new = Via::new("UDP", "10.0.0.1", Some(5060), "z9hG4bKx").to_string();
        assert_eq!(new, "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx;rport");
    }

    #[test]
    fn malformed_vias_are_refused() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ",
            "SIP/3.0/UDP h",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP h;;",
            "SIP/2.0/UDP h x",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP h:70000",
            "SIP/2.0/UDP 2001:db8::1",
            "SIP/2.0/UDP h;branch=a;branch=b",
            "SIP/2.0/ h",
            "SIP/2.0/U@P h",
            "SIP/2.0/UDP h;branch=",
        ] {
            assert_eq!(via(text), None, "{text}");
        }
    }
}
