use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Switch, Track};

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// No call of a test begins or is held later than this after the phone's start.
const LONGEST_S: i64 = 180;
/// A tone counts as heard after so many ms of it.
const ENOUGH_MS: usize = 300;

/// Debian's baresip without a sound card, driven by its control port: a softphone that others wrote.
/// It says a tone from a file and writes what it hears to another.
pub struct Baresip {
    child: Child,
    folder: TempDir,
    control: TcpStream,
    unread: Vec<u8>,
    events: Vec<Value>,
}

impl Baresip {
    /// Starts the phone of `user` and waits until it is registered. It says a tone of `hz`.
    ///
    /// It lives at 127.0.0.1: its RTP sockets are bound to no address, so its packets come from
    /// there whatever its SDP says.
    pub fn start(switch: &Switch, user: &str, password: &str, hz: u16) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().display();
        let (sip, control) = (free_address(), free_address());
        let config = format!(
            "poll_method epoll\nsip_listen {sip}\nnet_interface {}\n\
             audio_path /nonexistent\nringback_disabled yes\nstatmode_default off\n\
             audio_source aufile,{path}/tone.wav\naudio_player aubridge,none\n\
             audio_alert aubridge,none\n\
             ausrc_format s16\nauplay_format s16\nauenc_format s16\naudec_format s16\n\
             audio_buffer 20-160\njitter_buffer_delay 1-10\n\
             module_path /usr/lib/baresip/modules\n\
             module g711.so\nmodule sndfile.so\nmodule aubridge.so\nmodule aufile.so\n\
             module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
             ctrl_tcp_listen {control}\nsnd_path {path}\n",
            sip.ip()
        );
        let account = format!(
            "<sip:{user}@{}>;auth_pass={password};regint=600;audio_codecs=pcma;answermode=manual\n",
            switch.sip()
        );
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.path().join(name), bytes).expect("the phone's file is written");
        };
        write("config", config.as_bytes());
        write("accounts", account.as_bytes());
        write("tone.wav", &Track::tone(hz, 120).to_wav());
        spoil_dumps_of_speech(folder.path());
        let log = fs::File::create(folder.path().join("log")).expect("the log is made");
        let child = Command::new("baresip")
            .args(["-4", "-s", "-f"])
            .arg(folder.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("baresip starts (Debian package baresip-core)");
        let until = Instant::now() + PATIENCE;
        let control = loop {
            match TcpStream::connect(control) {
                Ok(control) => break control,
                Err(error) if Instant::now() > until => panic!("baresip's control port: {error}"),
                Err(_) => sleep(LOOK_EVERY),
            }
        };
        control.set_read_timeout(Some(LOOK_EVERY)).expect("a time-out");
        control.set_nodelay(true).expect("no delay");
        let mut phone = Self { child, folder, control, unread: Vec::new(), events: Vec::new() };
        // It may have registered before anybody listened for the event.
        switch.until("the registration of baresip", |switch| {
            let (_, list) = switch.get("/v1/registrations");
            list["rows"].as_array()?.iter().find(|row| row["account"] == user).map(|_| ())
        });
        phone.read();
        phone
    }

    /// Gives a command without waiting for its answer.
    pub fn tell(&mut self, command: &str, params: &str) {
        let text = json!({ "command": command, "params": params }).to_string();
        write!(self.control, "{}:{text},", text.len()).expect("baresip takes a command");
    }

    /// Calls.
    pub fn dial(&mut self, uri: &str) {
        self.tell("dial", uri);
    }

    /// Waits for an event, such as `CALL_INCOMING`, and takes it.
    pub fn event(&mut self, kind: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            self.read();
            if let Some(at) = self.events.iter().position(|event| event["type"] == kind) {
                return self.events.remove(at);
            }
            assert!(Instant::now() < until, "baresip did not say {kind}:\n{}", self.log());
        }
    }

    fn read(&mut self) {
        let mut bytes = [0; 4_096];
        match self.control.read(&mut bytes) {
            Ok(length) => self.unread.extend(&bytes[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("baresip's control port: {error}\n{}", self.log()),
        }
        // Netstrings: length, colon, JSON, comma.
        while let Some(colon) = self.unread.iter().position(|&byte| byte == b':') {
            let length = str::from_utf8(&self.unread[..colon]).ok().and_then(|n| n.parse().ok());
            let length: usize = length.expect("a netstring");
            let Some(text) = self.unread.get(colon + 1..colon + 1 + length) else { return };
            let value: Value = serde_json::from_slice(text).expect("JSON");
            if value["event"] == true {
                self.events.push(value);
            }
            self.unread.drain(..(colon + length + 2).min(self.unread.len()));
        }
    }

    /// What it has heard in its newest stream.
    pub fn heard(&self) -> Track {
        let newest = self.dumps().pop();
        newest
            .and_then(|path| fs::read(path).ok())
            .map(|wav| Track::from_wav(&wav))
            .unwrap_or_default()
    }

    /// Hears a tone for 300 ms from now on.
    pub fn hears(&self, hz: u16) -> bool {
        let (stream, from) = (self.dumps().len(), self.heard().ms());
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            let heard = self.heard();
            // A new stream begins at its own start.
            let from = if self.dumps().len() == stream { from } else { 0 };
            let last = heard.ms();
            if last >= from + ENOUGH_MS && heard.share(last - ENOUGH_MS..last, hz) > 0.8 {
                return true;
            }
            sleep(LOOK_EVERY);
        }
        let heard = self.heard();
        let last = heard.ms();
        let share = heard.share(last.saturating_sub(ENOUGH_MS)..last, hz);
        eprintln!("{hz} Hz: {share:.2} at {last} ms (from {from} ms) of {:?}", self.dumps());
        false
    }

    fn dumps(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path()).expect("the phone's folder");
        let mut dumps: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        dumps.retain(|path| path.to_string_lossy().ends_with("-dec.wav"));
        dumps.sort();
        dumps
    }

    /// What it printed: every SIP message.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// The module that writes what is heard also writes what is said, and after a hold it begins anew
/// only when neither is being written, while baresip ends only the former. So the latter must not
/// come about: its names, one for each second, are taken.
fn spoil_dumps_of_speech(folder: &Path) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let now = i64::try_from(now.as_secs()).expect("a time");
    for second in now - 1..now + LONGEST_S {
        let time = Timestamp::from_second(second).expect("a time").strftime("%Y-%m-%d-%H-%M-%S");
        fs::create_dir(folder.join(format!("dump-{time}-enc.wav"))).expect("a folder");
    }
}

/// An address whose port is free now (and, most probably, a moment later).
fn free_address() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("an address")
}

impl Drop for Baresip {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- baresip ---\n{}", self.log());
        }
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
