//! A phone for scripts: it blocks, waits with limits, and a thread of its own does the rest.

mod board;
mod call;
mod line;
#[expect(clippy::module_inception, reason = "the phone is the room's noun")]
mod phone;
mod settings;
mod thread;

pub use board::{CallView, RegisterState};
pub use call::{Call, WaitError};
pub use phone::Phone;
pub use settings::{Incoming, PhoneSettings};
