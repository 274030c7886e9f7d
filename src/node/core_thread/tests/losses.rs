use crossbeam_channel::{bounded, unbounded};

use super::bench::{Bench, GUARD};
use crate::base::{Codec, RecordingId, StreamId};
use crate::call::Fact;
use crate::media::{Command, Remote};

#[test]
fn blocks_that_the_recordings_writer_has_no_room_for_are_an_alarm() {
    let (batches, spool) = unbounded();
    // A writer that takes nothing, with room for one block.
    let (blocks, _writer) = bounded(1);
    let bench = Bench::new((42_330, 42_333), batches, blocks);
    let (stream, recording) = (StreamId(7), RecordingId(ulid::Ulid::nil()));
    let rtp = "127.0.0.1:9".parse().unwrap();
    let remote = Remote {
        rtp,
        rtcp: rtp,
        signalling_ip: rtp.ip(),
        codec: Codec::Pcma,
        send_type: 8,
        receive_type: 8,
        telephone_event: None,
        may_send: true,
        may_receive: true,
        ptime_ms: 20,
    };
    let port = bench.media.ports().take(bench.clock.now(), 0).unwrap();
    let at = bench.clock.now();
    for command in [
        Command::Open { stream, port, remote, expect_keys: false },
        Command::Record { recording, left: stream, right: None, at },
    ] {
        bench.media.send(0, command).unwrap();
    }
    let alarm = loop {
        let mut records = spool.recv_timeout(GUARD).unwrap().records.into_iter();
        if let Some(alarm) = records.find_map(|record| match record.fact {
            Fact::Alarm { id, cleared, .. } => Some((id, cleared)),
            _ => None,
        }) {
            break alarm;
        }
    };
    assert_eq!(alarm, ("recordings-late".to_owned(), false));
    let up: Vec<String> = bench.health.alarms().into_iter().map(|alarm| alarm.id).collect();
    assert_eq!(up, ["recordings-late"]);
    bench.stop();
}
