use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::config::ApiSettings;
use crate::node::clock::{Clock, KeptPair};
use crate::node::registration_log::{Change, DiskJob, RegistrationLog};
use crate::node::threads;
use crate::sip::Binding;
use crate::store::{Alarm, KeptFile};

/// How often the pair of clocks is kept.
const CLOCK_EVERY: Duration = Duration::from_secs(5);
/// How often the keeper looks whether it shall end.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The small values in the data folder that outlive the process.
pub(crate) struct Kept {
    folder: PathBuf,
    clock: KeptFile<KeptPair>,
    registrations: RegistrationLog,
    unsaved: Vec<Unsaved>,
    trouble: Trouble,
    /// Of the start itself.
    alarms: Vec<Alarm>,
}

/// A value that was made at this start and could not be written yet.
enum Unsaved {
    NonceKey(KeptFile<[u8; 32]>, [u8; 32]),
    Token(KeptFile<String>, String),
}

impl Unsaved {
    fn save(&self) -> io::Result<()> {
        match self {
            Self::NonceKey(file, key) => file.save(key),
            Self::Token(file, token) => file.save(token),
        }
    }
}

/// What of the data folder cannot be written. It costs no call, and is tried again.
#[derive(Clone, Default)]
struct Trouble {
    parts: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Trouble {
    /// Something was kept, or not; returns the alarm that this raises or clears.
    fn note(&self, what: &'static str, saved: io::Result<()>) -> Option<Alarm> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let was_well = parts.is_empty();
        match saved {
            Ok(()) => {
                let was_last = parts.remove(what) && parts.is_empty();
                was_last.then(|| Alarm::cleared("data-folder", "all is kept again"))
            }
            Err(error) => {
                tracing::warn!(%error, what, "cannot be kept for the next start");
                parts.insert(what);
                let what = format!(
                    "{what} cannot be kept for the next start: {error}; calls go on; make space in \
                     node.data or mend its disk"
                );
                was_well.then(|| Alarm::raised("data-folder", what))
            }
        }
    }
}

/// What is to be kept of registrations.
#[derive(Debug)]
pub(crate) enum Keep {
    /// What one event changed, and what is told when it is written.
    Changes(Vec<Change>, Option<u64>),
    /// All of them: some changes were lost when there was no room for them.
    All(Vec<Binding>),
}

/// Changes that may wait for the keeper; its disk is slow when they do.
const INBOX: usize = 8_192;
/// Changes that are written together.
const TOGETHER: usize = 512;
/// How often the disk thread gets something to do: so long a change may be lost to a power cut.
const DISK_EVERY: Duration = Duration::from_secs(1);

/// A kept value cannot be used.
#[derive(Debug)]
pub(crate) struct KeptError {
    pub(crate) what: String,
    pub(crate) source: io::Error,
}

fn error(what: String) -> impl FnOnce(io::Error) -> KeptError {
    move |source| KeptError { what, source }
}

impl Kept {
    /// The data folder, made when it is absent.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeptError> {
        let what = format!(
            "the data folder {} cannot be made or entered; change node.data or its rights",
            folder.display()
        );
        fs::create_dir_all(folder).map_err(error(what))?;
        let what = format!("the registrations in {} cannot be read", folder.display());
        let mut registrations = RegistrationLog::open(folder).map_err(error(what))?;
        let trouble = Trouble::default();
        let alarms = trouble.note(REGISTRATIONS, registrations.begin()).into_iter().collect();
        Ok(Self {
            clock: KeptFile::new(folder.join("clock.json")),
            registrations,
            folder: folder.to_path_buf(),
            unsaved: Vec::new(),
            trouble,
            alarms,
        })
    }

    /// The clock, continued from the last run.
    pub(crate) fn start_clock(&mut self) -> Clock {
        let kept = forgive(self.clock.load());
        let clock = Clock::resume(kept);
        // Kept at once: a crash in the first seconds must not turn the clock back.
        let saved = self.clock.save(&clock.pair());
        self.alarms.extend(self.trouble.note(CLOCK, saved));
        clock
    }

    /// The key that signs nonces, made at the first start (R8).
    pub(crate) fn nonce_key(&mut self) -> [u8; 32] {
        let file = KeptFile::<[u8; 32]>::new(self.folder.join("nonce-key.json"));
        if let Some(key) = forgive(file.load()) {
            return key;
        }
        let key = threads::system_seed();
        self.save(Unsaved::NonceKey(file, key));
        key
    }

    fn save(&mut self, value: Unsaved) {
        let saved = value.save();
        if saved.is_err() {
            self.unsaved.push(value);
            self.alarms.extend(self.trouble.note(KEYS, saved));
        }
    }

    /// Registrations of the last run (R18).
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        self.registrations.bindings()
    }

    /// A token of the API: the first configured one, else one that is made at the first start.
    pub(crate) fn token(&mut self, api: &ApiSettings) -> String {
        if let Some(token) = api.tokens.first() {
            return token.secret.clone();
        }
        let file = KeptFile::<String>::new(self.folder.join("api-token.json"));
        if let Some(token) = forgive(file.load()) {
            return token;
        }
        let token = hex::encode(&threads::system_seed()[..20]);
        self.save(Unsaved::Token(file, token.clone()));
        token
    }

    /// Keeps registrations as they come, and the clocks now and then, on a thread of its own. `written`
    /// is told what of the former is the system's. A disk that fails costs only what was to be kept.
    pub(crate) fn run(
        self,
        clock: Clock,
        stop: Arc<AtomicBool>,
        written: impl Fn(u64) + Send + 'static,
        alarm: impl Fn(Alarm) + Clone + Send + 'static,
    ) -> (Sender<Keep>, JoinHandle<()>) {
        let (sender, receiver) = bounded(INBOX);
        let Self { clock: pair, mut registrations, mut unsaved, trouble, alarms, .. } = self;
        let thread = threads::spawn("keeper", move || {
            let (jobs, to_do) = bounded::<DiskJob>(1);
            let (did, done) = bounded(1);
            alarms.into_iter().for_each(&alarm);
            let tell = {
                let (trouble, alarm) = (trouble.clone(), alarm.clone());
                move |what, saved| trouble.note(what, saved).into_iter().for_each(&alarm)
            };
            // What waits for the disk itself, so that nobody who registers does.
            let disk = threads::spawn("keeper-disk", {
                let tell = tell.clone();
                move || {
                    let mut clock_at = clock.now() + CLOCK_EVERY;
                    loop {
                        match to_do.recv_timeout(LOOK_EVERY) {
                            // There is room: one job is under way at a time.
                            Ok(job) => drop(did.send(job.run())),
                            Err(RecvTimeoutError::Timeout) => {}
                            Err(RecvTimeoutError::Disconnected) => break,
                        }
                        if clock.now() >= clock_at {
                            clock_at = clock.now() + CLOCK_EVERY;
                            let saved = unsaved.iter().try_for_each(Unsaved::save);
                            if saved.is_ok() {
                                unsaved.clear();
                            }
                            tell(KEYS, saved);
                            tell(CLOCK, pair.save(&clock.pair()));
                        }
                    }
                    tell(CLOCK, pair.save(&clock.pair()));
                }
            });
            let note = |registrations: &RegistrationLog, saved: io::Result<()>| {
                if saved.is_err() || !registrations.is_behind() {
                    tell(REGISTRATIONS, saved);
                }
            };
            let mut disk_at = clock.now() + DISK_EVERY;
            let mut is_busy = false;
            loop {
                match receiver.recv_timeout(LOOK_EVERY) {
                    Ok(first) => {
                        let kept = take(&mut registrations, first, &receiver, &written);
                        note(&registrations, kept);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if let Ok(result) = done.try_recv() {
                    is_busy = false;
                    registrations.done(&result);
                    note(&registrations, result);
                }
                let now = clock.now();
                if !is_busy && now >= disk_at {
                    disk_at = now + DISK_EVERY;
                    match registrations.job() {
                        Ok(Some(job)) => is_busy = jobs.send(job).is_ok(),
                        Ok(None) => {}
                        Err(error) => note(&registrations, Err(error)),
                    }
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
            while let Ok(first) = receiver.try_recv() {
                let kept = take(&mut registrations, first, &receiver, &written);
                note(&registrations, kept);
            }
            // A job that is under way comes to its end first.
            drop(jobs);
            if is_busy && let Ok(result) = done.recv() {
                registrations.done(&result);
            }
            threads::join_within(disk, DISK_EVERY, || {});
            let kept = registrations.write_anew();
            note(&registrations, kept);
        });
        (sender, thread)
    }
}

/// What may be in trouble.
const REGISTRATIONS: &str = "registrations";
const CLOCK: &str = "the clock";
const KEYS: &str = "the key of nonces or the token of the API";

/// Keeps what came, and what came meanwhile, by one `write(2)`.
fn take(
    registrations: &mut RegistrationLog,
    first: Keep,
    more: &Receiver<Keep>,
    written: &impl Fn(u64),
) -> io::Result<()> {
    let (mut changes, mut last, mut next) = (Vec::new(), None, Some(first));
    let mut kept = Ok(());
    while let Some(keep) = next {
        match keep {
            Keep::Changes(some, gate) => {
                changes.extend(some);
                last = gate.or(last);
            }
            Keep::All(all) => {
                changes.clear();
                kept = registrations.keep_all(all);
            }
        }
        next = if changes.len() < TOGETHER { more.try_recv().ok() } else { None };
    }
    if !changes.is_empty() {
        kept = registrations.keep(changes).and(kept);
    }
    if let Some(last) = last {
        written(last);
    }
    kept
}

/// A kept file that is damaged or cannot be read is worth less than a start: it is made anew.
fn forgive<T>(loaded: io::Result<Option<T>>) -> Option<T> {
    loaded.unwrap_or_else(|error| {
        tracing::error!(%error, "a kept file cannot be read and is made anew");
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 4] = ["clock", "nonce-key", "api-token", "registrations"];

    fn api() -> ApiSettings {
        let listen = "127.0.0.1:0".parse().unwrap();
        ApiSettings { listen, tokens: Vec::new(), streams_max: 1 }
    }

    /// What a full or read-only disk does to each file that a start writes, whoever runs the test.
    fn block(folder: &Path) {
        for file in FILES {
            fs::create_dir(folder.join(format!("{file}.json.new"))).unwrap();
        }
    }

    #[test]
    fn a_start_on_a_full_disk_goes_on_and_keeps_everything_when_there_is_room_again() {
        let dir = tempfile::tempdir().unwrap();
        block(dir.path());
        let mut kept = Kept::open(dir.path()).unwrap();
        let clock = kept.start_clock();
        let key = kept.nonce_key();
        let token = kept.token(&api());
        let (alarms, told) = bounded(16);
        let stop = Arc::new(AtomicBool::new(false));
        let alarm = move |alarm: Alarm| alarms.send((alarm.id, alarm.cleared)).unwrap();
        let (keep, keeper) = kept.run(clock, Arc::clone(&stop), |_| {}, alarm);
        let guard = Duration::from_secs(60);
        assert_eq!(told.recv_timeout(guard), Ok(("data-folder", false)));
        for file in FILES {
            fs::remove_dir(dir.path().join(format!("{file}.json.new"))).unwrap();
        }
        assert_eq!(told.recv_timeout(guard), Ok(("data-folder", true)));
        stop.store(true, Ordering::Relaxed);
        drop(keep);
        keeper.join().unwrap();
        let mut kept = Kept::open(dir.path()).unwrap();
        assert!(kept.start_clock().now() >= clock.now() - guard);
        assert_eq!((kept.nonce_key(), kept.token(&api())), (key, token));
        assert!(kept.unsaved.is_empty() && kept.alarms.is_empty());
    }

    #[test]
    fn the_token_of_the_first_start_is_where_the_pages_say() {
        let dir = tempfile::tempdir().unwrap();
        let read = crate::config::read(Path::new("hotline.toml"), "").unwrap();
        let token = Kept::open(dir.path()).unwrap().token(&read.node.api);
        let file = fs::read_to_string(dir.path().join("api-token.json")).unwrap();
        assert_eq!(file, format!("\"{token}\""));
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api.md");
        let page = fs::read_to_string(page).unwrap();
        assert!(page.contains("TOKEN=$(tr -d '\"' < data/api-token.json)"));
        // The next start takes the same.
        let again = Kept::open(dir.path()).unwrap().token(&read.node.api);
        assert_eq!(again, token);
    }
}
