//! From CEL's tree to a typed rule, or to a fault with its place.

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;

use crate::fault::{Fault, FaultCode, Span};
use crate::params::{At, ParamValue, Params};
use crate::profile::{FieldId, FieldKind, Profile};
use crate::typed::{Arith, Cmp, Kind, Quantifier, TextTest, Type, Typed};

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// CEL asks parsers for at least 250 levels where they recurse; deeper text is refused, not run into the stack's end.
const MAX_DEPTH: u16 = 96;
const MAX_TEXT: usize = 64 * 1024;

/// `has(field)` is the profile's form of CEL's `has(message.field)`. CEL's macro would refuse a bare name, so the parser
/// sees a call of this name, equally long, so that every place in the text stays where it is.
const HAS: &str = "hAs";

pub(crate) struct Checker<'a> {
    pub(crate) rule: &'a str,
    pub(crate) text: &'a str,
    pub(crate) profile: &'a Profile,
    pub(crate) params: &'a Params,
    pub(crate) at: &'a At,
    source: SourceInfo,
    /// The member variable inside `exists`, `all`, `exists_one`, with its set.
    member: Option<(String, FieldId, u16)>,
}

type Checked = Result<Typed, Box<Fault>>;

/// Parses and checks one rule.
pub(crate) fn check(rule: &str, text: &str, profile: &Profile, params: &Params, at: &At) -> Checked {
    let mut checker =
        Checker { rule, text, profile, params, at, source: SourceInfo::default(), member: None };
    if text.len() > MAX_TEXT {
        return Err(checker.fault(0, FaultCode::NotSupported, "the rule is longer than 64 KiB", None));
    }
    let depth = nesting(text);
    if depth > usize::from(MAX_DEPTH) {
        let cause = format!("the rule is nested {depth} levels deep; {MAX_DEPTH} are supported");
        return Err(checker.fault(0, FaultCode::NotSupported, &cause, None));
    }
    let (tree, source) = Parser::new()
        .max_recursion_depth(MAX_DEPTH)
        .parse_with_source_info(&name_has(text))
        .map_err(|errors| {
            let first = errors.errors.first();
            let (line, column) = first.map_or((1, 1), |e| e.pos);
            let start = offset(text, line, column);
            let span = Span { start, end: (start + 1).min(text.len()) };
            let cause =
                first.map_or_else(String::new, |e| e.msg.lines().next().unwrap_or_default().to_owned());
            Box::new(Fault {
                rule: rule.to_owned(),
                code: FaultCode::Syntax,
                span,
                cause: cause.replace(HAS, "has"),
                action: Some("rules are CEL: `age >= 45 && \"welding\" in skills`".to_owned()),
                text: text.to_owned(),
            })
        })?;
    checker.source = source;
    let typed = checker.expr(&tree)?;
    if typed.ty == Type::Bool {
        Ok(typed)
    } else {
        let cause = format!("a rule is a condition, this is {}", checker.name_of(typed.ty));
        Err(checker.fault_at(typed.span, FaultCode::Type, &cause, None))
    }
}

/// Byte offset of a line and column of a syntax error, which the parser counts from 1 and in characters.
fn offset(text: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or("");
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// Where `.field` behind an operand ends: the parser gives a selection the place of its dot alone.
fn span_end(text: &str, operand: usize, field: &str) -> usize {
    let rest = text.get(operand..).unwrap_or_default();
    rest.find(field).map_or(operand, |at| operand + at + field.len())
}

/// The text without what stands in quotation marks: each such byte becomes a blank.
fn outside_strings(text: &str) -> Vec<u8> {
    let mut quote: Option<u8> = None;
    let mut escaped = false;
    text.bytes()
        .map(|b| {
            if let Some(q) = quote {
                if escaped {
                    escaped = false;
                } else if b == b'\\' {
                    escaped = true;
                } else if b == q {
                    quote = None;
                }
                b' '
            } else {
                if b == b'"' || b == b'\'' {
                    quote = Some(b);
                    return b' ';
                }
                b
            }
        })
        .collect()
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for b in outside_strings(text) {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Renames `has(` to the checker's own function of the same length, outside strings.
fn name_has(text: &str) -> String {
    let plain = outside_strings(text);
    let mut bytes = text.as_bytes().to_vec();
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.');
    for start in 0..plain.len() {
        let free = start == 0 || !word(plain.get(start - 1));
        let rest = plain.get(start..).unwrap_or_default();
        let call = rest.starts_with(b"has")
            && rest.get(3..).unwrap_or_default().iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'(');
        if free
            && call
            && let Some(three) = bytes.get_mut(start..start + 3)
        {
            three.copy_from_slice(HAS.as_bytes());
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

impl Checker<'_> {
    fn span(&self, e: &IdedExpr) -> Span {
        let own = self.source.offset_for(e.id).map(|(s, t)| (s as usize, t as usize));
        let mut span =
            own.map_or_else(Span::default, |(start, stop)| Span { start, end: stop.max(start) + 1 });
        let mut widen = |inner: Span| {
            span.start = span.start.min(inner.start);
            span.end = span.end.max(inner.end);
        };
        match &e.expr {
            Expr::Call(call) => {
                call.target.iter().map(AsRef::as_ref).chain(&call.args).for_each(|a| widen(self.span(a)));
            }
            Expr::Select(select) => {
                let operand = self.span(&select.operand);
                widen(Span { start: operand.start, end: span_end(self.text, operand.end, &select.field) });
            }
            _ => {}
        }
        self.to_bytes(span)
    }

    /// The parser counts bytes; a span never ends inside a character.
    fn to_bytes(&self, span: Span) -> Span {
        let at =
            |n: usize| (n.min(self.text.len())..=self.text.len()).find(|i| self.text.is_char_boundary(*i));
        let (start, end) = (at(span.start), at(span.end));
        Span { start: start.unwrap_or_default(), end: end.unwrap_or_default() }
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the error of `Checked`, which is boxed because it is large"
    )]
    fn fault(&self, id: u64, code: FaultCode, cause: &str, action: Option<String>) -> Box<Fault> {
        let (start, stop) = self.source.offset_for(id).unwrap_or((0, 0));
        let span = self.to_bytes(Span { start: start as usize, end: stop as usize + 1 });
        self.fault_at(span, code, cause, action)
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the error of `Checked`, which is boxed because it is large"
    )]
    fn fault_at(&self, span: Span, code: FaultCode, cause: &str, action: Option<String>) -> Box<Fault> {
        let (rule, text) = (self.rule.to_owned(), self.text.to_owned());
        Box::new(Fault { rule, code, span, cause: cause.to_owned(), action, text })
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the error of `Checked`, which is boxed because it is large"
    )]
    fn not_supported(&self, id: u64, what: &str) -> Box<Fault> {
        self.fault(id, FaultCode::NotSupported, &format!("not supported: {what}"), None)
    }

    fn name_of(&self, ty: Type) -> String {
        let field = |id: FieldId| self.profile.field(id).map_or("?", |f| f.name.as_str()).to_owned();
        match ty {
            Type::Bool => "yes or no".to_owned(),
            Type::Int => "a whole number".to_owned(),
            Type::Double => "a number".to_owned(),
            Type::Text => "text".to_owned(),
            Type::Timestamp => "a date".to_owned(),
            Type::Duration => "a duration".to_owned(),
            Type::Code(id) => format!("a code of `{}`", field(id)),
            Type::Set(id) => format!("a set of codes of `{}`", field(id)),
        }
    }

    fn expr(&mut self, e: &IdedExpr) -> Checked {
        let span = self.span(e);
        let done = |ty, kind| Ok(Typed { span, ty, kind });
        match &e.expr {
            Expr::Literal(LiteralValue::Boolean(b)) => done(Type::Bool, Kind::Bool(*b.inner())),
            Expr::Literal(LiteralValue::Int(n)) => done(Type::Int, Kind::Int(*n.inner())),
            Expr::Literal(LiteralValue::Double(x)) => done(Type::Double, Kind::Double(*x.inner())),
            Expr::Literal(LiteralValue::String(s)) => done(Type::Text, Kind::Text(s.inner().to_owned())),
            Expr::Literal(LiteralValue::Null) => {
                Err(self.not_supported(e.id, "`null`; ask with `has(field)`"))
            }
            Expr::Literal(_) => Err(self.not_supported(e.id, "this kind of literal")),
            Expr::Ident(name) => self.ident(e.id, span, name),
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) if name == "params" && !select.test => {
                    self.param(e.id, span, &select.field)
                }
                _ => Err(self.not_supported(e.id, "`.name` except after `params`")),
            },
            Expr::Call(call) => self.call(e, span, call),
            Expr::Comprehension(c) => self.members(e.id, span, c),
            Expr::List(_) => Err(self.not_supported(e.id, "a list except behind `in`")),
            _ => Err(self.not_supported(e.id, "maps and messages")),
        }
    }

    fn ident(&self, id: u64, span: Span, name: &str) -> Checked {
        if let Some((member, set, position)) = &self.member
            && member == name
        {
            return Ok(Typed { span, ty: Type::Code(*set), kind: Kind::Code(*position) });
        }
        if name == "today" {
            return Ok(Typed { span, ty: Type::Timestamp, kind: Kind::Int(i64::from(self.at.day) * DAY) });
        }
        let Some(field) = self.profile.find(name) else {
            let known = self.profile.fields().iter().map(|f| f.name.as_str());
            let action = nearest(name, known).map(|n| format!("did you mean `{n}`?"));
            let cause = format!("there is no field `{name}`");
            return Err(self.fault(id, FaultCode::UnknownField, &cause, action));
        };
        let ty = match self.profile.field(field).map(|f| &f.kind) {
            Some(FieldKind::Int) => Type::Int,
            Some(FieldKind::Double) => Type::Double,
            Some(FieldKind::Bool) => Type::Bool,
            Some(FieldKind::Date) => Type::Timestamp,
            Some(FieldKind::Code { .. }) => Type::Code(field),
            Some(FieldKind::Set { .. }) => Type::Set(field),
            _ => Type::Text,
        };
        Ok(Typed { span, ty, kind: Kind::Field(field) })
    }

    fn param(&self, id: u64, span: Span, name: &str) -> Checked {
        let Some(value) = self.params.get(name, self.at) else {
            let action = nearest(name, self.params.names()).map(|n| format!("did you mean `params.{n}`?"));
            let cause = format!("there is no constant `params.{name}` for this day and region");
            return Err(self.fault(id, FaultCode::UnknownParam, &cause, action));
        };
        let (ty, kind) = match value {
            ParamValue::Bool(b) => (Type::Bool, Kind::Bool(*b)),
            ParamValue::Int(n) => (Type::Int, Kind::Int(*n)),
            ParamValue::Double(x) => (Type::Double, Kind::Double(*x)),
            ParamValue::Text(t) => (Type::Text, Kind::Text(t.clone())),
        };
        Ok(Typed { span, ty, kind })
    }

    fn call(&mut self, e: &IdedExpr, span: Span, call: &CallExpr) -> Checked {
        let name = call.func_name.as_str();
        let done = |kind| Ok(Typed { span, ty: Type::Bool, kind });
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_AND, None, args) => {
                done(Kind::And(self.conditions(args, operators::LOGICAL_AND)?))
            }
            (operators::LOGICAL_OR, None, args) => {
                done(Kind::Or(self.conditions(args, operators::LOGICAL_OR)?))
            }
            (operators::LOGICAL_NOT, None, [a]) => done(Kind::Not(Box::new(self.condition(a)?))),
            (operators::CONDITIONAL, None, [c, a, b]) => {
                let parts = [self.condition(c)?, self.expr(a)?, self.expr(b)?];
                let [_, a, b] = &parts;
                if a.ty == b.ty {
                    Ok(Typed { span, ty: a.ty, kind: Kind::If(Box::new(parts)) })
                } else {
                    Err(self.unlike(e.id, a.ty, b.ty))
                }
            }
            (operators::IN, None, [a, list]) => self.membership(e.id, span, a, list),
            (HAS, None, [field]) => self.has(field, span),
            ("size", None, [set]) | ("size", Some(set), []) => match self.expr(set)? {
                Typed { ty: Type::Set(id), .. } => Ok(Typed { span, ty: Type::Int, kind: Kind::Size(id) }),
                other => {
                    let cause = format!("`size` counts a set, this is {}", self.name_of(other.ty));
                    Err(self.fault(e.id, FaultCode::Type, &cause, None))
                }
            },
            ("timestamp", None, [text]) => self.timestamp(text, span),
            ("duration", None, [text]) => self.duration(text, span),
            (_, Some(target), [arg]) if text_test(name).is_some() => {
                self.text_test(e.id, span, name, target, arg)
            }
            (_, None, [a, b]) if comparison(name).is_some() => self.compare(e.id, span, name, a, b),
            (_, None, [a, b]) if arithmetic(name).is_some() => self.arithmetic(e.id, span, name, a, b),
            (operators::NEGATE, None, [a]) => {
                let a = self.expr(a)?;
                let (zero, ty) = match a.ty {
                    Type::Int => (Kind::Int(0), Type::Int),
                    Type::Double => (Kind::Double(0.0), Type::Double),
                    other => {
                        let cause = format!("`-` needs a number, this is {}", self.name_of(other));
                        return Err(self.fault(e.id, FaultCode::Type, &cause, None));
                    }
                };
                let zero = Typed { span, ty, kind: zero };
                Ok(Typed { span, ty, kind: Kind::Arith(Arith::Sub, Box::new(zero), Box::new(a)) })
            }
            _ => Err(self.not_supported(e.id, &format!("`{}`", name.replace(HAS, "has")))),
        }
    }

    fn condition(&mut self, e: &IdedExpr) -> Checked {
        let typed = self.expr(e)?;
        if typed.ty == Type::Bool {
            return Ok(typed);
        }
        let cause = format!("a condition is needed here, this is {}", self.name_of(typed.ty));
        Err(self.fault_at(typed.span, FaultCode::Type, &cause, None))
    }

    /// The operands of a chain of the same operator, flattened.
    fn conditions(&mut self, args: &[IdedExpr], operator: &str) -> Result<Vec<Typed>, Box<Fault>> {
        let mut flat = Vec::new();
        for arg in args {
            match &arg.expr {
                Expr::Call(inner) if inner.func_name == operator && inner.target.is_none() => {
                    flat.extend(self.conditions(&inner.args, operator)?);
                }
                _ => flat.push(self.condition(arg)?),
            }
        }
        Ok(flat)
    }

    fn has(&mut self, field: &IdedExpr, span: Span) -> Checked {
        match self.expr(field)? {
            Typed { kind: Kind::Field(id), .. } => Ok(Typed { span, ty: Type::Bool, kind: Kind::Has(id) }),
            other => Err(self.fault_at(other.span, FaultCode::Type, "`has` asks for a field", None)),
        }
    }

    fn membership(&mut self, id: u64, span: Span, a: &IdedExpr, list: &IdedExpr) -> Checked {
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

    fn codes(&self, field: FieldId) -> u16 {
        let count = self.profile.field(field).map_or(0, |f| f.kind.codes().len());
        u16::try_from(count).unwrap_or(u16::MAX)
    }

    /// Reads a text literal as a code of the list that it stands beside, and a whole number as a number.
    fn as_type(&self, typed: Typed, wanted: Type) -> Checked {
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
    fn unlike(&self, id: u64, a: Type, b: Type) -> Box<Fault> {
        let cause = format!("{} and {} cannot be compared or mixed", self.name_of(a), self.name_of(b));
        self.fault(id, FaultCode::Type, &cause, None)
    }

    fn compare(&mut self, id: u64, span: Span, name: &str, a: &IdedExpr, b: &IdedExpr) -> Checked {
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

    fn arithmetic(&mut self, id: u64, span: Span, name: &str, a: &IdedExpr, b: &IdedExpr) -> Checked {
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

    fn text_test(&mut self, id: u64, span: Span, name: &str, target: &IdedExpr, arg: &IdedExpr) -> Checked {
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
    fn timestamp(&mut self, arg: &IdedExpr, span: Span) -> Checked {
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
    fn duration(&mut self, arg: &IdedExpr, span: Span) -> Checked {
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
    fn members(&mut self, id: u64, span: Span, c: &ComprehensionExpr) -> Checked {
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

    /// The value of a condition in which only constants occur.
    fn constant(&self, typed: &Typed) -> Option<bool> {
        match &typed.kind {
            Kind::Bool(b) => Some(*b),
            Kind::Not(a) => self.constant(a).map(|b| !b),
            Kind::And(all) => all.iter().map(|t| self.constant(t)).try_fold(true, |a, b| Some(a & b?)),
            Kind::Or(any) => any.iter().map(|t| self.constant(t)).try_fold(false, |a, b| Some(a | b?)),
            Kind::Compare(cmp, a, b) => match (&a.kind, &b.kind) {
                (Kind::Code(x), Kind::Code(y)) => Some(cmp.holds(x, y)),
                (Kind::Int(x), Kind::Int(y)) => Some(cmp.holds(x, y)),
                (Kind::Text(x), Kind::Text(y)) => Some(cmp.holds(x, y)),
                _ => None,
            },
            Kind::In(a, list) => match &a.kind {
                Kind::Code(x) => Some(list.iter().any(|m| matches!(m.kind, Kind::Code(y) if y == *x))),
                _ => None,
            },
            Kind::Test(test, a, needle) => match (&a.kind, a.ty) {
                (Kind::Code(x), Type::Code(field)) => {
                    let codes = self.profile.field(field).map(|f| f.kind.codes()).unwrap_or_default();
                    codes.get(usize::from(*x) - 1).map(|c| test.holds(&c.code, needle))
                }
                (Kind::Text(t), _) => Some(test.holds(t, needle)),
                _ => None,
            },
            _ => None,
        }
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

fn comparison(name: &str) -> Option<Cmp> {
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

fn arithmetic(name: &str) -> Option<Arith> {
    Some(match name {
        operators::ADD => Arith::Add,
        operators::SUBSTRACT => Arith::Sub,
        operators::MULTIPLY => Arith::Mul,
        operators::DIVIDE => Arith::Div,
        operators::MODULO => Arith::Rem,
        _ => return None,
    })
}

fn text_test(name: &str) -> Option<TextTest> {
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

/// The known name that is most like a wrong one, if any is alike at all.
fn nearest<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(wrong.chars().count()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}
