use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::base::{Instant, StreamId};
use crate::call::{Core, Scene, Sounding};
use crate::media::Tone;
use crate::sim::hold::hold;
use crate::sim::sound::{Heard, Plays, Sound};

/// A key that cuts a prompt is told to the core this much later at most; so long there is silence where
/// there should be none.
const HUSH: Duration = Duration::from_millis(100);
/// The longest silence of a flow, which waits for a key.
const THINKING: Duration = Duration::from_secs(10);
/// Whoever has hung up, or is gone, has no stream any more after this.
const GONE: Duration = Duration::from_secs(60);

/// Hears what everybody hears, and holds it against what the calls' states say that they should.
#[derive(Debug, Default)]
pub(crate) struct Ears {
    /// Since when the callers of these streams hear nothing.
    silent: BTreeMap<StreamId, Instant>,
    /// Since when nobody is at the other end of these streams.
    left: BTreeMap<StreamId, Instant>,
}

impl Ears {
    /// What must hold between steps. `is_there`: whether somebody is at the other end of a stream.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        core: &Core,
        sound: &Sound,
        is_there: impl Fn(StreamId) -> bool,
    ) -> Result<(), String> {
        let mut owned = BTreeSet::new();
        let (mut silent, mut recordings) = (BTreeSet::new(), 0);
        for sounding in core.soundings() {
            owned.extend(sounding.caller.into_iter().chain(sounding.far));
            recordings += usize::from(sounding.recording.is_some());
            let is_silent = check_one(&sounding, sound)?;
            if let (Some(stream), Some(bound)) = (sounding.caller, is_silent) {
                silent.insert(stream);
                let since = *self.silent.entry(stream).or_insert(now);
                let (owner, scene) = (sounding.owner, sounding.scene);
                hold!(
                    now.since(since) <= bound,
                    "the caller of {owner} ({scene:?}) hears nothing since {since}"
                );
            }
        }
        self.silent.retain(|stream, _| silent.contains(stream));
        hold!(
            recordings == sound.recordings(),
            "{} recordings run, {recordings} should",
            sound.recordings()
        );
        for stream in sound.streams() {
            hold!(owned.contains(&stream), "stream {stream} is open, and no call has it");
            if is_there(stream) {
                self.left.remove(&stream);
                continue;
            }
            let since = *self.left.entry(stream).or_insert(now);
            hold!(
                now.since(since) < GONE,
                "stream {stream} is open, its party hung up or is gone since {since}"
            );
        }
        self.left.retain(|stream, _| owned.contains(stream));
        Ok(())
    }
}

/// One call. `Some`: the caller hears nothing, which may be so for that long.
fn check_one(sounding: &Sounding, sound: &Sound) -> Result<Option<Duration>, String> {
    let Sounding { owner, caller, far, scene, recording } = *sounding;
    let hear = |stream: Option<StreamId>| match stream {
        None => Ok(None),
        Some(stream) => {
            let heard = sound.heard(stream);
            heard.map(Some).ok_or_else(|| format!("stream {stream} of {owner} is not open"))
        }
    };
    let (near, other) = (hear(caller)?, hear(far)?);
    if [near, other].into_iter().flatten().any(|heard| heard.failed) {
        return Ok(None);
    }
    let wrong = |who: &str, heard: Heard| format!("call {owner} {scene:?}: {who} hears {heard:?}");
    let mut joined = scene == Scene::Talks || scene == Scene::Dials { early: true };
    joined &= caller.is_some();
    for (who, heard, peer) in [("the caller", near, far), ("the far party", other, caller)] {
        let Some(heard) = heard else { continue };
        let with = if joined { peer } else { None };
        hold!(heard.bridged == with, "{}", wrong(who, heard));
        let may_echo = matches!(scene, Scene::Flow(None));
        hold!(!heard.echo || may_echo, "{}", wrong(who, heard));
    }
    if let Some(recording) = recording {
        let right = if scene == Scene::Records { None } else { far };
        let wanted = caller.map(|left| (left, right));
        let takes = sound.recorded(recording);
        hold!(takes == wanted, "call {owner}: recording {recording} takes {takes:?}");
    }
    if let Some(heard) = other {
        hold!(fits_far(scene, heard.plays), "{}", wrong("the far party", heard));
    }
    let Some(heard) = near else { return Ok(None) };
    let (fits, hush) = fits_caller(scene, heard);
    hold!(fits, "{}", wrong("the caller", heard));
    Ok(hush)
}

/// Whether the caller hears the right thing; and if it hears nothing, for how long it may.
fn fits_caller(scene: Scene, heard: Heard) -> (bool, Option<Duration>) {
    let is_silent = heard.plays == Plays::Nothing && !heard.echo;
    let ringing = Plays::Tone(Tone::Ringback);
    match scene {
        Scene::Flow(Some(wanted)) => match heard.plays {
            Plays::Prompts { play, .. } => (play == wanted, None),
            Plays::Nothing => (true, Some(HUSH)),
            Plays::Tone(_) => (false, None),
        },
        Scene::Flow(None) => {
            let is_prompt = matches!(heard.plays, Plays::Prompts { .. });
            (!is_prompt, is_silent.then_some(THINKING))
        }
        Scene::Waits => (!is_silent, None),
        Scene::Dials { early: false } => (heard.plays == ringing, None),
        Scene::Joins(wanted) => {
            let is_it = matches!(heard.plays, Plays::Prompts { play, .. } if Some(play) == wanted);
            (is_it, None)
        }
        Scene::Holds => (matches!(heard.plays, Plays::Prompts { repeat: true, .. }), None),
        Scene::Talks | Scene::Dials { early: true } | Scene::Beeps | Scene::Records => {
            (is_silent, None)
        }
        Scene::Ends | Scene::Idle => (false, None),
    }
}

/// Whether the far party hears the right thing beside the caller.
fn fits_far(scene: Scene, plays: Plays) -> bool {
    match scene {
        // Only a leg that is kept open hears anything before it is answered.
        Scene::Waits => plays == Plays::Tone(Tone::Ringback),
        Scene::Joins(wanted) => match plays {
            Plays::Prompts { play, .. } => Some(play) == wanted,
            Plays::Nothing => true,
            Plays::Tone(_) => false,
        },
        Scene::Dials { .. } | Scene::Talks | Scene::Holds | Scene::Idle => plays == Plays::Nothing,
        Scene::Flow(_) | Scene::Beeps | Scene::Records | Scene::Ends => false,
    }
}
