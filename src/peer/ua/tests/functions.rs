//! Transfers, texts and hold, as a desk phone does them.

use std::net::SocketAddr;
use std::time::Duration;

use rsip::prelude::*;
use rsip::{Header, Method};

use crate::peer::message;
use crate::peer::sdp::Direction;
use crate::peer::ua::client::{ClientState, Purpose};
use crate::peer::ua::tests::{World, media};
use crate::peer::ua::{CallKey, Event, Invite, OutText, ReferTo};

/// The REFER that agent 0 has out, answered by hand; agent 1 does not hear of it.
fn referred(world: &mut World, status: u16) {
    let (request, source) = {
        let client = world.agents[0]
            .clients
            .values()
            .find(|c| {
                c.request.method == Method::Refer && matches!(c.state, ClientState::Sent { .. })
            })
            .unwrap();
        (client.request.clone(), world.agents[0].local)
    };
    let mut response = message::respond(&request, source, status, None);
    message::finish(&mut response.headers, &mut response.body, None);
    let bytes: Vec<u8> = response.into();
    let (now, peer) = (world.now, world.agents[1].local);
    world.act(0, |ua, _, out| ua.datagram(now, peer, &bytes, out));
}

/// A NOTIFY of agent 1 about a REFER of agent 0.
fn notify(world: &mut World, there: CallKey, event: &str, state: &str, body: &str) {
    let (event, state) = (event.to_owned(), state.to_owned());
    world.act(1, |ua, now, out| {
        let (mut request, to) = ua.dialog_request(there, Method::Notify, None).unwrap();
        request.headers.retain(|header| !matches!(header, Header::ContentLength(_)));
        request.headers.push(Header::Event(rsip::headers::Event::new(event)));
        let state = rsip::headers::SubscriptionState::new(state);
        request.headers.push(Header::SubscriptionState(state));
        let kind = rsip::headers::ContentType::new("message/sipfrag;version=2.0");
        request.headers.push(Header::ContentType(kind));
        request.body = body.as_bytes().to_vec();
        message::finish(&mut request.headers, &mut request.body, None);
        ua.start_client(now, Purpose::Other, request, to, out);
    });
}

fn refer_events(world: &World) -> Vec<String> {
    let mut told = Vec::new();
    for (_, event) in &world.events {
        match event {
            Event::Referred { status, .. } => told.push(format!("answer {status}")),
            Event::ReferProgress { status, over, .. } => told.push(format!("{status} {over}")),
            _ => {}
        }
    }
    told
}

#[test]
fn a_refer_goes_out_and_its_progress_comes_in() {
    let mut world = World::new();
    let (here, there) = world.up();
    world.lose = |text| text.starts_with("REFER");
    let to = ReferTo::Uri("sip:300@127.0.0.1:3".to_owned());
    world.act(0, |ua, now, out| ua.refer(now, here, to, true, out));
    let id = world.agents[0].dialogs[&here].cseq;
    let event = format!("refer;id={id}");
    // Over UDP a NOTIFY may come before the 202.
    notify(&mut world, there, &event, "active;expires=60", "SIP/2.0 100 Trying\r\n");
    referred(&mut world, 202);
    notify(&mut world, there, &event, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    assert_eq!(refer_events(&world), ["100 false", "answer 202", "200 true"]);
    world.no_complaints();
    notify(&mut world, there, &event, "active;expires=60", "SIP/2.0 180 Ringing\r\n");
    assert_eq!(world.agents[0].complaint_count(), 1, "after the last comes nothing");

    // Who wants to hear nothing complains about a NOTIFY.
    let to = ReferTo::Uri("sip:300@127.0.0.1:3".to_owned());
    world.act(0, |ua, now, out| ua.refer(now, here, to, false, out));
    let id = world.agents[0].dialogs[&here].cseq;
    referred(&mut world, 202);
    let event = format!("refer;id={id}");
    notify(&mut world, there, &event, "active;expires=60", "SIP/2.0 100 Trying\r\n");
    assert_eq!(world.agents[0].complaint_count(), 2);
    assert_eq!(refer_events(&world).last().unwrap(), "answer 202");
}

#[test]
fn a_notify_of_a_refer_is_read_strictly() {
    for (event, state, body) in [
        ("refer;id=1", "active;expires=60", "SIP/2.0 100 Trying\r\n"),
        ("refer", "active", "SIP/2.0 100 Trying\r\n"),
        ("refer", "terminated", "SIP/2.0 200 OK\r\n"),
        ("refer", "", "SIP/2.0 200 OK\r\n"),
        ("refer", "active;expires=60", ""),
        ("refer", "active;expires=60", "200 OK"),
        ("refer", "active;expires=60", "SIP/2.0 99 No\r\n"),
    ] {
        let mut world = World::new();
        let (here, there) = world.up();
        world.lose = |text| text.starts_with("REFER");
        let to = ReferTo::Uri("sip:300@127.0.0.1:3".to_owned());
        world.act(0, |ua, now, out| ua.refer(now, here, to, true, out));
        world.agents[0].dialogs.get_mut(&here).unwrap().refers = vec![77];
        notify(&mut world, there, event, state, body);
        assert_eq!(world.agents[0].complaint_count(), 1, "{event} {state} {body}");
        assert_eq!(refer_events(&world), [""; 0], "{event} {state} {body}");
    }
}

#[test]
fn a_refer_into_another_call_names_it_as_its_other_side_has_it() {
    let mut world = World::new();
    let (here, _) = world.up();
    let (other, there) = world.up();
    let (local, remote) = {
        let dialog = &world.agents[1].dialogs[&there];
        (dialog.local_tag.clone(), dialog.remote_tag.clone().unwrap())
    };
    let replaces = world.agents[0].replaces(other).unwrap();
    assert!(replaces.ends_with(&format!(";to-tag={local};from-tag={remote}")), "{replaces}");
    world.lose = |text| text.starts_with("REFER");
    world.act(0, |ua, now, out| ua.refer(now, here, ReferTo::Call(other), true, out));
    let client = world.agents[0].clients.values().find(|c| c.request.method == Method::Refer);
    let value = message::first(&client.unwrap().request.headers, "Refer-To").unwrap().to_owned();
    let call_id = replaces.split(['@', ';']).next().unwrap();
    assert!(value.starts_with("<sip:200@127.0.0.1:2?Replaces="), "{value}");
    assert!(value.contains(&format!("{call_id}%40")) && value.contains("%3Bto-tag%3D"), "{value}");
    // A call that is over cannot be named.
    world.act(0, |ua, now, out| ua.hang_up(now, other, out));
    world.act(0, |ua, now, out| ua.refer(now, here, ReferTo::Call(other), true, out));
    assert_eq!(refer_events(&world), ["answer 481"]);
}

#[test]
fn an_invite_can_carry_replaces_and_their_hold_is_answered() {
    let mut world = World::new();
    let (here, there) = world.up();
    let value = world.agents[0].replaces(here).unwrap();
    let invite = Invite {
        user: "100".to_owned(),
        display: None,
        account: None,
        uri: rsip::Uri::try_from("sip:200@127.0.0.1:2").unwrap(),
        to: world.agents[1].local,
        media: media(1_000),
        headers: vec![("Replaces".to_owned(), value.clone())],
    };
    world.act(0, |ua, now, out| ua.call(now, invite, out));
    let got = world.events.iter().rev().find_map(|(_, event)| match event {
        Event::Incoming { caller, .. } => caller.header("Replaces").map(str::to_owned),
        _ => None,
    });
    assert_eq!(got, Some(value));
    for wish in [Direction::SendOnly, Direction::SendRecv] {
        world.events.clear();
        world.act(1, |ua, now, out| ua.reinvite(now, there, wish, out));
        let heard = world.events.iter().any(|(at, event)| {
            *at == 0 && matches!(event, Event::Reinvited { direction, .. } if *direction == wish)
        });
        let agreed = world
            .events
            .iter()
            .any(|(at, event)| *at == 1 && matches!(event, Event::Changed { status: 200, .. }));
        let aim = world.events.iter().find_map(|(at, event)| match event {
            Event::Aim { aim, .. } if *at == 0 => Some(aim.send),
            _ => None,
        });
        assert!(heard && agreed, "{:?}", world.events);
        assert_eq!(aim, Some(wish == Direction::SendRecv));
    }
    world.no_complaints();
}

#[test]
fn texts_go_both_ways_and_their_fate_is_known() {
    let mut world = World::new();
    let text = |user: &str, kind: &str| OutText {
        user: "100".to_owned(),
        account: None,
        uri: rsip::Uri::try_from(format!("sip:{user}@127.0.0.1:2").as_str()).unwrap(),
        to: SocketAddr::from(([127, 0, 0, 1], 2)),
        content_type: kind.to_owned(),
        text: "您好".to_owned(),
    };
    world.agents[1].settings.users = vec!["200".to_owned()];
    for (user, kind, status) in [
        ("200", "text/plain;charset=utf-8", 200),
        ("200", "text/html", 415),
        ("300", "text/plain", 404),
    ] {
        world.events.clear();
        let number = world.act(0, |ua, now, out| ua.send_text(now, text(user, kind), out));
        let came = world.events.iter().find_map(|(at, event)| match event {
            Event::Text { from, text } if *at == 1 => Some((from.clone(), text.clone())),
            _ => None,
        });
        let want = ("100".to_owned(), "您好".to_owned());
        assert_eq!(came, (status == 200).then_some(want), "{kind}");
        let done = world.events.iter().any(|(at, event)| {
            *at == 0
                && matches!(event, Event::TextDone { number: of, status: got } if *of == number && *got == status)
        });
        assert!(done, "{:?}", world.events);
    }
    world.no_complaints();
    world.lose = |text| text.starts_with("MESSAGE");
    world.events.clear();
    world.act(0, |ua, now, out| ua.send_text(now, text("200", "text/plain"), out));
    world.pass(Duration::from_secs(33));
    let done = |(_, event): &(usize, Event)| matches!(event, Event::TextDone { status: 408, .. });
    assert!(world.events.iter().any(done));
    world.all_forgotten();
}
