//! What a flow must be beyond its single keys.

mod emergency;
mod graph;
mod pairs;

use super::flow::Flow;
use super::read::Report;

/// Notes every fault of the whole. `torn`: some exit leads nowhere, so nothing can be said about
/// what is reachable.
pub(crate) fn check(flow: &Flow, torn: bool, report: &mut Report) {
    pairs::check(flow, report);
    emergency::check(flow, report);
    graph::check_loops(flow, report);
    if !torn {
        graph::check_reachable(flow, report);
        graph::check_ends(flow, report);
    }
}
