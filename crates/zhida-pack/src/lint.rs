//! What a pack's rules should not be: rules that nobody can enter, that repeat each other, that use a sensitive field
//! without a purpose, or that ask what the law does not allow.

use serde::Deserialize;
use zhida_rules::{At, Label, Profile, RuleSet, Table};

use crate::files::{Files, PackFault};
use crate::pack::Pack;

/// A condition that is not allowed, and the clause that says so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prohibition {
    /// The kinds of offers to whose conditions it applies.
    pub offers: Vec<String>,
    /// The field that is asked for.
    pub field: String,
    /// Which use of it.
    pub how: Use,
    /// Why, in a sentence.
    pub because: Label,
    /// The clause.
    pub clause: Label,
}

/// A use of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Any at all.
    Any,
    /// An upper limit of a number; for yes or no, that it must be *no*.
    UpperLimit,
}

/// Something to look at: not wrong in itself, but hardly meant, or not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {code}: {text}")]
pub struct Note {
    /// The file.
    pub file: String,
    /// The kind: stable, so that it can be looked up.
    pub code: &'static str,
    /// What it is, with the place.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProhibitionsFile {
    prohibitions: Vec<Prohibition>,
}

pub(crate) fn read(files: &Files, profile: &Profile) -> Result<Vec<Prohibition>, PackFault> {
    const FILE: &str = "prohibitions.toml";
    if !files.0.contains_key(FILE) {
        return Ok(Vec::new());
    }
    let file: ProhibitionsFile = files.toml(FILE)?;
    match file.prohibitions.iter().find(|p| profile.find(&p.field).is_none()) {
        Some(p) => Err(PackFault::new(FILE, format!("there is no field `{}` in profile.toml", p.field))),
        None => Ok(file.prohibitions),
    }
}

impl Pack {
    /// The prohibitions that a condition of an offer runs into. A condition that does not pass the type check runs into
    /// none.
    pub fn forbidden(&self, offer_kind: &str, rule: &str, at: &At) -> Vec<&Prohibition> {
        let Ok(set) = RuleSet::compile(&self.profile, &self.params, at, [("rule", rule)]) else {
            return Vec::new();
        };
        let looks = set.looks(0);
        let hits = |p: &&Prohibition| {
            let field = self.profile.find(&p.field);
            p.offers.iter().any(|kind| kind == offer_kind)
                && looks.iter().any(|l| {
                    Some(l.field) == field
                        && match p.how {
                            Use::Any => true,
                            Use::UpperLimit => l.shuts_out_high,
                        }
                })
        };
        self.prohibitions.iter().filter(hits).collect()
    }

    /// Looks over every rule of the pack, with the parties on file if there are any. The rules must have passed
    /// [`Pack::check`].
    pub fn lint(&self, at: &At, table: Option<&Table>) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |file: &str, code: &'static str, text: String| {
            notes.push(Note { file: file.to_owned(), code, text });
        };
        let whens = self.programmes.iter().map(|p| (p.code.as_str(), p.when.as_str()));
        if let Ok(set) = RuleSet::compile(&self.profile, &self.params, at, whens) {
            for (earlier, later) in set.twins() {
                if let (Some(a), Some(b)) = (self.programmes.get(earlier), self.programmes.get(later)) {
                    note(&b.file(), "repeats", format!("`when` asks the same as programme `{}`", a.code));
                }
            }
            let counts = table.map(|t| set.on(t).counts()).unwrap_or_default();
            for (programme, c) in self.programmes.iter().zip(counts) {
                if c.truth + c.unknown == 0 && c.falsity > 0 {
                    let text = format!("none of the {} parties on file could enter", c.falsity);
                    note(&programme.file(), "nobody", text);
                }
            }
        }
        for (name, text, path) in self.rules() {
            let Ok(set) = RuleSet::compile(&self.profile, &self.params, at, [(name.as_str(), text)]) else {
                continue;
            };
            for finding in set.findings() {
                note(&path, "settled", finding.to_string());
            }
            let looked = set.looks(0).into_iter().filter_map(|l| self.profile.field(l.field));
            for field in looked.filter(|f| f.sensitive && f.purpose.is_none()) {
                let text = format!(
                    "`{name}` uses `{}`, which is sensitive and has no `purpose` in profile.toml (PIPL art. 28: \
                     sensitive information needs a stated purpose)",
                    field.name
                );
                note(&path, "purpose", text);
            }
        }
        for programme in &self.programmes {
            let Some(offer) = &programme.offer else { continue };
            for p in self.forbidden(&offer.code, &programme.when, at) {
                note(&programme.file(), "forbidden", format!("`when`: {} ({})", p.because.en, p.clause.en));
            }
        }
        notes
    }

    /// Every rule of the pack: its name, its text, its file.
    fn rules(&self) -> Vec<(String, &str, String)> {
        let mut out = Vec::new();
        if let Some(version) = self.tiers.last() {
            for tier in &version.tiers {
                out.push((
                    format!("{}/{}", version.code, tier.code),
                    tier.when.as_str(),
                    "tiers.toml".to_owned(),
                ));
            }
        }
        for programme in &self.programmes {
            let path = programme.file();
            // A file of measures has many clauses: which one stands with its rule.
            let name = |rule: &str| match &programme.gives {
                Some(_) => format!("{}/{rule}", programme.code),
                None => rule.to_owned(),
            };
            out.push((name("when"), programme.when.as_str(), path.clone()));
            let terms = programme
                .terms
                .iter()
                .filter_map(|t| Some((name(&t.name), t.when.as_deref()?, path.clone())));
            out.extend(terms);
        }
        out
    }
}
