use std::time::Duration;

use crate::base::StreamId;
use crate::call::tests::Bench;
use crate::call::tests::bench::carrier;
use crate::call::{Cause, Event};
use crate::media::{self, Command, LineTone};

const FLOW: &str = "\
schema: ivr/1
flow: t-quick
revision: 1
start: far
on_error: end
languages: [zh-CN]
nodes:
  far: { do: dial, trunk: carrier, number: \"10086\", ring: 60s, next: end, busy: engaged, fail: none }
  engaged: { do: hangup, status: 486 }
  none: { do: hangup, status: 503 }
  end: { do: hangup }
";

/// A caller hears early media of a party outside; the streams of both.
fn early() -> (Bench, StreamId, StreamId) {
    let mut bench = Bench::with_flow(FLOW);
    bench.early = true;
    bench.call();
    let opened: Vec<StreamId> = bench
        .media
        .iter()
        .filter_map(|command| match command {
            Command::Open { stream, .. } => Some(*stream),
            _ => None,
        })
        .collect();
    let [far, caller] = opened[..] else { panic!("{:?}", bench.media) };
    assert!(bench.media.contains(&Command::ExpectLineTones { stream: far, on: true }));
    (bench, caller, far)
}

fn hears(bench: &mut Bench, stream: StreamId, tone: LineTone) {
    bench.event(Event::Media(media::Event::LineTone { stream, tone }));
}

#[test]
fn a_busy_or_congested_network_ends_the_ring_at_once() {
    for (tone, cause, status) in [
        (LineTone::Busy, Cause::FarBusy, "SIP/2.0 486"),
        (LineTone::Congestion, Cause::FarCongestion, "SIP/2.0 503"),
    ] {
        let (mut bench, caller, far) = early();
        bench.pass(Duration::from_secs(2));
        hears(&mut bench, caller, tone);
        assert_eq!(bench.cdrs().len(), 0, "the caller's own sound says nothing");
        hears(&mut bench, far, tone);
        assert_eq!(bench.requests("CANCEL", carrier()), 1, "{tone:?}");
        let cdr = bench.cdrs()[0].clone();
        assert_eq!((cdr.cause, cdr.total_ms), (cause, 2_000), "{tone:?}");
        let told =
            bench.sent.iter().filter(|(to, text)| *to == carrier() && text.starts_with(status));
        assert_eq!(told.count(), 1, "{tone:?}");
        // What comes late finds nobody.
        hears(&mut bench, far, tone);
        bench.check_empty();
    }
}

#[test]
fn after_the_answer_a_tone_is_part_of_the_talk() {
    let (mut bench, _, far) = early();
    bench.far_ends("200 OK");
    assert!(bench.media.contains(&Command::ExpectLineTones { stream: far, on: false }));
    hears(&mut bench, far, LineTone::Busy);
    bench.pass(Duration::from_secs(5));
    assert_eq!((bench.cdrs().len(), bench.core.census().calls), (0, 1));
    bench.hang_up("call-1");
    bench.pass(Duration::from_secs(3));
    assert_eq!(bench.cdrs()[0].cause, Cause::Answered);
    bench.check_empty();
}
