use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Fault, Faults, FlowId, TenantId};
use crate::config::{self, Config};
use crate::dialplan::{Flows, Known};
use crate::media::{PromptFault, Prompts};

/// The prompts that are built in.
#[derive(rust_embed::RustEmbed)]
#[folder = "sounds"]
#[include = "*.wav"]
struct Sounds;

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

/// Reads a configuration and the flows, those of `folder` or of the folder that it names, and tells
/// the faults of both at once.
///
/// # Errors
/// Every fault: of the configuration, of the flows, and of numbers that lead nowhere.
pub fn read_all(
    file: Option<&Path>,
    folder: Option<&Path>,
    prompts: &Prompts,
) -> Result<(Config, Flows), Faults> {
    let named = file.unwrap_or(Path::new("hotline.toml"));
    let text = file.map_or(Ok(String::new()), read_text).map_err(|fault| Faults(vec![fault]))?;
    let (config, Faults(mut faults)) = config::read_on(named, &text);
    let folder = folder.unwrap_or(&config.node.dialplans).to_path_buf();
    let tenant = config.call.tenant.clone();
    let read = read_flows(&folder, Some(&tenant), &known(Some(&config), prompts));
    let lost = match &read {
        Ok(flows) => lost_routes(named, &config, &folder, |flow| flows.get(flow).is_some()),
        // A flow with a fault is there all the same.
        Err(_) => lost_routes(named, &config, &folder, |flow| is_file(&folder, &tenant, flow)),
    };
    faults.extend(lost);
    faults.sort();
    match read {
        Ok(flows) if faults.is_empty() => Ok((config, flows)),
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

/// Loads the built-in prompts and, over them, those of the operator's folder.
///
/// # Errors
/// Every prompt that cannot be used.
pub fn load_prompts(folder: Option<&Path>) -> Result<Prompts, Faults> {
    let mut files: BTreeMap<(String, String), Vec<u8>> = BTreeMap::new();
    for name in Sounds::iter() {
        if let (Some(key), Some(file)) = (prompt_key(Path::new(name.as_ref())), Sounds::get(&name))
        {
            files.insert(key, file.data.into_owned());
        }
    }
    let at = folder.unwrap_or(Path::new("sounds"));
    if let Some(folder) = folder {
        for file in wav_files(folder).map_err(|fault| Faults(vec![fault]))? {
            let inside = file.strip_prefix(folder).unwrap_or(&file);
            let Some(key) = prompt_key(inside) else { continue };
            let bytes = fs::read(&file)
                .map_err(|error| Faults(vec![fault(&file, format!("cannot be read: {error}"))]))?;
            files.insert(key, bytes);
        }
    }
    let named = files.iter().map(|((language, id), bytes)| (language, id, bytes));
    Prompts::build(named).map_err(|faults| {
        let text = |one: PromptFault| fault(at, one.to_string());
        Faults(faults.into_iter().map(text).collect())
    })
}

/// `zh-CN/ahead/3.wav` → language `zh-CN`, id `ahead/3`; `moh/default.wav` and `beep.wav` belong to
/// no language.
fn prompt_key(inside: &Path) -> Option<(String, String)> {
    let id = inside.with_extension("").to_str()?.replace('\\', "/");
    let (first, rest) = id.split_once('/').unwrap_or(("", &id));
    if first.is_empty() || first == "moh" {
        Some((String::new(), id.clone()))
    } else {
        Some((first.to_owned(), rest.to_owned()))
    }
}

fn wav_files(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in list(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "wav") {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_sounds_are_languages_and_ids() {
        for (path, key) in [
            ("zh-CN/ahead/3.wav", ("zh-CN", "ahead/3")),
            ("en/welcome.wav", ("en", "welcome")),
            ("moh/default.wav", ("", "moh/default")),
            ("beep.wav", ("", "beep")),
        ] {
            let (language, id) = prompt_key(Path::new(path)).unwrap();
            assert_eq!((language.as_str(), id.as_str()), key);
        }
    }

    #[test]
    fn built_in_prompts_are_all_good() {
        let prompts = load_prompts(None).unwrap();
        assert!(prompts.find("zh-CN", "welcome").is_some());
        assert!(prompts.find("", "moh/default").is_some());
    }
}
