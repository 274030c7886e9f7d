use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;

use crate::peer::audio::{Heard, Source, Window};
use crate::peer::phone::CallView;
use crate::peer::phone::line::Line;
use crate::peer::phone::thread::Command;
use crate::peer::pump::LegId;
use crate::peer::sdp::Direction;
use crate::peer::ua::{CallKey, Caller, EndedBy, ReferTo};
use crate::peer::world;

/// A tone is heard when it has this share of the energy …
const TONE_SHARE: f32 = 0.6;
/// … in so many windows of 100 ms in a row.
const TONE_WINDOWS: usize = 3;
/// How often a leg is asked while waiting for something to be heard.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// Length of a key press in ms.
const KEY_MS: u16 = 120;
/// How long a re-INVITE may take.
const CHANGE_LIMIT: Duration = Duration::from_secs(8);
/// How long the last report of an ended call may take.
const REPORT_LIMIT: Duration = Duration::from_secs(2);

/// Why a wait was in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    /// The time was up.
    #[error("nothing happened in the time given")]
    TimeUp,
    /// The call ended before.
    #[error("the call ended before: {0:?}")]
    Ended(EndedBy),
}

/// A call of a phone. Dropping the handle does not end the call.
#[derive(Debug, Clone)]
pub struct Call {
    call: CallKey,
    line: Arc<Line>,
}

impl Call {
    pub(crate) fn new(call: CallKey, line: Arc<Line>) -> Self {
        Self { call, line }
    }

    /// Everything known about it now.
    pub fn view(&self) -> CallView {
        self.line.board.read(|notes| notes.calls.get(&self.call).cloned().unwrap_or_default())
    }

    /// Who calls, for a call that came in.
    pub fn caller(&self) -> Caller {
        self.view().caller.unwrap_or_default()
    }

    fn wait<T>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&CallView) -> Option<T>,
    ) -> Result<T, WaitError> {
        let found = self.line.board.wait(limit, |notes| {
            let view = notes.calls.get(&self.call)?;
            match look(view) {
                Some(found) => Some(Ok(found)),
                None => view.ended.map(|(by, _)| Err(WaitError::Ended(by))),
            }
        });
        found.unwrap_or(Err(WaitError::TimeUp))
    }

    /// Waits for 200 (a caller) or for the ACK (a callee).
    pub fn wait_answer(&self, limit: Duration) -> Result<(), WaitError> {
        self.wait(limit, |view| {
            let at = if view.caller.is_some() { view.confirmed } else { view.answered };
            at.map(|_| ())
        })
    }

    /// Waits for a provisional response above 100; returns the first one's status.
    pub fn wait_progress(&self, limit: Duration) -> Result<u16, WaitError> {
        self.wait(limit, |view| view.progress.first().map(|(status, _)| *status))
    }

    /// Waits until the call is over.
    pub fn wait_end(&self, limit: Duration) -> Option<EndedBy> {
        match self.wait(limit, |_| None::<()>) {
            Err(WaitError::Ended(by)) => Some(by),
            _ => None,
        }
    }

    /// Waits for a change of the session by the other side: the `count`th, from 1.
    pub fn wait_reinvited(&self, count: usize, limit: Duration) -> Result<Direction, WaitError> {
        self.wait(limit, |view| view.reinvited.get(count.checked_sub(1)?).copied())
    }

    /// Has been answered and has not ended.
    pub fn is_up(&self) -> bool {
        let view = self.view();
        view.answered.is_some() && view.ended.is_none()
    }

    /// Answers a call that came in.
    pub fn answer(&self) {
        self.line.tell(Command::Answer(self.call));
    }

    /// Refuses a call that came in.
    pub fn refuse(&self, status: u16) {
        self.line.tell(Command::Refuse(self.call, status));
    }

    /// Hangs up, cancels or refuses, whatever is right now.
    pub fn hang_up(&self) {
        self.line.tell(Command::HangUp(self.call));
    }

    /// Holds by a re-INVITE with `sendonly`; `true` when it was accepted.
    pub fn hold(&self) -> bool {
        self.redirect(Direction::SendOnly)
    }

    /// Ends the hold; `true` when it was accepted.
    pub fn retrieve(&self) -> bool {
        self.redirect(Direction::SendRecv)
    }

    /// re-INVITE with another direction; `true` when it was accepted.
    pub fn redirect(&self, direction: Direction) -> bool {
        let before = self.view().changes.len();
        self.line.tell(Command::Reinvite(self.call, direction));
        let status = self.wait(CHANGE_LIMIT, |view| view.changes.get(before).copied());
        status.is_ok_and(|status| status < 300)
    }

    /// REFER: the other side shall call this URI instead of talking to us. Returns the final
    /// response, 202 as a rule; 0 when none came in time.
    pub fn refer(&self, uri: &str) -> u16 {
        self.refer_to(ReferTo::Uri(uri.to_owned()), true)
    }

    /// The same without wanting to hear how it goes (`Refer-Sub: false`).
    pub fn refer_silently(&self, uri: &str) -> u16 {
        self.refer_to(ReferTo::Uri(uri.to_owned()), false)
    }

    /// REFER with Replaces: both others shall talk, in the place of us (the end of a consultation).
    /// The other call must be of the same phone.
    pub fn refer_into(&self, other: &Self) -> u16 {
        self.refer_to(ReferTo::Call(other.call), true)
    }

    fn refer_to(&self, to: ReferTo, tell: bool) -> u16 {
        let before = self.view().referred.len();
        self.line.tell(Command::Refer(self.call, to, tell));
        self.wait(CHANGE_LIMIT, |view| view.referred.get(before).copied()).unwrap_or(0)
    }

    /// Waits until a REFER of this call is over (from 1: the `count`th); returns the last status told.
    pub fn wait_refer_end(&self, count: usize, limit: Duration) -> Result<u16, WaitError> {
        self.wait(limit, |view| {
            let mut ends = view.refer_progress.iter().filter(|(_, over)| *over);
            ends.nth(count.checked_sub(1)?).map(|(status, _)| *status)
        })
    }

    /// The value of a Replaces header that names this call at its other side, for the INVITE of
    /// another phone (`Phone::call_with`); `None` before it has a dialog.
    pub fn replaces(&self) -> Option<String> {
        let (reply, answer) = bounded(1);
        self.line.tell(Command::Replaces(self.call, reply));
        answer.recv_timeout(CHANGE_LIMIT).ok().flatten()
    }

    /// Sends an INFO.
    pub fn send_info(&self, content_type: &str, body: &str) {
        self.line.tell(Command::Info(self.call, content_type.to_owned(), body.to_owned()));
    }

    fn leg(&self) -> Option<LegId> {
        self.view().leg
    }

    /// Changes what is said.
    pub fn say(&self, source: Source) {
        if let Some(leg) = self.leg() {
            self.line.pump.say(leg, source);
        }
    }

    /// Presses keys as RFC 4733 events, 120 ms each.
    pub fn press(&self, keys: &str) {
        if let Some(leg) = self.leg() {
            self.line.pump.press(leg, keys, KEY_MS);
        }
    }

    /// Presses keys as tones in the audio; what was said before does not come back by itself.
    pub fn press_in_band(&self, keys: &str) {
        self.say(Source::in_band_keys(keys));
    }

    /// Waits until all keys have gone out.
    pub fn wait_pressed(&self, limit: Duration) -> bool {
        self.wait_heard(limit, |_, pressed| pressed)
    }

    /// What was heard so far, or at all when the call is over.
    pub fn hear(&self) -> Heard {
        self.heard_so_far().0
    }

    /// The report so far, whether all keys are out, whether the call is over.
    fn heard_so_far(&self) -> (Heard, bool, bool) {
        let view = self.view();
        if view.ended.is_none() {
            let Some(leg) = view.leg else { return (Heard::default(), false, false) };
            if let Some((heard, pressed)) = self.line.pump.ask(leg) {
                return (heard, pressed, false);
            }
        }
        // The leg has just gone: its last report is on the way to the board.
        let last = self.line.board.wait(REPORT_LIMIT, |notes| {
            notes.calls.get(&self.call).and_then(|view| view.heard.clone())
        });
        (last.unwrap_or_default(), true, true)
    }

    /// Hears a tone of `hz` for 300 ms, beginning from now, before the limit: at least 60 % of
    /// the energy lies on it.
    pub fn hears_tone(&self, hz: u16, within: Duration) -> bool {
        if let Some(leg) = self.leg() {
            self.line.pump.listen(leg, hz);
        }
        self.wait_windows(within, |window| window.is_loud() && window.share(hz) >= TONE_SHARE)
    }

    /// Hears anything louder than -45 dBm0 for 300 ms from now on.
    pub fn hears_sound(&self, within: Duration) -> bool {
        self.wait_windows(within, Window::is_loud)
    }

    /// Hears packets with nothing in them for 300 ms from now on.
    pub fn hears_silence(&self, within: Duration) -> bool {
        self.wait_windows(within, |window| !window.is_loud())
    }

    /// Waits until these keys were heard, in this order and none else.
    pub fn hears_keys(&self, keys: &str, within: Duration) -> bool {
        self.wait_heard(within, |heard, _| heard.keys == keys)
    }

    fn wait_windows(&self, within: Duration, good: impl Fn(&Window) -> bool) -> bool {
        // A window that began before now does not count.
        let from = world::now() + Duration::from_millis(100);
        self.wait_heard(within, |heard, _| longest_run(&heard.windows, from, &good) >= TONE_WINDOWS)
    }

    fn wait_heard(&self, within: Duration, good: impl Fn(&Heard, bool) -> bool) -> bool {
        let end = world::now() + within;
        loop {
            let (heard, pressed, over) = self.heard_so_far();
            if good(&heard, pressed) {
                return true;
            }
            let now = world::now();
            if now >= end || over {
                return false;
            }
            world::sleep_until((now + LOOK_EVERY).min(end));
        }
    }
}

fn longest_run(windows: &[Window], from: Instant, good: impl Fn(&Window) -> bool) -> usize {
    let (mut run, mut longest) = (0, 0);
    for window in windows.iter().filter(|window| window.at >= from) {
        run = if good(window) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
