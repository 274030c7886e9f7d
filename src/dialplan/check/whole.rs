use crate::dialplan::flow::Flow;
use crate::dialplan::read::Report;

use super::{emergency, graph, pairs};

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
