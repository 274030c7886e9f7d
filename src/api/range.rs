use axum::http::{HeaderMap, header};

/// Which part of a file is wanted (RFC 9110 §14).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// Bytes from the first to before the second.
    Part(u64, u64),
    /// A part that begins behind the end.
    Nothing,
}

impl Wanted {
    /// What `Range` asks of a file of `length` bytes that is `tag` now. A header that is not
    /// understood and one with several ranges ask for the whole, as RFC 9110 §14.2 allows; so does
    /// one whose `If-Range` knows another state of the file.
    pub(crate) fn of(headers: &HeaderMap, tag: &str, length: u64) -> Self {
        if headers.get(header::IF_RANGE).is_some_and(|known| known.as_bytes() != tag.as_bytes()) {
            return Self::Whole;
        }
        let mut all = headers.get_all(header::RANGE).iter();
        let (Some(range), None) = (all.next(), all.next()) else { return Self::Whole };
        range.to_str().ok().and_then(|range| Self::parse(range, length)).unwrap_or(Self::Whole)
    }

    fn parse(range: &str, length: u64) -> Option<Self> {
        let (unit, range) = range.split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = (first.trim(), last.trim());
        if first.is_empty() {
            let wanted = number(last)?.min(length);
            return Some(if wanted == 0 {
                Self::Nothing
            } else {
                Self::Part(length - wanted, length)
            });
        }
        let first = number(first)?;
        let end = match last {
            "" => length,
            last => number(last)?.saturating_add(1).min(length),
        };
        if !last.is_empty() && number(last)? < first {
            return None;
        }
        Some(if first >= length { Self::Nothing } else { Self::Part(first, end) })
    }
}

/// Digits only; what is too large is as large as can be.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        let rows = [
            ("bytes=0-499", Some(Wanted::Part(0, 500))),
            ("bytes=500-", Some(Wanted::Part(500, 1000))),
            ("bytes=-500", Some(Wanted::Part(500, 1000))),
            ("bytes=-5000", Some(Wanted::Part(0, 1000))),
            ("bytes=999-999", Some(Wanted::Part(999, 1000))),
            ("bytes=999-99999999999999999999999", Some(Wanted::Part(999, 1000))),
            ("Bytes= 0 - 0 ", Some(Wanted::Part(0, 1))),
            ("bytes=1000-", Some(Wanted::Nothing)),
            ("bytes=-0", Some(Wanted::Nothing)),
            ("bytes=99999999999999999999999-", Some(Wanted::Nothing)),
            ("bytes=5-4", None),
            ("bytes=0-1,4-5", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes", None),
            ("lines=0-4", None),
            ("bytes=+1-2", None),
        ];
        for (range, expected) in rows {
            assert_eq!(Wanted::parse(range, 1000), expected, "{range}");
        }
    }
}
