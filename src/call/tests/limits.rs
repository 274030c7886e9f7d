use std::time::Duration;

use crate::call::tests::Bench;
use crate::call::tests::bench::{carrier, phone};
use crate::call::{Cause, EndedBy};

/// G1: a call that lasts too long is ended on both sides, is told so by its record, and leaves nothing.
#[test]
fn a_call_that_lasts_too_long_ends_with_its_cause() {
    let mut bench = Bench::new(1);
    bench.call();
    let limit = Duration::from_secs(7_200);
    bench.pass(limit - Duration::from_secs(1));
    assert!(bench.cdrs().is_empty(), "it is not over");
    assert_eq!((bench.requests("BYE", carrier()), bench.requests("BYE", phone(1))), (0, 0));
    bench.pass(Duration::from_secs(2));
    assert_eq!((bench.requests("BYE", carrier()), bench.requests("BYE", phone(1))), (1, 1));
    let cdrs = bench.cdrs();
    assert_eq!(cdrs.len(), 1);
    assert_eq!((cdrs[0].cause, cdrs[0].ended_by), (Cause::TooLong, EndedBy::System));
    let total = cdrs[0].total_ms;
    assert!((7_200_000..7_201_000).contains(&total), "{total} ms");
    bench.check_empty();
}

/// The same for one who only waits.
#[test]
fn a_caller_who_waits_too_long_is_let_go_with_the_same_cause() {
    let mut bench = Bench::new(1);
    let first = bench.call();
    bench.call();
    bench.pass(Duration::from_secs(7_000));
    bench.hang_up(&first);
    bench.pass(Duration::from_secs(202));
    let causes: Vec<_> = bench.cdrs().iter().map(|cdr| cdr.cause).collect();
    assert_eq!(causes, [Cause::Answered, Cause::TooLong]);
    bench.check_empty();
}
