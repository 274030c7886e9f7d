//! The door from outside: a whole router over a fake core and a real store.
