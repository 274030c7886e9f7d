//! Stories of a whole worker in virtual time.

mod bridging;
mod changes;
mod garbage;
mod keys;
mod moving;
mod playing;
mod recording;
mod reports;
mod studio;
mod watching;
