use std::sync::Arc;

use crate::dialplan::read::{Fields, Reading};
use crate::dialplan::yaml::{Tree, Word};

use super::{
    Branch, Bridge, ByCalendar, Collect, DialNode, EchoNode, Edge, Hangup, Menu, Play, Queue, Rate,
    Say, ToneNode, Transfer, Voicemail,
};

/// One node of a flow.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    /// The line of its name.
    pub(crate) line: u64,
    pub(crate) kind: Kind,
}

/// What a node does.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    Play(Play),
    Say(Say),
    Menu(Box<Menu>),
    Collect(Box<Collect>),
    Branch(Branch),
    Calendar(ByCalendar),
    Queue(Box<Queue>),
    Bridge(Box<Bridge>),
    Dial(Box<DialNode>),
    Rate(Rate),
    Voicemail(Box<Voicemail>),
    Transfer(Box<Transfer>),
    Echo(EchoNode),
    Tone(ToneNode),
    Hangup(Hangup),
    /// It could not be read; its fault is noted and the flow is never published.
    Broken,
}

/// All values of `do`.
const KINDS: [&str; 15] = [
    "play",
    "say",
    "menu",
    "collect",
    "branch",
    "calendar",
    "queue",
    "bridge",
    "dial",
    "rate",
    "voicemail",
    "transfer",
    "echo",
    "tone",
    "hangup",
];
/// Values of `do` that later versions of the engine will know.
const LATER: [&str; 2] = ["http", "callback"];

impl Node {
    /// Reads the node called `word`; what is wrong is noted.
    pub(crate) fn read(reading: &mut Reading<'_>, word: &Word, tree: &Tree) -> Self {
        let path = format!("nodes.{}", word.text);
        let fields = Fields::of(&mut reading.report, &path, word.line, tree);
        let kind = fields.map_or(Kind::Broken, |fields| Kind::read(reading, fields));
        if kind == Kind::Broken {
            reading.torn = true;
        }
        Self { name: Arc::from(word.text.as_str()), line: word.line, kind }
    }
}

impl Kind {
    fn read(reading: &mut Reading<'_>, mut fields: Fields<'_>) -> Self {
        let why = format!("what the node does, one of {}", KINDS.join(", "));
        let Some(word) = fields.need_text(&mut reading.report, "do", &why) else {
            return Self::Broken;
        };
        let f = &mut fields;
        let kind = match word.text.as_str() {
            "play" => Self::Play(Play::read(reading, f)),
            "say" => Self::Say(Say::read(reading, f)),
            "menu" => Self::Menu(Box::new(Menu::read(reading, f))),
            "collect" => Self::Collect(Box::new(Collect::read(reading, f))),
            "branch" => Self::Branch(Branch::read(reading, f)),
            "calendar" => match ByCalendar::read(reading, f) {
                Some(node) => Self::Calendar(node),
                None => Self::Broken,
            },
            "queue" => Self::Queue(Box::new(Queue::read(reading, f))),
            "bridge" => Self::Bridge(Box::new(Bridge::read(reading, f))),
            "dial" => Self::Dial(Box::new(DialNode::read(reading, f))),
            "rate" => Self::Rate(Rate::read(reading, f)),
            "voicemail" => Self::Voicemail(Box::new(Voicemail::read(reading, f))),
            "transfer" => Self::Transfer(Box::new(Transfer::read(reading, f))),
            "echo" => Self::Echo(EchoNode::read(reading, f)),
            "tone" => Self::Tone(ToneNode::read(reading, f)),
            "hangup" => Self::Hangup(Hangup::read(reading, f)),
            other => {
                let what = if LATER.contains(&other) {
                    format!("node kind `{other}` does not exist yet in this version")
                } else {
                    format!("there is no node kind `{other}`; kinds are {}", KINDS.join(", "))
                };
                reading.fault(word.line, fields.path_of("do"), what);
                return Self::Broken;
            }
        };
        fields.finish(&mut reading.report);
        kind
    }

    /// Whether a key that was typed ahead is still meant for this node or one after it.
    pub(crate) const fn passes_typed_keys(&self) -> bool {
        matches!(
            self,
            Self::Play(_)
                | Self::Say(_)
                | Self::Menu(_)
                | Self::Collect(_)
                | Self::Branch(_)
                | Self::Calendar(_)
        )
    }

    /// All ways out, `on_error` apart.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        match self {
            Self::Play(node) => vec![Edge::itself("next", node.next)],
            Self::Say(node) => vec![Edge::itself("next", node.next)],
            Self::Menu(node) => node.edges(),
            Self::Collect(node) => {
                vec![Edge::person("ok", node.ok), Edge::itself("fail", node.fail)]
            }
            Self::Branch(node) => node.edges(),
            Self::Calendar(node) => node.edges(),
            Self::Queue(node) => node.edges(),
            Self::Bridge(node) => node.edges(),
            Self::Dial(node) => node.edges(),
            Self::Rate(node) => vec![Edge::itself("next", node.next)],
            Self::Voicemail(node) => vec![Edge::itself("next", node.next)],
            Self::Transfer(node) => {
                vec![Edge::person("ok", node.ok), Edge::itself("fail", node.fail)]
            }
            Self::Echo(node) => vec![Edge::itself("next", node.next)],
            Self::Tone(node) => vec![Edge::itself("next", node.next)],
            Self::Hangup(_) | Self::Broken => Vec::new(),
        }
    }
}
