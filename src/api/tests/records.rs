use axum::http::header;

use crate::api::tests::house::House;
use crate::call::{Cause, Cdr, Fact};
use crate::store::sample::{arrived, cdr};

/// Calls of two operation centres; those of ours with one of each `cause`, oldest first.
async fn with_calls(causes: &[Cause]) -> (House, Vec<Cdr>) {
    let mut house = House::new().await;
    let mut calls = Vec::new();
    let mut facts = Vec::new();
    for (at, cause) in causes.iter().enumerate() {
        let (id, now) = (house.sample.call(), house.sample.now());
        let mut cdr = cdr(id, now, *cause);
        cdr.queue = Some(if at % 2 == 0 { "complaint" } else { "advice" }.into());
        cdr.t_req = Some(now);
        if *cause == Cause::Answered {
            cdr.t_ans = Some(now);
            cdr.agent = Some("lan".into());
            cdr.rating = Some(u8::try_from(at % 5 + 1).unwrap());
        }
        facts.extend([arrived(id), Fact::Cdr(Box::new(cdr.clone()))]);
        calls.push(cdr);
    }
    house.happen("fcg", facts).await;
    let foreign = house.sample.call();
    let foreign_cdr = cdr(foreign, house.sample.now(), Cause::Answered);
    house.happen("other", vec![arrived(foreign), Fact::Cdr(Box::new(foreign_cdr))]).await;
    (house, calls)
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_double() {
    let (house, calls) = with_calls(&[Cause::Answered; 23]).await;
    let mut seen = Vec::new();
    let mut path = "/v1/calls?limit=5".to_owned();
    loop {
        let page = house.get(&path).await.json();
        let rows = page["rows"].as_array().unwrap();
        assert!(rows.len() <= 5);
        seen.extend(rows.iter().map(|row| row["cdr"]["call"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/calls?limit=5&cursor={next}");
    }
    let newest: Vec<_> = calls.iter().rev().map(|c| c.call.unwrap().to_string()).collect();
    assert_eq!(seen, newest);
}

#[tokio::test]
async fn filters_hold_all_at_once() {
    use Cause::{AbandonedQueue, Answered, FarBusy};
    let (house, calls) = with_calls(&[Answered, AbandonedQueue, Answered, FarBusy, Answered]).await;
    let count = async |query: &str| {
        let answer = house.get(&format!("/v1/calls?{query}")).await;
        answer.json()["rows"]
            .as_array()
            .unwrap_or_else(|| panic!("{query}: {}", answer.text()))
            .len()
    };
    let third = calls[2].t_in.as_micros();
    for (query, expected) in [
        ("", 5),
        ("cause=answered", 3),
        ("cause=abandoned-queue,far-busy", 2),
        ("agent=lan", 3),
        ("agent=nobody", 0),
        ("queue=complaint", 3),
        ("queue=complaint&cause=far-busy", 0),
        ("caller=%2B8613977012345", 5),
        ("called=12345&agent=lan", 3),
        ("rating=1", 1),
        ("rating=3-5", 2),
        ("missed=true", 2),
        ("recorded=true", 0),
        ("text=7701", 5),
        ("text=%25", 0),
        ("text='%20OR%201=1%20--", 0),
        ("from=2026-03-01T08:00:00%2B08:00&to=2026-03-02", 5),
        ("to=2026-03-01T00:00:00Z", 0),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    assert_eq!(count(&format!("from={third}")).await, 3);
    assert_eq!(count(&format!("to={third}")).await, 2);
}

#[tokio::test]
async fn one_call_is_found_with_what_happened_to_it() {
    let (mut house, calls) = with_calls(&[Cause::Answered]).await;
    let id = calls[0].call.unwrap();
    let detail = house.get(&format!("/v1/calls/{id}")).await.json();
    assert_eq!(detail["live"], serde_json::Value::Null);
    assert_eq!(detail["record"]["cdr"]["cause"], "answered");
    let kinds: Vec<_> =
        detail["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["call_arrived", "cdr"]);
    let foreign = house.sample.call();
    house.happen("other", vec![arrived(foreign)]).await;
    assert_eq!(house.get(&format!("/v1/calls/{foreign}")).await.problem(), "unknown");
}

#[tokio::test]
async fn the_table_has_every_call_and_no_formula() {
    let (mut house, _) = with_calls(&[Cause::Answered; 3]).await;
    let (id, now) = (house.sample.call(), house.sample.now());
    let hostile = Cdr {
        caller_raw: "=HYPERLINK(\"http://evil\",\"click\")\r\n<script>".into(),
        ..cdr(id, now, Cause::Refused)
    };
    house.happen("fcg", vec![arrived(id), Fact::Cdr(Box::new(hostile))]).await;
    let answer = house.get("/v1/calls.csv").await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert!(answer.header(header::CONTENT_DISPOSITION).starts_with("attachment"));
    let text = answer.text();
    assert!(text.starts_with("call,arrived,caller,"), "{text}");
    assert!(
        text.contains("\"'=HYPERLINK(\"\"http://evil\"\",\"\"click\"\")\r\n<script>\""),
        "{text}"
    );
    assert!(text.contains(",2026-03-01T08:00:"), "{text}");
    assert_eq!(text.matches("carrier").count(), 4);
    let some = house.get("/v1/calls.csv?cause=refused&bom=true").await.text();
    assert!(some.starts_with("\u{feff}call,"));
    assert_eq!(some.matches("carrier").count(), 1);
}

#[tokio::test]
async fn a_long_table_is_written_page_by_page() {
    let mut house = House::new().await;
    let mut facts = Vec::new();
    for _ in 0..2_300 {
        let (id, now) = (house.sample.call(), house.sample.now());
        facts.push(Fact::Cdr(Box::new(cdr(id, now, Cause::SelfServed))));
    }
    house.happen("fcg", facts).await;
    let text = house.get("/v1/calls.csv").await.text();
    let ids: std::collections::BTreeSet<_> = text.lines().skip(1).map(|line| &line[..26]).collect();
    assert_eq!((ids.len(), text.lines().count()), (2_300, 2_301));
}

#[tokio::test]
async fn a_day_adds_up() {
    use Cause::{AbandonedQueue, Answered, Overload, SelfServed};
    let (mut house, _) = with_calls(&[Answered, AbandonedQueue, SelfServed, Overload]).await;
    let open = house.sample.call();
    house.happen("fcg", vec![arrived(open)]).await;
    let day = house.get("/v1/figures/day?date=2026-03-01").await.json();
    let sum = &day["conservation"];
    assert_eq!(
        (&sum["arrived"], &sum["answered"], &sum["in_progress"]),
        (&5.into(), &1.into(), &1.into())
    );
    assert_eq!(
        (&day["missing"], &day["unrecorded"], &day["unknown"]),
        (&0.into(), &0.into(), &0.into())
    );
    assert_eq!(day["figures"]["total"], 5);
    assert_eq!(day["from"], 1_772_294_400_000_000_i64);
    assert_eq!(house.get("/v1/figures/day").await.json(), day, "today by the wall clock");
    let empty = house.get("/v1/figures/day?date=2026-03-02&threshold=15").await.json();
    assert_eq!(empty["conservation"]["arrived"], 0);
}

#[tokio::test]
async fn logs_recordings_and_messages_are_listed() {
    let mut house = House::new().await;
    let (call, recording) = (house.sample.call(), house.sample.recording());
    let message = house.sample.recording();
    let changed = |state: &str| Fact::AgentChanged {
        agent: "lan".into(),
        status: "ready".into(),
        reason: None,
        state: state.into(),
        call: None,
        previous_ms: 7,
    };
    let channels = ["caller".to_owned(), "agent:lan".to_owned()];
    house
        .happen(
            "fcg",
            vec![
                changed("idle"),
                changed("talking"),
                Fact::RecordingStarted { call, recording, channels },
                Fact::RecordingEnded { call, recording, length_ms: 9 },
                Fact::Voicemail { call, r#box: "night".into(), recording: message, length_ms: 14 },
            ],
        )
        .await;
    let log = house.get("/v1/agents/lan/events?limit=1").await.json();
    assert_eq!(log["rows"][0]["state"], "talking");
    let next = log["next"].as_str().unwrap();
    let log = house.get(&format!("/v1/agents/lan/events?cursor={next}")).await.json();
    assert_eq!(
        (&log["rows"][0]["state"], &log["next"]),
        (&"idle".into(), &serde_json::Value::Null)
    );
    assert_eq!(house.get("/v1/agents/nobody/events").await.problem(), "unknown");
    let all = house.get("/v1/recordings").await.json();
    assert_eq!(
        (&all["rows"][0]["left"], &all["rows"][0]["length_ms"]),
        (&"caller".into(), &9.into())
    );
    let some = house.get(&format!("/v1/recordings?call={call}")).await.json();
    assert_eq!(some["rows"].as_array().unwrap().len(), 1);
    let none = house.get("/v1/recordings?to=2026-03-01").await.json();
    assert!(none["rows"].as_array().unwrap().is_empty());
    let night = house.get("/v1/voicemail?box=night").await.json();
    assert_eq!(night["rows"][0]["recording"], message.to_string());
    assert!(house.get("/v1/voicemail?box=day").await.json()["rows"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn while_the_database_is_away_it_is_said_when_to_come_back() {
    let house = House::new().await;
    house.lose_database().await;
    let call = "01JD7ZQK3V0000000000000000";
    for path in [
        "/v1/calls".to_owned(),
        "/v1/calls.csv".to_owned(),
        format!("/v1/calls/{call}"),
        "/v1/agents/lan/events".to_owned(),
        "/v1/recordings".to_owned(),
        format!("/v1/recordings/{call}/audio.wav"),
        "/v1/voicemail".to_owned(),
        "/v1/figures/day".to_owned(),
    ] {
        let answer = house.get(&path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (503, "records-away"),
            "{path}"
        );
        assert_eq!(answer.header(header::RETRY_AFTER), "5");
    }
    assert_eq!(
        house.get("/v1/events/page").await.status.as_u16(),
        200,
        "events need the spool only"
    );
    assert_eq!(house.get("/v1/calls/live").await.status.as_u16(), 200);
}
