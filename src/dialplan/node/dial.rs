use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::base::TrunkId;
use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};
use crate::dialplan::step::CallerId;
use crate::dialplan::template::Template;

use super::{Edge, Prompts};

/// The most headers that a call outside may be given.
const MAX_HEADERS: usize = 8;

/// Calls a party outside and joins it with the caller.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct DialNode {
    pub(crate) call: Call,
    /// The party ended the talk.
    pub(crate) next: Exit,
    /// None: as `fail`.
    pub(crate) busy: Option<Exit>,
    /// None: as `fail`.
    pub(crate) no_answer: Option<Exit>,
    pub(crate) fail: Exit,
}

/// How a party outside is called, by `dial` and `transfer`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Call {
    /// The caller hears them before it is dialled, possibly none.
    pub(crate) prompts: Prompts,
    pub(crate) trunk: TrunkId,
    pub(crate) target: Target,
    pub(crate) ring: Duration,
    pub(crate) caller_id: CallerId,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) record: bool,
}

/// Whom to call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Target {
    Number(Template),
    Uri(String),
}

impl DialNode {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let why = "where to go when the party has ended the talk";
        Self {
            call: Call::read(reading, fields, true),
            next: fields.need_exit(reading, "next", why),
            busy: fields.exit(reading, "busy"),
            no_answer: fields.exit(reading, "no_answer"),
            fail: fields.need_exit(reading, "fail", "where to go when nobody could be reached"),
        }
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = vec![Edge::person("next", self.next), Edge::itself("fail", self.fail)];
        edges.extend(self.busy.map(|exit| Edge::itself("busy", exit)));
        edges.extend(self.no_answer.map(|exit| Edge::itself("no_answer", exit)));
        edges
    }
}

impl Call {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>, uri: bool) -> Self {
        let prompts = Prompts::read(reading, fields, "prompts").unwrap_or_default();
        let key = fields.path_of("trunk");
        let trunk = fields.need_text(&mut reading.report, "trunk", "the trunk to call by");
        if let Some(word) = trunk {
            reading.expect_trunk(word.line, &key, &word.text);
        }
        let target = Target::read(reading, fields, uri);
        let range = Duration::from_secs(5)..=Duration::from_secs(180);
        let ring = fields.duration(&mut reading.report, "ring", range);
        let caller_id = match fields.text(&mut reading.report, "caller_id") {
            None => CallerId::default(),
            Some(word) => match word.text.as_str() {
                "original" => CallerId::Original,
                "tenant" => CallerId::Tenant,
                other => {
                    let what = format!("`{other}` is neither original nor tenant");
                    reading.fault(word.line, fields.path_of("caller_id"), what);
                    CallerId::default()
                }
            },
        };
        let headers = read_headers(reading, fields);
        let record = fields.flag(&mut reading.report, "record", false);
        Self {
            prompts,
            trunk: TrunkId::new(trunk.map_or("", |word| &word.text)),
            target,
            ring: ring.unwrap_or(Duration::from_secs(60)),
            caller_id,
            headers,
            record,
        }
    }
}

impl Target {
    fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>, allow_uri: bool) -> Self {
        let key = fields.path_of("number");
        let given = [fields.line_of("number"), fields.line_of("uri")];
        let number = fields.text(&mut reading.report, "number");
        let uri = if allow_uri { fields.text(&mut reading.report, "uri") } else { None };
        match (number, uri) {
            (Some(word), None) => {
                let number = Template::read(reading, word.line, &key, &word.text, true);
                if let Some(fixed) = number.fixed()
                    && !is_number(fixed)
                {
                    let what = format!("`{fixed}` is no number: 1 to 32 of 0-9 * #, `+` in front");
                    reading.fault(word.line, &key, what);
                }
                Self::Number(number)
            }
            (None, Some(word)) => {
                if !is_uri(&word.text) {
                    let what = format!(
                        "`{}` is no SIP address with a numeric host, such as sip:user@192.0.2.1:5060",
                        word.text
                    );
                    reading.fault(word.line, fields.path_of("uri"), what);
                }
                Self::Uri(word.text.clone())
            }
            _ => {
                let given = given.iter().filter(|line| **line > 0).count();
                if allow_uri && given != 1 {
                    let what = "must have exactly one of `number` and `uri`";
                    reading.fault(fields.line, &fields.path, what);
                } else if given == 0 {
                    let what = "is missing: the number to transfer to, quoted";
                    reading.fault(fields.line, key, what);
                }
                Self::Uri(String::new())
            }
        }
    }
}

/// Whether this can be dialled.
pub(crate) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (1..=32).contains(&digits.len())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#')
}

/// `sip:user@address` or `sip:user@address:port`; the user of letters, digits and `-_.+*#~`.
fn is_uri(text: &str) -> bool {
    let Some((user, host)) = text.strip_prefix("sip:").and_then(|rest| rest.split_once('@')) else {
        return false;
    };
    let user_fits = (1..=64).contains(&user.len())
        && user.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+*#~".contains(c));
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_fits = host.parse::<SocketAddr>().is_ok()
        || inner.map_or_else(
            || host.parse::<std::net::Ipv4Addr>().is_ok(),
            |inner| matches!(inner.parse(), Ok(IpAddr::V6(_))),
        );
    user_fits && host_fits
}

fn read_headers(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Vec<(String, Template)> {
    let Some((line, tree)) = fields.take("headers") else { return Vec::new() };
    let path = fields.path_of("headers");
    let Some(mut inner) = Fields::of(&mut reading.report, &path, line, tree) else {
        return Vec::new();
    };
    let all = inner.take_all();
    if all.len() > MAX_HEADERS {
        reading.fault(line, &path, format!("{}; at most {MAX_HEADERS}", all.len()));
    }
    let mut headers = Vec::new();
    for (word, tree) in all.into_iter().take(MAX_HEADERS) {
        let key = inner.path_of(&word.text);
        let rest = word.text.strip_prefix("X-").unwrap_or_default();
        if rest.is_empty()
            || rest.len() > 62
            || !rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        {
            reading.fault(word.line, &key, "only headers `X-…` of letters, digits and `-`");
        }
        if let Some(value) = crate::dialplan::read::text(&mut reading.report, &key, tree) {
            let value = Template::read(reading, value.line, &key, &value.text, true);
            headers.push((word.text.clone(), value));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numeric_sip_addresses_are_dialled() {
        for good in [
            "sip:uas@127.0.0.12:5070",
            "sip:uas@192.0.2.1",
            "sip:+86770@[2001:db8::1]:5060",
            "sip:a@[2001:db8::1]",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for bad in [
            "sip:uas@example.org",
            "sips:uas@192.0.2.1",
            "sip:192.0.2.1",
            "sip:a b@192.0.2.1",
            "sip:a@192.0.2.1:99999",
            "sip:a@192.0.2.1;lr",
            "sip:a@2001:db8::1",
            "tel:110",
            "",
        ] {
            assert!(!is_uri(bad), "{bad}");
        }
        for (number, good) in
            [("110", true), ("+8677012345", true), ("*21#", true), ("", false), ("1a", false)]
        {
            assert_eq!(is_number(number), good, "{number}");
        }
    }
}
