use axum::body::Body;
use axum::http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::api::tests::house::House;

/// Pieces that queries are made of, and pieces that break parsers.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{0,12}",
        "[0-9]{0,24}",
        Just("from".to_owned()),
        Just("cursor".to_owned()),
        Just("limit".to_owned()),
        Just("text".to_owned()),
        Just("after".to_owned()),
        Just("format".to_owned()),
        Just("2026-03-01".to_owned()),
        Just("9999-12-31T23:59:60Z".to_owned()),
        Just("-99999999999999999999-01JD7ZQK3V0000000000000000".to_owned()),
        Just("%00".to_owned()),
        Just("%ff%fe".to_owned()),
        Just("%".to_owned()),
        Just("%25%27%22--".to_owned()),
        Just("%F0%9F%98%80".to_owned()),
        Just("..%2f..%2fetc%2fpasswd".to_owned()),
        Just("%E2%80%AE".to_owned()),
        "[!-~&&[^#]]{0,20}",
    ]
}

fn query() -> impl Strategy<Value = String> {
    let pair = (piece(), piece()).prop_map(|(key, value)| format!("{key}={value}"));
    proptest::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

#[test]
fn no_query_and_no_id_makes_the_door_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut house = runtime.block_on(House::new());
    let call = house.sample.call();
    runtime.block_on(house.happen("fcg", vec![crate::store::sample::arrived(call)]));
    let openapi = runtime.block_on(house.get("/v1/openapi.json")).json();
    let paths: Vec<(String, String)> = openapi["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    let mut runner = TestRunner::new(Config::with_cases(1_500));
    let strategy = (proptest::sample::select(paths), piece(), query(), any::<bool>());
    runner
        .run(&strategy, |((method, path), id, query, known)| {
            let id = if known { call.to_string() } else { id.replace(['/', '?', '#'], "") };
            let path = format!("{}?{query}", path.replace("{id}", &id));
            // What no client can send is not asked.
            let Ok(uri) = path.parse::<axum::http::Uri>() else { return Ok(()) };
            // It would wait for what never comes.
            if query.contains("wait=") {
                return Ok(());
            }
            let method: Method = method.parse().unwrap();
            let answer =
                runtime.block_on(house.ask(method, &uri.to_string(), &[], Body::from("{}")));
            prop_assert!(answer.status.as_u16() < 500, "{path}: {answer:?}");
            Ok(())
        })
        .unwrap();
}
