use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::config::section::Section;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// What `node` itself needs: folders, threads, the API's door.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// Where spool, recordings and database live.
    pub data: PathBuf,
    /// The folder of flows, one sub-folder a tenant.
    pub dialplans: PathBuf,
    /// A folder of prompts that overrides the built-in ones; `None` for the built-in ones alone.
    pub sounds: Option<PathBuf>,
    /// How log lines are written.
    pub log: LogFormat,
    /// How long a stop waits for calls to end by themselves before it hangs up (R19), 0–8 s.
    pub drain: Duration,
    /// The REST door.
    pub api: ApiSettings,
    /// Spool, recordings, database.
    pub records: RecordSettings,
}

/// How log lines are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The REST door.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may come in. Without any, one is made at the first start and kept in `<data>/api-token.json`.
    pub tokens: Vec<Token>,
    /// The most event streams at once.
    pub streams_max: usize,
}

/// A bearer token of the API.
#[derive(Clone, Debug)]
pub struct Token {
    /// Whose it is, for the log.
    pub name: String,
    /// The secret, 16–256 characters.
    pub secret: String,
}

/// Spool, recordings, database.
#[derive(Clone, Debug)]
pub struct RecordSettings {
    /// How long spool files are kept after they were loaded: events can be fetched again so long (E2).
    pub spool_keep: Duration,
    /// Size at which a spool file is full, bytes.
    pub spool_file_bytes: u64,
    /// Size of the reserve that takes records when the disk is full, bytes.
    pub reserve_bytes: u64,
    /// Records kept in memory when disk and reserve are full, bytes; then new calls are refused.
    pub memory_bytes: u64,
    /// Size at which a recording segment is full, bytes.
    pub segment_bytes: u64,
}

impl NodeSettings {
    pub(crate) fn read(root: &mut Section<'_, '_>) -> Self {
        let mut node = root.section("node");
        let data = PathBuf::from(node.text("data", "data"));
        let dialplans = PathBuf::from(node.text("dialplans", "dialplans"));
        let sounds = node.text_or_none("sounds").map(PathBuf::from);
        let words = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let log = node.choice("log", &words, LogFormat::Text);
        let drain =
            node.time("drain", Duration::ZERO..=Duration::from_secs(8), Duration::from_secs(2));
        node.finish();
        Self {
            data,
            dialplans,
            sounds,
            log,
            drain,
            api: ApiSettings::read(root),
            records: RecordSettings::read(root),
        }
    }
}

impl ApiSettings {
    fn read(root: &mut Section<'_, '_>) -> Self {
        let mut api = root.section("api");
        let listen = api.socket("listen").unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 8080).into());
        let streams_max = api.number("streams_max", 1..=10_000, 200);
        let mut tokens = Vec::new();
        for mut token in api.sections("token") {
            let name = token.required("name");
            let secret = token.required("secret");
            if !secret.is_empty() && !(16..=256).contains(&secret.len()) {
                token.fault(
                    token.line(),
                    "secret",
                    "has a length that is not allowed; allowed: 16 to 256 characters",
                );
            }
            token.finish();
            tokens.push(Token { name, secret });
        }
        api.finish();
        Self { listen, tokens, streams_max: usize::try_from(streams_max).unwrap_or(200) }
    }
}

impl RecordSettings {
    fn read(root: &mut Section<'_, '_>) -> Self {
        let mut records = root.section("records");
        let mib = |mib: u64| mib << 20;
        let read = Self {
            spool_keep: records.time("spool_keep", HOUR..=DAY * 400, DAY * 7),
            spool_file_bytes: mib(records.number("spool_file_mib", 1..=1_024, 16)),
            reserve_bytes: mib(records.number("reserve_mib", 1..=1_024, 16)),
            memory_bytes: mib(records.number("memory_mib", 1..=1_024, 16)),
            segment_bytes: mib(records.number("segment_mib", 1..=2_047, 256)),
        };
        records.finish();
        read
    }
}
