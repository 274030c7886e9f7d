use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use crate::api::fields::{Ask, Nothing};
use crate::api::html::{escape, line, prose};
use crate::api::operation::Operation;
use crate::api::problem_kind::Kind;
use crate::api::schema;
use crate::api::shared::House;

/// All that the page may load is its own style; nothing comes from elsewhere and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
const STYLE: &str = include_str!("page.css");

/// The docs page: the description made readable on this side, for browsers without the internet and
/// without scripts.
pub(crate) fn routes(openapi: &OpenApi) -> Router<House> {
    let html = render(&serde_json::to_value(openapi).unwrap_or_default());
    let page = move |_none: Ask<Nothing>| {
        let html = html.clone();
        async move { ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)) }
    };
    let style = async |_none: Ask<Nothing>| {
        let headers = [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "max-age=3600"),
        ];
        (headers, STYLE).into_response()
    };
    Router::new().route("/docs", get(page)).route("/docs/style.css", get(style))
}

/// This description, as OpenAPI 3.1. Open to all.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "engine", operation_id = "openapi",
    security(()), responses((status = 200, description = "The description.", body = Object)))]
pub(crate) async fn description(
    State(house): State<House>,
    _none: Ask<Nothing>,
) -> Json<std::sync::Arc<OpenApi>> {
    Json(std::sync::Arc::clone(&house.openapi))
}

fn render(openapi: &Value) -> String {
    let text = |path: &str| openapi.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let empty = Map::new();
    let paths = openapi.get("paths").and_then(Value::as_object).unwrap_or(&empty);
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap_or(&empty);
            methods.iter().map(|(method, about)| Operation { method, path, about })
        })
        .filter(|operation| ["get", "post", "put", "delete"].contains(&operation.method))
        .collect();
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head>\n<body>\n\
         <h1>{title} <small>{}</small></h1>\n{}\
         <p>The same for programs: <a href=\"/v1/openapi.json\">/v1/openapi.json</a>. In the \
         examples <code>$HOTLINE</code> is where the engine listens, <code>$TOKEN</code> one of \
         the configured tokens.</p>\n",
        escape(text("/info/version")),
        prose(text("/info/description")),
        title = escape(text("/info/title")),
    );
    for tag in openapi.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let name = tag.get("name").and_then(Value::as_str).unwrap_or_default();
        let about = tag.get("description").and_then(Value::as_str).unwrap_or_default();
        html.push_str(&format!("<h2 id=\"{0}\">{0}</h2>\n{1}", escape(name), prose(about)));
        let tagged = operations.iter().filter(|operation| operation.has_tag(name));
        html.extend(tagged.map(Operation::html));
    }
    html.push_str("<h2 id=\"problems\">problems</h2>\n<table>\n");
    for kind in Kind::ALL {
        html.push_str(&format!(
            "<tr id=\"problem-{0}\"><td><code>{0}</code></td><td>{1}</td><td><b>{2}.</b> {3}</td></tr>\n",
            kind.name(),
            kind.status().as_u16(),
            escape(kind.title()),
            line(kind.meaning()),
        ));
    }
    html.push_str("</table>\n<h2 id=\"types\">types</h2>\n");
    let schemas = openapi.pointer("/components/schemas").and_then(Value::as_object);
    html.push_str(&schema::all(schemas.unwrap_or(&empty)));
    html.push_str("</body></html>\n");
    html
}
