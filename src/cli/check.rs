use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hotline::base::Faults;
use hotline::node::{check_all, known, load_prompts, read_flows, read_on};

/// `hotline check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The folder of flows, one sub-folder a tenant.
    dialplans: PathBuf,
    /// Also check this configuration, and the flows against its queues, trunks and boxes.
    #[arg(long, short)]
    config: Option<PathBuf>,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match check(&self.dialplans, self.config.as_deref()) {
            Ok(summary) => {
                println!("{summary}");
                Ok(ExitCode::SUCCESS)
            }
            Err(faults) => {
                eprintln!("{faults}");
                let count = faults.0.len();
                eprintln!("{count} fault{}", if count == 1 { "" } else { "s" });
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn check(dialplans: &Path, file: Option<&Path>) -> Result<String, Faults> {
    let mut notices = Vec::new();
    let flows = if let Some(file) = file {
        let (config, faults) = read_on(Some(file))?;
        notices = config.notices();
        check_all(file, &config, dialplans, faults)?.flows
    } else {
        read_flows(dialplans, None, &known(None, Some(&load_prompts(None)?)))?
    };
    let names: Vec<String> =
        flows.iter().map(|flow| format!("{} (revision {})", flow.id, flow.revision)).collect();
    let notices: String = notices.iter().map(|notice| format!("notice: {notice}\n")).collect();
    Ok(format!("{notices}{} flows are good: {}", names.len(), names.join(", ")))
}
