use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The variables of one walk: a flow's own and what the caller typed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Vars {
    values: BTreeMap<Arc<str>, Var>,
}

#[derive(Clone, PartialEq, Eq)]
enum Var {
    Open(Arc<str>),
    Secret(Arc<str>),
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(text) => write!(f, "{text:?}"),
            Self::Secret(_) => f.write_str("(secret)"),
        }
    }
}

impl Vars {
    pub(crate) fn new(values: &BTreeMap<Arc<str>, Arc<str>>) -> Self {
        let values = values.iter().map(|(name, text)| (name.clone(), Var::Open(text.clone())));
        Self { values: values.collect() }
    }

    pub(crate) fn set(&mut self, name: &Arc<str>, text: Arc<str>) {
        self.values.insert(name.clone(), Var::Open(text));
    }

    /// Keeps `text` where nothing shows it.
    pub(crate) fn set_secret(&mut self, name: &Arc<str>, text: Arc<str>) {
        self.values.insert(name.clone(), Var::Secret(text));
    }

    /// The value, empty when nothing was put in yet.
    pub(crate) fn get(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(Var::Open(text) | Var::Secret(text)) => text,
            None => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_but_not_shown() {
        let mut vars = Vars::default();
        vars.set(&Arc::from("case"), Arc::from("770001"));
        vars.set_secret(&Arc::from("pin"), Arc::from("4711"));
        assert_eq!((vars.get("case"), vars.get("pin"), vars.get("other")), ("770001", "4711", ""));
        let shown = format!("{vars:?}");
        assert!(shown.contains("770001") && !shown.contains("4711"), "{shown}");
    }
}
