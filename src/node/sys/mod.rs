//! Calls of the operating system that the standard library does not offer. All `unsafe` code of the
//! project is here.

mod affinity;
mod datagrams;
mod epoll;
mod files;
mod timer;
mod wake;

pub(crate) use affinity::pin_to;
pub(crate) use datagrams::{BURST, Slot, Wait, receive, send};
pub(crate) use epoll::{Epoll, Ready, Trigger};
pub(crate) use files::{ignore_file_size_signal, raise_open_files};
pub(crate) use timer::Timer;
pub(crate) use wake::Wake;
