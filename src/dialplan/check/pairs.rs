use crate::dialplan::flow::{Exit, Flow};
use crate::dialplan::node::Kind;
use crate::dialplan::read::Report;

/// A `bridge` joins with the agent whom a queue found: each `answered` leads to one, nothing else
/// does. A caller who hung up can only go to the end.
pub(crate) fn check(flow: &Flow, report: &mut Report) {
    check_no_bridge(flow, report, "start", flow.start);
    check_no_bridge(flow, report, "on_error", flow.on_error);
    for node in &flow.nodes {
        for edge in node.kind.edges() {
            let key = format!("nodes.{}.{}", node.name, edge.key);
            let Some(to) = flow.node(edge.exit.to) else { continue };
            match edge.key {
                "answered" if !matches!(to.kind, Kind::Bridge(_) | Kind::Broken) => {
                    let what = format!("must lead to a `bridge` node; `{}` is none", to.name);
                    report.fault(edge.exit.line, key, what);
                }
                "answered" => {}
                "caller_hangup" if !matches!(to.kind, Kind::Hangup(_) | Kind::Broken) => {
                    let what = format!("must lead to a `hangup` node; `{}` is none", to.name);
                    report.fault(edge.exit.line, key, what);
                }
                _ => check_no_bridge(flow, report, &key, edge.exit),
            }
        }
    }
}

fn check_no_bridge(flow: &Flow, report: &mut Report, key: &str, exit: Exit) {
    if let Some(to) = flow.node(exit.to)
        && matches!(to.kind, Kind::Bridge(_))
    {
        let what = format!("`{}` is a `bridge`: only a queue's `answered` may lead there", to.name);
        report.fault(exit.line, key, what);
    }
}
