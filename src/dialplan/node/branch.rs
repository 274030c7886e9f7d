use crate::dialplan::condition::Condition;
use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};

use super::Edge;

/// The most cases of a branch.
const MAX_CASES: usize = 64;

/// Goes the way of the first case that holds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Branch {
    pub(crate) cases: Vec<(Condition, Exit)>,
    pub(crate) otherwise: Exit,
}

impl Branch {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let path = fields.path_of("cases");
        let mut cases = Vec::new();
        match fields.list(&mut reading.report, "cases", MAX_CASES) {
            None | Some((_, [])) => {
                let what = "is missing or empty: a list of `{ when: …, goto: … }`";
                reading.fault(fields.line, &path, what);
            }
            Some((_, items)) => {
                for (at, item) in items.iter().enumerate() {
                    let path = format!("{path}[{at}]");
                    let report = &mut reading.report;
                    let Some(mut case) = Fields::of(report, &path, item.line, item) else {
                        continue;
                    };
                    let when = case.need(report, "when", "the condition of this case");
                    let exit = case.need_exit(reading, "goto", "where this case leads");
                    if let Some((line, tree)) = when {
                        let path = case.path_of("when");
                        cases.push((Condition::read(reading, &path, line, tree, 0), exit));
                    }
                    case.finish(&mut reading.report);
                }
            }
        }
        let otherwise = fields.need_exit(reading, "else", "where to go when no case holds");
        Self { cases, otherwise }
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges: Vec<Edge> =
            self.cases.iter().map(|(_, exit)| Edge::itself("cases", *exit)).collect();
        edges.push(Edge::itself("else", self.otherwise));
        edges
    }
}
