use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use hotline::peer::{Phone, PhoneSettings, RegisterState};

use crate::harness::cannot;
use crate::survival::line::Line;
use crate::survival::stage::{self, Stage};
use crate::survival::times;

const GUARD: Duration = Duration::from_secs(20);

/// Write-ahead: whoever has seen the 200 is in the records, whenever the engine dies.
#[test]
fn who_was_answered_is_recorded_whenever_the_engine_dies() {
    let mut stage = Stage::prepare(0, "");
    let (bind, to) = (stage.switch.place.sip(11), stage.switch.sip());
    let rounds = times(5, 50);
    let mut answered = Vec::new();
    for round in 0..rounds {
        stage.switch.run();
        let line = Line::new(bind, to);
        let call_id = format!("call-{round}");
        line.invite("9197", &call_id);
        if round % 3 == 2 {
            // Somewhere on the way, answered or not.
            std::thread::sleep(Duration::from_micros(500 * (round as u64 % 11)));
        } else {
            let heard = line.outcome(&call_id, GUARD).expect("an answer");
            assert_eq!(heard.status, 200, "{}", heard.text);
            answered.push(call_id.clone());
        }
        stage.switch.kill();
        if line.outcome(&call_id, Duration::from_millis(20)).is_some_and(|h| h.status == 200)
            && !answered.contains(&call_id)
        {
            answered.push(call_id);
        }
    }
    stage.switch.run();
    let cdrs = stage.switch.cdrs(answered.len());
    for call_id in &answered {
        let of: Vec<_> = cdrs.iter().filter(|cdr| cdr["sip_call_id"] == **call_id).collect();
        assert_eq!(of.len(), 1, "{call_id} was answered: {cdrs:#?}");
        assert_eq!(of[0]["cause"], "crash", "{}", of[0]);
        assert!(of[0]["t_ivr"].is_i64(), "the answer is recorded: {}", of[0]);
    }
    stage::one_cdr_each(&stage::events(&stage.switch));
    println!("{} of {rounds} calls were answered, all have their records", answered.len());
}

/// R18: whoever has seen the 200 of a REGISTER is registered after a crash, whenever that comes.
#[test]
fn a_phone_that_was_told_is_registered_whenever_the_engine_dies() {
    let rounds = times(5, 20);
    let mut stage = Stage::prepare(rounds, "");
    stage.switch.run();
    let mut phones = Vec::new();
    for round in 1..=rounds {
        let user = format!("81{round:02}");
        let settings = PhoneSettings {
            bind: stage.switch.place.at(12, 0),
            server: Some(stage.switch.sip()),
            password: Some(format!("secret-{user}")),
            ..PhoneSettings::new(&user)
        };
        let phone = Phone::start(settings).expect("a phone");
        assert_eq!(phone.register(GUARD), RegisterState::On { times: 1 });
        stage.switch.kill();
        phones.push((user, phone));
        stage.switch.run();
        let (_, page) = stage.switch.get("/v1/registrations");
        let rows = page["rows"].as_array().expect("rows");
        for (user, _) in &phones {
            let is_there = rows.iter().any(|row| row["account"] == user.as_str());
            assert!(is_there, "round {round}: {user} was told that it is registered: {page}");
        }
    }
}

/// The same seen from the system: the record's `pwrite` has returned before the 200 is sent.
#[test]
fn the_record_is_written_before_the_answer_leaves() {
    let stage = Stage::start(0);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = folder.path().join("trace");
    let started = Command::new("strace")
        .args(["-f", "-qq", "-s", "4096", "-e", "trace=pwrite64,sendto,sendmsg,sendmmsg", "-o"])
        .arg(&trace)
        .args(["-p", &stage.switch.pid().to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut strace) = started else {
        cannot("strace is missing (Debian package strace)");
        return;
    };
    std::thread::sleep(Duration::from_secs(1));
    if strace.try_wait().is_ok_and(|ended| ended.is_some()) {
        cannot("strace may not trace here (ptrace is forbidden)");
        return;
    }
    let line = Line::new(stage.switch.place.sip(11), stage.switch.sip());
    for call_id in ["one", "two", "three"] {
        line.invite("9197", call_id);
        let heard = line.outcome(call_id, GUARD).expect("an answer");
        assert_eq!(heard.status, 200);
        line.ack("9197", &heard);
    }
    std::thread::sleep(Duration::from_millis(500));
    let ended = Command::new("kill").args(["-INT", &strace.id().to_string()]).status();
    assert!(ended.expect("kill runs").success());
    strace.wait().expect("strace ends");

    let text = fs::read_to_string(&trace).expect("a trace");
    let mut written = 0;
    let mut left = 0;
    let mut pending = std::collections::HashSet::new();
    for entry in text.lines() {
        let thread = entry.split_whitespace().next().unwrap_or_default();
        // How many answers one write to the spool holds (each record begins with these letters).
        let records = entry.split("hlR1");
        let answers = records.skip(1).filter(|record| record.contains("call_answered")).count();
        if entry.contains("pwrite64(") && answers > 0 {
            if entry.contains("<unfinished") {
                pending.insert((thread, answers));
            } else {
                written += answers;
            }
        }
        if entry.contains("pwrite64 resumed") {
            let done: Vec<_> = pending.iter().copied().filter(|(of, _)| *of == thread).collect();
            for one in done {
                pending.remove(&one);
                written += one.1;
            }
        }
        let is_200 = entry.contains("SIP/2.0 200 OK") && entry.contains("CSeq: 1 INVITE");
        if is_200 && entry.contains("send") {
            left += 1;
            assert!(written >= left, "an answer leaves before its record:\n{text}");
        }
    }
    assert_eq!((written, left), (3, 3), "{text}");
}
