use std::fs;
use std::time::{Duration, Instant};

use hotline::peer::{Phone, PhoneSettings, RegisterState};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::survival::stage::{self, Stage};

const GUARD: Duration = Duration::from_secs(20);
const CALLS: usize = 3;

/// Calls and registrations while the database is not there, as well as ever.
fn works(stage: &Stage) {
    let report = stage.call(CALLS, Duration::from_millis(500)).join().expect("callers");
    assert_eq!(report.answered(), CALLS, "{report}");
    assert!(report.set_up().max_ms < 1_000.0, "set-up: {}", report.set_up());
    let phone = Phone::start(PhoneSettings {
        bind: stage.switch.place.at(14, 0),
        server: Some(stage.switch.sip()),
        password: Some("secret-8001".into()),
        ..PhoneSettings::new("8001")
    })
    .expect("a phone");
    assert_eq!(phone.register(GUARD), RegisterState::On { times: 1 });
    stage.quiet();
    stage.switch.until("agents are ready again", |switch| {
        let idle = |n| switch.get(&format!("/v1/agents/{}", stage::agent(n))).1["state"] == "idle";
        (0..CALLS).all(idle).then_some(())
    });
}

/// Everything came into the database.
fn complete(stage: &Stage, calls: usize) {
    let cdrs = stage.switch.cdrs(calls);
    assert_eq!(cdrs.len(), calls);
    assert_eq!(stage::causes(&cdrs).get("answered"), Some(&calls), "{cdrs:#?}");
    stage::one_cdr_each(&stage::events(&stage.switch));
}

fn remove_logs(stage: &Stage) {
    for part in ["wal", "shm"] {
        // They need not be there.
        let _ = fs::remove_file(stage.switch.data().join(format!("hotline.sqlite-{part}")));
    }
}

/// R21: no database at the start, then one, then its file is deleted.
#[test]
fn an_absent_database_costs_nothing() {
    let mut stage = Stage::prepare(CALLS, "");
    let path = stage.switch.data().join("hotline.sqlite");
    fs::create_dir_all(&path).expect("a folder in its place");
    stage.switch.run();
    let _phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    let health = stage::alarm(&stage.switch, "database", true);
    assert_eq!(health["status"], "degraded");
    works(&stage);
    let (status, problem) = stage.switch.get("/v1/calls");
    assert_eq!(status, 503, "{problem}");
    assert!(stage.switch.log().contains("records cannot be loaded"), "a line in the log");
    fs::remove_dir(&path).expect("removed");
    stage::alarm(&stage.switch, "database", false);
    complete(&stage, CALLS);

    fs::remove_file(&path).expect("removed");
    remove_logs(&stage);
    works(&stage);
    stage::well(&stage.switch);
    complete(&stage, 2 * CALLS);
    let events = stage::events(&stage.switch);
    assert_eq!(stage::alarm_events(&events, "database")[..2], [false, true]);
}

/// R21: somebody has locked the database for longer than anybody waits. A slow disk is the same to
/// the loader: a transaction that does not end.
#[test]
fn a_locked_database_costs_nothing() {
    let stage = Stage::start(CALLS);
    let _phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    works(&stage);
    complete(&stage, CALLS);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio");
    let options = SqliteConnectOptions::new().filename(stage.switch.data().join("hotline.sqlite"));
    let mut locked = runtime.block_on(options.connect()).expect("the database");
    runtime.block_on(sqlx::query("BEGIN EXCLUSIVE").execute(&mut locked)).expect("locked");
    let from = Instant::now();
    works(&stage);
    // What is stored can still be read meanwhile, and nobody waits.
    let asked = Instant::now();
    let (status, page) = stage.switch.get("/v1/calls");
    assert_eq!((status, page["rows"].as_array().map(Vec::len)), (200, Some(CALLS)), "{page}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    stage::alarm(&stage.switch, "database", true);
    println!("alarm after {:?}", from.elapsed());
    works(&stage);
    runtime.block_on(sqlx::query("ROLLBACK").execute(&mut locked)).expect("unlocked");
    runtime.block_on(locked.close()).expect("closed");
    stage::alarm(&stage.switch, "database", false);
    complete(&stage, 3 * CALLS);
}

/// R21: the database's file is rubbish. The operator puts it away, and all is loaded again.
#[test]
fn a_corrupt_database_costs_nothing() {
    let mut stage = Stage::prepare(CALLS, "");
    stage.switch.run();
    let _phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    works(&stage);
    complete(&stage, CALLS);
    stage.switch.kill();
    let path = stage.switch.data().join("hotline.sqlite");
    // Its log would heal it.
    remove_logs(&stage);
    fs::write(&path, vec![0x5A; 100_000]).expect("rubbish");
    stage.switch.run();
    stage.ready();
    let health = stage::alarm(&stage.switch, "database", true);
    let what = health["details"][0]["what"].as_str().unwrap_or_default();
    assert!(what.contains("not a database"), "it says what is the matter: {health}");
    works(&stage);
    fs::rename(&path, path.with_extension("rubbish")).expect("put away");
    stage::alarm(&stage.switch, "database", false);
    complete(&stage, 2 * CALLS);
}
