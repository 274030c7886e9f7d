use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::AccountId;
use crate::sip::Binding;
use crate::store::KeptFile;

/// Size of the changes at which all registrations are written anew, bytes.
const CHANGES_MAX: u64 = 4 << 20;

/// The registrations on the disk (R18): all of them as they once were, and the changes since, one JSON
/// line each. So to keep one costs one short `write(2)`, however many there are.
#[derive(Debug)]
pub(crate) struct RegistrationLog {
    all: KeptFile<Vec<Binding>>,
    path: PathBuf,
    changes: Option<File>,
    /// Bytes of the changes.
    length: u64,
    /// Whether the files hold everything and end with a whole line. Else all is written anew first.
    is_whole: bool,
    accounts: BTreeMap<AccountId, Vec<Binding>>,
    is_synced: bool,
}

/// The contacts of one account, all that it has now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) account: AccountId,
    pub(crate) bindings: Vec<Binding>,
}

impl RegistrationLog {
    /// Reads what is there. A line that a crash cut off tells nobody anything: its phone was not
    /// answered.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let all = KeptFile::<Vec<Binding>>::new(folder.join("registrations.json"));
        let path = folder.join("registrations.log");
        let kept = match all.load() {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                tracing::error!(%error, "the kept registrations are damaged and are made anew");
                None
            }
            loaded => loaded?,
        };
        let mut accounts: BTreeMap<AccountId, Vec<Binding>> = BTreeMap::new();
        for binding in kept.unwrap_or_default() {
            accounts.entry(binding.account.clone()).or_default().push(binding);
        }
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
        let length = lines.len() as u64;
        let is_whole = length == 0;
        Ok(Self { all, path, changes: None, length, is_whole, accounts, is_synced: true })
    }

    /// Begins to keep: what was read is written as one.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        if self.is_whole { self.file().map(|_| ()) } else { self.write_anew() }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        if self.changes.is_none() {
            let mut options = OpenOptions::new();
            options.create(true).append(true).mode(0o600);
            self.changes = Some(options.open(&self.path)?);
        }
        self.changes.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// All registrations.
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        self.accounts.values().flatten().cloned().collect()
    }

    /// Keeps changes: they are the system's when this returns.
    pub(crate) fn keep(&mut self, changes: Vec<Change>) -> io::Result<()> {
        let mut lines = Vec::with_capacity(256 * changes.len());
        for change in changes {
            serde_json::to_writer(&mut lines, &change)?;
            lines.push(b'\n');
            apply(&mut self.accounts, change);
        }
        if !self.is_whole || self.length + lines.len() as u64 > CHANGES_MAX {
            return self.write_anew();
        }
        self.is_synced = false;
        // What is half there, or not there at all, is made good by the next one.
        self.is_whole = false;
        self.file()?.write_all(&lines)?;
        self.is_whole = true;
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Whether something could not be written since.
    pub(crate) fn is_behind(&self) -> bool {
        !self.is_whole
    }

    /// These are all registrations.
    pub(crate) fn keep_all(&mut self, bindings: Vec<Binding>) -> io::Result<()> {
        self.accounts.clear();
        for binding in bindings {
            self.accounts.entry(binding.account.clone()).or_default().push(binding);
        }
        self.write_anew()
    }

    /// Brings the changes to the disk itself, for a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if !self.is_whole {
            return self.write_anew();
        }
        if !self.is_synced {
            self.file()?.sync_data()?;
            self.is_synced = true;
        }
        Ok(())
    }

    /// Writes all of them and forgets the changes. A crash between the two does no harm: the last change
    /// of an account says what stands in the other file, too.
    pub(crate) fn write_anew(&mut self) -> io::Result<()> {
        self.is_whole = false;
        self.all.save(&self.bindings())?;
        self.file()?.set_len(0)?;
        self.length = 0;
        self.is_whole = true;
        self.is_synced = true;
        Ok(())
    }
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

    fn open(folder: &Path) -> RegistrationLog {
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
        let mut log = open(dir.path());
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
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let log = open(dir.path());
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
        let mut log = open(dir.path());
        let long = "x".repeat(60_000);
        for number in 0..200 {
            log.keep(vec![change(&format!("a{}", number % 3), &[&long])]).unwrap();
            assert!(log.length <= CHANGES_MAX);
        }
        let on_disk = || fs::metadata(dir.path().join("registrations.log")).unwrap().len();
        assert_eq!(on_disk(), log.length);
        log.keep_all(change("b", &["b1"]).bindings).unwrap();
        assert_eq!(on_disk(), 0);
        drop(log);
        assert_eq!(contacts(&open(dir.path())), ["b1"]);
    }

    #[test]
    fn a_disk_that_cannot_be_written_costs_what_is_kept_no_longer_than_it_lasts() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).keep(vec![change("a", &["a1"])]).unwrap();
        // A power cut in the midst of a line, and then there is no room to write anything anew.
        let path = dir.path().join("registrations.log");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"accou").unwrap();
        let in_the_way = dir.path().join("registrations.json.new");
        fs::create_dir(&in_the_way).unwrap();
        let mut log = RegistrationLog::open(dir.path()).unwrap();
        assert!(log.begin().is_err() && log.is_behind());
        assert_eq!(contacts(&log), ["a1"]);
        assert!(log.keep(vec![change("b", &["b1"])]).is_err());
        assert!(log.sync().is_err() && log.is_behind());
        fs::remove_dir(&in_the_way).unwrap();
        log.sync().unwrap();
        assert!(!log.is_behind());
        drop(log);
        assert_eq!(contacts(&open(dir.path())), ["a1", "b1"]);
    }
}
