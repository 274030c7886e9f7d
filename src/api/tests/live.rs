use std::sync::atomic::Ordering;

use axum::http::{Method, StatusCode};

use crate::api::tests::house::House;
use crate::base::{CallId, TenantId, Wall};
use crate::call::{AgentView, CallPhase, CallView, QueueView, RegistrationView, TrunkView, View};

fn call(tenant: &str, number: u128) -> CallView {
    let at = Wall::from_micros(1_772_323_200_000_000 + i64::try_from(number).unwrap());
    CallView {
        id: CallId::new(at, number),
        tenant: TenantId::new(tenant),
        phase: CallPhase::Waiting,
        since: at,
        arrived: at,
        caller: "<script>alert(1)</script>".into(),
        region: "0770".into(),
        called: "12345".into(),
        trunk: Some("carrier".into()),
        account: None,
        queue: Some("complaint".into()),
        position: Some(1),
        agent: None,
        recording: None,
        node: "fcg/12345:main_menu".into(),
    }
}

fn agent(id: &str) -> AgentView {
    AgentView {
        id: id.into(),
        name: "兰芳".into(),
        number: "8001".into(),
        status: "ready".into(),
        reason: None,
        state: "idle".into(),
        wall: "空闲".into(),
        reachable: true,
        leg: None,
        since: Wall::from_micros(1),
        call: None,
        queues: vec!["complaint".into()],
    }
}

async fn shown() -> House {
    let house = House::new().await;
    let live = &house.door.live;
    for number in [2, 1] {
        live.show(View::Call(call("fcg", number)));
    }
    live.show(View::Call(call("other", 3)));
    live.show(View::Agent(agent("lan")));
    live.show(View::Agent(agent("陈 明")));
    live.show(View::Queue(QueueView {
        id: "complaint".into(),
        name: "投诉".into(),
        waiting: 2,
        oldest: None,
        signed_in: 5,
        free: 1,
        talking: 3,
    }));
    live.show(View::Trunk(TrunkView { id: "carrier".into(), calls: 3, channels: 60, alive: true }));
    live.show(View::Registration(RegistrationView {
        account: "8001".into(),
        contact: "sip:8001@10.0.0.21".into(),
        source: "10.0.0.21:5060".into(),
        transport: "udp".into(),
        expires: Wall::from_micros(9),
        user_agent: "x".into(),
    }));
    house
}

#[tokio::test]
async fn what_is_live_is_listed_and_found() {
    let house = shown().await;
    let calls = house.get("/v1/calls/live").await.json();
    let rows = calls["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "another operation centre's call is not shown: {calls}");
    assert_eq!(
        (rows[0]["position"].as_u64(), rows[0]["phase"].as_str()),
        (Some(1), Some("waiting"))
    );
    assert!(rows[0]["arrived"].as_i64() < rows[1]["arrived"].as_i64());
    let id = rows[0]["id"].as_str().unwrap();
    assert_eq!(house.get(&format!("/v1/calls/live/{id}")).await.json(), rows[0]);
    let detail = house.get(&format!("/v1/calls/{id}")).await.json();
    assert_eq!((&detail["live"], &detail["record"]), (&rows[0], &serde_json::Value::Null));
    let foreign = call("other", 3).id;
    for path in [format!("/v1/calls/live/{foreign}"), format!("/v1/calls/{foreign}")] {
        assert_eq!(house.get(&path).await.problem(), "unknown");
    }
    assert_eq!(house.get("/v1/agents").await.json()["rows"].as_array().unwrap().len(), 2);
    assert_eq!(house.get("/v1/agents/%E9%99%88%20%E6%98%8E").await.json()["name"], "兰芳");
    assert_eq!(house.get("/v1/queues").await.json()["rows"][0]["waiting"], 2);
    assert_eq!(house.get("/v1/queues/complaint").await.json()["name"], "投诉");
    assert_eq!(house.get("/v1/trunks").await.json()["rows"][0]["channels"], 60);
    assert_eq!(house.get("/v1/registrations").await.json()["rows"][0]["account"], "8001");
}

#[tokio::test]
async fn a_live_call_is_seen_while_the_database_is_away() {
    let house = shown().await;
    house.lose_database().await;
    let id = call("fcg", 1).id;
    assert_eq!(house.get(&format!("/v1/calls/{id}")).await.json()["live"]["id"], id.to_string());
}

#[tokio::test]
async fn commands_reach_the_core_and_its_answers_the_client() {
    let house = shown().await;
    let id = call("fcg", 1).id;
    assert_eq!(
        house.post(&format!("/v1/calls/live/{id}/hangup")).await.status,
        StatusCode::NO_CONTENT
    );
    let names = [
        ("sign-in", "SignIn"),
        ("sign-out", "SignOut"),
        ("ready", "Ready"),
        ("wrap-up-done", "WrapUpDone"),
        ("answer", "Answer"),
        ("hang-up", "HangUpAgent"),
        ("hold", "Hold"),
        ("retrieve", "Retrieve"),
    ];
    for (path, command) in names {
        let answer = house.post(&format!("/v1/agents/lan/{path}")).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        let asked = house.asked.lock().unwrap().last().cloned().unwrap();
        assert!(asked.starts_with(command) && asked.contains("\"lan\""), "{path}: {asked}");
        for (agent, status, problem) in [
            ("nobody", 404, "unknown"),
            ("talking", 409, "wrong-state"),
            ("deaf", 409, "phone-cannot"),
            ("late", 429, "overloaded"),
            ("given-up", 429, "overloaded"),
        ] {
            let answer = house.post(&format!("/v1/agents/{agent}/{path}")).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, problem));
            assert_eq!(answer.headers.contains_key("retry-after"), status == 429);
        }
    }
    let body = axum::body::Body::from(r#"{"reason": "lunch"}"#);
    let json = [("content-type", "application/json")];
    house.ask(Method::POST, "/v1/agents/lan/not-ready", &json, body).await;
    let asked = house.asked.lock().unwrap().last().cloned().unwrap();
    assert!(asked.starts_with("NotReady") && asked.contains("lunch"), "{asked}");
}

#[tokio::test]
async fn a_reload_tells_every_fault_and_what_needs_a_restart() {
    let house = House::new().await;
    for path in ["/v1/dialplans/reload", "/v1/config/reload"] {
        house.faulty.store(false, Ordering::SeqCst);
        let used = house.post(path).await;
        assert_eq!(used.status, StatusCode::OK);
        assert_eq!(used.json(), serde_json::json!({"needs_restart": ["media.ports"]}));
        house.faulty.store(true, Ordering::SeqCst);
        let answer = house.post(path).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "bad-files"));
        let fault = &answer.json()["faults"][0];
        assert_eq!(
            (&fault["file"], &fault["line"]),
            (&"dialplans/fcg/12345.flow.yaml".into(), &14.into())
        );
        assert_eq!(fault["key"], "nodes.menu.timeout");
        assert!(fault["what"].as_str().unwrap().contains("soon"));
    }
}

#[tokio::test]
async fn health_is_open_and_tells_strangers_no_more_than_names() {
    let house = House::new().await;
    let well = house.anonymous(Method::GET, "/health").await.json();
    assert_eq!(well, serde_json::json!({"status": "ok", "alarms": []}));
    house.door.health.alarm("recordings-disk", "/srv is full", false, Wall::from_micros(5));
    let ill = house.anonymous(Method::GET, "/health").await;
    assert_eq!(
        ill.json(),
        serde_json::json!({"status": "degraded", "alarms": ["recordings-disk"]})
    );
    house.door.health.restart_needed(vec!["media.ports".to_owned()]);
    assert_eq!(house.anonymous(Method::GET, "/health").await.json(), ill.json());
    let known = house.get("/health").await.json();
    assert_eq!(known["needs_restart"], serde_json::json!(["media.ports"]));
    assert_eq!(known["details"][0]["what"], "/srv is full");
    assert_eq!(known["details"][0]["since"], 5);
}

#[tokio::test]
async fn metrics_count_calls_and_name_no_caller() {
    let mut house = shown().await;
    let (id, at) = (house.sample.call(), house.sample.now());
    let cdr = crate::store::sample::cdr(id, at, crate::call::Cause::AbandonedQueue);
    let facts = vec![crate::store::sample::arrived(id), crate::call::Fact::Cdr(Box::new(cdr))];
    for event in house.write("fcg", facts) {
        house.metrics.record(&event.record);
    }
    house.door.health.alarm("database", "away", false, Wall::from_micros(5));
    house.get("/v1/agents/someone-secret").await;
    house.ask("BREW".parse().unwrap(), "/v1/agents", &[], axum::body::Body::empty()).await;
    let text = house.get("/metrics").await.text();
    for line in [
        "hotline_calls_arrived_total{tenant=\"fcg\"} 1",
        "hotline_calls_ended_total{cause=\"abandoned-queue\",tenant=\"fcg\"} 1",
        "hotline_calls_ended_total{cause=\"crash\",tenant=\"fcg\"} 0",
        "hotline_calls_outcome_total{outcome=\"abandoned\",tenant=\"fcg\"} 1",
        "hotline_calls_outcome_total{outcome=\"answered\",tenant=\"fcg\"} 0",
        "hotline_events_published_total{tenant=\"fcg\"} 2",
        "hotline_calls_live{tenant=\"fcg\"} 3",
        "hotline_queue_waiting{queue=\"complaint\",tenant=\"fcg\"} 2",
        "hotline_queue_free{queue=\"complaint\",tenant=\"fcg\"} 1",
        "hotline_queue_talking{queue=\"complaint\",tenant=\"fcg\"} 3",
        "hotline_agents{state=\"idle\",status=\"ready\",tenant=\"fcg\"} 2",
        "hotline_trunk_calls{tenant=\"fcg\",trunk=\"carrier\"} 3",
        "hotline_trunk_alive{tenant=\"fcg\",trunk=\"carrier\"} 1",
        "hotline_alarm{alarm=\"database\",tenant=\"fcg\"} 1",
        "hotline_registrations{tenant=\"fcg\"} 1",
        "hotline_http_requests_total{method=\"GET\",route=\"/v1/agents/{id}\",status=\"404\"} 1",
        "hotline_http_requests_total{method=\"other\",route=\"/v1/agents\",status=\"405\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("13977012345") && !text.contains("secret") && !text.contains("BREW"));
    house.door.health.alarm("database", "", true, Wall::from_micros(6));
    assert!(!house.get("/metrics").await.text().contains("hotline_alarm{"));
}
