use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Fault, Faults, FlowId};

use super::calendar::Calendar;
use super::flow::Flow;
use super::known::Known;
use super::read;

/// The ending of a flow's file.
const FLOW_ENDING: &str = ".flow.yaml";
/// The file with a tenant's calendars.
const CALENDARS_FILE: &str = "calendars.yaml";
/// The most files that are read together.
const MAX_FILES: usize = 1_000;

/// All flows that were read together. Calls in progress keep the flow that they began with.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    flows: BTreeMap<FlowId, Arc<Flow>>,
}

impl Flows {
    /// Reads and checks `sources`: files `<tenant>/*.flow.yaml` and `<tenant>/calendars.yaml`, each
    /// with the path to be named in faults; the folder that a file lies in is its tenant.
    ///
    /// # Errors
    /// Every fault of every file, in the order of files and lines.
    pub fn read(sources: Vec<(PathBuf, String)>, known: &Known) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let mut calendars: BTreeMap<String, BTreeMap<Arc<str>, Arc<Calendar>>> = BTreeMap::new();
        let mut flow_sources = Vec::new();
        if sources.len() > MAX_FILES {
            let what = format!("{} files; at most {MAX_FILES} are read", sources.len());
            return Err(Faults(vec![fault(PathBuf::new(), what)]));
        }
        for (path, text) in sources {
            match Kind::of(&path) {
                Ok(Kind::Flow { tenant, stem }) => flow_sources.push((path, text, tenant, stem)),
                Ok(Kind::Calendars { tenant }) => match read::calendars(path, &text) {
                    Ok(read) => {
                        calendars.insert(tenant, read);
                    }
                    Err(found) => faults.extend(found),
                },
                Err(what) => faults.push(fault(path, what)),
            }
        }
        let none = BTreeMap::new();
        let mut flows: BTreeMap<FlowId, Arc<Flow>> = BTreeMap::new();
        for (path, text, tenant, stem) in flow_sources {
            let id = FlowId::new(&format!("{tenant}/{stem}"));
            if flows.contains_key(&id) {
                faults.push(fault(path, format!("flow {id} was read from another file already")));
                continue;
            }
            let calendars = calendars.get(&tenant).unwrap_or(&none);
            match read::flow(path, &text, &id, known, calendars) {
                Ok(flow) => {
                    flows.insert(id, Arc::new(flow));
                }
                Err(found) => faults.extend(found),
            }
        }
        if faults.is_empty() {
            return Ok(Self { flows });
        }
        faults.sort();
        Err(Faults(faults))
    }

    /// Whether a file of this name belongs to a dialplan folder; others need not be handed in.
    #[must_use]
    pub fn reads(path: &Path) -> bool {
        Kind::of(path).is_ok()
    }

    /// The flow with this id.
    #[must_use]
    pub fn get(&self, id: &FlowId) -> Option<&Arc<Flow>> {
        self.flows.get(id)
    }

    /// All flows in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Flow>> {
        self.flows.values()
    }

    /// How many flows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether there is no flow.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }
}

const fn fault(file: PathBuf, what: String) -> Fault {
    Fault { file, line: 0, key: String::new(), what }
}

enum Kind {
    Flow { tenant: String, stem: String },
    Calendars { tenant: String },
}

impl Kind {
    fn of(path: &Path) -> Result<Self, String> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let tenant = path
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str())
            .ok_or_else(|| "must lie in a tenant's folder, such as fcg/12345.flow.yaml".to_owned())?
            .to_owned();
        if name == CALENDARS_FILE {
            return Ok(Self::Calendars { tenant });
        }
        match name.strip_suffix(FLOW_ENDING) {
            Some(stem) if !stem.is_empty() => Ok(Self::Flow { tenant, stem: stem.to_owned() }),
            _ => Err(format!("is neither *{FLOW_ENDING} nor {CALENDARS_FILE}")),
        }
    }
}
