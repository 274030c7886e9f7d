mod bench;
mod clock;
mod panics;
mod reload;

use bench::Bench;
