mod bench;
mod clock;
mod limits;
mod moving;
mod panics;
mod vanishing;

use bench::Bench;
