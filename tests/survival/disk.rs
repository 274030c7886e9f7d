use std::fs::File;
use std::time::Duration;

use crate::survival::line::Line;
use crate::survival::sound::Sound;
use crate::survival::stage::{self, AGENT_HZ, CALLER_HZ, Stage};

const GUARD: Duration = Duration::from_secs(20);

/// R20: the recordings' disk is full. Calls go on, an alarm is up, recording resumes, nothing else
/// is hurt.
#[test]
fn recordings_resume_when_there_is_space_again() {
    let calls = 20;
    let mut stage = Stage::prepare(calls, "");
    stage.run_piped();
    let _phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    // Room for about 4 s of all calls; only the recordings are longer than that.
    stage.limit_files(Some(1_400_000));
    let callers = stage.call(calls, Duration::from_secs(13));
    stage.talking(calls);
    let health = stage::alarm(&stage.switch, "recordings-disk", true);
    assert_eq!(health["status"], "degraded");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(stage::in_phase(&stage.switch, "talking"), calls, "calls go on");
    assert!(stage.switch.log().contains("recordings-disk"), "a line in the log");
    let what = stage.switch.get("/health").1["details"][0]["what"].clone();
    assert!(what.as_str().is_some_and(|what| what.contains("make space")), "{what}");

    stage.limit_files(None);
    stage::alarm(&stage.switch, "recordings-disk", false);
    stage::well(&stage.switch);
    let report = callers.join().expect("callers");
    for call in &report.calls {
        let windows = call.heard.tone_windows(AGENT_HZ);
        assert!(windows >= 110, "{windows} windows of 130 had audio: {:?}", call.heard);
    }
    let cdrs = stage.switch.cdrs(calls);
    assert_eq!(stage::causes(&cdrs).get("answered"), Some(&calls));
    let mut gaps = 0;
    for cdr in &cdrs {
        let sound = Sound::of(&stage.switch, cdr);
        let talk = cdr["talk_ms"].as_f64().expect("talk_ms") / 1e3;
        assert!((sound.seconds() - talk).abs() < 0.1, "{} of {talk} s", sound.seconds());
        for (track, hz, other) in [(0, CALLER_HZ, AGENT_HZ), (1, AGENT_HZ, CALLER_HZ)] {
            assert!(sound.has(track, hz, other, 0.5, 1.0), "track {track} at the start");
            assert!(
                sound.has(track, hz, other, talk - 0.8, talk - 0.2),
                "track {track} at the end"
            );
        }
        let seconds = (0..talk as u32).map(f64::from);
        gaps += usize::from(seconds.clone().any(|at| sound.is_silent(at, at + 0.4)));
    }
    assert!(gaps > 0, "the disk was never full");
    let events = stage::events(&stage.switch);
    assert_eq!(stage::alarm_events(&events, "recordings-disk"), [false, true]);
}

/// A file-size limit is a full disk, not a death; and so is a full disk under the log.
#[test]
fn a_log_that_cannot_be_written_hurts_nobody() {
    let mut stage = Stage::prepare(1, "");
    stage.switch.run_as(|command| {
        command.stderr(File::options().write(true).open("/dev/full").expect("/dev/full"));
    });
    let _phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    let callers = stage.call(1, Duration::from_secs(1));
    assert_eq!(callers.join().expect("a caller").answered(), 1);
    assert_eq!(stage.switch.cdrs(1)[0]["cause"], "answered");
    // An alarm is a line in the log; it must be up all the same.
    let line = Line::new(stage.switch.place.sip(11), stage.switch.sip());
    stage.limit_files(Some(1));
    line.invite("nowhere", "one");
    assert_eq!(line.outcome("one", GUARD).expect("an answer").status, 404);
    stage::alarm(&stage.switch, "spool-disk", true);
    stage.limit_files(None);
    stage::well(&stage.switch);
    let took = stage.switch.terminate();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// The disk is full when the engine starts, for the first time and again after a power cut: it starts,
/// says so, and calls are served; when there is space again nothing was lost.
#[test]
fn a_start_on_a_full_disk_serves_calls_and_says_so() {
    for has_run_before in [false, true] {
        let mut stage = Stage::prepare(1, "");
        let mut before = 0;
        if has_run_before {
            stage.run_piped();
            before = stage::events(&stage.switch).len();
            assert!(before > 0, "it has written something");
            stage.switch.kill();
        }
        stage.run_on_full_disk();
        let health = stage::alarm(&stage.switch, "data-folder", true);
        assert_eq!(health["status"], "degraded");
        stage::alarm(&stage.switch, "spool-disk", true);
        let _phones = stage.phones(Duration::from_secs(60));
        stage.ready();
        let callers = stage.call(1, Duration::from_secs(1));
        assert_eq!(callers.join().expect("a caller").answered(), 1);
        stage.limit_files(None);
        stage::well(&stage.switch);
        assert_eq!(stage.switch.cdrs(1)[0]["cause"], "answered");
        assert!(stage::events(&stage.switch).len() > before, "numbers go on");
        let took = stage.switch.terminate();
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}
