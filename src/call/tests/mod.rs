mod bench;
mod clock;
mod full;
mod panics;
mod phases;
mod queues;

use bench::Bench;
