use serde_json::Value;

use crate::api::html::{escape, line, prose};
use crate::api::schema::{kind, plain};

/// One method of one path, out of the OpenAPI description.
pub(crate) struct Operation<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) about: &'a Value,
}

impl Operation<'_> {
    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        let tags = self.about.get("tags").and_then(Value::as_array);
        tags.is_some_and(|tags| tags.iter().any(|name| name == tag))
    }

    /// What a person needs to use it, in HTML.
    pub(crate) fn html(&self) -> String {
        let text = |key| self.about.get(key).and_then(Value::as_str).unwrap_or_default();
        let method = self.method.to_uppercase();
        let mut html = format!(
            "<details id=\"{}-{}\"><summary><b class=\"{method}\">{method}</b> <code>{}</code> {}</summary>\n",
            self.method,
            escape(text("operationId")),
            escape(self.path),
            line(text("summary")),
        );
        html.push_str(&prose(text("description")));
        html.push_str(&format!("<pre>{}</pre>\n", escape(&self.curl())));
        html.push_str(&self.parameters());
        html.push_str(&self.body());
        html.push_str(&self.responses());
        html.push_str("</details>\n");
        html
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &Value> {
        self.about.get(key).and_then(Value::as_array).into_iter().flatten()
    }

    /// A call of it with `curl`; `$HOTLINE` is where the engine listens.
    fn curl(&self) -> String {
        let mut path = self.path.to_owned();
        for parameter in self.list("parameters") {
            let (Some(name), Some(example)) =
                (parameter.get("name").and_then(Value::as_str), example(parameter))
            else {
                continue;
            };
            path = path.replace(&format!("{{{name}}}"), &example);
        }
        let mut curl = String::from("curl ");
        if self.about.get("security").is_none_or(|open| open != &serde_json::json!([{}])) {
            curl.push_str("-H \"Authorization: Bearer $TOKEN\" ");
        }
        match self.method {
            "get" => {}
            "head" => curl.push_str("-I "),
            other => curl.push_str(&format!("-X {} ", other.to_uppercase())),
        }
        let sample = self.about.pointer("/requestBody/content/application~1json");
        if sample.is_some() {
            curl.push_str("-H 'Content-Type: application/json' -d '{\"reason\": \"lunch\"}' ");
        }
        curl.push_str(&format!("\"$HOTLINE{path}\""));
        curl
    }

    fn parameters(&self) -> String {
        let mut rows = String::new();
        for parameter in self.list("parameters") {
            let text = |key| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
            let sample =
                example(parameter).map(|text| format!(" such as <code>{}</code>", escape(&text)));
            rows.push_str(&format!(
                "<tr><td><code>{}</code></td><td>{}: {}{}</td><td>{}</td></tr>\n",
                escape(text("name")),
                escape(text("in")),
                parameter.get("schema").map(kind).unwrap_or_default(),
                sample.unwrap_or_default(),
                line(text("description")),
            ));
        }
        if rows.is_empty() { rows } else { format!("<table>{rows}</table>\n") }
    }

    fn body(&self) -> String {
        let schema = self.about.pointer("/requestBody/content/application~1json/schema");
        schema.map(|schema| format!("<p>Body: {}</p>\n", kind(schema))).unwrap_or_default()
    }

    fn responses(&self) -> String {
        let mut rows = String::new();
        let mut samples = String::new();
        let all = self.about.get("responses").and_then(Value::as_object);
        for (status, response) in all.into_iter().flatten() {
            let about = response.get("description").and_then(Value::as_str).unwrap_or_default();
            let mut kinds = String::new();
            let contents = response.get("content").and_then(Value::as_object);
            for (media, content) in contents.into_iter().flatten() {
                let schema = content.get("schema").map(kind).unwrap_or_default();
                kinds.push_str(&format!("{schema} <small>{}</small>", escape(media)));
                if let Some(sample) = content.get("example") {
                    let sample = match sample {
                        Value::String(text) => text.clone(),
                        sample => serde_json::to_string_pretty(sample).unwrap_or_default(),
                    };
                    samples.push_str(&format!("<pre>{}</pre>\n", escape(&sample)));
                }
            }
            rows.push_str(&format!(
                "<tr><td><code>{}</code></td><td>{kinds}</td><td>{}</td></tr>\n",
                escape(status),
                line(about)
            ));
        }
        format!("<table>{rows}</table>\n{samples}")
    }
}

fn example(parameter: &Value) -> Option<String> {
    let found = parameter.get("example").or_else(|| parameter.pointer("/schema/example"));
    found.or_else(|| parameter.pointer("/schema/examples/0")).map(plain)
}
