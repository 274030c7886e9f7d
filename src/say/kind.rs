/// As what a value is said; the name is the key of a part of `say` in a flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// One by one, such as a case number. In Mandarin a 1 is 幺.
    Digits,
    /// As digits, in the groups in which telephone numbers are said.
    Phone,
    /// A whole number.
    Number,
    /// A whole number of things: Mandarin 两 in place of 二.
    Count,
    /// A rank.
    Ordinal,
    /// A day of the calendar.
    Date,
    /// A day of the week.
    Weekday,
    /// A time of day.
    Time,
    /// A length of time, in whole minutes.
    Duration,
    /// An estimated wait, as a sentence.
    Wait,
    /// How many callers are ahead, as a sentence.
    Ahead,
    /// An agent's number, as a sentence of its own recording or of digits.
    Agent,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Digits,
        Self::Phone,
        Self::Number,
        Self::Count,
        Self::Ordinal,
        Self::Date,
        Self::Weekday,
        Self::Time,
        Self::Duration,
        Self::Wait,
        Self::Ahead,
        Self::Agent,
    ];

    /// Its name in flows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Phone => "phone",
            Self::Number => "number",
            Self::Count => "count",
            Self::Ordinal => "ordinal",
            Self::Date => "date",
            Self::Weekday => "weekday",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Wait => "wait",
            Self::Ahead => "ahead",
            Self::Agent => "agent",
        }
    }

    /// What its values look like and how far they go.
    #[must_use]
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Digits | Self::Phone => "a text with at least one digit",
            Self::Number | Self::Count => "a whole number from 0 to 999999999999",
            Self::Ordinal => "a whole number from 1 to 31",
            Self::Date => "a day from 1900-01-01 to 2099-12-31, such as 2026-02-28",
            Self::Weekday => "1 (Monday) to 7 (Sunday), or a day such as 2026-02-28",
            Self::Time => "a time from 00:00 to 23:59, such as 21:05",
            Self::Duration => "a length of time up to 31d, such as 90s, 5m, 2h or 3d",
            Self::Wait => "a length of time, such as 90s or 5m",
            Self::Ahead => "a whole number",
            Self::Agent => "an agent's number: 1 to 32 letters, digits, `-` and `_`",
        }
    }
}
