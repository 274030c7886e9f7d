//! The REST door: what an outside ticket system and people's tools use (E1, E2).

mod door;
pub use door::{Door, Reload};
mod router;
pub use reload::Reloaded;
pub use router::router;
mod commands;
pub use commands::{Asked, Commands};
mod events;
pub use events::Events;
mod health;
pub use health::{AlarmView, Health};
mod live;
pub use live::Live;
mod metrics;
pub use metrics::Metrics;

mod pace;
mod shared;

mod guard;
mod guesses;
mod headers;
mod limits;
mod requests;
mod tokens;

mod chunks;
mod fields;
mod in_path;
mod json_body;
mod list;
mod moment;
mod names;
mod problem;
mod problem_kind;
mod span_query;

mod agent_commands;
mod agent_events;
mod agents;
mod audio;
mod calls;
mod calls_csv;
mod calls_live;
mod calls_query;
mod event_body;
mod event_page;
mod event_stream;
mod figures;
mod gauges;
mod health_view;
mod queues;
mod range;
mod recordings;
mod registrations;
mod reload;
mod scrape;
mod sound;
mod table;
mod trunks;
mod voicemail;

mod html;
mod openapi;
mod operation;
mod page;
mod schema;

#[cfg(test)]
mod tests;
