use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::config::ApiSettings;
use crate::node::clock::{Clock, KeptPair};
use crate::node::registration_log::{Change, RegistrationLog};
use crate::node::threads;
use crate::sip::Binding;
use crate::store::KeptFile;

/// How often the pair of clocks is kept.
const CLOCK_EVERY: Duration = Duration::from_secs(5);
/// How often the keeper looks whether it shall end.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The small values in the data folder that outlive the process.
pub(crate) struct Kept {
    folder: PathBuf,
    clock: KeptFile<KeptPair>,
    registrations: RegistrationLog,
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
/// How long a change may be lost to a power cut.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// A kept value cannot be used.
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
        let what = format!("the registrations in {} cannot be read or written", folder.display());
        Ok(Self {
            clock: KeptFile::new(folder.join("clock.json")),
            registrations: RegistrationLog::open(folder).map_err(error(what))?,
            folder: folder.to_path_buf(),
        })
    }

    /// The clock, continued from the last run.
    pub(crate) fn start_clock(&self) -> Result<Clock, KeptError> {
        let kept =
            self.clock.load().or_else(|error| forgive(&error)).map_err(error_of(&self.clock))?;
        let clock = Clock::resume(kept);
        // Kept at once: a crash in the first seconds must not turn the clock back.
        self.clock.save(&clock.pair()).map_err(error_of(&self.clock))?;
        Ok(clock)
    }

    /// The key that signs nonces, made at the first start (R8).
    pub(crate) fn nonce_key(&self) -> Result<[u8; 32], KeptError> {
        let file = KeptFile::<[u8; 32]>::new(self.folder.join("nonce-key.json"));
        if let Some(key) = file.load().or_else(|error| forgive(&error)).map_err(error_of(&file))? {
            return Ok(key);
        }
        let key = threads::system_seed();
        file.save(&key).map_err(error_of(&file))?;
        Ok(key)
    }

    /// Registrations of the last run (R18).
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        self.registrations.bindings()
    }

    /// A token of the API: the first configured one, else one that is made at the first start.
    pub(crate) fn token(&self, api: &ApiSettings) -> Result<String, KeptError> {
        if let Some(token) = api.tokens.first() {
            return Ok(token.secret.clone());
        }
        let file = KeptFile::<String>::new(self.folder.join("api-token.json"));
        if let Some(token) =
            file.load().or_else(|error| forgive(&error)).map_err(error_of(&file))?
        {
            return Ok(token);
        }
        let token = hex::encode(&threads::system_seed()[..20]);
        file.save(&token).map_err(error_of(&file))?;
        Ok(token)
    }

    /// Keeps registrations as they come, and the clocks now and then, on a thread of its own. `written`
    /// is told what of the former is the system's. A disk that fails costs only what was to be kept.
    pub(crate) fn run(
        self,
        clock: Clock,
        stop: Arc<AtomicBool>,
        written: impl Fn(u64) + Send + 'static,
    ) -> (Sender<Keep>, JoinHandle<()>) {
        let (sender, receiver) = bounded(INBOX);
        let Self { clock: pair, mut registrations, .. } = self;
        let thread = threads::spawn("keeper", move || {
            let mut clock_at = clock.now() + CLOCK_EVERY;
            let mut sync_at = clock.now() + SYNC_EVERY;
            loop {
                match receiver.recv_timeout(LOOK_EVERY) {
                    Ok(first) => take(&mut registrations, first, &receiver, &written),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                let now = clock.now();
                if now >= sync_at {
                    sync_at = now + SYNC_EVERY;
                    warn(registrations.sync(), "registrations");
                }
                if now >= clock_at {
                    clock_at = now + CLOCK_EVERY;
                    warn(pair.save(&clock.pair()), "clock");
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
            while let Ok(first) = receiver.try_recv() {
                take(&mut registrations, first, &receiver, &written);
            }
            warn(registrations.write_anew(), "registrations");
            warn(pair.save(&clock.pair()), "clock");
        });
        (sender, thread)
    }
}

/// Keeps what came, and what came meanwhile, by one `write(2)`.
fn take(
    registrations: &mut RegistrationLog,
    first: Keep,
    more: &Receiver<Keep>,
    written: &impl Fn(u64),
) {
    let (mut changes, mut last, mut next) = (Vec::new(), None, Some(first));
    while let Some(keep) = next {
        match keep {
            Keep::Changes(some, gate) => {
                changes.extend(some);
                last = gate.or(last);
            }
            Keep::All(all) => {
                changes.clear();
                warn(registrations.keep_all(all), "registrations");
            }
        }
        next = if changes.len() < TOGETHER { more.try_recv().ok() } else { None };
    }
    if !changes.is_empty() {
        warn(registrations.keep(changes), "registrations");
    }
    if let Some(last) = last {
        written(last);
    }
}

fn error_of<T>(file: &KeptFile<T>) -> impl FnOnce(io::Error) -> KeptError
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    error(format!("{} cannot be read or written", file.path().display()))
}

/// A kept file that was damaged is worth less than a start: it is made anew.
fn forgive<T>(error: &io::Error) -> io::Result<Option<T>> {
    if error.kind() == io::ErrorKind::InvalidData {
        tracing::error!(%error, "a kept file is damaged and is made anew");
        return Ok(None);
    }
    Err(io::Error::new(error.kind(), error.to_string()))
}

fn warn(saved: io::Result<()>, what: &str) {
    if let Err(error) = saved {
        tracing::warn!(%error, what, "cannot be kept for the next start");
    }
}
