use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Fault, Faults, FlowId, TenantId};
use crate::config::{self, Config};
use crate::dialplan::{Flows, Known};
use crate::media::Prompts;

/// A file larger than this is no configuration and no flow.
const FILE_MAX: u64 = 4 << 20;

fn fault(file: &Path, what: impl Into<String>) -> Fault {
    Fault { file: file.to_path_buf(), line: 0, key: String::new(), what: what.into() }
}

/// Reads the configuration; without a file the defaults hold.
///
/// # Errors
/// Every fault of the file.
pub fn read_config(file: Option<&Path>) -> Result<Config, Faults> {
    let Some(file) = file else { return config::read(Path::new("hotline.toml"), "") };
    let text = read_text(file).map_err(|fault| Faults(vec![fault]))?;
    config::read(file, &text)
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

/// Reads the flows for a configuration that had these faults, and tells all faults at once.
///
/// # Errors
/// Every fault: of the configuration, of the flows, and of numbers that lead nowhere.
pub fn read_flows_of(
    named: &Path,
    config: &Config,
    folder: &Path,
    prompts: &Prompts,
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
/// Without a configuration only the prompts are checked.
#[must_use]
pub fn known(config: Option<&Config>, prompts: &Prompts) -> Known {
    let ids = |language: &str| prompts.ids(language).into_iter().map(Arc::from).collect();
    let languages: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = prompts
        .languages()
        .into_iter()
        .filter(|language| !language.is_empty())
        .map(|language| (Arc::from(language), ids(language)))
        .collect();
    Known {
        queues: config.map(|c| c.call.desk.queues.iter().map(|queue| queue.id.clone()).collect()),
        trunks: config.map(|c| c.call.trunks.keys().cloned().collect()),
        boxes: config.map(|c| c.boxes.clone()),
        lists: Some([Arc::from("block"), Arc::from("vip")].into()),
        prompts: Some(languages),
        music: Some(ids("")),
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

/// Checks that every number leads into a flow that exists.
///
/// # Errors
/// Every number that does not.
pub(crate) fn check_routes(file: &Path, config: &Config, flows: &Flows) -> Result<(), Faults> {
    let missing =
        lost_routes(file, config, &config.node.dialplans, |flow| flows.get(flow).is_some());
    if missing.is_empty() { Ok(()) } else { Err(Faults(missing)) }
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
