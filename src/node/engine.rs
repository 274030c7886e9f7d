use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use tokio::sync::watch;

use crate::api::{Commands, Door, Events, Health, Live, Metrics, Reload};
use crate::base::Random;
use crate::call::{Core, Event, Parts};
use crate::config::Config;
use crate::media::Prompts;
use crate::node::clock::Clock;
use crate::node::core_thread::CoreThread;
use crate::node::hands::{Hands, Tools};
use crate::node::kept::{Kept, KeptError};
use crate::node::lanes::{House, Senders, lanes};
use crate::node::media::{self as media_threads, MediaThreads};
use crate::node::net::Net;
use crate::node::phone_sources::PhoneSources;
use crate::node::recording_desk::{self, RecordingThreads};
use crate::node::refusal::Refusals;
use crate::node::setup::{Origin, Setup};
use crate::node::sockets::Sockets;
use crate::node::spool_outbox::SpoolOutbox;
use crate::node::spooling::{self, Spooling};
use crate::node::tcp::TcpHub;
use crate::node::throttle::Throttle;
use crate::node::trunk_sources::TrunkSources;
use crate::node::{http, media_metrics, sys, threads};
use crate::store::{Database, Loader, LoaderSettings, SpoolReader};

/// How long the core has to hang up and write the last records after its drain time.
const STOP_PATIENCE: Duration = Duration::from_secs(8);

/// How long readers of event streams have to take the last events.
const STREAMS_PATIENCE: Duration = Duration::from_secs(1);

/// Why the engine cannot start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something of the system is in the way.
    #[error("{what}: {source}")]
    System {
        /// What was tried, and what the operator can do.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// Media cannot start.
    #[error(transparent)]
    Media(#[from] media_threads::StartError),
}

pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> StartError {
    let what = what.into();
    move |source| StartError::System { what, source }
}

impl From<KeptError> for StartError {
    fn from(error: KeptError) -> Self {
        Self::System { what: error.what, source: error.source }
    }
}

/// The running engine: its threads, and the handles by which a program looks after it.
pub struct Engine {
    senders: Senders,
    stop: Arc<AtomicBool>,
    stopped: watch::Sender<bool>,
    core: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    spool: Option<JoinHandle<()>>,
    publisher: Option<JoinHandle<()>>,
    events: Events,
    recordings: Option<RecordingThreads>,
    media: Option<Arc<MediaThreads>>,
    keeper: Option<JoinHandle<()>>,
    runtime: Option<tokio::runtime::Runtime>,
    api: SocketAddr,
    token: String,
    live: Arc<Live>,
    commands: Commands,
    reload: Reload,
    drain: Duration,
}

impl Engine {
    /// Starts everything: threads, sockets, the door. Reloads read anew what the setup was read from.
    ///
    /// # Errors
    /// What is wrong or missing, with what to do about it.
    pub fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { origin, config, flows, prompts } = setup;
        sys::ignore_file_size_signal();
        for notice in config.notices() {
            tracing::warn!("{notice}");
        }
        let mut kept = Kept::open(&config.node.data)?;
        let clock = kept.start_clock();
        let mut call = config.call.clone();
        call.sip.nonce_key = kept.nonce_key();
        let call = Arc::new(call);
        let token = kept.token(&config.node.api);
        let mut random = Random::from_seed(threads::system_seed());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(system("the asynchronous runtime cannot start"))?;
        let (senders, lanes) = lanes();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, stopping) = watch::channel(false);

        let recordings = recording_desk::start(&config, clock, &senders)?;
        let Spooling { batches, reader, thread: spool, published } =
            spooling::start(&config, clock, &senders, &recordings)?;
        let media = Arc::new(MediaThreads::start(
            media_settings(&config),
            clock,
            Arc::clone(&prompts),
            random.fork(),
            senders.media.clone(),
            recordings.blocks.clone(),
        )?);
        let trunks = TrunkSources::new(&call.sip.trunks);
        let phones = PhoneSources::default();
        let throttle = Throttle::new(trunks.clone(), phones.clone());
        let refusals = Refusals::new(trunks.clone(), random.fork());
        let tcp = TcpHub::new(
            runtime.handle().clone(),
            senders.clone(),
            clock,
            throttle.clone(),
            refusals.clone(),
        );
        let sockets = Sockets::bind(&call.sip.listeners, &runtime)?;
        let net = Net::new(sockets.senders()?, tcp.clone());

        let mut effects = Vec::new();
        let parts = Parts {
            settings: Arc::clone(&call),
            flows: Arc::new(flows),
            prompts: Arc::clone(&prompts),
            ports: media.ports(),
            bindings: kept.bindings(),
            random: random.fork(),
        };
        let core = Core::new(clock.now(), clock.wall(), parts, &mut effects);
        let live = Arc::new(Live::default());
        let health = Arc::new(Health::default());
        let to_core = senders.clone();
        let of_alarms = senders.clone();
        let (keep, keeper) = kept.run(
            clock,
            Arc::clone(&stop),
            move |gate| to_core.kept(gate),
            move |alarm| of_alarms.alarm(alarm),
        );
        let hands = Hands::new(Tools {
            net,
            media: Arc::clone(&media),
            spool: SpoolOutbox::new(batches),
            live: Arc::clone(&live),
            health: Arc::clone(&health),
            senders: senders.clone(),
            keep,
            phones,
        });
        let turned_away = refusals.counts().clone();
        let core = CoreThread::new(core, hands, lanes, turned_away, clock, effects);
        let core = threads::spawn("core", move || core.run());
        let readers = sockets.read(&senders, &throttle, &refusals, clock, &stop);
        sockets.accept(&tcp, &runtime);

        let (loader, database) = Loader::new(
            LoaderSettings::new(config.node.data.join("hotline.sqlite")),
            reader.clone(),
        );
        start_loader(&runtime, loader, stopping, senders.clone());
        let commands = Commands::new(senders.commands.clone());
        let (door, publisher) = door(
            &config,
            origin,
            &prompts,
            DoorParts {
                token: &token,
                commands: commands.clone(),
                live: Arc::clone(&live),
                reader,
                published,
                database,
                archive: recordings.archive.clone(),
                health,
                media: &media,
                clock,
                nonce_key: call.sip.nonce_key,
                trunks,
            },
        );
        let (events, reload) = (door.events.clone(), Arc::clone(&door.reload));
        let api = http::start(&runtime, config.node.api.listen, door)?;
        senders.house(House::Event(Event::Clock(clock.wall())));
        Ok(Self {
            senders,
            stop,
            stopped,
            core: Some(core),
            readers,
            spool: Some(spool),
            publisher: Some(publisher),
            events,
            recordings: Some(recordings),
            media: Some(media),
            keeper: Some(keeper),
            runtime: Some(runtime),
            api,
            token,
            live,
            commands,
            reload,
            drain: config.node.drain,
        })
    }

    /// Whether the core's thread is alive. Without it nothing is answered any more.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.core.as_ref().is_some_and(|core| !core.is_finished())
    }

    /// Where the API listens.
    #[must_use]
    pub fn api(&self) -> SocketAddr {
        self.api
    }

    /// A token that opens the API.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What can be seen now.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Asks the core, and waits for its answer.
    ///
    /// # Errors
    /// What the core says.
    pub fn ask(&self, command: crate::call::Command) -> crate::call::Reply {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.commands.ask(command)),
            None => Err(crate::call::CommandError::Overloaded),
        }
    }

    /// Begins to read flows and configuration anew, as `POST /v1/config/reload` does; the log tells what
    /// came of it. Of several the later one's files count.
    pub fn reload(&self) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(http::reload_and_tell(Arc::clone(&self.reload)));
        }
    }

    /// Stops in order (R19): no new calls, what is up may end by itself for the drain time, the rest
    /// gets BYE; every record is written before this returns.
    pub fn stop(mut self) {
        self.senders.house(House::Event(Event::Shutdown { drain: self.drain }));
        if let Some(core) = self.core.take() {
            threads::join_within(core, self.drain + STOP_PATIENCE, || {
                self.senders.house(House::Quit);
            });
        }
        self.stop.store(true, Ordering::Relaxed);
        // The loader may be gone already.
        let _ = self.stopped.send(true);
        drop(self.media.take());
        if let Some(recordings) = self.recordings.take() {
            recordings.stop();
        }
        if let Some(spool) = self.spool.take() {
            threads::join_within(spool, STOP_PATIENCE, || {});
        }
        if let Some(publisher) = self.publisher.take() {
            threads::join_within(publisher, STOP_PATIENCE, || {});
        }
        if let Some(runtime) = &self.runtime {
            runtime.block_on(self.events.end(STREAMS_PATIENCE));
        }
        for reader in self.readers.drain(..) {
            threads::join_within(reader, STOP_PATIENCE, || {});
        }
        if let Some(keeper) = self.keeper.take() {
            threads::join_within(keeper, STOP_PATIENCE, || {});
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

fn media_settings(config: &Config) -> media_threads::Settings {
    let media = &config.media;
    media_threads::Settings {
        worker: media.worker.clone(),
        ports: media.ports,
        workers: media.workers,
        quarantine: media.quarantine,
        gather: media.gather,
        ..media_threads::Settings::on(media.bind)
    }
}

fn start_loader(
    runtime: &tokio::runtime::Runtime,
    loader: Loader,
    stopping: watch::Receiver<bool>,
    senders: Senders,
) {
    runtime.spawn(loader.run(stopping, move |alarm| senders.alarm(alarm)));
}

struct DoorParts<'a> {
    token: &'a str,
    commands: Commands,
    live: Arc<Live>,
    reader: SpoolReader,
    published: Receiver<Vec<crate::store::Published>>,
    database: Database,
    archive: crate::store::Archive,
    health: Arc<Health>,
    media: &'a MediaThreads,
    clock: Clock,
    nonce_key: [u8; 32],
    trunks: TrunkSources,
}

fn door(
    config: &Config,
    origin: Origin,
    prompts: &Arc<Prompts>,
    parts: DoorParts<'_>,
) -> (Door, JoinHandle<()>) {
    let events = Events::new(parts.reader);
    let registry = prometheus::Registry::new();
    let tenant = config.call.tenant.clone();
    let metrics =
        Metrics::register(&registry, &tenant, Arc::clone(&parts.live), Arc::clone(&parts.health))
            .expect("a fresh registry has room for each metric once");
    media_metrics::register(&registry, parts.media);
    let publisher = http::publish(parts.published, events.clone(), metrics);
    let mut tokens: Vec<(String, String)> =
        config.node.api.tokens.iter().map(|one| (one.name.clone(), one.secret.clone())).collect();
    if tokens.is_empty() {
        tokens.push(("first".to_owned(), parts.token.to_owned()));
    }
    let reload = http::reload(http::Reloading {
        origin,
        running: Arc::new(config.clone()),
        prompts: Arc::clone(prompts),
        commands: parts.commands.clone(),
        nonce_key: parts.nonce_key,
        trunks: parts.trunks,
        health: Arc::clone(&parts.health),
        turn: Arc::default(),
    });
    let clock = parts.clock;
    let door = Door {
        tenant,
        tokens: Arc::new(tokens),
        commands: parts.commands,
        live: parts.live,
        events,
        database: parts.database,
        archive: parts.archive,
        health: parts.health,
        metrics: registry,
        reload,
        wall: Arc::new(move || clock.wall()),
        streams_max: config.node.api.streams_max,
    };
    (door, publisher)
}

/// A channel of blocks for the recordings' writer: about four seconds of 500 recorded calls.
pub(crate) const BLOCKS: usize = 2_048;

pub(crate) fn block_lane<T>() -> (crossbeam_channel::Sender<T>, Receiver<T>) {
    bounded(BLOCKS)
}
