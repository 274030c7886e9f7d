//! What a flow must be beyond its single keys.

mod emergency;
mod graph;
mod pairs;
mod whole;

pub(crate) use whole::check;
