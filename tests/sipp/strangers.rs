use serde_json::json;

use crate::sipp::party::Party;
use crate::sipp::stage::Stage;

#[test]
fn wrong_passwords_and_strangers_reach_nothing_over_udp_and_tcp() {
    let stage = Stage::new();
    let switch = &stage.switch;
    for transport in ["u1", "t1"] {
        let login = ["-s", "8101", "-au", "8101", "-ap", "guess", "-t", transport];
        Party::calls(switch, "wrong-password", switch.place.sip(66), &login).ends_well();
        let options = ["-s", "12399", "-t", transport];
        Party::calls(switch, "stranger", switch.place.sip(67), &options).ends_well();
    }
    assert_eq!(switch.get("/v1/registrations").1["rows"], json!([]));
    assert_eq!(switch.get("/v1/calls/live").1["rows"], json!([]));
    assert_eq!(switch.get("/v1/calls").1["rows"], json!([]));
}
