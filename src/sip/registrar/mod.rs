//! The registrar (RFC 3261 §10): where the accounts' phones are.

mod binding;

pub use binding::Binding;
