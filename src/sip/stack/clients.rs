use std::collections::{HashMap, HashSet};

use crate::base::{DialogId, Instant, TrunkId};
use crate::sip::stack::{Flow, Peer, Timers, Way};
use crate::sip::txn::{Client, ClientId, ClientInput, ClientInvite, ClientOther, ClientOutput};
use crate::sip::wire::{Method, Request};

/// All client transactions.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    records: HashMap<ClientId, ClientRecord, ahash::RandomState>,
    by_way: HashMap<Way, HashSet<ClientId, ahash::RandomState>, ahash::RandomState>,
}

/// A client transaction, with whom it serves.
#[derive(Clone, Debug)]
pub(crate) struct ClientRecord {
    machine: Client,
    way: Way,
    /// Who wants the outcome.
    pub(crate) owner: Owner,
    /// The request's method.
    pub(crate) method: Method,
    /// Of an INVITE: what its ACKs and its CANCEL are made from.
    pub(crate) invite: Option<Box<Invite>>,
}

/// An INVITE of ours, kept for its ACKs and its CANCEL. It has no body.
#[derive(Clone, Debug)]
pub(crate) struct Invite {
    pub(crate) flow: Flow,
    pub(crate) request: Request,
    pub(crate) peer: Peer,
}

/// A request that begins a client transaction.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    /// The name that its Via carries.
    pub(crate) id: ClientId,
    pub(crate) flow: Flow,
    pub(crate) request: Request,
    pub(crate) owner: Owner,
    /// Whom an INVITE calls.
    pub(crate) peer: Option<&'a Peer>,
}

/// Who wants the outcome of a client transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// A dialog.
    Dialog(DialogId),
    /// A trunk's keep-alive.
    Trunk(TrunkId),
    /// Whoever sent a message.
    Message(u64),
    /// Nobody (CANCEL, the BYE of a fork).
    Nobody,
}

impl Clients {
    pub(crate) fn new(hasher: ahash::RandomState) -> Self {
        Self { records: HashMap::with_hasher(hasher.clone()), by_way: HashMap::with_hasher(hasher) }
    }

    /// Sends a request.
    pub(crate) fn start(
        &mut self,
        now: Instant,
        timers: &Timers,
        start: Start<'_>,
        out: &mut Vec<ClientOutput>,
    ) {
        let Start { id, flow, mut request, owner, peer } = start;
        let mut bytes = Vec::with_capacity(1_024);
        request.write(&mut bytes);
        let method = request.method.clone();
        let (machine, invite) = if method == Method::Invite {
            request.body = bytes::Bytes::new();
            let invite = peer.map(|peer| Box::new(Invite { flow, request, peer: peer.clone() }));
            (Client::Invite(ClientInvite::new(now, timers, flow, bytes.into(), out)), invite)
        } else {
            (Client::Other(ClientOther::new(now, timers, flow, bytes.into(), out)), None)
        };
        let way = Way::of(&flow);
        self.by_way.entry(way).or_default().insert(id);
        self.records.insert(id, ClientRecord { machine, way, owner, method, invite });
    }

    pub(crate) fn get(&self, id: ClientId) -> Option<&ClientRecord> {
        self.records.get(&id)
    }

    /// Whether nothing at all has come for a request yet.
    pub(crate) fn is_unheard(&self, id: ClientId) -> bool {
        self.records.get(&id).is_some_and(|record| record.machine.is_unheard())
    }

    /// Gives a transaction one input.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        timers: &Timers,
        id: ClientId,
        input: ClientInput<'_>,
        out: &mut Vec<ClientOutput>,
    ) {
        let Some(record) = self.records.remove(&id) else { return };
        match record.machine.handle(now, timers, input, out) {
            Some(machine) => {
                self.records.insert(id, ClientRecord { machine, ..record });
            }
            None => self.unlink(id, record.way),
        }
    }

    /// Forgets a transaction.
    pub(crate) fn forget(&mut self, id: ClientId) {
        if let Some(record) = self.records.remove(&id) {
            self.unlink(id, record.way);
        }
    }

    /// Forgets a transaction, even one whose step never came back.
    pub(crate) fn bury(&mut self, id: ClientId) {
        self.forget(id);
        self.by_way.retain(|_, ids| {
            ids.remove(&id);
            !ids.is_empty()
        });
    }

    /// When the transaction wants `Deadline`; `None` also when there is none.
    pub(crate) fn deadline(&self, id: ClientId) -> Option<Instant> {
        self.records.get(&id)?.machine.deadline()
    }

    /// Whose outcome is lost when a way is.
    pub(crate) fn on(&self, way: &Way) -> Vec<ClientId> {
        let mut ids: Vec<_> = self.by_way.get(way).into_iter().flatten().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// The transactions of one dialog, in order.
    pub(crate) fn of_dialog(&self, dialog: DialogId) -> Vec<ClientId> {
        let owner = Owner::Dialog(dialog);
        let of = |(id, record): (&ClientId, &ClientRecord)| (record.owner == owner).then_some(*id);
        let mut ids: Vec<_> = self.records.iter().filter_map(of).collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Ways that something is under way on.
    pub(crate) fn ways(&self) -> usize {
        self.by_way.len()
    }

    fn unlink(&mut self, id: ClientId, way: Way) {
        if let Some(ids) = self.by_way.get_mut(&way) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_way.remove(&way);
            }
        }
    }
}
