mod bench;
mod clock;
mod line_tones;
mod panics;

use bench::Bench;
