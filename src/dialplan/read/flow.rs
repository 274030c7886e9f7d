use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{Fault, FlowId};
use crate::dialplan::calendar::Calendar;
use crate::dialplan::check;
use crate::dialplan::flow::{Exit, Flow, GlobalKey, Limits, MAX_NODES, NodeIndex};
use crate::dialplan::known::Known;
use crate::dialplan::node::{Kind, Node};
use crate::dialplan::template::is_fact;
use crate::dialplan::yaml::{self, Tree, Value, Word};

use super::fields::{Fields, text};
use super::reading::{Reading, Report};
use super::value::is_name;

/// The version of the language.
const SCHEMA: &str = "ivr/1";
/// The variable with the caller's language.
pub(crate) const LANGUAGE_VAR: &str = "lang";
/// The language of a flow that names none.
const DEFAULT_LANGUAGE: &str = "zh-CN";
/// The most variables of a flow.
const MAX_VARS: usize = 64;

/// Reads and checks one flow.
pub(crate) fn flow(
    file: PathBuf,
    text: &str,
    id: &FlowId,
    known: &Known,
    calendars: &BTreeMap<Arc<str>, Arc<Calendar>>,
) -> Result<Flow, Vec<Fault>> {
    let mut report = Report::new(file);
    let tree = match yaml::parse(text) {
        Ok(tree) => tree,
        Err(fault) => {
            report.fault(fault.line, "", fault.what);
            return Err(report.into_faults());
        }
    };
    let Some(top) = Fields::of(&mut report, "", tree.line, &tree) else {
        return Err(report.into_faults());
    };
    let mut reading = Reading {
        report,
        known,
        calendars,
        nodes: BTreeMap::new(),
        languages: Vec::new(),
        vars: BTreeMap::new(),
        uses: Vec::new(),
        global: Vec::new(),
        torn: false,
    };
    let flow = read(&mut reading, top, id);
    match flow {
        Some(flow) if reading.report.is_clean() => Ok(flow),
        _ => Err(reading.report.into_faults()),
    }
}

fn read<'a>(reading: &mut Reading<'a>, mut top: Fields<'a>, id: &FlowId) -> Option<Flow> {
    top.schema(&mut reading.report, SCHEMA);
    read_name(reading, &mut top, id);
    let title = read_title(reading, &mut top);
    let why = "a whole number that is raised on every publish";
    let revision = top.need_number(&mut reading.report, "revision", 1..=4_000_000_000, why);
    let (vars_line, vars) = read_vars(reading, &mut top);
    read_languages(reading, &mut top, vars_line, &vars);
    let limits = read_limits(reading, &mut top);
    let global_keys = read_global_keys(reading, &mut top);
    let listed = top.need(&mut reading.report, "nodes", "a map from each node's name to it");
    let mut entries: Vec<(&Word, &Tree)> = Vec::new();
    if let Some((line, tree)) = listed
        && let Some(mut fields) = Fields::of(&mut reading.report, "nodes", line, tree)
    {
        entries = fields.take_all();
        if entries.len() > MAX_NODES {
            let what = format!("{} nodes; at most {MAX_NODES} in one flow", entries.len());
            reading.fault(line, "nodes", what);
            entries.truncate(MAX_NODES);
        }
    }
    for (at, (word, _)) in entries.iter().enumerate() {
        if !is_name(&word.text) {
            let what = "a node's name begins with a letter and has letters, digits, `_` and `-`";
            reading.fault(word.line, format!("nodes.{}", word.text), what);
        }
        let index = NodeIndex(u16::try_from(at).unwrap_or(u16::MAX));
        reading.nodes.insert(&word.text, index);
    }
    let start = top.need_exit(reading, "start", "the node where calls begin");
    let why = "the node that the fault of any node leads to; silence is no answer";
    let on_error = top.need_exit(reading, "on_error", why);
    top.finish(&mut reading.report);
    let mut nodes: Vec<Node> =
        entries.iter().map(|(word, tree)| Node::read(reading, word, tree)).collect();
    mark_surveys(&mut nodes);
    check_vars(reading);
    let flow = Flow {
        id: id.clone(),
        revision: revision.unsigned_abs(),
        title,
        languages: reading.languages.clone(),
        start,
        on_error,
        limits,
        global_keys,
        vars,
        nodes,
    };
    check::check(&flow, reading.torn, &mut reading.report);
    Some(flow)
}

/// `flow` says tenant and file once more, so that a copied file is noticed.
fn read_name(reading: &mut Reading<'_>, top: &mut Fields<'_>, id: &FlowId) {
    let expected = id.as_str().replace('/', "-");
    let why = format!("the flow's name, here `{expected}`");
    if let Some(word) = top.need_text(&mut reading.report, "flow", &why)
        && word.text != expected
    {
        let what =
            format!("`{}` must be tenant folder and file name, here `{expected}`", word.text);
        reading.fault(word.line, "flow", what);
    }
}

fn read_title(reading: &mut Reading<'_>, top: &mut Fields<'_>) -> BTreeMap<Arc<str>, Arc<str>> {
    let Some((line, tree)) = top.take("title") else { return BTreeMap::new() };
    let Some(mut fields) = Fields::of(&mut reading.report, "title", line, tree) else {
        return BTreeMap::new();
    };
    let mut title = BTreeMap::new();
    for (word, tree) in fields.take_all().into_iter().take(16) {
        let key = fields.path_of(&word.text);
        if let Some(line) = text(&mut reading.report, &key, tree) {
            title.insert(Arc::from(word.text.as_str()), Arc::from(line.text.as_str()));
        }
    }
    title
}

fn read_vars(
    reading: &mut Reading<'_>,
    top: &mut Fields<'_>,
) -> (u64, BTreeMap<Arc<str>, Arc<str>>) {
    let Some((line, tree)) = top.take("vars") else { return (0, BTreeMap::new()) };
    let values = read_assignments(reading, "vars", line, tree);
    for name in values.keys() {
        reading.vars.insert(name.clone(), false);
    }
    (line, values)
}

/// Reads a map from variables to texts.
pub(crate) fn read_assignments(
    reading: &mut Reading<'_>,
    path: &str,
    line: u64,
    tree: &Tree,
) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut values = BTreeMap::new();
    let Some(mut fields) = Fields::of(&mut reading.report, path, line, tree) else { return values };
    let all = fields.take_all();
    if all.len() > MAX_VARS {
        reading.fault(line, path, format!("{}; at most {MAX_VARS}", all.len()));
    }
    for (word, tree) in all.into_iter().take(MAX_VARS) {
        let key = fields.path_of(&word.text);
        if !is_name(&word.text) || is_fact(&word.text) {
            let what = "a variable's name begins with a letter, has letters, digits, `_` and `-`, \
                        and is none of caller, called, region";
            reading.fault(word.line, &key, what);
        }
        let value = match &tree.value {
            Value::Text(word) if word.quoted && word.text.is_empty() => Some(Arc::from("")),
            _ => text(&mut reading.report, &key, tree).map(|word| Arc::from(word.text.as_str())),
        };
        if let Some(value) = value {
            values.insert(Arc::from(word.text.as_str()), value);
        }
    }
    values
}

fn read_languages(
    reading: &mut Reading<'_>,
    top: &mut Fields<'_>,
    vars_line: u64,
    vars: &BTreeMap<Arc<str>, Arc<str>>,
) {
    let lang = vars.get(LANGUAGE_VAR).cloned();
    let mut languages: Vec<Arc<str>> = Vec::new();
    if let Some((line, items)) = top.list(&mut reading.report, "languages", 16) {
        for (line, name) in Fields::words(&mut reading.report, "languages", items) {
            if let Some(prompts) = &reading.known.prompts
                && !prompts.contains_key(&name)
            {
                reading.report.fault(line, "languages", format!("no prompts exist in `{name}`"));
            }
            if languages.contains(&name) {
                reading.report.fault(line, "languages", format!("`{name}` stands here twice"));
            } else {
                languages.push(name);
            }
        }
        if items.is_empty() {
            reading.fault(line, "languages", "is empty");
        }
    } else if let Some(prompts) = &reading.known.prompts {
        languages.extend(prompts.keys().cloned());
    }
    if languages.is_empty() {
        languages.push(lang.clone().unwrap_or_else(|| Arc::from(DEFAULT_LANGUAGE)));
    }
    let first = lang.unwrap_or_else(|| Arc::from(DEFAULT_LANGUAGE));
    if let Some(at) = languages.iter().position(|language| *language == first) {
        languages[..=at].rotate_right(1);
    } else if vars.contains_key(LANGUAGE_VAR) {
        let what = format!("`{first}` is none of the flow's languages: {}", languages.join(", "));
        reading.fault(vars_line, "vars.lang", what);
    }
    reading.languages = languages;
    reading.vars.insert(Arc::from(LANGUAGE_VAR), false);
}

fn read_limits(reading: &mut Reading<'_>, top: &mut Fields<'_>) -> Limits {
    let Some((line, tree)) = top.take("limits") else { return Limits::default() };
    let report = &mut reading.report;
    let Some(mut fields) = Fields::of(report, "limits", line, tree) else {
        return Limits::default();
    };
    let default = Limits::default();
    let steps = fields.number(report, "max_steps", 32..=10_000, i64::from(default.steps));
    let seconds = i64::try_from(default.time.as_secs()).unwrap_or(i64::MAX);
    let seconds = fields.number(report, "max_seconds", 60..=14_400, seconds);
    fields.finish(report);
    Limits {
        steps: u32::try_from(steps).unwrap_or(default.steps),
        time: Duration::from_secs(seconds.unsigned_abs()),
    }
}

fn read_global_keys(
    reading: &mut Reading<'_>,
    top: &mut Fields<'_>,
) -> Vec<(crate::base::Key, GlobalKey)> {
    let mut keys = Vec::new();
    for (line, key, tree) in top.phone_keys(&mut reading.report, "global_keys") {
        let path = format!("global_keys.{key}");
        let Some(word) = text(&mut reading.report, &path, tree) else { continue };
        let means = match word.text.as_str() {
            "repeat" => GlobalKey::Repeat,
            "language" => GlobalKey::Language,
            other => {
                let what = format!("`{other}` is neither repeat nor language");
                reading.fault(line, &path, what);
                continue;
            }
        };
        keys.push((key, means));
    }
    reading.global = keys.iter().map(|(key, _)| *key).collect();
    keys
}

/// Marks the menus by which callers rate the service.
fn mark_surveys(nodes: &mut [Node]) {
    let rates: Vec<bool> = nodes.iter().map(|node| matches!(node.kind, Kind::Rate(_))).collect();
    for node in nodes {
        if let Kind::Menu(menu) = &mut node.kind {
            let mut exits = menu.keys.iter().map(|(_, exit)| usize::from(exit.to.0));
            menu.survey = exits.any(|to| rates.get(to) == Some(&true));
        }
    }
}

fn check_vars(reading: &mut Reading<'_>) {
    for used in std::mem::take(&mut reading.uses) {
        match reading.vars.get(used.name.as_str()) {
            None => {
                let near = super::reading::nearest(&used.name, reading.vars.keys().map(|n| &**n));
                let hint = near.map_or_else(String::new, |near| format!("; is `{near}` meant?"));
                let what = format!("there is no variable `{}`{hint}", used.name);
                reading.report.fault(used.line, used.key, what);
            }
            Some(true) if used.outward => {
                let what = format!("`{}` is secret and must not leave the engine", used.name);
                reading.report.fault(used.line, used.key, what);
            }
            Some(_) => {}
        }
    }
}

/// An exit that must lead to some node; for keys whose value is a node's name.
pub(crate) fn exit_of(reading: &mut Reading<'_>, key: &str, tree: &Tree) -> Exit {
    match text(&mut reading.report, key, tree) {
        Some(word) => reading.exit(tree.line, key, &word.text),
        None => {
            reading.torn = true;
            Exit::nowhere(tree.line)
        }
    }
}
