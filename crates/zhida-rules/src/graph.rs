//! All rules as one graph in which equal parts are one node. There is no *or* and no *not*: a reference to a node may be
//! negated, and `a || b` is `!(!a && !b)`, which holds in three values as well.

use std::collections::BTreeMap;

use crate::constant::time::Part;
use crate::profile::{FieldId, FieldKind, Profile};
use crate::ranges::Ranges;
use crate::typed::{Arith, Cmp, Kind, Quantifier, TextTest, Type, Typed};

/// A node, or its negation; a node's parts stand before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) node: usize,
    pub(crate) not: bool,
}

impl Edge {
    fn negated(self) -> Self {
        Self { not: !self.not, ..self }
    }
}

/// A condition. Numbers of type `double` by their bits, so that nodes can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    True,
    /// Never known.
    Unknown,
    Has(FieldId),
    /// A whole number, day, code or yes-or-no within ranges.
    Within(FieldId, Ranges),
    /// A text that is one of these.
    Text(FieldId, Vec<String>),
    TextTest(FieldId, TextTest, String),
    TextOrder(FieldId, Cmp, String),
    Double(FieldId, Cmp, u64),
    /// A member of the set is one of these codes.
    Any(FieldId, Vec<usize>),
    /// Exactly one member of the set is one of these codes.
    One(FieldId, Vec<usize>),
    And(Vec<Edge>),
    If(Edge, Edge, Edge),
    /// Two conditions with the same value.
    Same(Edge, Edge),
    Compare(Cmp, Value, Value),
}

/// A number that is computed for each row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Int(i64),
    Double(u64),
    /// A field; `scale` turns days into seconds.
    Field(FieldId, i64),
    DoubleField(FieldId),
    Size(FieldId),
    Length(FieldId),
    Part(Part, FieldId),
    Arith(Arith, Box<Self>, Box<Self>),
    ToInt(Box<Self>),
    ToDouble(Box<Self>),
    If(Edge, Box<Self>, Box<Self>),
}

impl Value {
    /// Whether it is of type `double`.
    pub(crate) fn is_double(&self) -> bool {
        match self {
            Self::Double(_) | Self::DoubleField(_) | Self::ToDouble(_) => true,
            Self::Arith(_, a, _) | Self::If(_, a, _) => a.is_double(),
            Self::Int(_)
            | Self::Field(..)
            | Self::Size(_)
            | Self::Length(_)
            | Self::Part(..)
            | Self::ToInt(_) => false,
        }
    }

    fn edges(&self, out: &mut Vec<Edge>) {
        match self {
            Self::Arith(_, a, b) => {
                a.edges(out);
                b.edges(out);
            }
            Self::ToInt(a) | Self::ToDouble(a) => a.edges(out),
            Self::If(c, a, b) => {
                out.push(*c);
                a.edges(out);
                b.edges(out);
            }
            _ => {}
        }
    }

    fn fields(&self, out: &mut Vec<FieldId>) {
        match self {
            Self::Field(id, _)
            | Self::DoubleField(id)
            | Self::Size(id)
            | Self::Length(id)
            | Self::Part(_, id) => {
                out.push(*id);
            }
            Self::Arith(_, a, b) | Self::If(_, a, b) => {
                a.fields(out);
                b.fields(out);
            }
            Self::ToInt(a) | Self::ToDouble(a) => a.fields(out),
            Self::Int(_) | Self::Double(_) => {}
        }
    }
}

impl Node {
    /// The nodes that have to be evaluated before this one.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut out = Vec::new();
        match self {
            Self::And(parts) => out.clone_from(parts),
            Self::If(c, a, b) => out.extend([*c, *a, *b]),
            Self::Same(a, b) => out.extend([*a, *b]),
            Self::Compare(_, a, b) => {
                a.edges(&mut out);
                b.edges(&mut out);
            }
            _ => {}
        }
        out
    }

    /// The fields that the node itself looks at.
    pub(crate) fn fields(&self) -> Vec<FieldId> {
        match self {
            Self::Has(id)
            | Self::Within(id, _)
            | Self::Text(id, _)
            | Self::TextTest(id, ..)
            | Self::TextOrder(id, ..)
            | Self::Double(id, ..)
            | Self::Any(id, _)
            | Self::One(id, _) => vec![*id],
            Self::Compare(_, a, b) => {
                let mut out = Vec::new();
                a.fields(&mut out);
                b.fields(&mut out);
                out
            }
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    index: BTreeMap<Node, usize>,
}

impl Graph {
    fn node(&mut self, node: Node) -> Edge {
        if let Some(at) = self.index.get(&node) {
            return Edge { node: *at, not: false };
        }
        let at = self.nodes.len();
        self.nodes.push(node.clone());
        self.index.insert(node, at);
        Edge { node: at, not: false }
    }

    fn bool(&mut self, b: bool) -> Edge {
        Edge { not: !b, ..self.node(Node::True) }
    }

    /// Ranges and what they leave out are one node, seen from two sides.
    fn within(&mut self, id: FieldId, ranges: Ranges) -> Edge {
        let from_below = ranges.parts().first().is_some_and(|(low, _)| *low == i64::MIN);
        if from_below {
            self.node(Node::Within(id, ranges.complement())).negated()
        } else {
            self.node(Node::Within(id, ranges))
        }
    }

    /// Adds a condition and gives its place.
    pub(crate) fn condition(&mut self, profile: &Profile, typed: &Typed) -> Edge {
        match &typed.kind {
            Kind::Bool(b) => self.bool(*b),
            Kind::Field(id) => self.within(*id, Ranges::span(1, 1)),
            Kind::Has(id) => self.node(Node::Has(*id)),
            Kind::And(parts) => {
                let parts = parts.iter().map(|p| self.condition(profile, p)).collect();
                self.and(parts)
            }
            Kind::Or(parts) => {
                let parts = parts.iter().map(|p| self.condition(profile, p).negated()).collect();
                self.and(parts).negated()
            }
            Kind::Not(a) => self.condition(profile, a).negated(),
            Kind::If(parts) => {
                let [c, a, b] = parts.as_ref();
                let [c, a, b] = [c, a, b].map(|part| self.condition(profile, part));
                match self.nodes.get(c.node) {
                    Some(Node::True) => {
                        if c.not {
                            b
                        } else {
                            a
                        }
                    }
                    _ => self.node(Node::If(c, a, b)),
                }
            }
            Kind::Compare(cmp, a, b) => self.comparison(profile, *cmp, a, b),
            Kind::In(a, list) => self.listed(profile, a, list),
            Kind::Members(id, quantifier, mask) => {
                let codes = |wanted: bool| -> Vec<usize> {
                    mask.iter().enumerate().filter(|(_, on)| **on == wanted).map(|(at, _)| at).collect()
                };
                match quantifier {
                    Quantifier::Any => self.node(Node::Any(*id, codes(true))),
                    Quantifier::All => self.node(Node::Any(*id, codes(false))).negated(),
                    Quantifier::One => self.node(Node::One(*id, codes(true))),
                }
            }
            Kind::Test(test, a, needle) => match (&a.kind, a.ty) {
                (Kind::Field(id), Type::Code(_)) => {
                    let codes = profile.field(*id).map(|f| f.kind.codes()).unwrap_or_default();
                    let pattern = test.prepared(needle);
                    self.within(*id, Ranges::flags(codes.iter().map(|c| pattern.holds(&c.code))))
                }
                (Kind::Field(id), _) => self.node(Node::TextTest(*id, *test, needle.clone())),
                (Kind::Text(text), _) => self.bool(test.prepared(needle).holds(text)),
                (Kind::Code(at), Type::Code(id)) => {
                    let codes = profile.field(id).map(|f| f.kind.codes()).unwrap_or_default();
                    let holds = codes.get(*at).is_some_and(|c| test.prepared(needle).holds(&c.code));
                    self.bool(holds)
                }
                _ => self.node(Node::Unknown),
            },
            // The checker gives conditions only to those above; a constant that fails is never known.
            Kind::Failing(_)
            | Kind::Int(_)
            | Kind::Double(_)
            | Kind::Text(_)
            | Kind::Code(_)
            | Kind::Size(_)
            | Kind::Length(_)
            | Kind::Part(..)
            | Kind::Convert(_)
            | Kind::Arith(..) => self.node(Node::Unknown),
        }
    }

    /// All of the conditions. What they ask of the same field becomes one question.
    fn and(&mut self, parts: Vec<Edge>) -> Edge {
        let mut edges = Vec::with_capacity(parts.len());
        let mut ranges: BTreeMap<FieldId, Ranges> = BTreeMap::new();
        let mut pending = parts;
        pending.reverse();
        while let Some(edge) = pending.pop() {
            match (self.nodes.get(edge.node), edge.not) {
                (Some(Node::True), false) => {}
                (Some(Node::True), true) => return edge,
                (Some(Node::And(inner)), false) => pending.extend(inner.iter().rev()),
                (Some(Node::Within(id, within)), not) => {
                    let within = if not { within.complement() } else { within.clone() };
                    let slot = ranges.entry(*id).or_insert_with(Ranges::all);
                    *slot = slot.intersect(&within);
                }
                _ => edges.push(edge),
            }
        }
        edges.extend(ranges.into_iter().map(|(id, ranges)| self.within(id, ranges)));
        edges.sort_unstable();
        edges.dedup();
        match edges.as_slice() {
            [] => self.bool(true),
            [only] => *only,
            _ => self.node(Node::And(edges)),
        }
    }

    fn comparison(&mut self, profile: &Profile, cmp: Cmp, a: &Typed, b: &Typed) -> Edge {
        if a.ty == Type::Bool {
            let (a, b) = (self.condition(profile, a), self.condition(profile, b));
            let same = self.node(Node::Same(Edge { not: false, ..a }, Edge { not: false, ..b }));
            return Edge { not: same.not ^ a.not ^ b.not ^ (cmp == Cmp::Ne), ..same };
        }
        if let (Kind::Text(x), Kind::Text(y)) = (&a.kind, &b.kind) {
            return self.bool(cmp.holds(x, y));
        }
        if let Some(edge) = self.against_constant(profile, cmp, a, b) {
            return edge;
        }
        if let Some(edge) = self.against_constant(profile, cmp.flip(), b, a) {
            return edge;
        }
        let (a, b) = (self.value(profile, a), self.value(profile, b));
        if cmp == Cmp::Ne {
            return self.node(Node::Compare(Cmp::Eq, a, b)).negated();
        }
        self.node(Node::Compare(cmp, a, b))
    }

    /// A field on the left and a constant on the right: the common case, decided without computing values.
    fn against_constant(&mut self, profile: &Profile, cmp: Cmp, a: &Typed, b: &Typed) -> Option<Edge> {
        if let Some((id, negative, offset)) = affine(a)
            && let Kind::Int(n) = b.kind
            && matches!(a.ty, Type::Timestamp | Type::Duration)
        {
            // offset ± days × 86,400 s against n, as a question about days.
            let (cmp, seconds) =
                if negative { (cmp.flip(), offset - i128::from(n)) } else { (cmp, i128::from(n) - offset) };
            return Some(self.within(id, days(cmp, seconds)));
        }
        let Kind::Field(id) = a.kind else { return None };
        let kind = profile.field(id).map(|f| &f.kind)?;
        Some(match (kind, &b.kind) {
            (FieldKind::Int, Kind::Int(n)) => self.within(id, Ranges::compared(cmp, i128::from(*n))),
            (FieldKind::Int, Kind::Double(x)) => self.within(id, against_double(cmp, *x)),
            (FieldKind::Code { .. }, Kind::Code(at)) => {
                let at = i64::try_from(*at).unwrap_or(i64::MAX);
                self.within(id, Ranges::compared(cmp, i128::from(at)))
            }
            (FieldKind::Double, Kind::Double(x)) => self.double(id, cmp, *x),
            (FieldKind::Text | FieldKind::Region, Kind::Text(text)) => match cmp {
                Cmp::Eq => self.node(Node::Text(id, vec![text.clone()])),
                Cmp::Ne => self.node(Node::Text(id, vec![text.clone()])).negated(),
                order => self.node(Node::TextOrder(id, order, text.clone())),
            },
            _ => return None,
        })
    }

    fn double(&mut self, id: FieldId, cmp: Cmp, x: f64) -> Edge {
        // -0 and 0 are equal, so they are one node.
        let bits = (x + 0.0).to_bits();
        match cmp {
            Cmp::Ne => self.node(Node::Double(id, Cmp::Eq, bits)).negated(),
            cmp => self.node(Node::Double(id, cmp, bits)),
        }
    }

    fn listed(&mut self, profile: &Profile, a: &Typed, list: &[Typed]) -> Edge {
        let whole = |member: &Typed| match member.kind {
            Kind::Int(n) => Some(n),
            Kind::Code(at) => i64::try_from(at).ok(),
            Kind::Bool(b) => Some(i64::from(b)),
            _ => None,
        };
        let kind = if let Kind::Field(id) = a.kind { profile.field(id).map(|f| (id, &f.kind)) } else { None };
        match kind {
            Some((id, FieldKind::Int | FieldKind::Bool | FieldKind::Code { .. })) => {
                self.within(id, Ranges::of(list.iter().filter_map(whole)))
            }
            Some((id, FieldKind::Text | FieldKind::Region)) => {
                let text = |m: &Typed| if let Kind::Text(t) = &m.kind { Some(t.clone()) } else { None };
                let mut texts: Vec<String> = list.iter().filter_map(text).collect();
                texts.sort();
                texts.dedup();
                self.node(Node::Text(id, texts))
            }
            _ => {
                let parts = list.iter().map(|m| self.comparison(profile, Cmp::Eq, a, m).negated()).collect();
                self.and(parts).negated()
            }
        }
    }

    pub(crate) fn value(&mut self, profile: &Profile, typed: &Typed) -> Value {
        match &typed.kind {
            Kind::Int(n) => Value::Int(*n),
            Kind::Double(x) => Value::Double(x.to_bits()),
            Kind::Code(at) => Value::Int(i64::try_from(*at).unwrap_or(i64::MAX)),
            Kind::Bool(b) => Value::Int(i64::from(*b)),
            Kind::Field(id) => match typed.ty {
                Type::Timestamp => Value::Field(*id, crate::check::DAY),
                Type::Double => Value::DoubleField(*id),
                _ => Value::Field(*id, 1),
            },
            Kind::Size(id) => Value::Size(*id),
            Kind::Length(id) => Value::Length(*id),
            Kind::Part(part, id) => Value::Part(*part, *id),
            Kind::Convert(inner) => {
                let value = self.value(profile, inner);
                match (typed.ty, value.is_double()) {
                    (Type::Double, false) => Value::ToDouble(Box::new(value)),
                    (Type::Int, true) => Value::ToInt(Box::new(value)),
                    _ => value,
                }
            }
            Kind::Arith(op, a, b) => {
                Value::Arith(*op, Box::new(self.value(profile, a)), Box::new(self.value(profile, b)))
            }
            Kind::If(parts) => {
                let [c, a, b] = parts.as_ref();
                Value::If(
                    self.condition(profile, c),
                    Box::new(self.value(profile, a)),
                    Box::new(self.value(profile, b)),
                )
            }
            // Conditions as values do not occur, nor do texts beyond what the checker lets through.
            _ => Value::If(self.node(Node::Unknown), Box::new(Value::Int(0)), Box::new(Value::Int(0))),
        }
    }
}

/// A date or duration that is one date field plus or minus a constant: the field, whether it is subtracted, and the
/// constant in seconds. Days are 32 bits and constants a few thousand years, so nothing here can overflow.
fn affine(typed: &Typed) -> Option<(FieldId, bool, i128)> {
    const LIMIT: i64 = 1 << 40;
    match &typed.kind {
        Kind::Field(id) if typed.ty == Type::Timestamp => Some((*id, false, 0)),
        Kind::Arith(op @ (Arith::Add | Arith::Sub), a, b) => match (affine(a), affine(b), &a.kind, &b.kind) {
            (Some((id, negative, offset)), None, _, Kind::Int(n)) if n.abs() < LIMIT => {
                let n = i128::from(*n);
                Some((id, negative, if *op == Arith::Add { offset + n } else { offset - n }))
            }
            (None, Some((id, negative, offset)), Kind::Int(n), _) if n.abs() < LIMIT => {
                let n = i128::from(*n);
                Some(if *op == Arith::Add { (id, negative, n + offset) } else { (id, !negative, n - offset) })
            }
            _ => None,
        },
        _ => None,
    }
}

/// The days whose seconds stand in a relation to `seconds`.
fn days(cmp: Cmp, seconds: i128) -> Ranges {
    let day = i128::from(crate::check::DAY);
    let floor = seconds.div_euclid(day);
    if seconds.rem_euclid(day) == 0 {
        return Ranges::compared(cmp, floor);
    }
    match cmp {
        Cmp::Eq => Ranges::default(),
        Cmp::Ne => Ranges::all(),
        Cmp::Lt | Cmp::Le => Ranges::compared(Cmp::Le, floor),
        Cmp::Gt | Cmp::Ge => Ranges::compared(Cmp::Gt, floor),
    }
}

/// The whole numbers that stand in a relation to a double.
fn against_double(cmp: Cmp, x: f64) -> Ranges {
    if x.is_nan() {
        return if cmp == Cmp::Ne { Ranges::all() } else { Ranges::default() };
    }
    let floor = crate::constant::value::whole_double(x.floor());
    match floor {
        Some(whole) if x.fract() == 0.0 => Ranges::compared(cmp, whole),
        Some(whole) => match cmp {
            Cmp::Eq => Ranges::default(),
            Cmp::Ne => Ranges::all(),
            Cmp::Lt | Cmp::Le => Ranges::compared(Cmp::Le, whole),
            Cmp::Gt | Cmp::Ge => Ranges::compared(Cmp::Gt, whole),
        },
        // Beyond every whole number of 64 bits.
        None => Ranges::compared(cmp, if x > 0.0 { i128::MAX / 2 } else { i128::MIN / 2 }),
    }
}
