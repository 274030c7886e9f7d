//! YAML as a tree in which every key and value knows its line.

mod parse;
mod tree;

pub(crate) use parse::parse;
pub(crate) use tree::{Tree, Value, Word};
