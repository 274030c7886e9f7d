use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{
    CloseCode, CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code,
};
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use utoipa::IntoParams;

use crate::api::Events;
use crate::api::event_body::EventBody;
use crate::api::event_page::too_many;
use crate::api::fields::{Ask, Fields, FromFields};
use crate::api::openapi::Refused;
use crate::api::pace::Pace;
use crate::api::problem::{Body, Problem};
use crate::api::problem_kind::Kind;
use crate::api::shared::House;
use crate::base::TenantId;
use crate::store::Published;

/// The number given is too old.
const GONE: CloseCode = 4410;
/// No event has the number given.
const AHEAD: CloseCode = 4409;
/// The reader did not keep up.
const SLOW: CloseCode = 4408;
/// Records cannot be read now.
const AWAY: CloseCode = 4503;

/// Events read from the spool at once.
const PAGE: usize = 2_048;
/// Bytes that a client may send in one message; it has nothing to say but pongs.
const CLIENT_MAX: usize = 4 << 10;
/// Pings without a sign of life after which a reader is dropped.
const SILENT_MAX: u32 = 3;

/// From where on.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// The number of the last event seen; all behind it come first. Without it, the stream begins
    /// with the next event.
    #[param(example = 1041)]
    after: Option<u64>,
    /// The token, for browsers, which send no header with a WebSocket.
    #[expect(dead_code, reason = "the guard reads it")]
    access_token: Option<String>,
}

impl FromFields for StreamQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self { after: fields.number("after", 0..=u64::MAX)?, access_token: None })
    }
}

/// The stream of events as a WebSocket: one JSON text frame an event, in order, none twice, none
/// missing.
///
/// A number that cannot be resumed from is answered with a frame `{"type": "error", "oldest": …}`
/// and close code 4410 (no longer kept) or 4409 (no event has it yet). A reader that does not keep
/// up is closed with 4408; it comes back with the last number that it saw. When the engine stops, the
/// last events are sent and the stream is closed with 1001.
#[utoipa::path(get, path = "/v1/events", tag = "events", operation_id = "events",
    params(StreamQuery), responses(
        (status = 101, description = "The stream.", body = EventBody),
        (status = 426, description = "Not a WebSocket request.", body = Body,
            content_type = "application/problem+json"),
        (status = 429, description = "Too many streams are open.", body = Body,
            content_type = "application/problem+json"),
        Refused,
    ))]
pub(crate) async fn open(
    State(house): State<House>,
    Ask(query): Ask<StreamQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let problem = Problem::new(Kind::NoWebSocket, "the request is not a WebSocket handshake");
        let websocket = HeaderValue::from_static("websocket");
        return problem.with_header(header::UPGRADE, websocket).into_response();
    };
    let Ok(permit) = std::sync::Arc::clone(&house.streams).try_acquire_owned() else {
        return too_many().into_response();
    };
    let (events, tenant) = (house.door.events.clone(), house.door.tenant.clone());
    let pace = house.pace;
    let upgrade = upgrade.max_message_size(CLIENT_MAX).max_frame_size(CLIENT_MAX);
    upgrade.on_upgrade(async move |socket| {
        let mut ending = events.ending();
        let mut reader = Reader { socket, pace, last: query.after };
        let end = reader.follow(&events, &tenant, &mut ending).await;
        reader.close(end).await;
        drop(ending);
        drop(permit);
    })
}

async fn told_to_end(ending: &mut watch::Receiver<bool>) {
    // `Err`: nobody is left who could say so.
    let _ = ending.wait_for(|ends| *ends).await;
}

/// One who reads the stream.
struct Reader {
    socket: WebSocket,
    pace: Pace,
    /// The last number that was sent or that the client said it has.
    last: Option<u64>,
}

/// Why a stream ends.
enum End {
    /// The client is gone.
    Left,
    /// We end it, with this code and text.
    Closed(CloseCode, &'static str),
    /// The client's number cannot be resumed from.
    Refused(Box<Problem>),
}

/// What is said before a refusal closes the stream.
#[derive(Serialize)]
struct ErrorFrame<'a> {
    r#type: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<u64>,
}

impl End {
    const STOPS: Self = Self::Closed(close_code::AWAY, "the engine stops");
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl Reader {
    /// Sends events until somebody ends it. It listens before it reads the spool, so that nothing
    /// falls between the two; what comes by both ways is known by its number.
    async fn follow(
        &mut self,
        events: &Events,
        tenant: &TenantId,
        ending: &mut watch::Receiver<bool>,
    ) -> End {
        let mut news = events.listen();
        if let Err(end) = self.catch_up(events, tenant).await {
            return end;
        }
        let mut pings = tokio::time::interval(self.pace.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset();
        let mut silent = 0;
        loop {
            let step = tokio::select! {
                event = news.recv() => match event {
                    Ok(event) if event.record.tenant != *tenant => Ok(()),
                    Ok(event) => self.take(&event, events, tenant).await,
                    Err(RecvError::Lagged(_)) => self.catch_up(events, tenant).await,
                    Err(RecvError::Closed) => Err(End::STOPS),
                },
                () = told_to_end(ending) => {
                    self.catch_up(events, tenant).await.and(Err(End::STOPS))
                }
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Left),
                    Some(Ok(_)) => { silent = 0; Ok(()) }
                },
                _ = pings.tick() => {
                    silent += 1;
                    if silent > SILENT_MAX { Err(End::Closed(SLOW, "no answer to pings")) }
                    else { self.send(Message::Ping(Default::default())).await }
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Takes one event that was just published.
    async fn take(
        &mut self,
        event: &Published,
        events: &Events,
        tenant: &TenantId,
    ) -> Result<(), End> {
        if self.last.is_some_and(|last| event.number > last + 1) {
            self.catch_up(events, tenant).await?;
        }
        if self.last.is_some_and(|last| event.number <= last) {
            return Ok(());
        }
        self.event(event).await
    }

    /// Sends what the spool has behind the last number.
    async fn catch_up(&mut self, events: &Events, tenant: &TenantId) -> Result<(), End> {
        while let Some(last) = self.last {
            let page = events.resume(tenant, last, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for event in &page {
                self.event(event).await?;
            }
        }
        Ok(())
    }

    async fn event(&mut self, event: &Published) -> Result<(), End> {
        let text = serde_json::to_string(&EventBody::from(event)).map_err(|error| {
            tracing::error!(%error, "an event cannot be written");
            End::Closed(close_code::ERROR, "an event cannot be written")
        })?;
        self.send(Message::text(text)).await?;
        self.last = Some(event.number);
        Ok(())
    }

    /// Sends one frame; whoever does not take it in time is dropped.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(self.pace.send, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Left),
            Err(_) => Err(End::Closed(SLOW, "too slow; come back with the last number seen")),
        }
    }

    async fn close(mut self, end: End) {
        let (code, reason) = match end {
            End::Left => return,
            End::Closed(code, reason) => (code, reason),
            End::Refused(problem) => {
                let frame = ErrorFrame {
                    r#type: "error",
                    detail: problem.detail(),
                    oldest: problem.oldest(),
                };
                let text = serde_json::to_string(&frame).unwrap_or_default();
                let _ = self.send(Message::text(text)).await;
                match problem.kind() {
                    Kind::EventsGone => (GONE, "no longer kept"),
                    Kind::AheadOfEvents => (AHEAD, "no such event yet"),
                    _ => (AWAY, "records cannot be read now"),
                }
            }
        };
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = self.send(Message::Close(Some(frame))).await;
        // The client's own close frame ends it in order; whoever sends none is cut off.
        let rest = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = tokio::time::timeout(self.pace.send, rest).await;
    }
}
