use std::collections::VecDeque;
use std::time::Duration;

use crate::base::Instant;

/// The even RTP ports that `node` has bound (each with the odd RTCP port above), by worker, and which
/// of them are free. A port that was given back rests, so that late packets of the call before are
/// not heard in the next one (G1).
#[derive(Clone, Debug)]
pub struct Ports {
    quarantine: Duration,
    workers: Vec<Shelf>,
}

#[derive(Clone, Debug)]
struct Shelf {
    /// All ports of this worker, ascending.
    all: Vec<u16>,
    /// Which of them are taken.
    taken: Vec<bool>,
    /// Free ports with the moment from which each may be taken, the longest free first.
    free: VecDeque<(Instant, u16)>,
}

impl Ports {
    /// The bound ports of each worker; all may be taken at once.
    #[must_use]
    pub fn new(workers: Vec<Vec<u16>>, quarantine: Duration) -> Self {
        let workers = workers
            .into_iter()
            .map(|mut all| {
                all.sort_unstable();
                all.dedup();
                let free = all.iter().map(|port| (Instant::ZERO, *port)).collect();
                Shelf { taken: vec![false; all.len()], all, free }
            })
            .collect();
        Self { quarantine, workers }
    }

    /// How many workers there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// How many ports there are in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.workers.iter().map(|shelf| shelf.all.len()).sum()
    }

    /// How many ports are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.workers.iter().map(|shelf| shelf.all.len() - shelf.free.len()).sum()
    }

    /// How many ports are resting.
    #[must_use]
    pub fn resting(&self, now: Instant) -> usize {
        self.workers
            .iter()
            .map(|shelf| shelf.free.iter().filter(|(from, _)| *from > now).count())
            .sum()
    }

    /// The worker with the most free ports: where the next call should live. `None` when no worker
    /// has `ports` that may be taken now.
    #[must_use]
    pub fn roomiest(&self, now: Instant, ports: usize) -> Option<usize> {
        let mut best = None;
        for (worker, shelf) in self.workers.iter().enumerate() {
            let last = ports.checked_sub(1).and_then(|last| shelf.free.get(last));
            if ports > 0 && last.is_none_or(|(from, _)| *from > now) {
                continue;
            }
            if best.is_none_or(|(free, _)| shelf.free.len() > free) {
                best = Some((shelf.free.len(), worker));
            }
        }
        best.map(|(_, worker)| worker)
    }

    /// Whether a port of `worker` may be taken now.
    #[must_use]
    pub fn has_room(&self, now: Instant, worker: usize) -> bool {
        self.workers
            .get(worker)
            .and_then(|shelf| shelf.free.front())
            .is_some_and(|(from, _)| *from <= now)
    }

    /// Takes the port of `worker` that has been free for longest; `None` when all are taken or resting.
    pub fn take(&mut self, now: Instant, worker: usize) -> Option<u16> {
        let shelf = self.workers.get_mut(worker)?;
        if shelf.free.front()?.0 > now {
            return None;
        }
        let (_, port) = shelf.free.pop_front()?;
        shelf.mark(port, true);
        Some(port)
    }

    /// A taken port is another worker's from now on: its stream moves there with its sockets. One
    /// that is not taken is left where it is.
    pub fn hand_over(&mut self, port: u16, to: usize) {
        if to >= self.workers.len() {
            return;
        }
        if self.workers.iter_mut().any(|shelf| shelf.lose(port)) {
            self.workers[to].gain(port);
        }
    }

    /// Gives a taken port back. What was not taken is left as it is.
    pub fn give_back(&mut self, now: Instant, port: u16) {
        let from = now + self.quarantine;
        for shelf in &mut self.workers {
            if shelf.mark(port, false) {
                shelf.free.push_back((from, port));
                return;
            }
        }
    }
}

impl Shelf {
    /// A taken port is no longer of this shelf; false when it was not.
    fn lose(&mut self, port: u16) -> bool {
        let Ok(at) = self.all.binary_search(&port) else { return false };
        let taken = self.taken[at];
        if taken {
            self.all.remove(at);
            self.taken.remove(at);
        }
        taken
    }

    /// A taken port is of this shelf.
    fn gain(&mut self, port: u16) {
        if let Err(at) = self.all.binary_search(&port) {
            self.all.insert(at, port);
            self.taken.insert(at, true);
        }
    }

    /// Notes that a port of this shelf is taken or no longer is; whether that changed it.
    fn mark(&mut self, port: u16, taken: bool) -> bool {
        let at = self.all.binary_search(&port).ok();
        let place = at.and_then(|at| self.taken.get_mut(at));
        place.is_some_and(|place| std::mem::replace(place, taken) != taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1000)
    }

    #[test]
    fn a_port_rests_before_it_is_taken_again() {
        let mut ports = Ports::new(vec![vec![10_000, 10_002]], Duration::from_secs(2));
        assert_eq!(ports.take(at(0), 0), Some(10_000));
        assert_eq!(ports.take(at(0), 0), Some(10_002));
        assert_eq!(ports.take(at(0), 0), None);
        ports.give_back(at(100), 10_002);
        assert_eq!((ports.taken(), ports.resting(at(100))), (1, 1));
        assert_eq!(ports.take(at(2_099), 0), None);
        assert_eq!(ports.roomiest(at(2_099), 1), None);
        assert_eq!(ports.roomiest(at(2_100), 1), Some(0));
        assert_eq!(ports.take(at(2_100), 0), Some(10_002));
    }

    #[test]
    fn the_longest_free_port_goes_first_and_nothing_is_given_back_twice() {
        let mut ports = Ports::new(vec![vec![4, 2, 6]], Duration::ZERO);
        assert_eq!(ports.take(at(0), 0), Some(2));
        ports.give_back(at(1), 2);
        ports.give_back(at(1), 2);
        ports.give_back(at(1), 77);
        assert_eq!(ports.taken(), 0);
        let taken: Vec<_> = std::iter::from_fn(|| ports.take(at(2), 0)).collect();
        assert_eq!(taken, [4, 6, 2]);
    }

    #[test]
    fn a_port_that_moved_is_given_back_where_it_went() {
        let mut ports = Ports::new(vec![vec![2, 6], vec![4]], Duration::ZERO);
        assert_eq!(ports.take(at(0), 0), Some(2));
        ports.hand_over(2, 1);
        // Neither a free one, nor to nobody.
        ports.hand_over(6, 1);
        ports.hand_over(2, 9);
        assert_eq!((ports.total(), ports.taken()), (3, 1));
        ports.give_back(at(1), 2);
        let of = |ports: &mut Ports, worker| -> Vec<u16> {
            std::iter::from_fn(|| ports.take(at(2), worker)).collect()
        };
        assert_eq!((of(&mut ports, 0), of(&mut ports, 1)), (vec![6], vec![4, 2]));
    }

    #[test]
    fn the_roomiest_worker_is_found() {
        let mut ports = Ports::new(vec![vec![2, 4], vec![6, 8, 10]], Duration::ZERO);
        assert_eq!(ports.roomiest(at(0), 2), Some(1));
        ports.take(at(0), 1);
        ports.take(at(0), 1);
        assert_eq!(ports.roomiest(at(0), 2), Some(0));
        assert_eq!(ports.roomiest(at(0), 3), None);
        assert_eq!(ports.take(at(0), 7), None);
        assert_eq!((ports.workers(), ports.total(), ports.taken()), (2, 5, 2));
    }
}
