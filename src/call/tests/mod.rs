mod bench;
mod clock;
mod full;
mod line_tones;
mod moving;
mod open_leg;
mod open_leg_ends;
mod panics;
mod phases;
mod queues;
mod reload;
mod vanishing;
mod written;

use bench::Bench;
