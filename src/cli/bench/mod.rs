//! `hotline bench`: the built-in load, against any SIP target.

mod calls;
mod delays;
mod line;
mod meter;
mod registrations;
mod setups;
mod sheet;

pub(crate) use line::Bench;
