use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::Faults;
use crate::config::Config;
use crate::dialplan::Flows;
use crate::media::Prompts;
use crate::node::files::{self, Checked};
use crate::node::sounds;

/// Where settings come from, and are read anew by a reload.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// From the operator's file.
    File(PathBuf),
    /// There is no file: the defaults hold.
    Defaults,
    /// The program brings them, and calls them so: they stay, and only flows are read anew.
    Program(PathBuf),
}

impl Origin {
    /// How faults name it.
    pub(crate) fn name(&self) -> &Path {
        match self {
            Self::File(file) | Self::Program(file) => file,
            Self::Defaults => Path::new("hotline.toml"),
        }
    }

    /// The settings as they are now, as far as they can be read, with what is wrong in them.
    pub(crate) fn read_on(&self, running: &Config) -> Result<(Config, Faults), Faults> {
        match self {
            Self::File(file) => files::read_on(Some(file)),
            Self::Defaults => files::read_on(None),
            Self::Program(_) => Ok((running.clone(), Faults::default())),
        }
    }
}

/// All that the operator wrote, read and checked: what an engine starts with.
#[derive(Debug)]
pub struct Setup {
    pub(crate) origin: Origin,
    pub(crate) config: Config,
    pub(crate) flows: Flows,
    pub(crate) prompts: Arc<Prompts>,
}

impl Setup {
    /// Reads the configuration (without a file the defaults hold) and what it names: sounds, flows.
    ///
    /// # Errors
    /// Every fault of all of them.
    pub fn read(file: Option<PathBuf>) -> Result<Self, Faults> {
        let (config, faults) = files::read_on(file.as_deref())?;
        Self::check(file.map_or(Origin::Defaults, Origin::File), config, faults)
    }

    /// The same with settings that the program itself brings and that faults call `name`.
    ///
    /// # Errors
    /// Every fault of sounds and flows.
    pub fn of(name: &Path, config: Config) -> Result<Self, Faults> {
        Self::check(Origin::Program(name.to_path_buf()), config, Faults::default())
    }

    fn check(origin: Origin, config: Config, faults: Faults) -> Result<Self, Faults> {
        let folder = &config.node.dialplans;
        let Checked { flows, prompts } = if matches!(origin, Origin::Defaults) && !folder.is_dir() {
            // Without a file and without flows the engine still runs: it answers 404.
            let prompts = sounds::load_prompts(config.node.sounds.as_deref())?;
            Checked { flows: Flows::default(), prompts }
        } else {
            files::check_all(origin.name(), &config, folder, faults)?
        };
        Ok(Self { origin, config, flows, prompts: Arc::new(prompts) })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
}
