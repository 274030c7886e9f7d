use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong in a file that the operator wrote.
///
/// The text names the key, the value met and what is allowed; text is made where it is found, because
/// its only reader is a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// The file, as it was named by the operator.
    pub file: PathBuf,
    /// The line, from 1; 0 when the fault belongs to no line.
    pub line: u64,
    /// The key or node at fault, such as `media.rtp_ports` or `nodes.main_menu.timeout`.
    pub key: String,
    /// What is wrong and what is allowed.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// All faults of one reading, so that the operator mends them in one go. Never empty when returned
/// as an error.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
