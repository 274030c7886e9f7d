/// Space or tab. Folded lines were unfolded when the message was parsed.
pub(crate) const fn is_lws(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Without white space at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_lws)
}

/// One of the characters of a `token` (RFC 3261 §25.1).
pub(crate) const fn is_token_byte(b: u8) -> bool {
    TOKEN[b as usize]
}

const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 128_u8 {
        table[b as usize] = b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        b += 1;
    }
    table
};

/// Whether this is a `token`: never empty.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// A decimal number with any leading zeros; `None` when it is none or does not fit.
pub(crate) fn number<T: TryFrom<u64>>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.bytes()
        .try_fold(0_u64, |sum, b| sum.checked_mul(10)?.checked_add(u64::from(b - b'0')))
        .and_then(|sum| T::try_from(sum).ok())
}

/// What stands before and after the closing quote of `text`, which starts after the opening one.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// Where `separator` first stands outside of quotes and angle brackets; `Err` when a quote or a
/// bracket does not close.
pub(crate) fn find_outside(text: &str, separator: u8) -> Result<Option<usize>, ()> {
    let (mut is_quoted, mut is_escaped, mut is_bracketed) = (false, false, false);
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' if !is_bracketed => is_quoted = !is_quoted,
            _ if is_quoted => {}
            b'>' if is_bracketed => is_bracketed = false,
            _ if is_bracketed => {}
            b if b == separator => return Ok(Some(at)),
            b'<' => is_bracketed = true,
            _ => {}
        }
    }
    if is_quoted || is_bracketed { Err(()) } else { Ok(None) }
}

/// The elements of a comma-joined list, trimmed, empty ones too. Text whose quotes or brackets do
/// not close is one last element.
pub(crate) fn list(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (element, after) = match find_outside(text, b',') {
            Ok(Some(at)) => (text.get(..at)?, text.get(at + 1..)),
            Ok(None) | Err(()) => (text, None),
        };
        rest = after;
        Some(trim(element))
    })
}

/// The text in which each backslash and what it escapes has become what it escapes.
pub(crate) fn unescape(quoted: &str) -> String {
    let mut chars = quoted.chars();
    let mut text = String::with_capacity(quoted.len());
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}

/// Text as a quoted string, with its quotes. Control characters other than tabs become spaces.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_ascii_control() && c != '\t' => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
