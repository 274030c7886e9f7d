//! The only room that touches the world: sockets, the clock, threads, files.

mod clock;
pub mod media;
mod sys;

pub use clock::Clock;
