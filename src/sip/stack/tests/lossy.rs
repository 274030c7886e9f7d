use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use crate::base::{DialogId, Instant, Random};
use crate::sip::stack::tests::SDP;
use crate::sip::stack::{
    Caller, Command, Destination, Event, Flow, Input, Listener, Output, Settings, Stack, Transport,
    TrunkSettings,
};

/// Two stacks that are each other's trunk, and a network between them that loses, doubles, delays.
struct World {
    stacks: [Stack; 2],
    random: Random,
    now: Instant,
    loss_percent: u64,
    /// What is under way: (arrival, number) → (to whom, from whom, datagram).
    network: BTreeMap<(Instant, u64), (usize, Bytes)>,
    number: u64,
    events: [Vec<Event>; 2],
}

const ADDRESS: [&str; 2] = ["10.0.0.1:5060", "10.0.0.2:5060"];

fn stack(me: usize, seed: u64) -> Stack {
    let far = ADDRESS[1 - me].parse().unwrap();
    let listener = Listener {
        transport: Transport::Udp,
        bind: ADDRESS[me].parse().unwrap(),
        advertised: (ADDRESS[me].split(':').next().unwrap().into(), 5060),
    };
    let settings = Settings {
        listeners: vec![listener],
        trunks: vec![TrunkSettings::new("far".into(), far)],
        ..Settings::default()
    };
    Stack::new(settings, Random::from_number(seed * 2 + u64::try_from(me).unwrap()))
}

impl World {
    fn new(seed: u64, loss_percent: u64) -> Self {
        Self {
            stacks: [stack(0, seed), stack(1, seed)],
            random: Random::from_number(seed),
            now: Instant::from_micros(1_000_000),
            loss_percent,
            network: BTreeMap::new(),
            number: 0,
            events: [Vec::new(), Vec::new()],
        }
    }

    fn input(&mut self, who: usize, input: Input) {
        let mut out = Vec::new();
        self.stacks[who].handle(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Event(event) => self.events[who].push(event),
                Output::Send { bytes, .. } => {
                    let copies = if self.random.below(20) == 0 { 2 } else { 1 };
                    for _ in 0..copies {
                        if self.random.below(100) >= self.loss_percent {
                            let delay = Duration::from_millis(1 + self.random.below(60));
                            self.number += 1;
                            let at = (self.now + delay, self.number);
                            self.network.insert(at, (1 - who, bytes.clone()));
                        }
                    }
                }
            }
        }
    }

    /// Lets one thing happen; `false` when nothing does before `end`.
    fn step(&mut self, end: Instant) -> bool {
        let arrival = self.network.first_key_value().map(|((at, _), _)| *at);
        let timers = [self.stacks[0].deadline(), self.stacks[1].deadline()];
        let Some(next) = [arrival, timers[0], timers[1]].into_iter().flatten().min() else {
            return false;
        };
        if next > end {
            return false;
        }
        self.now = self.now.max(next);
        if arrival == Some(next) {
            let ((_, _), (to, bytes)) = self.network.pop_first().unwrap();
            let flow = Flow {
                transport: Transport::Udp,
                local: ADDRESS[to].parse().unwrap(),
                peer: ADDRESS[1 - to].parse().unwrap(),
                connection: None,
            };
            self.input(to, Input::Received { flow, bytes });
        } else {
            let who = usize::from(timers[0] != Some(next));
            self.input(who, Input::Deadline);
        }
        true
    }

    fn until(&mut self, time: Duration, mut wanted: impl FnMut(&mut Self) -> bool) -> bool {
        let end = self.now + time;
        while !wanted(self) {
            if !self.step(end) {
                self.now = self.now.max(end);
                return false;
            }
        }
        true
    }

    fn call(&mut self) -> DialogId {
        let dialog = self.stacks[0].new_dialog();
        let command = Command::Invite {
            dialog,
            to: Destination::Trunk { trunk: "far".into(), user: "1".into() },
            from: Caller::default(),
            headers: Vec::new(),
            sdp: Some(SDP.into()),
        };
        self.input(0, Input::Command(command));
        dialog
    }

    fn callee(&self) -> Option<DialogId> {
        self.events[1].iter().find_map(|event| match event {
            Event::Invite { dialog, .. } => Some(*dialog),
            _ => None,
        })
    }

    fn has(&self, who: usize, is: impl Fn(&Event) -> bool) -> bool {
        self.events[who].iter().any(is)
    }

    /// A whole call with ringing, re-INVITE from either side and BYE; `true` if it was set up.
    fn whole_call(&mut self, ends: usize) -> bool {
        self.events = [Vec::new(), Vec::new()];
        let a = self.call();
        if !self.until(Duration::from_secs(32), |world| world.callee().is_some()) {
            return false;
        }
        let b = self.callee().unwrap();
        self.input(1, Input::Command(Command::Ring { dialog: b, status: 180, sdp: None }));
        self.until(Duration::from_secs(2), |_| false);
        self.input(1, Input::Command(Command::Answer { dialog: b, sdp: SDP.into() }));
        let is_up = |world: &mut Self| {
            world.has(0, |event| matches!(event, Event::Answered { .. }))
                && world.has(1, |event| matches!(event, Event::Acked { .. }))
        };
        if !self.until(Duration::from_secs(32), is_up) {
            return false;
        }
        for (who, dialog) in [(0, a), (1, b)] {
            let far = 1 - who;
            self.events = [Vec::new(), Vec::new()];
            let command = Command::Reinvite { dialog, sdp: Some(SDP.into()) };
            self.input(who, Input::Command(command));
            let offered = |world: &mut Self| world.has(far, |e| matches!(e, Event::Offered { .. }));
            if self.until(Duration::from_secs(32), offered) {
                let dialog = if far == 0 { a } else { b };
                self.input(far, Input::Command(Command::Accept { dialog, sdp: SDP.into() }));
            }
            self.until(Duration::from_secs(32), |world| {
                world.has(who, |e| matches!(e, Event::Accepted { .. }))
                    && world.has(far, |e| matches!(e, Event::Acked { .. }))
            });
        }
        let dialog = if ends == 0 { a } else { b };
        self.input(ends, Input::Command(Command::Bye { dialog, reason: None }));
        self.until(Duration::from_secs(40), |world| {
            world.has(1 - ends, |event| matches!(event, Event::Ended { .. }))
        })
    }

    fn check_empty(&mut self) {
        self.until(Duration::from_secs(700), |_| false);
        for stack in &self.stacks {
            assert_eq!(stack.census(), Default::default());
        }
    }
}

#[test]
fn with_a_fifth_of_the_packets_lost_calls_are_set_up_and_nothing_stays() {
    let mut good = 0;
    for seed in 0..60 {
        let mut world = World::new(seed, 20);
        good += u32::from(world.whole_call(usize::from(seed % 2 == 1)));
        world.check_empty();
    }
    assert!(good >= 57, "{good} of 60");
}

#[test]
fn without_loss_every_call_is_good() {
    for seed in 0..20 {
        let mut world = World::new(seed, 0);
        assert!(world.whole_call(0), "{seed}");
        world.check_empty();
    }
}

#[test]
fn a_blackout_of_ten_seconds_is_survived() {
    for seed in 0..20 {
        let mut world = World::new(seed, 100);
        world.call();
        world.until(Duration::from_secs(10), |_| false);
        world.loss_percent = 0;
        assert!(world.until(Duration::from_secs(20), |world| world.callee().is_some()));
        let b = world.callee().unwrap();
        world.loss_percent = 100;
        world.input(1, Input::Command(Command::Answer { dialog: b, sdp: SDP.into() }));
        world.until(Duration::from_secs(10), |_| false);
        world.loss_percent = 0;
        assert!(world.until(Duration::from_secs(20), |world| {
            world.has(0, |event| matches!(event, Event::Answered { .. }))
                && world.has(1, |event| matches!(event, Event::Acked { .. }))
        }));
        world.input(1, Input::Command(Command::Bye { dialog: b, reason: None }));
        world.check_empty();
    }
}

/// Either side does anything at any time. Each dialog's end is told exactly once, and nothing stays.
#[test]
fn whatever_both_sides_do_each_end_is_told_once_and_nothing_stays() {
    for seed in 0..150 {
        let mut world = World::new(seed, seed % 30);
        let mut dice = Random::from_number(seed ^ 0xD1CE);
        let mut started: [Vec<DialogId>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..4 {
            let dialog = world.call();
            started[0].push(dialog);
        }
        for _ in 0..60 {
            world.until(Duration::from_millis(dice.below(3_000)), |_| false);
            for event in &world.events[1] {
                if let Event::Invite { dialog, .. } = event
                    && !started[1].contains(dialog)
                {
                    started[1].push(*dialog);
                }
            }
            let who = usize::from(dice.below(2) == 1);
            if started[who].is_empty() {
                continue;
            }
            let at = usize::try_from(dice.below(started[who].len().try_into().unwrap())).unwrap();
            let dialog = started[who][at];
            let sdp = || SDP.into();
            let command = match dice.below(14) {
                0 => Command::Ring { dialog, status: 180, sdp: None },
                1..=3 => Command::Answer { dialog, sdp: sdp() },
                4 => Command::Refuse { dialog, status: 486, reason: None, retry_after: None },
                5 => Command::Hangup { dialog, reason: None, status: 600 },
                6 => Command::Cancel { dialog, reason: None },
                7 | 8 => Command::Reinvite { dialog, sdp: Some(sdp()) },
                9 => Command::Reinvite { dialog, sdp: None },
                10 | 11 => Command::Accept { dialog, sdp: sdp() },
                12 => Command::Reject { dialog, status: 488 },
                _ => Command::Probe { dialog },
            };
            world.input(who, Input::Command(command));
        }
        for (who, dialogs) in started.iter().enumerate() {
            for dialog in dialogs {
                let command = Command::Hangup { dialog: *dialog, reason: None, status: 486 };
                world.input(who, Input::Command(command));
            }
        }
        world.until(Duration::from_secs(40), |_| false);
        // Invitations that came meanwhile.
        for event in world.events[1].clone() {
            if let Event::Invite { dialog, .. } = event {
                let command = Command::Hangup { dialog, reason: None, status: 486 };
                world.input(1, Input::Command(command));
                if !started[1].contains(&dialog) {
                    started[1].push(dialog);
                }
            }
        }
        world.check_empty();
        for (who, dialogs) in started.iter().enumerate() {
            for dialog in dialogs {
                let ends = world.events[who].iter().filter(|event| match event {
                    Event::Cancelled { dialog: of }
                    | Event::Failed { dialog: of, .. }
                    | Event::Ended { dialog: of, .. } => of == dialog,
                    _ => false,
                });
                assert_eq!(ends.count(), 1, "seed {seed}, side {who}, dialog {dialog}");
            }
        }
    }
}
