use crate::dialplan::flow::Exit;

use super::state::State;

/// What follows an input.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Next {
    /// Wait here.
    Stay(State),
    /// Enter another node.
    Go(Exit),
    /// Enter the same node once more, because the caller wants to hear it again.
    Again,
    /// The node failed.
    Fault(&'static str),
    /// A limit of the flow is reached.
    Limit(&'static str),
    /// The call ends.
    Hangup { status: u16, refused: bool },
}
