/// What is left of a number without its wrapping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Cleaned {
    /// The caller is withheld.
    Nobody,
    /// Digits only; `international` when `+` or `00` stood before them.
    Digits { digits: String, international: bool },
    /// Not a number.
    Name(String),
}

/// What platforms write for a caller that they don't tell, in lower case.
const WITHHELD: [&str; 9] = [
    "anonymous",
    "anonymous.invalid",
    "unavailable",
    "restricted",
    "private",
    "unknown",
    "withheld",
    "null",
    "none",
];

/// Characters that people and platforms put between digits (RFC 3966 visual separators and others).
const VISUAL: [char; 13] =
    ['-', '.', '(', ')', ' ', '\t', '/', '\u{a0}', '\u{3000}', '（', '）', '－', '‐'];

/// Takes off display name, scheme, host, parameters, escapes and visual characters.
pub(crate) fn clean(raw: &str) -> Cleaned {
    let mut text = raw.trim();
    if let Some((_, inside)) = text.rsplit_once('<') {
        text = inside.split('>').next().unwrap_or(inside);
    }
    for scheme in ["tel:", "sip:", "sips:"] {
        if let Some(head) = text.get(..scheme.len())
            && head.eq_ignore_ascii_case(scheme)
        {
            text = &text[scheme.len()..];
            break;
        }
    }
    let text = text.split([';', '?', '@']).next().unwrap_or(text);
    let text = unescape(text);
    let text = text.trim();
    if text.is_empty() || WITHHELD.contains(&text.to_ascii_lowercase().as_str()) {
        return Cleaned::Nobody;
    }
    let mut digits = String::new();
    let mut plus = false;
    for c in text.chars() {
        match ascii(c) {
            '+' if digits.is_empty() && !plus => plus = true,
            digit if digit.is_ascii_digit() => digits.push(digit),
            c if VISUAL.contains(&c) => {}
            _ => return Cleaned::Name(text.to_owned()),
        }
    }
    if digits.is_empty() {
        return Cleaned::Name(text.to_owned());
    }
    // Some platforms write `+0086…`, so the two ways of saying "international" may both stand there.
    let mut digits = digits.as_str();
    let mut international = plus;
    while let Some(rest) = digits.strip_prefix("00").filter(|rest| !rest.is_empty()) {
        digits = rest;
        international = true;
    }
    Cleaned::Digits { digits: digits.to_owned(), international }
}

/// Full-width digits and plus as plain ones.
fn ascii(c: char) -> char {
    match c {
        '０'..='９' | '＋' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// `%2B` → `+` and so on; what is no escape of a printable ASCII character stays as it is.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let byte = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|byte| byte.is_ascii_graphic() || *byte == b' ') {
            Some(byte) => {
                plain.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}
