use crate::base::Instant;
use crate::sip::dialog::DialogInput;
use crate::sip::stack::front::Timer;
use crate::sip::stack::{Event, Flow, Output, Peer, Stack, Way};
use crate::sip::txn::{ClientInput, ServerInput};

impl Stack {
    /// Gives everything that is due its deadline.
    pub(super) fn deadline_came(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.authority.tick(now);
        let (registrar, locks) = (&self.registrar, &self.net.settings.lockout);
        let is_home = |source| registrar.is_home(source, now);
        if let Some(locked) = self.authority.news(now, locks, is_home) {
            out.push(Output::Event(Event::LockedOut { locked: locked.clone() }));
        }
        self.registrar.tick(now, out);
        self.keep_open(now, out);
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Client(id) => self.client(now, id, ClientInput::Deadline, None, out),
                Timer::Server(id) => self.server(now, id, ServerInput::Deadline, out),
                Timer::Dialog(id) => self.dialog(now, id, DialogInput::Deadline, out),
                Timer::Hunt(id) => self.no_word(now, id, out),
                Timer::Trunk(id) => self.keep_alive(now, &id, out),
            }
        }
    }

    /// A TCP connection is gone.
    pub(super) fn closed(&mut self, now: Instant, connection: u64, out: &mut Vec<Output>) {
        self.registrar.closed(connection, out);
        for id in self.clients.on(&Way::Connection(connection)) {
            self.client(now, id, ClientInput::Failed, None, out);
        }
        for id in self.dialogs.on(connection) {
            self.dialog(now, id, DialogInput::Closed { connection }, out);
        }
    }

    /// Something could not be sent. A datagram is sent again by its own timers: the network may be
    /// back by then (R23).
    pub(super) fn send_failed(&mut self, now: Instant, flow: &Flow, out: &mut Vec<Output>) {
        match flow.connection {
            Some(connection) => self.closed(now, connection, out),
            None if flow.transport.is_reliable() => {
                for id in self.clients.on(&Way::of(flow)) {
                    self.client(now, id, ClientInput::Failed, None, out);
                }
            }
            None => {}
        }
    }

    /// Ends what belongs to trunks and accounts that are no longer configured.
    pub(super) fn drop_strangers(&mut self, now: Instant, out: &mut Vec<Output>) {
        for id in self.dialogs.ids() {
            let is_gone = self
                .dialogs
                .get(id)
                .is_some_and(|dialog| !dialog.is_closing() && !self.net.knows(dialog.peer()));
            if is_gone {
                self.end_dialog(now, id, 503, out);
            }
        }
        let mut gone: Vec<_> = self
            .registrar
            .all()
            .filter(|binding| !self.net.knows(&Peer::Account(binding.account.clone())))
            .map(|binding| binding.account.clone())
            .collect();
        self.registrar.keep_homes(|account| self.net.account(account).is_some());
        gone.sort_unstable();
        gone.dedup();
        for account in gone {
            // Without a REGISTER there is no order that could be wrong.
            let _ = self.registrar.remove_all(&account, None, out);
        }
    }
}
