//! Digits → caller: what a telephone number met in China is, and its one normal form.

mod caller;
pub use caller::{Home, Kind, Number, read};

mod clean;
mod plan;

#[cfg(test)]
mod tests;
