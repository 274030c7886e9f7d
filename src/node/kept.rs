use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use crate::config::ApiSettings;
use crate::node::clock::{Clock, KeptPair};
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
    bindings: KeptFile<Vec<Binding>>,
}

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
        Ok(Self {
            clock: KeptFile::new(folder.join("clock.json")),
            bindings: KeptFile::new(folder.join("registrations.json")),
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
    pub(crate) fn bindings(&self) -> Result<Vec<Binding>, KeptError> {
        let kept = self.bindings.load().or_else(|error| forgive(&error));
        Ok(kept.map_err(error_of(&self.bindings))?.unwrap_or_default())
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

    /// Keeps registrations as they come, and the clocks now and then, on a thread of its own. A disk
    /// that fails costs only what was to be kept.
    pub(crate) fn run(
        self,
        clock: Clock,
        stop: Arc<AtomicBool>,
    ) -> (Sender<Vec<Binding>>, JoinHandle<()>) {
        let (sender, receiver) = bounded::<Vec<Binding>>(1);
        let thread = threads::spawn("keeper", move || {
            let mut clock_at = clock.now() + CLOCK_EVERY;
            loop {
                match receiver.recv_timeout(LOOK_EVERY) {
                    Ok(bindings) => warn(self.bindings.save(&bindings), "registrations"),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if clock.now() >= clock_at {
                    clock_at = clock.now() + CLOCK_EVERY;
                    warn(self.clock.save(&clock.pair()), "clock");
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
            if let Ok(bindings) = receiver.try_recv() {
                warn(self.bindings.save(&bindings), "registrations");
            }
            warn(self.clock.save(&clock.pair()), "clock");
        });
        (sender, thread)
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
