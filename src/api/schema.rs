use serde_json::{Map, Value};

use crate::api::html::{escape, line};

/// A type as a person reads it, in HTML; types with a name are links to their own place.
pub(crate) fn kind(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = escape(name.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(names) = schema.get("enum").and_then(Value::as_array) {
        let names = names.iter().map(|name| format!("<code>{}</code>", escape(&plain(name))));
        return names.collect::<Vec<_>>().join(" ");
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(kinds) = schema.get(several).and_then(Value::as_array) {
            let kinds: Vec<_> = kinds.iter().map(kind).collect();
            return kinds.join(if several == "allOf" { " and " } else { " or " });
        }
    }
    let names = match schema.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    let names = names.into_iter().map(|name| match name {
        "array" => format!("list of {}", schema.get("items").map(kind).unwrap_or_default()),
        "null" => "null".to_owned(),
        name => escape(name),
    });
    let mut text = names.collect::<Vec<_>>().join(" or ");
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        text.push_str(&format!(" <small>{}</small>", escape(format)));
    }
    for (key, word) in [("minimum", "from"), ("maximum", "to"), ("default", "default")] {
        if let Some(value) = schema.get(key) {
            text.push_str(&format!(" {word} <code>{}</code>", escape(&plain(value))));
        }
    }
    text
}

/// All types with a name.
pub(crate) fn all(schemas: &Map<String, Value>) -> String {
    schemas.iter().map(|(name, schema)| one(name, schema)).collect()
}

fn one(name: &str, schema: &Value) -> String {
    let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let name = escape(name);
    let mut html = format!(
        "<details id=\"schema-{name}\"><summary><code>{name}</code> {}</summary>\n",
        line(about.split("\n\n").next().unwrap_or_default())
    );
    let mut rows = String::new();
    for part in parts(schema) {
        let required = part.get("required").and_then(Value::as_array);
        for (key, value) in part.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let about = value.get("description").and_then(Value::as_str).unwrap_or_default();
            let is_required = required.is_some_and(|names| names.iter().any(|name| name == key));
            rows.push_str(&format!(
                "<tr><td><code>{}</code></td><td>{}{}</td><td>{}</td></tr>\n",
                escape(key),
                kind(value),
                if is_required { "" } else { ", may be absent" },
                line(about)
            ));
        }
        for value in part.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
            let about = value.get("description").and_then(Value::as_str).unwrap_or_default();
            rows.push_str(&format!(
                "<tr><td>{}</td><td></td><td>{}</td></tr>\n",
                kind(value),
                line(about)
            ));
        }
    }
    if rows.is_empty() {
        html.push_str(&format!("<p>{}</p>\n", kind(schema)));
    } else {
        html.push_str(&format!("<table>{rows}</table>\n"));
    }
    html.push_str("</details>\n");
    html
}

/// A schema and what it is made of.
fn parts(schema: &Value) -> Vec<&Value> {
    match schema.get("allOf").and_then(Value::as_array) {
        Some(parts) => parts.iter().collect(),
        None => vec![schema],
    }
}

/// A value without the quotes of a text.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
