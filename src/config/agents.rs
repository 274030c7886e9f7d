use std::collections::HashMap;
use std::time::Duration;

use crate::acd::{AgentSettings, QueueSettings, Settings as DeskSettings};
use crate::base::{AccountId, AgentId, QueueId};
use crate::call::{AccountRules, AnswerBy, Phone};
use crate::config::section::Section;
use crate::config::sip::ALGORITHMS;
use crate::sip::{AccountSettings, Algorithm, Settings, ha1};

const SECOND: Duration = Duration::from_secs(1);

const ANSWER: [(&str, AnswerBy); 4] = [
    ("hand", AnswerBy::Hand),
    ("notify-talk", AnswerBy::NotifyTalk),
    ("auto-answer", AnswerBy::AutoAnswer),
    ("open-leg", AnswerBy::OpenLeg),
];

/// The accounts: what the stack must know is put into `stack`, what the conductor must know returned.
pub(crate) fn accounts(
    root: &mut Section<'_, '_>,
    stack: &mut Settings,
) -> HashMap<AccountId, AccountRules> {
    let mut rules = HashMap::new();
    let mut users = std::collections::HashSet::new();
    for mut account in root.sections("account") {
        let many = account.number("count", 1..=10_000, 1);
        let name = account.required("id");
        let user = account.text_or_none("user").unwrap_or_else(|| name.clone());
        let secret = Secret::read(&mut account);
        let algorithms = account.choices("algorithms", &ALGORITHMS, &[]);
        let max_contacts = account.number("contacts_max", 1..=16, 4);
        let calls_max = account.number("calls_max", 1..=10_000, 4);
        account.finish();
        for number in 0..many {
            let (name, user) = if many == 1 {
                (name.clone(), user.clone())
            } else {
                (numbered(&name, number, many), numbered(&user, number, many))
            };
            let id = AccountId::new(&name);
            if rules.contains_key(&id) {
                account_fault(root, &format!("\"{id}\" is used twice"));
                continue;
            }
            if !users.insert(user.clone()) {
                account_fault(root, &format!("user \"{user}\" is used twice"));
            }
            let (ha1_md5, ha1_sha256) = secret.hashes(&user, &stack.realm);
            stack.accounts.push(AccountSettings {
                id: id.clone(),
                user: user.clone(),
                ha1_md5,
                ha1_sha256,
                algorithms: algorithms.clone(),
                max_contacts: usize::try_from(max_contacts).unwrap_or(1),
            });
            let calls_max = u32::try_from(calls_max).unwrap_or(1);
            rules.insert(id, AccountRules { user, calls_max });
        }
    }
    rules
}

fn account_fault(root: &Section<'_, '_>, what: &str) {
    root.fault(0, "account.id", what);
}

/// `u` → `u0000` … for `count` accounts at once.
fn numbered(name: &str, number: u64, count: u64) -> String {
    let width = (count - 1).to_string().len().max(4);
    format!("{name}{number:0width$}")
}

/// A password, or the hashes that were made of one.
struct Secret {
    password: Option<String>,
    md5: Option<String>,
    sha256: Option<String>,
}

impl Secret {
    fn read(account: &mut Section<'_, '_>) -> Self {
        let password = account.text_or_none("password");
        let md5 = account.read("ha1_md5", |text| hex(text, 32));
        let sha256 = account.read("ha1_sha256", |text| hex(text, 64));
        if password.is_none() && md5.is_none() && sha256.is_none() {
            account.fault(account.line(), "password", "is missing; allowed: `password`, or `ha1_md5` and/or `ha1_sha256` as `hotline ha1` prints them");
        }
        Self { password, md5, sha256 }
    }

    fn hashes(&self, user: &str, realm: &str) -> (Option<String>, Option<String>) {
        let made = |algorithm| {
            self.password.as_ref().map(|password| ha1(algorithm, user, realm, password))
        };
        (
            self.md5.clone().or_else(|| made(Algorithm::Md5)),
            self.sha256.clone().or_else(|| made(Algorithm::Sha256)),
        )
    }
}

fn hex(text: &str, digits: usize) -> Result<String, String> {
    if text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("is not allowed; allowed: {digits} hexadecimal digits"))
    }
}

/// Queues, agents and their phones.
pub(crate) fn read(
    root: &mut Section<'_, '_>,
    accounts: &HashMap<AccountId, AccountRules>,
) -> (DeskSettings, HashMap<AgentId, Phone>) {
    let queues = queues(root);
    let mut phones = HashMap::new();
    let mut agents: Vec<AgentSettings> = Vec::new();
    for mut agent in root.sections("agent") {
        let id = AgentId::new(&agent.required("id"));
        let name = agent.text("name", id.as_str());
        let number = agent.text("number", id.as_str());
        let account = AccountId::new(&agent.text("account", id.as_str()));
        if !accounts.contains_key(&account) {
            agent.fault(
                agent.line(),
                "account",
                format!("\"{account}\" is no account; allowed: the id of an [[account]]"),
            );
        }
        let served = agent.list("queues", |queue| Ok(QueueId::new(queue)));
        for queue in &served {
            if !queues.iter().any(|known| known.id == *queue) {
                agent.fault(
                    agent.line(),
                    "queues",
                    format!("\"{queue}\" is no queue; allowed: the id of a [[queue]]"),
                );
            }
        }
        let answer = agent.choice("answer", &ANSWER, AnswerBy::Hand);
        let taken = phones.values().any(|phone: &Phone| phone.account == account);
        if taken {
            agent.fault(
                agent.line(),
                "account",
                format!("\"{account}\" is another agent's phone already"),
            );
        }
        if phones.insert(id.clone(), Phone { account, answer }).is_some() {
            agent.fault(agent.line(), "id", format!("\"{id}\" is used twice"));
        }
        agent.finish();
        agents.push(AgentSettings { id, name, number, queues: served });
    }
    let mut desk = root.section("desk");
    let pause = desk.time("pause", SECOND..=SECOND * 300, SECOND * 5);
    desk.finish();
    (DeskSettings { queues, agents, pause }, phones)
}

fn queues(root: &mut Section<'_, '_>) -> Vec<QueueSettings> {
    let mut queues: Vec<QueueSettings> = Vec::new();
    for mut queue in root.sections("queue") {
        let id = QueueId::new(&queue.required("id"));
        let name = queue.text("name", id.as_str());
        let capacity = queue.number("capacity", 0..=100_000, 200);
        let ring = queue.time("ring", SECOND * 3..=SECOND * 180, SECOND * 20);
        let wrap_up = queue.time("wrap_up", Duration::ZERO..=SECOND * 3_600, SECOND * 10);
        if queues.iter().any(|known| known.id == id) {
            queue.fault(queue.line(), "id", format!("\"{id}\" is used twice"));
        }
        queue.finish();
        let capacity = u32::try_from(capacity).unwrap_or(u32::MAX);
        queues.push(QueueSettings { id, name, capacity, ring, wrap_up });
    }
    queues
}
