use std::time::Duration;

use hotline::peer::{Call, Window};

/// So many windows of 100 ms in a row are something that was heard.
const RUN: usize = 4;
/// A longer time without a packet is silence.
const GAP: Duration = Duration::from_millis(400);

/// What somebody heard, in order: `T` the tone of `hz`, `M` anything else that is loud, `-` silence
/// or no packets at all. Short passages between do not count.
pub(crate) fn story(call: &Call, hz: u16) -> String {
    let windows = call.hear().windows;
    let mut story = String::new();
    let mut run = (' ', 0);
    let mut hear = |what: char, windows: usize| {
        run = if run.0 == what { (what, run.1 + windows) } else { (what, windows) };
        if run.1 >= RUN && !story.ends_with(what) {
            story.push(what);
        }
    };
    let mut last: Option<&Window> = None;
    for window in &windows {
        if last.is_some_and(|last| window.at.saturating_duration_since(last.at) > GAP) {
            hear('-', RUN);
        }
        let what = match window {
            window if !window.is_loud() => '-',
            window if window.share(hz) > 0.6 => 'T',
            _ => 'M',
        };
        hear(what, 1);
        last = Some(window);
    }
    story
}
