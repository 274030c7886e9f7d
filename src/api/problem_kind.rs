use axum::http::StatusCode;

/// What may go wrong with a request: each has one status and one place on the docs page, to which the
/// `type` of a problem points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Unauthorized,
    NoRoute,
    WrongMethod,
    Unknown,
    BadField,
    BadBody,
    WrongMediaType,
    TooLarge,
    TooLong,
    TooSlow,
    WrongState,
    PhoneCannot,
    AheadOfEvents,
    EventsGone,
    BadFiles,
    NoSuchRange,
    NoWebSocket,
    LockedOut,
    Overloaded,
    TooManyStreams,
    RecordsAway,
    TookTooLong,
    Internal,
}

/// A kind's name in its `type`, its status, its title and what it means.
struct Row(&'static str, StatusCode, &'static str, &'static str);

impl Kind {
    /// All kinds in the order of their statuses.
    pub(crate) const ALL: [Self; 23] = [
        Self::BadField,
        Self::BadBody,
        Self::Unauthorized,
        Self::NoRoute,
        Self::Unknown,
        Self::WrongMethod,
        Self::TooSlow,
        Self::WrongState,
        Self::PhoneCannot,
        Self::AheadOfEvents,
        Self::EventsGone,
        Self::TooLarge,
        Self::TooLong,
        Self::WrongMediaType,
        Self::NoSuchRange,
        Self::BadFiles,
        Self::NoWebSocket,
        Self::LockedOut,
        Self::Overloaded,
        Self::TooManyStreams,
        Self::Internal,
        Self::RecordsAway,
        Self::TookTooLong,
    ];

    /// Its name, such as `bad-field`.
    pub(crate) fn name(self) -> &'static str {
        self.row().0
    }

    /// Its HTTP status.
    pub(crate) fn status(self) -> StatusCode {
        self.row().1
    }

    /// Its title; the same for every problem of the kind.
    pub(crate) fn title(self) -> &'static str {
        self.row().2
    }

    /// What it means and what to do.
    pub(crate) fn meaning(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> Row {
        use StatusCode as S;
        match self {
            Self::Unauthorized => Row(
                "unauthorized",
                S::UNAUTHORIZED,
                "No valid token",
                "Send one of the configured tokens as `Authorization: Bearer …`.",
            ),
            Self::NoRoute => Row(
                "no-route",
                S::NOT_FOUND,
                "No such address",
                "The path is none of this API's; all of them are on this page.",
            ),
            Self::WrongMethod => Row(
                "wrong-method",
                S::METHOD_NOT_ALLOWED,
                "Wrong method",
                "The path is right, the method is not; `Allow` lists the right ones.",
            ),
            Self::Unknown => Row(
                "unknown",
                S::NOT_FOUND,
                "No such thing",
                "There is none with this id, or it belongs to another operation centre.",
            ),
            Self::BadField => Row(
                "bad-field",
                S::BAD_REQUEST,
                "Bad value in the query",
                "`field` names the key, `allowed` says what it takes. Unknown keys are refused, too.",
            ),
            Self::BadBody => Row(
                "bad-body",
                S::BAD_REQUEST,
                "Bad body",
                "`field` names what is wrong in the body, `allowed` says what it takes.",
            ),
            Self::WrongMediaType => Row(
                "wrong-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                "Not JSON",
                "Bodies are JSON and are sent with `Content-Type: application/json`.",
            ),
            Self::TooLarge => Row(
                "too-large",
                S::PAYLOAD_TOO_LARGE,
                "Body too large",
                "A body has at most 64 KiB.",
            ),
            Self::TooLong => {
                Row("too-long", S::URI_TOO_LONG, "Query too long", "A query has at most 8 KiB.")
            }
            Self::TooSlow => Row(
                "too-slow",
                S::REQUEST_TIMEOUT,
                "Body too slow",
                "The body must arrive within 10 s.",
            ),
            Self::WrongState => Row(
                "wrong-state",
                S::CONFLICT,
                "Not in this state",
                "The agent's state does not allow the command; `detail` says which it is and which do.",
            ),
            Self::PhoneCannot => Row(
                "phone-cannot",
                S::CONFLICT,
                "The phone cannot do this",
                "The agent's phone cannot be answered from software, or its open leg does not come up; `detail` names the phone and says why.",
            ),
            Self::AheadOfEvents => Row(
                "ahead-of-events",
                S::CONFLICT,
                "No such event yet",
                "No event has the number in `after` yet: it was taken from another engine, or records \
                 were lost. Begin anew without it.",
            ),
            Self::EventsGone => Row(
                "events-gone",
                S::GONE,
                "Events no longer kept",
                "The events behind the number in `after` are no longer kept; `oldest` is the smallest \
                 number that can be given. Records can still be fetched by `/v1/calls`.",
            ),
            Self::BadFiles => Row(
                "bad-files",
                S::UNPROCESSABLE_ENTITY,
                "Faults in the files",
                "The files have the `faults` listed; what was in use before is still in use.",
            ),
            Self::NoSuchRange => Row(
                "no-such-range",
                S::RANGE_NOT_SATISFIABLE,
                "No such range",
                "The range begins behind the end; `Content-Range` tells the length.",
            ),
            Self::NoWebSocket => Row(
                "no-websocket",
                S::UPGRADE_REQUIRED,
                "WebSocket only",
                "This address speaks WebSocket (RFC 6455) only; for plain requests there is \
                 `/v1/events/page`.",
            ),
            Self::LockedOut => Row(
                "locked-out",
                S::TOO_MANY_REQUESTS,
                "Too many wrong tokens",
                "Ten wrong tokens came from this address within five minutes; for as long no further \
                 token of it is looked at, but for those that were right before. `Retry-After` says \
                 when to try again.",
            ),
            Self::Overloaded => Row(
                "overloaded",
                S::TOO_MANY_REQUESTS,
                "Too busy",
                "The engine has more commands than it can carry out, or is stopping; try again later.",
            ),
            Self::TooManyStreams => Row(
                "too-many-streams",
                S::TOO_MANY_REQUESTS,
                "Too many event streams",
                "As many event streams as configured are open; try again later.",
            ),
            Self::RecordsAway => Row(
                "records-away",
                S::SERVICE_UNAVAILABLE,
                "Records not available",
                "The database or the disk of records is away; calls go on and nothing is lost. Try \
                 again later.",
            ),
            Self::TookTooLong => Row(
                "took-too-long",
                S::SERVICE_UNAVAILABLE,
                "It took too long",
                "The answer did not come in time; try again later.",
            ),
            Self::Internal => Row(
                "internal",
                S::INTERNAL_SERVER_ERROR,
                "A fault of the engine",
                "A fault of the engine, which is in its log. Please report it.",
            ),
        }
    }
}
