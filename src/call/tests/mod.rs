mod bench;
mod clock;
mod full;
mod limits;
mod line_tones;
mod moving;
mod open_leg;
mod open_leg_ends;
mod panics;
mod papers;
mod phases;
mod queues;
mod reload;
mod vanishing;

use bench::Bench;
