use axum::body::Body;
use axum::http::{Method, header};

use crate::api::tests::house::{Answer, House, TOKEN};
use crate::base::RecordingId;
use crate::call::Fact;

const LENGTH: u64 = 58 + 3 * 16_000 + 500;

/// Three seconds and a bit, each code another.
fn codes() -> Vec<u8> {
    (0..3 * 16_000 + 500).map(|at| u8::try_from((at * 7) % 251).unwrap()).collect()
}

async fn with_recording(tenant: &str) -> (House, RecordingId) {
    let mut house = House::new().await;
    let (call, recording) = (house.sample.call(), house.sample.recording());
    let channels = ["caller".to_owned(), "agent:lan".to_owned()];
    house.happen(tenant, vec![Fact::RecordingStarted { call, recording, channels }]).await;
    house.record(recording, &codes(), true);
    (house, recording)
}

fn path(recording: RecordingId) -> String {
    format!("/v1/recordings/{recording}/audio.wav")
}

async fn range(house: &House, path: &str, headers: &[(&str, &str)]) -> Answer {
    house.ask(Method::GET, path, headers, Body::empty()).await
}

#[tokio::test]
async fn the_whole_is_the_wav_that_was_recorded() {
    let (house, recording) = with_recording("fcg").await;
    let answer = house.get(&path(recording)).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header(header::CONTENT_TYPE), "audio/wav");
    assert_eq!(answer.header(header::ACCEPT_RANGES), "bytes");
    assert_eq!(answer.header(header::CONTENT_LENGTH), LENGTH.to_string());
    assert_eq!(
        answer.header(header::CONTENT_DISPOSITION),
        format!("attachment; filename=\"{recording}.wav\"")
    );
    assert_eq!(answer.body.len() as u64, LENGTH);
    assert!(answer.body.starts_with(b"RIFF") && answer.body[58..] == codes());
    let head =
        house.ask(Method::HEAD, &path(recording), &[("range", "bytes=0-1")], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header(header::CONTENT_LENGTH), LENGTH.to_string());
    assert_eq!(head.header(header::ETAG), answer.header(header::ETAG));
}

#[tokio::test]
async fn ranges_are_served_in_both_forms() {
    let (house, recording) = with_recording("fcg").await;
    for form in ["alaw", "pcm"] {
        let path = format!("{}?format={form}", path(recording));
        let whole = house.get(&path).await.body;
        let length = whole.len();
        let tag = house.get(&path).await.header(header::ETAG).to_owned();
        for (from, to) in [
            (0, 0),
            (0, 43),
            (43, 44),
            (44, 59),
            (45, 45),
            (57, 99),
            (16_001, 48_003),
            (0, length - 1),
            (length - 1, length - 1),
        ] {
            let asked = format!("bytes={from}-{to}");
            let part = range(&house, &path, &[("range", &asked), ("if-range", &tag)]).await;
            assert_eq!(part.status.as_u16(), 206, "{form} {asked}");
            assert_eq!(part.body, whole[from..=to], "{form} {asked}");
            assert_eq!(part.header(header::CONTENT_RANGE), format!("bytes {from}-{to}/{length}"));
            assert_eq!(part.header(header::CONTENT_LENGTH), (to - from + 1).to_string());
        }
        let tail = range(&house, &path, &[("range", "bytes=-100")]).await;
        assert_eq!(tail.body, whole[length - 100..]);
        let behind = range(&house, &path, &[("range", &format!("bytes={length}-"))]).await;
        assert_eq!((behind.status.as_u16(), behind.problem().as_str()), (416, "no-such-range"));
        assert_eq!(behind.header(header::CONTENT_RANGE), format!("bytes */{length}"));
        for ignored in ["bytes=5-4", "bytes=0-1,3-4", "x", "lines=0-1"] {
            assert_eq!(range(&house, &path, &[("range", ignored)]).await.status.as_u16(), 200);
        }
        let other =
            range(&house, &path, &[("range", "bytes=0-1"), ("if-range", "\"other\"")]).await;
        assert_eq!((other.status.as_u16(), other.body.len()), (200, length));
    }
}

#[tokio::test]
async fn pcm_is_what_an_independent_reader_understands() {
    let (house, recording) = with_recording("fcg").await;
    let body = house.get(&format!("{}?format=pcm", path(recording))).await.body;
    let mut reader = hound::WavReader::new(std::io::Cursor::new(body)).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8_000, 16));
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let expected: Vec<i16> = codes().into_iter().map(crate::store::alaw_to_linear).collect();
    assert_eq!(samples, expected);
}

#[tokio::test]
async fn a_recording_that_goes_on_is_played_as_far_as_it_is() {
    let mut house = House::new().await;
    let (call, recording) = (house.sample.call(), house.sample.recording());
    let channels = ["caller".to_owned(), "agent:lan".to_owned()];
    house.happen("fcg", vec![Fact::RecordingStarted { call, recording, channels }]).await;
    assert_eq!(house.get(&path(recording)).await.body.len(), 58, "no sound yet");
    house.record(recording, &codes()[..16_000], false);
    let first = house.get(&path(recording)).await;
    assert_eq!(first.body.len(), 58 + 16_000);
    let tag = first.header(header::ETAG).to_owned();
    house.record(recording, &codes()[..32_000], false);
    // It has grown, so what the client knew of it is no longer valid.
    let headers = [("range", "bytes=16000-"), ("if-range", tag.as_str())];
    assert_eq!(range(&house, &path(recording), &headers).await.status.as_u16(), 200);
}

#[tokio::test]
async fn nobody_hears_another_operation_centres_calls() {
    let (house, recording) = with_recording("other").await;
    assert_eq!(house.get(&path(recording)).await.problem(), "unknown");
    for bad in ["..%2f..%2fseg-000001.rec", "x", "01JD7ZQK3V0000000000000000"] {
        assert_eq!(
            house.get(&format!("/v1/recordings/{bad}/audio.wav")).await.problem(),
            "unknown"
        );
    }
    let (house, recording) = with_recording("fcg").await;
    let answer = house.get(&format!("{}?format=mp3", path(recording))).await;
    assert_eq!(answer.json()["field"], "format");
}

#[tokio::test]
async fn a_real_client_gets_lengths_and_ranges_over_a_socket() {
    let (house, recording) = with_recording("fcg").await;
    let url = format!("http://{}{}?access_token={TOKEN}", house.listen().await, path(recording));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let head = client.head(&url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], LENGTH.to_string());
    let whole = client.get(&url).send().await.unwrap();
    assert_eq!(whole.content_length(), Some(LENGTH));
    let whole = whole.bytes().await.unwrap();
    assert_eq!(whole[58..], codes());
    let part = client.get(&url).header("range", "bytes=100-40099").send().await.unwrap();
    assert_eq!(part.status().as_u16(), 206);
    assert_eq!(part.bytes().await.unwrap(), whole[100..40_100]);
}

/// What a crash cut off before its first block: the list says 0 ms, and the file is one that any
/// player opens.
#[tokio::test]
async fn a_recording_without_sound_is_an_empty_wav_that_says_so() {
    let mut house = House::new().await;
    let (call, begun, cut) =
        (house.sample.call(), house.sample.recording(), house.sample.recording());
    let channels = || ["caller".to_owned(), "agent:lan".to_owned()];
    let facts = vec![
        Fact::RecordingStarted { call, recording: begun, channels: channels() },
        Fact::RecordingStarted { call, recording: cut, channels: channels() },
        Fact::RecordingEnded { call, recording: cut, length_ms: 0 },
    ];
    house.happen("fcg", facts).await;
    for recording in [begun, cut] {
        for (form, length) in [("alaw", 58), ("pcm", 44)] {
            let answer = house.get(&format!("{}?format={form}", path(recording))).await;
            assert_eq!((answer.status.as_u16(), answer.body.len()), (200, length));
            assert_eq!(answer.headers["x-recording-sound"], "none");
            if form == "pcm" {
                let reader = hound::WavReader::new(std::io::Cursor::new(answer.body)).unwrap();
                assert_eq!(reader.duration(), 0);
            }
        }
    }
    let gone = house.sample.recording();
    let facts = vec![
        Fact::RecordingStarted { call, recording: gone, channels: channels() },
        Fact::RecordingEnded { call, recording: gone, length_ms: 60_000 },
    ];
    house.happen("fcg", facts).await;
    assert_eq!(house.get(&path(gone)).await.status.as_u16(), 404, "no longer kept");
}
