//! What the engine promises when it is killed, stopped, robbed of its disks or of its clock (R15–R22).
//!
//! The long versions run with `HOTLINE_SLOW` set.

mod line;
mod sound;
mod stage;

mod ahead;
mod clock;
mod crash;
mod database;
mod disk;
mod records;
mod stop;
mod streams;

/// `short` in `make test`, `long` where time does not matter.
fn times(short: usize, long: usize) -> usize {
    if std::env::var_os("HOTLINE_SLOW").is_some() { long } else { short }
}
