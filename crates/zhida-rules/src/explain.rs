//! Why a rule says what it says of one party: the tree of its conditions with the actual values.

use std::collections::BTreeSet;

use crate::Truth;
use crate::columns::{Cell, Table};
use crate::profile::{FieldId, FieldKind, Lang};
use crate::ruleset::{RuleSet, Verdicts};
use crate::typed::{Cmp, Kind, Quantifier, Typed};

/// How the parts of a condition belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// All parts must hold.
    All,
    /// One part must hold.
    Any,
    /// The part must not hold.
    Not,
    /// A condition without parts.
    Leaf,
}

/// A condition, its verdict and its parts.
#[derive(Clone, Debug)]
pub struct Explained {
    /// How the parts belong together.
    pub joint: Joint,
    /// The verdict on this party.
    pub truth: Truth,
    /// The condition as the rule writes it.
    pub source: String,
    /// The condition in Chinese and English, made of the fields' labels.
    pub words: [String; 2],
    /// The actual values of the fields in it, in Chinese and English; empty for missing ones.
    pub actual: [String; 2],
    /// The fields that a leaf looks at.
    pub fields: Vec<FieldId>,
    /// The parts.
    pub parts: Vec<Self>,
}

/// One of the conditions that a rule joins.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The condition in Chinese and English, made of the fields' labels.
    pub words: [String; 2],
    /// The fields that it looks at.
    pub fields: Vec<FieldId>,
    /// Its verdicts on all rows.
    pub verdicts: Verdicts,
}

impl Explained {
    /// The condition in words.
    pub fn words(&self, lang: Lang) -> &str {
        let [zh, en] = &self.words;
        if lang == Lang::Zh { zh } else { en }
    }

    /// The actual values in words.
    pub fn actual(&self, lang: Lang) -> &str {
        let [zh, en] = &self.actual;
        if lang == Lang::Zh { zh } else { en }
    }

    /// The leaves that make the whole what it is: those that fail where it fails, that hold where it holds, that are
    /// unknown where it is unknown.
    pub fn deciding(&self) -> Vec<&Self> {
        match self.joint {
            Joint::Leaf => vec![self],
            Joint::Not => self.parts.iter().flat_map(Self::deciding).collect(),
            Joint::All | Joint::Any => {
                self.parts.iter().filter(|p| p.truth == self.truth).flat_map(Self::deciding).collect()
            }
        }
    }

    /// The missing fields of an unknown verdict: with all of them known it is settled.
    pub fn missing(&self, table: &Table, row: usize) -> BTreeSet<FieldId> {
        let fields = self.deciding().into_iter().flat_map(|leaf| leaf.fields.iter().copied());
        fields.filter(|id| table.cell(row, *id) == Cell::Missing).collect()
    }
}

impl RuleSet {
    /// The conditions that a rule joins by `&&`, with their verdicts on all rows; the rule itself where it joins none.
    pub fn conditions(&self, rule: usize, table: &Table) -> Vec<Condition> {
        let Some(rule) = self.rules.get(rule) else { return Vec::new() };
        let parts = if let Kind::And(parts) = &rule.typed.kind {
            parts.as_slice()
        } else {
            std::slice::from_ref(&rule.typed)
        };
        let one = |(typed, verdicts): (&Typed, Verdicts)| {
            let source =
                || rule.text.get(typed.span.start..typed.span.end).unwrap_or(&rule.text).trim().to_owned();
            let words = [Lang::Zh, Lang::En].map(|lang| self.words(typed, lang).unwrap_or_else(source));
            let mut fields = Vec::new();
            fields_of(typed, &mut fields);
            Condition { words, fields, verdicts }
        };
        parts.iter().zip(Self::evaluate_typed(parts, table)).map(one).collect()
    }

    /// Explains one rule on one row; `None` for a rule or row that does not exist.
    pub fn explain(&self, rule: usize, table: &Table, row: usize) -> Option<Explained> {
        let rule = self.rules.get(rule)?;
        (row < table.rows()).then(|| self.explained(&rule.typed, &rule.text, &table.single(row), 0))
    }

    fn explained(&self, typed: &Typed, text: &str, table: &Table, row: usize) -> Explained {
        let (joint, parts): (Joint, &[Typed]) = match &typed.kind {
            Kind::And(parts) => (Joint::All, parts),
            Kind::Or(parts) => (Joint::Any, parts),
            Kind::Not(part) => (Joint::Not, std::slice::from_ref(part)),
            _ => (Joint::Leaf, &[]),
        };
        let parts: Vec<Explained> = parts.iter().map(|p| self.explained(p, text, table, row)).collect();
        let truths = || parts.iter().map(|p| p.truth);
        let truth = match joint {
            Joint::All if truths().any(|t| t == Truth::False) => Truth::False,
            Joint::All if truths().all(|t| t == Truth::True) => Truth::True,
            Joint::Any if truths().any(|t| t == Truth::True) => Truth::True,
            Joint::Any if truths().all(|t| t == Truth::False) => Truth::False,
            Joint::All | Joint::Any => Truth::Unknown,
            Joint::Not => match parts.first().map(|p| p.truth) {
                Some(Truth::True) => Truth::False,
                Some(Truth::False) => Truth::True,
                _ => Truth::Unknown,
            },
            Joint::Leaf => leaf_truth(typed, table, row),
        };
        let mut fields = Vec::new();
        if joint == Joint::Leaf {
            fields_of(typed, &mut fields);
        }
        let source = text.get(typed.span.start..typed.span.end).unwrap_or(text).trim().to_owned();
        let words =
            [Lang::Zh, Lang::En].map(|lang| self.words(typed, lang).unwrap_or_else(|| source.clone()));
        let actual = [Lang::Zh, Lang::En].map(|lang| self.actual(&fields, table, row, lang));
        Explained { joint, truth, source, words, actual, fields, parts }
    }

    /// A condition in the words of the profile's labels; `None` where only the source says it well.
    fn words(&self, typed: &Typed, lang: Lang) -> Option<String> {
        let label = |id: &FieldId| self.profile.field(*id).map(|f| f.label.get(lang).to_owned());
        let code = |id: FieldId, position: usize| {
            let codes = self.profile.field(id)?.kind.codes();
            codes.get(position).map(|c| c.label.get(lang).to_owned())
        };
        let and = |texts: Vec<String>| texts.join(if lang == Lang::Zh { "、" } else { ", " });
        let joined = |parts: &[Typed], (zh, en): (&str, &str)| {
            let words: Option<Vec<String>> = parts.iter().map(|p| self.words(p, lang)).collect();
            Some(words?.join(if lang == Lang::Zh { zh } else { en }))
        };
        match &typed.kind {
            Kind::And(parts) => joined(parts, ("且", " and ")),
            Kind::Or(parts) => joined(parts, ("或", " or ")),
            Kind::Field(id) => label(id),
            Kind::Has(id) => {
                let name = label(id)?;
                Some(if lang == Lang::Zh { format!("已知{name}") } else { format!("{name} is known") })
            }
            Kind::Compare(cmp, a, b) => {
                let (cmp, field, constant) = match (&a.kind, &b.kind) {
                    (Kind::Field(id), _) => (*cmp, *id, b),
                    (_, Kind::Field(id)) => (cmp.flip(), *id, a),
                    _ => return None,
                };
                let value = self.constant_words(field, constant, lang)?;
                let name = label(&field)?;
                Some(match (cmp, lang) {
                    (Cmp::Eq, Lang::Zh) => format!("{name}为{value}"),
                    (cmp, _) => format!("{name} {} {value}", cmp.symbol()),
                })
            }
            Kind::In(a, list) => {
                let Kind::Field(id) = &a.kind else { return None };
                let values: Option<Vec<String>> =
                    list.iter().map(|m| self.constant_words(*id, m, lang)).collect();
                let (name, values) = (label(id)?, and(values?));
                Some(if lang == Lang::Zh {
                    format!("{name}属于{values}")
                } else {
                    format!("{name} is one of {values}")
                })
            }
            Kind::Members(id, quantifier, mask) => {
                let flags = mask.iter().enumerate().filter(|(_, on)| **on);
                let all: Option<Vec<String>> = flags.map(|(i, _)| code(*id, i)).collect();
                let (name, all) = (label(id)?, and(all?));
                Some(match (quantifier, lang) {
                    (Quantifier::Any, Lang::Zh) => format!("{name}包含{all}"),
                    (Quantifier::All, Lang::Zh) => format!("{name}都在{all}之中"),
                    (Quantifier::One, Lang::Zh) => format!("{name}恰有一项在{all}之中"),
                    (Quantifier::Any, Lang::En) => format!("{name} include {all}"),
                    (Quantifier::All, Lang::En) => format!("{name} are all among {all}"),
                    (Quantifier::One, Lang::En) => format!("{name} include exactly one of {all}"),
                })
            }
            _ => None,
        }
    }

    fn constant_words(&self, field: FieldId, constant: &Typed, lang: Lang) -> Option<String> {
        let field = self.profile.field(field)?;
        let unit = field.unit.as_ref().map_or(String::new(), |u| format!(" {}", u.get(lang)));
        match (&constant.kind, &field.kind) {
            (Kind::Code(c), kind) => kind.codes().get(*c).map(|c| c.label.get(lang).to_owned()),
            (Kind::Int(n), FieldKind::Date) => {
                chrono::DateTime::from_timestamp(*n, 0).map(|t| t.date_naive().to_string())
            }
            (Kind::Int(n), _) => Some(format!("{n}{unit}")),
            (Kind::Double(x), _) => Some(format!("{x}{unit}")),
            (Kind::Text(t), _) => Some(t.clone()),
            _ => None,
        }
    }

    fn actual(&self, fields: &[FieldId], table: &Table, row: usize, lang: Lang) -> String {
        let texts: Vec<String> = fields
            .iter()
            .filter_map(|id| {
                let field = self.profile.field(*id)?;
                let text = field.display(&table.cell(row, *id), lang);
                (!text.is_empty()).then_some(text)
            })
            .collect();
        texts.join(if lang == Lang::Zh { "；" } else { "; " })
    }
}

impl crate::profile::Field {
    /// A value of this field as people read it; empty where it is missing.
    pub fn display(&self, cell: &Cell, lang: Lang) -> String {
        let code = |code: &String| {
            let item = self.kind.codes().iter().find(|c| c.code == *code);
            item.map_or_else(|| code.clone(), |c| c.label.get(lang).to_owned())
        };
        let unit = || self.unit.as_ref().map_or(String::new(), |u| format!(" {}", u.get(lang)));
        match cell {
            Cell::Missing => String::new(),
            Cell::Int(n) => format!("{n}{}", unit()),
            Cell::Double(x) => format!("{x}{}", unit()),
            Cell::Bool(b) => match (b, lang) {
                (true, Lang::Zh) => "是".to_owned(),
                (false, Lang::Zh) => "否".to_owned(),
                (true, Lang::En) => "yes".to_owned(),
                (false, Lang::En) => "no".to_owned(),
            },
            Cell::Text(t) => t.clone(),
            Cell::Date(d) => chrono::NaiveDate::from_epoch_days(*d).map_or(String::new(), |d| d.to_string()),
            Cell::Code(c) => code(c),
            Cell::Set(codes) if codes.is_empty() => if lang == Lang::Zh { "无" } else { "none" }.to_owned(),
            Cell::Set(codes) => {
                codes.iter().map(code).collect::<Vec<_>>().join(if lang == Lang::Zh { "、" } else { ", " })
            }
        }
    }
}

/// One condition on one row, by the same code that evaluates whole columns.
fn leaf_truth(typed: &Typed, table: &Table, row: usize) -> Truth {
    RuleSet::evaluate_typed(std::slice::from_ref(typed), table).first().map_or(Truth::Unknown, |v| v.at(row))
}

fn fields_of(typed: &Typed, out: &mut Vec<FieldId>) {
    match &typed.kind {
        Kind::Field(id)
        | Kind::Has(id)
        | Kind::Size(id)
        | Kind::Length(id)
        | Kind::Part(_, id)
        | Kind::Members(id, ..) => {
            if !out.contains(id) {
                out.push(*id);
            }
        }
        Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|p| fields_of(p, out)),
        Kind::Not(a) | Kind::In(a, _) | Kind::Test(_, a, _) | Kind::Convert(a) => fields_of(a, out),
        Kind::If(parts) => parts.iter().for_each(|p| fields_of(p, out)),
        Kind::Compare(_, a, b) | Kind::Arith(_, a, b) => {
            fields_of(a, out);
            fields_of(b, out);
        }
        Kind::Bool(_) | Kind::Int(_) | Kind::Double(_) | Kind::Text(_) | Kind::Code(_) | Kind::Failing(_) => {
        }
    }
}
