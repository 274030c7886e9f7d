use std::time::Duration;

use crate::call::tests::Bench;
use crate::call::tests::bench::phone;
use crate::media::Command;

/// The caller's worker has no port for the agent's leg, another one has: the caller's stream moves
/// there, and both legs live on one worker.
#[test]
fn a_caller_moves_to_the_worker_that_has_room_for_the_agent() {
    let mut bench = Bench::with_ports(1, vec![vec![20_000], vec![20_002]]);
    let call = bench.call();
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.requests("INVITE", phone(1)), 1);
    let told: Vec<(usize, &Command)> =
        bench.workers.iter().copied().zip(bench.media.iter()).collect();
    let opened: Vec<_> = told
        .iter()
        .filter_map(|(worker, command)| match command {
            Command::Open { stream, port, .. } => Some((*worker, *stream, *port)),
            _ => None,
        })
        .collect();
    let [(0, caller, 20_000), (1, agent, 20_002)] = opened[..] else { panic!("{opened:?}") };
    let at = |wanted: &Command| told.iter().position(|(_, command)| *command == wanted);
    let awaited = at(&Command::Await { streams: vec![caller] }).expect("it is awaited");
    let left = at(&Command::Leave { streams: vec![(caller, 20_000)], to: 1 }).expect("it leaves");
    assert_eq!((told[awaited].0, told[left].0), (1, 0));
    assert!(awaited < left, "it is awaited before it comes");
    let bridge = at(&Command::Bridge { a: caller, b: agent }).expect("they talk");
    assert_eq!(told[bridge].0, 1);
    // From then on the other worker hears nothing of this call.
    assert!(told[left + 1..].iter().all(|(worker, _)| *worker == 1), "{told:?}");
    let talks = bridge;
    bench.hang_up(&call);
    bench.pass(Duration::from_secs(5));
    assert!(bench.workers[talks..].iter().all(|worker| *worker == 1));
    // Both ports are the second worker's now; the first has none, and calls go on all the same.
    let before = bench.media.len();
    let next = bench.call();
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.requests("INVITE", phone(1)), 2);
    assert!(bench.workers[before..].iter().all(|worker| *worker == 1));
    bench.hang_up(&next);
    bench.check_empty();
}
