mod bench;
mod clock;
mod open_leg;
mod open_leg_ends;
mod panics;

use bench::Bench;
