//! A real engine in a process of its own, on loopback addresses of its own.

mod baresip;
mod flows;
mod place;
mod skip;
mod sound;
mod switch;

pub use baresip::Baresip;
pub use flows::Flows;
pub use place::Place;
pub use skip::cannot;
pub use sound::{Track, from_a_law, prompt, raw_tracks, tracks};
pub use switch::{Switch, TOKEN, usual};
