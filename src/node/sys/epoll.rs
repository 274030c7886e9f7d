use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// Descriptors told about by one wait.
const READY_MAX: usize = 256;

/// A set of descriptors that are waited for together.
#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

/// When a descriptor is told about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trigger {
    /// As long as there is something to read.
    Level,
    /// Once each time that something comes.
    Edge,
}

/// The tokens of descriptors that can be read.
pub(crate) struct Ready {
    events: [libc::epoll_event; READY_MAX],
    count: usize,
}

impl Ready {
    /// None.
    pub(crate) fn new() -> Self {
        Self { events: [libc::epoll_event { events: 0, u64: 0 }; READY_MAX], count: 0 }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The token of one of them.
    pub(crate) fn token(&self, at: usize) -> u64 {
        self.events[at].u64
    }
}

impl Epoll {
    /// An empty set.
    pub(crate) fn new() -> io::Result<Self> {
        #[expect(unsafe_code, reason = "epoll has no safe wrapper in std")]
        // SAFETY: the descriptor that comes back is new and owned by nobody else.
        unsafe {
            let fd = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            if fd < 0 {
                Err(io::Error::last_os_error())
            } else {
                Ok(Self(OwnedFd::from_raw_fd(fd)))
            }
        }
    }

    /// Puts a descriptor in.
    pub(crate) fn add(&self, fd: &impl AsFd, token: u64, trigger: Trigger) -> io::Result<()> {
        let edge = if trigger == Trigger::Edge { libc::EPOLLET } else { 0 };
        let events = (libc::EPOLLIN | edge).cast_unsigned();
        self.control(libc::EPOLL_CTL_ADD, fd, libc::epoll_event { events, u64: token })
    }

    /// Takes a descriptor out.
    pub(crate) fn remove(&self, fd: &impl AsFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, libc::epoll_event { events: 0, u64: 0 })
    }

    fn control(&self, what: i32, fd: &impl AsFd, mut event: libc::epoll_event) -> io::Result<()> {
        let fd = fd.as_fd().as_raw_fd();
        #[expect(unsafe_code, reason = "epoll has no safe wrapper in std")]
        // SAFETY: both descriptors are open while they are borrowed; the kernel reads one event.
        let done = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), what, fd, &raw mut event) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Waits until something can be read. A signal ends the wait with nothing.
    pub(crate) fn wait(&self, ready: &mut Ready) -> io::Result<()> {
        ready.count = 0;
        let room = i32::try_from(READY_MAX).unwrap_or(i32::MAX);
        #[expect(unsafe_code, reason = "epoll has no safe wrapper in std")]
        // SAFETY: the kernel writes at most `room` events, and the array has that many.
        let count =
            unsafe { libc::epoll_wait(self.0.as_raw_fd(), ready.events.as_mut_ptr(), room, -1) };
        match usize::try_from(count) {
            Ok(count) => ready.count = count.min(READY_MAX),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
