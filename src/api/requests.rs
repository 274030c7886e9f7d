use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus::{IntCounterVec, Opts, Registry};

use crate::api::shared::House;

/// Counts requests by route, method and status: by the route's pattern, never by what is in it.
pub(crate) struct Requests(Option<IntCounterVec>);

impl Requests {
    pub(crate) fn new(registry: &Registry) -> Self {
        let options = Opts::new(
            "hotline_http_requests_total",
            "Requests of the REST door by route, method and status.",
        );
        let counter = IntCounterVec::new(options, &["route", "method", "status"]);
        let registered = counter.and_then(|counter| {
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        });
        Self(
            registered.inspect_err(|error| tracing::warn!(%error, "requests are not counted")).ok(),
        )
    }
}

/// Counts what passes.
pub(crate) async fn count(State(house): State<House>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    };
    let response = next.run(request).await;
    if let Requests(Some(counter)) = &house.requests {
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        counter.with_label_values(&[route, method, response.status().as_str()]).inc();
    }
    response
}
