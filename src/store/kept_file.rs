use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::disk::sync_dir;

/// One small value kept in one file, such as the registrations, the clock pair or the nonce key.
///
/// It is replaced as a whole (temporary file, `fsync`, rename, `fsync` of the directory), so a crash
/// leaves the old value or the new one. Only the owner may read it (mode 0600).
#[derive(Debug)]
pub struct KeptFile<T> {
    path: PathBuf,
    value: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> KeptFile<T> {
    /// The value kept at `path`, whose folder must exist.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, value: PhantomData }
    }

    /// Where it is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the value; `None` when it was never saved.
    ///
    /// # Errors
    /// The file cannot be read, or (`InvalidData`, which names the file and place) is no such value.
    pub fn load(&self) -> io::Result<Option<T>> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|e| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: {e}", self.path.display()))
        })
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// The new file could not be written in full; the old value is still there.
    pub fn save(&self, value: &T) -> io::Result<()> {
        let bytes = serde_json::to_vec(value).map_err(io::Error::other)?;
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let new = self.path.with_file_name(name);
        let mut file = open_private(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, &self.path)?;
        match self.path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => sync_dir(dir),
            _ => sync_dir(Path::new(".")),
        }
    }
}

/// A fresh file that only its owner may read; a left-over of a crash, whatever its mode, goes first.
fn open_private(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_value_is_kept_privately_and_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let kept: KeptFile<Vec<u32>> = KeptFile::new(dir.path().join("registrations.json"));
        assert_eq!(kept.load().unwrap(), None);
        kept.save(&vec![1, 2]).unwrap();
        fs::write(dir.path().join("registrations.json.new"), b"half a val").unwrap();
        assert_eq!(kept.load().unwrap(), Some(vec![1, 2]));
        kept.save(&vec![3]).unwrap();
        assert_eq!(kept.load().unwrap(), Some(vec![3]));
        let mode = fs::metadata(kept.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!dir.path().join("registrations.json.new").exists());
    }

    #[test]
    fn a_file_that_is_no_such_value_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let kept: KeptFile<Vec<u32>> = KeptFile::new(dir.path().join("clock.json"));
        fs::write(kept.path(), b"{").unwrap();
        let error = kept.load().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().contains("clock.json"));
    }
}
