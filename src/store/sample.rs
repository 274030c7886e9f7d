//! Records for the tests of this room and of the ledger.

use crate::base::{CallId, RecordId, RecordingId, TenantId, Wall};
use crate::call::{CallArrived, Cause, Cdr, Fact, Record};

/// 2026-03-01 00:00 UTC.
pub(crate) const START_US: i64 = 1_772_323_200_000_000;

/// A folder of the test's own, in memory where that is possible: thousands of `fsync`s are then free.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Makes records one after the other, a second apart, each with ids of its own.
#[derive(Default)]
pub(crate) struct Sample {
    made: u128,
}

impl Sample {
    pub(crate) fn now(&self) -> Wall {
        Wall::from_micros(START_US + i64::try_from(self.made).unwrap() * 1_000_000)
    }

    fn count(&mut self) -> u128 {
        self.made += 1;
        self.made
    }

    pub(crate) fn call(&mut self) -> CallId {
        CallId::new(self.now(), self.count())
    }

    pub(crate) fn recording(&mut self) -> RecordingId {
        RecordingId::new(self.now(), self.count())
    }

    pub(crate) fn record(&mut self, tenant: &str, fact: Fact) -> Record {
        let number = self.count();
        Record {
            id: RecordId::new(self.now(), number),
            at: self.now(),
            tenant: TenantId::new(tenant),
            fact,
        }
    }

    /// Records without a call.
    pub(crate) fn alarms(&mut self, tenant: &str, count: usize) -> Vec<Record> {
        let alarm = |number| Fact::Alarm {
            id: format!("alarm-{number}"),
            what: "防城港".repeat(number % 7),
            cleared: number % 2 == 0,
        };
        (0..count).map(|number| self.record(tenant, alarm(number))).collect()
    }
}

pub(crate) fn arrived(call: CallId) -> Fact {
    Fact::CallArrived(CallArrived {
        call,
        trunk: Some("carrier".into()),
        account: None,
        caller_raw: "<sip:013977012345@10.0.0.1>".into(),
        caller: "+8613977012345".into(),
        called: "12345".into(),
        sip_call_id: format!("{call}@10.0.0.1"),
        caller_kind: "mobile".into(),
        region: "0770".into(),
        flow: "fcg/12345@7".into(),
    })
}

pub(crate) fn cdr(call: CallId, t_in: Wall, cause: Cause) -> Cdr {
    Cdr {
        call: Some(call),
        trunk: Some("carrier".into()),
        caller_raw: "<sip:013977012345@10.0.0.1>".into(),
        caller: "+8613977012345".into(),
        called: "12345".into(),
        t_in,
        t_end: t_in,
        cause,
        ..Cdr::default()
    }
}

/// A file system in memory, as small as is wanted.
pub(crate) struct SmallDisk {
    pub(crate) dir: tempfile::TempDir,
    /// Where mounting is forbidden (a container): what fills up the container's own small `/dev/shm`
    /// but for the size wanted, and the lock that keeps other tests from it.
    filled: Option<(tempfile::NamedTempFile, std::fs::File)>,
}

/// A `/dev/shm` larger than this is not filled up: it may be the whole machine's.
const SHM_MAX: u64 = 256 << 20;

impl SmallDisk {
    /// A file system with `kib` KiB of space. `None` when there can be none here, and
    /// `HOTLINE_MAY_SKIP=1` says that the test may be left out then; without that it fails.
    pub(crate) fn new(kib: u64) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let done = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"])
            .arg(dir.path())
            .output();
        if done.is_ok_and(|done| done.status.success()) {
            return Some(Self { dir, filled: None });
        }
        if let Some(disk) = Self::in_shared_memory(kib) {
            return Some(disk);
        }
        let what = "a full disk needs mount, or a /dev/shm below 256 MiB; neither is here";
        let may = std::env::var("HOTLINE_MAY_SKIP").is_ok_and(|value| value == "1");
        assert!(may, "{what}; with HOTLINE_MAY_SKIP=1 this test is left out");
        if let Some(file) = std::env::var_os("HOTLINE_LEFT_OUT") {
            let mut file =
                std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
            std::io::Write::write_all(&mut file, format!("{what}\n").as_bytes()).unwrap();
        }
        None
    }

    fn in_shared_memory(kib: u64) -> Option<Self> {
        let shm = std::path::Path::new("/dev/shm");
        let lock = std::fs::File::create(shm.join("hotline-tests.lock")).ok()?;
        lock.lock().ok()?;
        let df = std::process::Command::new("df")
            .args(["-B1", "--output=size,avail"])
            .arg(shm)
            .output()
            .ok()?;
        let text = String::from_utf8(df.stdout).ok()?;
        let mut numbers = text.lines().nth(1)?.split_whitespace().map(str::parse::<u64>);
        let (size, free) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        if size > SHM_MAX {
            return None;
        }
        let mut filler = tempfile::NamedTempFile::new_in(shm).ok()?;
        let mut left = free.saturating_sub(kib << 10);
        while left > 0 {
            let chunk = left.min(1 << 20);
            std::io::Write::write_all(&mut filler, &vec![1; usize::try_from(chunk).ok()?]).ok()?;
            left -= chunk;
        }
        let dir = tempfile::tempdir_in(shm).ok()?;
        Some(Self { dir, filled: Some((filler, lock)) })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.filled.is_none() {
            let _ = std::process::Command::new("umount").arg("-l").arg(self.dir.path()).status();
        }
    }
}
