use std::collections::VecDeque;

/// Packets that end an event, so that the loss of two of them does no harm (RFC 4733, 2.5.1.4).
const END_PACKETS: u8 = 3;
/// Silence between two keys, in packets of 20 ms.
const PAUSE_PACKETS: u8 = 4;

/// The number of an RFC 4733 event for a key, if it is one.
pub(crate) fn event_of(key: char) -> Option<u8> {
    "0123456789*#ABCD".find(key.to_ascii_uppercase()).map(|at| at as u8)
}

/// The key of an RFC 4733 event number.
pub(crate) fn key_of(event: u8) -> Option<char> {
    "0123456789*#ABCD".chars().nth(usize::from(event))
}

/// What to send in this 20 ms because of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventPacket {
    pub(crate) payload: [u8; 4],
    /// Time stamp of the event's beginning.
    pub(crate) stamp: u32,
    /// First packet of the event.
    pub(crate) marker: bool,
}

/// Keys waiting to be sent as RFC 4733 events.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeySender {
    waiting: VecDeque<(u8, u16)>,
    state: Sending,
}

#[derive(Debug, Clone, Copy, Default)]
enum Sending {
    #[default]
    Idle,
    Pressed {
        event: u8,
        stamp: u32,
        done: u16,
        length: u16,
    },
    Ending {
        event: u8,
        stamp: u32,
        length: u16,
        left: u8,
    },
    Pause {
        left: u8,
    },
}

impl KeySender {
    /// `milliseconds` each, at least 40.
    pub(crate) fn press(&mut self, keys: &str, milliseconds: u16) {
        let length = milliseconds.clamp(40, 8_000) * 8;
        self.waiting.extend(keys.chars().filter_map(event_of).map(|event| (event, length)));
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && matches!(self.state, Sending::Idle)
    }

    /// The next 20 ms that begin at `stamp`: an event packet, or `None` when audio may go.
    pub(crate) fn step(&mut self, stamp: u32) -> Option<EventPacket> {
        match self.state {
            Sending::Idle => {
                let (event, length) = self.waiting.pop_front()?;
                self.state = Sending::Pressed { event, stamp, done: 160, length };
                Some(packet(event, 160, false, stamp, true))
            }
            Sending::Pressed { event, stamp, done, length } => {
                let done = done.saturating_add(160).min(length);
                self.state = if done == length {
                    Sending::Ending { event, stamp, length, left: END_PACKETS }
                } else {
                    Sending::Pressed { event, stamp, done, length }
                };
                Some(packet(event, done, false, stamp, false))
            }
            Sending::Ending { event, stamp, length, left } => {
                self.state = if left > 1 {
                    Sending::Ending { event, stamp, length, left: left - 1 }
                } else {
                    Sending::Pause { left: PAUSE_PACKETS }
                };
                Some(packet(event, length, true, stamp, false))
            }
            Sending::Pause { left } => {
                self.state =
                    if left > 1 { Sending::Pause { left: left - 1 } } else { Sending::Idle };
                None
            }
        }
    }
}

fn packet(event: u8, duration: u16, end: bool, stamp: u32, marker: bool) -> EventPacket {
    let [high, low] = duration.to_be_bytes();
    let flags = if end { 0x80 } else { 0 } | 10;
    EventPacket { payload: [event, flags, high, low], stamp, marker }
}

/// Events heard: each press once, told by its time stamp.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyEar {
    last: Option<u32>,
    pub(crate) keys: String,
    /// Events that never showed an end packet, or that were no event at all.
    pub(crate) faults: u32,
    open: bool,
}

impl KeyEar {
    pub(crate) fn packet(&mut self, payload: &[u8], stamp: u32) {
        let &[event, flags, _, _] = payload else {
            self.faults += 1;
            return;
        };
        if self.last != Some(stamp) {
            self.faults += u32::from(self.open);
            self.last = Some(stamp);
            self.open = true;
            match key_of(event) {
                Some(key) if self.keys.len() < 256 => self.keys.push(key),
                Some(_) => {}
                None => self.faults += 1,
            }
        }
        if flags & 0x80 != 0 {
            self.open = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_go_out_and_are_heard_once_each() {
        let mut sender = KeySender::default();
        sender.press("1#", 100);
        let mut ear = KeyEar::default();
        let (mut packets, mut ends, mut markers) = (0, 0, 0);
        for n in 0..100u32 {
            if let Some(event) = sender.step(n * 160) {
                packets += 1;
                markers += u32::from(event.marker);
                ends += u32::from(event.payload[1] & 0x80 != 0);
                ear.packet(&event.payload, event.stamp);
            }
        }
        assert!(sender.is_idle());
        assert_eq!((packets, ends, markers), (16, 6, 2));
        assert_eq!((ear.keys.as_str(), ear.faults), ("1#", 0));
    }
}
