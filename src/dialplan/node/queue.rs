use std::sync::Arc;
use std::time::Duration;

use crate::base::QueueId;
use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};
use crate::dialplan::yaml::Tree;
use crate::say::Kind;

use super::Edge;

/// The most steps of `overflow`.
const MAX_OVERFLOW: usize = 16;

/// Waits for an agent.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Queue {
    pub(crate) queue: QueueId,
    pub(crate) priority: i32,
    pub(crate) announce: Announce,
    /// By rising time.
    pub(crate) overflow: Vec<Overflow>,
    /// Always a `bridge` node.
    pub(crate) answered: Exit,
    pub(crate) full: Exit,
    pub(crate) nobody: Exit,
}

/// What a waiting caller hears.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Announce {
    /// Whether the place in the queue is told on entry.
    pub(crate) position: bool,
    /// How often it is told again; none: never.
    pub(crate) every: Option<Duration>,
    /// None: a ringback tone.
    pub(crate) music: Option<Arc<str>>,
}

/// What happens after a time of waiting.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Overflow {
    pub(crate) after: Duration,
    pub(crate) to: OverflowTo,
}

/// Where a caller goes who has waited long.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum OverflowTo {
    /// To another queue, with place and clock.
    Queue(QueueId),
    /// Out of the queue.
    Node(Exit),
}

impl Queue {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let queue = read_queue(reading, fields, "queue");
        let priority = fields.number(&mut reading.report, "priority", -100..=100, 0);
        let announce = Announce::read(reading, fields);
        let overflow = read_overflow(reading, fields);
        let answered = fields.need_exit(reading, "answered", "the `bridge` node of this queue");
        let full = fields.need_exit(reading, "full", "where to go when the queue is full");
        let nobody =
            fields.need_exit(reading, "nobody", "where to go when nobody serves the queue");
        fields.later(&mut reading.report, &["skills", "sticky"]);
        let priority = i32::try_from(priority).unwrap_or(0);
        Self { queue, priority, announce, overflow, answered, full, nobody }
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = vec![
            Edge::person("answered", self.answered),
            Edge::itself("full", self.full),
            Edge::itself("nobody", self.nobody),
        ];
        for overflow in &self.overflow {
            if let OverflowTo::Node(exit) = overflow.to {
                edges.push(Edge::itself("overflow.goto", exit));
            }
        }
        edges
    }
}

fn read_queue(reading: &mut Reading<'_>, fields: &mut Fields<'_>, name: &'static str) -> QueueId {
    let key = fields.path_of(name);
    let word = if name == "queue" {
        fields.need_text(&mut reading.report, name, "the queue's id")
    } else {
        fields.text(&mut reading.report, name)
    };
    let Some(word) = word else { return QueueId::new("") };
    reading.expect_queue(word.line, &key, &word.text);
    QueueId::new(&word.text)
}

impl Announce {
    fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let Some((line, tree)) = fields.take("announce") else { return Self::default() };
        let path = fields.path_of("announce");
        let Some(mut inner) = Fields::of(&mut reading.report, &path, line, tree) else {
            return Self::default();
        };
        let position = inner.flag(&mut reading.report, "position", false);
        if position {
            let key = inner.path_of("position");
            reading.expect_pieces(line, &key, Kind::Ahead);
        }
        let every_line = inner.line_of("every");
        let range = Duration::from_secs(10)..=Duration::from_secs(600);
        let every = inner.duration(&mut reading.report, "every", range);
        if every.is_some() && !position {
            let what = "repeats nothing: `position` is not true";
            reading.fault(every_line, inner.path_of("every"), what);
        }
        let music = inner.text(&mut reading.report, "music").map(|word| {
            let key = inner.path_of("music");
            reading.expect_music(word.line, &key, &word.text);
            Arc::from(word.text.as_str())
        });
        inner.later(&mut reading.report, &["ewt"]);
        inner.finish(&mut reading.report);
        Self { position, every, music }
    }
}

fn read_overflow(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Vec<Overflow> {
    let path = fields.path_of("overflow");
    let Some((line, items)) = fields.list(&mut reading.report, "overflow", MAX_OVERFLOW) else {
        return Vec::new();
    };
    if items.is_empty() {
        reading.fault(line, &path, "is empty");
    }
    let mut steps: Vec<Overflow> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let left_before = steps.iter().any(|step| matches!(step.to, OverflowTo::Node(_)));
        let Some(step) = read_one_overflow(reading, &path, item) else { continue };
        if left_before {
            reading.fault(item.line, &path, "is never reached: the caller has left by `goto`");
        } else if steps.last().is_some_and(|last| last.after >= step.after) {
            let what = "must be later than the one before it";
            reading.fault(item.line, format!("{path}.after"), what);
        }
        steps.push(step);
    }
    steps
}

fn read_one_overflow(reading: &mut Reading<'_>, path: &str, item: &Tree) -> Option<Overflow> {
    let mut inner = Fields::of(&mut reading.report, path, item.line, item)?;
    let range = Duration::from_secs(1)..=Duration::from_secs(7_200);
    let why = "the wait after which this happens, such as `60s`";
    let after = inner.need_duration(&mut reading.report, "after", range, why);
    let queue_line = inner.line_of("goto_queue");
    let queue = (queue_line > 0).then(|| read_queue(reading, &mut inner, "goto_queue"));
    if queue.is_none() {
        inner.text(&mut reading.report, "goto_queue");
    }
    let exit = inner.exit(reading, "goto");
    let offered = inner.line_of("offer") > 0;
    inner.later(&mut reading.report, &["offer"]);
    inner.finish(&mut reading.report);
    if offered {
        return None;
    }
    let to = match (queue, exit) {
        (Some(queue), None) => OverflowTo::Queue(queue),
        (None, Some(exit)) => OverflowTo::Node(exit),
        _ => {
            let what = "must have exactly one of `goto_queue` and `goto`";
            reading.fault(item.line, path, what);
            return None;
        }
    };
    Some(Overflow { after, to })
}
