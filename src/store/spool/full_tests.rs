//! What is kept and what is dropped when disk, reserve and memory are full.

use std::sync::atomic::Ordering::SeqCst;

use super::tests::{all, one_file};
use super::*;
use crate::call::{Cause, Fact};
use crate::store::disk::Disk;
use crate::store::sample::{Sample, arrived, cdr, folder};

#[test]
fn no_record_that_a_call_needs_is_dropped_however_full_everything_is() {
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
    // A phone that toggles hold for ever.
    let held = Fact::Held { call, agent: "7001".into() };
    let before = spool.memory_bytes();
    for _ in 0..200 {
        spool.append(vec![sample.record("a", held.clone())]).unwrap_err();
    }
    assert_eq!(spool.memory_bytes(), before, "what the CDR tells again has the bound, too");
    let answered = Fact::CallAnswered { call, at: sample.now() };
    let end = Fact::Cdr(Box::new(cdr(call, sample.now(), Cause::Answered)));
    let last = vec![sample.record("a", answered), sample.record("a", end)];
    spool.append(last.clone()).unwrap();
    kept.extend(last);
    spool.append(sample.alarms("a", 1)).unwrap_err();
    disk.faults.room.store(u64::MAX, SeqCst);
    spool.sync();
    spool.retry();
    let alarms = spool.take_alarms();
    let told = format!("{} records were dropped", dropped + 201);
    assert!(alarms.iter().any(|alarm| alarm.cleared && alarm.what.contains(&told)), "{alarms:?}");
    let told = spool.reader().read_from(&"a".into(), 0, 10_000).unwrap();
    let of_call: Vec<_> = told
        .iter()
        .map(|published| (*published.record).clone())
        .filter(|record| call_of(&record.fact) == Some(call))
        .collect();
    assert_eq!(of_call, kept);
}

/// The folder of the spool is on a disk that is mounted only after the start.
#[test]
fn a_spool_that_appears_later_is_gone_on_with_and_not_overwritten() {
    let dir = folder();
    let (there, place) = (dir.path().join("there"), dir.path().join("spool"));
    let mut sample = Sample::default();
    let (mut spool, _) = Spool::open(&there, one_file()).unwrap();
    let call = sample.call();
    spool.append(vec![sample.record("a", arrived(call))]).unwrap();
    spool.append(sample.alarms("a", 2)).unwrap();
    spool.sync();
    drop(spool);
    std::fs::write(&place, "no folder").unwrap();
    let (mut spool, recovered) = Spool::open(&place, one_file()).unwrap();
    assert_eq!(recovered, Recovered::default());
    spool.append(sample.alarms("a", 2)).unwrap();
    assert_eq!(spool.state(), SpoolState::Memory);
    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&there, &place).unwrap();
    let told: Vec<_> = spool.retry().iter().map(|published| published.number).collect();
    assert_eq!(told, [4, 5]);
    spool.append(sample.alarms("a", 1)).unwrap();
    spool.sync();
    assert_eq!(all(&spool.reader()).len(), 6);
    drop(spool);
    let (_, again) = Spool::open(&place, one_file()).unwrap();
    assert_eq!(again.numbers[&"a".into()], 6);
    assert_eq!(again.open_calls.len(), 1, "the call of before is still to be closed");
}

/// The first engine found no room for the lock file; the second would.
#[test]
fn a_spool_without_a_lock_file_is_locked_by_its_folder() {
    let dir = folder();
    let (spool, _) = Spool::open(dir.path(), one_file()).unwrap();
    std::fs::remove_file(dir.path().join("lock")).unwrap();
    let error = Spool::open(dir.path(), one_file()).unwrap_err();
    assert!(error.to_string().contains("another hotline"), "{error}");
    drop(spool);
    Spool::open(dir.path(), one_file()).unwrap();
}
