//! Two user agents on one page of virtual time, no sockets.

mod functions;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rsip::prelude::*;
use rsip::{Header, Method};

use crate::peer::audio::Codec;
use crate::peer::sdp::{Direction, LocalMedia};
use crate::peer::ua::client::Purpose;
use crate::peer::ua::{CallKey, EndedBy, Event, Invite, Output, Ua, UaSettings};
use crate::peer::world;

struct World {
    now: Instant,
    agents: [Ua; 2],
    events: Vec<(usize, Event)>,
    /// Datagrams for which this holds are lost.
    lose: fn(&str) -> bool,
}

fn media(port: u16) -> LocalMedia {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    LocalMedia { address, codecs: vec![Codec::Pcma], events: true }
}

impl World {
    fn new() -> Self {
        let agent =
            |port: u16| Ua::new(SocketAddr::from(([127, 0, 0, 1], port)), UaSettings::default());
        Self { now: world::now(), agents: [agent(1), agent(2)], events: vec![], lose: |_| false }
    }

    fn carry(&mut self, mut from: usize, mut out: Vec<Output>) {
        let mut queue: Vec<(usize, Output)> = Vec::new();
        loop {
            queue.extend(out.drain(..).map(|output| (from, output)));
            if queue.is_empty() {
                return;
            }
            match queue.remove(0) {
                (at, Output::Event(event)) => {
                    from = at;
                    self.events.push((at, event));
                }
                (at, Output::Send { bytes, .. }) => {
                    from = 1 - at;
                    if !(self.lose)(std::str::from_utf8(&bytes).unwrap()) {
                        let source = self.agents[at].local;
                        self.agents[from].datagram(self.now, source, &bytes, &mut out);
                    }
                }
            }
        }
    }

    fn act<T>(
        &mut self,
        agent: usize,
        act: impl FnOnce(&mut Ua, Instant, &mut Vec<Output>) -> T,
    ) -> T {
        let mut out = Vec::new();
        let result = act(&mut self.agents[agent], self.now, &mut out);
        self.carry(agent, out);
        result
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let next = self.agents.iter().filter_map(Ua::deadline).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            for agent in 0..2 {
                self.act(agent, |ua, now, out| ua.tick(now, out));
            }
        }
        self.now = end;
    }

    fn call(&mut self) -> (CallKey, CallKey) {
        let invite = Invite {
            user: "100".to_owned(),
            display: Some("One Hundred".to_owned()),
            account: None,
            uri: rsip::Uri::try_from("sip:200@127.0.0.1:2").unwrap(),
            to: self.agents[1].local,
            media: media(1_000),
            headers: Vec::new(),
        };
        let here = self.act(0, |ua, now, out| ua.call(now, invite, out));
        let there = self
            .events
            .iter()
            .rev()
            .find_map(|(_, event)| match event {
                Event::Incoming { call, caller, .. } => {
                    assert_eq!(caller.display.as_deref(), Some("One Hundred"));
                    Some(*call)
                }
                _ => None,
            })
            .unwrap();
        (here, there)
    }

    fn up(&mut self) -> (CallKey, CallKey) {
        let (here, there) = self.call();
        self.act(1, |ua, now, out| ua.ring(now, there, out));
        self.act(1, |ua, now, out| ua.answer(now, there, media(2_000), out));
        (here, there)
    }

    fn ends(&self, agent: usize) -> Vec<EndedBy> {
        self.events
            .iter()
            .filter_map(|(at, event)| match event {
                Event::Ended { by, .. } if *at == agent => Some(*by),
                _ => None,
            })
            .collect()
    }

    /// After a minute nothing is left.
    fn all_forgotten(&mut self) {
        self.pass(Duration::from_secs(70));
        for ua in &self.agents {
            assert!(ua.dialogs.is_empty() && ua.tags.is_empty());
            assert!(ua.clients.is_empty() && ua.servers.is_empty() && ua.server_keys.is_empty());
        }
    }

    fn no_complaints(&self) {
        for ua in &self.agents {
            assert_eq!(ua.complaints(), &[] as &[String]);
        }
    }
}

#[test]
fn everything_is_forgotten_after_a_call() {
    let mut world = World::new();
    let (here, _) = world.up();
    world.act(0, |ua, now, out| ua.hang_up(now, here, out));
    assert_eq!((world.ends(0), world.ends(1)), (vec![EndedBy::Us], vec![EndedBy::Them]));
    world.all_forgotten();
    world.no_complaints();
}

#[test]
fn an_ack_that_never_comes_ends_the_call_with_bye() {
    let mut world = World::new();
    world.lose = |text| text.starts_with("ACK");
    world.up();
    world.pass(Duration::from_secs(40));
    assert_eq!((world.ends(0), world.ends(1)), (vec![EndedBy::Them], vec![EndedBy::NoAck]));
    world.all_forgotten();
}

#[test]
fn a_call_that_nobody_hears_times_out() {
    let mut world = World::new();
    world.lose = |text| text.starts_with("SIP/2.0");
    world.call();
    world.pass(Duration::from_secs(31));
    assert_eq!(world.ends(0), vec![]);
    world.pass(Duration::from_secs(2));
    assert_eq!(world.ends(0), vec![EndedBy::Timeout]);
}

#[test]
fn a_cancel_before_any_response_waits_for_one() {
    let mut world = World::new();
    let (here, there) = world.call();
    world.act(0, |ua, now, out| ua.hang_up(now, here, out));
    assert_eq!(world.ends(0), vec![]);
    world.act(1, |ua, now, out| ua.ring(now, there, out));
    assert_eq!((world.ends(0), world.ends(1)), (vec![EndedBy::GaveUp], vec![EndedBy::Cancelled]));
    world.all_forgotten();
    world.no_complaints();
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_ended() {
    let mut world = World::new();
    let (here, there) = world.call();
    world.act(0, |ua, now, out| ua.hang_up(now, here, out));
    world.act(1, |ua, now, out| ua.answer(now, there, media(2_000), out));
    assert_eq!((world.ends(0), world.ends(1)), (vec![EndedBy::GaveUp], vec![EndedBy::Them]));
    world.no_complaints();
}

#[test]
fn talk_update_and_info_inside_a_dialog() {
    let mut world = World::new();
    let (here, there) = world.call();
    world.act(1, |ua, now, out| ua.ring(now, there, out));
    let talk = |ua: &mut Ua, now: Instant, out: &mut Vec<Output>| {
        let (mut request, to) = ua.dialog_request(here, Method::Notify, None).unwrap();
        request.headers.push(Header::Event(rsip::headers::Event::new("talk")));
        ua.start_client(now, Purpose::Other, request, to, out);
    };
    world.act(0, talk);
    assert!(world.events.iter().any(|(at, e)| *at == 1 && matches!(e, Event::Talk { .. })));
    world.act(1, |ua, now, out| ua.answer(now, there, media(2_000), out));
    let update = |ua: &mut Ua, now: Instant, out: &mut Vec<Output>| {
        let dialog = ua.dialogs.get_mut(&here).unwrap();
        dialog.session.wish = Direction::SendOnly;
        let sdp = dialog.session.offer(&media(1_000));
        let (request, to) = ua.dialog_request(here, Method::Update, Some(sdp)).unwrap();
        ua.start_client(now, Purpose::Other, request, to, out);
    };
    world.act(0, update);
    let held = world
        .events
        .iter()
        .any(|(_, event)| matches!(event, Event::Reinvited { direction: Direction::SendOnly, .. }));
    assert!(held, "{:?}", world.events);
    world.act(1, |ua, now, out| ua.send_info(now, there, "application/dtmf-relay", "x", out));
    assert!(world.events.iter().any(|(at, e)| *at == 0 && matches!(e, Event::Info { .. })));
    world.no_complaints();
}

#[test]
fn re_invites_that_cross_are_tried_again() {
    let mut world = World::new();
    let (here, there) = world.up();
    let mut out = Vec::new();
    let now = world.now;
    // Both send before either receives.
    world.agents[0].reinvite(now, here, Direction::SendOnly, &mut out);
    let mut other = Vec::new();
    world.agents[1].reinvite(now, there, Direction::SendRecv, &mut other);
    world.carry(0, out);
    world.carry(1, other);
    world.pass(Duration::from_secs(6));
    let changed = |agent: usize| {
        world
            .events
            .iter()
            .any(|(at, event)| *at == agent && matches!(event, Event::Changed { status: 200, .. }))
    };
    assert!(changed(0) && changed(1), "{:?}", world.events);
    world.no_complaints();
}

#[test]
fn a_request_of_another_dialog_is_refused_and_noted() {
    let mut world = World::new();
    let (here, _) = world.up();
    world.agents[0].dialogs.get_mut(&here).unwrap().call_id = "another".to_owned();
    world.act(0, |ua, now, out| ua.hang_up(now, here, out));
    assert_eq!(world.ends(1), vec![]);
    assert_eq!(world.agents[1].complaints(), ["BYE: our tag with another Call-ID"]);
    assert_eq!(world.agents[0].complaints(), ["481 to our BYE"]);
}

#[test]
fn an_offer_may_come_in_the_200() {
    let mut world = World::new();
    world.lose = |text| text.starts_with("INVITE");
    let invite = Invite {
        user: "100".to_owned(),
        display: None,
        account: None,
        uri: rsip::Uri::try_from("sip:200@127.0.0.1:2").unwrap(),
        to: world.agents[1].local,
        media: media(1_000),
        headers: Vec::new(),
    };
    let here = world.act(0, |ua, now, out| ua.call(now, invite, out));
    let bytes = {
        let client = world.agents[0].clients.values().next().unwrap();
        let mut request = client.request.clone();
        request.body.clear();
        request.headers.retain(|h| !matches!(h, Header::ContentType(_) | Header::ContentLength(_)));
        Vec::<u8>::from(request)
    };
    let (now, source) = (world.now, world.agents[0].local);
    let mut out = Vec::new();
    world.agents[1].datagram(now, source, &bytes, &mut out);
    let Some(Output::Event(Event::Incoming { call, .. })) = out.first() else { panic!() };
    let mut answer = Vec::new();
    world.agents[1].answer(now, *call, media(2_000), &mut answer);
    let Some(Output::Send { bytes, .. }) = answer.first() else { panic!() };
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.starts_with("SIP/2.0 200") && text.contains("m=audio 2000"), "{text}");
    assert!(world.agents[1].dialogs[call].answer_in_ack);
    assert!(world.agents[0].dialogs.contains_key(&here));
}
