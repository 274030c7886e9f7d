use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::position::file_path;
use super::*;
use crate::base::{TenantId, Wall};
use crate::call::{Cause, EndedBy, Fact, OfferResult, QueueExit, Record};
use crate::store::disk::Disk;
use crate::store::sample::{Sample, SmallDisk, arrived, cdr, folder};

pub(super) fn small() -> SpoolSettings {
    SpoolSettings {
        file_bytes: 2_000,
        reserve_bytes: 4_000,
        memory_bytes: 3_000,
        ..SpoolSettings::default()
    }
}

/// Files large enough that none is closed.
pub(super) fn one_file() -> SpoolSettings {
    SpoolSettings { file_bytes: 1 << 20, ..small() }
}

pub(super) fn numbers(published: &[Published]) -> Vec<u64> {
    published.iter().map(|p| p.number).collect()
}

/// Everything that a reader sees, in order.
pub(super) fn all(reader: &SpoolReader) -> Vec<(u64, Record)> {
    let mut found = Vec::new();
    let mut at = reader.oldest().unwrap();
    loop {
        let chunk = reader.read(at, 300).unwrap();
        if chunk.next == at {
            return found;
        }
        let records = chunk.records.into_iter().map(|s| s.published);
        found.extend(records.map(|p| (p.number, (*p.record).clone())));
        at = chunk.next;
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn each_tenant_is_numbered_from_one_without_gaps_over_restarts_and_files() {
    let dir = folder();
    let mut sample = Sample::default();
    let mut written = Vec::new();
    for run in 0..5_u64 {
        let (mut spool, recovered) = Spool::open(dir.path(), small()).unwrap();
        assert_eq!(recovered.numbers.get(&"a".into()).copied().unwrap_or(0), run * 12);
        assert_eq!(recovered.numbers.get(&"b".into()).copied().unwrap_or(0), run * 4);
        for step in 0..16 {
            let records = sample.alarms(if step % 4 == 3 { "b" } else { "a" }, 1);
            spool.append(records.clone()).unwrap();
            let published = spool.sync();
            written.push((published[0].number, records[0].clone()));
        }
        assert_eq!(all(&spool.reader()), written);
    }
    for tenant in ["a", "b"] {
        let of_tenant = written.iter().filter(|(_, r)| r.tenant == tenant.into());
        let got: Vec<_> = of_tenant.map(|(number, _)| *number).collect();
        assert_eq!(got, (1..=got.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_spool_cut_at_any_byte_keeps_every_whole_record_and_goes_on() {
    let dir = folder();
    let mut sample = Sample::default();
    let mut ends = vec![];
    let (mut spool, _) = Spool::open(dir.path(), one_file()).unwrap();
    ends.push(fs::metadata(file_path(dir.path(), 1)).unwrap().len());
    for _ in 0..3 {
        spool.append(sample.alarms("a", 1)).unwrap();
        ends.push(fs::metadata(file_path(dir.path(), 1)).unwrap().len());
    }
    drop(spool);
    let bytes = fs::read(file_path(dir.path(), 1)).unwrap();
    for cut in 0..=bytes.len() {
        let copy = folder();
        fs::write(file_path(copy.path(), 1), &bytes[..cut]).unwrap();
        let whole = ends.iter().filter(|end| **end <= cut as u64).count().saturating_sub(1) as u64;
        let (mut spool, recovered) = Spool::open(copy.path(), one_file()).unwrap();
        let last = recovered.numbers.get(&"a".into()).copied().unwrap_or(0);
        assert_eq!(last, whole, "cut at {cut}");
        assert_eq!(copy.path().join("00000001.torn").exists(), recovered.cut > 0);
        assert_eq!(recovered.damaged, 0);
        spool.append(sample.alarms("a", 1)).unwrap();
        assert_eq!(numbers(&spool.sync()), [whole + 1]);
        drop(spool);
        let (spool, again) = Spool::open(copy.path(), one_file()).unwrap();
        assert_eq!((again.cut, again.numbers[&"a".into()]), (0, whole + 1));
        assert_eq!(all(&spool.reader()).len() as u64, whole + 1);
    }
}

#[test]
fn a_damaged_record_in_the_midst_costs_itself_only() {
    let dir = folder();
    let mut sample = Sample::default();
    let (mut spool, _) = Spool::open(dir.path(), one_file()).unwrap();
    for _ in 0..3 {
        spool.append(sample.alarms("a", 1)).unwrap();
    }
    drop(spool);
    let mut bytes = fs::read(file_path(dir.path(), 1)).unwrap();
    let at = bytes.windows(5).position(|w| w == b"\"n\":2").unwrap();
    bytes[at + 9] ^= 1;
    fs::write(file_path(dir.path(), 1), &bytes).unwrap();
    let (mut spool, recovered) = Spool::open(dir.path(), one_file()).unwrap();
    assert!(recovered.damaged > 0 && recovered.cut == 0);
    assert_eq!(spool.take_alarms()[0].id, "spool-damaged");
    let left: Vec<_> = all(&spool.reader()).into_iter().map(|(number, _)| number).collect();
    assert_eq!(left, [1, 3]);
    assert_eq!(numbers(&spool.reader().read_from(&"a".into(), 1, 9).unwrap()), [3]);
}

#[test]
fn calls_up_at_a_crash_are_told_with_what_is_known_and_closed_once() {
    let dir = folder();
    let mut sample = Sample::default();
    let (over, up) = (sample.call(), sample.call());
    let recording = sample.recording();
    let (agent, queue) = ("7001".into(), "complaint".into());
    let (mut spool, _) = Spool::open(dir.path(), small()).unwrap();
    let mut tell = |fact| {
        let record = sample.record("fcg", fact);
        let at = record.at;
        spool.append(vec![record]).unwrap();
        spool.sync();
        at
    };
    tell(arrived(over));
    let t_in = tell(arrived(up));
    tell(Fact::Cdr(Box::new(cdr(over, t_in, Cause::Cancelled))));
    let t_ivr = t_in.after(Duration::from_millis(40));
    tell(Fact::CallAnswered { call: up, at: t_ivr });
    let t_req = tell(Fact::QueueEntered { call: up, queue });
    let queue: crate::base::QueueId = "complaint".into();
    let offered = |queue: &crate::base::QueueId| Fact::Offered {
        call: up,
        agent: "7001".into(),
        queue: queue.clone(),
    };
    let t_offer = tell(offered(&queue));
    let ended = OfferResult::NoAnswer;
    tell(Fact::OfferEnded { call: up, agent, result: ended, ring_ms: 900 });
    tell(offered(&queue));
    tell(Fact::QueueLeft { call: up, queue, why: QueueExit::Answered, wait_ms: 4_000 });
    let result = OfferResult::Answered;
    let t_ans = tell(Fact::OfferEnded { call: up, agent: "7002".into(), result, ring_ms: 900 });
    let agent = Some("7002".into());
    let channels = ["caller".into(), "agent".into()];
    tell(Fact::RecordingStarted { call: up, recording, channels });
    tell(Fact::Connected { call: up, agent: agent.clone() });
    tell(Fact::Held { call: up, agent: "7002".into() });
    tell(Fact::Retrieved { call: up, agent: "7002".into(), held_ms: 700 });
    let held = tell(Fact::Held { call: up, agent: "7002".into() });
    drop(spool);

    let (mut spool, recovered) = Spool::open(dir.path(), small()).unwrap();
    assert_eq!(recovered.latest, Some(held));
    let [open] = &recovered.open_calls[..] else { panic!("{:?}", recovered.open_calls) };
    let mut open = open.clone();
    let end = held.after(Duration::from_secs(2));
    open.seen(end);
    let record = crash_cdr(&open, end.after(Duration::from_secs(60)));
    let Fact::Cdr(cdr) = &record.fact else { panic!() };
    let ms = |from: Wall, to: Wall| ((to.as_micros() - from.as_micros()) / 1000) as u64;
    assert_eq!(cdr.cause, Cause::Crash);
    assert_eq!(cdr.ended_by, EndedBy::System);
    assert_eq!((cdr.t_in, cdr.t_ivr, cdr.t_req), (t_in, Some(t_ivr), Some(t_req)));
    assert_eq!((cdr.t_offer, cdr.t_ans, cdr.t_end), (Some(t_offer), Some(t_ans), end));
    assert_eq!((cdr.wait_ms, cdr.talk_ms), (ms(t_req, t_ans), ms(t_ans, end)));
    assert_eq!((cdr.hold_ms, cdr.total_ms), (2_700, ms(t_in, end)));
    assert_eq!((&*cdr.caller_kind, &*cdr.region, &*cdr.flow), ("mobile", "0770", "fcg/12345@7"));
    assert_eq!((&cdr.agent, cdr.offers, cdr.recording), (&agent, 2, Some(recording)));
    assert_eq!(record.id, crash_cdr(&open, end).id);
    // The clock was set back meanwhile: no time is negative.
    let Fact::Cdr(early) = crash_cdr(&open, Wall::from_micros(5)).fact else { panic!() };
    assert_eq!((early.t_end, early.total_ms, early.talk_ms), (t_in, 0, 0));

    spool.append(vec![record]).unwrap();
    drop(spool);
    let (_, recovered) = Spool::open(dir.path(), small()).unwrap();
    assert_eq!(recovered.open_calls, []);
}

#[test]
fn closed_files_go_when_they_are_loaded_and_old_or_too_many() {
    let dir = folder();
    let keep = Duration::from_secs(60);
    let settings = SpoolSettings { keep, ..small() };
    let mut sample = Sample::default();
    let (mut spool, _) = Spool::open(dir.path(), settings.clone()).unwrap();
    let reader = spool.reader();
    let mut fill = |spool: &mut Spool| {
        for _ in 0..200 {
            spool.append(sample.alarms("a", 1)).unwrap();
            spool.sync();
        }
    };
    fill(&mut spool);
    let files = |dir: &Path| super::position::files(dir).unwrap();
    assert_eq!(files(dir.path())[0], 1, "nothing is loaded yet");
    assert_eq!(numbers(&reader.read_from(&"a".into(), 0, 1000).unwrap()).len(), 200);
    reader.set_loaded(Position { file: 4, offset: 0 });
    fill(&mut spool);
    assert_eq!(files(dir.path())[0], 4, "old ones are deleted up to what is loaded");
    let Err(ResumeError::TooOld { oldest }) = reader.read_from(&"a".into(), 0, 9) else { panic!() };
    assert_eq!(
        numbers(&reader.read_from(&"a".into(), oldest, 2).unwrap()),
        [oldest + 1, oldest + 2]
    );
    drop(spool);
    let few = SpoolSettings { keep_bytes: 5_000, ..small() };
    let (mut spool, _) = Spool::open(dir.path(), few).unwrap();
    spool.reader().set_loaded(Position { file: u32::MAX, offset: 0 });
    fill(&mut spool);
    assert!(files(dir.path()).len() <= 4, "{:?}", files(dir.path()));
}

#[test]
fn a_stream_is_resumed_from_any_number() {
    let dir = folder();
    let mut sample = Sample::default();
    let (mut spool, _) = Spool::open(dir.path(), small()).unwrap();
    for _ in 0..40 {
        spool.append(sample.alarms("a", 1)).unwrap();
        spool.append(sample.alarms("b", 2)).unwrap();
        spool.sync();
    }
    let reader = spool.reader();
    let (a, b): (TenantId, TenantId) = ("a".into(), "b".into());
    for after in 0..=40 {
        let wanted: Vec<_> = (after + 1..=40).take(7).collect();
        assert_eq!(numbers(&reader.read_from(&a, after, 7).unwrap()), wanted);
        let wanted: Vec<_> = (after * 2 + 1..=80).collect();
        assert_eq!(numbers(&reader.read_from(&b, after * 2, 1000).unwrap()), wanted);
    }
    assert!(reader.read_from(&"nobody".into(), 0, 7).unwrap().is_empty());
    spool.append(sample.alarms("a", 1)).unwrap();
    assert!(reader.read_from(&a, 40, 7).unwrap().is_empty(), "not synced, not told");
}

#[test]
fn the_disk_may_get_full_at_any_byte_and_nothing_is_lost() {
    for room in (0..1_200).step_by(7) {
        for dies in [false, true] {
            let dir = folder();
            let mut sample = Sample::default();
            let disk = Disk::default();
            let (mut spool, _) = Spool::open_on(disk.clone(), dir.path(), one_file()).unwrap();
            disk.faults.room.store(room, SeqCst);
            let mut wanted = Vec::new();
            let mut published = Vec::new();
            for step in 0..6 {
                let records = sample.alarms("a", 1);
                wanted.extend(records.clone());
                spool.append(records).unwrap();
                if step % 2 == 1 {
                    published.extend(numbers(&spool.sync()));
                }
            }
            assert_eq!(published, [1, 2, 3, 4, 5, 6], "published from spool or reserve");
            let resumed = spool.reader().read_from(&"a".into(), 0, 9).unwrap();
            assert_eq!(numbers(&resumed), [1, 2, 3, 4, 5, 6]);
            if dies {
                drop(spool);
                spool = Spool::open_on(disk.clone(), dir.path(), one_file()).unwrap().0;
                published.clear();
                published.extend(1..=6);
            }
            disk.faults.room.store(u64::MAX, SeqCst);
            published.extend(numbers(&spool.retry()));
            wanted.extend(sample.alarms("a", 1));
            spool.append(wanted[6..].to_vec()).unwrap();
            published.extend(numbers(&spool.sync()));
            assert_eq!(published, [1, 2, 3, 4, 5, 6, 7], "room {room}");
            assert_eq!(spool.state(), SpoolState::Healthy);
            let got: Vec<_> = all(&spool.reader()).into_iter().map(|(_, r)| r).collect();
            assert_eq!(got, wanted);
            drop(spool);
            let (_, recovered) = Spool::open(dir.path(), one_file()).unwrap();
            assert_eq!((recovered.from_reserve, recovered.damaged), (0, 0));
        }
    }
}

#[test]
fn a_failed_sync_is_not_believed_later() {
    let dir = folder();
    let mut sample = Sample::default();
    let disk = Disk::default();
    let (mut spool, _) = Spool::open_on(disk.clone(), dir.path(), one_file()).unwrap();
    disk.faults.sync_fails.store(true, SeqCst);
    spool.append(sample.alarms("a", 2)).unwrap();
    assert_eq!(numbers(&spool.sync()), [1, 2], "safe in the reserve");
    assert_eq!(spool.state(), SpoolState::Reserve);
    assert!(all(&spool.reader()).is_empty());
    assert!(spool.retry().is_empty());
    disk.faults.sync_fails.store(false, SeqCst);
    assert!(spool.retry().is_empty(), "nothing is published twice");
    assert_eq!(all(&spool.reader()).len(), 2);
    let alarms: Vec<_> = spool.take_alarms().into_iter().map(|a| (a.id, a.cleared)).collect();
    assert_eq!(alarms, [("spool-disk", false), ("spool-disk", true)]);
}

#[test]
fn full_comes_after_disk_reserve_and_memory_and_goes_again() {
    let dir = folder();
    let mut sample = Sample::default();
    let disk = Disk::default();
    let (mut spool, _) = Spool::open_on(disk.clone(), dir.path(), one_file()).unwrap();
    disk.faults.room.store(0, SeqCst);
    let mut states = vec![spool.state()];
    let mut taken = 0;
    loop {
        match spool.append(sample.alarms("a", 1)) {
            Ok(records) => taken += records.len(),
            Err(overflow) => break assert_eq!(overflow.dropped, 1),
        }
        if states.last() != Some(&spool.state()) {
            states.push(spool.state());
        }
    }
    let wanted = [SpoolState::Healthy, SpoolState::Reserve, SpoolState::Memory, SpoolState::Full];
    assert_eq!(states, wanted);
    disk.faults.room.store(u64::MAX, SeqCst);
    let mut published = spool.sync();
    published.extend(spool.retry());
    assert_eq!(numbers(&published), (1..=taken as u64).collect::<Vec<_>>());
    assert_eq!(spool.state(), SpoolState::Healthy);
    spool.append(sample.alarms("a", 1)).unwrap();
    assert_eq!(numbers(&spool.sync()), [taken as u64 + 1], "what was dropped took no number");
}

#[test]
fn a_really_full_file_system_is_survived() {
    let Some(mounted) = SmallDisk::new(256) else {
        // Left out by wish; the injected failures above cover the same paths.
        return;
    };
    let dir = &mounted.dir;
    let spool_dir = dir.path().join("spool");
    let settings = SpoolSettings { reserve_bytes: 64 << 10, ..SpoolSettings::default() };
    let mut sample = Sample::default();
    let (mut spool, _) = Spool::open(&spool_dir, settings.clone()).unwrap();
    let ballast = dir.path().join("ballast");
    let _ = fs::write(&ballast, vec![1; 1 << 20]);
    let mut count = 0;
    while spool.state() != SpoolState::Memory {
        count += spool.append(sample.alarms("a", 10)).unwrap().len();
        spool.sync();
    }
    fs::remove_file(&ballast).unwrap();
    spool.retry();
    assert_eq!(spool.state(), SpoolState::Healthy);
    assert_eq!(all(&spool.reader()).len(), count);
    drop(spool);
}

/// A start on a disk that takes nothing: read-only (no file can be opened) or full.
#[test]
fn a_spool_on_a_disk_that_takes_nothing_opens_and_loses_nothing() {
    for (read_only, earlier, torn) in
        [(true, 0, false), (false, 0, false), (true, 3, false), (false, 3, false), (true, 3, true)]
    {
        let dir = folder();
        let spool_dir = dir.path().join("spool");
        let mut sample = Sample::default();
        if earlier > 0 {
            let (mut spool, _) = Spool::open(&spool_dir, one_file()).unwrap();
            spool.append(sample.alarms("a", earlier)).unwrap();
            spool.sync();
            fs::remove_file(spool_dir.join("reserve")).unwrap();
        }
        if torn {
            let path = file_path(&spool_dir, 1);
            let mut bytes = fs::read(&path).unwrap();
            bytes.extend_from_within(bytes.len() - 9..);
            fs::write(&path, bytes).unwrap();
        }
        let disk = Disk::default();
        disk.faults.reserve_spared.store(false, SeqCst);
        disk.faults.open_fails.store(read_only, SeqCst);
        disk.faults.room.store(if read_only { u64::MAX } else { 0 }, SeqCst);
        let (mut spool, recovered) = Spool::open_on(disk.clone(), &spool_dir, one_file()).unwrap();
        let last = recovered.numbers.get(&"a".into()).copied().unwrap_or(0);
        assert_eq!((last, recovered.cut > 0), (earlier as u64, torn));
        let taken = spool.append(sample.alarms("a", 2)).unwrap();
        assert_eq!(numbers(&taken), [last + 1, last + 2]);
        assert!(spool.sync().is_empty(), "nothing is safe");
        assert_eq!(spool.state(), SpoolState::Memory);
        assert!(spool.take_alarms().iter().any(|alarm| alarm.id == "spool-disk"));
        assert!(Spool::open(&spool_dir, one_file()).is_err(), "it is locked all the same");

        disk.faults.open_fails.store(false, SeqCst);
        disk.faults.room.store(u64::MAX, SeqCst);
        assert_eq!(numbers(&spool.retry()), [last + 1, last + 2]);
        assert_eq!(spool.state(), SpoolState::Healthy);
        let cleared = spool.take_alarms().into_iter().filter(|alarm| alarm.cleared);
        let cleared: Vec<_> = cleared.map(|alarm| alarm.id).collect();
        assert_eq!(cleared, ["spool-reserve", "spool-disk"]);
        drop(spool);
        let (spool, again) = Spool::open(&spool_dir, one_file()).unwrap();
        assert_eq!((again.numbers[&"a".into()], again.cut), (last + 2, 0));
        assert_eq!(all(&spool.reader()).len() as u64, last + 2);
    }
}

#[test]
fn two_engines_do_not_share_a_spool() {
    let dir = folder();
    let (spool, _) = Spool::open(dir.path(), small()).unwrap();
    let error = Spool::open(dir.path(), small()).unwrap_err();
    assert!(error.to_string().contains("another hotline"), "{error}");
    drop(spool);
    Spool::open(dir.path(), small()).unwrap();
}

#[test]
fn a_copy_made_at_any_moment_is_a_spool() {
    let dir = folder();
    let mut sample = Sample::default();
    let (mut spool, _) = Spool::open(dir.path(), small()).unwrap();
    for count in 1..60 {
        spool.append(sample.alarms("a", 1)).unwrap();
        let there = folder();
        copy(dir.path(), there.path());
        let (_, recovered) = Spool::open(there.path(), small()).unwrap();
        assert_eq!(recovered.numbers[&"a".into()], count);
        if count % 3 == 0 {
            spool.sync();
        }
    }
}
