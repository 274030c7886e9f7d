use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::clock::WHOLE_YEARS;
use super::kind::Kind;
use super::language::Language;
use super::spoken::AGENT_FRAME;

/// Every piece that the grammar can name in a language, but for the agents' own recordings
/// (`agent/<number>`), which need not exist.
#[must_use]
pub fn ids(language: Language) -> BTreeSet<String> {
    Kind::ALL.into_iter().flat_map(|kind| ids_of(language, kind)).collect()
}

/// Every piece that values of one kind can need in a language. Digits are always among them: what
/// cannot be said otherwise is said by its digits.
#[must_use]
pub fn ids_of(language: Language, kind: Kind) -> BTreeSet<String> {
    let mut ids = Ids::default();
    ids.series("digit", 0..=9);
    if language == Language::Mandarin {
        ids.also(&["digit/1-yao"]);
    }
    match kind {
        Kind::Digits | Kind::Phone => {}
        Kind::Wait => {
            ids.series("wait", 1..=30);
            ids.also(&["wait/less", "wait/more"]);
        }
        Kind::Ahead => {
            ids.series("ahead", 1..=30);
            ids.also(&["queue-position-1", "queue-busy"]);
        }
        Kind::Agent => ids.also(&[AGENT_FRAME.0, AGENT_FRAME.1]),
        kind => match language {
            Language::Mandarin => ids.mandarin(kind),
            Language::English => ids.english(kind),
            Language::Other => ids.other(kind),
        },
    }
    ids.0
}

#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    fn also(&mut self, names: &[&str]) {
        self.0.extend(names.iter().map(|name| (*name).to_owned()));
    }

    fn series(&mut self, name: &str, range: RangeInclusive<u16>) {
        self.0.extend(range.map(|n| format!("{name}/{n}")));
    }

    fn mandarin(&mut self, kind: Kind) {
        match kind {
            Kind::Number | Kind::Count => {
                self.series("num", 0..=100);
                self.series("teen", 10..=19);
                for name in ["ling", "hundred", "thousand", "wan", "yi"] {
                    self.series(name, 1..=9);
                }
                self.also(&["unit/wan", "unit/yi"]);
                if kind == Kind::Count {
                    self.also(&["count/2"]);
                }
            }
            Kind::Date => {
                self.series("year", WHOLE_YEARS);
                self.series("month", 1..=12);
                self.series("day", 1..=31);
                self.also(&["unit/year"]);
            }
            Kind::Time => {
                self.series("hour", 0..=23);
                self.series("minute", 1..=59);
            }
            kind => self.common(kind),
        }
    }

    fn english(&mut self, kind: Kind) {
        match kind {
            Kind::Number | Kind::Count => {
                self.series("num", 0..=100);
                self.series("hundred", 1..=9);
                self.series("thousand", 1..=9);
                self.also(&["unit/and", "unit/thousand", "unit/million", "unit/billion"]);
            }
            Kind::Date => {
                self.series("year", WHOLE_YEARS);
                self.series("month", 1..=12);
                self.series("ordinal", 1..=31);
                self.series("num", 10..=99);
                // The year 1900.
                self.also(&["digit/0-oh", "thousand/1", "hundred/9"]);
            }
            Kind::Time => {
                self.series("hour", 0..=23);
                self.series("clock", 1..=12);
                self.series("minute", 1..=59);
                self.also(&["half/am", "half/pm"]);
            }
            kind => self.common(kind),
        }
    }

    fn common(&mut self, kind: Kind) {
        match kind {
            Kind::Ordinal => self.series("ordinal", 1..=31),
            Kind::Weekday => self.series("weekday", 1..=7),
            Kind::Duration => {
                self.series("days", 1..=31);
                self.series("hours", 1..=23);
                self.series("minutes", 1..=59);
            }
            _ => {}
        }
    }

    fn other(&mut self, kind: Kind) {
        if matches!(kind, Kind::Number | Kind::Count) {
            self.series("num", 0..=100);
        }
    }
}
