use std::time::Duration;

/// Reads `500ms`, `6s`, `3m`, `2h`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    if number.len() > 9 {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    let ms = match unit {
        "ms" => number,
        "s" => number * 1_000,
        "m" => number * 60_000,
        "h" => number * 3_600_000,
        _ => return None,
    };
    Some(Duration::from_millis(ms))
}

/// Writes a duration the way it is read.
pub(crate) fn duration_text(time: Duration) -> String {
    let ms = time.as_millis();
    match ms {
        0 => "0s".to_owned(),
        _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        _ if ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        _ if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        _ => format!("{ms}ms"),
    }
}

/// Whether this may be a node, variable, queue …: a letter, then letters, digits, `_`, `-`; at most 64.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_unit_only() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("500ms", Some(ms(500))),
            ("6s", Some(ms(6_000))),
            ("3m", Some(ms(180_000))),
            ("2h", Some(ms(7_200_000))),
            ("6", None),
            ("s", None),
            ("-6s", None),
            ("6 s", None),
            ("1.5s", None),
            ("99999999999999999999s", None),
            ("", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
        for text in ["500ms", "6s", "3m", "2h", "90s"] {
            assert_eq!(duration_text(duration(text).unwrap()), text);
        }
    }
}
