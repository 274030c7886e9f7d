use crate::base::{AgentId, QueueId};
use crate::call::draft::Draft;
use crate::call::machine::Call;
use crate::call::turn::Holdings;
use crate::call::{CallPhase, CallView};

/// A live call as the core keeps it. What must survive a panic of the call's step lies beside it.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The call; out only while it is being stepped.
    pub(crate) call: Option<Call>,
    pub(crate) draft: Draft,
    pub(crate) holdings: Holdings,
    /// What was shown of it last.
    pub(crate) shown: Option<Shown>,
    /// When the phase that was shown last began.
    pub(crate) since: crate::base::Wall,
}

/// The parts of a [`CallView`] whose change makes a new one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Shown {
    pub(crate) phase: CallPhase,
    pub(crate) queue: Option<QueueId>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) node: String,
    pub(crate) position: Option<u32>,
    pub(crate) recording: Option<crate::base::RecordingId>,
}

impl From<&CallView> for Shown {
    fn from(view: &CallView) -> Self {
        Self {
            phase: view.phase,
            queue: view.queue.clone(),
            agent: view.agent.clone(),
            node: view.node.clone(),
            position: view.position,
            recording: view.recording,
        }
    }
}
