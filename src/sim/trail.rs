use std::collections::VecDeque;

use crate::base::Instant;
use crate::call::{Effect, Event};
use crate::sip;

/// How many lines are kept.
const LINES: usize = 40;

/// The last events and effects, as a person reads them. Only a run that is known to fail is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    lines: VecDeque<String>,
    /// From this step on.
    from: Option<u64>,
}

impl Trail {
    pub(crate) fn from(step: u64) -> Self {
        Self { lines: VecDeque::new(), from: Some(step) }
    }

    pub(crate) fn is_on(&self, step: u64) -> bool {
        self.from.is_some_and(|from| step >= from)
    }

    fn put(&mut self, line: String) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    pub(crate) fn event(&mut self, now: Instant, step: u64, event: &Event) {
        let text = match event {
            Event::Sip(sip::Input::Received { flow, bytes }) => {
                format!("from {}: {}", flow.peer, head(bytes))
            }
            Event::Command { command, .. } => cut(format!("{command:?}")),
            other => cut(format!("{other:?}")),
        };
        self.put(format!("{now} #{step} → {text}"));
    }

    pub(crate) fn effect(&mut self, effect: &Effect) {
        let text = match effect {
            Effect::Send { flow, bytes, .. } => format!("to {}: {}", flow.peer, head(bytes)),
            Effect::Record(record) => cut(format!("{:?}", record.fact)),
            Effect::Media { worker, command } => cut(format!("worker {worker}: {command:?}")),
            Effect::View(_) | Effect::KeepRegistrations(_) => return,
            other => cut(format!("{other:?}")),
        };
        self.put(format!("      ← {text}"));
    }

    pub(crate) fn note(&mut self, now: Instant, step: u64, text: &str) {
        if self.is_on(step) {
            self.put(format!("{now}      · {text}"));
        }
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(300) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// The first line, To tag, CSeq and Call-ID of a message.
fn head(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().next().unwrap_or_default();
    let of = |name: &str| {
        text.lines().find(|line| line.to_ascii_lowercase().starts_with(name)).unwrap_or_default()
    };
    format!("{first} | {} | {}", of("cseq:"), of("call-id:"))
}
