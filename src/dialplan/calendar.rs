use std::sync::Arc;

use crate::base::Wall;

/// A tenant's hours: a week, and the days that differ from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Calendar {
    pub(crate) name: Arc<str>,
    /// East of UTC, minutes, −14 to +14 hours.
    pub(crate) offset_minutes: i32,
    /// Monday first.
    pub(crate) week: [Hours; 7],
    /// In the order of time; no two overlap.
    pub(crate) special: Vec<Special>,
}

/// The times of a day when people work, in order, minutes from midnight, `from` ≤ t < `to`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Hours(pub(crate) Vec<(u16, u16)>);

/// Days that are not like their weekday.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Special {
    /// Days since 1970-01-01, both included.
    pub(crate) from: i32,
    pub(crate) to: i32,
    pub(crate) hours: Hours,
    /// A holiday, not a make-up workday.
    pub(crate) holiday: bool,
}

/// What a calendar says of a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opening {
    /// People work.
    Open,
    /// They don't.
    Closed,
    /// They don't, because it is a holiday.
    Holiday,
}

const MINUTE_US: i64 = 60_000_000;
const DAY_MINUTES: i64 = 1_440;

impl Calendar {
    /// What holds at `wall`.
    pub(crate) fn at(&self, wall: Wall) -> Opening {
        let minutes = wall.as_micros().div_euclid(MINUTE_US) + i64::from(self.offset_minutes);
        let day = i32::try_from(minutes.div_euclid(DAY_MINUTES)).unwrap_or(i32::MAX);
        let minute = u16::try_from(minutes.rem_euclid(DAY_MINUTES)).unwrap_or(0);
        if let Some(special) = self.special.iter().find(|it| (it.from..=it.to).contains(&day)) {
            return match (special.hours.contain(minute), special.holiday) {
                (true, _) => Opening::Open,
                (false, true) => Opening::Holiday,
                (false, false) => Opening::Closed,
            };
        }
        let hours = self.week.get(weekday(day));
        if hours.is_some_and(|hours| hours.contain(minute)) {
            Opening::Open
        } else {
            Opening::Closed
        }
    }
}

impl Hours {
    fn contain(&self, minute: u16) -> bool {
        self.0.iter().any(|(from, to)| (*from..*to).contains(&minute))
    }
}

/// Monday is 0; 1970-01-01 was a Thursday.
const fn weekday(day: i32) -> usize {
    (day as i64 + 3).rem_euclid(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fcg() -> Calendar {
        let work = Hours(vec![(8 * 60, 12 * 60), (14 * 60 + 30, 18 * 60)]);
        let none = Hours::default();
        let day = |text: &str| crate::dialplan::read::day(text).unwrap();
        Calendar {
            name: Arc::from("office"),
            offset_minutes: 480,
            week: [
                work.clone(),
                work.clone(),
                work.clone(),
                work.clone(),
                work.clone(),
                none.clone(),
                none.clone(),
            ],
            special: vec![
                Special {
                    from: day("2026-02-14"),
                    to: day("2026-02-14"),
                    hours: work,
                    holiday: false,
                },
                Special {
                    from: day("2026-02-15"),
                    to: day("2026-02-23"),
                    hours: none,
                    holiday: true,
                },
            ],
        }
    }

    #[test]
    fn a_moment_is_judged_in_the_calendars_own_zone() {
        let calendar = fcg();
        let check = |local: &str, expected: Opening| {
            let at: jiff::Timestamp = format!("{local}+08:00").parse().unwrap();
            assert_eq!(calendar.at(Wall::from_micros(at.as_microsecond())), expected, "{local}");
        };
        check("2026-03-02T07:59:59", Opening::Closed);
        check("2026-03-02T08:00:00", Opening::Open);
        check("2026-03-02T11:59:59.999", Opening::Open);
        check("2026-03-02T12:00:00", Opening::Closed);
        check("2026-03-02T14:30:00", Opening::Open);
        check("2026-03-06T17:59:59", Opening::Open);
        check("2026-03-07T09:00:00", Opening::Closed);
        check("2026-02-14T09:00:00", Opening::Open);
        check("2026-02-14T13:00:00", Opening::Closed);
        check("2026-02-16T09:00:00", Opening::Holiday);
        check("2026-02-23T23:59:59", Opening::Holiday);
        check("2026-02-24T08:00:00", Opening::Open);
        check("1969-12-29T09:00:00", Opening::Open);
    }
}
