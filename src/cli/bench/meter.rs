use std::fs;

use anyhow::Context;

/// Ticks a second in `/proc/<pid>/stat`: fixed by Linux for user space.
const TICKS_A_SECOND: f64 = 100.0;

/// Reads what a process has used of the machine.
#[derive(Debug)]
pub(crate) struct Meter {
    pid: Option<u32>,
    cpu_s: f64,
    memory_kib: u64,
}

/// What was used between two looks; `None` without a process to look at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// Processor time in seconds, user and system.
    pub(crate) cpu_s: Option<f64>,
    /// How much the memory peak lies above the memory at the start, in MiB.
    pub(crate) memory_mib: Option<f64>,
}

impl Meter {
    /// Begins to measure.
    pub(crate) fn start(pid: Option<u32>) -> anyhow::Result<Self> {
        let mut meter = Self { pid, cpu_s: 0.0, memory_kib: 0 };
        if let Some(pid) = pid {
            meter.cpu_s = cpu_seconds(pid)?;
            meter.memory_kib = memory(pid, "VmRSS:")?;
            // The peak begins anew where we may do so; otherwise it is that of the whole life.
            let _older_peak = fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
        Ok(meter)
    }

    /// What was used since.
    pub(crate) fn used(&self) -> anyhow::Result<Used> {
        let Some(pid) = self.pid else { return Ok(Used::default()) };
        let peak = memory(pid, "VmHWM:")?;
        Ok(Used {
            cpu_s: Some(cpu_seconds(pid)? - self.cpu_s),
            memory_mib: Some(peak.saturating_sub(self.memory_kib) as f64 / 1_024.0),
        })
    }
}

impl Used {
    /// Processor time in ms for each of `units`.
    pub(crate) fn cpu_ms_per(self, units: f64) -> Option<f64> {
        self.cpu_s.filter(|_| units > 0.0).map(|cpu| cpu * 1_000.0 / units)
    }
}

fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("no process {pid}"))?;
    // The name in brackets may hold blanks: the fields are counted behind it.
    let rest = text.rsplit(')').next().context("a line of stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).with_context(|| format!("odd {path}"))?;
    Ok((user + system) / TICKS_A_SECOND)
}

fn memory(pid: u32, key: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find(|line| line.starts_with(key)).context("no such key in status")?;
    let number = line.split_whitespace().nth(1).context("a number")?;
    Ok(number.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_can_be_read() {
        let pid = Some(std::process::id());
        let meter = Meter::start(pid).unwrap();
        assert!(meter.memory_kib > 1_000);
        assert!(meter.used().unwrap().cpu_s.unwrap() >= 0.0);
        assert!(Meter::start(None).unwrap().used().unwrap().cpu_s.is_none());
    }
}
