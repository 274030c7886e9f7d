use std::net::SocketAddr;
use std::time::Duration;

/// One built-in agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAgent {
    /// Number and account.
    pub number: String,
    /// Shown on the terminal.
    pub name: String,
    /// Password of the account; does not register when `None`.
    pub password: Option<String>,
    /// Own SIP address.
    pub bind: SocketAddr,
    /// The tone by which this agent is known, in Hz, different for each.
    pub hz: u16,
}

/// The scripted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPlan {
    /// Where the switch takes SIP over UDP.
    pub server: SocketAddr,
    /// The carrier's own address: the switch knows it as a trunk, e.g. 127.0.0.11:5060.
    pub carrier: SocketAddr,
    /// What is called.
    pub number: String,
    /// Who calls.
    pub caller: String,
    /// The caller's tone in Hz.
    pub caller_hz: u16,
    /// Three of them.
    pub agents: Vec<DemoAgent>,
    /// Keys, each pressed when sound was heard and this time has passed since.
    pub keys: Vec<(Duration, char)>,
    /// The agent lets it ring so long.
    pub ring: Duration,
    /// They talk so long.
    pub talk: Duration,
    /// The key that rates the talk after the agent has hung up.
    pub rating: Option<char>,
    /// The longest that any one step may take.
    pub limit: Duration,
}

/// Where the talk is, for links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Who calls.
    pub caller: String,
    /// Number of the agent who answered.
    pub agent: String,
}
