mod bench;
mod clock;
mod panics;
mod phases;
mod queues;
mod reload;

use bench::Bench;
