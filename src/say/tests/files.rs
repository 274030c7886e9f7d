use std::collections::BTreeSet;
use std::path::Path;

use crate::base::Random;
use crate::say::{Kind, Language, PAUSE, Value, ids, ids_of, instead_of, pieces};

/// Values over the whole range of every kind, dense where they are common.
fn all_values() -> Vec<Value> {
    let mut random = Random::from_number(3);
    let mut values = Vec::new();
    let whole = (0..100_000).chain((0..200_000).map(|_| random.below(1_000_000_000)));
    let whole: Vec<u64> = whole.chain((0..50_000).map(|n| n * 19_999_999)).collect();
    for n in whole {
        values.push(Value::Number(n));
        values.push(Value::Count(n));
    }
    for year in 1_900..=2_099_u16 {
        for month in 1..=12 {
            for day in 1..=31 {
                let text = format!("{year}-{month:02}-{day:02}");
                values.extend(Value::read(Kind::Date, &text));
                values.extend(Value::read(Kind::Weekday, &text));
            }
        }
    }
    for minute in 0..1_440_u64 {
        let text = format!("{:02}:{:02}", minute / 60, minute % 60);
        values.push(Value::read(Kind::Time, &text).unwrap());
    }
    values.extend((1..=31).map(Value::Ordinal));
    values.extend((0..=7_200).map(Value::Wait));
    values.extend((0..=31 * 1_440).map(|minutes| Value::Duration(minutes * 60)));
    values.extend((0..=1_000).map(Value::Ahead));
    values.extend((0..=9_999).map(|n| Value::Agent(format!("{n:04}"))));
    values.extend((0..2_000_u64).map(|n| Value::Phone(format!("1{:010}", n * 4_999_999))));
    values.extend((0..2_000).map(|n| Value::Digits(format!("{n}"))));
    values
}

/// The pieces of a value, those of a fallback in place of an agent's own recording.
fn files_of(language: Language, value: &Value) -> Vec<String> {
    pieces(language, value)
        .into_iter()
        .filter(|id| id != PAUSE)
        .flat_map(|id| instead_of(language, &id).unwrap_or_else(|| vec![id]))
        .collect()
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Digits(_) => Kind::Digits,
        Value::Phone(_) => Kind::Phone,
        Value::Number(_) => Kind::Number,
        Value::Count(_) => Kind::Count,
        Value::Ordinal(_) => Kind::Ordinal,
        Value::Date { .. } => Kind::Date,
        Value::Weekday(_) => Kind::Weekday,
        Value::Time { .. } => Kind::Time,
        Value::Duration(_) => Kind::Duration,
        Value::Wait(_) => Kind::Wait,
        Value::Ahead(_) => Kind::Ahead,
        Value::Agent(_) => Kind::Agent,
    }
}

#[test]
fn the_list_of_pieces_is_all_that_is_ever_named_and_nothing_else() {
    let values = all_values();
    for language in [Language::Mandarin, Language::English, Language::Other] {
        let of_kind: Vec<_> = Kind::ALL.map(|kind| (kind, ids_of(language, kind))).into();
        let mut named = BTreeSet::new();
        for value in &values {
            let kind = kind_of(value);
            let known = &of_kind.iter().find(|(of, _)| *of == kind).unwrap().1;
            let said = files_of(language, value);
            assert!(!said.is_empty(), "{language:?} says nothing for {value:?}");
            for id in said {
                assert!(known.contains(&id), "{language:?} {value:?} names {id}");
                named.insert(id);
            }
        }
        let listed = ids(language);
        let idle: Vec<_> = listed.difference(&named).collect();
        assert!(idle.is_empty(), "{language:?} never names {idle:?}");
    }
}

#[test]
fn every_piece_is_there_in_both_languages() {
    let sounds = Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds");
    for folder in ["zh-CN", "en"] {
        let there = |id: &String| sounds.join(folder).join(format!("{id}.wav")).is_file();
        let missing: Vec<_> =
            ids(Language::of(folder)).into_iter().filter(|id| !there(id)).collect();
        assert!(missing.is_empty(), "{folder} lacks {missing:?}");
    }
}
