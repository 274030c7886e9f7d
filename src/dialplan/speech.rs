use std::sync::Arc;

use super::prompt::Prompt;
use super::read::{Fields, Reading};
use super::template::{Filling, Template};

/// The most parts of one sentence.
const MAX_PARTS: usize = 16;
/// The most prompts that one sentence may become.
const MAX_SPOKEN: usize = 64;
/// The largest number that has a prompt of its own.
const MAX_NUMBER: u32 = 100;

/// A sentence put together from prompts, digits and numbers.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Speech {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Debug)]
enum Part {
    Prompt(Template),
    /// One by one, as telephone numbers are said.
    Digits(Template),
    /// As one number, 0–100; another value is said digit by digit.
    Number(Template),
}

impl Speech {
    /// Reads the list under the key `name` of `fields`.
    pub(crate) fn read(
        reading: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        name: &'static str,
    ) -> Self {
        let mut parts = Vec::new();
        let Some((line, items)) = fields.list(&mut reading.report, name, MAX_PARTS) else {
            let what = "is missing: a list of `prompt`, `digits` and `number`";
            reading.fault(fields.line, fields.path_of(name), what);
            return Self { parts };
        };
        if items.is_empty() {
            reading.fault(line, fields.path_of(name), "is empty");
        }
        for (at, item) in items.iter().enumerate() {
            let path = format!("{}[{at}]", fields.path_of(name));
            let Some(mut part) = Fields::of(&mut reading.report, &path, item.line, item) else {
                continue;
            };
            let prompt = part.text(&mut reading.report, "prompt");
            let digits = part.text(&mut reading.report, "digits");
            let number = part.text(&mut reading.report, "number");
            part.finish(&mut reading.report);
            match (prompt, digits, number) {
                (Some(word), None, None) => {
                    let key = format!("{path}.prompt");
                    let id = Template::read(reading, word.line, &key, &word.text, false);
                    match id.fixed() {
                        Some(id) => reading.expect_prompt(word.line, &key, id),
                        None => {
                            let (start, end) = id.ends();
                            reading.expect_prompt_like(word.line, &key, start, end);
                        }
                    }
                    parts.push(Part::Prompt(id));
                }
                (None, Some(word), None) => {
                    let key = format!("{path}.digits");
                    expect_digits(reading, word.line, &key);
                    let text = Template::read(reading, word.line, &key, &word.text, false);
                    parts.push(Part::Digits(text));
                }
                (None, None, Some(word)) => {
                    let key = format!("{path}.number");
                    expect_digits(reading, word.line, &key);
                    for n in 0..=MAX_NUMBER {
                        reading.expect_prompt(word.line, &key, &format!("num/{n}"));
                    }
                    let text = Template::read(reading, word.line, &key, &word.text, false);
                    parts.push(Part::Number(text));
                }
                _ => reading.fault(
                    item.line,
                    &path,
                    "must have exactly one of `prompt`, `digits` and `number`",
                ),
            }
        }
        Self { parts }
    }

    /// The prompts that say it now, possibly none.
    pub(crate) fn prompts(&self, language: &Arc<str>, from: Filling<'_>) -> Vec<Prompt> {
        let mut prompts = Vec::new();
        for part in &self.parts {
            match part {
                Part::Prompt(id) => {
                    let id = Arc::from(id.fill(from));
                    prompts.push(Prompt { language: language.clone(), id });
                }
                Part::Digits(text) => say_digits(language, &text.fill(from), &mut prompts),
                Part::Number(text) => {
                    let text = text.fill(from);
                    match text.trim().parse::<u32>() {
                        Ok(number) if number <= MAX_NUMBER => {
                            prompts.push(Prompt::new(language, &format!("num/{number}")));
                        }
                        _ => say_digits(language, &text, &mut prompts),
                    }
                }
            }
        }
        prompts.truncate(MAX_SPOKEN);
        prompts
    }
}

/// Says each digit of `text`; in Chinese a 1 is 幺, as in telephone numbers. What is no digit is
/// not said.
fn say_digits(language: &Arc<str>, text: &str, prompts: &mut Vec<Prompt>) {
    for digit in text.chars().filter(char::is_ascii_digit).take(MAX_SPOKEN) {
        let id = if digit == '1' && is_chinese(language) {
            Arc::from("digit/1-yao")
        } else {
            Arc::from(format!("digit/{digit}"))
        };
        prompts.push(Prompt { language: language.clone(), id });
    }
}

fn is_chinese(language: &str) -> bool {
    language == "zh" || language.starts_with("zh-")
}

fn expect_digits(reading: &mut Reading<'_>, line: u64, key: &str) {
    for digit in 0..=9 {
        reading.expect_prompt(line, key, &format!("digit/{digit}"));
    }
    if let Some(prompts) = &reading.known.prompts {
        let missing = reading.languages.iter().any(|language| {
            is_chinese(language)
                && !prompts.get(language).is_some_and(|ids| ids.contains("digit/1-yao"))
        });
        if missing {
            reading.fault(line, key, "prompt `digit/1-yao` does not exist in Chinese");
        }
    }
}
