use std::io::{self, Write};
use std::time::Instant;

use crate::peer::demo::{Check, Verdict};
use crate::peer::world;

/// Writes one line for each step, with the time since the beginning, and keeps the checks.
pub struct Timeline<'a> {
    out: &'a mut dyn Write,
    begun: Instant,
    verdict: Verdict,
}

impl<'a> Timeline<'a> {
    /// Time begins now.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, begun: world::now(), verdict: Verdict::default() }
    }

    fn line(&mut self, mark: &str, text: &str) -> io::Result<()> {
        let seconds = self.begun.elapsed().as_secs_f64();
        writeln!(self.out, "{seconds:7.2}s  {mark} {text}")?;
        self.out.flush()
    }

    /// Something happens.
    pub fn step(&mut self, text: &str) -> io::Result<()> {
        self.line("→", text)
    }

    /// Something had to hold; returns whether it did.
    pub fn check(&mut self, held: bool, what: &str, detail: String) -> io::Result<bool> {
        let text = if detail.is_empty() { what.to_owned() } else { format!("{what} ({detail})") };
        self.line(if held { "✓" } else { "✗" }, &text)?;
        self.verdict.checks.push(Check { what: what.to_owned(), held, detail });
        Ok(held)
    }

    pub(crate) fn answered_by(&mut self, agent: &str) {
        self.verdict.agent = Some(agent.to_owned());
    }

    /// The end, with a summing-up line.
    pub fn finish(mut self) -> io::Result<Verdict> {
        let (held, all) =
            (self.verdict.checks.iter().filter(|c| c.held).count(), self.verdict.checks.len());
        let text = if self.verdict.all_held() {
            format!("全部 {all} 项检查通过 · all {all} checks held")
        } else {
            format!("{all} 项检查中 {held} 项通过 · {held} of {all} checks held")
        };
        self.line("■", &text)?;
        Ok(self.verdict)
    }
}
