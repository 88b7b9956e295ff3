//! The fields of a party's profile: their types, code lists, labels and how sensitive they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The language of labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// 简体中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// `zh` or `en`: the key of a text that is kept in both.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The tag of RFC 5646.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// A name in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Label {
    /// The name in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// One entry of a code list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeItem {
    /// The code that rules and files use.
    pub code: String,
    /// What people read.
    pub label: Label,
    /// Other ways in which files write it.
    pub aliases: Vec<String>,
}

impl CodeItem {
    /// What texts call it: its Chinese name and the other ways of writing it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.label.zh)
            .chain(&self.aliases)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A whole number.
    Int,
    /// A number.
    Double,
    /// Yes or no.
    Bool,
    /// Free text.
    Text,
    /// A region code, compared by prefix.
    Region,
    /// A day.
    Date,
    /// One of a list; `ordered` lists can be compared with `<`.
    Code {
        /// The list.
        codes: Vec<CodeItem>,
        /// Whether the order of the list means something.
        ordered: bool,
    },
    /// Several of a list.
    Set {
        /// The list.
        codes: Vec<CodeItem>,
    },
}

impl FieldKind {
    /// The code list, where the type has one.
    pub fn codes(&self) -> &[CodeItem] {
        match self {
            Self::Code { codes, .. } | Self::Set { codes } => codes,
            _ => &[],
        }
    }

    /// The type as a profile file writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Double => "double",
            Self::Bool => "bool",
            Self::Text => "string",
            Self::Region => "region",
            Self::Date => "date",
            Self::Code { .. } => "code",
            Self::Set { .. } => "set<code>",
        }
    }
}

/// How a field follows from a date and the evaluation day, so that it moves by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Derive {
    /// Full years since the date field.
    Years(String),
    /// Full months since the date field.
    Months(String),
    /// The code of the public classification that the text field means, where that is sure enough.
    Classify(String),
    /// The first code whose rule holds (code, rule); unknown where one before it cannot be said. Rules may name fields that
    /// are decided before this one.
    Decide(Vec<(String, String)>),
}

/// A field of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name that rules use.
    pub name: String,
    /// Its type.
    pub kind: FieldKind,
    /// What people read.
    pub label: Label,
    /// The unit of a number, in both languages.
    pub unit: Option<Label>,
    /// Whether the value is sensitive personal information.
    pub sensitive: bool,
    /// What a sensitive value may be used for.
    pub purpose: Option<Label>,
    /// Whether a party can do nothing about the value, so that no other value is ever proposed.
    pub fixed: bool,
    /// Computed from a date instead of stored.
    pub derive: Option<Derive>,
    /// Headers under which files carry it.
    pub headers: Vec<String>,
    /// Where the bands of a number begin when people are counted by it, ascending.
    pub bands: Vec<i64>,
    /// The public classification whose codes a text field holds, for instance `occupation`.
    pub classification: Option<String>,
}

impl Field {
    /// Whether the value follows from others and is never asked for.
    pub fn follows(&self) -> bool {
        matches!(self.derive, Some(Derive::Years(_) | Derive::Months(_) | Derive::Decide(_)))
    }
}

/// The index of a field in its profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub usize);

/// A party's profile: its fields in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    fields: Vec<Field>,
    by_name: BTreeMap<String, FieldId>,
}

/// What is wrong with a profile file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileFault {
    /// Not TOML, or an entry of the wrong shape.
    #[error("{0}")]
    Toml(String),
    /// A type that does not exist.
    #[error(
        "field `{field}`: there is no type `{kind}`; use int, double, bool, string, code, date, region or set<code>"
    )]
    UnknownType {
        /// The field.
        field: String,
        /// What the file says.
        kind: String,
    },
    /// Codes with rules beside codes without, or rules of a set.
    #[error("field `{field}`: `when` stands with every code of a `code` field or with none")]
    SomeRules {
        /// The field.
        field: String,
    },
    /// A code or set field without a list.
    #[error("field `{field}`: type `{kind}` needs `codes`")]
    NoCodes {
        /// The field.
        field: String,
        /// Its type.
        kind: String,
    },
    /// The same code twice.
    #[error("field `{field}`: the code `{code}` stands there twice")]
    DoubleCode {
        /// The field.
        field: String,
        /// The code.
        code: String,
    },
    /// A list that does not fit in sixteen bits.
    #[error("field `{field}`: more than 65,000 codes")]
    TooManyCodes {
        /// The field.
        field: String,
    },
    /// A derived field whose source is no date.
    #[error("field `{field}`: `{from}` is not a field of this profile of the type that is needed")]
    DeriveFrom {
        /// The field.
        field: String,
        /// The source that it names.
        from: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    fields: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFile {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    codes: Vec<CodeFile>,
    #[serde(default)]
    ordered: bool,
    label: Option<Label>,
    unit: Option<UnitFile>,
    #[serde(default)]
    sensitive: bool,
    purpose: Option<Label>,
    #[serde(default)]
    fixed: bool,
    years_since: Option<String>,
    months_since: Option<String>,
    classify: Option<String>,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    bands: Vec<i64>,
    classification: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UnitFile {
    Plain(String),
    Both(Label),
}

#[derive(Deserialize)]
#[serde(untagged)]
#[serde(
    expecting = "a code is a word in quotes, or { code = \"…\", zh = \"…\", en = \"…\", aliases = [\"…\"] }"
)]
enum CodeFile {
    Plain(String),
    Full {
        code: String,
        zh: String,
        en: String,
        #[serde(default)]
        aliases: Vec<String>,
        when: Option<String>,
    },
}

impl Profile {
    /// Reads a profile file (`[fields.NAME]` with `type`, `codes`, `ordered`, `label`, `unit`, `sensitive`, …).
    ///
    /// # Errors
    /// [`ProfileFault`], with the field where it is known.
    pub fn from_toml(text: &str) -> Result<Self, ProfileFault> {
        let file: ProfileFile = toml::from_str(text).map_err(|e| ProfileFault::Toml(e.to_string()))?;
        let mut profile = Self::default();
        for (name, value) in file.fields {
            let field: FieldFile =
                value.try_into().map_err(|e| ProfileFault::Toml(format!("field `{name}`: {e}")))?;
            let field = field.into_field(name)?;
            profile.by_name.insert(field.name.clone(), FieldId(profile.fields.len()));
            profile.fields.push(field);
        }
        for field in &profile.fields {
            let (from, wanted) = match &field.derive {
                Some(Derive::Years(from) | Derive::Months(from)) => (from, FieldKind::Date),
                Some(Derive::Classify(from)) => (from, FieldKind::Text),
                Some(Derive::Decide(_)) | None => continue,
            };
            if profile.named(from).map(|f| &f.kind) != Some(&wanted) {
                return Err(ProfileFault::DeriveFrom { field: field.name.clone(), from: from.clone() });
            }
        }
        Ok(profile)
    }

    /// These fields and those of another profile. A field that both have must be of the same type and codes; what else is
    /// said of it is taken from here.
    ///
    /// # Errors
    /// The name of a field that the two hold for different things.
    pub fn and(mut self, other: &Self) -> Result<Self, String> {
        for field in &other.fields {
            match self.named(&field.name) {
                Some(own) if own.kind == field.kind && own.derive == field.derive => {}
                Some(_) => return Err(field.name.clone()),
                None => {
                    self.by_name.insert(field.name.clone(), FieldId(self.fields.len()));
                    self.fields.push(field.clone());
                }
            }
        }
        Ok(self)
    }

    /// The fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// A field by its index.
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.get(id.0)
    }

    /// A field's index by its name.
    pub fn find(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// A field by its name.
    pub fn named(&self, name: &str) -> Option<&Field> {
        self.find(name).and_then(|id| self.field(id))
    }
}

impl FieldFile {
    fn into_field(self, name: String) -> Result<Field, ProfileFault> {
        let rules: Vec<(String, String)> = self.codes.iter().filter_map(CodeFile::rule).collect();
        let codes: Vec<CodeItem> = self.codes.into_iter().map(CodeFile::into_item).collect();
        if !rules.is_empty() && (rules.len() != codes.len() || self.kind != "code") {
            return Err(ProfileFault::SomeRules { field: name });
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(double) = codes.iter().find(|c| !seen.insert(c.code.as_str())) {
            return Err(ProfileFault::DoubleCode { field: name, code: double.code.clone() });
        }
        if codes.len() > 65_000 {
            return Err(ProfileFault::TooManyCodes { field: name });
        }
        let no_codes = codes.is_empty();
        let kind = match self.kind.as_str() {
            "int" => FieldKind::Int,
            "double" => FieldKind::Double,
            "bool" => FieldKind::Bool,
            "string" => FieldKind::Text,
            "region" => FieldKind::Region,
            "date" => FieldKind::Date,
            "code" | "set<code>" if no_codes => {
                return Err(ProfileFault::NoCodes { field: name, kind: self.kind });
            }
            "code" => FieldKind::Code { codes, ordered: self.ordered },
            "set<code>" => FieldKind::Set { codes },
            _ => return Err(ProfileFault::UnknownType { field: name, kind: self.kind }),
        };
        Ok(Field {
            label: self.label.unwrap_or_else(|| Label { zh: name.clone(), en: name.clone() }),
            unit: self.unit.map(|unit| match unit {
                UnitFile::Plain(text) => Label { zh: text.clone(), en: text },
                UnitFile::Both(label) => label,
            }),
            sensitive: self.sensitive,
            purpose: self.purpose,
            fixed: self.fixed,
            derive: (self.years_since.map(Derive::Years))
                .or(self.months_since.map(Derive::Months))
                .or(self.classify.map(Derive::Classify))
                .or((!rules.is_empty()).then_some(Derive::Decide(rules))),
            headers: self.headers,
            bands: self.bands,
            classification: self.classification,
            name,
            kind,
        })
    }
}

impl CodeFile {
    fn rule(&self) -> Option<(String, String)> {
        match self {
            Self::Full { code, when: Some(when), .. } => Some((code.clone(), when.clone())),
            _ => None,
        }
    }

    fn into_item(self) -> CodeItem {
        match self {
            Self::Plain(code) => {
                CodeItem { label: Label { zh: code.clone(), en: code.clone() }, code, aliases: Vec::new() }
            }
            Self::Full { code, zh, en, aliases, when: _ } => {
                CodeItem { code, label: Label { zh, en }, aliases }
            }
        }
    }
}
