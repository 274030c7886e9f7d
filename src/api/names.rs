use serde::Serialize;
use utoipa::PartialSchema;

/// The name of a closed list's member, as it stands in JSON.
pub(crate) fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// All names of a closed list, out of its schema.
pub(crate) fn names<T: PartialSchema>() -> Vec<String> {
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    let names = schema.get("enum").or_else(|| schema.get("oneOf"));
    let mut found = Vec::new();
    for name in names.and_then(|names| names.as_array()).into_iter().flatten() {
        let name = name.as_str().or_else(|| name.pointer("/enum/0").and_then(|name| name.as_str()));
        found.extend(name.map(str::to_owned));
    }
    found
}

/// The keys of an object, out of its schema.
pub(crate) fn keys<T: PartialSchema>() -> Vec<String> {
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    let keys = schema.get("properties").and_then(|keys| keys.as_object());
    keys.map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Cause, EndedBy};

    #[test]
    fn a_closed_list_knows_its_names() {
        assert_eq!(name_of(&Cause::FarNoAnswer), "far-no-answer");
        let causes = names::<Cause>();
        assert!(causes.len() > 20 && causes.contains(&"far-no-answer".to_owned()), "{causes:?}");
        assert_eq!(names::<EndedBy>()[0], "caller");
    }
}
