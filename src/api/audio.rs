use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use utoipa::IntoParams;

use crate::api::chunks::chunks;
use crate::api::fields::{Ask, Fields, FromFields};
use crate::api::in_path::InPath;
use crate::api::openapi::{Absent, Away, Refused};
use crate::api::problem::{Body as ProblemBody, Problem};
use crate::api::problem_kind::Kind;
use crate::api::range::Wanted;
use crate::api::shared::House;
use crate::api::sound::{Form, Sound};
use crate::api::tokens::Who;
use crate::base::RecordingId;

/// Bytes read and sent at once: 4 s of A-law.
const CHUNK: usize = 64 << 10;

/// `none` says that the file has no sound (yet): it is a WAV file of length 0.
const NO_SOUND: HeaderName = HeaderName::from_static("x-recording-sound");

/// How the sound is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AudioQuery {
    /// `alaw` as it is stored, or `pcm`: 16-bit, for what plays no A-law, such as browsers.
    #[param(value_type = Option<String>, example = "pcm", default = "alaw")]
    format: Form,
    /// The token, for links in a browser, which sends no header with them.
    #[expect(dead_code, reason = "the guard reads it")]
    access_token: Option<String>,
}

impl FromFields for AudioQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        let format = fields.parsed("format", "alaw or pcm", |format| match format {
            "alaw" => Some(Form::Alaw),
            "pcm" => Some(Form::Pcm),
            _ => None,
        })?;
        Ok(Self { format: format.unwrap_or_default(), access_token: None })
    }
}

/// A recording as a WAV file: 8 kHz stereo, the caller on the left, the agent on the right.
///
/// Ranges (RFC 9110 §14) work, so that a player can jump. One that is still being written is played
/// as far as it is. One without any sound (its process died before the first block was written, or it
/// has only begun) is a WAV file of length 0 with `X-Recording-Sound: none`.
#[utoipa::path(method(get, head), path = "/v1/recordings/{id}/audio.wav", tag = "records",
    operation_id = "audio",
    params(
        ("id" = String, Path, description = "The recording.", example = "01JD7ZQK3V0000000000000001"),
        ("Range" = Option<String>, Header, description = "One range of bytes.", example = "bytes=0-65535"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` known."),
        AudioQuery,
    ),
    responses(
        (status = 200, description = "The whole.", content_type = "audio/wav", body = [u8]),
        (status = 206, description = "The range.", content_type = "audio/wav", body = [u8]),
        (status = 416, description = "The range begins behind the end.", body = ProblemBody,
            content_type = "application/problem+json"),
        Refused, Absent, Away,
    ))]
pub(crate) async fn play(
    State(house): State<House>,
    InPath(recording): InPath<RecordingId>,
    Extension(who): Extension<Who>,
    Ask(query): Ask<AudioQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let sound = find(&house, recording, query.format).await?;
    let (length, tag, is_empty) = (sound.length(), sound.tag(), sound.is_empty());
    let wanted = match method {
        Method::HEAD => Wanted::Whole,
        _ => Wanted::of(&headers, &tag, length),
    };
    let (status, from, end) = match wanted {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part(from, end) => (StatusCode::PARTIAL_CONTENT, from, end),
        Wanted::Nothing => return Err(behind_the_end(length)),
    };
    let Who(who) = who;
    tracing::info!(%who, %recording, from, end, "a recording is played");
    let mut response = if method == Method::HEAD {
        StatusCode::OK.into_response()
    } else {
        (status, body(sound, from, end)).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end - from));
    if is_empty {
        headers.insert(NO_SOUND, HeaderValue::from_static("none"));
    }
    let texts = [
        (header::ETAG, Some(tag)),
        (header::CONTENT_DISPOSITION, Some(format!("attachment; filename=\"{recording}.wav\""))),
        (
            header::CONTENT_RANGE,
            (status == StatusCode::PARTIAL_CONTENT)
                .then(|| format!("bytes {from}-{}/{length}", end - 1)),
        ),
    ];
    for (name, text) in texts {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// Finds the sound of a recording of this tenant: one in the database, or one of a live call that
/// is not there yet.
async fn find(house: &House, recording: RecordingId, form: Form) -> Result<Sound, Problem> {
    let door = &house.door;
    let is_live = || {
        let call = door.live.call_recorded(recording);
        call.is_some_and(|call| call.tenant == door.tenant)
    };
    let length_ms = match door.database.recording(&door.tenant, recording).await {
        Ok(Some(row)) => row.length_ms,
        Ok(None) if is_live() => None,
        Err(_) if is_live() => None,
        Ok(None) => return Err(Problem::unknown("recording")),
        Err(error) => return Err(error.into()),
    };
    let archive = door.archive.clone();
    let found = tokio::task::spawn_blocking(move || archive.find(recording)).await;
    let found = found.map_err(|_| Problem::broken())?.map_err(|error| Problem::disk(&error))?;
    let recorded = match found {
        Some(recorded) => recorded,
        // It has only begun, or the process died before its first block was written.
        None if length_ms.unwrap_or(0) == 0 => door.archive.empty(recording),
        None => return Err(Problem::new(Kind::Unknown, "the recording is no longer kept")),
    };
    Ok(Sound::new(recorded.into_wav(), form))
}

fn behind_the_end(length: u64) -> Problem {
    let detail = format!("the file has {length} bytes");
    let problem = Problem::new(Kind::NoSuchRange, detail);
    match HeaderValue::from_str(&format!("bytes */{length}")) {
        Ok(range) => problem.with_header(header::CONTENT_RANGE, range),
        Err(_) => problem,
    }
}

fn body(sound: Sound, from: u64, end: u64) -> Body {
    Body::from_stream(chunks((sound, from), move |(mut sound, at)| async move {
        let wanted = usize::try_from(end.saturating_sub(at)).unwrap_or(CHUNK).min(CHUNK);
        if wanted == 0 {
            return None;
        }
        let read = tokio::task::spawn_blocking(move || {
            let bytes = sound.read(at, wanted);
            (bytes, sound)
        });
        let (bytes, sound) = read.await.ok()?;
        match bytes {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => {
                let next = at + bytes.len() as u64;
                Some((Ok(Bytes::from(bytes)), (sound, next)))
            }
            Err(error) => Some((Err(error), (sound, end))),
        }
    }))
}
