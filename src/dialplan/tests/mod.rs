//! The room's tests: faults as tables, walks as stories, the shipped flows, the reference page.

mod faults;
mod faults_whole;
mod page;
mod random;
mod shipped;
mod stories;
mod stories_people;
mod world;
