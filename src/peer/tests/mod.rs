//! Everything over loopback, against itself.

mod demo;
mod fleet;
mod phones;
mod registrar;
