//! Calls of the operating system that the standard library does not offer. All `unsafe` code of the
//! project is here.
