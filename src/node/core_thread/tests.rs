mod answers;
mod bench;
mod hanging;
mod losses;
