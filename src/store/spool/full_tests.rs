//! What is kept and what is dropped when disk, reserve and memory are full.

use std::sync::atomic::Ordering::SeqCst;

use super::tests::one_file;
use super::*;
use crate::call::{Cause, Fact};
use crate::store::disk::Disk;
use crate::store::sample::{Sample, arrived, cdr, folder};

#[test]
fn no_record_of_a_call_is_dropped_however_full_everything_is() {
    let dir = folder();
    let mut sample = Sample::default();
    let disk = Disk::default();
    let (mut spool, _) = Spool::open_on(disk.clone(), dir.path(), one_file()).unwrap();
    let call = sample.call();
    let mut kept = vec![sample.record("a", arrived(call))];
    spool.append(kept.clone()).unwrap();
    spool.sync();
    disk.faults.room.store(0, SeqCst);
    let mut dropped = 0;
    for _ in 0..200 {
        dropped += spool.append(sample.alarms("a", 1)).map_or_else(|full| full.dropped, |_| 0);
    }
    assert!(dropped > 0, "what belongs to no call has a bound");
    let held = Fact::Held { call, agent: "7001".into() };
    let end = Fact::Cdr(Box::new(cdr(call, sample.now(), Cause::Answered)));
    let last = vec![sample.record("a", held), sample.record("a", end)];
    spool.append(last.clone()).unwrap();
    kept.extend(last);
    spool.append(sample.alarms("a", 1)).unwrap_err();
    disk.faults.room.store(u64::MAX, SeqCst);
    spool.sync();
    spool.retry();
    let told = spool.reader().read_from(&"a".into(), 0, 10_000).unwrap();
    let of_call: Vec<_> = told
        .iter()
        .map(|published| (*published.record).clone())
        .filter(|record| call_of(&record.fact) == Some(call))
        .collect();
    assert_eq!(of_call, kept);
}
