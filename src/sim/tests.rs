use std::time::Duration;

use crate::base::Instant;
use crate::call::Event;
use crate::media::{Command, Tone};
use crate::sim::Plan;
use crate::sim::run::AFTER;
use crate::sim::trail::Trail;
use crate::sim::world::World;

fn wild(seed: u64) -> (World, Instant) {
    let world = World::new(Plan::wild(seed), Trail::default()).expect("a world");
    let end = world.now + world.plan.length + AFTER;
    (world, end)
}

/// Plays to the end, where all must be over.
fn play(world: &mut World, end: Instant) {
    let result = world.play(end).and_then(|()| world.settle()).and_then(|()| world.check_end());
    if let Err(what) = result {
        panic!("seed {} step {}: {what}", world.plan.seed, world.step);
    }
}

/// R26: whatever a call is doing when its step panics, it costs that call only. What it held is
/// freed, its record names the fault, and all that holds for the others goes on to hold.
#[test]
fn a_panic_costs_one_call_wherever_it_is() {
    let mut panics = 0;
    for seed in 0..60 {
        let (mut world, end) = wild(seed);
        world.panic_every = 23;
        play(&mut world, end);
        panics += world.witness.poisoned.len();
    }
    assert!(panics > 300, "{panics}");
}

type Kind = fn(&Command) -> bool;

/// A worker that misses one kind of command is heard: somebody then hears what they should not, or
/// not what they should.
#[test]
fn whoever_hears_the_wrong_thing_is_noticed() {
    let kinds: [(&str, Kind); 8] = [
        ("bridge", |command| matches!(command, Command::Bridge { .. })),
        ("unbridge", |command| matches!(command, Command::Unbridge { .. })),
        ("prompts", |command| matches!(command, Command::Play { repeat: false, .. })),
        ("music", |command| matches!(command, Command::Play { repeat: true, .. })),
        ("ringback", |command| matches!(command, Command::Tone { tone: Tone::Ringback, .. })),
        ("stop", |command| matches!(command, Command::Stop { .. })),
        ("close", |command| matches!(command, Command::Close { .. })),
        ("record", |command| matches!(command, Command::Record { .. })),
    ];
    for (name, lost) in kinds {
        let faults = (0..40).filter_map(|seed| {
            let (mut world, end) = wild(seed);
            world.lost = Some(lost);
            world.play(end).err()
        });
        let heard = |what: &String| ["hears", "has it", "takes"].iter().any(|w| what.contains(w));
        let first = faults.take(3).collect::<Vec<_>>();
        assert!(first.iter().any(heard), "{name}: {first:?}");
    }
}

/// Whoever dies while holding or held is among those who are missed within 40 s (R5): the runs hold
/// enough of them for that to mean something.
#[test]
fn some_die_while_they_hold_or_are_held() {
    let mut died = 0;
    for seed in 0..80 {
        let (mut world, end) = wild(seed);
        play(&mut world, end);
        died += world.witness.died_on_hold;
    }
    assert!(died >= 5, "{died}");
}

/// Phones over TCP lose their connections, are refused new ones, take calls all the same.
#[test]
fn phones_over_tcp_take_calls_though_connections_are_lost_and_refused() {
    let (mut opened, mut cut, mut refused, mut talks) = (0, 0, 0, 0);
    for seed in 0..60 {
        let (mut world, end) = wild(seed);
        play(&mut world, end);
        let counts = world.wires.counts;
        (opened, cut, refused) = (opened + counts.0, cut + counts.1, refused + counts.2);
        talks += world.talks_by_tcp;
    }
    assert!(
        opened > 100 && cut > 50 && refused > 5 && talks > 30,
        "{opened} {cut} {refused} {talks}"
    );
}

/// A7 while there is no room for records: calls that are refused and have no records of their own are
/// in the sum, which is held against the INVITEs that the carrier sent.
#[test]
fn refused_calls_without_records_are_in_the_sum() {
    let plan = Plan { calls_per_hour: 40_000.0, check_every: 4, ..Plan::day(3, 0.02, 2) };
    let mut world = World::new(plan, Trail::default()).expect("a world");
    let (begin, end) = (world.now, world.now + world.plan.length + AFTER);
    for (second, full) in [(5, true), (55, false)] {
        world.play(begin + Duration::from_secs(second)).expect("all promises hold");
        world.witness.may_fold |= full;
        world.tell(Event::RecordsFull(full)).expect("all promises hold");
    }
    play(&mut world, end);
    let (figures, folded) = (&world.witness.figures, world.witness.folded);
    let sum = figures.conservation;
    assert!(folded > 100, "{folded} of {sum:?}");
    assert_eq!(sum.arrived, world.citizens.len() as u64);
    assert_eq!(sum.arrived, figures.arrived + folded);
    assert!(sum.system_lost >= folded, "{sum:?}");
}
