use std::time::Duration;

use crate::api::pace::Pace;
use crate::api::tests::house::House;
use crate::base::TenantId;
use crate::call::Fact;
use crate::store::{ResumeError, SpoolSettings};

/// Facts that tell their place.
pub(super) fn facts(count: usize) -> Vec<Fact> {
    let fact = |at| Fact::Alarm { id: format!("a{at}"), what: "x".into(), cleared: false };
    (0..count).map(fact).collect()
}

/// A house whose spool has forgotten its beginning, and the oldest number to resume from.
pub(super) async fn forgetful() -> (House, u64) {
    let settings = SpoolSettings {
        file_bytes: 4_096,
        keep: Duration::ZERO,
        keep_bytes: 0,
        ..SpoolSettings::default()
    };
    let mut house = House::with(8, Pace::default(), settings).await;
    let tenant = TenantId::new("fcg");
    for _ in 0..100 {
        house.happen("fcg", facts(20)).await;
        if let Err(ResumeError::TooOld { oldest }) = house.door.events.behind(&tenant, 0, 1) {
            return (house, oldest);
        }
    }
    panic!("the spool forgets nothing");
}

#[tokio::test]
async fn pages_of_events_follow_each_other() {
    let mut house = House::new().await;
    assert_eq!(
        house.get("/v1/events/page").await.json(),
        serde_json::json!({"rows": [], "next": 0})
    );
    house.happen("fcg", facts(7)).await;
    house.happen("other", facts(3)).await;
    let mut numbers = Vec::new();
    let mut after = 0;
    loop {
        let page = house.get(&format!("/v1/events/page?after={after}&limit=3")).await.json();
        let rows = page["rows"].as_array().unwrap();
        if rows.is_empty() {
            assert_eq!(page["next"], after);
            break;
        }
        for row in rows {
            assert_eq!((&row["tenant"], &row["type"]), (&"fcg".into(), &"alarm".into()));
            numbers.push(row["number"].as_u64().unwrap());
        }
        after = page["next"].as_u64().unwrap();
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn a_waiting_page_answers_when_something_happens() {
    let mut house = House::new().await;
    house.happen("fcg", facts(1)).await;
    let published = house.write("fcg", facts(1));
    let (door, router) = (house.door.clone(), house.router.clone());
    let request = axum::http::Request::builder()
        .uri("/v1/events/page?after=2&wait=30")
        .header("authorization", format!("Bearer {}", super::house::TOKEN))
        .body(axum::body::Body::empty())
        .unwrap();
    let waiting = tower::ServiceExt::oneshot(router, request);
    let happening = async {
        // The news of what it knows already and of others does not wake it for nothing.
        tokio::time::sleep(Duration::from_millis(50)).await;
        door.events.publish(published);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let third = house.write("fcg", facts(1));
        door.events.publish(third);
    };
    let (response, ()) = tokio::join!(waiting, happening);
    let body = axum::body::to_bytes(response.unwrap().into_body(), 100_000).await.unwrap();
    let page: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&page["rows"][0]["number"], &page["next"]), (&3.into(), &3.into()));
}

#[tokio::test]
async fn numbers_that_cannot_be_resumed_from_are_told() {
    let (house, oldest) = forgetful().await;
    let gone = house.get("/v1/events/page?after=0").await;
    assert_eq!((gone.status.as_u16(), gone.problem().as_str()), (410, "events-gone"));
    assert_eq!(gone.json()["oldest"], oldest);
    let page = house.get(&format!("/v1/events/page?after={oldest}&limit=1")).await.json();
    assert_eq!(page["rows"][0]["number"], oldest + 1);
    let ahead = house.get("/v1/events/page?after=1000000").await;
    assert_eq!((ahead.status.as_u16(), ahead.problem().as_str()), (409, "ahead-of-events"));
    let end = house.get(&format!("/v1/events/page?after={}", u64::MAX)).await;
    assert_eq!(end.problem(), "ahead-of-events");
}

#[tokio::test]
async fn only_so_many_wait_at_once() {
    let house = House::with(0, Pace::default(), SpoolSettings::default()).await;
    let answer = house.get("/v1/events/page?wait=5").await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (429, "too-many-streams"));
    assert_eq!(house.get("/v1/events/page").await.status.as_u16(), 200);
}
