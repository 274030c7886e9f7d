use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::time::{Duration, Instant};

use crate::peer::audio::Heard;
use crate::peer::pump::Lag;
use crate::peer::ua::EndedBy;

/// What became of one caller's call.
#[derive(Debug, Clone)]
pub struct CallResult {
    /// Number of the caller, from 0; its tags carry it.
    pub index: usize,
    /// When the INVITE went out.
    pub placed: Instant,
    /// INVITE to 100.
    pub trying: Option<Duration>,
    /// INVITE to the first response above 100.
    pub progress: Option<Duration>,
    /// INVITE to 200.
    pub answered: Option<Duration>,
    /// How it ended; `None` when it had not when the run was over.
    pub ended: Option<EndedBy>,
    /// From 200 to the end.
    pub lasted: Option<Duration>,
    /// Its audio.
    pub heard: Heard,
}

/// What became of one answered call.
#[derive(Debug, Clone)]
pub struct AnswerResult {
    /// The user that was called.
    pub called: String,
    /// Number of the caller in the INVITE.
    pub caller: String,
    /// When the INVITE came.
    pub came: Instant,
    /// When 200 went out.
    pub answered: Option<Instant>,
    /// When the ACK came.
    pub confirmed: Option<Instant>,
    /// How it ended.
    pub ended: Option<EndedBy>,
    /// From ACK to the end.
    pub lasted: Option<Duration>,
    /// Its audio.
    pub heard: Heard,
}

/// Spread of a set of times.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Percentiles {
    /// How many were measured.
    pub count: usize,
    /// Half are at most this, in ms.
    pub p50_ms: f64,
    /// Nine in ten.
    pub p90_ms: f64,
    /// Ninety-nine in a hundred.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Percentiles {
    /// Of these times.
    pub fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut ms: Vec<f64> = times.map(|time| time.as_secs_f64() * 1_000.0).collect();
        ms.sort_by(f64::total_cmp);
        let Some(last) = ms.len().checked_sub(1) else { return Self::default() };
        let at = |share: f64| ms[(last as f64 * share).round() as usize];
        Self {
            count: ms.len(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            max_ms: ms[last],
        }
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, p50_ms, p90_ms, p99_ms, max_ms } = self;
        write!(f, "n={count} p50={p50_ms:.2} p90={p90_ms:.2} p99={p99_ms:.2} max={max_ms:.2} ms")
    }
}

/// All calls of a run.
#[derive(Debug, Clone, Default)]
pub struct FleetReport {
    /// Each call.
    pub calls: Vec<CallResult>,
    /// From the first INVITE to the last end.
    pub took: Duration,
    /// Most calls that were up at once.
    pub at_once_max: usize,
    /// Faults of the other side.
    pub complaints: Vec<String>,
    /// How many there were.
    pub complaint_count: u64,
    /// SIP messages sent again.
    pub retransmitted: u64,
    /// How well the RTP thread kept its time.
    pub lag: Lag,
}

impl FleetReport {
    /// Calls that were answered.
    pub fn answered(&self) -> usize {
        self.calls.iter().filter(|call| call.answered.is_some()).count()
    }

    /// INVITE to 200.
    pub fn set_up(&self) -> Percentiles {
        Percentiles::of(self.calls.iter().filter_map(|call| call.answered))
    }

    /// INVITE to 100.
    pub fn trying(&self) -> Percentiles {
        Percentiles::of(self.calls.iter().filter_map(|call| call.trying))
    }

    /// How the calls ended.
    pub fn ends(&self) -> BTreeMap<Option<EndedBy>, usize> {
        let mut ends = BTreeMap::new();
        for call in &self.calls {
            *ends.entry(call.ended).or_default() += 1;
        }
        ends
    }

    /// Calls whose caller heard `hz` for half a second at least.
    pub fn heard_tone(&self, hz: u16) -> usize {
        self.calls.iter().filter(|call| call.heard.tone_windows(hz) >= 5).count()
    }

    /// Calls in which both sides heard the other's tone for half a second at least. An answer
    /// belongs to the caller whose tags it heard, or, where a change of codec wiped them out,
    /// whose number it was shown.
    pub fn heard_both_ways(
        &self,
        answers: &[AnswerResult],
        caller_hz: u16,
        answerer_hz: u16,
    ) -> usize {
        let heard_by_answerer: HashSet<usize> = answers
            .iter()
            .filter(|answer| answer.heard.tone_windows(caller_hz) >= 5)
            .filter_map(|answer| match answer.heard.tags.who {
                Some(who) => Some(who as usize),
                None => answer.caller.get(answer.caller.len().checked_sub(4)?..)?.parse().ok(),
            })
            .collect();
        self.calls
            .iter()
            .filter(|call| call.heard.tone_windows(answerer_hz) >= 5)
            .filter(|call| heard_by_answerer.contains(&call.index))
            .count()
    }

    /// Legs whose audio stopped more than a second before the call did: a switch that died
    /// leaves no gap in the sequence numbers, only an end.
    pub fn cut_short(&self, answers: &[AnswerResult]) -> usize {
        let calls = self.calls.iter().map(|call| (&call.heard, call.lasted));
        let answers = answers.iter().map(|answer| (&answer.heard, answer.lasted));
        calls.chain(answers).filter(|(heard, lasted)| !to_the_end(heard, *lasted)).count()
    }

    /// A sum over all callers' audio.
    pub fn sum(&self, of: impl Fn(&Heard) -> u64) -> u64 {
        self.calls.iter().map(|call| of(&call.heard)).sum()
    }
}

/// Whether packets came for as long as the leg was up, but for a second.
fn to_the_end(heard: &Heard, lasted: Option<Duration>) -> bool {
    let span = match (heard.first, heard.last) {
        (Some(first), Some(last)) => last.saturating_duration_since(first),
        _ => Duration::ZERO,
    };
    lasted.is_none_or(|lasted| span + Duration::from_secs(1) >= lasted)
}

impl fmt::Display for FleetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "calls {} answered {} at once {} in {:.1} s",
            self.calls.len(),
            self.answered(),
            self.at_once_max,
            self.took.as_secs_f64()
        )?;
        for (end, count) in self.ends() {
            match end {
                Some(end) => writeln!(f, "  ended {end:?}: {count}")?,
                None => writeln!(f, "  not ended: {count}")?,
            }
        }
        writeln!(f, "  INVITE→100 {}", self.trying())?;
        writeln!(f, "  INVITE→200 {}", self.set_up())?;
        writeln!(
            f,
            "  RTP sent {} received {} lost {} doubled {} late {} foreign {} malformed {}",
            self.sum(|h| h.sent),
            self.sum(|h| h.received),
            self.sum(|h| h.lost),
            self.sum(|h| h.doubled),
            self.sum(|h| h.late),
            self.sum(|h| h.foreign),
            self.sum(|h| h.malformed),
        )?;
        let tags = self.sum(|h| h.tags.received);
        let timed = self.sum(|h| h.tags.timed).max(1);
        let delay = self.sum(|h| h.tags.delay_us_sum) as f64 / 1_000.0 / timed as f64;
        writeln!(
            f,
            "  tagged packets received {tags} lost {} mean delay {delay:.2} ms",
            self.sum(|h| h.tags.lost),
        )?;
        write!(
            f,
            "  SIP sent again {}, complaints {}, pump late by at most {:.1} ms",
            self.retransmitted,
            self.complaint_count,
            self.lag.max_us as f64 / 1_000.0
        )
    }
}
