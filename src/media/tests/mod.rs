//! Stories of a whole worker in virtual time.

mod bridging;
mod garbage;
mod joints;
mod keys;
mod line_tones;
mod playing;
mod recording;
mod studio;
mod watching;
