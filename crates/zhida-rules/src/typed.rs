//! A rule after the type check: what is computed from which field, with its place in the text.

use crate::constant::time::Part;
use crate::fault::Span;
use crate::profile::FieldId;

/// The type of a part of a rule. Days and durations are compared in seconds, as CEL does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Int,
    Double,
    Text,
    Timestamp,
    Duration,
    /// One code of the field's list.
    Code(FieldId),
    /// A set of codes of the field's list.
    Set(FieldId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Cmp {
    pub(crate) fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Ne => a != b,
            Self::Lt => a < b,
            Self::Le => a <= b,
            Self::Gt => a > b,
            Self::Ge => a >= b,
        }
    }

    /// The same comparison with its sides exchanged.
    pub(crate) fn flip(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "≠",
            Self::Lt => "<",
            Self::Le => "≤",
            Self::Gt => ">",
            Self::Ge => "≥",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
    Matches,
}

/// How many members of a set must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quantifier {
    Any,
    All,
    One,
}

#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) span: Span,
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

impl Typed {
    pub(crate) fn condition(span: Span, kind: Kind) -> Self {
        Self { span, ty: Type::Bool, kind }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    /// Position in the list of the field in `ty`, as the column holds it.
    Code(usize),
    Field(FieldId),
    Has(FieldId),
    /// How many members a set has.
    Size(FieldId),
    /// How many characters a text has.
    Length(FieldId),
    /// A part of a date.
    Part(Part, FieldId),
    /// A number as one of the other type.
    Convert(Box<Typed>),
    /// A constant whose evaluation fails, and why: never known.
    Failing(String),
    And(Vec<Typed>),
    Or(Vec<Typed>),
    Not(Box<Typed>),
    If(Box<[Typed; 3]>),
    Compare(Cmp, Box<Typed>, Box<Typed>),
    In(Box<Typed>, Vec<Typed>),
    /// The members of a set field for which the flag of their position is set.
    Members(FieldId, Quantifier, Vec<bool>),
    Test(TextTest, Box<Typed>, String),
    Arith(Arith, Box<Typed>, Box<Typed>),
}
