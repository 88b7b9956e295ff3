//! A rule as comparisons of one field each: for programs that count rows where they lie, in a database.

use crate::check::DAY;
use crate::fault::Span;
use crate::profile::{FieldId, FieldKind, Profile};
use crate::ruleset::RuleSet;
use crate::typed::{Cmp, Kind, TextTest, Type, Typed};

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A constant that a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// A text, or a code.
    Text(String),
    /// A day, in days since 1970-01-01.
    Day(i32),
}

/// A condition on one row. A missing value makes a comparison unknown, as in SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Whatever the row holds.
    Always(bool),
    /// All of them.
    All(Vec<Self>),
    /// One of them.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A field compared with a constant.
    Compare(FieldId, Comparison, Constant),
    /// A field is one of these.
    OneOf(FieldId, Vec<Constant>),
    /// A text field begins so.
    Begins(FieldId, String),
    /// A field has a value.
    Known(FieldId),
}

/// A part of a rule that is no comparison of one field with a constant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` cannot be counted where the rows lie: compare one field with a constant")]
pub struct NoFilter {
    /// The part as the rule writes it.
    pub part: String,
}

impl RuleSet {
    /// The rule of a number as a filter.
    ///
    /// # Errors
    /// [`NoFilter`] with the first part that compares more than a field with a constant.
    pub fn filter(&self, rule: usize) -> Result<Filter, NoFilter> {
        let Some(rule) = self.rules.get(rule) else { return Ok(Filter::Always(true)) };
        filter(&self.profile, &rule.typed).map_err(|span| NoFilter { part: part(&rule.text, span) })
    }
}

fn part(text: &str, span: Span) -> String {
    text.get(span.start..span.end).unwrap_or(text).to_owned()
}

fn filter(profile: &Profile, typed: &Typed) -> Result<Filter, Span> {
    let no = typed.span;
    let all = |parts: &[Typed]| parts.iter().map(|p| filter(profile, p)).collect::<Result<Vec<_>, Span>>();
    Ok(match &typed.kind {
        Kind::Bool(b) => Filter::Always(*b),
        Kind::Field(id) if typed.ty == Type::Bool => {
            Filter::Compare(*id, Comparison::Equal, Constant::Bool(true))
        }
        Kind::Has(id) => Filter::Known(*id),
        Kind::And(parts) => Filter::All(all(parts)?),
        Kind::Or(parts) => Filter::Any(all(parts)?),
        Kind::Not(inner) => Filter::Not(Box::new(filter(profile, inner)?)),
        Kind::Compare(cmp, a, b) => compare(profile, *cmp, a, b).ok_or(no)?,
        Kind::In(field, list) => {
            let Kind::Field(id) = field.kind else { return Err(no) };
            let constants = list.iter().map(|c| constant(profile, id, c)).collect::<Option<Vec<_>>>();
            Filter::OneOf(id, constants.ok_or(no)?)
        }
        Kind::Test(TextTest::StartsWith, field, text) => {
            let Kind::Field(id) = field.kind else { return Err(no) };
            Filter::Begins(id, text.clone())
        }
        _ => return Err(no),
    })
}

fn compare(profile: &Profile, cmp: Cmp, a: &Typed, b: &Typed) -> Option<Filter> {
    let (id, cmp, other) = match (&a.kind, &b.kind) {
        (Kind::Field(id), _) => (*id, cmp, b),
        (_, Kind::Field(id)) => (*id, cmp.flip(), a),
        _ => return None,
    };
    // Codes are compared by their place in the list: in a database by naming those that pass.
    if let (Some(FieldKind::Code { codes, ordered: true }), Kind::Code(at)) =
        (profile.field(id).map(|f| &f.kind), &other.kind)
        && !matches!(cmp, Cmp::Eq | Cmp::Ne)
    {
        let pass = codes.iter().enumerate().filter(|(place, _)| cmp.holds(place, at));
        return Some(Filter::OneOf(id, pass.map(|(_, c)| Constant::Text(c.code.clone())).collect()));
    }
    let comparison = match cmp {
        Cmp::Eq => Comparison::Equal,
        Cmp::Ne => Comparison::NotEqual,
        Cmp::Lt => Comparison::Less,
        Cmp::Le => Comparison::LessOrEqual,
        Cmp::Gt => Comparison::Greater,
        Cmp::Ge => Comparison::GreaterOrEqual,
    };
    Some(Filter::Compare(id, comparison, constant(profile, id, other)?))
}

fn constant(profile: &Profile, field: FieldId, typed: &Typed) -> Option<Constant> {
    let kind = &profile.field(field)?.kind;
    Some(match &typed.kind {
        Kind::Bool(b) => Constant::Bool(*b),
        Kind::Int(n) if *kind == FieldKind::Date => {
            Constant::Day(i32::try_from(n.checked_div(DAY).filter(|_| n % DAY == 0)?).ok()?)
        }
        Kind::Int(n) => Constant::Int(*n),
        Kind::Double(x) => Constant::Double(*x),
        Kind::Text(t) => Constant::Text(t.clone()),
        Kind::Code(at) => Constant::Text(kind.codes().get(*at)?.code.clone()),
        _ => return None,
    })
}
