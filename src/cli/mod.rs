//! The commands of the program, one file each.

mod bench;
mod check;
mod demo;
mod ha1;
mod line;
mod log;
mod run;
mod signals;
mod simulate;

pub(crate) use line::Line;
