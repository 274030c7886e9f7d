use bytes::Bytes;

use crate::base::Random;
use crate::sip::wire::fuzz;
use crate::sip::wire::tests::torture;

/// R1 asks for 100,000 at the parser; the whole number runs with `HOTLINE_MUTATIONS=100000`.
const MUTATIONS: u64 = 20_000;

const SPICE: [&[u8]; 22] = [
    b"\r\n",
    b"\r",
    b"\n",
    b"\0",
    b"\r\n\r\n",
    b"\r\n ",
    b"\t",
    b"\"",
    b"\\",
    b"<",
    b">",
    b",",
    b";",
    b";;",
    b":",
    b"@",
    b"%",
    b"=",
    b"\xff",
    b"\xc3",
    b"[",
    b"99999999999999999999",
];

/// Changes a message in one to four places.
fn mutate(random: &mut Random, corpus: &[Bytes]) -> Vec<u8> {
    let below = |random: &mut Random, bound: usize| random.below(bound as u64) as usize;
    let mut bytes = corpus[below(random, corpus.len())].to_vec();
    for _ in 0..1 + random.below(4) {
        let at = below(random, bytes.len() + 1);
        let end = at + below(random, (bytes.len() - at).min(40) + 1);
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                for _ in 0..1 + random.below(20) {
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
            3 => bytes.truncate(at),
            4 => {
                let other = &corpus[below(random, corpus.len())];
                let from = below(random, other.len());
                let to = from + below(random, (other.len() - from).min(200) + 1);
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            5 => drop(bytes.splice(at..at, vec![b'a'; below(random, 3_000)])),
            _ => drop(bytes.splice(at..end, SPICE[below(random, SPICE.len())].iter().copied())),
        }
    }
    bytes
}

#[test]
fn no_mutated_message_kills_the_parser() {
    let mutations = std::env::var("HOTLINE_MUTATIONS").ok().and_then(|n| n.parse().ok());
    let corpus = torture::corpus();
    for seed in 0..mutations.unwrap_or(MUTATIONS) {
        let bytes = mutate(&mut Random::from_number(seed), &corpus);
        let result = std::panic::catch_unwind(|| fuzz(&bytes));
        assert!(result.is_ok(), "seed {seed}: {}", String::from_utf8_lossy(&bytes));
    }
}
