use std::sync::Arc;
use std::time::Duration;

use crate::call::tests::Bench;
use crate::call::tests::bench::carrier;
use crate::call::{Command, Fact, Settings, View};

/// The alarms of the carrier's trunk so far: whether each was cleared.
fn alarms(bench: &Bench) -> Vec<bool> {
    let alarm = |fact: &Fact| match fact {
        Fact::Alarm { id, cleared, .. } if id == "trunk-carrier" => Some(*cleared),
        _ => None,
    };
    bench.records.iter().filter_map(|record| alarm(&record.fact)).collect()
}

/// A bench whose carrier has not answered for a while, and what `change` makes of the settings.
fn reloaded(change: impl FnOnce(&mut Settings)) -> Bench {
    let mut bench = Bench::new(1);
    bench.gone.push(carrier());
    let mut settings = Settings::clone(&bench.core.settings);
    settings.sip.trunks[0].keepalive = Some(Duration::from_secs(5));
    let flows = Arc::clone(&bench.core.flows);
    let with = |settings: &Settings| Command::Use {
        settings: Arc::new(settings.clone()),
        flows: Arc::clone(&flows),
    };
    bench.command(with(&settings));
    bench.pass(Duration::from_secs(60));
    assert_eq!(alarms(&bench), [false]);
    change(&mut settings);
    bench.views.clear();
    bench.command(with(&settings));
    bench
}

fn is_gone(view: &View) -> bool {
    matches!(view, View::TrunkGone(id) if id.as_str() == "carrier")
}

#[test]
fn a_trunk_that_a_reload_removes_leaves_no_alarm_and_no_view() {
    let bench = reloaded(|settings| {
        settings.sip.trunks.clear();
        settings.trunks.clear();
    });
    assert_eq!(alarms(&bench), [false, true]);
    assert!(bench.core.dead_trunks.is_empty());
    assert!(bench.views.iter().any(is_gone), "{:?}", bench.views);
    assert!(!bench.views.iter().any(|view| matches!(view, View::Trunk(_))));
}

#[test]
fn a_trunk_that_is_asked_no_more_is_not_told_dead_for_ever() {
    let bench = reloaded(|settings| settings.sip.trunks[0].keepalive = None);
    assert_eq!(alarms(&bench), [false, true]);
    assert!(!bench.views.iter().any(is_gone));
    let alive = |view: &View| matches!(view, View::Trunk(trunk) if trunk.alive);
    assert!(bench.views.iter().any(alive), "{:?}", bench.views);
}
