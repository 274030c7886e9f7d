use utoipa::openapi::OpenApi as Openapi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::api::problem::Body;

/// What stands in the OpenAPI description besides the routes, which say the rest themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "hotline",
        description = "The REST door of the hotline engine: calls live and past, agents, queues, \
            recordings, figures and a numbered stream of events.\n\n\
            Times are microseconds since the Unix epoch, durations are in the unit that the name \
            ends in. Every list has `rows` and `next`; give `next` back as `cursor` for the next \
            page. Every error is `application/problem+json` (RFC 9457). A key that a query or a \
            body does not have is refused by name."
    ),
    tags(
        (name = "calls", description = "What citizens experience, now and before."),
        (name = "agents", description = "People who take calls, and their commands."),
        (name = "queues", description = "Queues now."),
        (name = "records", description = "Recordings, messages and figures."),
        (name = "events", description = "What happens, numbered without gaps."),
        (name = "engine", description = "Trunks, phones, files, health and metrics."),
    ),
    security(("bearer" = [])),
    modifiers(&Bearer),
)]
pub(crate) struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut Openapi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("One of the tokens in the configuration."))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What any request with a token may meet.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes")]
pub(crate) enum Refused {
    /// A key or value of the query is not allowed.
    #[response(status = 400, content_type = "application/problem+json")]
    BadField(Body),
    /// No valid token.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Body),
    /// Too many wrong tokens came from this address; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    LockedOut(Body),
}

/// What asking for one thing may meet.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes")]
pub(crate) enum Absent {
    /// There is none with this id.
    #[response(status = 404, content_type = "application/problem+json")]
    Unknown(Body),
}

/// What asking the records may meet.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes")]
pub(crate) enum Away {
    /// The records are away; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    RecordsAway(Body),
}

/// What a command may meet.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes")]
pub(crate) enum Denied {
    /// There is none with this id.
    #[response(status = 404, content_type = "application/problem+json")]
    Unknown(Body),
    /// The state does not allow it, or the phone cannot do it.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Body),
    /// The engine is too busy; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    Overloaded(Body),
}
