use crate::base::DialogId;
use crate::sip::dialog::Reply;
use crate::sip::stack::asked::Asked;
use crate::sip::stack::{Peer, Stack};
use crate::sip::wire::Replaces;

impl Stack {
    /// The dialog, closing ones included, that a Replaces names (RFC 3891 §3): its `to_tag` is ours.
    pub(super) fn replaced(&self, replaces: &Replaces) -> Option<DialogId> {
        let (id, dialog) = self.dialogs.by_tag(&replaces.to_tag)?;
        let ends = dialog.ends();
        let is_it = ends.call_id == replaces.call_id
            && match ends.remote_tag.as_deref() {
                Some(tag) => tag == replaces.from_tag.as_str(),
                None => replaces.from_tag == "0",
            };
        is_it.then_some(id)
    }

    /// The dialog whose place a new INVITE takes, or how it is refused. Only an account may have one,
    /// and only an account's dialog can be replaced.
    pub(super) fn replaced_by_invite(
        &self,
        asked: &Asked,
        peer: &Peer,
    ) -> Result<Option<DialogId>, Reply> {
        let headers = &asked.request.headers;
        let replaces = headers.replaces().map_err(|_| Reply::new(400))?;
        let Some(replaces) = replaces else { return Ok(None) };
        if headers.other("Join").is_some() {
            return Err(Reply::new(400));
        }
        if matches!(peer, Peer::Trunk(_)) {
            return Err(Reply::new(403));
        }
        let unknown = Reply::new(481);
        let id = self.replaced(&replaces).ok_or_else(|| unknown.clone())?;
        match self.dialogs.get(id) {
            Some(dialog) if matches!(dialog.peer(), Peer::Trunk(_)) => Err(unknown),
            Some(dialog) if dialog.is_closing() => Err(Reply::new(603)),
            Some(dialog) if dialog.is_up() && replaces.is_early_only => Err(Reply::new(486)),
            // An early one can only be replaced by who began it.
            Some(dialog) if dialog.is_up() || dialog.is_calling() => Ok(Some(self.hunts.outer(id))),
            _ => Err(unknown),
        }
    }
}
