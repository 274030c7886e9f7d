use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};
use crate::dialplan::speech::Speech;

use super::Edge;

/// Joins the caller with the agent who answered.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Bridge {
    /// Both hear it, then they are joined.
    pub(crate) before: Option<Speech>,
    pub(crate) record: bool,
    /// The agent ended the talk.
    pub(crate) agent_hangup: Exit,
    /// The caller ended the talk, and with it the call: always a `hangup` node.
    pub(crate) caller_hangup: Option<Exit>,
    /// The caller was passed on.
    pub(crate) transferred: Exit,
}

impl Bridge {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let mut before = None;
        if let Some((line, tree)) = fields.take("before") {
            let path = fields.path_of("before");
            if let Some(mut inner) = Fields::of(&mut reading.report, &path, line, tree) {
                before = Some(Speech::read(reading, &mut inner, "say"));
                inner.finish(&mut reading.report);
            }
        }
        Self {
            before,
            record: fields.flag(&mut reading.report, "record", false),
            agent_hangup: fields.need_exit(
                reading,
                "agent_hangup",
                "where the caller goes when the agent has ended the talk",
            ),
            caller_hangup: fields.exit(reading, "caller_hangup"),
            transferred: fields.need_exit(
                reading,
                "transferred",
                "where the caller goes after a talk that another party took over",
            ),
        }
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = vec![
            Edge::person("agent_hangup", self.agent_hangup),
            Edge::person("transferred", self.transferred),
        ];
        edges.extend(self.caller_hangup.map(|exit| Edge::person("caller_hangup", exit)));
        edges
    }
}
