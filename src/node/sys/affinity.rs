use std::io;

/// Keeps the calling thread on the `nth` of the processors that the process may use, counted round.
/// The processor, or the system's reason.
pub(crate) fn pin_to(nth: usize) -> io::Result<usize> {
    let size = size_of::<libc::cpu_set_t>();
    #[expect(unsafe_code, reason = "sched_getaffinity has no safe wrapper in std")]
    // SAFETY: an all-zero `cpu_set_t` is an empty set; the kernel writes at most `size` bytes to it.
    let allowed = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size, &raw mut set) != 0 {
            return Err(io::Error::last_os_error());
        }
        set
    };
    let processors: Vec<usize> = (0..libc::CPU_SETSIZE.unsigned_abs() as usize)
        .filter(|processor| is_set(*processor, &allowed))
        .collect();
    let Some(processor) = processors.get(nth % processors.len().max(1)).copied() else {
        return Err(io::ErrorKind::NotFound.into());
    };
    #[expect(unsafe_code, reason = "sched_setaffinity has no safe wrapper in std")]
    // SAFETY: `processor` is below CPU_SETSIZE; the kernel only reads `size` bytes of the set.
    let done = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size, &raw const set)
    };
    if done == 0 { Ok(processor) } else { Err(io::Error::last_os_error()) }
}

fn is_set(processor: usize, set: &libc::cpu_set_t) -> bool {
    #[expect(unsafe_code, reason = "CPU_ISSET is an unsafe function of libc")]
    // SAFETY: callers stay below CPU_SETSIZE, the number of bits in the set.
    unsafe {
        libc::CPU_ISSET(processor, set)
    }
}
