use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::Fault;
use crate::dialplan::calendar::{Calendar, Hours, Special};
use crate::dialplan::yaml::{self, Tree};

use super::fields::Fields;
use super::reading::Report;
use super::value::is_name;

/// The version of the calendars' language.
const SCHEMA: &str = "calendars/1";
/// The most calendars of a tenant.
const MAX_CALENDARS: usize = 100;
/// The most holidays and make-up workdays of one calendar.
const MAX_SPECIAL: usize = 1_000;
/// The most spans of one day.
const MAX_SPANS: usize = 8;
/// The most days of one holiday.
const MAX_DAYS: i32 = 366;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Reads a tenant's `calendars.yaml`.
pub(crate) fn calendars(
    file: PathBuf,
    text: &str,
) -> Result<BTreeMap<Arc<str>, Arc<Calendar>>, Vec<Fault>> {
    let mut report = Report::new(file);
    let mut calendars = BTreeMap::new();
    match yaml::parse(text) {
        Err(fault) => report.fault(fault.line, "", fault.what),
        Ok(tree) => read(&mut report, &tree, &mut calendars),
    }
    if report.is_clean() { Ok(calendars) } else { Err(report.into_faults()) }
}

fn read(report: &mut Report, tree: &Tree, calendars: &mut BTreeMap<Arc<str>, Arc<Calendar>>) {
    let Some(mut top) = Fields::of(report, "", tree.line, tree) else { return };
    top.schema(report, SCHEMA);
    let listed = top.need(report, "calendars", "a map from each calendar's name to its hours");
    if let Some((line, tree)) = listed
        && let Some(mut named) = Fields::of(report, "calendars", line, tree)
    {
        let all = named.take_all();
        if all.len() > MAX_CALENDARS {
            report.fault(line, "calendars", format!("{}; at most {MAX_CALENDARS}", all.len()));
        }
        for (word, tree) in all.into_iter().take(MAX_CALENDARS) {
            let path = named.path_of(&word.text);
            if !is_name(&word.text) {
                report.fault(word.line, &path, NAME_RULE);
            }
            let name: Arc<str> = Arc::from(word.text.as_str());
            if let Some(calendar) = calendar(report, &path, word.line, &name, tree) {
                calendars.insert(name, Arc::new(calendar));
            }
        }
    }
    top.finish(report);
}

const NAME_RULE: &str = "a name begins with a letter and has letters, digits, `_` and `-`";

fn calendar(
    report: &mut Report,
    path: &str,
    line: u64,
    name: &Arc<str>,
    tree: &Tree,
) -> Option<Calendar> {
    let mut fields = Fields::of(report, path, line, tree)?;
    let zone = fields.text(report, "zone");
    let offset_minutes = zone.map_or(480, |word| {
        offset(&word.text).unwrap_or_else(|| {
            let what = format!("`{}` is neither Asia/Shanghai nor such as \"+08:00\"", word.text);
            report.fault(word.line, format!("{path}.zone"), what);
            480
        })
    });
    let mut week: [Option<Hours>; 7] = Default::default();
    let listed = fields.need(report, "week", "hours by weekday, such as `mon-fri: [08:00-18:00]`");
    if let Some((line, tree)) = listed
        && let Some(mut days) = Fields::of(report, format!("{path}.week"), line, tree)
    {
        for (word, tree) in days.take_all() {
            let key = days.path_of(&word.text);
            let Some((from, to)) = weekdays(&word.text) else {
                let what = "is neither a weekday (mon … sun) nor a span such as mon-fri";
                report.fault(word.line, &key, what);
                continue;
            };
            let hours = hours(report, &key, tree);
            for (at, day) in week.iter_mut().enumerate().take(to + 1).skip(from) {
                if day.is_some() {
                    let what = format!("{} has hours already", DAYS[at]);
                    report.fault(word.line, &key, what);
                }
                *day = Some(hours.clone());
            }
        }
    }
    let week = week.map(Option::unwrap_or_default);
    let mut special: Vec<(Special, u64)> = Vec::new();
    for (list, holiday) in [("holidays", true), ("workdays", false)] {
        let Some((_, items)) = fields.list(report, list, MAX_SPECIAL) else { continue };
        for (at, item) in items.iter().enumerate() {
            let path = format!("{path}.{list}[{at}]");
            special.extend(one_special(report, &path, item, holiday, &week));
        }
    }
    fields.finish(report);
    special.sort_by_key(|(special, _)| special.from);
    for pair in special.windows(2) {
        if let [(before, first), (after, line)] = pair
            && after.from <= before.to
        {
            report.fault(*line, path, format!("these days are those of line {first} in part"));
        }
    }
    let special = special.into_iter().map(|(special, _)| special).collect();
    Some(Calendar { name: name.clone(), offset_minutes, week, special })
}

/// Reads `{ name, from, to, hours }` or `{ name, date, hours }`; a workday can say `like: mon`.
fn one_special(
    report: &mut Report,
    path: &str,
    item: &Tree,
    holiday: bool,
    week: &[Hours; 7],
) -> Option<(Special, u64)> {
    let mut fields = Fields::of(report, path, item.line, item)?;
    fields.text(report, "name");
    let mut date = |report: &mut Report, name: &'static str| {
        let word = fields.text(report, name)?;
        let read = day(&word.text);
        if read.is_none() {
            let what = format!("`{}` is no date such as 2026-10-01", word.text);
            report.fault(word.line, format!("{path}.{name}"), what);
        }
        Some(read.unwrap_or(i32::MIN))
    };
    let (date, from, to) = (date(report, "date"), date(report, "from"), date(report, "to"));
    let hours_tree = fields.take("hours").map(|(_, tree)| tree);
    let like = if holiday { None } else { fields.text(report, "like") };
    fields.finish(report);
    let (from, to) = match (date, from, to) {
        (Some(date), None, None) => (date, date),
        (None, Some(from), Some(to)) => (from, to),
        _ => {
            report.fault(item.line, path, "must have either `date`, or `from` and `to`");
            return None;
        }
    };
    if from == i32::MIN || to == i32::MIN {
        return None;
    }
    if to < from || to - from >= MAX_DAYS {
        report.fault(item.line, path, format!("`to` must be 0 to {} days later", MAX_DAYS - 1));
        return None;
    }
    let like = like.and_then(|word| {
        let at = DAYS.iter().position(|day| *day == word.text);
        if at.is_none() {
            let what = format!("`{}` is no weekday; {}", word.text, DAYS.join(", "));
            report.fault(word.line, format!("{path}.like"), what);
        }
        at
    });
    let hours = match (hours_tree, like) {
        (Some(tree), None) => hours(report, &format!("{path}.hours"), tree),
        (None, Some(at)) => week.get(at).cloned().unwrap_or_default(),
        (None, None) if holiday => Hours::default(),
        (None, None) => {
            report.fault(item.line, path, "a workday needs `hours`, or a weekday: `like: mon`");
            Hours::default()
        }
        (Some(_), Some(_)) => {
            report.fault(item.line, path, "has both `hours` and `like`; one is meant");
            Hours::default()
        }
    };
    Some((Special { from, to, hours, holiday }, item.line))
}

fn hours(report: &mut Report, key: &str, tree: &Tree) -> Hours {
    let items = match &tree.value {
        yaml::Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(tree),
    };
    if items.len() > MAX_SPANS {
        report.fault(tree.line, key, format!("{} spans; at most {MAX_SPANS} a day", items.len()));
    }
    let mut spans: Vec<(u16, u16)> = Vec::new();
    for item in items.iter().take(MAX_SPANS) {
        let yaml::Value::Text(word) = &item.value else {
            report.fault(item.line, key, "must be a span such as 08:00-12:00");
            continue;
        };
        let Some((from, to)) = span(&word.text) else {
            let what = format!(
                "`{}` is no span such as 08:00-12:00; over midnight write two, up to 24:00",
                word.text
            );
            report.fault(item.line, key, what);
            continue;
        };
        if spans.last().is_some_and(|(_, end)| *end > from) {
            report.fault(item.line, key, "spans of a day must follow one another");
        }
        spans.push((from, to));
    }
    Hours(spans)
}

fn span(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (time(from.trim())?, time(to.trim())?);
    (from < to).then_some((from, to))
}

/// Minutes from midnight of `HH:MM`, up to 24:00.
fn time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let time = hours * 60 + minutes;
    (minutes < 60 && time <= 1_440).then_some(time)
}

fn weekdays(text: &str) -> Option<(usize, usize)> {
    let at = |name: &str| DAYS.iter().position(|day| *day == name);
    match text.split_once('-') {
        None => at(text).map(|day| (day, day)),
        Some((from, to)) => {
            let (from, to) = (at(from)?, at(to)?);
            (from < to).then_some((from, to))
        }
    }
}

/// Minutes east of UTC. China has one time and no summer time.
fn offset(text: &str) -> Option<i32> {
    if text == "Asia/Shanghai" {
        return Some(480);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let minutes = i32::from(time(rest)?);
    (minutes <= 840).then_some(sign * minutes)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Option<i32> {
    let date: jiff::civil::Date = text.parse().ok()?;
    if date.to_string() != text {
        return None;
    }
    let span = date.since((jiff::Unit::Day, jiff::civil::Date::constant(1970, 1, 1))).ok()?;
    Some(span.get_days())
}
