use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::harness::cannot;
use crate::survival::sound::Sound;
use crate::survival::stage::{self, AGENT_HZ, CALLER_HZ, Stage};
use crate::torture::digest::Desk;
use crate::torture::raw::Login;

/// Debian's faketime, where it is installed.
fn library() -> Option<PathBuf> {
    let folders = ["x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu"];
    folders
        .iter()
        .map(|folder| Path::new("/usr/lib").join(folder).join("faketime/libfaketime.so.1"))
        .find(|path| path.exists())
}

/// The engine sees the clock as it was set.
fn assert_jumped(stage: &Stage, jump: &str) {
    for step in ["sign-in", "sign-out"] {
        let path = format!("/v1/agents/8002/{step}");
        let (status, body) = stage.switch.post(&path, &serde_json::Value::Null);
        assert!(status < 300, "{status} {body}");
    }
    let jump: i64 = jump.parse().expect("seconds");
    let is_there = |event: &serde_json::Value| {
        let ahead = event["at"].as_i64().unwrap_or_default() - stage::wall() - jump * 1_000_000;
        event["agent"] == "8002" && ahead.abs() < 20_000_000
    };
    stage.switch.until("the jump", |switch| {
        stage::events(switch).last().is_some_and(is_there).then_some(())
    });
}

/// R22: the machine's clock is set while calls are up, and before a restart. No call, registration
/// or nonce is lost, and durations are right.
#[test]
fn a_clock_that_jumps_bends_nothing() {
    let Some(library) = library() else {
        cannot("libfaketime is missing (Debian package faketime)");
        return;
    };
    let mut stage = Stage::prepare(1, "");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let offset = folder.path().join("offset");
    let set = |jump: &str| fs::write(&offset, jump).expect("the clock is set");
    let run = |stage: &mut Stage| {
        stage.switch.run_as(|command| {
            command
                .env("LD_PRELOAD", &library)
                .env("FAKETIME_TIMESTAMP_FILE", &offset)
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        });
    };
    set("+0");
    run(&mut stage);
    let phones = stage.phones(Duration::from_secs(60));
    // One who uses the nonce of before again and again.
    let mut other = Desk::new(&stage.switch, 14);
    let login = other.login();
    let mut count = 1;
    let mut with_the_nonce = || {
        let answer = other.register(&Login { count, ..login.clone() }.header());
        count += 1;
        answer.status
    };
    assert_eq!(with_the_nonce(), 200);
    stage.ready();
    let callers = stage.call(1, Duration::from_secs(6));
    stage.talking(1);
    for jump in ["+3600", "-3600", "+86400", "+0"] {
        set(jump);
        std::thread::sleep(Duration::from_millis(1_200));
        assert_jumped(&stage, jump);
        assert_eq!(stage::in_phase(&stage.switch, "talking"), 1, "{jump}: the call is up");
        let (_, agent) = stage.switch.get("/v1/agents/8101");
        assert_eq!(agent["reachable"], true, "{jump}: the registration is there: {agent}");
        assert_eq!(with_the_nonce(), 200, "{jump}: the nonce of before is as good as it was");
    }
    let report = callers.join().expect("a caller");
    let lasted = report.calls[0].lasted.expect("it was answered").as_millis() as f64;
    let cdr = stage.switch.cdrs(1).remove(0);
    for key in ["talk_ms", "total_ms"] {
        let told = cdr[key].as_f64().expect(key);
        assert!((told - lasted).abs() < 300.0, "{key} is {told}, the caller says {lasted}: {cdr}");
    }
    let times = ["t_in", "t_ivr", "t_req", "t_offer", "t_ans", "t_talk_end", "t_end"];
    let times = times.map(|key| cdr[key].as_i64().unwrap_or_else(|| panic!("no {key}: {cdr}")));
    assert!(times.is_sorted(), "{cdr}");
    assert!((times[6] - times[0]) as f64 / 1e3 < lasted + 300.0, "{cdr}");
    let sound = Sound::of(&stage.switch, &cdr);
    assert!((sound.seconds() * 1e3 - lasted).abs() < 300.0, "{} s are recorded", sound.seconds());
    for at in 0..5 {
        let at = f64::from(at) + 0.3;
        assert!(sound.has(0, CALLER_HZ, AGENT_HZ, at, at + 0.5), "no hole at {at} s");
    }

    // A clock that is set while the engine is down must not age what it kept.
    for jump in ["+86400", "+0"] {
        std::thread::sleep(Duration::from_millis(600));
        stage.switch.kill();
        set(jump);
        run(&mut stage);
        assert_jumped(&stage, jump);
        let (_, agent) = stage.switch.get("/v1/agents/8101");
        assert_eq!(agent["reachable"], true, "{jump}: {agent}");
        stage.ready();
        let report = stage.call(1, Duration::from_millis(500)).join().expect("a caller");
        assert_eq!(report.answered(), 1, "{jump}: the phone is still registered");
        stage.quiet();
    }
    assert_eq!(phones.registered(), 1, "and did not register anew");
}
