use std::collections::{HashMap, HashSet};

use crate::base::{DialogId, Instant};
use crate::sip::dialog::Dialog;

/// All dialogs, by id, by our tag and by connection.
#[derive(Clone, Debug)]
pub(crate) struct Dialogs {
    dialogs: HashMap<DialogId, Dialog, ahash::RandomState>,
    by_tag: HashMap<Box<str>, DialogId, ahash::RandomState>,
    by_connection: HashMap<u64, HashSet<DialogId, ahash::RandomState>, ahash::RandomState>,
    closing: usize,
}

impl Dialogs {
    pub(crate) fn new(hasher: ahash::RandomState) -> Self {
        Self {
            dialogs: HashMap::with_hasher(hasher.clone()),
            by_tag: HashMap::with_hasher(hasher.clone()),
            by_connection: HashMap::with_hasher(hasher),
            closing: 0,
        }
    }

    pub(crate) fn insert(&mut self, id: DialogId, dialog: Dialog) {
        self.by_tag.insert(Box::from(dialog.ends().local_tag.as_str()), id);
        self.link(id, dialog.ends().source.connection);
        self.closing += usize::from(dialog.is_closing());
        self.dialogs.insert(id, dialog);
    }

    pub(crate) fn get(&self, id: DialogId) -> Option<&Dialog> {
        self.dialogs.get(&id)
    }

    /// The dialog in which we have this tag.
    pub(crate) fn by_tag(&self, tag: &str) -> Option<(DialogId, &Dialog)> {
        let id = *self.by_tag.get(tag)?;
        Some((id, self.dialogs.get(&id)?))
    }

    /// Gives a dialog one step, and says when its next deadline is.
    pub(crate) fn step(
        &mut self,
        id: DialogId,
        step: impl FnOnce(Dialog) -> Option<Dialog>,
    ) -> Option<Instant> {
        let dialog = self.dialogs.remove(&id)?;
        let tag = dialog.ends().local_tag.clone();
        let (was_on, was_closing) = (dialog.ends().source.connection, dialog.is_closing());
        self.closing -= usize::from(was_closing);
        let Some(dialog) = step(dialog) else {
            self.by_tag.remove(tag.as_str());
            self.unlink(id, was_on);
            return None;
        };
        let is_on = dialog.ends().source.connection;
        if is_on != was_on {
            self.unlink(id, was_on);
            self.link(id, is_on);
        }
        self.closing += usize::from(dialog.is_closing());
        let deadline = dialog.deadline();
        self.dialogs.insert(id, dialog);
        deadline
    }

    /// Forgets a dialog, even one whose step never came back.
    pub(crate) fn bury(&mut self, id: DialogId) {
        if self.dialogs.contains_key(&id) {
            self.step(id, |_| None);
            return;
        }
        self.by_tag.retain(|_, other| *other != id);
        self.by_connection.retain(|_, ids| {
            ids.remove(&id);
            !ids.is_empty()
        });
        self.closing = self.dialogs.values().filter(|dialog| dialog.is_closing()).count();
    }

    /// The dialogs whose peer was last heard over a connection, in order.
    pub(crate) fn on(&self, connection: u64) -> Vec<DialogId> {
        let mut ids: Vec<_> =
            self.by_connection.get(&connection).into_iter().flatten().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// All dialogs, in order.
    pub(crate) fn ids(&self) -> Vec<DialogId> {
        let mut ids: Vec<_> = self.dialogs.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) fn len(&self) -> usize {
        self.dialogs.len()
    }

    /// How many of them the conductor has forgotten.
    pub(crate) fn closing(&self) -> usize {
        self.closing
    }

    /// Entries of the side tables.
    pub(crate) fn indexes(&self) -> usize {
        self.by_tag.len() + self.by_connection.len()
    }

    fn link(&mut self, id: DialogId, connection: Option<u64>) {
        if let Some(connection) = connection {
            self.by_connection.entry(connection).or_default().insert(id);
        }
    }

    fn unlink(&mut self, id: DialogId, connection: Option<u64>) {
        if let Some(connection) = connection
            && let Some(ids) = self.by_connection.get_mut(&connection)
        {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_connection.remove(&connection);
            }
        }
    }
}
