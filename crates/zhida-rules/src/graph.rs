//! All rules as one graph in which equal parts are one node.

use std::collections::BTreeMap;

use crate::profile::FieldId;
use crate::typed::{Arith, Cmp, Kind, Quantifier, TextTest, Type, Typed};

/// The index of a node; its parts stand before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) usize);

/// A value that never changes. Numbers of type `double` by their bits, so that nodes can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Constant {
    Int(i64),
    Double(u64),
    Text(String),
    Code(u16),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Bool(bool),
    Has(FieldId),
    Flag(FieldId),
    And(Vec<NodeId>),
    Or(Vec<NodeId>),
    Not(NodeId),
    If(NodeId, NodeId, NodeId),
    /// A field beside a constant: the common case, decided without computing values first.
    Field(FieldId, Cmp, Constant),
    FieldIn(FieldId, Vec<Constant>),
    FieldTest(FieldId, TextTest, String),
    Members(FieldId, Quantifier, Vec<u64>),
    Compare(Cmp, Value, Value),
    ValueIn(Value, Vec<Constant>),
    /// Two conditions with the same value (`Eq`) or not (`Ne`).
    Same(bool, NodeId, NodeId),
}

/// A number, day or duration that is computed for each row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Constant(Constant),
    /// A field; `scale` turns days into seconds.
    Field(FieldId, i64),
    Size(FieldId),
    Arith(Arith, Box<Self>, Box<Self>),
    If(NodeId, Box<Self>, Box<Self>),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    index: BTreeMap<Node, NodeId>,
}

impl Graph {
    fn node(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.index.get(&node) {
            return *id;
        }
        let id = NodeId(self.nodes.len());
        self.nodes.push(node.clone());
        self.index.insert(node, id);
        id
    }

    /// Adds a condition and gives its node.
    pub(crate) fn condition(&mut self, typed: &Typed) -> NodeId {
        let node = match &typed.kind {
            Kind::Bool(b) => Node::Bool(*b),
            Kind::Field(id) => Node::Flag(*id),
            Kind::Has(id) => Node::Has(*id),
            Kind::And(parts) => Node::And(self.parts(parts)),
            Kind::Or(parts) => Node::Or(self.parts(parts)),
            Kind::Not(a) => Node::Not(self.condition(a)),
            Kind::If(parts) => {
                let [c, a, b] = parts.as_ref();
                Node::If(self.condition(c), self.condition(a), self.condition(b))
            }
            Kind::Compare(cmp, a, b) if a.ty == Type::Bool => {
                Node::Same(*cmp == Cmp::Eq, self.condition(a), self.condition(b))
            }
            Kind::Compare(cmp, a, b) => match (&a.kind, &b.kind, constant(a), constant(b)) {
                (Kind::Field(id), _, _, Some(c)) if plain(a.ty) => Node::Field(*id, *cmp, c),
                (_, Kind::Field(id), Some(c), _) if plain(b.ty) => Node::Field(*id, cmp.flip(), c),
                _ => Node::Compare(*cmp, self.value(a), self.value(b)),
            },
            Kind::In(a, list) => {
                let mut list: Vec<Constant> = list.iter().filter_map(constant).collect();
                list.sort();
                list.dedup();
                match &a.kind {
                    Kind::Field(id) if plain(a.ty) => Node::FieldIn(*id, list),
                    _ => Node::ValueIn(self.value(a), list),
                }
            }
            Kind::Members(id, quantifier, mask) => Node::Members(*id, *quantifier, words(mask)),
            Kind::Test(test, a, needle) => match &a.kind {
                Kind::Field(id) => Node::FieldTest(*id, *test, needle.clone()),
                Kind::Text(text) => Node::Bool(test.holds(text, needle)),
                _ => Node::Bool(false),
            },
            // The checker gives conditions only to those above.
            Kind::Int(_)
            | Kind::Double(_)
            | Kind::Text(_)
            | Kind::Code(_)
            | Kind::Size(_)
            | Kind::Arith(..) => Node::Bool(false),
        };
        self.node(node)
    }

    fn parts(&mut self, parts: &[Typed]) -> Vec<NodeId> {
        let mut ids: Vec<NodeId> = parts.iter().map(|p| self.condition(p)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn value(&mut self, typed: &Typed) -> Value {
        match &typed.kind {
            Kind::Field(id) if typed.ty == Type::Timestamp => Value::Field(*id, crate::check::DAY),
            Kind::Field(id) => Value::Field(*id, 1),
            Kind::Size(id) => Value::Size(*id),
            Kind::Arith(op, a, b) => Value::Arith(*op, Box::new(self.value(a)), Box::new(self.value(b))),
            Kind::If(parts) => {
                let [c, a, b] = parts.as_ref();
                Value::If(self.condition(c), Box::new(self.value(a)), Box::new(self.value(b)))
            }
            _ => Value::Constant(constant(typed).unwrap_or(Constant::Int(0))),
        }
    }
}

/// Whether a column holds the type as it is compared (days are compared in seconds, so they are not).
fn plain(ty: Type) -> bool {
    !matches!(ty, Type::Timestamp | Type::Duration)
}

fn constant(typed: &Typed) -> Option<Constant> {
    match &typed.kind {
        Kind::Int(n) => Some(Constant::Int(*n)),
        Kind::Double(x) => Some(Constant::Double(x.to_bits())),
        Kind::Text(t) => Some(Constant::Text(t.clone())),
        Kind::Code(c) => Some(Constant::Code(*c)),
        _ => None,
    }
}

fn words(mask: &[bool]) -> Vec<u64> {
    let mut words = vec![0; mask.len().div_ceil(64)];
    for (i, _) in mask.iter().enumerate().filter(|(_, bit)| **bit) {
        if let Some(word) = words.get_mut(i / 64) {
            *word |= 1 << (i % 64);
        }
    }
    words
}
