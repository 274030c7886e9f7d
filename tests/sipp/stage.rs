use std::time::Duration;

use hotline::peer::{Algorithm, Call, Incoming, Phone, PhoneSettings, RegisterState, Source};

use crate::harness::{Flows, Place, Switch, usual};
use crate::sipp::party::Party;

/// A guard against hanging.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// What phones say here.
pub(crate) const TONE: u16 = 1_000;
/// What sipp plays from `tone-700.alaw`.
pub(crate) const FILE_TONE: u16 = 700;
/// sipp sends back what it hears.
pub(crate) const ECHO: [&str; 1] = ["-rtp_echo"];

/// An engine with the shipped flows and `fcg/quick` (12399), `fcg/far` (12398), and two agents of the
/// queue `quick`: 8101, whose phone is sipp (MD5 only), and 8102, whose phone is ours (SHA-256 only).
pub(crate) struct Stage {
    pub(crate) switch: Switch,
    pub(crate) flows: Flows,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|config| config)
    }

    /// The same with a configuration that is changed.
    pub(crate) fn with(change: impl FnOnce(String) -> String) -> Self {
        Self::with_flows(&[], change)
    }

    /// The same with more flows: name, number that leads there, text.
    pub(crate) fn with_flows(
        more_flows: &[(&str, &str, &str)],
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let flows = Flows::new();
        for (name, _, text) in more_flows {
            std::fs::write(flows.file(name), text).expect("a flow is written");
        }
        let config = change(flows.put_into(&usual(Place::new())));
        let mut more = "[[queue]]\nid = \"quick\"\nring = \"3s\"\nwrap_up = \"0s\"\n".to_owned();
        for (agent, algorithm) in [(8101, "md5"), (8102, "sha-256")] {
            more += &format!(
                "[[account]]\nid = \"{agent}\"\npassword = \"secret-{agent}\"\n\
                 algorithms = [\"{algorithm}\"]\n\
                 [[agent]]\nid = \"{agent}\"\nnumber = \"{agent}\"\nqueues = [\"quick\"]\n"
            );
        }
        let own = more_flows.iter().map(|(name, called, _)| (*called, *name));
        for (called, flow) in [("12399", "quick"), ("12398", "far")].into_iter().chain(own) {
            more += &format!("[[number]]\ncalled = \"{called}\"\nflow = \"fcg/{flow}\"\n");
        }
        Self { switch: Switch::start_with(&config, &more), flows }
    }

    /// sipp's phone of agent 8101 registers from `.21:5060`.
    pub(crate) fn register_sipp(&self) {
        let at = self.switch.place.sip(21);
        let login = ["-s", "8101", "-au", "8101", "-ap", "secret-8101"];
        Party::calls(&self.switch, "agent-registers", at, &login).ends_well();
    }

    /// sipp plays the phone of agent 8101; the agent is ready.
    pub(crate) fn sipp_agent(&self, scenario: &str, more: &[&str]) -> Party {
        self.register_sipp();
        let at = self.switch.place.sip(21);
        let party = Party::waits(&self.switch, scenario, at, &[&["-s", "8101"], more].concat());
        self.switch.ready("8101");
        party
    }

    /// A phone of ours that says [`TONE`] and listens for it, registered for an agent at `.31`.
    pub(crate) fn agent(&self, agent: &str, incoming: Incoming) -> Phone {
        let mut settings = PhoneSettings::new(agent);
        settings.bind = self.switch.place.at(31, 0);
        settings.server = Some(self.switch.sip());
        settings.password = Some(format!("secret-{agent}"));
        settings.algorithm = (agent == "8102").then_some(Algorithm::Sha256);
        settings.incoming = incoming;
        settings.source = Source::tone(TONE);
        settings.listen_hz = vec![TONE, FILE_TONE];
        let phone = Phone::start(settings).expect("a phone starts");
        let state = phone.register(LIMIT);
        assert!(matches!(state, RegisterState::On { .. }), "{agent}: {state:?}");
        self.switch.ready(agent);
        phone
    }

    /// A phone of ours at the carrier that says [`TONE`] and listens for it.
    pub(crate) fn citizen(&self) -> Phone {
        let mut settings = PhoneSettings::new("13900139000");
        settings.bind = self.switch.place.at(11, 0);
        settings.server = Some(self.switch.sip());
        settings.source = Source::tone(TONE);
        settings.listen_hz = vec![TONE, FILE_TONE];
        Phone::start(settings).expect("a phone starts")
    }

    /// That phone calls a number.
    pub(crate) fn call(&self, citizen: &Phone, called: &str) -> Call {
        citizen.call(&format!("sip:{called}@{}", self.switch.sip())).expect("a call")
    }

    /// The carrier's sipp.
    pub(crate) fn carrier(&self, scenario: &str, called: &str, more: &[&str]) -> Party {
        let at = self.switch.place.sip(11);
        Party::calls(&self.switch, scenario, at, &[&["-s", called], more].concat())
    }
}
