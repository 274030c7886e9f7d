mod bench;
mod clock;
mod moving;
mod open_leg;
mod open_leg_ends;
mod panics;
mod vanishing;

use bench::Bench;
