use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError};

use crate::peer::booth::{Booth, Media, Placing};
use crate::peer::phone::board::Board;
use crate::peer::phone::{CallView, Incoming, PhoneSettings, RegisterState};
use crate::peer::pump::Listening;
use crate::peer::sdp::Direction;
use crate::peer::ua::{CallKey, Event, ReferTo};
use crate::peer::world;

/// Windows of 100 ms that a phone's leg remembers: one minute.
const WINDOWS: usize = 600;

/// What a script asks its phone's thread.
pub(crate) enum Command {
    Call { uri: String, headers: Vec<(String, String)>, reply: Sender<Result<CallKey, String>> },
    Answer(CallKey),
    Refuse(CallKey, u16),
    HangUp(CallKey),
    Reinvite(CallKey, Direction),
    Info(CallKey, String, String),
    Refer(CallKey, ReferTo, bool),
    Replaces(CallKey, Sender<Option<String>>),
    Text { uri: String, text: String, reply: Sender<Result<u64, String>> },
    Incoming(Incoming),
    Register,
    Unregister,
    Stop,
}

pub(crate) struct Thread {
    pub(crate) booth: Booth,
    pub(crate) settings: PhoneSettings,
    pub(crate) account: Option<usize>,
    pub(crate) board: Arc<Board>,
    pub(crate) inbox: Receiver<Command>,
    pub(crate) answers: Vec<(Instant, CallKey)>,
}

impl Thread {
    pub(crate) fn run(mut self) {
        loop {
            let (now, events) = self.booth.turn();
            self.take(now, events);
            loop {
                match self.inbox.try_recv() {
                    Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return,
                    Ok(command) => {
                        self.command(command);
                        let events = self.booth.events();
                        self.take(world::now(), events);
                    }
                    Err(TryRecvError::Empty) => break,
                }
            }
            self.answer_due(now);
            self.pass_complaints();
        }
    }

    fn pass_complaints(&mut self) {
        let (count, again) = (self.booth.ua.complaint_count(), self.booth.ua.retransmitted);
        let known = self.board.read(|notes| (notes.complaint_count, notes.retransmitted));
        if known != (count, again) {
            let complaints = self.booth.ua.complaints().to_vec();
            self.board.write(|notes| {
                notes.complaints = complaints;
                notes.complaint_count = count;
                notes.retransmitted = again;
            });
        }
    }

    fn media(&self) -> Media {
        Media {
            source: self.settings.source.clone(),
            codecs: self.settings.codecs.clone(),
            events: self.settings.events,
            listening: Listening {
                hz: self.settings.listen_hz.clone(),
                windows: WINDOWS,
                fine: true,
            },
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Call { uri, headers, reply } => {
                let placing = Placing {
                    user: self.settings.user.clone(),
                    display: self.settings.display.clone(),
                    account: self.account,
                    uri,
                    server: self.settings.server,
                    media: self.media(),
                    silent: false,
                    headers,
                };
                let begun = world::now();
                let placed = self.booth.place(placing);
                if let Ok(call) = placed {
                    let leg = self.booth.leg(call);
                    let view = CallView { begun: Some(begun), leg, ..CallView::default() };
                    self.board.write(|notes| notes.calls.insert(call, view));
                }
                let _gone = reply.send(placed);
            }
            Command::Answer(call) => self.answer(call),
            Command::Refuse(call, status) => {
                self.booth.with(|ua, now, out| ua.refuse(now, call, status, out));
            }
            Command::HangUp(call) => self.booth.with(|ua, now, out| ua.hang_up(now, call, out)),
            Command::Reinvite(call, wish) => {
                self.booth.with(|ua, now, out| ua.reinvite(now, call, wish, out));
            }
            Command::Info(call, kind, body) => {
                self.booth.with(|ua, now, out| ua.send_info(now, call, &kind, &body, out));
            }
            Command::Refer(call, to, tell) => {
                self.booth.with(|ua, now, out| ua.refer(now, call, to, tell, out));
            }
            Command::Replaces(call, reply) => {
                let _gone = reply.send(self.booth.ua.replaces(call));
            }
            Command::Text { uri, text, reply } => {
                let (user, server) = (self.settings.user.clone(), self.settings.server);
                let sent = self.booth.send_text(user, self.account, &uri, server, text);
                let _gone = reply.send(sent);
            }
            Command::Incoming(incoming) => self.settings.incoming = incoming,
            Command::Register => {
                if let Some(account) = self.account {
                    self.booth.with(|ua, now, out| ua.register(now, account, out));
                }
            }
            Command::Unregister => {
                if let Some(account) = self.account {
                    self.booth.with(|ua, now, out| ua.unregister(now, account, out));
                }
            }
            Command::Stop => {}
        }
    }

    fn answer(&mut self, call: CallKey) {
        let waiting = self.board.read(|notes| {
            notes
                .calls
                .get(&call)
                .is_some_and(|view| view.answered.is_none() && view.ended.is_none())
        });
        if !waiting {
            return;
        }
        let media = self.media();
        if let Err(why) = self.booth.answer(call, media, false) {
            self.booth.ua.complain(why);
            return;
        }
        let leg = self.booth.leg(call);
        self.board.write(|notes| {
            if let Some(view) = notes.calls.get_mut(&call) {
                view.answered = Some(world::now());
                view.leg = leg;
            }
        });
    }

    fn answer_due(&mut self, now: Instant) {
        let due: Vec<CallKey> =
            self.answers.iter().filter(|(at, _)| *at <= now).map(|(_, call)| *call).collect();
        self.answers.retain(|(at, _)| *at > now);
        for call in due {
            self.answer(call);
            let events = self.booth.events();
            self.take(world::now(), events);
        }
    }

    fn take(&mut self, now: Instant, events: Vec<Event>) {
        for event in events {
            self.note(now, event);
        }
    }

    fn view(&self, call: CallKey, change: impl FnOnce(&mut CallView)) {
        self.board.write(|notes| notes.calls.get_mut(&call).map(change));
    }

    fn note(&mut self, now: Instant, event: Event) {
        match event {
            Event::Incoming { call, caller, auto_answer } => {
                let view =
                    CallView { begun: Some(now), caller: Some(*caller), ..CallView::default() };
                self.board.write(|notes| {
                    notes.calls.insert(call, view);
                    notes.incoming.push_back(call);
                });
                self.incoming(now, call, auto_answer && self.settings.answer_on_request);
            }
            Event::Trying { call } => self.view(call, |view| view.trying = Some(now)),
            Event::Progress { call, status } => {
                self.view(call, |view| view.progress.push((status, now)));
            }
            Event::Answered { call } => self.view(call, |view| view.answered = Some(now)),
            Event::Confirmed { call } => self.view(call, |view| view.confirmed = Some(now)),
            Event::Aim { .. } => {}
            Event::Reinvited { call, direction } => {
                self.view(call, |view| view.reinvited.push(direction));
            }
            Event::Changed { call, status } => self.view(call, |view| view.changes.push(status)),
            Event::Talk { call } => {
                self.view(call, |view| view.talks += 1);
                if self.settings.answer_on_talk {
                    self.answers.push((now, call));
                }
            }
            Event::Info { call, content_type, body } => {
                self.view(call, |view| view.infos.push((content_type, body)));
            }
            Event::Referred { call, status } => {
                self.view(call, |view| view.referred.push(status));
            }
            Event::ReferProgress { call, status, over } => {
                self.view(call, |view| view.refer_progress.push((status, over)));
            }
            Event::Text { from, text } => {
                self.board.write(|notes| notes.texts.push_back((from, text)));
            }
            Event::TextDone { number, status } => {
                self.board.write(|notes| notes.texts_done.insert(number, status));
            }
            Event::Ended { call, by } => {
                let heard = self.booth.close_leg(call);
                self.view(call, |view| {
                    view.heard = Some(heard);
                    view.ended = Some((by, now));
                });
            }
            Event::Registered { .. } => self.board.write(|notes| {
                notes.registered = match notes.registered {
                    RegisterState::On { times } => RegisterState::On { times: times + 1 },
                    _ => RegisterState::On { times: 1 },
                };
            }),
            Event::Unregistered => {
                self.board.write(|notes| notes.registered = RegisterState::Off);
            }
            Event::RegisterFailed { status, .. } => {
                self.board.write(|notes| notes.registered = RegisterState::Failed { status });
            }
        }
    }

    fn incoming(&mut self, now: Instant, call: CallKey, at_once: bool) {
        let wait = match self.settings.incoming {
            _ if at_once => Some(Duration::ZERO),
            Incoming::Ring => None,
            Incoming::AnswerAfter(wait) => Some(wait),
            Incoming::Refuse(status) => {
                self.booth.with(|ua, now, out| ua.refuse(now, call, status, out));
                let events = self.booth.events();
                return self.take(now, events);
            }
            Incoming::Ignore => return,
        };
        self.booth.with(|ua, now, out| ua.ring(now, call, out));
        if let Some(wait) = wait {
            self.answers.push((now + wait, call));
        }
    }
}
