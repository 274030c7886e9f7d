mod bench;
mod clock;
mod panics;
mod queues;

use bench::Bench;
