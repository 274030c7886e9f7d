//! A real engine in a process of its own, on loopback addresses of its own.

mod flows;
mod place;
mod switch;

pub use flows::Flows;
pub use place::Place;
pub use switch::{Switch, usual};
