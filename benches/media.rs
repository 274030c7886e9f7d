//! What a media worker costs: a tick with 1,000 streams that play, and 1,000 bridged packets.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hotline::base::{Codec, Instant, Random, StreamId};
use hotline::media::{Command, Out, PlayId, Prompts, Remote, Settings, Socket, Worker};

const STREAMS: u64 = 1_000;

/// A WAV file of one second of A-law.
fn second_of_sound() -> Vec<u8> {
    let mut file =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x06\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data"
            .to_vec();
    file.extend(8_000_u32.to_le_bytes());
    file.extend((0..8_000_u32).map(|n| n.to_le_bytes()[0]));
    file
}

fn address(stream: u64) -> SocketAddr {
    let port = u16::try_from(10_000 + stream * 2).expect("few streams");
    SocketAddr::from(([10, 0, 0, 1], port))
}

fn worker(now: Instant) -> (Worker, Out) {
    let prompts = Prompts::build([("", "sound", second_of_sound())]).expect("a good WAV file");
    let mut worker = Worker::new(Settings::default(), Arc::new(prompts), Random::from_number(1));
    let mut out = Out::new();
    for stream in 0..STREAMS {
        let rtp = address(stream);
        let remote = Remote {
            rtp,
            rtcp: SocketAddr::new(rtp.ip(), rtp.port() + 1),
            signalling_ip: rtp.ip(),
            codec: Codec::Pcma,
            send_type: 8,
            receive_type: 8,
            telephone_event: Some((101, 101)),
            may_send: true,
            may_receive: true,
            ptime_ms: 20,
        };
        let port = rtp.port();
        let stream = StreamId(stream);
        worker.command(now, Command::Open { stream, port, remote, expect_keys: false }, &mut out);
    }
    (worker, out)
}

fn tick(c: &mut Criterion) {
    let mut now = Instant::from_micros(1_000_000);
    let (mut worker, mut out) = worker(now);
    let sound = Prompts::build([("", "sound", second_of_sound())])
        .expect("a good WAV file")
        .find("", "sound");
    assert!(sound.is_some(), "the sound is there");
    for stream in 0..STREAMS {
        let (stream, play) = (StreamId(stream), PlayId(stream));
        let prompts = sound.into_iter().collect();
        let command = Command::Play { stream, play, prompts, repeat: true, cut_by_key: true };
        worker.command(now, command, &mut out);
    }
    now = now + Duration::from_millis(20);
    worker.tick(now, &mut out);
    assert_eq!(out.sends.len(), STREAMS as usize, "each stream plays");
    out.clear_sends();
    c.bench_function("tick of 1,000 playing streams", |b| {
        b.iter(|| {
            now = now + Duration::from_millis(20);
            worker.tick(now, &mut out);
            black_box(&out.sends);
            out.clear_sends();
            out.events.clear();
        });
    });
}

fn bridged(c: &mut Criterion) {
    let mut now = Instant::from_micros(1_000_000);
    let (mut worker, mut out) = worker(now);
    for a in (0..STREAMS).step_by(2) {
        worker.command(now, Command::Bridge { a: StreamId(a), b: StreamId(a + 1) }, &mut out);
    }
    let mut seq = 0_u16;
    let mut packets = vec![[0_u8; 172]; usize::try_from(STREAMS).expect("few streams")];
    c.bench_function("1,000 bridged packets", |b| {
        b.iter_batched_ref(
            || {
                seq = seq.wrapping_add(1);
                now = now + Duration::from_millis(20);
                let ts = u32::from(seq) * 160;
                for packet in &mut packets {
                    packet[..2].copy_from_slice(&[0x80, 8]);
                    packet[2..4].copy_from_slice(&seq.to_be_bytes());
                    packet[4..8].copy_from_slice(&ts.to_be_bytes());
                    packet[8..12].copy_from_slice(&[0, 0, 0, 7]);
                }
                (now, packets.clone())
            },
            |(now, packets)| {
                for (stream, packet) in (0..).zip(packets.iter_mut()) {
                    let socket = Socket { stream: StreamId(stream), rtcp: false };
                    worker.packet(*now, socket, address(stream), packet, &mut out);
                }
                assert_eq!(out.sends.len(), packets.len(), "each packet goes on");
                black_box(&out.sends);
                out.clear_sends();
                out.events.clear();
            },
            BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, tick, bridged);
criterion_main!(benches);
