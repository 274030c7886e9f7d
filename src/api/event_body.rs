use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::{RecordId, TenantId, Wall};
use crate::call::Fact;
use crate::store::{EventRow, Published};

/// A numbered event, the same wherever it is read (E2).
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "number": 1042, "at": 1772323209000000_i64, "type": "connected",
    "id": "01JD7ZQKFW0000000000000000", "tenant": "fcg",
    "call": "01JD7ZQK3V0000000000000000", "agent": "lan"
}))]
pub(crate) struct EventBody {
    /// Counts up by one from 1 for each tenant, over restarts.
    pub(crate) number: u64,
    /// When it happened, µs since the Unix epoch.
    #[schema(value_type = i64)]
    at: Wall,
    /// What happened, such as `call_arrived`, `connected`, `cdr`, `agent_changed`.
    r#type: String,
    /// Unique for ever.
    #[schema(value_type = String)]
    id: RecordId,
    /// Whose it is.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// What belongs to the type.
    #[serde(flatten)]
    #[schema(value_type = Object, additional_properties)]
    rest: Map<String, Value>,
}

impl EventBody {
    fn new(number: u64, id: RecordId, at: Wall, tenant: &TenantId, fact: &Fact) -> Self {
        let mut rest = match serde_json::to_value(fact) {
            Ok(Value::Object(rest)) => rest,
            _ => Map::new(),
        };
        let r#type = match rest.remove("type") {
            Some(Value::String(name)) => name,
            _ => String::new(),
        };
        // Keys of a fact that the event itself has, too.
        for (key, plain) in [("id", "alarm"), ("at", "answered_at")] {
            if let Some(value) = rest.remove(key) {
                rest.insert(plain.to_owned(), value);
            }
        }
        Self { number, at, r#type, id, tenant: tenant.clone(), rest }
    }
}

impl From<&Published> for EventBody {
    fn from(event: &Published) -> Self {
        let record = &event.record;
        Self::new(event.number, record.id, record.at, &record.tenant, &record.fact)
    }
}

impl From<EventRow> for EventBody {
    fn from(row: EventRow) -> Self {
        Self::new(row.number, row.id, row.at, &row.tenant, &row.fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_there_twice() {
        let at = Wall::from_micros(5);
        let fact = Fact::Alarm { id: "disk".into(), what: "full".into(), cleared: false };
        let event = EventBody::new(7, RecordId::new(at, 1), at, &"fcg".into(), &fact);
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(text.matches("\"id\"").count(), 1, "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["type"], &value["alarm"]), (&"alarm".into(), &"disk".into()));
        assert_eq!((&value["number"], &value["at"]), (&7.into(), &5.into()));
    }
}
