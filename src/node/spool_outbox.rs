use std::collections::VecDeque;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};

use crate::base::Instant;
use crate::call::Record;
use crate::store::{Alarm, Batch};

/// Records of one batch that several events make together while they wait.
const TOGETHER: usize = 512;
/// Records that may wait here. New calls are refused from the first one on, so it is the ends of calls
/// that are up, what agents do, and refusals. Beyond it they are lost, which is an alarm.
const RECORDS: usize = 200_000;
/// How long nothing must have waited until the loss of records is over.
const CALM: Duration = Duration::from_secs(60);

/// The way of records to the spool's thread, on which the core never waits. What has no room there,
/// because the disk hangs, waits here in order.
#[derive(Debug)]
pub(crate) struct SpoolOutbox {
    spool: Sender<Batch>,
    waiting: VecDeque<Batch>,
    records: usize,
    lost: u64,
    /// Records were lost; since then nothing waits here.
    calm_since: Option<Instant>,
}

impl SpoolOutbox {
    pub(crate) fn new(spool: Sender<Batch>) -> Self {
        Self { spool, waiting: VecDeque::new(), records: 0, lost: 0, calm_since: None }
    }

    /// Hands over records and the gate behind them.
    pub(crate) fn put(&mut self, mut records: Vec<Record>, gate: Option<u64>) {
        if self.waiting.is_empty() {
            match self.spool.try_send(Batch { records, gate }) {
                Ok(()) => return,
                Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) => {
                    records = batch.records;
                }
            }
        }
        let room = RECORDS - self.records;
        self.lost += records.len().saturating_sub(room) as u64;
        records.truncate(room);
        self.records += records.len();
        match self.waiting.back_mut() {
            // The later gate stands for both.
            Some(last) if last.records.len() < TOGETHER => {
                last.records.extend(records);
                last.gate = gate.or(last.gate);
            }
            _ => self.waiting.push_back(Batch { records, gate }),
        }
    }

    /// Hands over what waits, as far as there is room.
    pub(crate) fn retry(&mut self) {
        while let Some(batch) = self.waiting.pop_front() {
            let length = batch.records.len();
            match self.spool.try_send(batch) {
                Ok(()) => self.records -= length,
                Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) => {
                    self.waiting.push_front(batch);
                    return;
                }
            }
        }
    }

    /// At the end: hands over what waits, for so long in all.
    #[expect(clippy::disallowed_methods, reason = "a thread waits for another one")]
    pub(crate) fn finish(&mut self, patience: Duration) {
        let until = std::time::Instant::now() + patience;
        while let Some(batch) = self.waiting.pop_front() {
            let length = batch.records.len();
            if self.spool.send_deadline(batch, until).is_err() {
                tracing::error!(
                    records = self.records,
                    "the disk hangs: the last records are lost"
                );
                return;
            }
            self.records -= length;
        }
    }

    /// Whether something waits here.
    pub(crate) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What waits for the spool in all, and how much its inbox holds: batches.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.spool.len() + self.waiting.len(), self.spool.capacity().unwrap_or(usize::MAX))
    }

    /// Whether records are lost: an alarm, until nothing has waited here for a while.
    pub(crate) fn look(&mut self, now: Instant) -> Option<Alarm> {
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 {
            self.calm_since = Some(now);
            let what =
                format!("{lost} records are lost: the disk hangs and the memory for them is full");
            return Some(Alarm { id: "records-lost", what, cleared: false });
        }
        let since = self.calm_since.as_mut()?;
        if !self.waiting.is_empty() {
            *since = now;
        }
        if now.since(*since) < CALM {
            return None;
        }
        self.calm_since = None;
        let what = "records have room again; those that were lost are gone".to_owned();
        Some(Alarm { id: "records-lost", what, cleared: true })
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;
    use crate::base::{RecordId, Wall};
    use crate::call::Fact;

    fn record(number: u128) -> Record {
        Record {
            id: RecordId::new(Wall::default(), number),
            at: Wall::default(),
            tenant: "t".into(),
            fact: Fact::Stopped,
        }
    }

    #[test]
    fn a_spool_that_takes_nothing_is_never_waited_for_and_gets_all_in_order_later() {
        let (spool, inbox) = bounded(2);
        let mut outbox = SpoolOutbox::new(spool);
        for number in 0..2_000_u64 {
            outbox.put(vec![record(number.into())], (number % 10 == 0).then_some(number));
            assert_eq!(outbox.is_behind(), number >= 2);
        }
        assert!(outbox.waiting.len() < 10, "it is packed");
        let (mut found, mut gate) = (Vec::new(), None);
        while let Ok(batch) = inbox.try_recv() {
            found.extend(batch.records);
            gate = batch.gate.or(gate);
            outbox.retry();
        }
        assert_eq!((found.len(), gate, outbox.records), (2_000, Some(1_990), 0));
        assert!(found.iter().enumerate().all(|(at, one)| *one == record(at as u128)));
        assert_eq!(outbox.look(Instant::ZERO), None);
    }

    #[test]
    fn what_waits_is_bounded_and_what_is_lost_is_an_alarm_until_all_has_gone_for_a_while() {
        let (spool, inbox) = bounded(1_000);
        for _ in 0..1_000 {
            spool.send(Batch { records: Vec::new(), gate: None }).unwrap();
        }
        let mut outbox = SpoolOutbox::new(spool);
        for _ in 0..RECORDS / 100 + 1 {
            outbox.put((0..100).map(record).collect(), Some(1));
        }
        let mut now = Instant::ZERO;
        let mut pass = |outbox: &mut SpoolOutbox, by: Duration| {
            now = now + by;
            outbox.look(now).map(|alarm| (alarm.what, alarm.cleared))
        };
        let (what, cleared) = pass(&mut outbox, Duration::ZERO).unwrap();
        assert!(what.starts_with("100 records") && !cleared, "{what}");
        assert_eq!((outbox.records, pass(&mut outbox, 2 * CALM)), (RECORDS, None));
        while outbox.is_behind() {
            while inbox.try_recv().is_ok() {}
            outbox.retry();
        }
        assert_eq!(pass(&mut outbox, CALM / 2), None);
        assert_eq!(pass(&mut outbox, CALM / 2).map(|(_, cleared)| cleared), Some(true));
        assert_eq!(pass(&mut outbox, CALM), None);
    }

    #[test]
    fn the_end_waits_once_for_all_that_is_left() {
        let patience = Duration::from_millis(400);
        let (spool, inbox) = bounded(0);
        let mut outbox = SpoolOutbox::new(spool);
        for _ in 0..10 {
            outbox.put((0..TOGETHER as u128).map(record).collect(), None);
        }
        // A reader that takes a batch now and then: each comes within the patience, not all of them.
        let taken = std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let taken = inbox.iter().inspect(|_| std::thread::sleep(patience / 2));
                taken.count()
            });
            outbox.finish(patience);
            drop(outbox);
            reader.join().unwrap()
        });
        assert!(taken < 10, "{taken}");
    }
}
