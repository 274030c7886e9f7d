//! The machine that walks one caller through a flow: one state for each kind of node that waits.

mod caller;
mod calling;
mod choosing;
mod clock;
mod collecting;
mod messaging;
mod next;
mod playing;
mod sounding;
mod state;
mod talking;
mod waiting;
mod walker;

pub use walker::Walk;
