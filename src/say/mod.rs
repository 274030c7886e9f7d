//! How a value is said: a pure grammar from (value, kind, language) to the names of the recorded pieces
//! that say it, one after another. It knows no file: every name that it can give is in [`ids`], and a
//! test holds that each of them lies under `sounds/`. The pieces and the rules are in `docs/dialplan.md`.

mod kind;
mod language;
mod value;

mod clock;
mod digits;
mod english;
mod ids;
mod mandarin;
mod pieces;
mod spoken;

#[cfg(test)]
mod tests;

pub use ids::{ids, ids_of};
pub use kind::Kind;
pub use language::Language;
pub use pieces::PAUSE;
pub use spoken::{instead_of, pieces, say};
pub use value::{Unspeakable, Value};
