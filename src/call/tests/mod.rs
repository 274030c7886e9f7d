mod bench;
mod clock;
mod line_tones;
mod moving;
mod panics;
mod vanishing;

use bench::Bench;
