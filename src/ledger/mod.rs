//! Figures from stored facts only: A7's conservation and the day's KPI. Pure functions over rows, and
//! the questions that fetch the rows.

mod conservation;
mod day;
mod figures;

#[cfg(test)]
mod tests;

pub use conservation::{Conservation, Outcome};
pub use day::{Day, DayFigures, day_figures};
pub use figures::{Figures, FiguresSettings, Share, Window};
