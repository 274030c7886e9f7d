//! Syncing beside writing: gates, slow disks, late syncs.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::tests::{all, numbers, one_file, small};
use super::*;
use crate::store::disk::Disk;
use crate::store::sample::{Sample, folder};

/// The loop with the thread that syncs beside it.
fn with_syncs(run: impl FnOnce(&Syncs)) {
    let (jobs, todo) = crossbeam_channel::bounded(1);
    let (report, done) = crossbeam_channel::bounded(1);
    std::thread::scope(|scope| {
        scope.spawn(|| run_syncs(&todo, &report));
        let syncs = Syncs { jobs, done };
        run(&syncs);
        drop(syncs);
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a ratio of two real times of one run")]
fn a_slow_disk_delays_no_answer() {
    let dir = folder();
    let disk = Disk::default();
    disk.faults.sync_ms.store(600, SeqCst);
    let mut sample = Sample::default();
    let (spool, _) = Spool::open_on(disk, dir.path(), one_file()).unwrap();
    let reader = spool.reader();
    let (sender, inbox) = crossbeam_channel::bounded(100);
    let (written, gates) = crossbeam_channel::unbounded();
    let (mut told, mut slowest) = (Vec::new(), Duration::ZERO);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            with_syncs(|syncs| {
                run_spool(spool, &inbox, syncs, |notice| match notice {
                    SpoolNotice::Written(gate) => written.send(gate).unwrap(),
                    SpoolNotice::Published(published) => told.extend(numbers(&published)),
                    other => panic!("{other:?}"),
                });
            });
        });
        for gate in 0..40 {
            let sent = std::time::Instant::now();
            sender.send(Batch { records: sample.alarms("a", 1), gate: Some(gate) }).unwrap();
            assert_eq!(gates.recv_timeout(Duration::from_secs(10)), Ok(gate));
            slowest = slowest.max(sent.elapsed());
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(sender);
    });
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    assert_eq!(told, (1..=40).collect::<Vec<_>>());
    assert_eq!(all(&reader).len(), 40);
}

#[test]
fn a_sync_that_ends_after_the_disk_failed_publishes_nothing_twice() {
    let (dir, mut sample) = (folder(), Sample::default());
    let disk = Disk::default();
    let (mut spool, _) = Spool::open_on(disk.clone(), dir.path(), one_file()).unwrap();
    spool.append(sample.alarms("a", 2)).unwrap();
    let job = spool.begin_sync().unwrap();
    spool.append(sample.alarms("a", 1)).unwrap();
    disk.faults.room.store(0, SeqCst);
    spool.append(sample.alarms("a", 1)).unwrap();
    assert_eq!(numbers(&spool.end_sync(job.run())), [0; 0], "they are in the reserve now");
    assert_eq!(numbers(&spool.sync()), [1, 2, 3, 4]);
    disk.faults.room.store(u64::MAX, SeqCst);
    assert_eq!(numbers(&spool.retry()), [0; 0]);
    spool.append(sample.alarms("a", 1)).unwrap();
    let job = spool.begin_sync().unwrap();
    spool.append(sample.alarms("a", 1)).unwrap();
    assert_eq!(numbers(&spool.end_sync(job.run())), [5]);
    assert_eq!(numbers(&spool.sync()), [6]);
    assert_eq!(all(&spool.reader()).len(), 6);
}

#[test]
fn the_loop_opens_gates_after_writing_and_publishes_after_syncing_all() {
    let dir = folder();
    let mut sample = Sample::default();
    let (spool, _) = Spool::open(dir.path(), small()).unwrap();
    let reader = spool.reader();
    let (sender, inbox) = crossbeam_channel::bounded(2_000);
    for gate in 0..1_500 {
        let gate = (gate % 3 == 0).then_some(gate);
        sender.send(Batch { records: sample.alarms("a", 1), gate }).unwrap();
    }
    drop(sender);
    let mut gates = Vec::new();
    let mut told = Vec::new();
    with_syncs(|syncs| {
        run_spool(spool, &inbox, syncs, |notice| match notice {
            SpoolNotice::Written(gate) => gates.push(gate),
            SpoolNotice::Published(published) => {
                let last = published.last().unwrap().number;
                assert!(!reader.read_from(&"a".into(), last - 1, 1).unwrap().is_empty());
                told.extend(numbers(&published));
            }
            other => panic!("{other:?}"),
        });
    });
    assert_eq!(gates, (0..1_500).step_by(3).collect::<Vec<_>>());
    assert_eq!(told, (1..=1_500).collect::<Vec<_>>());
}
