use std::net::SocketAddr;

use bytes::Bytes;

use crate::base::{Instant, Random};
use crate::node::lanes::Kind;
use crate::node::trunk_sources::TrunkSources;
use crate::node::turned_away::TurnedAwayCounts;
use crate::sip::wire::{Message, Method, Name, Request, Response, parse};

/// Seconds that an overloaded engine asks callers to stay away.
const RETRY_AFTER: &str = "5";
/// Bytes that a source which has not proved itself gets back for each byte that it sends (R27).
const AMPLIFICATION_MAX: usize = 2;

/// What those who read sockets do with a message that there is no room for. Each turned away is counted
/// (D1). Cheap to clone; all copies count together.
#[derive(Clone, Debug)]
pub(crate) struct Refusals {
    tags: ahash::RandomState,
    trunks: TrunkSources,
    counts: TurnedAwayCounts,
}

impl Refusals {
    pub(crate) fn new(trunks: TrunkSources, mut random: Random) -> Self {
        let [a, b, c, d] = std::array::from_fn(|_| random.next_u64());
        let tags = ahash::RandomState::with_seeds(a, b, c, d);
        Self { tags, trunks, counts: TurnedAwayCounts::default() }
    }

    /// What was turned away so far.
    pub(crate) fn counts(&self) -> &TurnedAwayCounts {
        &self.counts
    }

    /// A message is dropped: its source sends too much.
    pub(crate) fn drop(&self, now: Instant, source: SocketAddr, bytes: &[u8]) {
        self.counts.count(now, source, self.trunks.trunk(source), is_invite(bytes), false);
    }

    /// The stateless 503 to a request of an overloaded engine; `None` for what must not be answered
    /// (ACK, responses, what cannot be read, and what is much shorter than its answer while its source
    /// may be forged).
    pub(crate) fn refuse(
        &self,
        now: Instant,
        source: SocketAddr,
        bytes: &Bytes,
        is_proved: bool,
    ) -> Option<Vec<u8>> {
        let trunk = self.trunks.trunk(source);
        let is_proved = is_proved || trunk.is_some();
        let answer = self.answer(bytes).filter(|answer| {
            is_proved || answer.len() <= bytes.len().saturating_mul(AMPLIFICATION_MAX)
        });
        self.counts.count(now, source, trunk, is_invite(bytes), answer.is_some());
        answer
    }

    fn answer(&self, bytes: &Bytes) -> Option<Vec<u8>> {
        let Ok(Message::Request(request)) = parse(bytes.clone()) else { return None };
        if request.method == Method::Ack {
            return None;
        }
        let mut response = Response::answering(&request.headers, 503);
        if let Some(to) = request.headers.text(&Name::To)
            && !request.headers.to().is_ok_and(|to| to.tag().is_some())
        {
            response.headers.set(Name::To, format!("{to};tag={}", self.tag(&request)));
        }
        response.headers.set(Name::RetryAfter, RETRY_AFTER);
        let mut out = Vec::with_capacity(512);
        response.write(&mut out);
        Some(out)
    }

    /// The same whenever this request comes, and of nobody else's making (RFC 3261 §8.2.6.2, §8.2.7).
    fn tag(&self, request: &Request) -> String {
        let headers = &request.headers;
        let texts = [Name::Via, Name::From, Name::CallId, Name::CSeq]
            .map(|name| headers.text(&name).map(|text| text.as_str().to_owned()));
        format!("{:016x}", self.tags.hash_one(texts))
    }
}

fn is_invite(bytes: &[u8]) -> bool {
    bytes.starts_with(b"INVITE ") && Kind::of(bytes).begins()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Cause, TurnedAway};
    use crate::sip::TrunkSettings;

    fn refusals() -> Refusals {
        let trunk = TrunkSettings::new("carrier".into(), "192.0.2.1:5060".parse().unwrap());
        Refusals::new(TrunkSources::new(&[trunk]), Random::from_number(1))
    }

    fn request(method: &str, branch: &str, to: &str) -> Bytes {
        let text = format!(
            "{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{branch}\r\n\
             From: <sip:c@d>;tag=1\r\nTo: {to}\r\nCall-ID: x\r\nCSeq: 1 {method}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        text.into_bytes().into()
    }

    fn to(answer: Option<Vec<u8>>) -> String {
        let text = String::from_utf8(answer.expect("it is answered")).unwrap();
        assert!(text.starts_with("SIP/2.0 503") && text.contains("Retry-After: 5\r\n"), "{text}");
        text.lines().find(|line| line.starts_with("To: ")).unwrap().to_owned()
    }

    #[test]
    fn a_request_that_comes_again_gets_the_same_tag_and_another_another() {
        let refusals = refusals();
        let source = "192.0.2.9:5060".parse().unwrap();
        let refuse = |bytes: &Bytes| refusals.refuse(Instant::ZERO, source, bytes, false);
        let first = request("INVITE", "1", "<sip:a@b>");
        let tag = to(refuse(&first));
        assert!(tag.starts_with("To: <sip:a@b>;tag=") && tag.len() > 30, "{tag}");
        assert_eq!(to(refuse(&first)), tag);
        assert_ne!(to(refuse(&request("INVITE", "2", "<sip:a@b>"))), tag);
        assert_eq!(
            to(refuse(&request("BYE", "1", "<sip:a@b>;tag=ours"))),
            "To: <sip:a@b>;tag=ours"
        );
        assert!(refuse(&request("ACK", "1", "<sip:a@b>")).is_none());
        assert!(refuse(&Bytes::from_static(b"INVITE nonsense")).is_none());
        // Another process makes other tags.
        let trunks = TrunkSources::new(&[]);
        let others = Refusals::new(trunks, Random::from_number(2));
        assert_ne!(to(others.refuse(Instant::ZERO, source, &first, false)), tag);
    }

    #[test]
    fn what_is_turned_away_is_counted_by_source_and_trunk() {
        let refusals = refusals();
        let (trunk, stranger) =
            ("192.0.2.1:5060".parse().unwrap(), "203.0.113.7:4000".parse().unwrap());
        let invite = request("INVITE", "1", "<sip:a@b>");
        for _ in 0..3 {
            refusals.refuse(Instant::ZERO, trunk, &invite, false);
            refusals.drop(Instant::ZERO, stranger, &request("OPTIONS", "1", "<sip:a@b>"));
        }
        refusals.refuse(Instant::ZERO, trunk, &request("OPTIONS", "1", "<sip:a@b>"), false);
        let row = |source: &str, trunk: Option<&str>, invites, refused, dropped| TurnedAway {
            source: source.to_owned(),
            trunk: trunk.map(Into::into),
            cause: Cause::Overload,
            invites,
            refused,
            dropped,
        };
        let rows = refusals.counts().take();
        let expected =
            [row("192.0.2.1", Some("carrier"), 3, 4, 0), row("203.0.113.7", None, 0, 0, 3)];
        assert_eq!(rows, expected);
    }
}
