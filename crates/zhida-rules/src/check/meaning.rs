//! The operators and functions: what they take and what they give.

use cel::common::ast::{ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

use super::{Checked, Checker, nearest};
use crate::fault::{Fault, FaultCode, Span};
use crate::profile::{FieldId, FieldKind};
use crate::typed::{Arith, Cmp, Kind, Quantifier, TextTest, Type, Typed};

impl Checker<'_> {
    pub(super) fn membership(&mut self, id: u64, span: Span, a: &IdedExpr, list: &IdedExpr) -> Checked {
        let value = self.expr(a)?;
        if let Expr::List(items) = &list.expr {
            if matches!(value.ty, Type::Text) && !matches!(value.kind, Kind::Field(_))
                || matches!(value.ty, Type::Set(_))
            {
                return Err(self.not_supported(id, "`in` for anything but a field or a number before it"));
            }
            let mut members = Vec::new();
            for item in &items.elements {
                let member = self.expr(item)?;
                let member = self.as_type(member, value.ty)?;
                if member.ty != value.ty {
                    return Err(self.unlike(item.id, value.ty, member.ty));
                }
                if !member.kind.is_literal() {
                    return Err(self.not_supported(item.id, "a list that is not made of constants"));
                }
                members.push(member);
            }
            return Ok(Typed { span, ty: Type::Bool, kind: Kind::In(Box::new(value), members) });
        }
        let set = self.expr(list)?;
        let Type::Set(field) = set.ty else {
            let cause = format!("`in` needs a set or a list behind it, this is {}", self.name_of(set.ty));
            return Err(self.fault(id, FaultCode::Type, &cause, None));
        };
        let member = self.as_type(value, Type::Code(field))?;
        let Kind::Code(position) = member.kind else {
            return Err(self.unlike(id, Type::Code(field), member.ty));
        };
        let mask = (1..=self.codes(field)).map(|p| p == position).collect();
        Ok(Typed { span, ty: Type::Bool, kind: Kind::Members(field, Quantifier::Any, mask) })
    }

    pub(super) fn codes(&self, field: FieldId) -> u16 {
        let count = self.profile.field(field).map_or(0, |f| f.kind.codes().len());
        u16::try_from(count).unwrap_or(u16::MAX)
    }

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
                let position = u16::try_from(position + 1).unwrap_or(0);
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
        let b = self.as_type(b, a.ty)?;
        let a = self.as_type(a, b.ty)?;
        if a.ty != b.ty {
            return Err(self.unlike(id, a.ty, b.ty));
        }
        let equality = matches!(cmp, Cmp::Eq | Cmp::Ne);
        match a.ty {
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
        Ok(Typed { span, ty: Type::Bool, kind: Kind::Compare(cmp, Box::new(a), Box::new(b)) })
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
            (Arith::Add | Arith::Sub, Type::Timestamp, Type::Duration) => Type::Timestamp,
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
            && let Err(error) = regex::Regex::new(&needle)
        {
            let cause = format!("the pattern cannot be read: {}", error.to_string().replace('\n', " "));
            return Err(self.fault(id, FaultCode::Syntax, &cause, None));
        }
        Ok(Typed { span, ty: Type::Bool, kind: Kind::Test(test, Box::new(value), needle) })
    }

    /// `timestamp("2025-01-01T00:00:00Z")`
    pub(super) fn timestamp(&mut self, arg: &IdedExpr, span: Span) -> Checked {
        let typed = self.expr(arg)?;
        let instant = match &typed.kind {
            Kind::Text(text) => chrono::DateTime::parse_from_rfc3339(text).ok(),
            _ => None,
        };
        match instant {
            Some(t) => Ok(Typed { span, ty: Type::Timestamp, kind: Kind::Int(t.timestamp()) }),
            None => Err(self.fault_at(
                typed.span,
                FaultCode::Type,
                "not an instant",
                Some("write `timestamp(\"2025-01-01T00:00:00Z\")`".to_owned()),
            )),
        }
    }

    /// `duration("24h")`: whole hours, minutes and seconds.
    pub(super) fn duration(&mut self, arg: &IdedExpr, span: Span) -> Checked {
        let typed = self.expr(arg)?;
        let seconds = match &typed.kind {
            Kind::Text(text) => whole_seconds(text),
            _ => None,
        };
        match seconds {
            Some(s) => Ok(Typed { span, ty: Type::Duration, kind: Kind::Int(s) }),
            None => Err(self.fault_at(
                typed.span,
                FaultCode::Type,
                "not a duration of whole seconds",
                Some("write `duration(\"24h\")` or `duration(\"1h30m\")`".to_owned()),
            )),
        }
    }

    /// `set.exists(x, …)`, `all`, `exists_one`: the condition is decided for each code of the list, here and now.
    pub(super) fn members(&mut self, id: u64, span: Span, c: &ComprehensionExpr) -> Checked {
        let set = self.expr(&c.iter_range)?;
        let Type::Set(field) = set.ty else {
            return Err(self.not_supported(id, "a macro over anything but a set"));
        };
        let (quantifier, body) = match (&c.accu_init.expr, &c.loop_step.expr) {
            (Expr::Literal(LiteralValue::Boolean(_)), Expr::Call(step)) => {
                match (step.func_name.as_str(), step.args.as_slice()) {
                    (operators::LOGICAL_OR, [_, body]) => (Quantifier::Any, body),
                    (operators::LOGICAL_AND, [_, body]) => (Quantifier::All, body),
                    _ => return Err(self.not_supported(id, "this macro")),
                }
            }
            (Expr::Literal(LiteralValue::Int(_)), Expr::Call(step)) => match step.args.as_slice() {
                [body, _, _] => (Quantifier::One, body),
                _ => return Err(self.not_supported(id, "this macro")),
            },
            _ => {
                return Err(self.not_supported(id, "`map` and `filter`; use `exists`, `all` or `exists_one`"));
            }
        };
        let mut mask = Vec::new();
        for position in 1..=self.codes(field) {
            let outer = self.member.replace((c.iter_var.clone(), field, position));
            let decided = self.condition(body).map(|t| self.constant(&t));
            self.member = outer;
            match decided? {
                Some(b) => mask.push(b),
                None => return Err(self.not_supported(id, "a macro whose condition looks at other fields")),
            }
        }
        Ok(Typed { span, ty: Type::Bool, kind: Kind::Members(field, quantifier, mask) })
    }
}

impl Kind {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Bool(_) | Self::Int(_) | Self::Double(_) | Self::Text(_) | Self::Code(_))
    }
}

impl TextTest {
    /// Whether the text passes. A pattern is compiled for the call: texts are tested once per distinct value.
    pub(crate) fn holds(self, text: &str, needle: &str) -> bool {
        match self {
            Self::StartsWith => text.starts_with(needle),
            Self::EndsWith => text.ends_with(needle),
            Self::Contains => text.contains(needle),
            Self::Matches => regex::Regex::new(needle).is_ok_and(|pattern| pattern.is_match(text)),
        }
    }
}

pub(super) fn comparison(name: &str) -> Option<Cmp> {
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

pub(super) fn arithmetic(name: &str) -> Option<Arith> {
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

/// `1h30m` as seconds; parts below a second are not read.
fn whole_seconds(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut total: i64 = 0;
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    (number.is_empty() && !text.is_empty()).then_some(sign * total)
}
