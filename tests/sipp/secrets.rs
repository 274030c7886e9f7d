use std::fs;
use std::path::Path;

use hotline::peer::{Algorithm, Phone, PhoneSettings, RegisterState};
use hotline::sip;
use serde_json::Value;

use crate::harness::{Place, Switch, TOKEN, usual};
use crate::sipp::stage::LIMIT;

const ACCOUNT: &str = "hush-account-7f3a91";
const TRUNK: &str = "hush-trunk-42bc08";
const NUMBER: &str = "4711081547114711";

fn phone(switch: &Switch, password: &str, algorithm: Algorithm) -> Phone {
    let mut settings = PhoneSettings::new("1001");
    settings.bind = switch.place.at(41, 0);
    settings.server = Some(switch.sip());
    settings.password = Some(password.to_owned());
    settings.algorithm = Some(algorithm);
    Phone::start(settings).expect("a phone starts")
}

/// Every file below a folder that holds one of these texts.
fn find(folder: &Path, secrets: &[String], found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, secrets, found);
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        found.extend(tell(&path.display().to_string(), &bytes, secrets));
    }
}

fn tell(place: &str, bytes: &[u8], secrets: &[String]) -> Vec<String> {
    // Space that is reserved beforehand is full of zeros.
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let found = secrets.iter().filter(|secret| text.contains(&secret.to_ascii_lowercase()));
    found.map(|secret| format!("{place} tells {secret}")).collect()
}

/// G1: passwords, their hashes and tokens stand in the configuration and nowhere else.
#[test]
fn secrets_can_be_read_nowhere() {
    let hash = |algorithm, password: &str| sip::ha1(algorithm, "1001", "hotline", password);
    let given = hash(sip::Algorithm::Sha256, "hush-other");
    let more = format!(
        "[[account]]\nid = \"1001\"\npassword = \"{ACCOUNT}\"\n\
         [[account]]\nid = \"1002\"\nha1_sha256 = \"{given}\"\n\
         [[trunk]]\nid = \"far\"\naddress = \"192.0.2.7:5060\"\nkeepalive = false\n\
         user = \"us\"\nrealm = \"far\"\npassword = \"{TRUNK}\"\n"
    );
    let mut switch = Switch::prepare(&usual(Place::new()), &more);
    switch.run_as(|command| {
        command.env("RUST_LOG", "debug");
    });
    // All that has to do with them: logins that are right and wrong, calls, reloads that fail.
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        let right = phone(&switch, ACCOUNT, algorithm);
        assert!(matches!(right.register(LIMIT), RegisterState::On { .. }));
        let call = right.call(&format!("sip:9196@{}", switch.sip())).expect("a call");
        assert_eq!(call.wait_answer(LIMIT), Ok(()));
        call.hang_up();
        let wrong = phone(&switch, "hush-guess", algorithm);
        assert!(!matches!(wrong.register(LIMIT), RegisterState::On { .. }));
    }
    let mut texts = vec![("log".to_owned(), String::new())];
    let good = fs::read_to_string(switch.config()).expect("the configuration");
    for bad in [
        format!("[[account]]\nid = \"1003\"\npassword = {NUMBER}\n"),
        format!("[[account]]\nid = \"1003\"\nha1_md5 = \"{ACCOUNT}\"\nha1_sha256 = {NUMBER}\n"),
        format!("[[api.token]]\nname = \"short\"\nsecret = \"{}\"\n", &ACCOUNT[..12]),
        format!("[[api.token]]\nname = \"number\"\nsecret = {NUMBER}\n"),
        format!("[[trunk]]\nid = \"bad\"\naddress = \"192.0.2.8:5060\"\npassword = {NUMBER}\n"),
        format!("[[account]]\nid = \"1003\"\npassword = \"{ACCOUNT}\n"),
    ] {
        fs::write(switch.config(), format!("{good}\n{bad}")).expect("written");
        let (status, body) = switch.post("/v1/config/reload", &Value::Null);
        assert_eq!(status, 422, "{bad}: {body}");
        texts.push(("a reload".to_owned(), body.to_string()));
    }
    switch.cdrs(2);

    let (_, page) = switch.get("/v1/openapi.json");
    let paths = page["paths"].as_object().expect("paths");
    let mut asked: Vec<String> = paths
        .iter()
        .filter(|(path, operations)| operations["get"].is_object() && !path.contains('{'))
        .map(|(path, _)| path.clone())
        .collect();
    assert!(asked.len() >= 10, "{asked:?}");
    let call = switch.cdrs(1)[0]["call"].as_str().expect("a call").to_owned();
    asked.extend([format!("/v1/calls/{call}"), "/v1/agents/8001".into(), "/docs".into()]);
    asked.extend(["/v1/events/page?after=0&limit=1000".into(), "/metrics".into()]);
    for path in asked {
        let (_, text) = switch.text(&path);
        texts.push((path, text));
    }
    texts[0].1 = switch.log();

    let mut secrets: Vec<String> =
        [ACCOUNT, &ACCOUNT[..12], TRUNK, NUMBER, TOKEN, "hush-guess"].map(String::from).into();
    secrets.extend([given, hash(sip::Algorithm::Md5, ACCOUNT)]);
    secrets.push(hash(sip::Algorithm::Sha256, ACCOUNT));
    let mut found = Vec::new();
    for (place, text) in &texts {
        assert!(!text.is_empty() || place.contains("csv") || place.contains("events"), "{place}");
        found.extend(tell(place, text.as_bytes(), &secrets));
    }
    find(&switch.data(), &secrets, &mut found);
    assert_eq!(found, Vec::<String>::new());
}
