mod bench;
mod clock;
mod moving;
mod panics;
mod reload;
mod vanishing;

use bench::Bench;
