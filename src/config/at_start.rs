use crate::config::Config;

/// How many keys are read at the start only.
const COUNT: usize = 21;

/// The keys that are read at the start only, in the order of the reference page. A key names all that
/// is below it. What is not among them is read anew at a reload.
#[must_use]
pub fn at_start(config: &Config) -> [(&'static str, String); COUNT] {
    let Config { node, media, call, .. } = config;
    [
        ("node.data", shown(&node.data)),
        ("node.sounds", shown(&node.sounds)),
        ("node.log", shown(&node.log)),
        ("node.drain", shown(&node.drain)),
        ("api.listen", shown(&node.api.listen)),
        ("api.streams_max", shown(&node.api.streams_max)),
        ("api.token", shown(&node.api.tokens)),
        ("records.spool_keep", shown(&node.records.spool_keep)),
        ("records.spool_file_mib", shown(&node.records.spool_file_bytes)),
        ("records.reserve_mib", shown(&node.records.reserve_bytes)),
        ("records.memory_mib", shown(&node.records.memory_bytes)),
        ("records.segment_mib", shown(&node.records.segment_bytes)),
        ("tenant.id", shown(&call.tenant)),
        ("sip.listen", shown(&call.sip.listeners)),
        ("media.bind", shown(&media.bind)),
        ("media.ports", shown(&media.ports)),
        ("media.workers", shown(&media.workers)),
        ("media.quarantine", shown(&media.quarantine)),
        ("media.gather", shown(&media.gather)),
        ("media.silence", shown(&media.worker.silence)),
        ("media.stats_every", shown(&media.worker.stats_every)),
    ]
}

/// The keys whose value in `read` is another than the one that the engine runs with and that a reload
/// cannot change.
#[must_use]
pub fn needs_restart(running: &Config, read: &Config) -> Vec<&'static str> {
    let pairs = at_start(running).into_iter().zip(at_start(read));
    pairs.filter(|(old, new)| old != new).map(|((key, _), _)| key).collect()
}

/// Compared only: what stands there may be a secret.
fn shown(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{KEYS_FILE, read};

    fn config(text: &str) -> Config {
        read(Path::new("hotline.toml"), text).unwrap_or_else(|faults| panic!("{text}: {faults}"))
    }

    #[test]
    fn each_key_that_needs_a_restart_is_told_by_its_name() {
        let running = config("");
        assert_eq!(needs_restart(&running, &config("")), [""; 0]);
        let token = "[[api.token]]\nname = \"a\"\nsecret = \"0123456789abcdef\"";
        let listen = "[[sip.listen]]\nbind = \"127.0.0.1:5070\"";
        for (text, key) in [
            ("[node]\ndata = \"other\"", "node.data"),
            ("[node]\nsounds = \"other\"", "node.sounds"),
            ("[node]\nlog = \"json\"", "node.log"),
            ("[node]\ndrain = \"3s\"", "node.drain"),
            ("[api]\nlisten = \"127.0.0.1:9\"", "api.listen"),
            ("[api]\nstreams_max = 3", "api.streams_max"),
            (token, "api.token"),
            ("[records]\nspool_keep = \"8d\"", "records.spool_keep"),
            ("[records]\nspool_file_mib = 3", "records.spool_file_mib"),
            ("[records]\nreserve_mib = 3", "records.reserve_mib"),
            ("[records]\nmemory_mib = 3", "records.memory_mib"),
            ("[records]\nsegment_mib = 3", "records.segment_mib"),
            ("[tenant]\nid = \"other\"", "tenant.id"),
            (listen, "sip.listen"),
            ("[media]\nbind = \"127.0.0.1\"", "media.bind"),
            ("[media]\nports = [3000, 3999]", "media.ports"),
            ("[media]\nworkers = 3", "media.workers"),
            ("[media]\nquarantine = \"3s\"", "media.quarantine"),
            ("[media]\ngather = \"1ms\"", "media.gather"),
            ("[media]\nsilence = \"3s\"", "media.silence"),
            ("[media]\nstats_every = \"3s\"", "media.stats_every"),
        ] {
            assert_eq!(needs_restart(&running, &config(text)), [key], "{text}");
        }
        // A default that is written out is no change.
        assert_eq!(needs_restart(&running, &config("[node]\ndata = \"data\"")), [""; 0]);
        let more = "[tenant]\narea_code = \"0770\"\n[sip]\nrealm = \"other\"\n[media]\n\
                    address = \"192.0.2.1\"\n[node]\ndialplans = \"other\"\n[limits]\ncalls_max = 3";
        assert_eq!(needs_restart(&running, &config(more)), [""; 0]);
    }

    #[test]
    fn the_reference_says_of_each_key_when_it_is_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let example = std::fs::read_to_string(root.join("examples/hotline.toml")).unwrap();
        let page = std::fs::read_to_string(root.join(KEYS_FILE)).unwrap();
        let config = config(&example);
        let keys = at_start(&config).map(|(key, _)| key);
        for key in &config.keys {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
            let row = row.unwrap_or_else(|| panic!("{KEYS_FILE} does not explain {key}"));
            let when = row.split('|').nth(3).unwrap_or_default().trim();
            let is_below = |start: &&str| {
                key.strip_prefix(*start)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            // A table that is no list is nothing by itself.
            let is_table = keys.iter().any(|start| start.starts_with(&format!("{key}.")));
            let expected = match keys.iter().any(is_below) {
                true => "start",
                false if is_table && when == "–" => "–",
                false => "reload",
            };
            assert_eq!(when, expected, "{KEYS_FILE} about {key}");
        }
    }
}
