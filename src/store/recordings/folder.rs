use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::base::Wall;
use crate::store::recordings::block::{self, HEAD, Head, Place, SAMPLES_MAX};

/// The day of `wall` in UTC as `yyyymmdd`, the name of a folder.
pub(super) fn day_of(wall: Wall) -> u32 {
    let time = jiff::Timestamp::from_microsecond(wall.as_micros()).unwrap_or_default();
    name_of(jiff::tz::Offset::UTC.to_datetime(time).date())
}

fn name_of(date: jiff::civil::Date) -> u32 {
    let part = |number: i16| u32::from(number.unsigned_abs());
    part(date.year()) * 10_000 + part(date.month().into()) * 100 + part(date.day().into())
}

pub(super) fn day_path(dir: &Path, day: u32) -> PathBuf {
    dir.join(format!("{day:08}"))
}

pub(super) fn segment_path(dir: &Path, day: u32, segment: u32) -> PathBuf {
    day_path(dir, day).join(format!("seg-{segment:06}.rec"))
}

/// The days that have a folder, ascending.
pub(super) fn days(dir: &Path) -> io::Result<Vec<u32>> {
    numbers(dir, |name| Some(name).filter(|n| n.len() == 8)?.parse().ok())
}

/// The segments of a day, ascending; none when it has no folder.
pub(super) fn segments(dir: &Path, day: u32) -> io::Result<Vec<u32>> {
    numbers(&day_path(dir, day), |name| {
        name.strip_prefix("seg-")?.strip_suffix(".rec")?.parse().ok()
    })
}

fn numbers(dir: &Path, number: impl Fn(&str) -> Option<u32>) -> io::Result<Vec<u32>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(entry?.file_name().to_str().and_then(&number));
    }
    found.sort_unstable();
    Ok(found)
}

/// The day `count` days before `day`, both as `yyyymmdd`.
pub(super) fn days_before(day: u32, count: u32) -> u32 {
    let part = |number: u32| i8::try_from(number % 100).unwrap_or(1);
    let year = i16::try_from(day / 10_000).unwrap_or(1970);
    let date = jiff::civil::Date::new(year, part(day / 100), part(day)).unwrap_or_default();
    let before = date.saturating_sub(jiff::Span::new().days(i64::from(count.min(40_000))));
    name_of(before)
}

/// Bytes of all segments of a day.
pub(super) fn day_bytes(dir: &Path, day: u32) -> io::Result<u64> {
    let all = segments(dir, day)?;
    Ok(all.iter().map(|s| fs::metadata(segment_path(dir, day, *s)).map_or(0, |m| m.len())).sum())
}

/// Reads the head at `offset`; `None` when there is none.
pub(super) fn read_head(file: &File, offset: u64) -> Option<Head> {
    let mut bytes = [0; HEAD];
    file.read_exact_at(&mut bytes, offset).ok()?;
    Head::parse(&bytes)
}

/// Goes through all whole blocks of a day from `from` on, in order, past damaged ones.
pub(super) fn scan(
    dir: &Path,
    day: u32,
    from: (u32, u32),
    mut visit: impl FnMut(Place, Head),
) -> io::Result<()> {
    for segment in segments(dir, day)?.into_iter().filter(|s| *s >= from.0) {
        let file = File::open(segment_path(dir, day, segment))?;
        let mut offset = if segment == from.0 { u64::from(from.1) } else { 0 };
        let mut bytes = Vec::new();
        loop {
            match read_block(&file, offset, &mut bytes) {
                Some(head) => {
                    let Ok(at) = u32::try_from(offset) else { break };
                    visit(Place { day, segment, offset: at }, head);
                    offset += head.block_bytes() as u64;
                }
                None => match resync(&file, offset + 1)? {
                    Some(next) => offset = next,
                    None => break,
                },
            }
        }
    }
    Ok(())
}

/// Reads the block at `offset` into `bytes`; `None` when there is no whole one.
pub(super) fn read_block(file: &File, offset: u64, bytes: &mut Vec<u8>) -> Option<Head> {
    let head = read_head(file, offset)?;
    bytes.resize(head.block_bytes(), 0);
    file.read_exact_at(bytes, offset).ok()?;
    block::is_whole(bytes).then_some(head)
}

/// The next place from `offset` on where a block may begin.
fn resync(file: &File, mut offset: u64) -> io::Result<Option<u64>> {
    let mut window = vec![0; SAMPLES_MAX / 4];
    loop {
        let read = file.read_at(&mut window, offset)?;
        if let Some(at) = block::magic_after(&window[..read], 0) {
            return Ok(Some(offset + at as u64));
        }
        if read < HEAD {
            return Ok(None);
        }
        offset += (read - 3) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_utc() {
        assert_eq!(day_of(Wall::from_micros(0)), 19_700_101);
        assert_eq!(day_of(Wall::from_micros(1_772_323_199_999_999)), 20_260_228);
        assert_eq!(day_of(Wall::from_micros(1_772_323_200_000_000)), 20_260_301);
    }
}
