use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::base::{Faults, TenantId};
use crate::call;
use crate::config::section::{Reading, Section};
use crate::config::{
    MediaSettings, NodeSettings, agents, media, needs_restart, numbers, sip, trunks,
};

/// The page that explains every key; a test holds it against the keys that are read.
pub const KEYS_FILE: &str = "docs/configuration.md";

const SECOND: Duration = Duration::from_secs(1);

/// All that the operator wrote, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// For `node`.
    pub node: NodeSettings,
    /// For media and its threads.
    pub media: MediaSettings,
    /// For the core.
    pub call: call::Settings,
    /// Voicemail boxes that flows may name.
    pub boxes: BTreeSet<crate::base::BoxId>,
    /// The line of each route of `call.routes`, in the same order.
    pub route_lines: Vec<u64>,
    /// Every key that was asked for, `section.key`.
    pub keys: BTreeSet<String>,
}

/// Reads the text of `file`. An empty text gives the defaults.
///
/// # Errors
/// Every fault, with line, key, what stands there and what is allowed.
pub fn read(file: &Path, text: &str) -> Result<Config, Faults> {
    let (config, faults) = read_on(file, text);
    if faults.0.is_empty() { Ok(config) } else { Err(faults) }
}

/// The same, but what is wrong has its default or is left out: for looking on, so that faults of other
/// files are told at the same time. Never for running by it.
#[must_use]
pub fn read_on(file: &Path, text: &str) -> (Config, Faults) {
    let reading = Reading::new(file.to_path_buf(), text);
    let mut root = reading.root();
    let node = NodeSettings::read(&mut root);
    let tenant = Tenant::read(&mut root);
    let mut stack = sip::read(&mut root);
    let media = MediaSettings::read(&mut root, &stack.listeners);
    let trunk_rules = trunks::read(&mut root, &mut stack);
    let accounts = agents::accounts(&mut root, &mut stack);
    let (desk, phones) = agents::read(&mut root, &accounts);
    // A leg that stays up holds its port all day.
    let kept = phones.values().filter(|phone| phone.answer == call::AnswerBy::OpenLeg).count();
    if kept > 0 && kept >= media.streams() {
        let what = format!(
            "\"open-leg\" of {kept} agents takes {kept} ports all day, `media.ports` has {}; \
             allowed: fewer than that",
            media.streams()
        );
        root.fault(0, "agent.answer", what);
    }
    let (routes, route_lines) = numbers::read(&mut root, &trunk_rules);
    let lists = numbers::lists(&mut root, &tenant.area_code);
    let limits = Limits::read(&mut root);
    root.finish();
    let call = call::Settings {
        tenant: tenant.id,
        area_code: tenant.area_code,
        language: tenant.language,
        sip: stack,
        desk,
        routes,
        phones,
        trunks: trunk_rules,
        accounts,
        block: lists.block,
        vip: lists.vip,
        media_address: media.address,
        call_limit: limits.call,
        calls_max: limits.calls_max,
        probe_every: limits.probe_every,
    };
    let (keys, faults) = reading.finish();
    (Config { node, media, call, boxes: tenant.boxes, route_lines, keys }, faults)
}

struct Tenant {
    id: TenantId,
    area_code: String,
    language: String,
    boxes: BTreeSet<crate::base::BoxId>,
}

impl Tenant {
    fn read(root: &mut Section<'_, '_>) -> Self {
        let mut tenant = root.section("tenant");
        let id = TenantId::new(&tenant.text("id", "city"));
        let area_code = tenant
            .read("area_code", |text| {
                let digits = text.starts_with('0')
                    && (3..=4).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_digit());
                if digits {
                    Ok(text.to_owned())
                } else {
                    Err(format!("{text:?} is not allowed; allowed: an area code with its leading 0, such as \"0770\""))
                }
            })
            .unwrap_or_default();
        let language = tenant.text("language", "zh-CN");
        let boxes = tenant.list("boxes", |name| Ok(crate::base::BoxId::new(name)));
        tenant.finish();
        Self { id, area_code, language, boxes: boxes.into_iter().collect() }
    }
}

struct Limits {
    call: Duration,
    calls_max: usize,
    probe_every: Duration,
}

impl Limits {
    fn read(root: &mut Section<'_, '_>) -> Self {
        let mut limits = root.section("limits");
        let call = limits.time("call", SECOND * 60..=SECOND * 86_400, SECOND * 7_200);
        let calls_max = limits.number("calls_max", 1..=100_000, 10_000);
        let probe_every = limits.time("probe_every", SECOND..=SECOND * 60, SECOND * 10);
        limits.finish();
        Self { call, calls_max: usize::try_from(calls_max).unwrap_or(usize::MAX), probe_every }
    }
}

impl Config {
    /// What of this configuration a reload of an engine that runs with `running` puts into use, and the
    /// keys that it cannot change: they stay as they are until the next start.
    #[must_use]
    pub fn put_over(mut self, running: &Self) -> (Self, Vec<&'static str>) {
        let stays = needs_restart(running, &self);
        self.call.tenant.clone_from(&running.call.tenant);
        self.call.sip.listeners.clone_from(&running.call.sip.listeners);
        if !self.media.is_address_given {
            // It follows from sockets that stay. (Where nothing follows, it was given at the start.)
            self.call.media_address =
                media::default_address(running.media.bind, &running.call.sip.listeners)
                    .unwrap_or(running.media.address);
        }
        (self, stays)
    }

    /// What is allowed and yet hardly meant: it is told at a check and at a start.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let is_local = |listener: &crate::sip::Listener| {
            listener.bind.ip().is_unspecified() && listener.advertised.0 == "127.0.0.1"
        };
        let peers = self.call.trunks.len() + self.call.accounts.len();
        if peers == 0 || !self.call.sip.listeners.iter().any(is_local) {
            return Vec::new();
        }
        vec![
            "sip.listen.advertised: peers are told 127.0.0.1, so only this machine can call; set it to \
             the address that trunks and phones can reach"
                .to_owned(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        read(Path::new("hotline.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn nothing_at_all_is_a_sensible_configuration() {
        let config = read(Path::new("hotline.toml"), "").unwrap();
        assert_eq!(config.node.api.listen.to_string(), "127.0.0.1:8080");
        assert!(config.call.trunks.is_empty() && config.call.accounts.is_empty());
        assert_eq!(config.call.sip.listeners.len(), 2);
        assert_eq!(config.call.sip.listeners[0].bind.to_string(), "0.0.0.0:5060");
    }

    #[test]
    fn the_example_is_read_and_the_reference_names_every_key() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let example = std::fs::read_to_string(root.join("examples/hotline.toml")).unwrap();
        let config = read(Path::new("examples/hotline.toml"), &example).unwrap();
        let page = std::fs::read_to_string(root.join(KEYS_FILE)).unwrap();
        for key in &config.keys {
            assert!(page.contains(&format!("`{key}`")), "{KEYS_FILE} does not explain {key}");
        }
        for line in page.lines() {
            let Some(key) = line.strip_prefix("| `").and_then(|rest| rest.split('`').next()) else {
                continue;
            };
            assert!(config.keys.contains(key), "{KEYS_FILE} explains {key}, which nothing reads");
        }
    }

    #[test]
    fn what_sdp_names_follows_from_where_sip_is_reached() {
        let address = |text: &str| {
            read(Path::new("hotline.toml"), text)
                .map(|config| config.call.media_address.to_string())
        };
        let listen =
            |bind: &str, more: &str| format!("[[sip.listen]]\nbind = \"{bind}\"\n{more}\n");
        for (text, expected) in [
            (String::new(), "127.0.0.1"),
            (listen("192.0.2.10:5060", ""), "192.0.2.10"),
            (listen("0.0.0.0:5060", "advertised = \"192.0.2.10:5060\""), "192.0.2.10"),
            (listen("10.0.0.1:5060", "advertised = \"192.0.2.10\""), "192.0.2.10"),
            (listen("10.0.0.1:5060", "advertised = \"sip.example.org\""), "10.0.0.1"),
            (listen("192.0.2.10:5060", "[media]\nbind = \"192.0.2.20\""), "192.0.2.20"),
            (listen("192.0.2.10:5060", "[media]\naddress = \"192.0.2.30\""), "192.0.2.30"),
            (listen("[2001:db8::1]:5060", &listen("192.0.2.10:5060", "")), "192.0.2.10"),
            (listen("[2001:db8::1]:5060", "[media]\nbind = \"::\""), "2001:db8::1"),
        ] {
            assert_eq!(address(&text).unwrap(), expected, "{text}");
        }
        let named = listen("0.0.0.0:5060", "advertised = \"sip.example.org\"");
        let text = address(&named).unwrap_err().to_string();
        assert!(text.contains("media.address: is missing"), "{text}");
        let text = address(&listen("[2001:db8::1]:5060", "")).unwrap_err().to_string();
        assert!(text.contains("media.address: is missing"), "{text}");
        for more in ["", "advertised = \"0.0.0.0\"", "advertised = \"[::]:5060\""] {
            let text = address(&listen("0.0.0.0:5060", more)).unwrap_err().to_string();
            assert!(text.contains("sip.listen.advertised: is"), "{more}: {text}");
        }
    }

    #[test]
    fn a_reload_keeps_what_needs_a_restart_and_names_it() {
        let config = |text: &str| read(Path::new("hotline.toml"), text).unwrap();
        let running = config("[[sip.listen]]\nbind = \"192.0.2.10:5060\"\n");
        let text = "[tenant]\nid = \"other\"\narea_code = \"0770\"\n\
                    [[sip.listen]]\nbind = \"192.0.2.20:5060\"\n";
        let (used, stays) = config(text).put_over(&running);
        assert_eq!(stays, ["tenant.id", "sip.listen"]);
        assert_eq!(used.call.tenant, running.call.tenant);
        assert_eq!(used.call.sip.listeners, running.call.sip.listeners);
        assert_eq!(used.call.media_address, running.call.media_address);
        assert_eq!(used.call.area_code, "0770");
        let (used, stays) = config("[media]\naddress = \"192.0.2.30\"").put_over(&running);
        assert_eq!(stays, ["sip.listen"]);
        assert_eq!(used.call.media_address.to_string(), "192.0.2.30");
    }

    #[test]
    fn an_engine_that_only_its_own_machine_can_call_says_so() {
        let notices = |text: &str| read(Path::new("hotline.toml"), text).unwrap().notices();
        let account = "[[account]]\nid = \"a\"\npassword = \"b\"\n";
        assert!(notices("").is_empty());
        assert!(notices(account)[0].starts_with("sip.listen.advertised: "));
        let listen = "[[sip.listen]]\nbind = \"127.0.0.1:5060\"\n";
        assert!(notices(&format!("{account}{listen}")).is_empty());
    }

    #[test]
    fn an_open_leg_is_a_way_to_answer_for_which_there_must_be_ports() {
        let agent = |n: u32, answer: &str| {
            format!(
                "[[account]]\nid = \"{n}\"\npassword = \"x\"\n\
                 [[agent]]\nid = \"{n}\"\nanswer = \"{answer}\"\n"
            )
        };
        let config = read(Path::new("hotline.toml"), &agent(1, "open-leg")).unwrap();
        assert_eq!(config.call.phones[&"1".into()].answer, call::AnswerBy::OpenLeg);
        let both = agent(1, "open-leg") + &agent(2, "open-leg");
        let few = faults(&format!("[media]\nports = [20000, 20003]\n{both}"));
        assert!(few.contains("agent.answer: \"open-leg\" of 2 agents takes 2 ports"), "{few}");
        assert!(faults(&agent(1, "nailed")).contains("open-leg"), "names what is allowed");
    }

    #[test]
    fn references_between_sections_are_checked() {
        let text = "[[agent]]\nid = \"a1\"\naccount = \"nobody\"\nqueues = [\"none\"]\n\
                    [[number]]\ncalled = \"12345\"\ntrunk = \"x\"\nflow = \"fcg/12345\"\n";
        let faults = faults(text);
        assert!(
            faults.contains("hotline.toml:1: agent.account: \"nobody\" is no account"),
            "{faults}"
        );
        assert!(faults.contains("hotline.toml:1: agent.queues: \"none\" is no queue"), "{faults}");
        assert!(faults.contains("hotline.toml:5: number.trunk: \"x\" is no trunk"), "{faults}");
    }
}
