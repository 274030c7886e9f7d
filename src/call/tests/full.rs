use std::time::Duration;

use crate::call::refusals::ALONE_MAX;
use crate::call::tests::Bench;
use crate::call::tests::bench::carrier;
use crate::call::{Cause, Event, Fact};

/// D1, R20: while there is no room for records, refused INVITEs take a bounded part of it, and the
/// calls that are up have all theirs.
#[test]
fn refused_calls_without_room_for_records_are_counted_by_source_and_minute() {
    let mut bench = Bench::new(1);
    let up = bench.call();
    bench.event(Event::RecordsFull(true));
    let before = bench.records.len();
    let more: u64 = 40;
    for _ in 0..u64::from(ALONE_MAX) + more {
        bench.call();
    }
    let refused = bench
        .sent
        .iter()
        .filter(|(to, text)| {
            *to == carrier() && text.starts_with("SIP/2.0 503") && text.contains("Retry-After")
        })
        .count();
    assert_eq!(refused as u64, u64::from(ALONE_MAX) + more, "each gets its answer");
    assert_eq!(bench.records.len() - before, 2 * ALONE_MAX as usize);
    assert!(bench.cdrs().iter().all(|cdr| cdr.cause == Cause::RecordsFull));

    bench.pass(Duration::from_secs(61));
    let folded = |bench: &Bench| -> Vec<(String, u64)> {
        let rows = bench.records.iter().filter_map(|record| match &record.fact {
            Fact::InvitesRefused { source, count } => Some((source.clone(), *count)),
            _ => None,
        });
        rows.collect()
    };
    assert_eq!(folded(&bench), [("trunk:carrier".to_owned(), more)]);
    bench.hang_up(&up);
    bench.pass(Duration::from_secs(3));
    assert_eq!(bench.cdrs().last().map(|cdr| cdr.cause), Some(Cause::Answered));

    bench.event(Event::RecordsFull(false));
    let next = bench.call();
    bench.hang_up(&next);
    bench.pass(Duration::from_secs(61));
    assert_eq!(folded(&bench).len(), 1, "nothing is left to tell");
    bench.check_empty();
}
