use crate::say::Kind::{
    Agent, Ahead, Count, Date, Digits, Duration, Number, Ordinal, Phone, Time, Wait, Weekday,
};
use crate::say::{Kind, Language, Value, instead_of, say};

#[test]
fn what_is_out_of_range_is_refused_with_what_is_allowed() {
    for (kind, text) in [
        (Number, "-1"),
        (Number, "1.5"),
        (Number, "007"),
        (Number, "1,2345"),
        (Number, ",000"),
        (Number, "1000000000000"),
        (Count, "two"),
        (Ordinal, "0"),
        (Ordinal, "32"),
        (Date, "2026-02-29"),
        (Date, "2026-2-8"),
        (Date, "1899-12-31"),
        (Date, "2100-01-01"),
        (Date, "2026-02-28-01"),
        (Weekday, "0"),
        (Weekday, "8"),
        (Time, "24:00"),
        (Time, "21:5"),
        (Time, "21:60"),
        (Time, "+1:00"),
        (Duration, "32d"),
        (Duration, "5 minutes"),
        (Wait, "-5s"),
        (Wait, "99999999999999999999d"),
        (Ahead, "1.0"),
        (Agent, ""),
        (Agent, "10/02"),
        (Digits, "none"),
        (Phone, ""),
    ] {
        let fault = Value::read(kind, text).expect_err(text).to_string();
        let expected =
            format!("`{text}` cannot be said as `{}`; allowed: {}", kind.name(), kind.allowed());
        assert_eq!(fault, expected);
    }
}

#[test]
fn what_is_out_of_range_is_said_by_its_digits_while_a_call_runs() {
    for (kind, text, expected) in [
        (Number, "1000000000000", "digit/1-yao".to_owned() + &" digit/0".repeat(12)),
        (Number, "007", "digit/0 digit/0 digit/7".to_owned()),
        (Ordinal, "32", "digit/3 digit/2".to_owned()),
        (
            Date,
            "2026-02-30",
            "digit/2 digit/0 digit/2 digit/6 digit/0 digit/2 digit/3 digit/0".to_owned(),
        ),
        (Time, "25:00", "digit/2 digit/5 digit/0 digit/0".to_owned()),
        (Agent, "10 02", "digit/1-yao digit/0 digit/0 digit/2".to_owned()),
        (Number, "nothing", String::new()),
    ] {
        assert_eq!(say(Language::Mandarin, kind, text).join(" "), expected, "{text}");
    }
}

#[test]
fn an_agent_without_a_recording_is_said_by_digits() {
    let said = |language, id| instead_of(language, id).map(|pieces| pieces.join(" "));
    assert_eq!(
        said(Language::Mandarin, "agent/1002").unwrap(),
        "agent-no digit/1-yao digit/0 digit/0 digit/2 at-your-service"
    );
    assert_eq!(
        said(Language::English, "agent/1002").unwrap(),
        "agent-no digit/1 digit/0 digit/0 digit/2 at-your-service"
    );
    assert_eq!(said(Language::English, "agent-no"), None);
    // A sentence without a number says nothing.
    assert_eq!(said(Language::Mandarin, "agent/zhang").unwrap(), "");
}

#[test]
fn a_language_without_a_grammar_has_digits_and_numbers_to_a_hundred() {
    for (kind, text, expected) in [
        (Number, "42", "num/42"),
        (Number, "101", "digit/1 digit/0 digit/1"),
        (Count, "2", "num/2"),
        (Date, "2026-02-28", "digit/2 digit/0 digit/2 digit/6 digit/0 digit/2 digit/2 digit/8"),
        (Time, "9:05", "digit/9 digit/0 digit/5"),
        (Duration, "90s", "digit/2"),
        (Ordinal, "3", "digit/3"),
        (Ahead, "3", "ahead/3"),
    ] {
        assert_eq!(say(Language::of("vi"), kind, text).join(" "), expected, "{text}");
    }
    assert_eq!(Language::of("zh-TW"), Language::Mandarin);
    assert_eq!(Language::of("en"), Language::English);
}

#[test]
fn names_of_kinds_are_their_own() {
    let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::ALL.len());
}
