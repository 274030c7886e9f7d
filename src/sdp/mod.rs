//! What two parties agree on about media: offer and answer (RFC 3264) as pure functions over session
//! descriptions (RFC 8866).

mod offer;
pub use offer::{agree, offer};
mod answer;
pub use answer::answer;
mod local;
pub use local::Local;
mod agreed;
pub use agreed::Agreed;
mod direction;
pub use direction::Direction;
mod refusal;
pub use refusal::Refusal;

mod audio;
mod connection;
mod description;

#[cfg(test)]
mod tests;
