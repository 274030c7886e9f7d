use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Receiver;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;

use crate::api::{self, Commands, Door, Events, Health, Metrics, Reload, Reloaded};
use crate::base::{Fault, Faults};
use crate::call::{self, Command, CommandError};
use crate::config::Config;
use crate::dialplan::Flows;
use crate::media::Prompts;
use crate::node::engine::{StartError, system};
use crate::node::guest::Guest;
use crate::node::setup::Origin;
use crate::node::trunk_sources::TrunkSources;
use crate::node::visitors::Visitors;
use crate::node::{files, threads};
use crate::store::Published;

/// Serves the API. Returns where it listens.
pub(crate) fn start(
    runtime: &tokio::runtime::Runtime,
    listen: SocketAddr,
    door: Door,
) -> Result<SocketAddr, StartError> {
    let what =
        format!("the API cannot listen on {listen}; is another program there? change api.listen");
    let listener = runtime.block_on(tokio::net::TcpListener::bind(listen)).map_err(system(what))?;
    let address = listener.local_addr().map_err(system("the API's address cannot be read"))?;
    let patience = Patience { head: HEAD_PATIENCE, write: WRITE_PATIENCE };
    let visitors = Visitors::new(door.streams_max);
    runtime.spawn(serve(listener, api::router(door), visitors, patience));
    Ok(address)
}

/// How long a client may take to say what it wants, on a new connection and on one that it keeps.
/// Browsers and proxies keep theirs for about a minute.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);
/// How long a client may read nothing of what it is sent.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// How often it is logged that connections are refused.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// The pause after the system refused a connection, which it mostly does for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long clients may take.
#[derive(Clone, Copy)]
struct Patience {
    head: Duration,
    write: Duration,
}

#[expect(clippy::disallowed_methods, reason = "tasks are born in node")]
async fn serve(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    visitors: Visitors,
    patience: Patience,
) {
    let mut told: Option<tokio::time::Instant> = None;
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the API cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // One too many is closed at once.
        let Some(visitor) = visitors.enter(peer) else {
            if told.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
                told = Some(tokio::time::Instant::now());
                tracing::warn!(%peer, "too many connections to the API: this one is refused");
            }
            continue;
        };
        // It counts for as long as the stream lives, which may outlive the service here.
        let guest = Guest::new(stream, visitor, patience.write);
        // The door counts wrong tokens by where they come from.
        let router = router.clone().layer(axum::Extension(axum::extract::ConnectInfo(peer)));
        tokio::spawn(async move {
            let served = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(patience.head)
                .serve_connection(TokioIo::new(guest), TowerToHyperService::new(router))
                .with_upgrades()
                .await;
            if let Err(error) = served {
                tracing::debug!(%peer, %error, "a connection to the API ended");
            }
        });
    }
}

/// Hands synced records on to whoever listens to events, until the spool is gone.
pub(crate) fn publish(
    published: Receiver<Vec<Published>>,
    events: Events,
    metrics: Metrics,
) -> JoinHandle<()> {
    threads::spawn("events", move || {
        for batch in published {
            batch.iter().for_each(|event| metrics.record(&event.record));
            events.publish(batch);
        }
    })
}

/// What a reload stands on.
#[derive(Clone)]
pub(crate) struct Reloading {
    /// Where the configuration is.
    pub(crate) origin: Origin,
    /// What the engine was started with.
    pub(crate) running: Arc<Config>,
    pub(crate) prompts: Arc<Prompts>,
    pub(crate) commands: Commands,
    pub(crate) nonce_key: [u8; 32],
    pub(crate) trunks: TrunkSources,
    pub(crate) health: Arc<Health>,
    /// Held from reading the files until they are in use: of two reloads the later one's files count.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
}

/// Reads flows and configuration anew and puts them into use, or leaves everything as it is.
///
/// The work is a task of its own: a client that leaves does not leave it half done.
#[expect(clippy::disallowed_methods, reason = "tasks are born in node")]
pub(crate) fn reload(with: Reloading) -> Reload {
    Arc::new(move || {
        let with = with.clone();
        let named = with.named().to_path_buf();
        let task = tokio::spawn(with.put_into_use());
        Box::pin(
            async move { task.await.unwrap_or_else(|_| Err(one_fault(&named, "internal error"))) },
        )
    })
}

/// The same for nobody who waits: the log says what came of it.
pub(crate) async fn reload_and_tell(reload: Reload) {
    match reload().await {
        // What needs a restart is told already.
        Ok(_) => tracing::info!("flows and configuration were read anew and are in use"),
        Err(faults) => {
            for fault in &faults.0 {
                tracing::error!(%fault, "not in use");
            }
            tracing::error!(faults = faults.0.len(), "what was in use before still is");
        }
    }
}

impl Reloading {
    fn named(&self) -> &Path {
        self.origin.name()
    }

    async fn put_into_use(self) -> Result<Reloaded, Faults> {
        let _turn = self.turn.lock().await;
        let reading = self.clone();
        let read = tokio::task::spawn_blocking(move || reading.read()).await;
        let (mut settings, flows, stays) = read.unwrap_or_else(|_| {
            Err(one_fault(self.named(), "could not be read: internal error"))
        })?;
        settings.sip.nonce_key = self.nonce_key;
        let settings = Arc::new(settings);
        let command = Command::Use { settings: Arc::clone(&settings), flows: Arc::new(flows) };
        let refused = |error: CommandError| one_fault(self.named(), &error.to_string());
        self.commands.ask(command).await.map_err(refused)?;
        self.trunks.replace(&settings.sip.trunks);
        for key in &stays {
            tracing::warn!(
                key,
                "was changed and needs a restart; the engine goes on with the old value"
            );
        }
        let needs_restart: Vec<String> = stays.into_iter().map(str::to_owned).collect();
        self.health.restart_needed(needs_restart.clone());
        Ok(Reloaded { needs_restart })
    }

    /// Settings, flows and the keys that need a restart.
    fn read(&self) -> Result<(call::Settings, Flows, Vec<&'static str>), Faults> {
        let (config, faults) = self.origin.read_on(&self.running)?;
        let (config, stays) = config.put_over(&self.running);
        let tenant = &config.call.tenant;
        let folder = &config.node.dialplans;
        let flows =
            files::read_flows_of(self.named(), &config, folder, Some(&self.prompts), faults)
                .map_err(|mut faults| {
                    if stays.contains(&"tenant.id") {
                        let what = format!(
                            "was changed, which needs a restart; flows of \"{tenant}\" were read"
                        );
                        faults.0.push(Fault {
                            key: "tenant.id".to_owned(),
                            ..fault(self.named(), &what)
                        });
                    }
                    faults
                })?;
        Ok((config.call, flows, stays))
    }
}

fn one_fault(file: &Path, what: &str) -> Faults {
    Faults(vec![fault(file, what)])
}

fn fault(file: &Path, what: &str) -> Fault {
    Fault { file: file.to_path_buf(), line: 0, key: String::new(), what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_reload_is_waited_for_and_all_else_is_given_up() {
        let time = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        time.block_on(async {
            let (lane, core) = crossbeam_channel::bounded(2);
            let commands = Commands::new(lane);
            let settings = crate::config::read(Path::new("hotline.toml"), "").unwrap().call;
            let settings = Arc::new(settings);
            let put = commands.ask(Command::Use { settings, flows: Arc::new(Flows::default()) });
            let other =
                commands.ask(Command::NotReady { agent: "8001".into(), reason: String::new() });
            let answer = async {
                // Longer than any other command is waited for.
                tokio::time::sleep(Duration::from_millis(5_500)).await;
                for asked in core.try_iter() {
                    // The other one is gone.
                    let _ = asked.reply.send(Ok(()));
                }
            };
            let (put, other, ()) = tokio::join!(put, other, answer);
            assert_eq!((put, other), (Ok(()), Err(CommandError::Overloaded)));
        });
    }

    #[test]
    fn who_takes_too_long_to_ask_is_cut_off_and_others_are_served() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let who = |axum::extract::ConnectInfo(peer): axum::extract::ConnectInfo<SocketAddr>| async move {
            peer.ip().to_string()
        };
        let router = axum::Router::new().route("/", axum::routing::get(who));
        let patience = Patience { head: Duration::from_millis(300), write: WRITE_PATIENCE };
        runtime.spawn(serve(listener, router, Visitors::new(1), patience));
        let connect = || {
            let stream = std::net::TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream
        };
        let mut slow = connect();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
        let mut quick = connect();
        quick.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        // It is kept open for another request, for as long as anybody may take for one.
        quick.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
        let mut rest = Vec::new();
        if let Err(error) = slow.read_to_end(&mut rest) {
            // A timeout of ours would say that it is still open.
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
        runtime.shutdown_background();
    }
}
