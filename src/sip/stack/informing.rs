use crate::sip::stack::asked::Asked;
use crate::sip::stack::{InviteInfo, Peer, Stack};
use crate::sip::wire::{Answerable, Headers, Name, NameAddr, Params, Scheme, Text, Uri};

/// Vias named in a trace.
const VIAS_MAX: usize = 10;
/// Other headers passed on.
const OTHER_MAX: usize = 16;
/// Longest of them.
const OTHER_LENGTH_MAX: usize = 1_024;
/// Max-Forwards of a request that has none.
const FORWARDS: u8 = 70;

impl Stack {
    /// What an INVITE says. What only a trunk may assert is left out of an account's, and its From is
    /// overwritten (R11).
    pub(super) fn invite_info(&self, asked: &Asked, peer: &Peer) -> Box<InviteInfo> {
        let headers = &asked.request.headers;
        let from = match peer {
            Peer::Trunk(_) => asked.from.clone(),
            Peer::Account(id) => {
                let user = self.net.account(id).map(|account| account.user.as_str());
                let uri = Uri::sip(user, &self.net.settings.realm, None);
                let tag = Params::default().with("tag", Some(asked.caller_tag()));
                NameAddr::new(
                    uri,
                    if asked.caller_tag().is_empty() { Params::default() } else { tag },
                )
            }
        };
        let asserted = |name: Name| match peer {
            Peer::Trunk(_) => headers.text(&name).cloned(),
            Peer::Account(_) => None,
        };
        let first = |name: Name| match peer {
            Peer::Trunk(_) => headers.list(name).next(),
            Peer::Account(_) => None,
        };
        Box::new(InviteInfo {
            request_user: user(&asked.request.uri),
            request_host: asked.request.uri.host.clone(),
            from,
            to: asked.to.clone(),
            p_asserted: asserted(Name::PAssertedIdentity),
            p_preferred: asserted(Name::PPreferredIdentity),
            remote_party: asserted(Name::RemotePartyId),
            p_called: asserted(Name::PCalledPartyId),
            diversion: first(Name::Diversion),
            history: first(Name::HistoryInfo),
            privacy: asserted(Name::Privacy),
            call_id: asked.call_id.clone(),
            user_agent: headers.text(&Name::UserAgent).cloned(),
            via_trace: via_trace(headers),
            max_forwards: headers.max_forwards().ok().flatten().unwrap_or(FORWARDS),
            other: other(headers),
        })
    }
}

/// What can be said of an INVITE that could not be read.
pub(super) fn info_of_unreadable(answerable: &Answerable) -> Box<InviteInfo> {
    let headers = &answerable.headers;
    let address = |text: Option<&Text>| {
        text.and_then(|text| NameAddr::parse(text).ok()).unwrap_or_else(|| {
            NameAddr::new(Uri::sip(Some("anonymous"), "invalid", None), Params::default())
        })
    };
    Box::new(InviteInfo {
        request_user: answerable.uri.as_ref().map(user).unwrap_or_default(),
        request_host: answerable.uri.as_ref().map(|uri| uri.host.clone()).unwrap_or_default(),
        from: address(answerable.from()),
        to: address(answerable.to()),
        p_asserted: None,
        p_preferred: None,
        remote_party: None,
        p_called: None,
        diversion: None,
        history: None,
        privacy: None,
        call_id: answerable.call_id().cloned().unwrap_or_default(),
        user_agent: headers.text(&Name::UserAgent).cloned(),
        via_trace: via_trace(headers),
        max_forwards: FORWARDS,
        other: Vec::new(),
    })
}

/// The user that a URI names, unescaped; the number of a `tel:` URI.
pub(super) fn user(uri: &Uri) -> Text {
    match &uri.scheme {
        Scheme::Sip | Scheme::Sips | Scheme::Tel => {
            uri.user_unescaped().map(|user| Text::from(user.as_ref())).unwrap_or_default()
        }
        Scheme::Other(_) => Text::default(),
    }
}

fn via_trace(headers: &Headers) -> Text {
    let mut trace = String::new();
    for via in headers.list(Name::Via).take(VIAS_MAX) {
        let sent_by = via.split(';').next().unwrap_or("").trim();
        let host = sent_by.rsplit([' ', '\t']).next().unwrap_or("");
        if !trace.is_empty() {
            trace.push_str(", ");
        }
        trace.push_str(host);
    }
    Text::from(trace)
}

fn other(headers: &Headers) -> Vec<(Text, Text)> {
    headers
        .iter()
        .filter(|(name, value)| {
            let is_ours = match name {
                Name::UserToUser => true,
                Name::Other(name) => {
                    name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"))
                }
                _ => false,
            };
            is_ours && value.len() <= OTHER_LENGTH_MAX
        })
        .take(OTHER_MAX)
        .map(|(name, value)| (Text::from(name.as_str()), value.clone()))
        .collect()
}
