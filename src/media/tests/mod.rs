//! Stories of a whole worker in virtual time.

mod bridging;
mod garbage;
mod keys;
mod moving;
mod playing;
mod recording;
mod studio;
mod watching;
