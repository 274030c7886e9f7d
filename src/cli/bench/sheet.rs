use std::io::Write;

use serde_json::{Map, Value, json};

/// The rows of one bench: each is written at once as a line of JSON, and all again as a table.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    rows: Vec<Vec<(&'static str, Value)>>,
}

/// A measured number with three decimals; `null` where nothing was measured.
pub(crate) fn number(value: impl Into<Option<f64>>) -> Value {
    value.into().map_or(Value::Null, |value| json!((value * 1_000.0).round() / 1_000.0))
}

impl Sheet {
    /// Takes a row and writes it to standard output.
    pub(crate) fn row(&mut self, row: Vec<(&'static str, Value)>) -> anyhow::Result<()> {
        let object: Map<String, Value> =
            row.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        writeln!(std::io::stdout(), "{}", Value::Object(object))?;
        self.rows.push(row);
        Ok(())
    }

    /// Writes the table to standard error.
    pub(crate) fn table(&self) {
        let Some(head) = self.rows.first() else { return };
        let heads = head.iter().map(|(key, _)| key.replace('_', " ")).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(|(_, value)| cell(value)).collect());
        let lines: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
        let width = |at: usize| {
            lines.iter().filter_map(|line| line.get(at)).map(String::len).max().unwrap_or_default()
        };
        for line in &lines {
            let cells: Vec<String> = line
                .iter()
                .enumerate()
                .map(|(at, cell)| format!("{cell:>width$}", width = width(at)))
                .collect();
            eprintln!("  {}", cells.join("  "));
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(good) => if *good { "yes" } else { "NO" }.to_owned(),
        other => other.to_string(),
    }
}
