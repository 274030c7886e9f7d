//! The door from outside: a whole router over a fake core and a real store.

mod house;

mod access;
mod audio;
mod description;
mod events;
mod hostile;
mod live;
mod records;
mod stream;
