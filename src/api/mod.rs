//! The REST door: what an outside ticket system and people's tools use (E1, E2).

mod commands;
mod door;
mod events;
mod health;
mod live;
mod router;
pub use router::router;

pub use commands::{Asked, Commands};
pub use door::{Door, Reload};
pub use events::Events;
pub use health::{AlarmView, Health};
pub use live::Live;
