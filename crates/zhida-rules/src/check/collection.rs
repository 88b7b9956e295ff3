//! Sets, lists and the macros over them. What a macro asks is asked of each code of the list here and now, so that
//! nothing has to be looped over when rows are evaluated.

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

use super::{Checked, Checker};
use crate::constant::Value;
use crate::fault::{Fault, FaultCode, Span};
use crate::profile::FieldId;
use crate::typed::{Arith, Cmp, Kind, Quantifier, Type, Typed};

/// More parts than this and a macro is refused: lists in macros multiply.
const MAX_PARTS: usize = 20_000;

/// What a macro goes over.
struct Collection {
    /// The set field, if the members are still some of its codes: which of them are let through.
    codes: Option<(FieldId, Vec<bool>)>,
    /// The members; for a set field one for each code of its list.
    elements: Vec<Element>,
    /// Conditions that must be known for the whole to be: those of `filter` and `map`, which absorb nothing.
    strict: Vec<Typed>,
    /// That the set itself is known: what asks for codes of it says so by itself, everything else has to add it.
    source: Option<Typed>,
}

impl Collection {
    /// What must be known where the members are not asked for as codes of the set.
    fn all_strict(&mut self) -> Vec<Typed> {
        self.strict.extend(self.source.take());
        std::mem::take(&mut self.strict)
    }
}

struct Element {
    /// When the element is there; `None` for always.
    there: Option<Typed>,
    value: Typed,
}

/// The macros, as the parser has written them out.
enum Macro<'a> {
    Quantified(Quantifier, &'a IdedExpr),
    Filter(&'a IdedExpr),
    Map(Option<&'a IdedExpr>, &'a IdedExpr),
}

impl Checker<'_> {
    pub(super) fn membership(&mut self, id: u64, span: Span, a: &IdedExpr, list: &IdedExpr) -> Checked {
        let value = self.expr(a)?;
        let mut collection = self.collection(list)?;
        if let Some((field, mask)) = &collection.codes {
            let member = self.as_type(value, Type::Code(*field))?;
            let Kind::Code(position) = member.kind else {
                return Err(self.unlike(id, Type::Code(*field), member.ty));
            };
            let only: Vec<bool> = mask.iter().enumerate().map(|(p, on)| p == position && *on).collect();
            let kind = Kind::Members(*field, Quantifier::Any, only);
            return Ok(strictly(collection.strict, Typed::condition(span, kind)));
        }
        let of = collection.elements.first().map_or(value.ty, |e| e.value.ty);
        let value = self.as_type(value, of)?;
        let mut members = Vec::new();
        for element in &collection.elements {
            let member = self.as_type(element.value.clone(), value.ty)?;
            let numbers = |ty| matches!(ty, Type::Int | Type::Double);
            if member.ty != value.ty && !(numbers(member.ty) && numbers(value.ty)) {
                return Err(self.fault_at(
                    member.span,
                    FaultCode::Type,
                    &format!(
                        "{} and {} cannot be compared or mixed",
                        self.name_of(value.ty),
                        self.name_of(member.ty)
                    ),
                    None,
                ));
            }
            members.push(member);
        }
        let plain = collection.elements.iter().all(|e| e.there.is_none())
            && members.iter().all(|m| m.kind.is_literal() && m.ty == value.ty)
            && matches!(value.kind, Kind::Field(_) | Kind::Code(_) | Kind::Int(_));
        let strict = collection.all_strict();
        let found = if plain {
            Typed::condition(span, Kind::In(Box::new(value), members))
        } else {
            let mut any = Vec::new();
            for (element, member) in collection.elements.into_iter().zip(members) {
                let same = self.compared(id, span, Cmp::Eq, value.clone(), member)?;
                any.push(and(element.there, same));
            }
            // CEL looks the value up even in an empty list, so a missing value stays missing.
            any.push(and_never(&value, span));
            Typed::condition(span, Kind::Or(any))
        };
        Ok(strictly(strict, found))
    }

    /// `size(x)`
    pub(super) fn size(&mut self, span: Span, value: &IdedExpr) -> Checked {
        let whole = |kind| Typed { span, ty: Type::Int, kind };
        if !matches!(value.expr, Expr::List(_) | Expr::Comprehension(_)) {
            return match self.expr(value)? {
                Typed { ty: Type::Set(id), .. } => Ok(whole(Kind::Size(id))),
                Typed { ty: Type::Text, kind: Kind::Field(id), .. } => Ok(whole(Kind::Length(id))),
                other => {
                    let cause = format!("`size` counts a set, this is {}", self.name_of(other.ty));
                    Err(self.fault_at(other.span, FaultCode::Type, &cause, None))
                }
            };
        }
        let mut collection = self.collection(value)?;
        let strict = collection.all_strict();
        let conditions = collection.elements.into_iter().map(|e| e.there).collect::<Vec<_>>();
        let total = self.count(span, conditions)?;
        Ok(strictly(strict, total))
    }

    /// How many of the conditions hold; `None` always does.
    fn count(&self, span: Span, conditions: Vec<Option<Typed>>) -> Checked {
        let whole = |n| Typed { span, ty: Type::Int, kind: Kind::Int(n) };
        let mut total = whole(0);
        if conditions.len() > usize::from(super::MAX_DEPTH) * 16 {
            return Err(self.too_large(span));
        }
        for condition in conditions {
            let one = match condition {
                None => whole(1),
                Some(c) => Typed { span, ty: Type::Int, kind: Kind::If(Box::new([c, whole(1), whole(0)])) },
            };
            total =
                Typed { span, ty: Type::Int, kind: Kind::Arith(Arith::Add, Box::new(total), Box::new(one)) };
        }
        Ok(total)
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the error of `Checked`, which is boxed because it is large"
    )]
    fn too_large(&self, span: Span) -> Box<Fault> {
        let cause = "not supported: a macro over so many members with a condition on other fields";
        self.fault_at(span, FaultCode::NotSupported, cause, None)
    }

    /// `set.exists(x, …)`, `all`, `exists_one`
    pub(super) fn quantified(&mut self, id: u64, span: Span, c: &ComprehensionExpr) -> Checked {
        let Some(Macro::Quantified(quantifier, body)) = recognise(c) else {
            return Err(
                self.not_supported(id, "`map` and `filter` except before another macro, `in` or `size`")
            );
        };
        let mut collection = self.collection(&c.iter_range)?;
        let bodies = self.bodies(&c.iter_var, &collection, body)?;
        if let Some(typed) = bodies.iter().find(|t| t.ty != Type::Bool) {
            let cause = format!("a condition is needed here, this is {}", self.name_of(typed.ty));
            return Err(self.fault_at(typed.span, FaultCode::Type, &cause, None));
        }
        let decided: Option<Vec<bool>> = bodies.iter().map(|t| self.constant(t)).collect();
        if let (Some((field, there)), Some(flags)) = (&collection.codes, &decided) {
            let passing = |wanted: bool| -> Vec<bool> {
                there.iter().zip(flags).map(|(there, flag)| *there && *flag == wanted).collect()
            };
            let kind = match quantifier {
                Quantifier::All => {
                    // All that are let through pass: none of them is a code that fails.
                    let failing = passing(false);
                    Kind::Members(*field, Quantifier::All, failing.into_iter().map(|f| !f).collect())
                }
                other => Kind::Members(*field, other, passing(true)),
            };
            return Ok(strictly(collection.strict, Typed::condition(span, kind)));
        }
        let strict = collection.all_strict();
        let parts = collection.elements.into_iter().zip(bodies);
        let kind = match quantifier {
            Quantifier::Any => Kind::Or(parts.map(|(e, body)| and(e.there, body)).collect()),
            Quantifier::All => Kind::And(parts.map(|(e, body)| implies(e.there, body)).collect()),
            Quantifier::One => {
                let conditions = parts.map(|(e, body)| Some(guarded(e.there, body))).collect();
                let one = Typed { span, ty: Type::Int, kind: Kind::Int(1) };
                Kind::Compare(Cmp::Eq, Box::new(self.count(span, conditions)?), Box::new(one))
            }
        };
        Ok(strictly(strict, Typed::condition(span, kind)))
    }

    /// The macro's expression for each member.
    fn bodies(
        &mut self,
        variable: &str,
        collection: &Collection,
        body: &IdedExpr,
    ) -> Result<Vec<Typed>, Box<Fault>> {
        let mut bodies = Vec::with_capacity(collection.elements.len());
        for element in &collection.elements {
            self.members.push((variable.to_owned(), element.value.clone()));
            let typed = self.expr(body);
            self.members.pop();
            bodies.push(typed?);
            self.parts += 1;
            if self.parts > MAX_PARTS {
                return Err(self.too_large(self.span(body)));
            }
        }
        Ok(bodies)
    }

    fn collection(&mut self, e: &IdedExpr) -> Result<Collection, Box<Fault>> {
        if let Some(Ok(Value::List(items))) = self.constant_value(e) {
            return self.constants(e, items);
        }
        match &e.expr {
            Expr::List(list) => {
                let values =
                    list.elements.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?;
                let elements = values.into_iter().map(|value| Element { there: None, value }).collect();
                Ok(Collection { codes: None, elements, strict: Vec::new(), source: None })
            }
            Expr::Comprehension(c) => self.derived(e.id, c),
            _ => {
                let set = self.expr(e)?;
                let Type::Set(field) = set.ty else {
                    let cause = format!("a set or a list is needed here, this is {}", self.name_of(set.ty));
                    return Err(self.fault_at(set.span, FaultCode::Type, &cause, None));
                };
                let codes = self.profile.field(field).map_or(0, |f| f.kind.codes().len());
                let element = |position| {
                    let only = (0..codes).map(|p| p == position).collect();
                    let there = Kind::Members(field, Quantifier::Any, only);
                    let value = Typed { span: set.span, ty: Type::Code(field), kind: Kind::Code(position) };
                    Element { there: Some(Typed::condition(set.span, there)), value }
                };
                Ok(Collection {
                    codes: Some((field, vec![true; codes])),
                    elements: (0..codes).map(element).collect(),
                    strict: Vec::new(),
                    source: Some(known(&set)),
                })
            }
        }
    }

    fn constants(&mut self, e: &IdedExpr, items: Vec<Value>) -> Result<Collection, Box<Fault>> {
        // The places of the members, where the list stands in the text as it is.
        let places: Vec<&IdedExpr> = match &e.expr {
            Expr::List(list) if list.elements.len() == items.len() => list.elements.iter().collect(),
            _ => Vec::new(),
        };
        let mut elements = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let place = places.get(at).copied().unwrap_or(e);
            let value = self.folded(place, self.span(place), Ok(item))?;
            elements.push(Element { there: None, value });
        }
        Ok(Collection { codes: None, elements, strict: Vec::new(), source: None })
    }

    /// `filter` and `map`
    fn derived(&mut self, id: u64, c: &ComprehensionExpr) -> Result<Collection, Box<Fault>> {
        let mut collection = self.collection(&c.iter_range)?;
        let (condition, item) = match recognise(c) {
            Some(Macro::Filter(condition)) => (Some(condition), None),
            Some(Macro::Map(condition, item)) => (condition, Some(item)),
            _ => return Err(self.not_supported(id, "this macro as a list")),
        };
        if let Some(condition) = condition {
            let bodies = self.bodies(&c.iter_var, &collection, condition)?;
            if let Some(typed) = bodies.iter().find(|t| t.ty != Type::Bool) {
                let cause = format!("a condition is needed here, this is {}", self.name_of(typed.ty));
                return Err(self.fault_at(typed.span, FaultCode::Type, &cause, None));
            }
            let flags: Option<Vec<bool>> = bodies.iter().map(|t| self.constant(t)).collect();
            match (&mut collection.codes, flags) {
                (Some((_, there)), Some(flags)) => {
                    there.iter_mut().zip(flags).for_each(|(there, flag)| *there &= flag);
                }
                (codes, _) => *codes = None,
            }
            for (element, body) in collection.elements.iter_mut().zip(bodies) {
                if self.constant(&body).is_none() {
                    collection.strict.push(implies(element.there.clone(), body.clone()));
                }
                element.there = Some(and(element.there.take(), body));
            }
        }
        if let Some(item) = item {
            let values = self.bodies(&c.iter_var, &collection, item)?;
            collection.codes = None;
            for (element, value) in collection.elements.iter_mut().zip(values) {
                if !value.kind.is_literal() {
                    let known = known(&value);
                    collection.strict.push(implies(element.there.clone(), known));
                }
                element.value = value;
            }
        }
        Ok(collection)
    }
}

fn recognise(c: &ComprehensionExpr) -> Option<Macro<'_>> {
    let step = as_call(&c.loop_step)?;
    match (&c.accu_init.expr, step.func_name.as_str(), step.args.as_slice()) {
        (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_OR, [_, body]) => {
            Some(Macro::Quantified(Quantifier::Any, body))
        }
        (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_AND, [_, body]) => {
            Some(Macro::Quantified(Quantifier::All, body))
        }
        (Expr::Literal(LiteralValue::Int(_)), operators::CONDITIONAL, [body, ..]) => {
            Some(Macro::Quantified(Quantifier::One, body))
        }
        (Expr::List(_), operators::CONDITIONAL, [condition, added, _]) => {
            let item = added_item(as_call(added)?)?;
            let same = matches!(&item.expr, Expr::Ident(name) if *name == c.iter_var);
            Some(if same { Macro::Filter(condition) } else { Macro::Map(Some(condition), item) })
        }
        (Expr::List(_), operators::ADD, _) => Some(Macro::Map(None, added_item(step)?)),
        _ => None,
    }
}

fn as_call(e: &IdedExpr) -> Option<&CallExpr> {
    if let Expr::Call(call) = &e.expr { Some(call) } else { None }
}

/// The item of `@result + [item]`.
fn added_item(add: &CallExpr) -> Option<&IdedExpr> {
    match add.args.as_slice() {
        [_, IdedExpr { expr: Expr::List(list), .. }] => list.elements.first(),
        _ => None,
    }
}

fn and(there: Option<Typed>, body: Typed) -> Typed {
    match there {
        None => body,
        Some(there) => Typed::condition(body.span, Kind::And(vec![there, body])),
    }
}

fn implies(there: Option<Typed>, body: Typed) -> Typed {
    match there {
        None => body,
        Some(there) => {
            let absent = Typed::condition(there.span, Kind::Not(Box::new(there)));
            Typed::condition(body.span, Kind::Or(vec![absent, body]))
        }
    }
}

/// The body where the element is there, false where it is not; unknown where either is.
fn guarded(there: Option<Typed>, body: Typed) -> Typed {
    match there {
        None => body,
        Some(there) => {
            let no = Typed::condition(body.span, Kind::Bool(false));
            Typed::condition(body.span, Kind::If(Box::new([there, body, no])))
        }
    }
}

/// A condition that is true where the value is known, and unknown where it is not.
fn known(value: &Typed) -> Typed {
    let condition = |kind| Typed::condition(value.span, kind);
    let same = match &value.kind {
        Kind::Field(id) => {
            let missing = Kind::Failing("the field is missing".to_owned());
            Kind::If(Box::new([condition(Kind::Has(*id)), condition(Kind::Bool(true)), condition(missing)]))
        }
        kind if kind.is_literal() => Kind::Bool(true),
        _ if value.ty == Type::Bool => {
            Kind::Or(vec![value.clone(), condition(Kind::Not(Box::new(value.clone())))])
        }
        _ => Kind::Compare(Cmp::Eq, Box::new(value.clone()), Box::new(value.clone())),
    };
    condition(same)
}

/// A condition that is false where the value is known, and unknown where it is not.
fn and_never(value: &Typed, span: Span) -> Typed {
    Typed::condition(span, Kind::Not(Box::new(known(value))))
}

/// The same, but unknown where one of the conditions is.
fn strictly(conditions: Vec<Typed>, typed: Typed) -> Typed {
    if conditions.is_empty() {
        return typed;
    }
    let (span, ty) = (typed.span, typed.ty);
    let all = Typed::condition(span, Kind::And(conditions.iter().map(known).collect()));
    // `all` is never false, so what would stand there then does not matter.
    let never = if ty == Type::Bool { Kind::Bool(false) } else { Kind::Int(0) };
    Typed { span, ty, kind: Kind::If(Box::new([all, typed, Typed { span, ty, kind: never }])) }
}

impl Kind {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Bool(_) | Self::Int(_) | Self::Double(_) | Self::Text(_) | Self::Code(_))
    }
}
