//! The registrar (RFC 3261 §10): where the accounts' phones are.

mod binding;
mod bindings;
mod wish;

pub use binding::Binding;
pub(crate) use bindings::Registrar;
pub(crate) use wish::{NotRegistered, Registering, Wish};
