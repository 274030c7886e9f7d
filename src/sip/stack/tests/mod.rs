//! Stories and tables with virtual time: one stack against written messages, and two stacks against
//! each other over a bad network.

mod bench;
mod calls;
mod far;
mod hunting;
mod inside;
mod lockouts;
mod lossy;
mod messages;
mod mutated;
mod nat;
mod outgoing;
mod phones;
mod referring;
mod refusals;
mod replacing;
mod tcp;
mod trunks;

use bench::{Bench, SDP};
use far::Far;
