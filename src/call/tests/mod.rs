mod bench;
mod clock;
mod moving;
mod panics;

use bench::Bench;
