//! Stories and tables with virtual time: one stack against written messages, and two stacks against
//! each other over a bad network.

mod bench;
mod calls;
mod far;
mod hunting;
mod inside;
mod lossy;
mod mutated;
mod outgoing;
mod phones;
mod refusals;
mod tcp;
mod trunks;

use bench::{Bench, SDP};
use far::Far;
