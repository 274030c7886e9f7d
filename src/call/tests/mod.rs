mod bench;
mod clock;
mod panics;

use bench::Bench;
