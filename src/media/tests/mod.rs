//! Stories of a whole worker in virtual time.

mod bridging;
mod changes;
mod garbage;
mod joints;
mod keys;
mod line_tones;
mod moving;
mod playing;
mod prompts;
mod recording;
mod reports;
mod studio;
mod watching;
