//! Stories of a whole worker in virtual time.

mod bridging;
mod garbage;
mod keys;
mod playing;
mod prompts;
mod recording;
mod studio;
mod watching;
