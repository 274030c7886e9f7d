use crate::dialplan::flow::{Flow, NodeIndex};
use crate::dialplan::node::{By, Kind};
use crate::dialplan::read::Report;

/// The most names of a loop that are told.
const MAX_TOLD: usize = 8;

/// Every node must be reachable from `start` or `on_error`.
pub(crate) fn check_reachable(flow: &Flow, report: &mut Report) {
    let mut seen = vec![false; flow.nodes.len()];
    let mut open = vec![flow.start.to, flow.on_error.to];
    while let Some(index) = open.pop() {
        let at = usize::from(index.0);
        let (Some(node), Some(seen)) = (flow.nodes.get(at), seen.get_mut(at)) else { continue };
        if !std::mem::replace(seen, true) {
            open.extend(node.kind.edges().iter().map(|edge| edge.exit.to));
        }
    }
    for (node, seen) in flow.nodes.iter().zip(seen) {
        if !seen {
            let what = "is never reached from `start` or `on_error`";
            report.fault(node.line, format!("nodes.{}", node.name), what);
        }
    }
}

/// From every node a way must lead to a `hangup`.
pub(crate) fn check_ends(flow: &Flow, report: &mut Report) {
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); flow.nodes.len()];
    let mut open = Vec::new();
    for (at, node) in flow.nodes.iter().enumerate() {
        if matches!(node.kind, Kind::Hangup(_)) {
            open.push(at);
        }
        for edge in node.kind.edges() {
            if let Some(back) = back.get_mut(usize::from(edge.exit.to.0)) {
                back.push(at);
            }
        }
    }
    let mut ends = vec![false; flow.nodes.len()];
    while let Some(at) = open.pop() {
        if let Some(end) = ends.get_mut(at)
            && !std::mem::replace(end, true)
        {
            open.extend(back.get(at).into_iter().flatten());
        }
    }
    for (node, end) in flow.nodes.iter().zip(ends) {
        if !end {
            let what = "no way leads from here to a `hangup` node";
            report.fault(node.line, format!("nodes.{}", node.name), what);
        }
    }
}

/// No loop may go round by itself: on each, some person must do something.
pub(crate) fn check_loops(flow: &Flow, report: &mut Report) {
    let mut done = vec![false; flow.nodes.len()];
    for start in 0..flow.nodes.len() {
        let mut path: Vec<(usize, std::vec::IntoIter<usize>)> = Vec::new();
        if done[start] {
            continue;
        }
        path.push((start, alone(flow, start)));
        while let Some((at, next)) = path.last_mut() {
            match next.next() {
                None => {
                    done[*at] = true;
                    path.pop();
                }
                Some(to) => {
                    if let Some(from) = path.iter().position(|(at, _)| *at == to) {
                        tell(flow, report, path.iter().skip(from).map(|(at, _)| *at).collect());
                    } else if !done[to] {
                        path.push((to, alone(flow, to)));
                    }
                }
            }
        }
    }
}

/// The nodes that the flow goes to from `at` when nobody does anything.
fn alone(flow: &Flow, at: usize) -> std::vec::IntoIter<usize> {
    let exists = |to: NodeIndex| usize::from(to.0) < flow.nodes.len();
    let edges = flow.nodes.get(at).map(|node| node.kind.edges()).unwrap_or_default();
    let aims: Vec<usize> = edges
        .iter()
        .filter(|edge| edge.by == By::Itself && exists(edge.exit.to))
        .map(|edge| usize::from(edge.exit.to.0))
        .collect();
    aims.into_iter()
}

fn tell(flow: &Flow, report: &mut Report, mut ring: Vec<usize>) {
    let first = ring.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(place, _)| place);
    ring.rotate_left(first);
    let Some(node) = ring.first().and_then(|at| flow.nodes.get(*at)) else { return };
    let mut names: Vec<&str> =
        ring.iter().filter_map(|at| flow.nodes.get(*at)).map(|node| &*node.name).collect();
    if names.len() > MAX_TOLD {
        names.truncate(MAX_TOLD);
        names.push("…");
    }
    names.push(&node.name);
    let what = format!(
        "a loop that goes round by itself: {}; on each loop a person must do something, such as \
         press a key",
        names.join(" → ")
    );
    report.fault(node.line, format!("nodes.{}", node.name), what);
}
