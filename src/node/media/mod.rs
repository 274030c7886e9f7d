//! The threads that carry media: pre-bound sockets, batches, clock and a `media::Worker` each.

mod carrier;
mod counters;
mod holders;
mod luggage;
mod pairs;
mod settings;
mod threads;

pub use counters::Counters;
pub use settings::Settings;
pub use threads::{MediaThreads, StartError};

#[cfg(test)]
mod tests;
