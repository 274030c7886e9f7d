/// The piece that is silence, between the groups of a telephone number. It is no file: the engine
/// makes it.
pub const PAUSE: &str = "pause";

/// A sentence in the making.
#[derive(Default, Debug)]
pub(crate) struct Pieces(pub(crate) Vec<String>);

impl Pieces {
    /// Adds a piece by its whole name.
    pub(crate) fn push(&mut self, id: &str) {
        self.0.push(id.to_owned());
    }

    /// Adds the `n`th of a series, such as `num/17`.
    pub(crate) fn nth(&mut self, series: &str, n: u64) {
        self.0.push(format!("{series}/{n}"));
    }

    /// Whether nothing is said yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
