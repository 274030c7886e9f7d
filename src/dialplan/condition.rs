use std::sync::Arc;

use super::facts::Facts;
use super::read::{Fields, Reading, VarUse};
use super::vars::Vars;
use super::yaml::Tree;

/// The most values of one key.
const MAX_VALUES: usize = 1_000;
/// The deepest nesting of `not` and `any`.
const MAX_DEPTH: usize = 4;

/// A condition as data: all of its tests must hold.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Condition {
    tests: Vec<Test>,
}

#[derive(Clone, PartialEq, Debug)]
enum Test {
    /// The caller is on one of these lists.
    Listed(Vec<Arc<str>>),
    /// One of these area codes.
    Region(Vec<Arc<str>>),
    /// One of these numbers; a `*` at the end stands for any rest.
    Caller(Vec<Arc<str>>),
    /// The same for the number called.
    Called(Vec<Arc<str>>),
    /// One of these kinds of caller.
    Kind(Vec<Arc<str>>),
    /// Came in by one of these trunks.
    Trunk(Vec<Arc<str>>),
    /// Made by one of these accounts.
    Account(Vec<Arc<str>>),
    /// The variable has one of these values.
    Var { name: Arc<str>, values: Vec<Arc<str>> },
    /// The condition does not hold.
    Not(Condition),
    /// One of the conditions holds.
    Any(Vec<Condition>),
}

const KINDS: [&str; 8] =
    ["mobile", "fixed", "short", "service", "foreign", "withheld", "sip", "unknown"];

impl Condition {
    pub(crate) fn read(
        reading: &mut Reading<'_>,
        path: &str,
        line: u64,
        tree: &Tree,
        depth: usize,
    ) -> Self {
        let mut tests = Vec::new();
        let Some(mut fields) = Fields::of(&mut reading.report, path, line, tree) else {
            return Self { tests };
        };
        if let Some(names) = words(reading, &mut fields, "listed") {
            if let Some(lists) = &reading.known.lists {
                let key = fields.path_of("listed");
                for (line, name) in names.iter().filter(|(_, name)| !lists.contains(name)) {
                    reading.report.fault(*line, &key, format!("there is no list `{name}`"));
                }
            }
            tests.push(Test::Listed(plain(names)));
        }
        if let Some(codes) = words(reading, &mut fields, "region") {
            for (line, code) in &codes {
                let digits = code.chars().all(|c| c.is_ascii_digit());
                if !digits || !code.starts_with('0') || !(3..=4).contains(&code.len()) {
                    let what = format!("`{code}` is no area code such as \"0770\"");
                    reading.fault(*line, fields.path_of("region"), what);
                }
            }
            tests.push(Test::Region(plain(codes)));
        }
        if let Some(numbers) = words(reading, &mut fields, "caller") {
            tests.push(Test::Caller(plain(numbers)));
        }
        if let Some(numbers) = words(reading, &mut fields, "called") {
            tests.push(Test::Called(plain(numbers)));
        }
        if let Some(kinds) = words(reading, &mut fields, "kind") {
            for (line, kind) in kinds.iter().filter(|(_, kind)| !KINDS.contains(&&**kind)) {
                let what = format!("`{kind}` is none of {}", KINDS.join(", "));
                reading.fault(*line, fields.path_of("kind"), what);
            }
            tests.push(Test::Kind(plain(kinds)));
        }
        if let Some(trunks) = words(reading, &mut fields, "trunk") {
            let key = fields.path_of("trunk");
            for (line, name) in &trunks {
                reading.expect_trunk(*line, &key, name);
            }
            tests.push(Test::Trunk(plain(trunks)));
        }
        if let Some(accounts) = words(reading, &mut fields, "account") {
            tests.push(Test::Account(plain(accounts)));
        }
        read_vars(reading, &mut fields, &mut tests);
        let nested = depth + 1;
        if let Some((line, tree)) = fields.take("not") {
            let path = fields.path_of("not");
            if nested > MAX_DEPTH {
                reading.fault(line, &path, format!("nested deeper than {MAX_DEPTH}"));
            } else {
                tests.push(Test::Not(Self::read(reading, &path, line, tree, nested)));
            }
        }
        if let Some((line, items)) = fields.list(&mut reading.report, "any", 32) {
            let path = fields.path_of("any");
            if nested > MAX_DEPTH {
                reading.fault(line, &path, format!("nested deeper than {MAX_DEPTH}"));
            } else {
                let read = |(at, item): (usize, &Tree)| {
                    Self::read(reading, &format!("{path}[{at}]"), item.line, item, nested)
                };
                tests.push(Test::Any(items.iter().enumerate().map(read).collect()));
            }
        }
        fields.finish(&mut reading.report);
        if tests.is_empty() && reading.report.is_clean() {
            reading.fault(line, path, "is empty: a condition must test something");
        }
        Self { tests }
    }

    pub(crate) fn holds(&self, facts: &Facts, vars: &Vars) -> bool {
        self.tests.iter().all(|test| test.holds(facts, vars))
    }
}

impl Test {
    fn holds(&self, facts: &Facts, vars: &Vars) -> bool {
        match self {
            Self::Listed(lists) => lists.iter().any(|list| facts.listed.contains(list)),
            Self::Region(codes) => contains(codes, &facts.region),
            Self::Caller(numbers) => numbers.iter().any(|number| fits(number, &facts.caller)),
            Self::Called(numbers) => numbers.iter().any(|number| fits(number, &facts.called)),
            Self::Kind(kinds) => contains(kinds, &facts.caller_kind),
            Self::Trunk(names) => {
                facts.trunk.as_ref().is_some_and(|trunk| contains(names, trunk.as_str()))
            }
            Self::Account(names) => {
                facts.account.as_ref().is_some_and(|account| contains(names, account.as_str()))
            }
            Self::Var { name, values } => contains(values, vars.get(name)),
            Self::Not(condition) => !condition.holds(facts, vars),
            Self::Any(conditions) => conditions.iter().any(|one| one.holds(facts, vars)),
        }
    }
}

fn contains(values: &[Arc<str>], value: &str) -> bool {
    values.iter().any(|known| &**known == value)
}

fn fits(pattern: &str, number: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => number.starts_with(start),
        None => number == pattern,
    }
}

fn plain(words: Vec<(u64, Arc<str>)>) -> Vec<Arc<str>> {
    words.into_iter().map(|(_, word)| word).collect()
}

fn words(
    reading: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    name: &'static str,
) -> Option<Vec<(u64, Arc<str>)>> {
    let (line, items) = fields.list(&mut reading.report, name, MAX_VALUES)?;
    if items.is_empty() {
        reading.fault(line, fields.path_of(name), "is empty");
    }
    Some(Fields::words(&mut reading.report, &fields.path_of(name), items))
}

fn read_vars(reading: &mut Reading<'_>, fields: &mut Fields<'_>, tests: &mut Vec<Test>) {
    let Some((line, tree)) = fields.take("vars") else { return };
    let path = fields.path_of("vars");
    let Some(mut vars) = Fields::of(&mut reading.report, &path, line, tree) else { return };
    for (word, tree) in vars.take_all() {
        let key = vars.path_of(&word.text);
        let items = match &tree.value {
            super::yaml::Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(tree),
        };
        let values = plain(Fields::words(&mut reading.report, &key, items));
        tests.push(Test::Var { name: Arc::from(word.text.as_str()), values });
        let name = word.text.clone();
        reading.uses.push(VarUse { name, line: word.line, key, outward: false });
    }
}
