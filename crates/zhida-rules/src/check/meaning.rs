//! The operators and functions: what they take and what they give.

use cel::common::ast::{IdedExpr, operators};

use super::{Checked, Checker, nearest};
use crate::constant::time::Part;
use crate::fault::{Fault, FaultCode, Span};
use crate::profile::FieldKind;
use crate::typed::{Arith, Cmp, Kind, TextTest, Type, Typed};

impl Checker<'_> {
    /// Reads a text literal as a code of the list that it stands beside, and a whole number as a number.
    pub(super) fn as_type(&self, typed: Typed, wanted: Type) -> Checked {
        match (&typed.kind, wanted) {
            (Kind::Text(text), Type::Code(field)) => {
                let codes = self.profile.field(field).map(|f| f.kind.codes()).unwrap_or_default();
                let Some(position) = codes.iter().position(|c| c.code == *text) else {
                    let action = nearest(text, codes.iter().map(|c| c.code.as_str()));
                    let name = self.profile.field(field).map_or("?", |f| f.name.as_str());
                    let cause = format!("`{text}` is not a code of `{name}`");
                    let action = action.map(|n| format!("did you mean `{n}`?"));
                    return Err(self.fault_at(typed.span, FaultCode::UnknownCode, &cause, action));
                };
                Ok(Typed { span: typed.span, ty: wanted, kind: Kind::Code(position) })
            }
            _ => Ok(typed),
        }
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the error of `Checked`, which is boxed because it is large"
    )]
    pub(super) fn unlike(&self, id: u64, a: Type, b: Type) -> Box<Fault> {
        let cause = format!("{} and {} cannot be compared or mixed", self.name_of(a), self.name_of(b));
        self.fault(id, FaultCode::Type, &cause, None)
    }

    pub(super) fn compare(&mut self, id: u64, span: Span, name: &str, a: &IdedExpr, b: &IdedExpr) -> Checked {
        let cmp = comparison(name).unwrap_or(Cmp::Eq);
        let (a, b) = (self.expr(a)?, self.expr(b)?);
        self.compared(id, span, cmp, a, b)
    }

    pub(super) fn compared(&self, id: u64, span: Span, cmp: Cmp, a: Typed, b: Typed) -> Checked {
        let b = self.as_type(b, a.ty)?;
        let a = self.as_type(a, b.ty)?;
        let numbers = |ty| matches!(ty, Type::Int | Type::Double);
        if a.ty != b.ty && !(numbers(a.ty) && numbers(b.ty)) {
            return Err(self.unlike(id, a.ty, b.ty));
        }
        let equality = matches!(cmp, Cmp::Eq | Cmp::Ne);
        match a.ty {
            Type::Text if matches!((&a.kind, &b.kind), (Kind::Text(_), Kind::Text(_))) => {}
            Type::Text
                if !matches!(
                    (&a.kind, &b.kind),
                    (Kind::Field(_), Kind::Text(_)) | (Kind::Text(_), Kind::Field(_))
                ) =>
            {
                return Err(self.not_supported(id, "comparing two texts except a field with a constant"));
            }
            Type::Set(_) => {
                return Err(self.not_supported(id, "comparing whole sets; use `in`, `exists` or `all`"));
            }
            Type::Code(field) if !equality => {
                let field = self.profile.field(field);
                if !matches!(field.map(|f| &f.kind), Some(FieldKind::Code { ordered: true, .. })) {
                    let name = field.map_or("?", |f| f.name.as_str());
                    let cause = format!("the codes of `{name}` have no order");
                    let action =
                        Some("say `ordered = true` in the profile, or list the codes with `in`".to_owned());
                    return Err(self.fault(id, FaultCode::Unordered, &cause, action));
                }
            }
            Type::Bool if !equality => {
                return Err(self.fault(id, FaultCode::Type, "yes and no have no order here", None));
            }
            _ => {}
        }
        Ok(Typed::condition(span, Kind::Compare(cmp, Box::new(a), Box::new(b))))
    }

    pub(super) fn negated(&mut self, span: Span, a: &IdedExpr) -> Checked {
        let a = self.expr(a)?;
        let (zero, ty) = match a.ty {
            Type::Int | Type::Duration => (Kind::Int(0), a.ty),
            // 0 - x would lose the sign of zero; CEL's comparisons do not see it.
            Type::Double => (Kind::Double(0.0), a.ty),
            other => {
                let cause = format!("`-` needs a number, this is {}", self.name_of(other));
                return Err(self.fault_at(a.span, FaultCode::Type, &cause, None));
            }
        };
        let zero = Typed { span, ty, kind: zero };
        Ok(Typed { span, ty, kind: Kind::Arith(Arith::Sub, Box::new(zero), Box::new(a)) })
    }

    /// `int(x)`, `double(x)`
    pub(super) fn convert(&mut self, id: u64, span: Span, name: &str, value: &IdedExpr) -> Checked {
        let value = self.expr(value)?;
        let ty = if name == "int" { Type::Int } else { Type::Double };
        match value.ty {
            same if same == ty => Ok(value),
            Type::Int | Type::Double => Ok(Typed { span, ty, kind: Kind::Convert(Box::new(value)) }),
            // Days and durations are held in seconds, which is what `int` gives.
            Type::Timestamp | Type::Duration if ty == Type::Int => {
                Ok(Typed { span, ty, kind: Kind::Convert(Box::new(value)) })
            }
            other => Err(self.not_supported(id, &format!("`{name}` of {}", self.name_of(other)))),
        }
    }

    /// `born.getFullYear()`
    pub(super) fn part(&mut self, id: u64, span: Span, name: &str, date: &IdedExpr) -> Checked {
        let date = self.expr(date)?;
        match (Part::named(name), date.ty, date.kind) {
            (Some(part), Type::Timestamp, Kind::Field(field)) => {
                Ok(Typed { span, ty: Type::Int, kind: Kind::Part(part, field) })
            }
            (_, Type::Timestamp | Type::Duration, _) => {
                Err(self.not_supported(id, &format!("`{name}` of anything but a date field or a constant")))
            }
            (_, other, _) => {
                let cause = format!("`{name}` needs a date, this is {}", self.name_of(other));
                Err(self.fault(id, FaultCode::Type, &cause, None))
            }
        }
    }

    pub(super) fn arithmetic(
        &mut self,
        id: u64,
        span: Span,
        name: &str,
        a: &IdedExpr,
        b: &IdedExpr,
    ) -> Checked {
        let op = arithmetic(name).unwrap_or(Arith::Add);
        let (a, b) = (self.expr(a)?, self.expr(b)?);
        let ty = match (op, a.ty, b.ty) {
            (_, Type::Int, Type::Int) => Type::Int,
            (Arith::Rem, ..) => return Err(self.unlike(id, a.ty, b.ty)),
            (_, Type::Double, Type::Double) => Type::Double,
            (Arith::Sub, Type::Timestamp, Type::Timestamp)
            | (Arith::Add | Arith::Sub, Type::Duration, Type::Duration) => Type::Duration,
            (Arith::Add | Arith::Sub, Type::Timestamp, Type::Duration)
            | (Arith::Add, Type::Duration, Type::Timestamp) => Type::Timestamp,
            _ => return Err(self.unlike(id, a.ty, b.ty)),
        };
        Ok(Typed { span, ty, kind: Kind::Arith(op, Box::new(a), Box::new(b)) })
    }

    pub(super) fn text_test(
        &mut self,
        id: u64,
        span: Span,
        name: &str,
        target: &IdedExpr,
        arg: &IdedExpr,
    ) -> Checked {
        let test = text_test(name).unwrap_or(TextTest::Contains);
        let value = self.expr(target)?;
        let needle = self.expr(arg)?;
        if !matches!(value.kind, Kind::Field(_) | Kind::Text(_) | Kind::Code(_)) {
            return Err(self.not_supported(id, "a text test on anything but a field"));
        }
        let (Type::Text | Type::Code(_), Kind::Text(needle)) = (value.ty, needle.kind) else {
            let cause = format!("`{name}` needs a text before it and a constant text in brackets");
            return Err(self.fault(id, FaultCode::Type, &cause, None));
        };
        if test == TextTest::Matches
            && let Err(cause) = pattern(&needle)
        {
            return Err(self.fault(id, FaultCode::Syntax, &cause, None));
        }
        Ok(Typed { span, ty: Type::Bool, kind: Kind::Test(test, Box::new(value), needle) })
    }
}

/// A pattern of RE2's kind: it runs in time linear in the text, whatever the pattern.
pub(crate) fn pattern(text: &str) -> Result<regex::Regex, String> {
    let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
    built.map_err(|error| {
        let last = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        format!("the pattern cannot be read: {}", last.trim_start_matches("error: "))
    })
}

impl TextTest {
    /// The test with its text read once.
    pub(crate) fn prepared(self, needle: &str) -> Needle<'_> {
        let pattern = if self == Self::Matches { pattern(needle).ok() } else { None };
        Needle { test: self, needle, pattern }
    }

    pub(super) fn holds(self, text: &str, needle: &str) -> bool {
        self.prepared(needle).holds(text)
    }
}

/// A test that is about to be made of many texts.
#[derive(Debug)]
pub(crate) struct Needle<'a> {
    test: TextTest,
    needle: &'a str,
    pattern: Option<regex::Regex>,
}

impl Needle<'_> {
    pub(crate) fn holds(&self, text: &str) -> bool {
        match self.test {
            TextTest::StartsWith => text.starts_with(self.needle),
            TextTest::EndsWith => text.ends_with(self.needle),
            TextTest::Contains => text.contains(self.needle),
            TextTest::Matches => self.pattern.as_ref().is_some_and(|p| p.is_match(text)),
        }
    }
}

pub(crate) fn comparison(name: &str) -> Option<Cmp> {
    Some(match name {
        operators::EQUALS => Cmp::Eq,
        operators::NOT_EQUALS => Cmp::Ne,
        operators::LESS => Cmp::Lt,
        operators::LESS_EQUALS => Cmp::Le,
        operators::GREATER => Cmp::Gt,
        operators::GREATER_EQUALS => Cmp::Ge,
        _ => return None,
    })
}

pub(crate) fn arithmetic(name: &str) -> Option<Arith> {
    Some(match name {
        operators::ADD => Arith::Add,
        operators::SUBSTRACT => Arith::Sub,
        operators::MULTIPLY => Arith::Mul,
        operators::DIVIDE => Arith::Div,
        operators::MODULO => Arith::Rem,
        _ => return None,
    })
}

pub(super) fn text_test(name: &str) -> Option<TextTest> {
    Some(match name {
        "startsWith" => TextTest::StartsWith,
        "endsWith" => TextTest::EndsWith,
        "contains" => TextTest::Contains,
        "matches" => TextTest::Matches,
        _ => return None,
    })
}
