use std::time::Duration;

use crossbeam_channel::{Receiver, select, tick};

use crate::base::Wall;
use crate::store::Alarm;
use crate::store::recordings::block::Block;
use crate::store::recordings::writer::Recordings;

/// The most of a recording that a power cut may cost.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Writes blocks until all senders of `inbox` are gone; then everything is synced. To be run on a
/// thread of its own. `wall` tells the time of day.
pub fn run_recordings(
    mut recordings: Recordings,
    inbox: &Receiver<Block>,
    wall: impl Fn() -> Wall,
    mut notify: impl FnMut(Alarm),
) {
    let ticks = tick(SYNC_EVERY);
    loop {
        select! {
            recv(inbox) -> block => match block {
                Ok(block) => recordings.append(wall(), &block),
                Err(_) => break,
            },
            recv(ticks) -> _ => recordings.tick(wall()),
        }
        recordings.take_alarms().into_iter().for_each(&mut notify);
    }
    recordings.tick(wall());
    recordings.take_alarms().into_iter().for_each(&mut notify);
}
