use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::Switch;

/// A guard against hanging: no scenario takes a third of it.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Where its RTP comes from and goes to.
const MEDIA_PORT: u16 = 6_000;

/// One run of a scenario of `sipp-scenarios/`, one call. It is killed when dropped.
pub(crate) struct Party {
    child: Child,
    folder: TempDir,
    scenario: String,
}

impl Party {
    /// A party that speaks first. `more` are further options of sipp.
    pub(crate) fn calls(switch: &Switch, scenario: &str, at: SocketAddr, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = |file: &str| folder.path().join(file).display().to_string();
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp-scenarios");
        let ip = at.ip().to_string();
        let child = Command::new("sipp")
            .args(["-sf", &format!("{scenario}.xml"), "-m", "1", "-l", "1", "-nostdin"])
            .args(["-i", &ip, "-p", &at.port().to_string()])
            .args(["-mi", &ip, "-mp", &MEDIA_PORT.to_string()])
            .args(["-timeout", &PATIENCE.as_secs().to_string(), "-timeout_error"])
            .args(["-trace_err", "-error_file", &place("errors")])
            .args(["-trace_msg", "-message_file", &place("messages")])
            .args(more)
            .arg(switch.sip().to_string())
            .current_dir(scenarios)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(place("stderr")).expect("a file"))
            .spawn()
            .expect("sipp starts; it is Debian's package sip-tester");
        Self { child, folder, scenario: scenario.to_owned() }
    }

    /// A party that waits; it listens when this returns.
    pub(crate) fn waits(switch: &Switch, scenario: &str, at: SocketAddr, more: &[&str]) -> Self {
        let mut party = Self::calls(switch, scenario, at, more);
        let until = Instant::now() + PATIENCE;
        let is_tcp = more.contains(&"t1");
        let is_free =
            || if is_tcp { TcpListener::bind(at).is_ok() } else { UdpSocket::bind(at).is_ok() };
        while is_free() {
            let status = party.child.try_wait().expect("sipp can be asked");
            assert!(status.is_none(), "{scenario}: sipp ended: {}", party.notes());
            assert!(Instant::now() < until, "{scenario}: sipp does not listen: {}", party.notes());
            std::thread::sleep(LOOK_EVERY);
        }
        party
    }

    /// Waits until the scenario is over; it must have gone as written.
    pub(crate) fn ends_well(mut self) {
        let until = Instant::now() + PATIENCE + PATIENCE / 4;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("sipp can be waited for") {
                break status;
            }
            assert!(Instant::now() < until, "{}: sipp hangs: {}", self.scenario, self.notes());
            std::thread::sleep(LOOK_EVERY);
        };
        assert!(status.success(), "{}: sipp ended with {status}: {}", self.scenario, self.notes());
    }

    fn notes(&self) -> String {
        let read = |file| fs::read_to_string(self.folder.path().join(file)).unwrap_or_default();
        format!("{}\n{}\n{}", read("stderr"), read("errors"), read("messages"))
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        // It has ended, or nobody wants it to go on.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
