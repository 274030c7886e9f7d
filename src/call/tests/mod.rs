mod bench;
mod clock;
mod panics;
mod phases;
mod queues;

use bench::Bench;
