use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Fault, Faults, FlowId, TenantId};
use crate::config::{self, Config};
use crate::dialplan::{Flows, Known};
use crate::media::Prompts;
use crate::node::sounds;

/// A file larger than this is no configuration and no flow.
const FILE_MAX: u64 = 4 << 20;

fn fault(file: &Path, what: impl Into<String>) -> Fault {
    Fault { file: file.to_path_buf(), line: 0, key: String::new(), what: what.into() }
}

/// Reads the configuration as far as it can be read, with what is wrong in it.
///
/// # Errors
/// The file cannot be read.
pub fn read_on(file: Option<&Path>) -> Result<(Config, Faults), Faults> {
    let named = file.unwrap_or(Path::new("hotline.toml"));
    let text = file.map_or(Ok(String::new()), read_text).map_err(|fault| Faults(vec![fault]))?;
    Ok(config::read_on(named, &text))
}

/// What a configuration names, when all of it is good.
#[derive(Debug)]
pub struct Checked {
    /// The flows.
    pub flows: Flows,
    /// The prompts.
    pub prompts: Prompts,
}

/// Reads sounds and flows for a configuration that had these faults, and tells all faults at once.
///
/// # Errors
/// Every fault: of the configuration, the sounds, the flows, and of numbers that lead nowhere.
pub fn check_all(
    named: &Path,
    config: &Config,
    folder: &Path,
    Faults(mut faults): Faults,
) -> Result<Checked, Faults> {
    match sounds::load_prompts(config.node.sounds.as_deref()) {
        Ok(prompts) => {
            let flows = read_flows_of(named, config, folder, Some(&prompts), Faults(faults))?;
            Ok(Checked { flows, prompts })
        }
        Err(Faults(more)) => {
            faults.extend(more);
            // Which prompts there will be nobody knows.
            let faults = read_flows_of(named, config, folder, None, Faults(faults));
            Err(faults.err().unwrap_or_default())
        }
    }
}

/// Reads the flows for a configuration that had these faults, and tells all faults at once. Without
/// prompts it is not checked which there are.
///
/// # Errors
/// Every fault: of the configuration, of the flows, and of numbers that lead nowhere.
pub(crate) fn read_flows_of(
    named: &Path,
    config: &Config,
    folder: &Path,
    prompts: Option<&Prompts>,
    Faults(mut faults): Faults,
) -> Result<Flows, Faults> {
    let tenant = &config.call.tenant;
    let read = read_flows(folder, Some(tenant), &known(Some(config), prompts));
    faults.extend(match &read {
        Ok(flows) => lost_routes(named, config, folder, |flow| flows.get(flow).is_some()),
        // A flow with a fault is there all the same.
        Err(_) => lost_routes(named, config, folder, |flow| is_file(folder, tenant, flow)),
    });
    faults.sort();
    match read {
        Ok(flows) if faults.is_empty() => Ok(flows),
        Ok(_) => Err(Faults(faults)),
        Err(Faults(more)) => {
            faults.extend(more);
            Err(Faults(faults))
        }
    }
}

fn is_file(folder: &Path, tenant: &TenantId, flow: &FlowId) -> bool {
    let of_tenant = flow.as_str().split_once('/').is_some_and(|(of, _)| of == tenant.as_str());
    of_tenant && folder.join(format!("{flow}.flow.yaml")).is_file()
}

fn read_text(file: &Path) -> Result<String, Fault> {
    let unreadable = |error: io::Error| fault(file, format!("cannot be read: {error}"));
    let length = fs::metadata(file).map_err(unreadable)?.len();
    if length > FILE_MAX {
        return Err(fault(file, format!("has {length} bytes; allowed: at most {FILE_MAX}")));
    }
    fs::read_to_string(file).map_err(unreadable)
}

/// What lies in a folder, in order.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let unreadable = |error: io::Error| fault(folder, format!("cannot be read: {error}"));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// What flows may name: queues, trunks and boxes of the configuration, prompts and music that exist.
/// What is not given is not checked.
#[must_use]
pub fn known(config: Option<&Config>, prompts: Option<&Prompts>) -> Known {
    let ids = |prompts: &Prompts, language: &str| {
        prompts.ids(language).into_iter().map(Arc::from).collect::<BTreeSet<Arc<str>>>()
    };
    let languages = |prompts: &Prompts| -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
        let languages = prompts.languages().into_iter();
        languages.map(|language| (Arc::from(language), ids(prompts, language))).collect()
    };
    Known {
        queues: config.map(|c| c.call.desk.queues.iter().map(|queue| queue.id.clone()).collect()),
        trunks: config.map(|c| c.call.trunks.keys().cloned().collect()),
        boxes: config.map(|c| c.boxes.clone()),
        lists: Some([Arc::from("block"), Arc::from("vip")].into()),
        prompts: prompts.map(languages),
        music: prompts.map(|prompts| ids(prompts, "")),
    }
}

/// Reads the flows of one tenant (or of all), `<tenant>/*.flow.yaml` and `<tenant>/calendars.yaml`.
///
/// # Errors
/// Every fault of every file.
pub fn read_flows(
    folder: &Path,
    tenant: Option<&TenantId>,
    known: &Known,
) -> Result<Flows, Faults> {
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    let folders = match tenant {
        Some(tenant) => vec![folder.join(tenant.as_str())],
        None => list(folder).map_err(|fault| Faults(vec![fault]))?,
    };
    for tenant in folders.iter().filter(|path| path.is_dir()) {
        let files = list(tenant).map_err(|fault| Faults(vec![fault]))?;
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".flow.yaml") || name == "calendars.yaml" {
                match read_text(&file) {
                    Ok(text) => sources.push((file, text)),
                    Err(fault) => faults.push(fault),
                }
            }
        }
    }
    match Flows::read(sources, known) {
        Ok(flows) if faults.is_empty() => Ok(flows),
        Ok(_) => Err(Faults(faults)),
        Err(more) => {
            faults.extend(more.0);
            Err(Faults(faults))
        }
    }
}

fn lost_routes(
    file: &Path,
    config: &Config,
    folder: &Path,
    exists: impl Fn(&FlowId) -> bool,
) -> Vec<Fault> {
    let routes = config.call.routes.iter().zip(&config.route_lines);
    routes
        .filter(|(route, _)| !route.flow.as_str().is_empty() && !exists(&route.flow))
        .map(|(route, line)| Fault {
            file: file.to_path_buf(),
            line: *line,
            key: "number.flow".to_owned(),
            what: format!(
                "\"{}\" (number {}) is no flow; allowed: <folder>/<name> of a file \
                 <folder>/<name>.flow.yaml below {}",
                route.flow,
                route.called,
                folder.display()
            ),
        })
        .collect()
}
