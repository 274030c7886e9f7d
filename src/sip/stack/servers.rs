use std::collections::HashMap;

use crate::base::{DialogId, Instant};
use crate::sip::stack::{Flow, Head, Timers};
use crate::sip::txn::{Server, ServerId, ServerInput, ServerInvite, ServerOther, ServerOutput};
use crate::sip::wire::{Method, Text};

/// All server transactions, by what a request that comes again has in common with the first
/// (RFC 3261 §17.2.3).
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    records: HashMap<ServerId, ServerRecord, ahash::RandomState>,
    by_key: HashMap<Box<str>, ServerId, ahash::RandomState>,
    /// INVITEs outside a dialog by Call-ID, From tag and CSeq (§8.2.2.2).
    merges: HashMap<Box<str>, ServerId, ahash::RandomState>,
    next: u64,
}

/// A server transaction, with what its responses are made from.
#[derive(Clone, Debug)]
pub(crate) struct ServerRecord {
    machine: Server,
    key: Box<str>,
    merge: Option<Box<str>>,
    /// Where its request came from.
    pub(crate) flow: Flow,
    /// The dialog that answers it.
    pub(crate) dialog: Option<DialogId>,
    /// Gone with the final response.
    pub(crate) head: Option<Box<Head>>,
    /// The To tag of its responses.
    pub(crate) tag: Text,
}

/// A request that begins a server transaction.
#[derive(Debug)]
pub(crate) struct Begin {
    pub(crate) key: Box<str>,
    pub(crate) merge: Option<Box<str>>,
    pub(crate) method: Method,
    pub(crate) flow: Flow,
    pub(crate) reply_to: Flow,
    pub(crate) dialog: Option<DialogId>,
    pub(crate) head: Box<Head>,
    pub(crate) tag: Text,
}

impl Servers {
    pub(crate) fn new(hasher: ahash::RandomState) -> Self {
        Self {
            records: HashMap::with_hasher(hasher.clone()),
            by_key: HashMap::with_hasher(hasher.clone()),
            merges: HashMap::with_hasher(hasher),
            next: 1,
        }
    }

    /// Begins a transaction. The caller has looked that there is none.
    pub(crate) fn start(&mut self, now: Instant, timers: &Timers, begin: Begin) -> ServerId {
        let id = ServerId(self.next);
        self.next += 1;
        let machine = if begin.method == Method::Invite {
            Server::Invite(ServerInvite::new(begin.reply_to))
        } else {
            Server::Other(ServerOther::new(now, timers, begin.reply_to))
        };
        self.by_key.insert(begin.key.clone(), id);
        if let Some(merge) = &begin.merge {
            self.merges.insert(merge.clone(), id);
        }
        let Begin { key, merge, flow, dialog, head, tag, .. } = begin;
        let head = Some(head);
        self.records.insert(id, ServerRecord { machine, key, merge, flow, dialog, head, tag });
        id
    }

    pub(crate) fn find(&self, key: &str) -> Option<ServerId> {
        self.by_key.get(key).copied()
    }

    pub(crate) fn is_merged(&self, merge: &str) -> bool {
        self.merges.contains_key(merge)
    }

    pub(crate) fn get(&self, id: ServerId) -> Option<&ServerRecord> {
        self.records.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ServerId) -> Option<&mut ServerRecord> {
        self.records.get_mut(&id)
    }

    /// Gives a transaction one input.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        timers: &Timers,
        id: ServerId,
        input: ServerInput,
        out: &mut Vec<ServerOutput>,
    ) {
        let Some(record) = self.records.remove(&id) else { return };
        match record.machine.handle(now, timers, input, out) {
            Some(machine) => {
                self.records.insert(id, ServerRecord { machine, ..record });
            }
            None => self.unlink(&record.key, record.merge.as_deref()),
        }
    }

    /// Forgets a transaction.
    pub(crate) fn forget(&mut self, id: ServerId) {
        if let Some(record) = self.records.remove(&id) {
            self.unlink(&record.key, record.merge.as_deref());
        }
    }

    /// Forgets a transaction, even one whose step never came back.
    pub(crate) fn bury(&mut self, id: ServerId) {
        self.forget(id);
        self.by_key.retain(|_, other| *other != id);
        self.merges.retain(|_, other| *other != id);
    }

    /// When the transaction wants `Deadline`; `None` also when there is none.
    pub(crate) fn deadline(&self, id: ServerId) -> Option<Instant> {
        self.records.get(&id)?.machine.deadline()
    }

    /// The transactions of one dialog, in order.
    pub(crate) fn of_dialog(&self, dialog: DialogId) -> Vec<ServerId> {
        let of = |(id, record): (&ServerId, &ServerRecord)| {
            (record.dialog == Some(dialog)).then_some(*id)
        };
        let mut ids: Vec<_> = self.records.iter().filter_map(of).collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Entries of the side tables beyond one a transaction.
    pub(crate) fn indexes(&self) -> usize {
        self.by_key.len() + self.merges.len()
    }

    fn unlink(&mut self, key: &str, merge: Option<&str>) {
        self.by_key.remove(key);
        if let Some(merge) = merge {
            self.merges.remove(merge);
        }
    }
}

impl ServerRecord {
    /// Whether this is an INVITE without a final response.
    pub(crate) fn is_pending_invite(&self) -> bool {
        matches!(&self.machine, Server::Invite(invite) if invite.is_pending())
    }

    /// Whether this is an INVITE whose refusal was sent.
    pub(crate) fn is_refused_invite(&self) -> bool {
        matches!(&self.machine, Server::Invite(invite) if invite.is_refused())
    }
}
