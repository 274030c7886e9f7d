use super::language::Language;
use super::pieces::{PAUSE, Pieces};

/// The most digits that are said in a row.
const DIGITS_MAX: usize = 64;

/// Says each digit of `text`; in Mandarin a 1 is 幺. What is no digit is not said.
pub(crate) fn say(text: &str, language: Language, out: &mut Pieces) {
    for digit in text.chars().filter(char::is_ascii_digit).take(DIGITS_MAX) {
        if digit == '1' && language == Language::Mandarin {
            out.push("digit/1-yao");
        } else {
            out.push(&format!("digit/{digit}"));
        }
    }
}

/// Says a telephone number in groups with a pause between them.
pub(crate) fn say_phone(text: &str, language: Language, out: &mut Pieces) {
    let mut rest = DIGITS_MAX;
    for group in groups(text) {
        if !out.is_empty() {
            out.push(PAUSE);
        }
        let group: String = group.chars().take(rest).collect();
        rest -= group.len();
        say(&group, language, out);
        if rest == 0 {
            return;
        }
    }
}

/// The groups: as the text parts them, else as its length and its beginning say. The country code of
/// China is left out.
fn groups(text: &str) -> Vec<String> {
    let bare = text.strip_prefix("+86").unwrap_or(text);
    let parted: Vec<String> = bare
        .split([' ', '-', '(', ')'])
        .map(|part| part.chars().filter(char::is_ascii_digit).collect::<String>())
        .filter(|part| !part.is_empty())
        .collect();
    let [digits] = parted.as_slice() else { return parted };
    let area = if digits.starts_with("01") || digits.starts_with("02") { 3 } else { 4 };
    let lengths: &[usize] = match digits.len() {
        // A mobile number, 3-4-4.
        11 if digits.starts_with('1') => &[3, 4, 4],
        10..=12 if digits.starts_with('0') => &[area, 4, 4],
        ..=5 => &[5],
        6 => &[3, 3],
        7 => &[3, 4],
        10 => &[3, 3, 4],
        _ => &[4, 4, 4, 4],
    };
    let mut groups = Vec::new();
    let mut rest = digits.as_str();
    for length in lengths.iter().copied().chain(std::iter::repeat(4)) {
        if rest.is_empty() {
            break;
        }
        let (group, more) = rest.split_at(length.min(rest.len()));
        groups.push(group.to_owned());
        rest = more;
    }
    groups
}
