use serde_json::Value;

/// A time or length of a CDR.
pub(crate) fn number(cdr: &Value, key: &str) -> Option<i64> {
    cdr[key].as_i64()
}

/// The text or `null` of some fields, for comparing with what they should be.
pub(crate) fn fields(cdr: &Value, keys: &[&str]) -> String {
    let text = |key: &&str| match &cdr[*key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    keys.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// Cause, who ended it, the agent, the SIP status.
pub(crate) fn end(cdr: &Value) -> String {
    fields(cdr, &["cause", "ended_by", "agent", "sip_status"])
}

/// Checks that the times of a CDR are in order and that its lengths are those between them.
pub(crate) fn check_times(cdr: &Value) {
    let keys = ["t_in", "t_ivr", "t_req", "t_offer", "t_ans", "t_talk_end", "t_end"];
    // An outside party answers before the caller is answered; then the flow did nothing before.
    let keys: Vec<_> = keys.iter().filter(|key| number(cdr, key).is_some()).collect();
    for pair in keys.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let is_answer = *from == "t_ivr" && *to == "t_ans";
        assert!(is_answer || number(cdr, from) <= number(cdr, to), "{from} is after {to}: {cdr}");
    }
    let between = |from: &str, to: &str| {
        number(cdr, from).zip(number(cdr, to)).map(|(from, to)| (to - from) / 1_000)
    };
    for (length, is) in [
        ("total_ms", between("t_in", "t_end")),
        ("talk_ms", between("t_ans", "t_talk_end")),
        ("wait_ms", between("t_req", "t_ans").or_else(|| between("t_req", "t_end"))),
    ] {
        let (told, is) = (number(cdr, length).unwrap_or(-1), is.unwrap_or(0));
        assert!((told - is).abs() <= 2, "{length} is {told}, the times say {is}: {cdr}");
    }
}
