//! One pick at the desk: 1,000 agents who all serve 50 queues, 10,000 callers.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hotline::acd::{AgentSettings, Desk, Input, Output, QueueSettings, Settings};
use hotline::base::{AgentId, Instant, OfferId, QueueId, TicketId};

const AGENTS: u64 = 1_000;
const QUEUES: u64 = 50;
const CALLERS: u64 = 10_000;

fn agent(number: u64) -> AgentId {
    AgentId::new(&format!("agent{number:04}"))
}

fn queue(number: u64) -> QueueId {
    QueueId::new(&format!("queue{:02}", number % QUEUES))
}

fn enter(ticket: u64, now: Instant) -> Input {
    let priority = i32::try_from(ticket % 5).unwrap_or(0);
    Input::Enter { ticket: TicketId(ticket), queue: queue(ticket), priority, clock: now }
}

/// Everybody is signed in, ready and idle.
fn ready_desk() -> (Desk, Instant) {
    let queues = (0..QUEUES).map(|number| QueueSettings {
        capacity: 1_000,
        wrap_up: Duration::ZERO,
        ring: Duration::from_secs(3_600),
        ..QueueSettings::new(queue(number), "queue")
    });
    let agents = (0..AGENTS).map(|number| AgentSettings {
        id: agent(number),
        name: format!("Agent {number}"),
        number: number.to_string(),
        queues: (0..QUEUES).map(queue).collect(),
    });
    let mut desk = Desk::new(Settings {
        queues: queues.collect(),
        agents: agents.collect(),
        ..Settings::default()
    });
    let mut now = Instant::ZERO;
    for number in 0..AGENTS {
        now = now + Duration::from_secs(1);
        go(&mut desk, now, Input::SignIn { agent: agent(number) });
        go(&mut desk, now, Input::Reachable { agent: agent(number), reachable: true });
        go(&mut desk, now, Input::Ready { agent: agent(number) });
    }
    (desk, now)
}

fn go(desk: &mut Desk, now: Instant, input: Input) -> Vec<Output> {
    let mut out = Vec::new();
    if let Err(denied) = desk.handle(now, input, &mut out) {
        panic!("{denied}");
    }
    out
}

fn picks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("desk");

    let (ready, now) = ready_desk();
    let mut desk = ready.clone();
    let mut ticket = 0;
    let mut out = Vec::new();
    group.bench_function("a caller comes, 1,000 agents ready: offer and withdraw", |bench| {
        bench.iter(|| {
            ticket += 1;
            let _ = desk.handle(now, enter(ticket, now), &mut out);
            let _ = desk.handle(now, Input::Leave { ticket: TicketId(ticket) }, &mut out);
            black_box(&out);
            out.clear();
        });
    });

    // Every agent talks, 10,000 wait.
    let mut full = ready;
    for ticket in 0..AGENTS {
        go(&mut full, now, enter(ticket, now));
        go(&mut full, now, Input::Answered { offer: OfferId(ticket + 1) });
    }
    for ticket in 0..CALLERS {
        let ticket = AGENTS + ticket;
        go(&mut full, now, enter(ticket, now + Duration::from_millis(ticket)));
    }
    group.bench_function("an agent becomes free, 10,000 callers wait", |bench| {
        let mut number = 0;
        bench.iter_batched_ref(
            || {
                number = (number + 1) % AGENTS;
                (full.clone(), Vec::with_capacity(128), agent(number))
            },
            |(desk, out, agent)| {
                let _ = desk.handle(now, Input::TalkEnded { agent: agent.clone() }, out);
                black_box(out);
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("position among 10,000", |bench| {
        bench.iter(|| black_box(full.position(TicketId(AGENTS + CALLERS - 1))));
    });
    group.finish();
}

criterion_group!(benches, picks);
criterion_main!(benches);
