use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering, fence};

/// Wakes a thread that waits in an `Epoll` (which watches it by `Trigger::Edge`). Many calls before
/// the thread has looked cost one system call.
///
/// A caller puts something into a channel and then looks at `called`; the thread clears `called` and
/// then looks into the channel. One of them must see what the other did, or something would lie there
/// with nobody awake. That takes a sequentially consistent fence between the two steps of each; the
/// channel may have one of its own, but does not promise it.
#[derive(Debug)]
pub(crate) struct Wake {
    event: OwnedFd,
    called: AtomicBool,
}

impl Wake {
    /// A new one.
    pub(crate) fn new() -> io::Result<Self> {
        #[expect(unsafe_code, reason = "eventfd has no safe wrapper in std")]
        // SAFETY: the descriptor that comes back is new and owned by nobody else.
        let event = unsafe {
            let fd = libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(fd)
        };
        Ok(Self { event, called: AtomicBool::new(false) })
    }

    /// Wakes the thread, unless a call is on its way.
    pub(crate) fn call(&self) {
        fence(Ordering::SeqCst);
        if self.called.swap(true, Ordering::Relaxed) {
            return;
        }
        let one = 1_u64;
        #[expect(unsafe_code, reason = "eventfd has no safe wrapper in std")]
        // SAFETY: eight bytes are read from a number of eight bytes. The write can only fail when
        // the counter is full, and the thread is awake then.
        unsafe {
            libc::write(self.event.as_raw_fd(), (&raw const one).cast(), size_of::<u64>());
        }
    }

    /// The thread looks now; what comes later calls again.
    pub(crate) fn heard(&self) {
        self.called.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
