//! Dialogs made by INVITE (RFC 3261 §12–§15): whose turn it is, and what is still owed.

mod arriving;
mod body;
mod calling;
mod closing;
mod ends;
mod ground;
mod input;
mod machine;
mod output;
mod reference;
mod referral;
mod turn;
mod up;

use arriving::Arriving;
use body::Body;
use calling::{CHALLENGES_MAX, Calling};
use closing::Closing;
pub(crate) use ends::{Ends, attach, contact, routes};
pub(crate) use ground::Ground;
pub(crate) use input::{DialogInput, Wish};
pub(crate) use machine::Dialog;
use machine::State;
pub(crate) use output::{DialogOutput, Reply};
pub(crate) use reference::{Reference, Replaced};
use referral::Referral;
use turn::{Ours, OweAck, Theirs, Turn, Unacked};
use up::{ANSWER_MAX, Up};
