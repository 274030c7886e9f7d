use crate::base::DialogId;
use crate::sip::dialog::{Reference, Replaced, Reply};
use crate::sip::stack::asked::Asked;
use crate::sip::stack::{Peer, Stack};
use crate::sip::wire::{Name, NameAddr, Replaces, Scheme, Text, Uri};

impl Stack {
    /// What a REFER inside a dialog asks for (RFC 3515 §2.4.2), or how it is refused. No refusal is
    /// one that would end the dialog (RFC 5057 §5.1).
    pub(super) fn reference(&self, id: DialogId, asked: &Asked) -> Result<Reference, Reply> {
        let peer = self.dialogs.get(id).map(|dialog| dialog.peer()).ok_or(Reply::new(481))?;
        if let Peer::Trunk(trunk) = peer
            && !self.net.trunk(trunk).is_some_and(|trunk| trunk.may_refer)
        {
            return Err(Reply::new(403));
        }
        let mut uri = only(asked, Name::ReferTo)?.ok_or(Reply::new(400))?.uri;
        let is_call = uri.params.get("method").is_none_or(|method| method == "INVITE");
        if matches!(uri.scheme, Scheme::Other(_)) || !is_call {
            return Err(Reply::new(603));
        }
        let by = self.referrer(peer, asked)?;
        let mut embedded = uri.embedded("Replaces");
        let replaces = match (embedded.next(), embedded.next()) {
            (None, _) => Replaced::Nothing,
            (Some(value), None) => {
                let replaces = Replaces::parse(&value).ok_or(Reply::new(400))?;
                self.replaced_by_reference(id, &replaces)
            }
            (Some(_), Some(_)) => return Err(Reply::new(400)),
        };
        drop(embedded);
        uri.headers = None;
        uri.params.remove("method");
        let refer_sub = asked.request.headers.text(&Name::ReferSub);
        let is_told = refer_sub.is_none_or(|value| {
            let value = value.split(';').next().unwrap_or("");
            !value.trim().eq_ignore_ascii_case("false")
        });
        Ok(Reference { to: Box::new(uri), replaces, by, is_told })
    }

    /// Who refers. A trunk says it (RFC 3892), an account is who it has proved to be (R11).
    fn referrer(&self, peer: &Peer, asked: &Asked) -> Result<Text, Reply> {
        let said = only(asked, Name::ReferredBy)?;
        let uri = match peer {
            Peer::Trunk(_) => said.map_or_else(|| asked.from.uri.clone(), |said| said.uri),
            Peer::Account(id) => {
                let user = self.net.account(id).map(|account| account.user.as_str());
                Uri::sip(user, &self.net.settings.realm, None)
            }
        };
        Ok(Text::from(uri.to_string()))
    }

    /// The dialog that a Replaces in a Refer-To names: another of the same peer's, so that nobody
    /// can take a call that is not his. It may be one that the peer has begun and we have not answered
    /// yet (an early completion): no INVITE to us will ask for it, so RFC 3891 has no say in that.
    fn replaced_by_reference(&self, id: DialogId, replaces: &Replaces) -> Replaced {
        let peer = |id| self.dialogs.get(id).map(|dialog| dialog.peer());
        let found = self.replaced(replaces).filter(|found| {
            *found != id
                && peer(*found) == peer(id)
                && self.dialogs.get(*found).is_some_and(|found| {
                    !(found.is_closing() || replaces.is_early_only && found.is_up())
                })
        });
        found.map_or(Replaced::Unknown, |found| Replaced::Dialog(self.hunts.outer(found)))
    }
}

/// A header that holds one address; 400 when there are two or it cannot be read. It has its own
/// memory.
fn only(asked: &Asked, name: Name) -> Result<Option<NameAddr>, Reply> {
    let mut lines = asked.request.headers.all(name);
    let Some(value) = lines.next() else { return Ok(None) };
    match (lines.next(), NameAddr::parse(&value.detached())) {
        (None, Ok(address)) => Ok(Some(address)),
        _ => Err(Reply::new(400)),
    }
}
