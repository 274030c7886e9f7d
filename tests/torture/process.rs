use std::fs;

/// Resident memory of a process in bytes.
pub(crate) fn resident(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).expect("the process runs");
    let pages: u64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("statm");
    pages * 4_096
}

/// Open file descriptors of a process.
pub(crate) fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs").count()
}
