/// Fails with a sentence unless the condition holds.
macro_rules! hold {
    ($holds:expr, $($sentence:tt)*) => {
        if !$holds {
            return Err(format!($($sentence)*));
        }
    };
}
pub(crate) use hold;
