use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// A timer that an `Epoll` can wait for (by `Trigger::Edge`), exact to microseconds.
#[derive(Debug)]
pub(crate) struct Timer(OwnedFd);

impl Timer {
    /// A timer that is not set.
    pub(crate) fn new() -> io::Result<Self> {
        #[expect(unsafe_code, reason = "timerfd has no safe wrapper in std")]
        // SAFETY: the descriptor that comes back is new and owned by nobody else.
        unsafe {
            let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
            let fd = libc::timerfd_create(libc::CLOCK_MONOTONIC, flags);
            if fd < 0 {
                Err(io::Error::last_os_error())
            } else {
                Ok(Self(OwnedFd::from_raw_fd(fd)))
            }
        }
    }

    /// Goes off once, after `wait` (at least a microsecond); `None`: not at all.
    pub(crate) fn set(&self, wait: Option<Duration>) -> io::Result<()> {
        let wait = wait.map_or(Duration::ZERO, |wait| wait.max(Duration::from_micros(1)));
        let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let it_value = libc::timespec {
            tv_sec: libc::time_t::try_from(wait.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: wait.subsec_nanos().into(),
        };
        let setting = libc::itimerspec { it_interval: none, it_value };
        #[expect(unsafe_code, reason = "timerfd has no safe wrapper in std")]
        // SAFETY: the descriptor is open; the kernel reads one `itimerspec`, and writes none.
        let done = unsafe {
            libc::timerfd_settime(self.0.as_raw_fd(), 0, &raw const setting, std::ptr::null_mut())
        };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
