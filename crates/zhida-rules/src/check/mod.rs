//! From CEL's tree to a typed rule, or to a fault with its place.

mod collection;
mod meaning;
mod source;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;

use meaning::text_test;
pub(crate) use meaning::{arithmetic, comparison, pattern};
use source::{name_has, nesting, offset, span_end};

use crate::constant::time::Part;
use crate::constant::{Failure, Value, World};
use crate::fault::{Fault, FaultCode, Span};
use crate::params::{At, ParamValue, Params};
use crate::profile::{FieldId, FieldKind, Profile};
use crate::typed::{Kind, Type, Typed};

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
    /// The variables of the macros that the part stands in, the innermost last.
    members: Vec<(String, Typed)>,
    /// How many conditions macros have been written out to.
    parts: usize,
}

type Checked = Result<Typed, Box<Fault>>;

/// Parses and checks one rule.
pub(crate) fn check(rule: &str, text: &str, profile: &Profile, params: &Params, at: &At) -> Checked {
    let typed = expression(rule, text, profile, params, at)?;
    if typed.ty == Type::Bool {
        return Ok(typed);
    }
    let checker = Checker::new(rule, text, profile, params, at);
    let cause = format!("a rule is a condition, this is {}", checker.name_of(typed.ty));
    Err(checker.fault_at(typed.span, FaultCode::Type, &cause, None))
}

/// Parses and checks an expression of any type.
pub(crate) fn expression(rule: &str, text: &str, profile: &Profile, params: &Params, at: &At) -> Checked {
    let mut checker = Checker::new(rule, text, profile, params, at);
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
    // A rule that fails whatever the facts are is unknown for everybody, whichever of its parts fails.
    if let Some(Err(Failure::Error(cause))) = checker.constant_value(&tree) {
        return Ok(Typed::condition(checker.span(&tree), Kind::Failing(cause)));
    }
    checker.expr(&tree)
}

impl<'a> Checker<'a> {
    fn new(rule: &'a str, text: &'a str, profile: &'a Profile, params: &'a Params, at: &'a At) -> Self {
        let source = SourceInfo::default();
        Self { rule, text, profile, params, at, source, members: Vec::new(), parts: 0 }
    }
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

    /// A part that mentions no field has one value, worked out here.
    fn constant_value(&self, e: &IdedExpr) -> Option<Result<Value, Failure>> {
        let world = World { params: self.params, at: self.at, has: HAS };
        world.is_constant(e).then(|| world.value(e))
    }

    fn expr(&mut self, e: &IdedExpr) -> Checked {
        let span = self.span(e);
        if let Some(value) = self.constant_value(e) {
            return self.folded(e, span, value);
        }
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
            Expr::Comprehension(c) => self.quantified(e.id, span, c),
            Expr::List(_) => {
                Err(self.not_supported(e.id, "a list except behind `in`, in `size` or before a macro"))
            }
            _ => Err(self.not_supported(e.id, "maps and messages")),
        }
    }

    fn folded(&self, e: &IdedExpr, span: Span, value: Result<Value, Failure>) -> Checked {
        let done = |ty, kind| Ok(Typed { span, ty, kind });
        match value {
            Ok(Value::Bool(b)) => done(Type::Bool, Kind::Bool(b)),
            Ok(Value::Int(n)) => done(Type::Int, Kind::Int(n)),
            Ok(Value::Double(x)) => done(Type::Double, Kind::Double(x)),
            Ok(Value::Text(t)) => done(Type::Text, Kind::Text(t)),
            Ok(Value::Timestamp(t)) if t.timestamp_subsec_nanos() == 0 => {
                done(Type::Timestamp, Kind::Int(t.timestamp()))
            }
            Ok(Value::Duration(d)) if d.subsec_nanos() == 0 => {
                done(Type::Duration, Kind::Int(d.num_seconds()))
            }
            Ok(Value::Null) => Err(self.not_supported(e.id, "`null`; ask with `has(field)`")),
            Ok(other) => {
                Err(self
                    .not_supported(e.id, &format!("a value of type `{}` beside fields", other.type_name())))
            }
            Err(Failure::NotSupported(what)) => Err(self.not_supported(e.id, &what)),
            Err(Failure::Error(cause)) if is_condition(&e.expr) => done(Type::Bool, Kind::Failing(cause)),
            Err(Failure::Error(cause)) => {
                Err(self.fault(e.id, FaultCode::Type, &format!("this always fails: {cause}"), None))
            }
        }
    }

    fn ident(&self, id: u64, span: Span, name: &str) -> Checked {
        if let Some((_, value)) = self.members.iter().rev().find(|(member, _)| member == name) {
            return Ok(Typed { span, ..value.clone() });
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
            ("size", None, [value]) | ("size", Some(value), []) => self.size(span, value),
            ("int" | "double", None, [value]) => self.convert(e.id, span, name, value),
            ("dyn", None, [value]) => self.expr(value),
            (_, Some(date), []) if Part::named(name).is_some() => self.part(e.id, span, name, date),
            (_, Some(target), [arg]) if text_test(name).is_some() => {
                self.text_test(e.id, span, name, target, arg)
            }
            (_, None, [a, b]) if comparison(name).is_some() => self.compare(e.id, span, name, a, b),
            (_, None, [a, b]) if arithmetic(name).is_some() => self.arithmetic(e.id, span, name, a, b),
            (operators::NEGATE, None, [a]) => self.negated(span, a),
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

    /// The value of a condition in which only constants occur, such as the variable of a macro over a list of codes.
    fn constant(&self, typed: &Typed) -> Option<bool> {
        match &typed.kind {
            Kind::Bool(b) => Some(*b),
            Kind::Not(a) => self.constant(a).map(|b| !b),
            Kind::And(all) => all.iter().map(|t| self.constant(t)).try_fold(true, |a, b| Some(a & b?)),
            Kind::Or(any) => any.iter().map(|t| self.constant(t)).try_fold(false, |a, b| Some(a | b?)),
            Kind::If(parts) => {
                let [c, a, b] = parts.as_ref();
                if self.constant(c)? { self.constant(a) } else { self.constant(b) }
            }
            Kind::Compare(cmp, a, b) => match (&a.kind, &b.kind) {
                (Kind::Code(x), Kind::Code(y)) if a.ty == b.ty => Some(cmp.holds(x, y)),
                (Kind::Int(x), Kind::Int(y)) => Some(cmp.holds(x, y)),
                (Kind::Double(x), Kind::Double(y)) => Some(cmp.holds(x, y)),
                (Kind::Text(x), Kind::Text(y)) => Some(cmp.holds(x, y)),
                _ => None,
            },
            Kind::In(a, list) => match &a.kind {
                Kind::Code(x) => Some(list.iter().any(|m| matches!(m.kind, Kind::Code(y) if y == *x))),
                Kind::Int(x) => Some(list.iter().any(|m| matches!(m.kind, Kind::Int(y) if y == *x))),
                _ => None,
            },
            Kind::Test(test, a, needle) => match (&a.kind, a.ty) {
                (Kind::Code(x), Type::Code(field)) => {
                    let codes = self.profile.field(field).map(|f| f.kind.codes()).unwrap_or_default();
                    codes.get(*x).map(|c| test.holds(&c.code, needle))
                }
                (Kind::Text(t), _) => Some(test.holds(t, needle)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether an expression that failed would have been a condition.
fn is_condition(e: &Expr) -> bool {
    match e {
        Expr::Call(call) => match call.func_name.as_str() {
            operators::CONDITIONAL => call.args.get(1).is_some_and(|a| is_condition(&a.expr)),
            operators::INDEX
            | operators::NEGATE
            | "size"
            | "dyn"
            | "int"
            | "uint"
            | "double"
            | "string"
            | "bytes"
            | "timestamp"
            | "duration"
            | "type" => false,
            name => arithmetic(name).is_none() && Part::named(name).is_none(),
        },
        Expr::Comprehension(c) => matches!(c.accu_init.expr, Expr::Literal(_)),
        Expr::Literal(LiteralValue::Boolean(_)) => true,
        _ => false,
    }
}

/// The known name that is most like a wrong one, if any is alike at all.
fn nearest<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(wrong.chars().count()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}
