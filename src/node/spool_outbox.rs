use std::collections::VecDeque;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};

use crate::call::Record;
use crate::store::Batch;

/// Records of one batch that several events make together while they wait.
const TOGETHER: usize = 512;
/// Records that may wait here. New calls are refused from the first one on, so it is the ends of calls
/// that are up, what agents do, and refusals. Beyond it they are lost, which is an alarm.
const RECORDS: usize = 200_000;

/// The way of records to the spool's thread, on which the core never waits. What has no room there,
/// because the disk hangs, waits here in order.
#[derive(Debug)]
pub(crate) struct SpoolOutbox {
    spool: Sender<Batch>,
    waiting: VecDeque<Batch>,
    records: usize,
    lost: u64,
}

impl SpoolOutbox {
    pub(crate) fn new(spool: Sender<Batch>) -> Self {
        Self { spool, waiting: VecDeque::new(), records: 0, lost: 0 }
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

    /// At the end: hands over what waits, for so long.
    pub(crate) fn finish(&mut self, patience: Duration) {
        while let Some(batch) = self.waiting.pop_front() {
            let length = batch.records.len();
            if self.spool.send_timeout(batch, patience).is_err() {
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

    /// Records that were lost since the last look.
    pub(crate) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
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
        assert_eq!(outbox.take_lost(), 0);
    }

    #[test]
    fn what_waits_is_bounded_and_what_is_lost_is_counted() {
        let (spool, inbox) = bounded(0);
        let mut outbox = SpoolOutbox::new(spool);
        for _ in 0..RECORDS / 100 + 1 {
            outbox.put((0..100).map(record).collect(), Some(1));
        }
        assert_eq!((outbox.records, outbox.take_lost(), outbox.take_lost()), (RECORDS, 100, 0));
        drop(inbox);
        outbox.finish(Duration::ZERO);
    }
}
