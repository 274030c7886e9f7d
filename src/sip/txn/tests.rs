use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sip::stack::{Flow, Gate, Timers, Transport};
use crate::sip::txn::{
    Client, ClientInput, ClientInvite, ClientOther, ClientOutput, Server, ServerInput,
    ServerInvite, ServerOther, ServerOutput,
};

fn flow(transport: Transport) -> Flow {
    let local = "10.0.0.1:5060".parse().unwrap();
    Flow { transport, local, peer: "10.0.0.2:5060".parse().unwrap(), connection: None }
}

fn at(ms: u64) -> Instant {
    Instant::from_micros(ms * 1_000)
}

/// Runs deadlines up to `end_ms` and says when something was sent, in ms, and how it ended.
struct Run<M> {
    machine: Option<M>,
    now: Instant,
    log: Vec<String>,
}

const TIMERS: Timers = Timers {
    t1: Duration::from_millis(500),
    t2: Duration::from_secs(4),
    t4: Duration::from_secs(5),
    ring_max: Duration::from_secs(600),
};

impl Run<Client> {
    fn invite(transport: Transport) -> Self {
        let mut out = Vec::new();
        let request = Bytes::from_static(b"INVITE");
        let client = ClientInvite::new(at(0), &TIMERS, flow(transport), request, &mut out);
        Self { machine: Some(Client::Invite(client)), now: at(0), log: Vec::new() }.told(out)
    }

    fn other(transport: Transport) -> Self {
        let mut out = Vec::new();
        let request = Bytes::from_static(b"BYE");
        let client = ClientOther::new(at(0), &TIMERS, flow(transport), request, &mut out);
        Self { machine: Some(Client::Other(client)), now: at(0), log: Vec::new() }.told(out)
    }

    fn told(mut self, out: Vec<ClientOutput>) -> Self {
        let ms = self.now.as_micros() / 1_000;
        for output in out {
            self.log.push(match output {
                ClientOutput::Send { bytes, .. } => {
                    format!("{ms} {}", String::from_utf8_lossy(&bytes))
                }
                other => format!("{ms} {other:?}"),
            });
        }
        self
    }

    fn input(mut self, ms: u64, input: ClientInput<'_>) -> Self {
        self = self.until(ms);
        self.now = at(ms);
        let mut out = Vec::new();
        self.machine = self.machine.take().and_then(|m| m.handle(at(ms), &TIMERS, input, &mut out));
        self.told(out)
    }

    fn response(self, ms: u64, status: u16, tag: &str) -> Self {
        let ack = (status >= 300).then(|| Bytes::from_static(b"ACK"));
        self.input(ms, ClientInput::Response { status, tag, ack })
    }

    fn until(mut self, end_ms: u64) -> Self {
        while let Some(next) = self.machine.as_ref().and_then(Client::deadline) {
            if next > at(end_ms) {
                break;
            }
            self.now = next;
            let mut out = Vec::new();
            let input = ClientInput::Deadline;
            self.machine =
                self.machine.take().and_then(|m| m.handle(next, &TIMERS, input, &mut out));
            if self.machine.is_none() {
                self = self.told(out);
                self.log.push(format!("{} gone", next.as_micros() / 1_000));
                return self;
            }
            self = self.told(out);
        }
        self
    }

    fn check(self, end_ms: u64, log: &[&str]) {
        assert_eq!(self.until(end_ms).log, log);
    }
}

impl Run<Server> {
    fn invited(transport: Transport) -> Self {
        let server = Server::Invite(ServerInvite::new(flow(transport)));
        Self { machine: Some(server), now: at(0), log: Vec::new() }
    }

    fn asked(transport: Transport) -> Self {
        let server = Server::Other(ServerOther::new(at(0), &TIMERS, flow(transport)));
        Self { machine: Some(server), now: at(0), log: Vec::new() }
    }

    fn input(mut self, ms: u64, input: ServerInput) -> Self {
        self = self.until(ms);
        self.now = at(ms);
        self.step(input)
    }

    fn respond(self, ms: u64, status: u16) -> Self {
        let bytes = Bytes::from(status.to_string());
        let gate = if (200..300).contains(&status) { Gate::Records } else { Gate::Open };
        self.input(ms, ServerInput::Respond { status, bytes, gate })
    }

    fn step(mut self, input: ServerInput) -> Self {
        let ms = self.now.as_micros() / 1_000;
        let mut out = Vec::new();
        let machine = self.machine.take();
        let was = machine.is_some();
        self.machine = machine.and_then(|m| m.handle(self.now, &TIMERS, input, &mut out));
        for ServerOutput::Send { bytes, gate, .. } in out {
            let gate = if gate == Gate::Open { "" } else { " gated" };
            self.log.push(format!("{ms} {}{gate}", String::from_utf8_lossy(&bytes)));
        }
        if was && self.machine.is_none() {
            self.log.push(format!("{ms} gone"));
        }
        self
    }

    fn until(mut self, end_ms: u64) -> Self {
        while let Some(next) = self.machine.as_ref().and_then(Server::deadline) {
            if next > at(end_ms) {
                break;
            }
            self.now = next;
            self = self.step(ServerInput::Deadline);
        }
        self
    }

    fn check(self, end_ms: u64, log: &[&str]) {
        assert_eq!(self.until(end_ms).log, log);
    }
}

use Transport::{Tcp, Udp};

#[test]
fn an_invite_is_sent_again_by_timer_a_until_timer_b() {
    Run::invite(Udp).check(
        100_000,
        &[
            "0 INVITE",
            "500 INVITE",
            "1500 INVITE",
            "3500 INVITE",
            "7500 INVITE",
            "15500 INVITE",
            "31500 INVITE",
            "32000 TimedOut",
            "32000 gone",
        ],
    );
    Run::invite(Tcp).check(100_000, &["0 INVITE", "32000 TimedOut", "32000 gone"]);
}

#[test]
fn a_provisional_ends_timers_a_and_b() {
    let log = ["0 INVITE", "500 INVITE", "600 Deliver", "700 Deliver"];
    Run::invite(Udp).response(600, 100, "").response(700, 180, "t").check(900_000, &log);
}

#[test]
fn a_refusal_is_acknowledged_each_time_it_comes_until_timer_d() {
    let log = ["0 INVITE", "100 ACK", "100 Deliver", "600 ACK", "1600 ACK", "32100 gone"];
    Run::invite(Udp)
        .response(100, 486, "t")
        .response(600, 486, "t")
        .response(700, 180, "t")
        .response(1_600, 486, "t")
        .check(100_000, &log);
    let log = ["0 INVITE", "100 ACK", "100 Deliver", "100 gone"];
    Run::invite(Tcp).response(100, 486, "t").check(100_000, &log);
}

#[test]
fn each_2xx_has_its_own_ack_until_timer_m() {
    let ack =
        |tag| ClientInput::Acked { tag, flow: flow(Udp), bytes: Bytes::from(format!("ACK {tag}")) };
    let log = [
        "0 INVITE",
        "100 Deliver",
        "600 ACK a",
        "700 Fork",
        "800 ACK b",
        "900 ACK a",
        "32100 gone",
    ];
    Run::invite(Udp)
        .response(100, 200, "a")
        .response(150, 200, "a")
        .input(200, ack("a"))
        .response(600, 200, "a")
        .response(700, 200, "b")
        .input(750, ack("b"))
        .response(800, 200, "b")
        .response(900, 200, "a")
        .response(950, 486, "c")
        .check(100_000, &log);
}

#[test]
fn forks_are_bounded() {
    let mut run = Run::invite(Udp);
    for n in 0..100 {
        run = run.response(100, 200, &n.to_string());
    }
    assert_eq!(run.log.iter().filter(|line| line.contains("Fork")).count(), 7);
}

#[test]
fn what_cannot_be_sent_fails_while_it_is_pending() {
    let log = ["0 INVITE", "10 TransportFailed"];
    Run::invite(Tcp).input(10, ClientInput::Failed).check(100_000, &log);
    let log = ["0 INVITE", "10 Deliver", "32010 gone"];
    Run::invite(Tcp).response(10, 200, "a").input(20, ClientInput::Failed).check(100_000, &log);
    Run::other(Tcp).input(10, ClientInput::Failed).check(100_000, &["0 BYE", "10 TransportFailed"]);
}

#[test]
fn another_request_is_sent_again_by_timer_e_until_timer_f() {
    Run::other(Udp).check(
        100_000,
        &[
            "0 BYE",
            "500 BYE",
            "1500 BYE",
            "3500 BYE",
            "7500 BYE",
            "11500 BYE",
            "15500 BYE",
            "19500 BYE",
            "23500 BYE",
            "27500 BYE",
            "31500 BYE",
            "32000 TimedOut",
            "32000 gone",
        ],
    );
    Run::other(Tcp).check(100_000, &["0 BYE", "32000 TimedOut", "32000 gone"]);
}

#[test]
fn after_a_provisional_timer_e_runs_at_t2() {
    let log =
        ["0 BYE", "500 BYE", "1500 BYE", "5500 BYE", "9500 BYE", "9600 Deliver", "14600 gone"];
    Run::other(Udp)
        .response(600, 100, "")
        .response(9_600, 200, "t")
        .response(9_700, 200, "t")
        .check(100_000, &log);
    Run::other(Tcp).response(9, 200, "t").check(100_000, &["0 BYE", "9 Deliver", "9 gone"]);
}

#[test]
fn an_invite_that_comes_again_gets_the_last_provisional() {
    let log = ["0 100", "10 100", "20 180", "30 180"];
    Run::invited(Udp)
        .respond(0, 100)
        .input(10, ServerInput::Again)
        .respond(20, 180)
        .input(30, ServerInput::Again)
        .check(900_000, &log);
}

#[test]
fn a_refusal_is_sent_again_by_timer_g_until_its_ack_or_timer_h() {
    Run::invited(Udp).respond(0, 486).check(
        100_000,
        &[
            "0 486",
            "500 486",
            "1500 486",
            "3500 486",
            "7500 486",
            "11500 486",
            "15500 486",
            "19500 486",
            "23500 486",
            "27500 486",
            "31500 486",
            "32000 gone",
        ],
    );
    let log = ["0 486", "100 486", "500 486", "5600 gone"];
    Run::invited(Udp)
        .respond(0, 486)
        .input(100, ServerInput::Again)
        .input(600, ServerInput::Ack)
        .input(700, ServerInput::Again)
        .input(800, ServerInput::Ack)
        .check(100_000, &log);
    Run::invited(Tcp).respond(0, 486).check(100_000, &["0 486", "32000 gone"]);
    let log = ["0 486", "5 gone"];
    Run::invited(Tcp).respond(0, 486).input(5, ServerInput::Ack).check(100_000, &log);
}

#[test]
fn a_2xx_is_sent_again_by_the_dialog_only_until_timer_l() {
    let log = ["0 200 gated", "500 200 gated", "32000 gone"];
    Run::invited(Udp)
        .respond(0, 200)
        .input(100, ServerInput::Again)
        .input(500, ServerInput::Resend)
        .input(600, ServerInput::Release)
        .input(700, ServerInput::Resend)
        .input(800, ServerInput::Ack)
        .respond(900, 486)
        .check(100_000, &log);
}

#[test]
fn another_answer_is_sent_again_on_demand_until_timer_j() {
    let log = ["10 200 gated", "20 200 gated", "32010 gone"];
    Run::asked(Udp)
        .input(5, ServerInput::Again)
        .respond(10, 200)
        .input(20, ServerInput::Again)
        .respond(30, 486)
        .check(100_000, &log);
    Run::asked(Tcp).respond(10, 486).check(100_000, &["10 486", "10 gone"]);
    Run::asked(Udp).check(100_000, &["32000 gone"]);
}
