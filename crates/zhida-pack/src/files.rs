//! The files of a pack, from a folder or from the program itself, and what can be wrong with them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;

/// The texts of a pack's files by their path inside the pack, with `/` between folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub BTreeMap<String, String>);

/// What is wrong with a pack: the file, and the place in it where that is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct PackFault {
    /// The file's path inside the pack.
    pub file: String,
    /// What is wrong and what to do, with line and column where a file could not be read.
    pub message: String,
}

impl PackFault {
    pub(crate) fn new(file: &str, message: impl ToString) -> Self {
        Self { file: file.to_owned(), message: message.to_string() }
    }
}

impl Files {
    /// Reads every `.toml` and `.ftl` file below a folder.
    ///
    /// # Errors
    /// [`PackFault`] for a folder or file that cannot be read.
    pub fn from_folder(root: &Path) -> Result<Self, PackFault> {
        let mut files = Self::default();
        files.read(root, "")?;
        Ok(files)
    }

    fn read(&mut self, folder: &Path, prefix: &str) -> Result<(), PackFault> {
        let fault = |e: std::io::Error| PackFault::new(&format!("{}{}", prefix, folder.display()), e);
        for entry in std::fs::read_dir(folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let inner = format!("{prefix}{name}");
            if path.is_dir() {
                self.read(&path, &format!("{inner}/"))?;
            } else if path.extension().is_some_and(|e| e == "toml" || e == "ftl") {
                let text = std::fs::read_to_string(&path).map_err(|e| PackFault::new(&inner, e))?;
                self.0.insert(inner, text);
            }
        }
        Ok(())
    }

    pub(crate) fn text(&self, path: &str) -> Result<&str, PackFault> {
        self.0.get(path).map(String::as_str).ok_or_else(|| PackFault::new(path, "the pack needs this file"))
    }

    pub(crate) fn texts<T: FromIterator<(String, String)>>(&self) -> T {
        let all = self.below("texts/", ".ftl").into_iter();
        all.filter_map(|(tag, path)| self.0.get(&path).map(|t| (tag, t.clone()))).collect()
    }

    pub(crate) fn toml<T: DeserializeOwned>(&self, path: &str) -> Result<T, PackFault> {
        toml::from_str(self.text(path)?).map_err(|e| PackFault::new(path, e))
    }

    /// The files of a folder with an ending: their name without it, and their path.
    pub(crate) fn below(&self, folder: &str, ending: &str) -> Vec<(String, String)> {
        self.0
            .keys()
            .filter_map(|path| {
                let name = path.strip_prefix(folder)?.strip_suffix(ending)?;
                Some((name.to_owned(), path.clone()))
            })
            .collect()
    }
}
