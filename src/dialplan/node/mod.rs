//! The kinds of nodes: for each what it holds, how it is read, and its exits.

mod branch;
mod bridge;
mod calendar;
mod collect;
mod dial;
mod edge;
mod hangup;
mod kind;
mod menu;
mod play;
mod prompts;
mod queue;
mod rate;
mod say;
mod test_sound;
mod transfer;
mod voicemail;

pub(crate) use branch::Branch;
pub(crate) use bridge::Bridge;
pub(crate) use calendar::ByCalendar;
pub(crate) use collect::Collect;
pub(crate) use dial::{Call, DialNode, Target, is_number};
pub(crate) use edge::{By, Edge};
pub(crate) use hangup::Hangup;
pub(crate) use kind::{Kind, Node};
pub(crate) use menu::Menu;
pub(crate) use play::Play;
pub(crate) use prompts::{Prompts, Set};
pub(crate) use queue::{Overflow, OverflowTo, Queue};
pub(crate) use rate::Rate;
pub(crate) use say::Say;
pub(crate) use test_sound::{EchoNode, ToneNode};
pub(crate) use transfer::Transfer;
pub(crate) use voicemail::Voicemail;
