//! The registrar (RFC 3261 §10): where the accounts' phones are.

mod binding;
mod bindings;
mod homes;
mod wish;

pub use binding::Binding;
pub(crate) use bindings::Registrar;
use homes::Homes;
pub(crate) use wish::{Nat, NotRegistered, Registering, Wish};
