use super::{Story, seconds};
use crate::acd::{Denied, Input};
use crate::base::{AgentId, OfferId};

/// Brings anna into a state, gives one input, and compares what comes out; `-` is "denied".
fn check(state: &str, input: &str, expected: &str) {
    let mut story = if state == "out" { Story::new() } else { Story::with_ready(&["anna"]) };
    let anna = || AgentId::new("anna");
    story.now = story.now + seconds(1);
    match state {
        "out" | "ready" => {}
        "not ready" => drop(story.not_ready("anna")),
        "out+busy" => {
            story.not_ready("anna");
            story.told(Input::SignOut { agent: anna(), forced: false });
            story.told(Input::Busy { agent: anna() });
        }
        "busy" => drop(story.told(Input::Busy { agent: anna() })),
        _ => {
            story.enter(1, "a");
            if state != "reserved" {
                story.told(Input::Ringing { offer: OfferId(1) });
            }
            if !matches!(state, "reserved" | "ringing") {
                story.answered(1);
            }
            if state == "held" {
                story.told(Input::Held { agent: anna() });
            }
            if state == "wrap-up" {
                story.ended("anna");
            }
        }
    }
    let input_value = match input {
        "sign in" => Input::SignIn { agent: anna() },
        "sign out" => Input::SignOut { agent: anna(), forced: false },
        "force out" => Input::SignOut { agent: anna(), forced: true },
        "ready" => Input::Ready { agent: anna() },
        "not ready" => Input::NotReady { agent: anna(), reason: "tea".to_owned() },
        "done" => Input::WrapUpDone { agent: anna() },
        "hold" => Input::Held { agent: anna() },
        "retrieve" => Input::Retrieved { agent: anna() },
        "ended" => Input::TalkEnded { agent: anna() },
        "busy" => Input::Busy { agent: anna() },
        "free" => Input::Free { agent: anna() },
        other => panic!("{other}"),
    };
    let told = match story.go(input_value) {
        Ok(told) => told.join(", "),
        Err(Denied::NotNow { .. }) => "-".to_owned(),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(told, expected, "{input:?} when {state:?}");
}

#[test]
fn each_request_in_each_state() {
    let rows: &[(&str, &[(&str, &str)])] = &[
        (
            "out",
            &[
                ("sign in", "anna NotReady(SignedIn) Idle"),
                ("sign out", "-"),
                ("force out", "-"),
                ("ready", "-"),
                ("not ready", "-"),
                ("done", "-"),
                ("hold", "-"),
                ("ended", "-"),
                ("busy", "anna SignedOut Busy"),
                ("free", "-"),
            ],
        ),
        (
            "out+busy",
            &[
                ("sign in", "anna NotReady(SignedIn) Busy"),
                ("ready", "-"),
                ("free", "anna SignedOut Idle"),
            ],
        ),
        (
            "ready",
            &[
                ("sign in", "-"),
                ("sign out", "-"),
                ("force out", "anna SignedOut Idle"),
                ("ready", ""),
                ("not ready", "anna NotReady((\"tea\")) Idle"),
                ("done", "-"),
                ("hold", "-"),
                ("retrieve", "-"),
                ("ended", "-"),
                ("busy", "anna Ready Busy"),
                ("free", "-"),
            ],
        ),
        (
            "not ready",
            &[
                ("sign in", "-"),
                ("sign out", "anna SignedOut Idle"),
                ("force out", "anna SignedOut Idle"),
                ("ready", "anna Ready Idle"),
                ("not ready", "anna NotReady((\"tea\")) Idle"),
                ("busy", "anna NotReady((\"lunch\")) Busy"),
            ],
        ),
        (
            "busy",
            &[
                ("sign in", "-"),
                ("sign out", "-"),
                ("force out", "anna SignedOut Busy"),
                ("ready", ""),
                ("not ready", ""),
                ("free", "anna Ready Idle"),
            ],
        ),
        (
            "reserved",
            &[
                ("sign out", "-"),
                (
                    "force out",
                    "withdraw 1 SignedOut, 1 returned, anna SignedOut Idle, 1 nobody left",
                ),
                ("ready", ""),
                ("not ready", ""),
                ("done", "-"),
                ("hold", "-"),
                ("ended", "-"),
                ("busy", "withdraw 1 Busy, 1 returned, anna Ready Busy"),
            ],
        ),
        (
            "ringing",
            &[
                ("not ready", ""),
                (
                    "force out",
                    "withdraw 1 SignedOut, 1 returned, anna SignedOut Idle, 1 nobody left",
                ),
            ],
        ),
        (
            "talking",
            &[
                ("sign in", "-"),
                ("sign out", "-"),
                ("force out", ""),
                ("ready", ""),
                ("not ready", ""),
                ("done", "-"),
                ("hold", "anna Ready Held"),
                ("retrieve", "-"),
                ("ended", "anna Ready WrapUp"),
                ("busy", ""),
                ("free", "-"),
            ],
        ),
        (
            "held",
            &[("hold", "-"), ("retrieve", "anna Ready Talking"), ("ended", "anna Ready WrapUp")],
        ),
        (
            "wrap-up",
            &[
                ("sign out", "-"),
                ("force out", "anna SignedOut Idle"),
                ("ready", "anna Ready Idle"),
                ("not ready", ""),
                ("done", "anna Ready Idle"),
                ("hold", "-"),
                ("ended", "-"),
                ("busy", "anna Ready Busy"),
            ],
        ),
    ];
    for (state, requests) in rows {
        for (input, expected) in *requests {
            check(state, input, expected);
        }
    }
}

#[test]
fn a_denial_says_what_is_and_what_would_be_allowed() {
    let mut story = Story::with_ready(&["anna"]);
    let denied = story.go(Input::SignOut { agent: "anna".into(), forced: false }).unwrap_err();
    assert_eq!(
        denied.to_string(),
        "agent anna is Ready and Idle; it takes a sign-out when not ready"
    );
    let denied = story.go(Input::Ready { agent: "eve".into() }).unwrap_err();
    assert_eq!(denied.to_string(), "there is no agent eve");
}
