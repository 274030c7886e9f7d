use std::time::Duration;

use hotline::peer::{EndedBy, Incoming, Phone, PhoneSettings};
use serde_json::json;

use crate::sipp::stage::{LIMIT, Stage};
use crate::torture::raw::{Login, NEVER, Raw, sdp};

/// The outside number 110, which answers at once.
fn outside(stage: &Stage, incoming: Incoming) -> Phone {
    let mut settings = PhoneSettings::new("110");
    settings.bind = stage.switch.place.sip(13);
    settings.incoming = incoming;
    Phone::start(settings).expect("a phone starts")
}

/// R10: nobody without an identity reaches anything outside, whatever he claims; and R12: no method
/// does without.
#[test]
fn nothing_goes_outside_without_an_identity() {
    let stage = Stage::new();
    let outside = outside(&stage, Incoming::Ring);
    let place = stage.switch.place;
    let raw = Raw::new(place.at(66, 0), stage.switch.sip());
    for who in ["13800138000", "8001", "077012345", "anonymous", "110"] {
        let names = raw.names(who, "12398");
        let more = format!(
            "P-Asserted-Identity: <sip:{who}@{0}>\r\nRoute: <sip:{0};lr>\r\nRoute: <sip:{1};lr>\r\n",
            stage.switch.sip(),
            place.sip(13)
        );
        let request = raw.request(&names, "INVITE", 1, &more, &sdp(place.at(66, 4_000)));
        assert_eq!(raw.ask(&request).status, 401, "{who}");
        // Straight to the outside, as if we were its proxy.
        let request = request.replace(&names.uri, &format!("sip:110@{}", place.sip(13)));
        assert_eq!(raw.ask(&request).status, 401, "{who}");
    }
    for method in
        ["MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER", "NOTIFY", "INFO", "UPDATE", "PRACK", "ODD"]
    {
        let names = raw.names("8001", "8002");
        assert_eq!(raw.ask(&raw.request(&names, method, 1, "", "")).status, 401, "{method}");
    }
    assert!(outside.wait_call(NEVER).is_none());
    assert_eq!(stage.switch.get("/v1/calls").1["rows"], json!([]));
}

/// R11: who calls is who has proved himself, whatever his phone says; and headers that are spelt to
/// slip past a filter have no effect.
#[test]
fn callers_cannot_pretend_to_be_somebody_else() {
    let stage = Stage::new();
    let outside = outside(&stage, Incoming::AnswerAfter(Duration::ZERO));
    let place = stage.switch.place;
    let raw = Raw::new(place.at(31, 0), stage.switch.sip());
    let mut names = raw.names("119", "12398");
    names.from = names.from.replace("<sip:", "\"119\" <sip:");
    let claims = "P-Asserted-Identity: <sip:119@x>\r\nP-Preferred-Identity: <sip:119@x>\r\n\
                  Remote-Party-ID: <sip:119@x>\r\nDiversion: <sip:119@x>\r\nPrivacy: none\r\n";
    let body = sdp(place.at(31, 4_000));
    let challenge = raw.ask(&raw.request(&names, "INVITE", 1, claims, &body));
    let login = Login::new(&challenge, "8001", "INVITE", &names.uri);
    let more = format!("{}{claims}", login.header());
    raw.send(raw.request(&names, "INVITE", 2, &more, &body));
    let call = outside.wait_call(LIMIT).expect("it rings outside");
    let headers = format!("{:?}", call.caller().headers);
    assert!(!headers.contains("119"), "{headers}");
    call.hang_up();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!((&cdr["account"], &cdr["caller_raw"]), (&json!("8001"), &json!("8001")), "{cdr}");

    // A trunk is believed, but not in headers that are none.
    let trunk = Raw::new(place.at(11, 0), stage.switch.sip());
    for (number, smuggled) in [
        "P-Asserted-Identity : <sip:119@x>\r\n",
        "P-Asserted-Identity\t: <sip:119@x>\r\n",
        "P-Asserted-Identity\u{b}: <sip:119@x>\r\n",
        " P-Asserted-Identity: <sip:119@x>\r\n",
        "X-A: b\rP-Asserted-Identity: <sip:119@x>\r\n",
        "X-A: b\nP-Asserted-Identity: <sip:119@x>\r\n",
        "X-A: b\0\r\nX-P-Asserted-Identity: <sip:119@x>\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let names = trunk.names("13800138000", "12398");
        let more = format!("X-First: 1\r\n{smuggled}");
        trunk.send(trunk.request(&names, "INVITE", 1, &more, &body));
        let cdr = stage.switch.until("a record", |switch| {
            if let Some(call) = outside.wait_call(Duration::from_millis(20)) {
                call.hang_up();
            }
            let (_, page) = switch.get("/v1/calls");
            let rows = page["rows"].as_array()?;
            (rows.len() == number + 2).then(|| rows[0]["cdr"].clone())
        });
        assert_ne!(cdr["caller_raw"], "119", "{smuggled:?}: {cdr}");
    }
}

/// R10: an account has its cap.
#[test]
fn an_account_has_only_so_many_calls() {
    let stage = Stage::new();
    let mut settings = PhoneSettings::new("8001");
    settings.bind = stage.switch.place.at(31, 0);
    settings.server = Some(stage.switch.sip());
    settings.password = Some("secret-8001".into());
    let phone = Phone::start(settings).expect("a phone");
    let calls: Vec<_> = (0..5).map(|_| stage.call(&phone, "9196")).collect();
    let (up, refused): (Vec<_>, Vec<_>) =
        calls.iter().partition(|call| call.wait_answer(LIMIT).is_ok());
    assert_eq!((up.len(), refused.len()), (4, 1));
    assert!(matches!(refused[0].wait_end(LIMIT), Some(EndedBy::Refused(400..))));
}
