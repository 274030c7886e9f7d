use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::AccountId;
use crate::sip::Binding;
use crate::store::KeptFile;

/// Size of the changes at which all registrations are written anew, bytes.
const CHANGES_ENOUGH: u64 = 4 << 20;
/// The size beyond which none are taken, because the disk does not get on with that.
const CHANGES_MAX: u64 = 64 << 20;

/// The registrations on the disk (R18): all of them as they once were, and the changes since, one JSON
/// line each. So to keep one costs one short `write(2)`, however many there are. What takes longer is a
/// [`DiskJob`] for another thread.
#[derive(Debug)]
pub(crate) struct RegistrationLog {
    folder: PathBuf,
    /// `None` while it cannot be opened.
    changes: Option<File>,
    /// Bytes of the changes, all of them whole.
    length: u64,
    /// There may be half a change behind them.
    is_torn: bool,
    accounts: BTreeMap<AccountId, Vec<Binding>>,
    is_synced: bool,
    /// Some changes could not be written.
    is_behind: bool,
    /// There are changes in the older file, too, until all is written anew.
    has_older: bool,
}

/// The contacts of one account, all that it has now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) account: AccountId,
    pub(crate) bindings: Vec<Binding>,
}

/// Work that may wait for the disk.
#[derive(Debug)]
pub(crate) enum DiskJob {
    /// Bring the changes to the disk itself, for a power cut.
    Sync(File),
    /// Write these, which are all; then the older changes are good for nothing.
    WriteAnew(PathBuf, Vec<Binding>),
}

impl DiskJob {
    /// Does it.
    pub(crate) fn run(self) -> io::Result<()> {
        match self {
            Self::Sync(file) => file.sync_data(),
            Self::WriteAnew(folder, bindings) => {
                all(&folder).save(&bindings)?;
                remove(&older(&folder))
            }
        }
    }
}

impl RegistrationLog {
    /// Reads what is there. A line that a crash cut off tells nobody anything: its phone was not
    /// answered.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let kept = match all(folder).load() {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                tracing::error!(%error, "the kept registrations are damaged and are made anew");
                None
            }
            loaded => loaded?,
        };
        let mut accounts = by_account(kept.unwrap_or_default());
        let (mut length, mut is_torn) = (0, false);
        for path in [older(folder), newer(folder)] {
            let lines = match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                read => read?,
            };
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                match serde_json::from_slice::<Change>(line) {
                    Ok(change) => apply(&mut accounts, change),
                    Err(error) => tracing::warn!(%error, "a change of registrations is cut off"),
                }
            }
            length = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            is_torn = length < lines.len();
        }
        let has_older = older(folder).exists();
        Ok(Self {
            folder: folder.to_path_buf(),
            changes: None,
            length: length as u64,
            is_torn,
            accounts,
            is_synced: true,
            is_behind: length > 0 || is_torn || has_older,
            has_older,
        })
    }

    /// Begins to keep: what was read is written as one. When that fails it is tried again, and changes
    /// are kept meanwhile as far as they can be.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        if self.is_behind { self.write_anew() } else { self.file().map(drop) }
    }

    /// The file of changes, with nothing but whole ones in it.
    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.changes.take() {
            Some(file) => file,
            None => open(&newer(&self.folder))?,
        };
        let file = self.changes.insert(file);
        if self.is_torn {
            file.set_len(self.length)?;
            self.is_torn = false;
        }
        Ok(file)
    }

    /// Whether something could not be written yet.
    pub(crate) fn is_behind(&self) -> bool {
        self.is_behind || self.has_older
    }

    /// All registrations.
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        self.accounts.values().flatten().cloned().collect()
    }

    /// Keeps changes: they are the system's when this returns.
    pub(crate) fn keep(&mut self, changes: Vec<Change>) -> io::Result<()> {
        let mut lines = Vec::with_capacity(512 * changes.len());
        for change in changes {
            serde_json::to_writer(&mut lines, &change)?;
            lines.push(b'\n');
            apply(&mut self.accounts, change);
        }
        let written = if self.length + lines.len() as u64 > CHANGES_MAX {
            Err(io::Error::other("too many changes of registrations wait for the disk"))
        } else {
            self.file().and_then(|file| file.write_all(&lines))
        };
        if written.is_ok() {
            self.length += lines.len() as u64;
            self.is_synced = false;
        } else {
            // What is half there would spoil the next line.
            self.is_behind = true;
            self.is_torn = true;
        }
        written
    }

    /// These are all registrations.
    pub(crate) fn keep_all(&mut self, bindings: Vec<Binding>) -> io::Result<()> {
        let mut now = by_account(bindings);
        let known: BTreeSet<AccountId> = self.accounts.keys().chain(now.keys()).cloned().collect();
        let changes = known.into_iter().map(|account| {
            let bindings = now.remove(&account).unwrap_or_default();
            Change { account, bindings }
        });
        self.keep(changes.collect())
    }

    /// What another thread shall do now, if anything: one at a time, and [`RegistrationLog::done`] is
    /// to follow.
    pub(crate) fn job(&mut self) -> io::Result<Option<DiskJob>> {
        if !self.has_older && (self.is_behind || self.length >= CHANGES_ENOUGH) {
            match fs::rename(newer(&self.folder), older(&self.folder)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            self.changes = None;
            self.length = 0;
            self.is_torn = false;
            self.has_older = true;
            self.is_behind = false;
        }
        if self.has_older {
            return Ok(Some(DiskJob::WriteAnew(self.folder.clone(), self.bindings())));
        }
        if self.is_synced {
            return Ok(None);
        }
        self.is_synced = true;
        self.file()?.try_clone().map(|file| Some(DiskJob::Sync(file)))
    }

    /// The job was done, or failed; then it comes again.
    pub(crate) fn done(&mut self, result: &io::Result<()>) {
        self.has_older &= older(&self.folder).exists();
        self.is_synced &= result.is_ok();
        self.is_behind |= result.is_err() && !self.has_older;
    }

    /// Writes all of them at once and forgets the changes. A crash between the two does no harm: the
    /// last change of an account says what stands in the other file, too. No job may be under way.
    pub(crate) fn write_anew(&mut self) -> io::Result<()> {
        all(&self.folder).save(&self.bindings())?;
        remove(&older(&self.folder))?;
        self.has_older = false;
        self.length = 0;
        self.is_torn = true;
        self.file()?;
        self.is_synced = true;
        self.is_behind = false;
        Ok(())
    }
}

fn all(folder: &Path) -> KeptFile<Vec<Binding>> {
    KeptFile::new(folder.join("registrations.json"))
}

fn newer(folder: &Path) -> PathBuf {
    folder.join("registrations.log")
}

fn older(folder: &Path) -> PathBuf {
    folder.join("registrations.log.old")
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

fn by_account(bindings: Vec<Binding>) -> BTreeMap<AccountId, Vec<Binding>> {
    let mut accounts: BTreeMap<AccountId, Vec<Binding>> = BTreeMap::new();
    for binding in bindings {
        accounts.entry(binding.account.clone()).or_default().push(binding);
    }
    accounts
}

fn apply(accounts: &mut BTreeMap<AccountId, Vec<Binding>>, change: Change) {
    if change.bindings.is_empty() {
        accounts.remove(&change.account);
    } else {
        accounts.insert(change.account, change.bindings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Instant;
    use crate::sip::{Flow, Transport};

    fn change(account: &str, contacts: &[&str]) -> Change {
        let flow = Flow {
            transport: Transport::Udp,
            local: "10.0.0.1:5060".parse().unwrap(),
            peer: "10.0.0.9:5060".parse().unwrap(),
            connection: None,
        };
        let binding = |contact: &&str| Binding {
            account: account.into(),
            contact: (*contact).to_owned(),
            flow,
            behind_nat: false,
            since: Instant::ZERO,
            refreshed: Instant::ZERO,
            expires_at: Instant::from_micros(9),
            call_id: "c".into(),
            cseq: 1,
            user_agent: String::new(),
            instance: None,
        };
        Change { account: account.into(), bindings: contacts.iter().map(binding).collect() }
    }

    fn began(folder: &Path) -> RegistrationLog {
        let mut log = RegistrationLog::open(folder).unwrap();
        log.begin().unwrap();
        log
    }

    fn contacts(log: &RegistrationLog) -> Vec<String> {
        log.bindings().into_iter().map(|binding| binding.contact).collect()
    }

    #[test]
    fn what_was_kept_is_there_after_a_crash_at_any_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("registrations.log");
        let mut log = began(dir.path());
        let mut ends = vec![(0, Vec::new())];
        for change in [
            change("a", &["a1"]),
            change("b", &["b1", "b2"]),
            change("a", &["a2"]),
            change("b", &[]),
        ] {
            log.keep(vec![change]).unwrap();
            ends.push((log.length, contacts(&log)));
        }
        drop(log);
        let whole = fs::read(&path).unwrap();
        assert_eq!(ends.last(), Some(&(whole.len() as u64, vec!["a2".to_owned()])));
        let near = |length: &usize| {
            length.is_multiple_of(61)
                || ends.iter().any(|(end, _)| length.abs_diff(*end as usize) <= 1)
        };
        for length in (0..=whole.len()).filter(near) {
            fs::write(&path, &whole[..length]).unwrap();
            let log = began(dir.path());
            // A line is whole without its line end, too.
            let is_kept = |(end, _): &&(u64, Vec<String>)| *end <= length as u64 + 1;
            let expected = ends.iter().rev().find(is_kept).unwrap();
            assert_eq!(contacts(&log), expected.1, "{length} bytes");
            drop(log);
            fs::remove_file(dir.path().join("registrations.json")).ok();
        }
    }

    #[test]
    fn the_changes_are_bounded_and_forgotten_when_all_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = began(dir.path());
        let long = "x".repeat(60_000);
        let full = |log: &mut RegistrationLog| {
            while log.length < CHANGES_ENOUGH {
                log.keep(vec![change("a", &[&long])]).unwrap();
            }
        };
        full(&mut log);
        let size = |path: PathBuf| fs::metadata(path).map_or(0, |file| file.len());
        let job = log.job().unwrap().unwrap();
        assert!(matches!(job, DiskJob::WriteAnew(..)));
        // Meanwhile others register, and the process may die at any of these moments.
        log.keep(vec![change("b", &["b1"])]).unwrap();
        log.keep(vec![change("a", &["a2"])]).unwrap();
        let survives = || {
            let copy = tempfile::tempdir().unwrap();
            for file in fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
            }
            contacts(&RegistrationLog::open(copy.path()).unwrap())
        };
        assert_eq!(survives(), ["a2", "b1"]);
        let result = job.run();
        log.done(&result);
        result.unwrap();
        assert_eq!(size(older(dir.path())), 0);
        assert_eq!(size(newer(dir.path())), log.length);
        assert_eq!(survives(), ["a2", "b1"]);
        // What was written is brought to the disk, once.
        let job = log.job().unwrap().unwrap();
        assert!(matches!(job, DiskJob::Sync(_)));
        log.done(&job.run());
        assert!(log.job().unwrap().is_none());
        // A job that failed comes again, and loses nothing.
        full(&mut log);
        drop(log.job().unwrap());
        log.done(&Err(io::Error::other("the disk is full")));
        assert_eq!(survives().len(), 2);
        let job = log.job().unwrap().unwrap();
        assert!(matches!(job, DiskJob::WriteAnew(..)));
        log.done(&job.run());
        // All of them at once, when some changes got lost on the way.
        log.keep_all(change("c", &["c1"]).bindings).unwrap();
        assert_eq!(survives(), ["c1"]);
        log.write_anew().unwrap();
        assert_eq!((size(newer(dir.path())), size(older(dir.path()))), (0, 0));
        drop(log);
        assert_eq!(contacts(&began(dir.path())), ["c1"]);
    }

    #[test]
    fn a_disk_that_cannot_be_written_costs_what_is_kept_no_longer_than_it_lasts() {
        let dir = tempfile::tempdir().unwrap();
        began(dir.path()).keep(vec![change("a", &["a1"])]).unwrap();
        // A power cut in the midst of a line, and then there is no room to write anything anew.
        let path = newer(dir.path());
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"accou").unwrap();
        let in_the_way = dir.path().join("registrations.json.new");
        fs::create_dir(&in_the_way).unwrap();
        let mut log = RegistrationLog::open(dir.path()).unwrap();
        assert!(log.begin().is_err() && log.is_behind());
        assert_eq!(contacts(&log), ["a1"]);
        // A short change still has room.
        log.keep(vec![change("b", &["b1"])]).unwrap();
        assert_eq!(contacts(&RegistrationLog::open(dir.path()).unwrap()), ["a1", "b1"]);
        for is_over in [false, true] {
            if is_over {
                fs::remove_dir(&in_the_way).unwrap();
            }
            let result = log.job().unwrap().expect("all is to be written").run();
            log.done(&result);
            assert_eq!((result.is_ok(), log.is_behind()), (is_over, !is_over));
        }
        drop(log);
        assert_eq!(contacts(&began(dir.path())), ["a1", "b1"]);
    }
}
