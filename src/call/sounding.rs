use crate::base::{CallId, RecordingId, StreamId};
use crate::call::core::Core;
use crate::call::leg::Leg;
use crate::call::machine::Call;
use crate::call::open_leg::LegState;
use crate::call::phase::{MessageState, Phase};
use crate::media::PlayId;

/// What the open streams of a call, or of a leg that an agent's phone keeps open, should be doing now
/// by the state alone. The simulator holds it against what its media were told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sounding {
    pub(crate) owner: CallId,
    /// The caller's stream, once it is open.
    pub(crate) caller: Option<StreamId>,
    /// The far party's stream, once it is open.
    pub(crate) far: Option<StreamId>,
    pub(crate) scene: Scene,
    /// What is being recorded.
    pub(crate) recording: Option<RecordingId>,
}

/// Who should hear what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scene {
    /// The caller is alone with the flow and hears this, when its end matters to the flow.
    Flow(Option<PlayId>),
    /// The caller waits with music or an announcement; an open leg that is rung hears that.
    Waits,
    /// A party outside is called: the caller hears a tone, or the party's early media.
    Dials { early: bool },
    /// Both hear the same announcement, not yet each other.
    Joins(Option<PlayId>),
    /// Both hear each other and nothing else.
    Talks,
    /// The caller hears music, the far party nothing.
    Holds,
    /// The caller hears the beep.
    Beeps,
    /// The caller speaks to nobody, and hears nothing.
    Records,
    /// Nobody is left.
    Ends,
    /// An agent's open leg, and no caller is there: nothing is heard.
    Idle,
}

impl Core {
    /// What is to be heard now, of every call and of every open leg that no call has.
    pub(crate) fn soundings(&self) -> impl Iterator<Item = Sounding> {
        let calls = self.calls.iter();
        let calls = calls.filter_map(|(id, entry)| Some(of_call(*id, entry.call.as_ref()?)));
        let legs = self.world.open_legs.iter().filter_map(|(id, leg)| match &leg.state {
            LegState::Idle { leg, .. } | LegState::Calling { leg, .. } => Some(Sounding {
                owner: *id,
                caller: None,
                far: open(leg),
                scene: Scene::Idle,
                recording: None,
            }),
            LegState::Lent { .. } | LegState::Lost { .. } => None,
        });
        calls.chain(legs)
    }
}

fn of_call(owner: CallId, call: &Call) -> Sounding {
    let caller = call.caller.as_ref().and_then(open);
    let (scene, far, recording) = match &call.phase {
        Phase::Flow => (Scene::Flow(call.playing), None, None),
        Phase::Waiting(_) => (Scene::Waits, None, None),
        Phase::Offered(_, ringing) => (Scene::Waits, open(&ringing.leg), None),
        Phase::Dialling(dialling) => {
            (Scene::Dials { early: dialling.early }, open(&dialling.leg), None)
        }
        Phase::Joining(talk) => (Scene::Joins(talk.before), open(&talk.leg), talk.recording),
        Phase::Talking(talk) => {
            let scene = if talk.hold.is_some() { Scene::Holds } else { Scene::Talks };
            (scene, open(&talk.leg), talk.recording)
        }
        Phase::Message(message) => match message.state {
            MessageState::Beep { .. } => (Scene::Beeps, None, None),
            MessageState::Recording { recording, .. } => (Scene::Records, None, Some(recording)),
        },
        Phase::Ending(_) => (Scene::Ends, None, None),
    };
    Sounding { owner, caller, far, scene, recording }
}

fn open(leg: &Leg) -> Option<StreamId> {
    leg.stream.is_open().then(|| leg.stream.id())
}
