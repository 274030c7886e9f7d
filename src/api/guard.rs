use std::net::SocketAddr;

use axum::extract::{ConnectInfo, MatchedPath, Query, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::guesses::LockedOut;
use crate::api::problem::Problem;
use crate::api::problem_kind::Kind;
use crate::api::shared::{House, Shared};
use crate::api::tokens::Who;

/// What is open to all: it shows nothing of the operation centre.
const OPEN: [&str; 4] = ["/health", "/docs", "/docs/style.css", "/v1/openapi.json"];

/// Where the token may stand in the query, because browsers cannot send a header there. Not
/// elsewhere: addresses get into logs and histories.
const TOKEN_IN_QUERY: [&str; 2] = ["/v1/events", "/v1/recordings/{id}/audio.wav"];

/// Lets nothing pass without a token but what is open, and from a source that guesses tokens nothing that
/// carries one; says in the log who gave which command.
pub(crate) async fn guard(
    State(house): State<House>,
    mut request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let sent = sent(&house, route, &request);
    if let Some(Err(locked)) = sent.as_ref().map(|who| judge(&house, &request, who.as_ref())) {
        let detail = "too many wrong tokens came from this address";
        return Problem::new(Kind::LockedOut, detail).retry_after(locked.seconds).into_response();
    }
    let who = sent.flatten();
    let is_open = match route {
        Some(route) => OPEN.contains(&route),
        None => !request.uri().path().starts_with("/v1"),
    };
    if who.is_none() && !is_open {
        let problem = Problem::new(Kind::Unauthorized, "this needs a valid bearer token");
        let scheme = HeaderValue::from_static("Bearer realm=\"hotline\"");
        return problem.with_header(header::WWW_AUTHENTICATE, scheme).into_response();
    }
    let told = (request.method() == Method::POST).then(|| request.uri().path().to_owned());
    if let Some(who) = who.clone() {
        request.extensions_mut().insert(who);
    }
    let response = next.run(request).await;
    if let (Some(path), Some(Who(who))) = (told, who) {
        tracing::info!(%who, %path, status = response.status().as_u16(), "a command of the API");
    }
    response
}

/// Whose token came with the request: `None` when none came, `Some(None)` when it is nobody's.
fn sent(house: &Shared, route: Option<&str>, request: &Request) -> Option<Option<Who>> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Some(house.tokens.whose_header(request.headers()));
    }
    if !route.is_some_and(|route| TOKEN_IN_QUERY.contains(&route)) {
        return None;
    }
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).ok()?;
    let mut sent = pairs.iter().filter(|(key, _)| key == "access_token");
    let (_, secret) = sent.next()?;
    Some(if sent.next().is_none() { house.tokens.whose(secret) } else { None })
}

/// Whether the sender may still be told if its token is right. `node` says where each request comes
/// from.
fn judge(house: &Shared, request: &Request, who: Option<&Who>) -> Result<(), LockedOut> {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        return Ok(());
    };
    house.guesses.judge((house.door.wall)(), peer.ip(), who)
}
