use std::collections::BTreeSet;

use axum::http::header;
use serde_json::Value;

use crate::api::problem_kind::Kind;
use crate::api::tests::house::House;

/// Paths that are pages for people and therefore not in the description.
const PAGES: [&str; 2] = ["/docs", "/docs/style.css"];

async fn openapi(house: &House) -> Value {
    house.get("/v1/openapi.json").await.json()
}

#[tokio::test]
async fn the_description_and_the_router_have_the_same_paths() {
    let house = House::new().await;
    let described: BTreeSet<String> =
        openapi(&house).await["paths"].as_object().unwrap().keys().cloned().collect();
    let router = format!("{:?}", house.router);
    let routed: BTreeSet<String> = router
        .split('"')
        .filter(|text| {
            text.len() > 1
                && text.starts_with('/')
                && !text.contains(' ')
                && !text.contains("__private")
        })
        .filter(|path| !PAGES.contains(path))
        .map(str::to_owned)
        .collect();
    assert!(described.len() > 30, "{described:?}");
    assert_eq!(described, routed);
}

#[tokio::test]
async fn every_operation_says_what_it_is_what_it_answers_and_who_may() {
    let house = House::new().await;
    let openapi = openapi(&house).await;
    let mut ids = BTreeSet::new();
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "head" {
                continue;
            }
            let at = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 10), "{at}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{at}");
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{at}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with(['1', '2'])), "{at}");
            let is_open = operation["security"] == serde_json::json!([{}]);
            assert_eq!(responses.contains_key("401"), !is_open, "{at}");
            for (status, response) in responses {
                let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                let is_problem = status.starts_with(['4', '5']);
                assert_eq!(problem == "#/components/schemas/Problem", is_problem, "{at} {status}");
            }
            if path.contains("{id}") {
                assert!(responses.contains_key("404"), "{at}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].as_str().is_some_and(|t| !t.is_empty()), "{at}");
            }
        }
    }
    let text = openapi.to_string();
    for part in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(openapi["components"]["schemas"][name].is_object(), "{name} is not described");
    }
    assert_eq!(openapi["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[tokio::test]
async fn the_docs_page_needs_nothing_from_elsewhere() {
    let house = House::new().await;
    let page = house.get("/docs").await;
    assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    let style = house.get("/docs/style.css").await;
    assert_eq!(style.header(header::CONTENT_TYPE), "text/css; charset=utf-8");
    for text in [page.text(), style.text()] {
        for foreign in
            ["http:", "https:", "ws:", "src=", "@import", "url(", "<script", "\"//", "'//"]
        {
            assert!(!text.contains(foreign), "{foreign}");
        }
    }
    let text = page.text();
    for path in openapi(&house).await["paths"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("<code>{path}</code>")), "{path} is not on the page");
    }
    for kind in Kind::ALL {
        assert!(text.contains(&format!("id=\"problem-{}\"", kind.name())), "{kind:?}");
    }
    for link in text.split("href=\"#").skip(1) {
        let link = link.split('"').next().unwrap();
        assert!(text.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
    }
}

/// Whether a path that was asked is that of the description.
fn is_same(asked: &str, described: &str) -> bool {
    let (mut asked, mut described) = (asked.split('/'), described.split('/'));
    loop {
        match (asked.next(), described.next()) {
            (None, None) => return true,
            (Some(_), Some("{id}")) => {}
            (one, other) if one == other => {}
            _ => return false,
        }
    }
}

#[tokio::test]
async fn every_command_of_the_guide_asks_what_there_is() {
    let guide = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md"));
    let house = House::new().await;
    let openapi = openapi(&house).await;
    let paths = openapi["paths"].as_object().unwrap();
    let mut commands = 0;
    let joined = guide.replace("\\\n", " ");
    for line in joined.lines().filter(|line| line.contains("127.0.0.1:8080")) {
        let (_, rest) = line.split_once("127.0.0.1:8080").unwrap();
        let end = rest.find(['"', '\'', ' ', '`']).unwrap_or(rest.len());
        let (path, query) = rest[..end].split_once('?').unwrap_or((&rest[..end], ""));
        let method = if line.contains("-X POST") { "post" } else { "get" };
        if path.is_empty() || PAGES.contains(&path) {
            continue;
        }
        commands += 1;
        let found = paths.iter().filter(|(described, _)| is_same(path, described));
        let operation = found.map(|(_, item)| &item[method]).find(|o| o.is_object());
        let operation =
            operation.unwrap_or_else(|| panic!("{method} {path} is in docs/api.md only"));
        let known: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let key = pair.split('=').next().unwrap();
            assert!(known.iter().any(|p| p["name"] == key), "{path} takes no {key}");
        }
    }
    assert!(commands > 15, "{commands}");
    let agents = "/v1/agents/{id}/ready";
    assert!(is_same("/v1/agents/lan/ready", agents) && !is_same("/v1/agents/lan", agents));
}
