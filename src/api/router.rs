use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Door;
use crate::api::pace::Pace;
use crate::api::problem::Problem;
use crate::api::problem_kind::Kind;
use crate::api::shared::{House, Shared};
use crate::api::{
    agent_commands, agent_events, agents, audio, calls, calls_csv, calls_live, event_page,
    event_stream, figures, guard, headers, health_view, limits, openapi, page, queues, recordings,
    registrations, reload, requests, scrape, trunks, voicemail,
};

/// Everything that the REST door answers; `node` serves it.
pub fn router(door: Door) -> Router {
    paced(door, Pace::default())
}

/// The same with another pace.
pub(crate) fn paced(door: Door, pace: Pace) -> Router {
    let (router, openapi) = described().split_for_parts();
    let pages = page::routes(&openapi);
    let house: House = Arc::new(Shared::new(door, pace, openapi));
    router
        .merge(pages)
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_route)
        .layer(from_fn_with_state(Arc::clone(&house), guard::guard))
        .layer(from_fn_with_state(Arc::clone(&house), limits::limit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(headers::strict))
        .layer(from_fn_with_state(Arc::clone(&house), requests::count))
        .with_state(house)
}

/// All that is described, and its description.
pub(crate) fn described() -> OpenApiRouter<House> {
    let calls = OpenApiRouter::new()
        .routes(routes!(calls_live::list))
        .routes(routes!(calls_live::one))
        .routes(routes!(calls_live::hang_up))
        .routes(routes!(calls::list))
        .routes(routes!(calls_csv::export))
        .routes(routes!(calls::one));
    let agents = OpenApiRouter::new()
        .routes(routes!(agents::list))
        .routes(routes!(agents::one))
        .routes(routes!(agent_commands::sign_in))
        .routes(routes!(agent_commands::sign_out))
        .routes(routes!(agent_commands::ready))
        .routes(routes!(agent_commands::not_ready))
        .routes(routes!(agent_commands::wrap_up_done))
        .routes(routes!(agent_commands::answer))
        .routes(routes!(agent_commands::hang_up))
        .routes(routes!(agent_commands::hold))
        .routes(routes!(agent_commands::retrieve))
        .routes(routes!(agent_events::list));
    let engine = OpenApiRouter::new()
        .routes(routes!(queues::list))
        .routes(routes!(queues::one))
        .routes(routes!(trunks::list))
        .routes(routes!(registrations::list))
        .routes(routes!(reload::dialplans))
        .routes(routes!(reload::config));
    let records = OpenApiRouter::new()
        .routes(routes!(recordings::list))
        .routes(routes!(audio::play))
        .routes(routes!(voicemail::list))
        .routes(routes!(figures::day));
    let watching = OpenApiRouter::new()
        .routes(routes!(event_stream::open))
        .routes(routes!(event_page::page))
        .routes(routes!(health_view::show))
        .routes(routes!(scrape::scrape))
        .routes(routes!(page::description));
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .merge(calls)
        .merge(agents)
        .merge(engine)
        .merge(records)
        .merge(watching)
}

async fn no_route(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(64).collect();
    Problem::new(Kind::NoRoute, format!("there is nothing at {path:?}; see /docs"))
}

async fn wrong_method(method: Method) -> Problem {
    let method: String = method.as_str().chars().take(16).collect();
    Problem::new(Kind::WrongMethod, format!("{method} cannot be used here"))
}

/// A fault of ours costs the request in which it shows, nothing else.
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
    tracing::error!(panic = text, "a request of the API met a fault of ours");
    Problem::new(Kind::Internal, "a fault of the engine ended this request").into_response()
}
