use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder of flows of a test's own: those that are shipped, and `tests/dialplans`.
pub struct Flows {
    folder: TempDir,
}

impl Flows {
    /// Copies them.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("fcg")).expect("a folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for from in ["dialplans/fcg", "tests/dialplans/fcg"] {
            for file in fs::read_dir(root.join(from)).expect("the flows are there") {
                let file = file.expect("a file").path();
                let name = file.file_name().expect("a name");
                fs::copy(&file, folder.path().join("fcg").join(name)).expect("a copy");
            }
        }
        Self { folder }
    }

    /// One of the flows' files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("fcg").join(format!("{name}.flow.yaml"))
    }

    /// A configuration that uses them.
    pub fn put_into(&self, config: &str) -> String {
        let folder = format!("dialplans = \"{}\"", self.folder.path().display());
        config.replace("dialplans = \"dialplans\"", &folder)
    }
}
