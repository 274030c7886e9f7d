#![expect(clippy::disallowed_methods, reason = "tests drive what node drives: a core and a loader")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::api::pace::Pace;
use crate::api::router::paced;
use crate::api::{Asked, Commands, Door, Events, Health, Live, Metrics, Reloaded};
use crate::base::{Fault, Faults, RecordingId, TenantId, Wall};
use crate::call::{Command, CommandError, Fact, Reply};
use crate::store::sample::{START_US, Sample};
use crate::store::{
    Block, Loader, LoaderSettings, Published, RecordingSettings, Recordings, Spool, SpoolSettings,
};

pub(super) const TOKEN: &str = "a-secret-of-the-tests";

/// An engine as the door sees it.
pub(super) struct House {
    pub(super) door: Door,
    pub(super) router: Router,
    pub(super) metrics: Metrics,
    pub(super) sample: Sample,
    /// What the core was asked.
    pub(super) asked: Arc<Mutex<Vec<String>>>,
    /// Whether the next reload finds faults.
    pub(super) faulty: Arc<AtomicBool>,
    /// The loader runs while this is `false`.
    pub(super) stop: watch::Sender<bool>,
    spool: Spool,
    recordings: Recordings,
    dir: tempfile::TempDir,
}

/// An answer of the door.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's name, checked to be whole.
    pub(super) fn problem(&self) -> String {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["detail"].is_string() && problem["title"].is_string(), "{problem}");
        problem["type"].as_str().unwrap().strip_prefix("/docs#problem-").unwrap().to_owned()
    }
}

/// What the fake core says: the agent's name is the answer.
fn answer(command: &Command) -> Option<Reply> {
    let (Command::SignIn { agent }
    | Command::SignOut { agent }
    | Command::Ready { agent }
    | Command::NotReady { agent, .. }
    | Command::WrapUpDone { agent }
    | Command::Answer { agent }
    | Command::HangUpAgent { agent }
    | Command::Hold { agent }
    | Command::Retrieve { agent }) = command
    else {
        return Some(Ok(()));
    };
    match agent.as_str() {
        "nobody" => Some(Err(CommandError::UnknownAgent(agent.clone()))),
        "talking" => Some(Err(CommandError::WrongState("talking; it takes idle".into()))),
        "deaf" => Some(Err(CommandError::PhoneCannot("phone 8001 knows no talk event".into()))),
        "late" => Some(Err(CommandError::Overloaded)),
        "given-up" => None,
        _ => Some(Ok(())),
    }
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(8, Pace::default(), SpoolSettings::default()).await
    }

    pub(super) async fn with(streams_max: usize, pace: Pace, settings: SpoolSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(&dir.path().join("spool"), settings).unwrap();
        let (recordings, _) =
            Recordings::open(&dir.path().join("recordings"), RecordingSettings::default()).unwrap();
        let (lane, inbox) = crossbeam_channel::bounded::<Asked>(16);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        std::thread::spawn(move || {
            for Asked { command, reply } in inbox {
                told.lock().unwrap().push(format!("{command:?}"));
                if let Some(answer) = answer(&command) {
                    let _ = reply.send(answer);
                }
            }
        });
        let loader = LoaderSettings::new(dir.path().join("records.sqlite"));
        let (loader, database) = Loader::new(loader, spool.reader());
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(loader.run(stopped, drop));
        let faulty = Arc::new(AtomicBool::new(false));
        let is_faulty = Arc::clone(&faulty);
        let (live, health) = (Arc::new(Live::default()), Arc::new(Health::default()));
        let registry = prometheus::Registry::new();
        let tenant = TenantId::new("fcg");
        let metrics =
            Metrics::register(&registry, &tenant, Arc::clone(&live), Arc::clone(&health)).unwrap();
        let door = Door {
            tenant,
            tokens: Arc::new(vec![("tests".into(), TOKEN.into()), ("empty".into(), String::new())]),
            commands: Commands::new(lane),
            live,
            events: Events::new(spool.reader()),
            database,
            archive: recordings.archive(),
            health,
            metrics: registry,
            reload: Arc::new(move || {
                let faults = Faults(vec![Fault {
                    file: "dialplans/fcg/12345.flow.yaml".into(),
                    line: 14,
                    key: "nodes.menu.timeout".into(),
                    what: "is \"soon\"; a duration such as 5s".into(),
                }]);
                let is_faulty = is_faulty.load(Ordering::SeqCst);
                Box::pin(async move {
                    let needs_restart = vec!["media.ports".to_owned()];
                    if is_faulty { Err(faults) } else { Ok(Reloaded { needs_restart }) }
                })
            }),
            wall: Arc::new(|| Wall::from_micros(START_US)),
            streams_max,
        };
        let router = paced(door.clone(), pace);
        while !door.database.is_there() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let sample = Sample::default();
        Self { door, router, metrics, sample, asked, faulty, stop, spool, recordings, dir }
    }

    /// Writes facts, publishes them, and waits until they are in the database.
    pub(super) async fn happen(&mut self, tenant: &str, facts: Vec<Fact>) -> Vec<Published> {
        let published = self.write(tenant, facts);
        self.door.events.publish(published.clone());
        if let Some(last) = published.last() {
            self.loaded(tenant, last.number).await;
        }
        published
    }

    /// Writes facts to the spool only.
    pub(super) fn write(&mut self, tenant: &str, facts: Vec<Fact>) -> Vec<Published> {
        let records = facts.into_iter().map(|fact| self.sample.record(tenant, fact)).collect();
        self.spool.append(records).unwrap();
        self.spool.sync()
    }

    async fn loaded(&self, tenant: &str, number: u64) {
        let tenant = TenantId::new(tenant);
        for _ in 0..2_000 {
            let found = self.door.database.events(&tenant, number - 1, 1).await;
            if found.is_ok_and(|found| !found.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("event {number} did not get into the database");
    }

    /// Takes the database away.
    pub(super) async fn lose_database(&self) {
        self.stop.send_replace(true);
        while self.door.database.is_there() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Records A-law codes as blocks of a second.
    pub(super) fn record(&mut self, recording: RecordingId, codes: &[u8], is_last: bool) {
        let blocks = codes.chunks(16_000);
        let count = blocks.len();
        for (at, samples) in blocks.enumerate() {
            let block = Block {
                recording,
                first_sample: at as u64 * 8_000,
                samples: samples.to_vec(),
                last: is_last && at + 1 == count,
            };
            self.recordings.append(self.sample.now(), &block);
        }
        self.recordings.sync();
        assert!(self.dir.path().join("recordings").exists());
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], Body::empty()).await
    }

    pub(super) async fn post(&self, path: &str) -> Answer {
        self.ask(Method::POST, path, &[], Body::empty()).await
    }

    /// Asks with a token.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let token = format!("Bearer {TOKEN}");
        let headers: Vec<_> = [("authorization", token.as_str())]
            .into_iter()
            .chain(headers.iter().copied())
            .collect();
        ask(&self.router, method, path, &headers, body).await
    }

    /// Asks without a token.
    pub(super) async fn anonymous(&self, method: Method, path: &str) -> Answer {
        ask(&self.router, method, path, &[], Body::empty()).await
    }

    /// The door on a real socket.
    pub(super) async fn listen(&self) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service =
            self.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    }
}

async fn ask(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}
