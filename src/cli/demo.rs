use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use hotline::base::AgentId;
use hotline::call::Command;
use hotline::config;
use hotline::node::{Engine, Setup};
use hotline::peer::demo::{DemoAgent, DemoPlan, Hooks, Talk, run};

use crate::cli::log;
use crate::cli::signals::Signals;

/// The configuration of the demo: loopback only.
const CONFIG: &str = include_str!("../../examples/demo.toml");
/// What faults call it.
const NAME: &str = "examples/demo.toml";
/// How often the record of the call is looked for before the check fails.
const LOOKS: u32 = 100;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// `hotline demo`.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// End after the call: exit status 0 only if every check held.
    #[arg(long)]
    once: bool,
    /// The folder of flows.
    #[arg(long, default_value = "dialplans")]
    dialplans: PathBuf,
    /// Where records and recordings go.
    #[arg(long, default_value = "data/demo")]
    data: PathBuf,
}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut config = config::read(Path::new(NAME), CONFIG)?;
        config.node.dialplans = self.dialplans;
        config.node.data = self.data;
        anyhow::ensure!(
            config.node.dialplans.is_dir(),
            "the folder {} with the flows is not here: run the demo in the project's folder, or name it by --dialplans",
            config.node.dialplans.display()
        );
        log::start(config.node.log, "warn");
        let sip = config.call.sip.listeners[0].bind;
        let engine = Engine::start(Setup::of(Path::new(NAME), config)?)?;
        let good = play(&engine, sip)?;
        if self.once {
            engine.stop();
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        println!(
            "\nThe engine stays up. A softphone of yours may register as 1001, password demo-1001, at {sip},"
        );
        println!("and call 12345, 9196 (echo) or 9197 (tone). Ctrl-C ends it.");
        // It has no file to read anew: the terminal is gone.
        Signals::new()?.wait(|| engine.is_running(), || false)?;
        engine.stop();
        Ok(ExitCode::SUCCESS)
    }
}

/// Plays the call, looks at its record and recording, prints the links.
fn play(engine: &Engine, sip: SocketAddr) -> anyhow::Result<bool> {
    let plan = plan(sip);
    // Of an earlier demo on the same data.
    let before = newest_call(engine)?.and_then(|call| call["call"].as_str().map(str::to_owned));
    let mut ready = |agent: &DemoAgent, _: SocketAddr| sign_in(engine, agent);
    let mut talking = |talk: &Talk| live_link(engine, talk);
    let mut gone = |agent: &DemoAgent| sign_out(engine, agent);
    let mut hooks = Hooks { ready: &mut ready, talking: &mut talking, gone: &mut gone };
    let verdict = run(&plan, &mut hooks, &mut std::io::stdout())?;
    let mut good = verdict.all_held();
    let checks = record_checks(engine, &plan, before.as_deref())?;
    println!();
    for (held, what) in &checks {
        println!("{} {what}", if *held { "✓" } else { "✗" });
        good &= held;
    }
    println!("\nDocumentation of the API  http://{}/docs", engine.api());
    println!("Token of the API          {}", engine.token());
    if !good {
        for broken in verdict.broken() {
            println!("✗ {} {}", broken.what, broken.detail);
        }
    }
    Ok(good)
}

fn plan(server: SocketAddr) -> DemoPlan {
    let at = |last: u8| SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 5060));
    let agent = |number: &str, name: &str, last: u8, hz: u16| DemoAgent {
        number: number.to_owned(),
        name: name.to_owned(),
        password: Some(format!("demo-{number}")),
        bind: at(last),
        hz,
    };
    DemoPlan {
        server,
        carrier: at(11),
        number: "12345".to_owned(),
        caller: "13977012345".to_owned(),
        caller_hz: 440,
        agents: vec![
            agent("8001", "李明", 21, 800),
            agent("8002", "王芳", 22, 1_000),
            agent("8003", "张伟", 23, 1_300),
        ],
        keys: vec![(Duration::from_secs(2), '1')],
        ring: Duration::from_secs(1),
        talk: Duration::from_secs(5),
        rating: Some('1'),
        limit: Duration::from_secs(30),
    }
}

fn sign_in(engine: &Engine, agent: &DemoAgent) -> Result<(), String> {
    let id = AgentId::new(&agent.number);
    engine.ask(Command::SignIn { agent: id.clone() }).map_err(|error| error.to_string())?;
    engine.ask(Command::Ready { agent: id }).map_err(|error| error.to_string())
}

/// Whoever comes next finds the agents as they were.
fn sign_out(engine: &Engine, agent: &DemoAgent) -> Result<(), String> {
    let id = AgentId::new(&agent.number);
    let not_ready = Command::NotReady { agent: id.clone(), reason: "the demo is over".to_owned() };
    engine.ask(not_ready).map_err(|error| error.to_string())?;
    engine.ask(Command::SignOut { agent: id }).map_err(|error| error.to_string())
}

fn live_link(engine: &Engine, _talk: &Talk) -> Vec<String> {
    let calls = engine.live().calls();
    let link = |call: &hotline::call::CallView| {
        format!("http://{}/v1/calls/live/{}", engine.api(), call.id)
    };
    calls.iter().map(link).collect()
}

/// Looks the call up by the API: its record, its events, its recording.
fn record_checks(
    engine: &Engine,
    plan: &DemoPlan,
    before: Option<&str>,
) -> anyhow::Result<Vec<(bool, String)>> {
    let mut call = None;
    for _ in 0..LOOKS {
        call = newest_call(engine)?.filter(|call| call["call"].as_str() != before);
        if call.is_some() {
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let Some(call) = call else {
        return Ok(vec![(false, "记录 · the call's record did not come".to_owned())]);
    };
    let text = |key: &str| call[key].as_str().unwrap_or_default().to_owned();
    let id = text("call");
    let caller = text("caller");
    let mut checks = vec![
        (
            text("cause") == "answered" && caller.ends_with(&plan.caller),
            format!("话单 · record  http://{}/v1/calls/{id}", engine.api()),
        ),
        (call["rating"].as_u64().is_some(), format!("评价 · rating {}", call["rating"])),
    ];
    let recording = text("recording");
    let path = format!("/v1/recordings/{recording}/audio.wav");
    let (status, wav) = get(engine, &path)?;
    let talk_ms = call["talk_ms"].as_u64().unwrap_or(0);
    // Stereo A-law: 16 bytes a millisecond behind the header.
    let wav_ms = (wav.len().saturating_sub(58) / 16) as u64;
    checks.push((
        status == 200 && wav_ms.abs_diff(talk_ms) < 40,
        format!(
            "录音 · recording {wav_ms} ms of {talk_ms} ms  http://{}{path}?access_token={}",
            engine.api(),
            engine.token()
        ),
    ));
    Ok(checks)
}

/// The CDR of the call that ended last.
fn newest_call(engine: &Engine) -> anyhow::Result<Option<serde_json::Value>> {
    let (status, body) = get(engine, "/v1/calls?limit=1")?;
    let page: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(page["rows"][0].get("cdr").cloned().filter(|_| status == 200))
}

/// One GET of the API.
fn get(engine: &Engine, path: &str) -> anyhow::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(engine.api()).context("the API cannot be reached")?;
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        engine.api(),
        engine.token()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").context("no HTTP answer")?;
    let status = std::str::from_utf8(&answer[9..12])?.parse()?;
    Ok((status, answer.split_off(head + 4)))
}
