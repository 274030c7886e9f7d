#![expect(clippy::disallowed_methods, reason = "a test reads and writes at once")]

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;
use tokio_stream::StreamExt;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::api::pace::Pace;
use crate::api::tests::events::{facts, forgetful};
use crate::api::tests::house::{House, TOKEN};
use crate::call::Fact;
use crate::store::SpoolSettings;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(address: SocketAddr, query: &str) -> Result<Socket, Error> {
    let url = format!("ws://{address}/v1/events?access_token={TOKEN}{query}");
    connect_async(url).await.map(|(socket, _)| socket)
}

/// The next text frame; pings are answered on the way.
async fn next(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
        match message.expect("a frame in time").expect("a frame").expect("a good frame") {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(Message::Ping(_) | Message::Text(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_resumes_without_gap_or_double_while_events_come() {
    let mut house = House::new().await;
    let address = house.listen().await;
    house.happen("fcg", facts(300)).await;
    let mut writer = house;
    let writing = tokio::spawn(async move {
        for round in 0..60 {
            let published = writer.write("fcg", facts(5));
            writer
                .write("other", facts(2))
                .into_iter()
                .for_each(|e| writer.door.events.publish(vec![e]));
            // Events are in the spool before they are published, sometimes long before.
            if round % 3 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            writer.door.events.publish(published);
        }
        writer
    });
    let mut last = 0;
    while last < 600 {
        let mut socket = connect(address, &format!("&after={last}")).await.unwrap();
        for _ in 0..97 {
            if last == 600 {
                break;
            }
            let event = next(&mut socket).await;
            assert_eq!(event["number"], last + 1);
            assert_eq!(event["tenant"], "fcg");
            last += 1;
        }
        drop(socket);
    }
    writing.await.unwrap();
}

#[tokio::test]
async fn without_a_number_it_begins_with_the_next_event() {
    let mut house = House::new().await;
    let address = house.listen().await;
    house.happen("fcg", facts(5)).await;
    let mut socket = connect(address, "").await.unwrap();
    // The handshake is answered before the stream listens.
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.happen("fcg", facts(1)).await;
    let event = next(&mut socket).await;
    assert_eq!((&event["number"], &event["alarm"]), (&6.into(), &"a0".into()));
    // What was missed between two news is fetched from the spool.
    house.write("fcg", facts(3));
    house.happen("fcg", facts(1)).await;
    for number in 7..=10 {
        assert_eq!(next(&mut socket).await["number"], number);
    }
}

#[tokio::test]
async fn a_reader_that_was_lapped_is_served_from_the_spool() {
    let mut house = House::new().await;
    let address = house.listen().await;
    let mut socket = connect(address, "&after=0").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // More than are buffered, at once.
    house.happen("fcg", facts(6_000)).await;
    for number in 1..=6_000 {
        assert_eq!(next(&mut socket).await["number"], number);
    }
}

#[tokio::test]
async fn numbers_that_cannot_be_resumed_from_close_with_a_reason() {
    let (house, oldest) = forgetful().await;
    let address = house.listen().await;
    let mut gone = connect(address, "&after=0").await.unwrap();
    let frame = next(&mut gone).await;
    assert_eq!((&frame["type"], &frame["oldest"]), (&"error".into(), &oldest.into()));
    assert_eq!(close_code(&mut gone).await, 4410);
    let mut ahead = connect(address, "&after=9999999").await.unwrap();
    assert_eq!(next(&mut ahead).await["type"], "error");
    assert_eq!(close_code(&mut ahead).await, 4409);
    let mut good = connect(address, &format!("&after={oldest}")).await.unwrap();
    assert_eq!(next(&mut good).await["number"], oldest + 1);
}

#[tokio::test]
async fn a_handshake_needs_the_token_and_a_free_place() {
    let house = House::with(1, Pace::default(), SpoolSettings::default()).await;
    let address = house.listen().await;
    let status = |result: Result<Socket, Error>| match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    };
    let bare = connect_async(format!("ws://{address}/v1/events")).await.map(|(socket, _)| socket);
    assert_eq!(status(bare), 401);
    assert_eq!(status(connect(address, "&after=x").await), 400);
    assert_eq!(status(connect(address, "&since=1").await), 400);
    let mut first = connect(address, "").await.unwrap();
    assert_eq!(status(connect(address, "").await), 429);
    first.close(None).await.unwrap();
    while let Some(Ok(_)) = first.next().await {}
    for _ in 0..200 {
        if connect(address, "").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place does not get free");
}

#[tokio::test]
async fn pings_keep_a_stream_and_silence_ends_it() {
    let pace = Pace { ping: Duration::from_millis(30), ..Pace::default() };
    let house = House::with(8, pace, SpoolSettings::default()).await;
    let address = house.listen().await;
    let mut alive = connect(address, "").await.unwrap();
    let mut pings = 0;
    while pings < 8 {
        if let Some(Ok(Message::Ping(_))) = alive.next().await {
            pings += 1;
        }
    }
    let mut silent = connect(address, "").await.unwrap();
    // It does not read, so it does not answer.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(close_code(&mut silent).await, u16::from(CloseCode::from(4408)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_reads_nothing_costs_only_itself() {
    let pace = Pace { send: Duration::from_millis(300), ..Pace::default() };
    let mut house = House::with(2, pace, SpoolSettings::default()).await;
    let address = house.listen().await;
    let slow = connect(address, "&after=0").await.unwrap();
    let mut fast = connect(address, "&after=0").await.unwrap();
    let reading = tokio::spawn(async move {
        for number in 1..=300 {
            assert_eq!(next(&mut fast).await["number"], number);
        }
        fast
    });
    for _ in 0..300 {
        let what = "x".repeat(100_000);
        let published =
            house.write("fcg", vec![Fact::Alarm { id: "a".into(), what, cleared: false }]);
        house.door.events.publish(published);
    }
    let _fast = reading.await.unwrap();
    for _ in 0..500 {
        if connect(address, "").await.is_ok() {
            drop(slow);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the slow reader keeps its place");
}

#[tokio::test]
async fn a_stop_sends_the_last_events_and_says_that_the_engine_goes_away() {
    let mut house = House::new().await;
    let address = house.listen().await;
    house.happen("fcg", facts(2)).await;
    let mut socket = connect(address, "&after=0").await.unwrap();
    let mut silent = connect(address, "").await.unwrap();
    for number in 1..=2 {
        assert_eq!(next(&mut socket).await["number"], number);
    }
    // Written, and not published before the end.
    house.write("fcg", facts(1));
    let events = house.door.events.clone();
    let ending = tokio::spawn(async move { events.end(Duration::from_secs(20)).await });
    assert_eq!(next(&mut socket).await["number"], 3);
    assert_eq!(close_code(&mut socket).await, 1001);
    assert_eq!(close_code(&mut silent).await, 1001);
    // They close in order, too.
    while let Some(Ok(_)) = socket.next().await {}
    while let Some(Ok(_)) = silent.next().await {}
    ending.await.unwrap();
    let mut late = connect(address, "").await.unwrap();
    assert_eq!(close_code(&mut late).await, 1001);
}
