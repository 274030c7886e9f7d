use crate::base::Instant;
use crate::sip::dialog::{DialogInput, Wish};
use crate::sip::stack::inviting::Call;
use crate::sip::stack::{Command, Output, Stack};

impl Stack {
    /// The conductor wants something.
    pub(super) fn command(&mut self, now: Instant, command: Command, out: &mut Vec<Output>) {
        let (dialog, wish) = match command {
            Command::Invite { dialog, to, from, headers, sdp } => {
                return self.invite(now, dialog, Call { to, from, headers, sdp }, out);
            }
            Command::Message { id, to, from, text } => {
                return self.send_message(now, id, to, &from, &text, out);
            }
            Command::ReferProgress { dialog, status, last } => {
                (dialog, Wish::ReferProgress { status, last })
            }
            Command::Ring { dialog, status, sdp } => (dialog, Wish::Ring { status, sdp }),
            Command::Answer { dialog, sdp } => (dialog, Wish::Answer { sdp }),
            Command::Refuse { dialog, status, reason, retry_after } => {
                (dialog, Wish::End { status, reason, retry_after })
            }
            Command::Cancel { dialog, reason } | Command::Bye { dialog, reason } => {
                (dialog, Wish::End { status: 480, reason, retry_after: None })
            }
            Command::Hangup { dialog, reason, status } => {
                (dialog, Wish::End { status, reason, retry_after: None })
            }
            Command::Reinvite { dialog, sdp } => (dialog, Wish::Reinvite { sdp }),
            Command::Accept { dialog, sdp } => (dialog, Wish::Accept { sdp }),
            Command::Reject { dialog, status } => (dialog, Wish::Reject { status }),
            Command::Notify { dialog, event, state, body } => {
                (dialog, Wish::Notify { event, state, body })
            }
            Command::Info { dialog, content_type, body } => {
                (dialog, Wish::Info { content_type, body })
            }
            Command::Probe { dialog } => (dialog, Wish::Probe),
        };
        let dialog = self.hunts.inner(dialog);
        // A dialog that is over for the conductor has no wishes left.
        if self.dialogs.get(dialog).is_some_and(|dialog| !dialog.is_closing()) {
            self.dialog(now, dialog, DialogInput::Wish(wish), out);
        }
    }
}
