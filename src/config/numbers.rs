use std::collections::HashMap;

use crate::base::{FlowId, TrunkId};
use crate::call::{Route, TrunkRules};
use crate::config::section::Section;
use crate::number::{self, Home, Kind, Number};

/// Which number leads into which flow, in the file's order, and on which lines. Whether the flow
/// exists is checked when the flows are read.
pub(crate) fn read(
    root: &mut Section<'_, '_>,
    trunks: &HashMap<TrunkId, TrunkRules>,
) -> (Vec<Route>, Vec<u64>) {
    let (mut routes, mut lines) = (Vec::new(), Vec::new());
    for mut number in root.sections("number") {
        let called = number.required("called");
        let trunk = number.text_or_none("trunk").map(|name| TrunkId::new(&name));
        if let Some(name) = trunk.as_ref().filter(|name| !trunks.contains_key(*name)) {
            number.fault(
                number.line(),
                "trunk",
                format!("\"{name}\" is no trunk; allowed: the id of a [[trunk]], or leave it out"),
            );
        }
        let flow = FlowId::new(&number.required("flow"));
        lines.push(number.line());
        number.finish();
        routes.push(Route { called, trunk, flow });
    }
    (routes, lines)
}

/// The caller lists.
pub(crate) struct Lists {
    pub(crate) block: Vec<String>,
    pub(crate) vip: Vec<String>,
}

/// Callers that flows see as `listed: block` and `listed: vip`.
pub(crate) fn lists(root: &mut Section<'_, '_>, area_code: &str) -> Lists {
    let home = Home { area_code: area_code.to_owned() };
    let normal = |text: &str| match number::read(text, &home) {
        Number { kind: Kind::Withheld, .. } => {
            Err(format!("{text:?} is not allowed; allowed: a telephone number"))
        }
        number => Ok(number.normal),
    };
    let mut lists = root.section("lists");
    let block = lists.list("block", normal);
    let vip = lists.list("vip", normal);
    lists.finish();
    Lists { block, vip }
}
