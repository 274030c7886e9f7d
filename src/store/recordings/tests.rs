use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use proptest::prelude::*;

use super::alaw::SILENCE;
use super::block::{HEAD, SAMPLES_MAX};
use super::folder::{days, segment_path, segments};
use super::index::index_path;
use super::*;
use crate::base::{RecordingId, Wall};
use crate::store::disk::Disk;
use crate::store::sample::{START_US, Sample, SmallDisk, folder};

const DAY: u32 = 20_260_301;
const WAV_HEAD: usize = 58;

fn wall() -> Wall {
    Wall::from_micros(START_US)
}

fn id(number: u128) -> RecordingId {
    RecordingId::new(wall(), number)
}

/// Block `number` of a recording: `count` samples that nobody confuses with another's.
fn block(recording: RecordingId, number: u64, count: u64) -> Block {
    let seed = number * 31 + recording.0.random() as u64 * 7;
    let byte = |at: u64| ((seed + at * 3) % 251) as u8;
    Block {
        recording,
        first_sample: number * count,
        samples: (0..count * 2).map(byte).collect(),
        last: false,
    }
}

fn last(recording: RecordingId, number: u64, count: u64) -> Block {
    Block { last: true, ..block(recording, number, count) }
}

fn data(blocks: impl IntoIterator<Item = Block>) -> Vec<u8> {
    blocks.into_iter().flat_map(|b| b.samples).collect()
}

fn play(archive: &Archive, recording: RecordingId) -> Vec<u8> {
    let mut bytes = Vec::new();
    archive.find(recording).unwrap().unwrap().into_wav().read_to_end(&mut bytes).unwrap();
    bytes[WAV_HEAD..].to_vec()
}

fn small() -> RecordingSettings {
    RecordingSettings { segment_bytes: 2_000, ..RecordingSettings::default() }
}

#[test]
fn recordings_that_were_written_together_play_each_alone() {
    let dir = folder();
    let (mut recordings, _) = Recordings::open(dir.path(), small()).unwrap();
    for number in 0..40 {
        for recording in 1..=3 {
            let make = if number == 39 { last } else { block };
            recordings.append(wall(), &make(id(recording), number, 80));
        }
    }
    recordings.tick(wall());
    assert!(segments(dir.path(), DAY).unwrap().len() > 5);
    let archive = recordings.archive();
    for recording in 1..=3 {
        let found = archive.find(id(recording)).unwrap().unwrap();
        assert_eq!((found.samples(), found.is_finished()), (3_200, true));
        assert_eq!(found.gaps(), []);
        let wanted = data((0..40).map(|n| block(id(recording), n, 80)));
        assert_eq!(play(&archive, id(recording)), wanted);
    }
    assert!(archive.find(id(4)).unwrap().is_none());
    assert!(archive.find(RecordingId::new(Wall::default(), 1)).unwrap().is_none());
}

#[test]
fn the_file_is_alaw_wav() {
    let dir = folder();
    let (mut recordings, _) = Recordings::open(dir.path(), small()).unwrap();
    recordings.append(wall(), &last(id(1), 0, 100));
    let mut wav = recordings.archive().find(id(1)).unwrap().unwrap().into_wav();
    let mut bytes = Vec::new();
    wav.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, wav.byte_length());
    assert_eq!(&bytes[..4], b"RIFF");
    assert_eq!(u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize, bytes.len() - 8);
    assert_eq!(&bytes[8..16], b"WAVEfmt ");
    let format = [18, 0, 0, 0, 6, 0, 2, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 8, 0, 0, 0];
    assert_eq!(&bytes[16..38], format);
    assert_eq!(&bytes[38..50], b"fact\x04\0\0\0\x64\0\0\0");
    assert_eq!(&bytes[50..58], b"data\xc8\0\0\0");
}

proptest! {
    #[test]
    fn any_range_is_a_slice_of_the_whole(
        kept in proptest::collection::vec(any::<bool>(), 1..12),
        ranges in proptest::collection::vec((0_u64..900, 0_usize..400), 1..20),
    ) {
        let dir = folder();
        let (mut recordings, _) = Recordings::open(dir.path(), small()).unwrap();
        let mut wanted = Vec::new();
        for (number, kept) in kept.iter().enumerate() {
            if *kept {
                let block = block(id(1), number as u64, 30);
                recordings.append(wall(), &block);
                wanted.resize(number * 60, SILENCE);
                wanted.extend(block.samples);
            }
        }
        let found = recordings.archive().find(id(1)).unwrap();
        prop_assert_eq!(found.is_some(), kept.contains(&true));
        let Some(found) = found else { return Ok(()) };
        let lost: u64 = found.gaps().iter().map(|gap| gap.samples).sum();
        let stored = kept.iter().filter(|kept| **kept).count() as u64 * 30;
        prop_assert_eq!(found.samples(), lost + stored);
        let mut wav = found.into_wav();
        let mut whole = Vec::new();
        wav.read_to_end(&mut whole).unwrap();
        prop_assert_eq!(&whole[WAV_HEAD..], &wanted[..]);
        for (from, length) in ranges {
            wav.seek(SeekFrom::Start(from)).unwrap();
            let mut part = Vec::new();
            (&mut wav).take(length as u64).read_to_end(&mut part).unwrap();
            let from = (from as usize).min(whole.len());
            let to = (from + length).min(whole.len());
            prop_assert_eq!(&part, &whole[from..to]);
        }
    }
}

#[test]
fn a_recording_is_heard_up_to_its_last_block_while_it_is_written() {
    let dir = folder();
    let (mut recordings, _) = Recordings::open(dir.path(), small()).unwrap();
    let archive = recordings.archive();
    for number in 0..35 {
        recordings.append(wall(), &block(id(1), number, 20));
        recordings.append(wall(), &block(id(2), number, 20));
        let found = archive.find(id(1)).unwrap().unwrap();
        assert_eq!((found.samples(), found.is_finished()), ((number + 1) * 20, false));
        assert_eq!(play(&archive, id(2)), data((0..=number).map(|n| block(id(2), n, 20))));
    }
}

/// What is left of a day after a crash, `cut` bytes into its last segment.
fn crashed(from: &Path, to: &Path, cut: usize, index: Index) {
    let day = to.join(DAY.to_string());
    fs::create_dir_all(&day).unwrap();
    let all = segments(from, DAY).unwrap();
    for segment in &all {
        let bytes = fs::read(segment_path(from, DAY, *segment)).unwrap();
        let length = if Some(segment) == all.last() { cut } else { bytes.len() };
        fs::write(segment_path(to, DAY, *segment), &bytes[..length]).unwrap();
    }
    let mut bytes = fs::read(index_path(from, DAY)).unwrap();
    match index {
        Index::Whole => {}
        Index::Missing => return,
        Index::Torn => bytes.truncate(bytes.len() / 2 + 7),
        Index::Damaged => bytes[50] ^= 4,
    }
    fs::write(index_path(to, DAY), bytes).unwrap();
}

#[derive(Clone, Copy)]
enum Index {
    Whole,
    Missing,
    Torn,
    Damaged,
}

#[test]
fn after_a_crash_at_any_byte_every_whole_block_plays_whatever_the_index_says() {
    let dir = folder();
    let settings = RecordingSettings { segment_bytes: 500, ..small() };
    let (mut recordings, _) = Recordings::open(dir.path(), settings.clone()).unwrap();
    for number in 0..11 {
        recordings.append(wall(), &block(id(1), number, 2));
        recordings.append(wall(), &block(id(2), number, 2));
    }
    let tail = *segments(dir.path(), DAY).unwrap().last().unwrap();
    let length = fs::metadata(segment_path(dir.path(), DAY, tail)).unwrap().len() as usize;
    let whole = HEAD + 4;
    let before = 22 - length / whole;
    for cut in 0..=length {
        let index = [Index::Whole, Index::Missing, Index::Torn, Index::Damaged][cut % 4];
        let there = folder();
        crashed(dir.path(), there.path(), cut, index);
        let blocks = (before + cut / whole) as u64;
        let counts = [blocks.div_ceil(2), blocks / 2];
        let check = |archive: &Archive| {
            for (recording, count) in [(id(1), counts[0]), (id(2), counts[1])] {
                let wanted = data((0..count).map(|n| block(recording, n, 2)));
                assert_eq!(play(archive, recording), wanted, "cut at {cut}");
            }
        };
        check(&Archive::new(there.path().to_path_buf()));
        let (mut again, mut cut_off) = Recordings::open(there.path(), settings.clone()).unwrap();
        cut_off.sort_by_key(|i| i.recording);
        let lengths: Vec<_> = cut_off.iter().map(|i| (i.recording, i.length_ms)).collect();
        let wanted = [(id(1), counts[0] * 2 / 8), (id(2), counts[1] * 2 / 8)];
        assert_eq!(lengths, wanted, "cut at {cut}");
        check(&again.archive());
        // Both are told once; a restored call may go on with its recording.
        assert_eq!(Recordings::open(there.path(), settings.clone()).unwrap().1, []);
        again.append(wall(), &last(id(1), counts[0], 2));
        let found = again.archive().find(id(1)).unwrap().unwrap();
        assert!(found.is_finished() && found.gaps().is_empty());
        assert_eq!(found.samples(), (counts[0] + 1) * 2);
    }
}

#[test]
fn a_full_disk_leaves_a_marked_gap_and_recording_goes_on_by_itself() {
    let dir = folder();
    let disk = Disk::default();
    let (mut recordings, _) = Recordings::open_on(disk.clone(), dir.path(), small()).unwrap();
    let mut append = |from: u64, to: u64| {
        (from..to).for_each(|n| recordings.append(wall(), &block(id(1), n, 50)));
        recordings.append(wall(), &block(id(2), from, 50));
        recordings.tick(wall());
        recordings.take_alarms()
    };
    assert_eq!(append(0, 3), []);
    disk.faults.room.store(90, SeqCst);
    let alarms = append(3, 6);
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].id, alarms[0].cleared), ("recordings-disk", false));
    assert_eq!(append(6, 8), [], "one alarm, not one a block");
    disk.faults.room.store(u64::MAX, SeqCst);
    assert_eq!(append(8, 9), []);
    let mut cleared = Vec::new();
    for number in 9..14 {
        cleared.extend(append(number, number + 1));
    }
    assert_eq!(cleared.len(), 1);
    assert_eq!((cleared[0].id, cleared[0].cleared), ("recordings-disk", true));
    let found = recordings.archive().find(id(1)).unwrap().unwrap();
    assert_eq!(found.samples(), 14 * 50);
    assert_eq!(found.gaps(), [Gap { first_sample: 150, samples: 250 }]);
    assert!(found.blocks[3].1.after_gap && !found.blocks[4].1.after_gap);
    let sound = play(&recordings.archive(), id(1));
    assert!(sound[300..800].iter().all(|code| *code == SILENCE));
    assert_eq!(sound[800..900], block(id(1), 8, 50).samples);
}

#[test]
fn a_recording_whose_end_was_lost_has_its_true_length_when_there_is_space_again() {
    let dir = folder();
    let disk = Disk::default();
    let (mut recordings, _) = Recordings::open_on(disk.clone(), dir.path(), small()).unwrap();
    recordings.append(wall(), &block(id(1), 0, 50));
    disk.faults.room.store(0, SeqCst);
    recordings.append(wall(), &block(id(1), 1, 50));
    recordings.append(wall(), &last(id(1), 2, 50));
    recordings.tick(wall());
    let found = recordings.archive().find(id(1)).unwrap().unwrap();
    assert_eq!((found.samples(), found.is_finished()), (50, false));
    disk.faults.room.store(u64::MAX, SeqCst);
    recordings.tick(wall());
    let found = recordings.archive().find(id(1)).unwrap().unwrap();
    assert_eq!((found.samples(), found.is_finished()), (150, true));
    assert_eq!(found.gaps(), [Gap { first_sample: 50, samples: 100 }]);
    assert_eq!(play(&recordings.archive(), id(1)).len(), 300);
}

#[test]
fn a_really_full_file_system_costs_sound_only() {
    let Some(mounted) = SmallDisk::new(96) else {
        // Left out by wish; the injected failures above cover the same paths.
        return;
    };
    let dir = mounted.dir.path().join("recordings");
    let (mut recordings, _) = Recordings::open(&dir, RecordingSettings::default()).unwrap();
    let ballast = mounted.dir.path().join("ballast");
    let _ = fs::write(&ballast, vec![1; 60 << 10]);
    for number in 0..30 {
        recordings.append(wall(), &block(id(1), number, 800));
    }
    assert_eq!(recordings.take_alarms()[0].id, "recordings-disk");
    fs::remove_file(&ballast).unwrap();
    recordings.append(wall(), &last(id(1), 30, 800));
    let found = recordings.archive().find(id(1)).unwrap().unwrap();
    assert_eq!((found.samples(), found.is_finished()), (31 * 800, true));
    assert_eq!(found.gaps().len(), 1);
}

#[test]
fn the_quota_stops_recording_until_old_days_are_deleted() {
    let dir = folder();
    let quota_bytes = Some(1_000);
    let settings = RecordingSettings { quota_bytes, keep_days: Some(2), ..small() };
    let (mut recordings, _) = Recordings::open(dir.path(), settings.clone()).unwrap();
    for number in 0..10 {
        recordings.append(wall(), &block(id(1), number, 50));
    }
    assert_eq!(recordings.bytes(), 6 * (HEAD as u64 + 100));
    assert_eq!(recordings.take_alarms()[0].id, "recordings-quota");
    let (mut recordings, _) = Recordings::open(dir.path(), settings).unwrap();
    assert_eq!(recordings.bytes(), 6 * (HEAD as u64 + 100));
    let day = |number: u64| wall().after(Duration::from_secs(number * 24 * 3600));
    let later = RecordingId::new(day(2), 1);
    recordings.append(day(2), &block(later, 0, 2));
    assert_eq!(days(dir.path()).unwrap(), [DAY, DAY + 2]);
    recordings.append(day(3), &block(later, 1, 50));
    assert_eq!(days(dir.path()).unwrap(), [DAY + 2, DAY + 3], "the first is deleted");
    recordings.append(day(3), &last(later, 2, 50));
    let found = recordings.archive().find(later).unwrap().unwrap();
    assert!(found.is_finished());
    assert!(recordings.archive().find(id(1)).unwrap().is_none());
}

#[test]
fn a_recording_goes_over_midnight_and_over_a_step_of_the_clock() {
    let dir = folder();
    let (mut recordings, _) = Recordings::open(dir.path(), small()).unwrap();
    let hours = [0, 10, 23, 24, 25, 20, 26, 1];
    for (number, hour) in hours.into_iter().enumerate() {
        let now = wall().after(Duration::from_secs(hour * 3600));
        let make = if number == 7 { last } else { block };
        recordings.append(now, &make(id(1), number as u64, 40));
    }
    assert_eq!(days(dir.path()).unwrap(), [DAY, DAY + 1]);
    let found = recordings.archive().find(id(1)).unwrap().unwrap();
    assert_eq!((found.samples(), found.gaps().len(), found.is_finished()), (320, 0, true));
    assert_eq!(play(&recordings.archive(), id(1)), data((0..8).map(|n| block(id(1), n, 40))));
}

#[test]
fn a_damaged_block_is_silent_and_the_rest_plays() {
    for at in [0, 1, 20, 30, HEAD - 1, HEAD, HEAD + 70] {
        let dir = folder();
        let (mut recordings, _) = Recordings::open(dir.path(), small()).unwrap();
        for number in 0..5 {
            let make = if number == 4 { last } else { block };
            recordings.append(wall(), &make(id(1), number, 40));
        }
        let path = segment_path(dir.path(), DAY, 1);
        let mut bytes = fs::read(&path).unwrap();
        bytes[2 * (HEAD + 80) + at] ^= 0x40;
        fs::write(&path, &bytes).unwrap();
        let sound = play(&recordings.archive(), id(1));
        let mut wanted = data((0..5).map(|n| block(id(1), n, 40)));
        wanted[160..240].fill(SILENCE);
        assert!(sound == wanted, "damaged at {at}");
    }
}

#[test]
fn impossible_blocks_are_refused_and_silent_recordings_are_forgotten() {
    let dir = folder();
    let (mut recordings, _) = Recordings::open(dir.path(), small()).unwrap();
    for samples in [vec![1; 3], vec![1; SAMPLES_MAX + 2]] {
        let block = Block { samples, ..block(id(1), 0, 0) };
        recordings.append(wall(), &block);
    }
    assert!(recordings.archive().find(id(1)).unwrap().is_none());
    recordings.append(wall(), &block(id(1), 0, 40));
    for _ in 0..100 {
        recordings.tick(wall());
    }
    assert_eq!(recordings.watched(), 0);
    recordings.append(wall(), &last(id(1), 1, 40));
    assert_eq!(play(&recordings.archive(), id(1)), data((0..2).map(|n| block(id(1), n, 40))));
}

#[test]
fn the_loop_writes_everything_that_was_sent() {
    let dir = folder();
    let recording = Sample::default().recording();
    let (recordings, _) = Recordings::open(dir.path(), small()).unwrap();
    let archive = recordings.archive();
    let (sender, inbox) = crossbeam_channel::unbounded();
    (0..100).for_each(|number| sender.send(block(recording, number, 80)).unwrap());
    drop(sender);
    run_recordings(recordings, &inbox, wall, |alarm| panic!("{alarm:?}"));
    assert_eq!(archive.find(recording).unwrap().unwrap().samples(), 8_000);
}
