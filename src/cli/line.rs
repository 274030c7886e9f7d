use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::{bench, check, demo, ha1, run, simulate};

/// A softswitch and ACD engine for public-service hotlines.
#[derive(Parser, Debug)]
#[command(name = "hotline", version, about)]
pub(crate) struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the engine until it is told to stop.
    Run(run::Run),
    /// Check flows (and a configuration) and print every fault with file and line.
    Check(check::Check),
    /// Show one call from the carrier to the record, with real sockets and real audio.
    Demo(demo::Demo),
    /// Put a switch under load and measure it.
    Bench(bench::Bench),
    /// Print the digest hashes of an account, for `ha1_md5` and `ha1_sha256`.
    Ha1(ha1::Ha1),
    /// Play hours of calls in seconds against the real core in a fake world, and print the figures.
    Simulate(simulate::Simulate),
}

impl Line {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Run(run) => run.run(),
            Command::Check(check) => check.run(),
            Command::Demo(demo) => demo.run(),
            Command::Bench(bench) => bench.run(),
            Command::Ha1(ha1) => ha1.run(),
            Command::Simulate(simulate) => simulate.run(),
        }
    }
}
