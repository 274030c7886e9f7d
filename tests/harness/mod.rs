//! A real engine in a process of its own, on loopback addresses of its own.

mod baresip;
mod flows;
mod place;
mod sound;
mod switch;

pub use baresip::Baresip;
pub use flows::Flows;
pub use place::Place;
pub use sound::{Track, raw_tracks, tracks};
pub use switch::{Switch, usual};
