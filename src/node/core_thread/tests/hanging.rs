//! A disk that hangs.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use crossbeam_channel::bounded;

use super::bench::{Bench, GUARD};
use crate::call::{Cdr, Fact};
use crate::node::hands::GATE_PATIENCE;
use crate::node::threads;
use crate::store::{
    Disk, Spool, SpoolNotice, SpoolReader, SpoolSettings, SpoolState, Syncs, run_spool, run_syncs,
};

#[test]
fn a_spool_that_takes_nothing_stops_new_calls_and_nothing_else() {
    let (batches, spool) = bounded(4);
    let bench = Bench::new((42_300, 42_303), batches, bounded(1).0);
    for number in 0..100 {
        bench.alarm(number);
    }
    // The spool was handed more than it has room for.
    let answer = bench.request("OPTIONS", 1);
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let answer = bench.request("INVITE", 2);
    assert!(answer.starts_with("SIP/2.0 503") && answer.contains("Retry-After"), "{answer}");
    // It goes on: everything is there, in its order, and calls are taken.
    let mut seen = Vec::new();
    while seen.len() < 100 {
        for record in spool.recv_timeout(GUARD).unwrap().records {
            if let Fact::Alarm { id, .. } = record.fact {
                seen.push(id);
            }
        }
    }
    assert!(seen.iter().enumerate().all(|(at, id)| *id == format!("test-{at}")), "{seen:?}");
    while spool.recv_timeout(Duration::from_millis(100)).is_ok() {}
    let answer = bench.request("INVITE", 3);
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let rest = threads::spawn("rest", move || while spool.recv_timeout(GUARD).is_ok() {});
    bench.stop();
    rest.join().unwrap();
}

/// All that can be read in the spool.
fn facts(reader: &SpoolReader) -> Vec<Fact> {
    let mut at = reader.oldest().unwrap();
    let mut facts = Vec::new();
    loop {
        let chunk = reader.read(at, 1 << 20).unwrap();
        facts.extend(chunk.records.iter().map(|stored| stored.published.record.fact.clone()));
        if chunk.next == at {
            return facts;
        }
        at = chunk.next;
    }
}

fn cdrs(reader: &SpoolReader) -> Vec<Cdr> {
    let cdr = |fact| match fact {
        Fact::Cdr(cdr) => Some(*cdr),
        _ => None,
    };
    facts(reader).into_iter().filter_map(cdr).collect()
}

fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..GUARD.as_millis() {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it did not come about");
}

/// How many batches may wait for the spool.
const ROOM: usize = 16;

#[test]
fn a_disk_whose_writes_hang_holds_up_no_answer_for_long_and_no_call_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::default();
    let settings = SpoolSettings { reserve_bytes: 1 << 16, ..SpoolSettings::default() };
    let (spool, _) = Spool::open_on(disk.clone(), dir.path(), settings).unwrap();
    let reader = spool.reader();
    let (batches, inbox) = bounded(ROOM);
    let bench = Bench::new((42_310, 42_329), batches.clone(), bounded(1).0);
    let senders = bench.senders.clone();
    let (jobs, to_sync) = bounded(1);
    let (synced, done) = bounded(1);
    let syncer = threads::spawn("syncs", move || run_syncs(&to_sync, &synced));
    let writer = threads::spawn("spool", move || {
        run_spool(spool, &inbox, &Syncs { jobs, done }, |notice| match notice {
            SpoolNotice::Written(gate) => senders.written(gate),
            SpoolNotice::State(state) => senders.records_full(state == SpoolState::Full),
            SpoolNotice::Alarm(alarm) => senders.alarm(alarm),
            SpoolNotice::Published(_) => {}
        });
    });
    let before = bench.ack(1, &bench.request("INVITE", 1));

    disk.faults.hangs.store(true, SeqCst);
    let asked = bench.clock.now();
    let answer = bench.request("INVITE", 2);
    assert!(bench.clock.now().since(asked) >= GATE_PATIENCE, "it waits for its record first");
    until(|| disk.faults.waiting.load(SeqCst) > 0);
    let is_second =
        |fact: &Fact| matches!(fact, Fact::CallArrived(call) if call.sip_call_id == "2");
    assert!(!facts(&reader).iter().any(is_second), "it is not written");
    // Timers go on: it is answered again until it is acknowledged.
    assert_eq!(bench.answer("INVITE", 2), answer);
    let second = bench.ack(2, &answer);
    let answer = bench.bye(1, &before);
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");

    // Calls are taken until more than half of the room is gone.
    let mut alarms = 0;
    while batches.len() < ROOM / 2 {
        let waiting = batches.len();
        bench.alarm(alarms);
        alarms += 1;
        until(|| batches.len() > waiting);
    }
    assert!(alarms > 0);
    let third = bench.ack(3, &bench.request("INVITE", 3));
    let answer = bench.request("INVITE", 4);
    assert!(answer.starts_with("SIP/2.0 503") && answer.contains("Retry-After"), "{answer}");
    // More than there is room for.
    for _ in 0..ROOM * 4 {
        bench.alarm(alarms);
        alarms += 1;
    }
    let answer = bench.bye(2, &second);
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    assert_eq!(cdrs(&reader).len(), 0);

    disk.faults.hangs.store(false, SeqCst);
    until(|| batches.is_empty() && cdrs(&reader).len() == 3);
    let fifth = bench.ack(5, &bench.request("INVITE", 5));
    for (call, tag) in [(3, &third), (5, &fifth)] {
        let answer = bench.bye(call, tag);
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    }
    until(|| cdrs(&reader).len() == 5);
    bench.stop();
    drop(batches);
    writer.join().unwrap();
    syncer.join().unwrap();
    let mut ended: Vec<String> = cdrs(&reader).into_iter().map(|cdr| cdr.sip_call_id).collect();
    ended.sort();
    assert_eq!(ended, ["1", "2", "3", "4", "5"]);
    let told: Vec<String> = facts(&reader)
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Alarm { id, .. } => Some(id),
            _ => None,
        })
        .collect();
    let expected: Vec<String> = (0..alarms).map(|number| format!("test-{number}")).collect();
    assert_eq!(told, expected);
}
