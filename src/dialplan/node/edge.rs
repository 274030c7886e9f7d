use crate::dialplan::flow::Exit;

/// One way out of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Edge {
    /// The exit's key, such as `timeout_goto`.
    pub(crate) key: &'static str,
    pub(crate) exit: Exit,
    pub(crate) by: By,
}

/// What it takes to go this way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// A person does something: presses a key, answers, ends a talk.
    Person,
    /// It happens by itself, so that a loop of such edges would go round alone.
    Itself,
}

impl Edge {
    pub(crate) const fn person(key: &'static str, exit: Exit) -> Self {
        Self { key, exit, by: By::Person }
    }

    pub(crate) const fn itself(key: &'static str, exit: Exit) -> Self {
        Self { key, exit, by: By::Itself }
    }
}
