use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hotline::base::Faults;
use hotline::node::{check_routes, known, load_prompts, read_config, read_flows};

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
                eprintln!("{} faults", faults.0.len());
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn check(dialplans: &Path, file: Option<&Path>) -> Result<String, Faults> {
    let config = file.map(|file| read_config(Some(file))).transpose()?;
    let sounds = config.as_ref().and_then(|config| config.node.sounds.clone());
    let prompts = load_prompts(sounds.as_deref())?;
    let tenant = config.as_ref().map(|config| &config.call.tenant);
    let flows = read_flows(dialplans, tenant, &known(config.as_ref(), &prompts))?;
    if let (Some(file), Some(config)) = (file, &config) {
        check_routes(file, config, &flows)?;
    }
    let names: Vec<String> =
        flows.iter().map(|flow| format!("{} (revision {})", flow.id, flow.revision)).collect();
    let notices = config.map(|config| config.notices()).unwrap_or_default();
    let notices: String = notices.iter().map(|notice| format!("notice: {notice}\n")).collect();
    Ok(format!("{notices}{} flows are good: {}", names.len(), names.join(", ")))
}
