use crate::dialplan::flow::{Flow, NodeIndex};
use crate::dialplan::node::Kind;
use crate::dialplan::read::Report;

/// A failed emergency transfer must lead to a human, whatever the caller does or doesn't do.
pub(crate) fn check(flow: &Flow, report: &mut Report) {
    for node in &flow.nodes {
        if let Kind::Transfer(transfer) = &node.kind
            && transfer.is_emergency()
            && !leads_to_human(flow, transfer.fail.to)
        {
            let what = "an emergency transfer must fail to a human: to a queue, or by play, say, \
                        tone, branch and calendar nodes whose every exit leads to a queue";
            report.fault(transfer.fail.line, format!("nodes.{}.fail", node.name), what);
        }
    }
}

fn leads_to_human(flow: &Flow, start: NodeIndex) -> bool {
    let mut seen = vec![false; flow.nodes.len()];
    let mut open = vec![start];
    while let Some(index) = open.pop() {
        let at = usize::from(index.0);
        let (Some(node), Some(seen)) = (flow.nodes.get(at), seen.get_mut(at)) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        match &node.kind {
            Kind::Queue(_) | Kind::Broken => {}
            Kind::Play(_) | Kind::Say(_) | Kind::Tone(_) | Kind::Branch(_) | Kind::Calendar(_) => {
                open.extend(node.kind.edges().iter().map(|edge| edge.exit.to));
            }
            _ => return false,
        }
    }
    true
}
