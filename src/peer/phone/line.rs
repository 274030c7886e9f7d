use std::net::UdpSocket;
use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::peer::phone::board::Board;
use crate::peer::phone::thread::Command;
use crate::peer::pump::Pump;

/// From a script to its phone's thread, and what comes back.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) commands: Sender<Command>,
    pub(crate) waker: UdpSocket,
    pub(crate) board: Arc<Board>,
    pub(crate) pump: Pump,
}

impl Line {
    pub(crate) fn tell(&self, command: Command) {
        // A phone whose thread has ended takes no more commands; waits for them run out.
        let _gone = self.commands.send(command);
        let _gone = self.waker.send(&[0]);
    }
}
