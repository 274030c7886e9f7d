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
}

impl SmallDisk {
    /// `None` when this user may not mount.
    pub(crate) fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let option = format!("size={size}");
        let done = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "tmpfs"])
            .arg(dir.path())
            .output();
        done.is_ok_and(|done| done.status.success()).then_some(Self { dir })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.dir.path()).status();
    }
}
