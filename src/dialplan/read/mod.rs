//! From the tree to checked values, every fault collected with its line.

mod calendars;
mod fields;
mod flow;
mod reading;
mod value;

pub(crate) use calendars::calendars;
#[cfg(test)]
pub(crate) use calendars::day;
pub(crate) use fields::{Fields, text};
pub(crate) use flow::{LANGUAGE_VAR, exit_of, flow, read_assignments};
pub(crate) use reading::{Reading, Report, VarUse};
pub(crate) use value::is_name;
