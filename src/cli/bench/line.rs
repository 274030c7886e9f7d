use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::bench::{calls, delays, registrations, setups};

/// `hotline bench`: one JSON line a measurement on standard output, a table at the end on standard
/// error.
#[derive(Args, Debug)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

/// Both sides of the load, and what is measured beside it.
#[derive(Args, Debug)]
pub(crate) struct Sides {
    /// The SIP address of the switch.
    #[arg(long, default_value = "127.0.0.10:5060")]
    pub(crate) target: SocketAddr,
    /// Where the calls come from.
    #[arg(long, default_value = "127.0.0.11:0")]
    pub(crate) caller: SocketAddr,
    /// Where the switch sends them on to.
    #[arg(long, default_value = "127.0.0.12:5070")]
    pub(crate) callee: SocketAddr,
    /// Process of the switch, whose processor time and memory are read; without it only what
    /// the load sees is measured.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Calls bridged to a user agent, RTP both ways.
    Calls(calls::Calls),
    /// The same, recorded.
    Rec(calls::Calls),
    /// Calls that listen to prompts and press keys.
    Ivr(calls::Calls),
    /// Set-ups a second without RTP, faster until it fails.
    Setups(setups::Setups),
    /// Registrations a second, faster until it fails.
    Registrations(registrations::Registrations),
    /// SIP delays of single calls.
    Delays(delays::Delays),
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Calls(calls) => calls.run("calls", "bridge"),
            What::Rec(calls) => calls.run("rec", "rec"),
            What::Ivr(calls) => calls.run("ivr", "ivr"),
            What::Setups(setups) => setups.run(),
            What::Registrations(registrations) => registrations.run(),
            What::Delays(delays) => delays.run(),
        }
    }
}
