use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::acd::{self, AgentSettings, QueueSettings};
use crate::base::{AgentId, CallId, CommandId, Instant, Random, Wall};
use crate::call::tests::papers::{of_response, request, response, sdp};
use crate::call::{
    AccountRules, AnswerBy, CallerFrom, Cdr, Command, Core, Effect, Event, Fact, Parts, Phone,
    Record, Reply, Route, Settings, TrunkRules, View,
};
use crate::dialplan::{Flows, Known};
use crate::media::{self, Ports, Prompts};
use crate::sip::{self, Binding, Flow, Listener, Transport, TrunkSettings};

pub(super) const ENGINE: &str = "10.0.0.1:5060";
const CARRIER: &str = "10.0.1.1:5060";
const FLOW: &str = "\
schema: ivr/1
flow: t-quick
revision: 1
start: q
on_error: end
languages: [zh-CN]
nodes:
  q: { do: queue, queue: q, answered: agent, full: end, nobody: end }
  agent: { do: bridge, record: true, agent_hangup: end, transferred: end }
  end: { do: hangup }
";

/// A core with a carrier and agents `1`, `2` …, whose phones take every call; bytes in, bytes out.
pub(super) struct Bench {
    pub(super) core: Core,
    pub(super) now: Instant,
    pub(super) records: Vec<Record>,
    pub(super) media: Vec<media::Command>,
    /// The worker that each of them went to.
    pub(super) workers: Vec<usize>,
    /// Who vanished: nothing is answered from there.
    pub(super) gone: Vec<SocketAddr>,
    /// What was sent to somebody, in order: to whom, and the text.
    pub(super) sent: Vec<(SocketAddr, String)>,
    /// What people see, in order.
    pub(super) views: Vec<View>,
    /// The answers to commands, in order.
    pub(super) replies: Vec<Reply>,
    /// How the phones and the carrier answer an INVITE; `None`: not at all.
    pub(super) answers: Option<&'static str>,
    calls: usize,
    /// Phones of agents that take no call: they ring.
    pub(super) silent: bool,
    /// Whether parties called send early media and answer later.
    pub(super) early: bool,
    /// The last INVITE that such a party got, and from whom it answers.
    invited: Option<(SocketAddr, String)>,
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn udp(peer: SocketAddr) -> Flow {
    Flow { transport: Transport::Udp, local: address(ENGINE), peer, connection: None }
}

/// The phone of an agent.
pub(super) fn phone(agent: usize) -> SocketAddr {
    address(&format!("10.0.2.{agent}:5060"))
}

pub(super) fn carrier() -> SocketAddr {
    address(CARRIER)
}

pub(super) fn settings(agents: usize, answer: AnswerBy) -> Settings {
    let names: Vec<String> = (1..=agents).map(|agent| agent.to_string()).collect();
    let account =
        |name: &String| sip::AccountSettings::new(name.as_str().into(), name, "r", "secret");
    let agent = |name: &String| AgentSettings {
        id: name.as_str().into(),
        name: name.clone(),
        number: name.clone(),
        queues: vec!["q".into()],
    };
    let rules = |name: &String| AccountRules { user: name.clone(), calls_max: 4 };
    let phone = |name: &String| Phone { account: name.as_str().into(), answer };
    Settings {
        tenant: "t".into(),
        area_code: "0770".into(),
        language: "zh-CN".into(),
        sip: sip::Settings {
            listeners: vec![Listener {
                transport: Transport::Udp,
                bind: address(ENGINE),
                advertised: ("10.0.0.1".into(), 5060),
            }],
            trunks: vec![TrunkSettings::new("carrier".into(), carrier())],
            accounts: names.iter().map(account).collect(),
            ..sip::Settings::default()
        },
        desk: acd::Settings {
            queues: vec![QueueSettings {
                wrap_up: Duration::from_secs(1),
                ..QueueSettings::new("q".into(), "q")
            }],
            agents: names.iter().map(agent).collect(),
            ..acd::Settings::default()
        },
        routes: vec![Route { called: "*".into(), trunk: None, flow: "t/quick".into() }],
        phones: names.iter().map(|name| (AgentId::from(name.as_str()), phone(name))).collect(),
        trunks: HashMap::from([(
            "carrier".into(),
            TrunkRules {
                channels: 100,
                reserve: 0,
                beyond: 503,
                called_from: crate::call::CalledFrom::RequestUri,
                caller_from: vec![CallerFrom::From],
                numbers: Vec::new(),
                may_pass_original_caller: false,
                media_address: None,
            },
        )]),
        accounts: names.iter().map(|name| (name.as_str().into(), rules(name))).collect(),
        block: Vec::new(),
        vip: Vec::new(),
        media_address: address(ENGINE).ip(),
        call_limit: Duration::from_secs(7_200),
        calls_max: 1_000,
        probe_every: Duration::from_secs(10),
    }
}

impl Bench {
    pub(super) fn new(agents: usize) -> Self {
        let ports = vec![(0..40).map(|n| 20_000 + 2 * n).collect()];
        Self::with_ports(agents, ports)
    }

    /// A core whose only number leads into this flow, `t-quick`.
    pub(super) fn with_flow(flow: &str) -> Self {
        Self::with(flow, settings(0, AnswerBy::Hand), 0)
    }

    /// With these RTP ports for each media worker.
    pub(super) fn with_ports(agents: usize, ports: Vec<Vec<u16>>) -> Self {
        Self::made(FLOW, settings(agents, AnswerBy::Hand), agents, ports)
    }

    /// With a flow and settings of one's own.
    pub(super) fn with(flow: &str, settings: Settings, agents: usize) -> Self {
        let ports = vec![(0..40).map(|n| 20_000 + 2 * n).collect()];
        Self::made(flow, settings, agents, ports)
    }

    fn made(flow: &str, settings: Settings, agents: usize, ports: Vec<Vec<u16>>) -> Self {
        let mut bench = Self::built(flow, settings, agents, ports);
        for agent in 1..=agents {
            let agent = AgentId::from(agent.to_string().as_str());
            bench.command(Command::SignIn { agent: agent.clone() });
            bench.command(Command::Ready { agent });
        }
        bench
    }

    /// The same before anybody is signed in.
    pub(super) fn asleep(agents: usize, answer: AnswerBy, ports: Vec<Vec<u16>>) -> Self {
        Self::built(FLOW, settings(agents, answer), agents, ports)
    }

    fn built(flow: &str, settings: Settings, agents: usize, ports: Vec<Vec<u16>>) -> Self {
        let now = Instant::from_micros(1_000_000_000);
        let binding = |agent: usize| Binding {
            account: agent.to_string().as_str().into(),
            contact: format!("sip:{agent}@{}", phone(agent)),
            flow: udp(phone(agent)),
            behind_nat: false,
            since: now,
            refreshed: now,
            expires_at: now + Duration::from_secs(3_600),
            call_id: format!("r{agent}"),
            cseq: 1,
            user_agent: String::new(),
            instance: None,
        };
        let sources = vec![(PathBuf::from("t/quick.flow.yaml"), flow.to_owned())];
        let parts = Parts {
            settings: Arc::new(settings),
            flows: Arc::new(Flows::read(sources, &Known::default()).unwrap()),
            prompts: Arc::new(Prompts::default()),
            ports: Ports::new(ports, Duration::from_secs(2)),
            bindings: (1..=agents).map(binding).collect(),
            random: Random::from_number(5),
        };
        let mut out = Vec::new();
        let core = Core::new(now, Wall::from_micros(1_772_323_200_000_000), parts, &mut out);
        let mut bench = Self {
            core,
            now,
            records: Vec::new(),
            media: Vec::new(),
            workers: Vec::new(),
            gone: Vec::new(),
            sent: Vec::new(),
            views: Vec::new(),
            replies: Vec::new(),
            answers: Some("200 OK"),
            calls: 0,
            silent: false,
            early: false,
            invited: None,
        };
        bench.take(out);
        bench
    }

    pub(super) fn event(&mut self, event: Event) {
        let mut out = Vec::new();
        self.core.handle(self.now, event, &mut out);
        self.take(out);
        self.core.check().unwrap();
    }

    pub(super) fn command(&mut self, command: Command) {
        self.event(Event::Command { id: CommandId(1), command });
    }

    /// Takes what the core wants done; the phones and the carrier say what they would say.
    pub(super) fn take(&mut self, out: Vec<Effect>) {
        for effect in out {
            match effect {
                Effect::Send { flow, bytes, .. } => {
                    let text = String::from_utf8(bytes.to_vec()).unwrap();
                    self.sent.push((flow.peer, text.clone()));
                    self.far(flow.peer, &text);
                }
                Effect::Record(record) => self.records.push(*record),
                Effect::View(view) => self.views.push(*view),
                Effect::Media { worker, command } => {
                    let closed = match &command {
                        media::Command::Close { stream } => Some(*stream),
                        _ => None,
                    };
                    self.media.push(command);
                    self.workers.push(worker);
                    if let Some(stream) = closed {
                        let stats = Box::default();
                        let last = media::Event::Stats { stream, stats, last: true };
                        self.event(Event::Media(last));
                    }
                }
                Effect::Reply { reply, .. } => self.replies.push(reply),
                _ => {}
            }
        }
    }

    fn far(&mut self, from: SocketAddr, text: &str) {
        if self.gone.contains(&from) {
            return;
        }
        let (answer, body) = match text.split(' ').next() {
            Some("INVITE") if self.silent && from != carrier() => {
                self.invited = Some((from, text.to_owned()));
                ("180 Ringing", String::new())
            }
            Some("INVITE") if self.early => {
                self.invited = Some((from, text.to_owned()));
                ("183 Session Progress", sdp(from))
            }
            Some("INVITE") => match self.answers {
                Some("200 OK") => ("200 OK", sdp(from)),
                Some(refusal) => (refusal, String::new()),
                None => return,
            },
            Some("BYE" | "CANCEL" | "OPTIONS") => ("200 OK", String::new()),
            Some("SIP/2.0") if text.starts_with("SIP/2.0 200") && text.contains("INVITE") => {
                self.receive(from, request("ACK", from, &of_response(text), ""));
                return;
            }
            _ => return,
        };
        self.receive(from, response(from, text, answer, &body));
        if text.starts_with("CANCEL") && self.invited.is_some() {
            self.far_ends("487 Request Terminated");
        }
    }

    /// The party that sends early media answers or refuses.
    pub(super) fn far_ends(&mut self, status: &str) {
        let (from, invite) = self.invited.take().expect("a party was called");
        let body = if status.starts_with("200") { sdp(from) } else { String::new() };
        self.receive(from, response(from, &invite, status, &body));
    }

    pub(super) fn receive(&mut self, from: SocketAddr, text: String) {
        let input = sip::Input::Received { flow: udp(from), bytes: text.into_bytes().into() };
        self.event(Event::Sip(input));
    }

    /// A call of the carrier; its Call-ID.
    pub(super) fn call(&mut self) -> String {
        self.invite_from("13800138000")
    }

    /// The same with this user in From.
    pub(super) fn invite_from(&mut self, user: &str) -> String {
        self.calls += 1;
        let id = format!("call-{}", self.calls);
        let headers = format!(
            "From: <sip:{user}@{CARRIER}>;tag=c\r\nTo: <sip:12345@{ENGINE}>\r\nCall-ID: {id}\r\n"
        );
        self.receive(carrier(), request("INVITE", carrier(), &headers, &sdp(carrier())));
        id
    }

    /// A phone that took a call makes a new offer in it.
    pub(super) fn offer_anew(&mut self, phone: SocketAddr, sdp: &str) {
        let is = |(to, text): &&(SocketAddr, String)| *to == phone && text.starts_with("INVITE");
        let (_, invite) = self.sent.iter().rev().find(is).expect("it was called");
        // The phone is the one that was called: its To is what it calls from now.
        let headers: String = of_response(invite)
            .lines()
            .map(|line| match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("from") => {
                    format!("To:{value}\r\n")
                }
                Some((name, value)) if name.eq_ignore_ascii_case("to") => {
                    format!("From:{value};tag=far\r\n")
                }
                _ => format!("{line}\r\n"),
            })
            .collect();
        self.receive(phone, request("INVITE", phone, &headers, sdp));
    }

    /// The call of this Call-ID.
    pub(super) fn id(&self, sip_call_id: &str) -> CallId {
        let found = self.records.iter().find_map(|record| match &record.fact {
            Fact::CallArrived(arrived) if arrived.sip_call_id == sip_call_id => Some(arrived.call),
            _ => None,
        });
        found.expect("it arrived")
    }

    /// The caller hangs up.
    pub(super) fn hang_up(&mut self, sip_call_id: &str) {
        let wanted = format!("Call-ID: {sip_call_id}\r\n");
        let answer = self.sent.iter().rev().find(|(to, text)| {
            *to == carrier() && text.starts_with("SIP/2.0 200") && text.contains(&wanted)
        });
        let headers = of_response(&answer.expect("it was answered").1);
        self.receive(carrier(), request("BYE", carrier(), &headers, ""));
    }

    /// Lets time pass, with all deadlines in it.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.core.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.event(Event::Deadline);
        }
        self.now = end;
    }

    /// CDRs so far, in order.
    pub(super) fn cdrs(&self) -> Vec<&Cdr> {
        self.records
            .iter()
            .filter_map(|record| match &record.fact {
                Fact::Cdr(cdr) => Some(&**cdr),
                _ => None,
            })
            .collect()
    }

    /// How many requests of a method went to somebody.
    pub(super) fn requests(&self, method: &str, to: SocketAddr) -> usize {
        let is = |(peer, text): &&(SocketAddr, String)| {
            *peer == to && text.split(' ').next() == Some(method)
        };
        self.sent.iter().filter(is).count()
    }

    /// Nothing is left but registrations.
    pub(super) fn check_empty(&mut self) {
        self.pass(Duration::from_secs(120));
        let census = self.core.census();
        assert_eq!((census.calls, census.indexes, census.ports), (0, 0, 0), "{census:?}");
        assert_eq!(census.legs, 0, "{census:?}");
        assert_eq!((census.lines, census.deadlines), (0, 0), "{census:?}");
        let stack = census.stack;
        assert_eq!((stack.clients, stack.servers, stack.dialogs, stack.closing), (0, 0, 0, 0));
        let desk = census.desk;
        assert_eq!((desk.waiting, desk.offers, desk.talking), (0, 0, 0), "{desk:?}");
        assert_eq!((desk.busy, desk.wrap_up), (0, 0), "{desk:?}");
    }
}
