use std::ops::Range;

use bytes::Bytes;

use crate::sip::wire::{Name, Text, lex};

/// Cuts a head into its lines.
///
/// Only CRLF ends a line. A control character other than a tab spoils its line, so that no two
/// readers can disagree about where a header ends (R11); only in a quoted string it may stand after a
/// backslash (RFC 3261 §25.1, `quoted-pair`).
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u16,
}

/// What a head consists of.
#[derive(Debug)]
pub(crate) enum Line {
    /// A line, unfolded if it was folded.
    Text(Piece),
    /// A line with a control character; its number.
    Spoilt(u16),
    /// The empty line: the body starts here.
    Empty(usize),
    /// The bytes ended within a line.
    End,
}

/// Where a line is, or what it reads once it is unfolded.
#[derive(Debug)]
pub(crate) enum Piece {
    Slice(Range<usize>),
    Unfolded(Vec<u8>),
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, line: 0 }
    }

    /// The number of the line that was read last, from 1.
    pub(crate) const fn number(&self) -> u16 {
        self.line
    }

    /// The next line, with the lines that continue it.
    pub(crate) fn next(&mut self) -> Line {
        self.line = self.line.saturating_add(1);
        let Some((first, mut is_clean)) = self.physical() else { return Line::End };
        if first.is_empty() && is_clean {
            return Line::Empty(self.at);
        }
        let number = self.line;
        if !matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            return if is_clean { Line::Text(Piece::Slice(first)) } else { Line::Spoilt(number) };
        }
        let mut unfolded = self.bytes.get(first).unwrap_or_default().to_vec();
        while let Some(b' ' | b'\t') = self.bytes.get(self.at) {
            self.line = self.line.saturating_add(1);
            let Some((more, is_more_clean)) = self.physical() else { return Line::End };
            is_clean &= is_more_clean;
            unfolded.truncate(unfolded.trim_ascii_end().len());
            unfolded.push(b' ');
            unfolded.extend_from_slice(self.bytes.get(more).unwrap_or_default().trim_ascii());
        }
        if is_clean { Line::Text(Piece::Unfolded(unfolded)) } else { Line::Spoilt(number) }
    }

    /// The bytes up to the next CRLF, and whether they are clean. `None`: there is no CRLF.
    fn physical(&mut self) -> Option<(Range<usize>, bool)> {
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let mut is_clean = true;
        for (at, b) in rest.iter().enumerate() {
            if *b >= b' ' && *b != 0x7f || *b == b'\t' {
                continue;
            }
            if *b == b'\r' && rest.get(at + 1) == Some(&b'\n') {
                let end = start + at;
                self.at = end + 2;
                let is_clean = is_clean || is_all_escaped(rest.get(..at)?);
                return Some((start..end, is_clean));
            }
            is_clean = false;
        }
        self.at = self.bytes.len();
        None
    }
}

/// Whether all control characters of a line stand behind a backslash in a quoted string.
fn is_all_escaped(line: &[u8]) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for b in line {
        match b {
            b'\r' | b'\n' => return false,
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'\t' => {}
            b if b.is_ascii_control() => return false,
            _ => {}
        }
    }
    true
}

impl Piece {
    /// As text; a slice of `datagram` where it is one.
    pub(crate) fn text(self, datagram: &Bytes) -> Text {
        Text::from_bytes(match self {
            Self::Slice(range) => datagram.slice(range),
            Self::Unfolded(bytes) => Bytes::from(bytes),
        })
    }

    /// As a header. `Err`: it is none. `Ok(None)`: it must have no effect.
    pub(crate) fn header(self, datagram: &Bytes) -> Result<Option<(Name, Text)>, ()> {
        let (whole, start) = match self {
            Self::Slice(range) => (datagram.slice(range), 0),
            Self::Unfolded(bytes) => (Bytes::from(bytes), 0_usize),
        };
        let end = whole.iter().position(|b| !lex::is_token_byte(*b)).ok_or(())?;
        let after = whole.get(end..).ok_or(())?;
        let spaces = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if end == start || after.get(spaces) != Some(&b':') {
            return Err(());
        }
        // A token is ASCII.
        let name = std::str::from_utf8(whole.get(..end).ok_or(())?).map_err(|_| ())?;
        let name =
            Name::known(name).unwrap_or_else(|| Name::Other(Text::from_bytes(whole.slice(..end))));
        if spaces > 0 && name.is_assertion() {
            return Ok(None);
        }
        let value = whole.get(end + spaces + 1..).ok_or(())?;
        let value = whole.slice_ref(value.trim_ascii());
        Ok(Some((name, Text::from_bytes(value))))
    }
}
