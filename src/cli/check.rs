use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hotline::base::Faults;
use hotline::node::{known, load_prompts, read_all, read_flows};

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
    let flows = if let Some(file) = file {
        // Its folder of prompts counts also when something else in it is wrong.
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let sounds = hotline::config::read_on(file, &text).0.node.sounds;
        let prompts = load_prompts(sounds.as_deref())?;
        read_all(Some(file), Some(dialplans), &prompts)?.1
    } else {
        read_flows(dialplans, None, &known(None, &load_prompts(None)?))?
    };
    let names: Vec<String> =
        flows.iter().map(|flow| format!("{} (revision {})", flow.id, flow.revision)).collect();
    Ok(format!("{} flows are good: {}", names.len(), names.join(", ")))
}
