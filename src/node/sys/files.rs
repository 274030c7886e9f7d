use std::io;

/// Raises the limit of open files to `wanted`, as far as the system allows; the limit then.
pub(crate) fn raise_open_files(wanted: u64) -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    #[expect(unsafe_code, reason = "getrlimit has no safe wrapper in std")]
    // SAFETY: the kernel writes one `rlimit` to a place that is one.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    if got != 0 {
        return Err(io::Error::last_os_error());
    }
    if limit.rlim_cur >= wanted {
        return Ok(limit.rlim_cur);
    }
    limit.rlim_cur = wanted.min(limit.rlim_max);
    #[expect(unsafe_code, reason = "setrlimit has no safe wrapper in std")]
    // SAFETY: the kernel only reads one `rlimit`.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    if set == 0 { Ok(limit.rlim_cur) } else { Err(io::Error::last_os_error()) }
}

/// Lets a write beyond the limit of file sizes fail like one on a full disk; by default its signal
/// ends the process.
pub(crate) fn ignore_file_size_signal() {
    #[expect(unsafe_code, reason = "signal has no safe wrapper in std")]
    // SAFETY: `SIG_IGN` runs no code of ours.
    let before = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    if before == libc::SIG_ERR {
        tracing::warn!("the signal of the file-size limit cannot be ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_never_lowered() {
        let before = raise_open_files(0).unwrap();
        assert!(raise_open_files(before + 1).unwrap() >= before);
    }
}
