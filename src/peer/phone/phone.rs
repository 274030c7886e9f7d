use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{bounded, unbounded};

use crate::peer::booth::Booth;
use crate::peer::phone::board::Board;
use crate::peer::phone::line::Line;
use crate::peer::phone::thread::{Command, Thread};
use crate::peer::phone::{Call, Incoming, PhoneSettings, RegisterState};
use crate::peer::pump::Pump;
use crate::peer::ua::{Account, UaSettings};
use crate::peer::world;

/// The longest that a phone's thread may take to see a command.
const COMMAND_LIMIT: Duration = Duration::from_secs(5);
/// The longest that a text may wait for its final status: its transaction ends before.
const TEXT_LIMIT: Duration = Duration::from_secs(40);
/// The longest that a phone waits for a datagram before it looks at its timers.
const GRAIN: Duration = Duration::from_millis(10);

/// A phone. Dropping it stops it without a word to anybody, as if its cable were pulled.
#[derive(Debug)]
pub struct Phone {
    line: Arc<Line>,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
    user: String,
}

impl Phone {
    /// Binds its socket and starts its thread.
    pub fn start(settings: PhoneSettings) -> io::Result<Self> {
        let pump = match &settings.pump {
            Some(pump) => pump.clone(),
            None => Pump::start()?,
        };
        let agent = UaSettings { users: vec![settings.user.clone()], ..UaSettings::default() };
        let loss = settings.loss_percent;
        let mut booth = Booth::bind(settings.bind, agent, pump.clone(), GRAIN, loss)?;
        let account = settings.server.map(|registrar| {
            let credentials = settings.credentials();
            booth.ua.add_account(Account { credentials, registrar, expires: settings.expires })
        });
        let (address, user) = (booth.local, settings.user.clone());
        let (commands, inbox) = unbounded();
        let board = Arc::new(Board::new());
        let line = Line { commands, waker: booth.waker()?, board: board.clone(), pump };
        let thread = Thread { booth, settings, account, board, inbox, answers: Vec::new() };
        let thread = world::spawn(&format!("phone-{user}"), move || thread.run())?;
        Ok(Self { line: Arc::new(line), thread: Some(thread), address, user })
    }

    /// Its SIP address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URI by which it can be called directly.
    pub fn uri(&self) -> String {
        format!("sip:{}@{}", self.user, self.address)
    }

    /// Calls a SIP URI.
    pub fn call(&self, uri: &str) -> io::Result<Call> {
        self.call_with(uri, Vec::new())
    }

    /// Calls with more headers in the INVITE.
    pub fn call_with(&self, uri: &str, headers: Vec<(String, String)>) -> io::Result<Call> {
        let (reply, answer) = bounded(1);
        self.line.tell(Command::Call { uri: uri.to_owned(), headers, reply });
        match answer.recv_timeout(COMMAND_LIMIT) {
            Ok(Ok(call)) => Ok(Call::new(call, self.line.clone())),
            Ok(Err(why)) => Err(io::Error::new(io::ErrorKind::InvalidInput, why)),
            Err(_) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the phone has stopped")),
        }
    }

    /// Sends a text to a SIP URI (MESSAGE) and waits for its final status; 408 for silence.
    pub fn send_text(&self, uri: &str, text: &str) -> io::Result<u16> {
        let (reply, answer) = bounded(1);
        let (uri, text) = (uri.to_owned(), text.to_owned());
        self.line.tell(Command::Text { uri, text, reply });
        let number = match answer.recv_timeout(COMMAND_LIMIT) {
            Ok(Ok(number)) => number,
            Ok(Err(why)) => return Err(io::Error::new(io::ErrorKind::InvalidInput, why)),
            Err(_) => {
                return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the phone has stopped"));
            }
        };
        let done = self.line.board.wait(TEXT_LIMIT, |notes| notes.texts_done.remove(&number));
        Ok(done.unwrap_or(408))
    }

    /// The next text that comes in: from whom, and what.
    pub fn wait_text(&self, limit: Duration) -> Option<(String, String)> {
        self.line.board.wait(limit, |notes| notes.texts.pop_front())
    }

    /// The next call that comes in.
    pub fn wait_call(&self, limit: Duration) -> Option<Call> {
        let call = self.line.board.wait(limit, |notes| notes.incoming.pop_front())?;
        Some(Call::new(call, self.line.clone()))
    }

    /// Changes what it does with calls from now on.
    pub fn set_incoming(&self, incoming: Incoming) {
        self.line.tell(Command::Incoming(incoming));
    }

    /// Registers and waits for the outcome; refreshes go on by themselves.
    pub fn register(&self, limit: Duration) -> RegisterState {
        self.line.board.write(|notes| notes.registered = RegisterState::Off);
        self.line.tell(Command::Register);
        self.wait_registered(limit, |state| state != RegisterState::Off)
    }

    /// Takes its registration back and waits for the outcome.
    pub fn unregister(&self, limit: Duration) -> RegisterState {
        self.line.tell(Command::Unregister);
        self.wait_registered(limit, |state| !matches!(state, RegisterState::On { .. }))
    }

    /// Waits for a state of its registration; returns the one it has in the end.
    pub fn wait_registered(
        &self,
        limit: Duration,
        mut wanted: impl FnMut(RegisterState) -> bool,
    ) -> RegisterState {
        let found = self.line.board.wait(limit, |notes| {
            let state = notes.registered;
            wanted(state).then_some(state)
        });
        found.unwrap_or_else(|| self.line.board.read(|notes| notes.registered))
    }

    /// What the other side did wrong, at most 100 entries.
    pub fn complaints(&self) -> Vec<String> {
        self.line.board.read(|notes| notes.complaints.clone())
    }

    /// SIP messages that had to be sent again.
    pub fn retransmitted(&self) -> u64 {
        self.line.board.read(|notes| notes.retransmitted)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.line.tell(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed already.
            let _panicked = thread.join();
        }
    }
}
