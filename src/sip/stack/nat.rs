use std::time::Duration;

use crate::base::Instant;
use crate::sip::registrar::Nat;
use crate::sip::stack::drive::written;
use crate::sip::stack::{Flow, Gate, Output, Settings, Stack};
use crate::sip::txn::ClientId;
use crate::sip::wire::{Method, Name, NameAddr, Params, Request, Text, Uri};

/// The longest registration of a phone behind NAT. Its router may forget it at any time (a restart, a
/// new address), and then only the phone itself can open the way again.
const EXPIRES_MAX: Duration = Duration::from_secs(120);

/// How the ways to phones behind NAT are kept open; `None`: not at all.
pub(super) fn nat(settings: &Settings) -> Option<Nat> {
    let every = settings.nat_keepalive?;
    Some(Nat { every, expires: EXPIRES_MAX.max(settings.min_expires) })
}

impl Stack {
    /// Sends an OPTIONS to each phone behind NAT whose turn it is. A router forgets a way after 30 s or
    /// more without a packet, many count only those from within, and every phone answers OPTIONS
    /// (RFC 3261 §11; CRLF of RFC 5626 §3.5 is answered by those alone that have asked for it). Nothing
    /// is remembered of it, sent again or expected: the next one follows soon.
    pub(super) fn keep_open(&mut self, now: Instant, out: &mut Vec<Output>) {
        let nat = nat(&self.net.settings);
        while let Some(binding) = self.registrar.pop_way(now, nat) {
            let (flow, contact) = (binding.flow, Text::from(binding.contact.as_str()));
            let Ok(uri) = Uri::parse(&contact) else { continue };
            let request = self.greeting(&flow, uri);
            out.push(Output::Send { flow, bytes: written(&request), gate: Gate::Open });
        }
    }

    fn greeting(&mut self, flow: &Flow, uri: Uri) -> Request {
        let host = self.net.host(flow);
        let tag = self.new_tag();
        let from = NameAddr::new(Uri::sip(None, &host, None), Params::default()).with_tag(&tag);
        let to = NameAddr::new(uri.clone(), Params::default());
        let client = ClientId::new(self.random.next_u64());
        let mut request = Request::new(Method::Options, uri);
        request.headers.push(Name::Via, self.net.via(flow, client));
        request.headers.push(Name::MaxForwards, Text::from_static("70"));
        request.headers.push(Name::From, from);
        request.headers.push(Name::To, to);
        request.headers.push(Name::CallId, format!("{:032x}", self.random.next_u128()));
        request.headers.push(Name::CSeq, Text::from_static("1 OPTIONS"));
        request.headers.push(Name::Contact, self.net.contact(flow));
        self.net.sign(&mut request.headers, &Method::Options);
        request
    }
}
