mod bench;
mod clock;
mod moving;
mod panics;
mod vanishing;

use bench::Bench;
