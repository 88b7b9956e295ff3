//! A set of persons: by text, by fields of the profile, by tier, always inside the region of the one who asks.

use zhida_pack::Pack;
use zhida_rules::{At, Bitmap, Cell, Faults, FieldKind, Lang, RuleSet};
use zhida_types::RegionCode;

use super::snapshot::{Snapshot, in_region};
use crate::app::App;
use crate::problem::Problem;

/// One field and the value (or band) that it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The field's name, or `tier`.
    pub field: String,
    /// A code, `yes`/`no`, a region, the beginning of a band, or `-` for missing.
    pub value: String,
}

/// What persons must have in common; it stands in the address: `?q=王&f=sex:female&f=age:45&rule=…`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Filter {
    /// The kind of party; empty for the first service's.
    #[serde(default)]
    pub kind: String,
    /// A part of the name, or the end of the identity number or phone.
    #[serde(default)]
    pub q: String,
    /// Conditions as `field:value`; what a form sends for "all" is dropped.
    #[serde(default, deserialize_with = "chosen")]
    pub f: Vec<String>,
    /// A rule in CEL over the profile.
    #[serde(default)]
    pub rule: String,
}

fn chosen<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let all = <Vec<String> as serde::Deserialize>::deserialize(from)?;
    Ok(all.into_iter().filter(|f| !f.is_empty()).collect())
}

impl Filter {
    /// The conditions that can be read.
    pub fn conditions(&self) -> Vec<Condition> {
        let split = |text: &String| {
            text.split_once(':').map(|(f, v)| Condition { field: f.to_owned(), value: v.to_owned() })
        };
        self.f.iter().filter_map(split).collect()
    }

    /// The filter as a query, without the leading `?`.
    pub fn query(&self) -> String {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        if !self.kind.is_empty() {
            pairs.push(("kind", &self.kind));
        }
        if !self.q.is_empty() {
            pairs.push(("q", &self.q));
        }
        pairs.extend(self.f.iter().map(|f| ("f", f.as_str())));
        if !self.rule.is_empty() {
            pairs.push(("rule", &self.rule));
        }
        serde_html_form::to_string(pairs).unwrap_or_default()
    }

    /// The same filter without one condition.
    #[must_use]
    pub fn without(&self, condition: &Condition) -> Self {
        let drop = format!("{}:{}", condition.field, condition.value);
        Self { f: self.f.iter().filter(|f| **f != drop).cloned().collect(), ..self.clone() }
    }

    /// The same filter with one condition more.
    #[must_use]
    pub fn with(&self, field: &str, value: &str) -> Self {
        let mut narrowed = self.clone();
        let add = format!("{field}:{value}");
        if !narrowed.f.contains(&add) {
            narrowed.f.push(add);
        }
        narrowed
    }

    /// The rows that pass.
    ///
    /// # Errors
    /// A rule that cannot be read: with its place and a caret.
    pub fn rows(&self, snapshot: &Snapshot, region: &RegionCode) -> Result<Bitmap, Problem> {
        let mut rows = Bitmap::zeros(snapshot.people.len());
        let needle = self.q.trim().to_uppercase();
        for (at, person) in snapshot.people.iter().enumerate() {
            let text = needle.is_empty()
                || person.name.contains(&needle)
                || (needle.len() >= 4
                    && (person.identity_mask.ends_with(&needle) || person.phone_mask.ends_with(&needle)));
            if text && in_region(&person.town, region) {
                rows.set(at, true);
            }
        }
        for condition in self.conditions() {
            rows = rows.and(&Self::holds(snapshot, &condition));
        }
        if !self.rule.trim().is_empty() {
            let at = At { day: snapshot.day.epoch(), region: region.to_string() };
            let register = &snapshot.register;
            let set =
                RuleSet::compile(&register.profile, &register.params, &at, [("rule", self.rule.as_str())]);
            let set = set.map_err(|Faults(faults)| {
                let text = faults.first().map_or_else(String::new, ToString::to_string);
                Problem::field("rule", "fault-rule", text)
            })?;
            if let Some(verdicts) = set.evaluate(&snapshot.table).first() {
                rows = rows.and(&verdicts.truth);
            }
        }
        Ok(rows)
    }

    fn holds(snapshot: &Snapshot, condition: &Condition) -> Bitmap {
        let mut rows = Bitmap::zeros(snapshot.people.len());
        if condition.field == "tier" {
            for (at, person) in snapshot.people.iter().enumerate() {
                rows.set(at, person.tier.as_deref().unwrap_or("-") == condition.value);
            }
            return rows;
        }
        let Some(id) = snapshot.register.profile.find(&condition.field) else { return rows };
        for at in 0..snapshot.people.len() {
            let cell = snapshot.table.cell(at, id);
            rows.set(at, buckets(&snapshot.register, &condition.field, &cell).contains(&condition.value));
        }
        rows
    }
}

/// The groups of a field in which a value counts: `-` for missing, the band of a number, every code of a set.
pub(crate) fn buckets(register: &Pack, field: &str, cell: &Cell) -> Vec<String> {
    match cell {
        Cell::Missing => vec!["-".to_owned()],
        Cell::Code(code) => vec![code.clone()],
        Cell::Text(text) => vec![text.clone()],
        Cell::Bool(b) => vec![if *b { "yes" } else { "no" }.to_owned()],
        Cell::Set(codes) if codes.is_empty() => vec!["-".to_owned()],
        Cell::Set(codes) => codes.clone(),
        Cell::Int(n) => {
            let bands = register.profile.named(field).map(|f| f.bands.as_slice()).unwrap_or_default();
            vec![bands.iter().rfind(|from| **from <= *n).map_or_else(|| "<".to_owned(), ToString::to_string)]
        }
        Cell::Double(x) => vec![x.to_string()],
        Cell::Date(d) => vec![zhida_types::Day::from_epoch(*d).map_or_else(String::new, |d| d.to_string())],
    }
}

/// The groups of a field in order, with their names.
pub(crate) fn groups(
    app: &App,
    register: &Pack,
    county: &str,
    field: &str,
    lang: Lang,
) -> Vec<(String, String)> {
    let word = |key: &str| app.texts.get(lang, key, &[]);
    let missing = ("-".to_owned(), word("not-known"));
    let mut groups: Vec<(String, String)> = if field == "tier" {
        let tiers = register.tiers.iter().rev().flat_map(|v| &v.tiers);
        let mut seen = Vec::new();
        for tier in tiers {
            let entry = (tier.code.clone(), tier.label.get(lang).to_owned());
            if !seen.contains(&entry) {
                seen.push(entry);
            }
        }
        seen
    } else {
        let Some(field) = register.profile.named(field) else { return Vec::new() };
        match &field.kind {
            FieldKind::Code { codes, .. } | FieldKind::Set { codes } => {
                codes.iter().map(|c| (c.code.clone(), c.label.get(lang).to_owned())).collect()
            }
            FieldKind::Bool => {
                vec![("yes".to_owned(), word("yes-word")), ("no".to_owned(), word("no-word"))]
            }
            FieldKind::Region => {
                app.regions.towns(county).map(|(c, n)| (c.to_owned(), n.to_owned())).collect()
            }
            FieldKind::Int => bands(&field.bands),
            _ => Vec::new(),
        }
    };
    groups.push(missing);
    groups
}

fn bands(from: &[i64]) -> Vec<(String, String)> {
    let mut names = Vec::new();
    if let Some(first) = from.first() {
        names.push(("<".to_owned(), format!("<{first}")));
    }
    for (at, from_here) in from.iter().enumerate() {
        let name = from
            .get(at + 1)
            .map_or_else(|| format!("≥{from_here}"), |next| format!("{from_here}–{}", next - 1));
        names.push((from_here.to_string(), name));
    }
    names
}
