use axum::body::Body;
use axum::http::{Method, StatusCode, header};

use std::sync::Arc;
use std::time::Duration;

use crate::api::chunks::chunks;
use crate::api::pace::Pace;
use crate::api::router::paced;
use crate::api::tests::house::{House, TOKEN};
use crate::api::{Door, Reload};
use crate::store::SpoolSettings;

#[tokio::test]
async fn nothing_of_the_operation_centre_is_shown_without_a_token() {
    let house = House::new().await;
    let openapi = house.anonymous(Method::GET, "/v1/openapi.json").await.json();
    let mut asked = 0;
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_open = operation["security"] == serde_json::json!([{}]);
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = house.anonymous(method.clone(), &path.replace("{id}", "lan")).await;
            if is_open {
                assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
                continue;
            }
            asked += 1;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Bearer"));
            if method != Method::HEAD {
                assert_eq!(answer.problem(), "unauthorized");
            }
        }
    }
    assert!(asked > 25, "{asked}");
    assert_eq!(house.anonymous(Method::GET, "/v1/nonsense").await.problem(), "unauthorized");
    assert_eq!(house.anonymous(Method::GET, "/docs").await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_a_right_token_at_the_right_place_opens() {
    let house = House::new().await;
    let with = async |header: &str, path: &str| {
        let headers = [("authorization", header)];
        let request = axum::http::Request::builder().uri(path);
        let request = headers
            .iter()
            .filter(|(_, v)| !v.is_empty())
            .fold(request, |r, (k, v)| r.header(*k, *v));
        let response =
            tower::ServiceExt::oneshot(house.router.clone(), request.body(Body::empty()).unwrap());
        response.await.unwrap().status().as_u16()
    };
    let right = format!("Bearer {TOKEN}");
    assert_eq!(with(&right, "/v1/agents").await, 200);
    for wrong in ["Bearer", "Bearer ", "Bearer x", "Basic YTpi", &right[..right.len() - 1], TOKEN] {
        assert_eq!(with(wrong, "/v1/agents").await, 401, "{wrong:?}");
    }
    let query = format!("access_token={TOKEN}");
    assert_eq!(with("", &format!("/v1/agents?{query}")).await, 401);
    assert_eq!(with("", &format!("/metrics?{query}")).await, 401);
    assert_eq!(with("", &format!("/v1/events?{query}")).await, 426);
    let sound = "/v1/recordings/01JD7ZQK3V0000000000000000/audio.wav";
    assert_eq!(with("", &format!("{sound}?{query}")).await, 404);
    assert_eq!(with("", &format!("{sound}?{query}&{query}")).await, 401);
    assert_eq!(with("", &format!("{sound}?access_token=")).await, 401);
    // A wrong header is not healed by a right query.
    assert_eq!(with("Bearer x", &format!("{sound}?{query}")).await, 401);
}

#[tokio::test]
async fn every_fault_is_a_problem_that_names_its_field() {
    let house = House::new().await;
    let rows = [
        ("/v1/nonsense", 404, "no-route", ""),
        ("/favicon.ico", 404, "no-route", ""),
        ("/v1/calls/live/nonsense", 404, "unknown", ""),
        ("/v1/calls/01JD7ZQK3V0000000000000000", 404, "unknown", ""),
        ("/v1/calls/%00%ff", 404, "unknown", ""),
        ("/v1/agents/nobody", 404, "unknown", ""),
        ("/v1/queues/..%2f..%2fetc", 404, "unknown", ""),
        ("/v1/agents?x=1", 400, "bad-field", "x"),
        ("/v1/calls?limit=0", 400, "bad-field", "limit"),
        ("/v1/calls?limit=501", 400, "bad-field", "limit"),
        ("/v1/calls?limit=5&limit=6", 400, "bad-field", "limit"),
        ("/v1/calls?cursor=nonsense", 400, "bad-field", "cursor"),
        ("/v1/calls?from=yesterday", 400, "bad-field", "from"),
        ("/v1/calls?from=2026-03-02&to=2026-03-01", 400, "bad-field", "to"),
        ("/v1/calls?cause=answered,none", 400, "bad-field", "cause"),
        ("/v1/calls?rating=6", 400, "bad-field", "rating"),
        ("/v1/calls?text=%00", 400, "bad-field", "text"),
        ("/v1/calls?text=", 400, "bad-field", "text"),
        ("/v1/calls?missed=yes", 400, "bad-field", "missed"),
        ("/v1/calls.csv?limit=5", 400, "bad-field", "limit"),
        ("/v1/recordings?call=x", 400, "bad-field", "call"),
        ("/v1/figures/day?date=2026-02-30", 400, "bad-field", "date"),
        ("/v1/figures/day?threshold=0", 400, "bad-field", "threshold"),
        ("/v1/events/page?wait=31", 400, "bad-field", "wait"),
        ("/v1/events/page?after=-1", 400, "bad-field", "after"),
    ];
    for (path, status, name, field) in rows {
        let answer = house.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, name), "{path}");
        let problem = answer.json();
        if !field.is_empty() {
            assert_eq!(problem["field"], field, "{path}");
            assert!(problem["allowed"].as_str().is_some_and(|text| text.len() > 3), "{problem}");
        }
    }
    let long = house.get(&format!("/v1/calls?text={}", "x".repeat(9_000))).await;
    assert_eq!(long.problem(), "too-long");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let house = House::new().await;
    for (method, path, allow) in [
        (Method::DELETE, "/v1/calls", "GET"),
        (Method::GET, "/v1/agents/lan/ready", "POST"),
        (Method::PUT, "/health", "GET"),
        (Method::OPTIONS, "/v1/agents", "GET"),
    ] {
        let answer =
            house.ask(method, path, &[("origin", "https://evil.example")], Body::empty()).await;
        assert_eq!(answer.problem(), "wrong-method", "{path}");
        assert!(answer.header(header::ALLOW).contains(allow), "{answer:?}");
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}

#[tokio::test]
async fn bodies_are_bounded_typed_and_named() {
    let house = House::new().await;
    let path = "/v1/agents/lan/not-ready";
    let json = [("content-type", "application/json")];
    let send = async |headers: &[(&str, &str)], body: &str| {
        house.ask(Method::POST, path, headers, Body::from(body.to_owned())).await
    };
    let good = send(&json, r#"{"reason": "午餐"}"#).await;
    assert_eq!(good.status, StatusCode::NO_CONTENT);
    let charset = [("content-type", "Application/JSON; charset=utf-8")];
    assert_eq!(send(&charset, r#"{"reason": "x"}"#).await.status, StatusCode::NO_CONTENT);
    let long = format!(r#"{{"reason": "{}"}}"#, "x".repeat(65));
    for (body, field) in [
        ("", "body"),
        ("[]", "body"),
        ("{", "body"),
        ("{}", "body"),
        (r#"{"reason": 5}"#, "body"),
        (r#"{"reason": "x", "more": 1}"#, "body"),
        (r#"{"reason": ""}"#, "reason"),
        (r#"{"reason": "a\u0000b"}"#, "reason"),
        (long.as_str(), "reason"),
    ] {
        let answer = send(&json, body).await;
        assert_eq!(answer.problem(), "bad-body", "{body}");
        assert_eq!(answer.json()["field"], field, "{body}");
    }
    let deep = "[".repeat(60_000);
    assert_eq!(send(&json, &deep).await.problem(), "bad-body");
    assert_eq!(send(&[], "{}").await.problem(), "wrong-media-type");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&form, "reason=x").await.problem(), "wrong-media-type");
    let huge = "x".repeat(70_000);
    assert_eq!(send(&json, &huge).await.problem(), "too-large");
    let told = [("content-type", "application/json"), ("content-length", "70000")];
    assert_eq!(send(&told, "{}").await.problem(), "too-large");
    let strange = [("content-length", "many")];
    assert_eq!(send(&strange, "{}").await.problem(), "too-large");
}

#[tokio::test]
async fn browsers_are_kept_strict_on_every_answer() {
    let house = House::new().await;
    for path in ["/v1/agents", "/v1/nonsense", "/health", "/docs", "/metrics", "/v1/calls?x=1"] {
        let answer = house.get(path).await;
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(header::X_FRAME_OPTIONS), "DENY", "{path}");
        assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer", "{path}");
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
    }
    let script = house.get("/v1/%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert_eq!(script.problem(), "no-route");
    let script = house.get("/docs?%3Cscript%3E=%3Cscript%3E").await;
    assert_eq!(script.problem(), "bad-field");
}

#[tokio::test]
async fn whoever_is_slow_is_not_waited_for() {
    let pace = Pace { body: Duration::from_millis(50), ..Pace::default() };
    let house = House::with(8, pace, SpoolSettings::default()).await;
    let drip = chunks((), |()| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((Ok::<_, std::io::Error>(" "), ()))
    });
    let json = [("content-type", "application/json")];
    let path = "/v1/agents/lan/not-ready";
    let answer = house.ask(Method::POST, path, &json, Body::from_stream(drip)).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (408, "too-slow"));
}

#[tokio::test]
async fn a_fault_of_ours_or_a_hanging_disk_costs_one_request() {
    let mut house = House::new().await;
    let with = |house: &House, reload: Reload| {
        let door = Door { reload, ..house.door.clone() };
        paced(door, Pace { answer: Duration::from_millis(50), ..Pace::default() })
    };
    house.router = with(&house, Arc::new(|| Box::pin(std::future::pending())));
    let answer = house.post("/v1/config/reload").await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "took-too-long"));
    assert_eq!(answer.header(header::RETRY_AFTER), "5");
    house.router = with(&house, Arc::new(|| Box::pin(async { panic!("a fault of the test") })));
    let answer = house.post("/v1/config/reload").await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"));
    assert!(!answer.text().contains("of the test"), "what went wrong inside is for the log only");
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(house.get("/v1/agents").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_guesses_tokens_is_locked_out_and_nobody_else() {
    let house = House::new().await;
    let ask = async |from: &str, path: &str, token: &str| {
        let peer: std::net::SocketAddr = from.parse().unwrap();
        let request = axum::http::Request::builder().uri(path);
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.extension(axum::extract::ConnectInfo(peer));
        let request = request.body(Body::empty()).unwrap();
        let answer = tower::ServiceExt::oneshot(house.router.clone(), request).await.unwrap();
        let after = answer.headers().get(header::RETRY_AFTER).cloned();
        (answer.status().as_u16(), after.is_some())
    };
    assert_eq!(ask("192.0.2.9:1", "/v1/agents", TOKEN).await, (200, false));
    for number in 0..10 {
        let path = if number % 2 == 0 { "/v1/agents" } else { "/health" };
        let status = if number % 2 == 0 { 401 } else { 200 };
        assert_eq!(ask("192.0.2.7:1", path, "wrong").await, (status, false), "{number}");
    }
    for path in ["/v1/agents", "/health", "/v1/nonsense"] {
        assert_eq!(ask("192.0.2.7:2", path, TOKEN).await, (429, true), "{path}");
    }
    assert_eq!(ask("192.0.2.8:1", "/v1/agents", TOKEN).await, (200, false));
    assert_eq!(house.anonymous(Method::GET, "/health").await.status, StatusCode::OK);
}

/// Where a request comes from is told by the socket.
#[tokio::test]
async fn guesses_are_counted_on_a_real_socket() {
    let house = House::new().await;
    let address = house.listen().await;
    let client = reqwest::Client::new();
    let url = format!("http://{address}/v1/agents");
    for _ in 0..10 {
        let answer = client.get(&url).bearer_auth("wrong").send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    let answer = client.get(&url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "300");
}
