//! A kind of file that a pack can take in: its columns, and the rules that refuse a row.

use serde::Deserialize;
use zhida_rules::{Label, Profile};

use crate::files::{Files, PackFault};

/// What the rows of a file become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Makes {
    /// Parties on the register.
    Party,
    /// Offers of a programme.
    Offer,
    /// Visits that were made, with what was found.
    Visit,
    /// Places of the pack's network.
    Place,
}

/// A kind of file that the pack can take in.
#[derive(Clone, Debug)]
pub struct ImportKind {
    /// The code.
    pub code: String,
    /// What people call it.
    pub title: Label,
    /// What the rows become.
    pub makes: Makes,
    /// The programme of the offers, for [`Makes::Offer`].
    pub programme: Option<String>,
    /// What the data may be used for.
    pub purpose: Label,
    /// The columns of the program's own, not of the profile.
    pub columns: Vec<ImportColumn>,
    /// The profile fields that the file may carry.
    pub fields: Vec<String>,
    /// The profile fields without which a row is refused.
    pub required: Vec<String>,
    /// Rules that refuse a row for which they hold.
    pub refuse: Vec<Refusal>,
}

/// A rule that refuses rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The condition on the person of the row.
    pub when: String,
    /// The reason that goes back with the row.
    pub label: Label,
}

/// A column that a file may carry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportColumn {
    /// What it means to the program.
    #[serde(default)]
    pub target: String,
    /// What people call it.
    pub label: Label,
    /// Headers under which files carry it.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Whether a row without it is refused.
    #[serde(default)]
    pub required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportFile {
    title: Label,
    makes: Makes,
    programme: Option<String>,
    purpose: Label,
    columns: toml::Table,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    refuse: Vec<Refusal>,
}

/// Reads the file of a kind of file.
pub(crate) fn read(
    files: &Files,
    code: String,
    path: &str,
    profile: &Profile,
) -> Result<ImportKind, PackFault> {
    let file: ImportFile = files.toml(path)?;
    if let Some(field) = file.fields.iter().chain(&file.required).find(|f| profile.find(f).is_none()) {
        return Err(PackFault::new(path, format!("there is no field `{field}` in profile.toml")));
    }
    let mut columns = Vec::new();
    for (target, value) in file.columns {
        let column: ImportColumn =
            value.try_into().map_err(|e| PackFault::new(path, format!("`{target}`: {e}")))?;
        columns.push(ImportColumn { target, ..column });
    }
    if file.makes == Makes::Offer && file.programme.is_none() {
        return Err(PackFault::new(path, "`makes = \"offer\"` needs `programme`"));
    }
    let (title, makes, programme, purpose) = (file.title, file.makes, file.programme, file.purpose);
    let (fields, required, refuse) = (file.fields, file.required, file.refuse);
    Ok(ImportKind { code, title, makes, programme, purpose, columns, fields, required, refuse })
}
