//! The conductor: what a call is, and the only place where SIP, media, dialplan and desk meet.
//!
//! The words, each with one meaning everywhere:
//! - a *call* is what one citizen experiences, from the INVITE to the last BYE;
//! - a *leg* is one party of it: the caller, an agent, a party outside;
//! - a *dialog* is SIP's: the relation of one leg's two ends;
//! - a *stream* is one party's media: its sockets, what it hears and what is heard from it;
//! - a *ticket* is a caller's place in the ACD;
//! - an *offer* is one ring of one agent for one ticket.
//!
//! [`Core`] is the front door: one closed enum of events in, one closed enum of effects out.

mod event;
pub use event::Event;
mod effect;
pub use effect::Effect;
mod command;
pub use command::{Command, CommandError, Reply};
mod core;
pub use core::{Core, Parts};
mod census;
pub use census::Census;
mod settings;
pub use settings::{
    AccountRules, AnswerBy, CalledFrom, CallerFrom, Phone, Route, Settings, TrunkRules,
};
mod record;
pub use record::{CallArrived, Fact, LegEnd, OfferResult, QueueExit, Record, TurnedAway};
mod cdr;
pub use cdr::{Cdr, EndedBy, LegRecord};
mod cause;
pub use cause::Cause;
mod view;
pub use view::{AgentView, CallPhase, CallView, QueueView, RegistrationView, TrunkView, View};

mod arriving;
mod commands;
mod dialling;
mod dispatch;
mod draft;
mod ending;
mod entry;
mod flowing;
mod guard;
mod index;
mod input;
mod keeping;
mod leg;
mod leg_steps;
mod lending;
mod line_tones;
mod lines;
mod machine;
mod message;
mod open_leg;
mod open_legs;
mod over;
mod phase;
#[cfg(test)]
mod poison;
mod queueing;
mod refusals;
mod registrations;
mod shown;
mod sounding;
pub(crate) use sounding::{Scene, Sounding};
mod strangers;
mod stream;
mod talking;
mod turn;
mod watching;
mod wishes;

#[cfg(test)]
mod tests;
