//! The graph over the columns, chunk by chunk, as two rows of bits: true, and known.

use crate::columns::{Column, Table};
use crate::graph::{Constant, Graph, Node, NodeId, Value};
use crate::profile::FieldId;
use crate::typed::{Arith, Cmp, Quantifier, TextTest};

/// Words in a chunk: 4,096 rows, so that a node's two rows of bits take a kibibyte and a graph stays in the L2 cache.
const WORDS: usize = 64;
/// Rows in a chunk.
pub(crate) const CHUNK: usize = WORDS * 64;

type Words = [u64; WORDS];

/// The verdict of one node on one chunk. INVARIANT: `truth` has no bit that `known` has not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits {
    pub(crate) truth: Words,
    pub(crate) known: Words,
}

const NOTHING: Bits = Bits { truth: [0; WORDS], known: [0; WORDS] };

impl Bits {
    fn constant(b: bool) -> Self {
        Self { truth: if b { [u64::MAX; WORDS] } else { [0; WORDS] }, known: [u64::MAX; WORDS] }
    }

    fn combine(&self, other: &Self, f: impl Fn(u64, u64, u64, u64) -> (u64, u64)) -> Self {
        let mut out = NOTHING;
        let mine = self.truth.iter().zip(&self.known);
        let theirs = other.truth.iter().zip(&other.known);
        let slots = out.truth.iter_mut().zip(out.known.iter_mut());
        for ((slot_t, slot_k), ((at, ak), (bt, bk))) in slots.zip(mine.zip(theirs)) {
            (*slot_t, *slot_k) = f(*at, *ak, *bt, *bk);
        }
        out
    }

    /// CEL's absorption: false wins over unknown.
    fn and(&self, other: &Self) -> Self {
        self.combine(other, |at, ak, bt, bk| {
            let falsity = (ak & !at) | (bk & !bt);
            (at & bt, (ak & bk) | falsity)
        })
    }

    /// CEL's absorption: true wins over unknown.
    fn or(&self, other: &Self) -> Self {
        self.combine(other, |at, ak, bt, bk| (at | bt, (ak & bk) | at | bt))
    }

    fn not(&self) -> Self {
        self.combine(self, |at, ak, _, _| (ak & !at, ak))
    }

    fn choose(&self, yes: &Self, no: &Self) -> Self {
        let yes = self.combine(yes, |ct, _, t, k| (ct & t, ct & k));
        let no = self.combine(no, |ct, ck, t, k| (ck & !ct & t, ck & !ct & k));
        yes.combine(&no, |at, ak, bt, bk| (at | bt, ak | bk))
    }

    /// A bit a row: `None` is unknown.
    fn from_rows(rows: impl Iterator<Item = Option<bool>>) -> Self {
        let mut out = NOTHING;
        let mut rows = rows.take(CHUNK);
        for (t, k) in out.truth.iter_mut().zip(out.known.iter_mut()) {
            for bit in 0..64 {
                match rows.next() {
                    Some(Some(b)) => {
                        *t |= u64::from(b) << bit;
                        *k |= 1 << bit;
                    }
                    Some(None) => {}
                    None => return out,
                }
            }
        }
        out
    }

    fn keep_known(mut self, known: &Words) -> Self {
        for ((t, k), keep) in self.truth.iter_mut().zip(self.known.iter_mut()).zip(known) {
            *t &= keep;
            *k &= keep;
        }
        self
    }
}

/// Facts about a whole column that a node needs in every chunk: which texts of the dictionary pass.
#[derive(Debug)]
pub(crate) enum Prepared {
    Nothing,
    /// One flag per position of the dictionary or list, position 0 being unknown.
    Passing(Vec<bool>),
}

/// What of each node can be worked out once for all chunks.
pub(crate) fn prepare(graph: &Graph, table: &Table) -> Vec<Prepared> {
    graph
        .nodes
        .iter()
        .map(|node| match node {
            Node::Field(id, cmp, c) => passing(table, *id, |v| against(v, *cmp, c)),
            Node::FieldIn(id, list) => passing(table, *id, |v| list.iter().any(|c| against(v, Cmp::Eq, c))),
            Node::FieldTest(id, test, needle) => {
                let pattern = (*test == TextTest::Matches).then(|| regex::Regex::new(needle).ok()).flatten();
                passing(table, *id, |v| match (&pattern, v.text) {
                    (Some(pattern), text) => pattern.is_match(text),
                    (None, text) => test.holds(text, needle),
                })
            }
            _ => Prepared::Nothing,
        })
        .collect()
}

/// An entry of a dictionary or code list: its text and its position.
struct Entry<'a> {
    text: &'a str,
    position: u16,
}

fn against(entry: &Entry<'_>, cmp: Cmp, constant: &Constant) -> bool {
    match constant {
        Constant::Text(t) => cmp.holds(&entry.text, &t.as_str()),
        Constant::Code(c) => cmp.holds(&entry.position, c),
        Constant::Int(_) | Constant::Double(_) => false,
    }
}

fn passing(table: &Table, id: FieldId, test: impl Fn(&Entry<'_>) -> bool) -> Prepared {
    let entries: Vec<&str> = match (table.column(id), table.profile().field(id)) {
        (Some(Column::Text { dictionary, .. }), _) => dictionary.iter().map(String::as_str).collect(),
        (Some(Column::Code(_)), Some(field)) => field.kind.codes().iter().map(|c| c.code.as_str()).collect(),
        _ => return Prepared::Nothing,
    };
    let flags = entries
        .iter()
        .enumerate()
        .map(|(i, text)| test(&Entry { text, position: u16::try_from(i + 1).unwrap_or(u16::MAX) }));
    Prepared::Passing(std::iter::once(false).chain(flags).collect())
}

pub(crate) struct Chunk<'a> {
    pub(crate) table: &'a Table,
    pub(crate) start: usize,
    pub(crate) done: Vec<Bits>,
}

impl Chunk<'_> {
    /// Evaluates the nodes in order; each node's parts stand before it.
    pub(crate) fn run(&mut self, graph: &Graph, prepared: &[Prepared]) {
        self.done.clear();
        for (node, prepared) in graph.nodes.iter().zip(prepared) {
            let bits = self.node(node, prepared);
            self.done.push(bits);
        }
    }

    pub(crate) fn bits(&self, id: NodeId) -> &Bits {
        self.done.get(id.0).unwrap_or(&NOTHING)
    }

    fn node(&self, node: &Node, prepared: &Prepared) -> Bits {
        match node {
            Node::Bool(b) => Bits::constant(*b),
            Node::Has(id) => {
                let mut bits = Bits::constant(true);
                bits.truth = self.known(*id);
                bits
            }
            Node::Flag(id) => match self.table.column(*id) {
                Some(Column::Bool { values, known }) => {
                    let known = self.words(known.words());
                    let mut bits = Bits { truth: self.words(values.words()), known };
                    for (t, k) in bits.truth.iter_mut().zip(&known) {
                        *t &= k;
                    }
                    bits
                }
                _ => NOTHING,
            },
            Node::And(parts) => parts.iter().fold(Bits::constant(true), |acc, p| acc.and(self.bits(*p))),
            Node::Or(parts) => parts.iter().fold(Bits::constant(false), |acc, p| acc.or(self.bits(*p))),
            Node::Not(a) => self.bits(*a).not(),
            Node::If(c, a, b) => self.bits(*c).choose(self.bits(*a), self.bits(*b)),
            Node::Same(equal, a, b) => self.bits(*a).combine(self.bits(*b), |at, ak, bt, bk| {
                let known = ak & bk;
                let same = !(at ^ bt);
                (known & if *equal { same } else { !same }, known)
            }),
            Node::Field(id, cmp, c) => self.field(*id, prepared, &|n| number(n, *cmp, c)),
            Node::FieldIn(id, list) => {
                self.field(*id, prepared, &|n| list.iter().any(|c| number(n, Cmp::Eq, c)))
            }
            Node::FieldTest(id, ..) => self.field(*id, prepared, &|_| false),
            Node::Members(id, quantifier, mask) => self.members(*id, *quantifier, mask),
            Node::Compare(cmp, a, b) => Bits::from_rows(
                self.rows().map(|row| Some(compare(*cmp, self.value(a, row)?, self.value(b, row)?))),
            ),
            Node::ValueIn(a, list) => Bits::from_rows(self.rows().map(|row| {
                let value = self.value(a, row)?;
                Some(list.iter().any(|c| number(value, Cmp::Eq, c)))
            })),
        }
    }

    fn rows(&self) -> std::ops::Range<usize> {
        self.start..(self.start + CHUNK).min(self.table.rows())
    }

    fn words(&self, all: &[u64]) -> Words {
        let mut out = [0; WORDS];
        let here = all.iter().skip(self.start / 64);
        out.iter_mut().zip(here).for_each(|(slot, word)| *slot = *word);
        out
    }

    fn known(&self, id: FieldId) -> Words {
        match self.table.column(id) {
            Some(
                Column::Int { known, .. }
                | Column::Double { known, .. }
                | Column::Bool { known, .. }
                | Column::Set { known, .. },
            ) => self.words(known.words()),
            Some(Column::Code(values)) => {
                Bits::from_rows(values.iter().skip(self.start).map(|v| Some(*v != 0))).truth
            }
            Some(Column::Text { values, .. }) => {
                Bits::from_rows(values.iter().skip(self.start).map(|v| Some(*v != 0))).truth
            }
            None => [0; WORDS],
        }
    }

    fn field(&self, id: FieldId, prepared: &Prepared, test: &dyn Fn(Number) -> bool) -> Bits {
        let flags = if let Prepared::Passing(flags) = prepared { flags.as_slice() } else { &[] };
        let passing = |at: usize| (at != 0).then(|| flags.get(at).copied().unwrap_or(false));
        match self.table.column(id) {
            Some(Column::Int { values, known }) => {
                let rows = values.iter().skip(self.start).map(|v| Some(test(Number::Int(*v))));
                Bits::from_rows(rows).keep_known(&self.words(known.words()))
            }
            Some(Column::Double { values, known }) => {
                let rows = values.iter().skip(self.start).map(|v| Some(test(Number::Double(*v))));
                Bits::from_rows(rows).keep_known(&self.words(known.words()))
            }
            Some(Column::Code(values)) => {
                Bits::from_rows(values.iter().skip(self.start).map(|v| passing(usize::from(*v))))
            }
            Some(Column::Text { values, .. }) => {
                Bits::from_rows(values.iter().skip(self.start).map(|v| passing(*v as usize)))
            }
            _ => NOTHING,
        }
    }

    fn members(&self, id: FieldId, quantifier: Quantifier, mask: &[u64]) -> Bits {
        let Some(Column::Set { values, stride, known }) = self.table.column(id) else { return NOTHING };
        let rows = values.chunks_exact((*stride).max(1)).skip(self.start).map(|set| {
            let pairs = || set.iter().zip(mask);
            Some(match quantifier {
                Quantifier::Any => pairs().any(|(s, m)| s & m != 0),
                Quantifier::All => pairs().all(|(s, m)| s & !m == 0),
                Quantifier::One => pairs().map(|(s, m)| (s & m).count_ones()).sum::<u32>() == 1,
            })
        });
        Bits::from_rows(rows).keep_known(&self.words(known.words()))
    }

    /// A computed number, or `None` where a fact is missing or the arithmetic fails.
    fn value(&self, value: &Value, row: usize) -> Option<Number> {
        match value {
            Value::Constant(Constant::Int(n)) => Some(Number::Int(*n)),
            Value::Constant(Constant::Double(bits)) => Some(Number::Double(f64::from_bits(*bits))),
            Value::Constant(Constant::Code(c)) => Some(Number::Int(i64::from(*c))),
            Value::Constant(Constant::Text(_)) => None,
            Value::Field(id, scale) => match self.table.column(*id)? {
                Column::Int { values, known } if known.get(row) => {
                    values.get(row)?.checked_mul(*scale).map(Number::Int)
                }
                Column::Double { values, known } if known.get(row) => {
                    values.get(row).copied().map(Number::Double)
                }
                Column::Code(values) => {
                    values.get(row).filter(|v| **v != 0).map(|v| Number::Int(i64::from(*v)))
                }
                _ => None,
            },
            Value::Size(id) => match self.table.column(*id)? {
                Column::Set { values, stride, known } if known.get(row) => {
                    let words = values.get(row * stride..(row + 1) * stride)?;
                    Some(Number::Int(words.iter().map(|w| i64::from(w.count_ones())).sum()))
                }
                _ => None,
            },
            Value::Arith(op, a, b) => arithmetic(*op, self.value(a, row)?, self.value(b, row)?),
            Value::If(c, a, b) => {
                let at = row - self.start;
                let bits = self.bits(*c);
                let bit = |w: &Words| w.get(at / 64).is_some_and(|w| w >> (at % 64) & 1 == 1);
                if !bit(&bits.known) {
                    return None;
                }
                self.value(if bit(&bits.truth) { a } else { b }, row)
            }
        }
    }
}

/// A number of either kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Int(i64),
    Double(f64),
}

fn number(value: Number, cmp: Cmp, constant: &Constant) -> bool {
    match constant {
        Constant::Int(n) => compare(cmp, value, Number::Int(*n)),
        Constant::Double(bits) => compare(cmp, value, Number::Double(f64::from_bits(*bits))),
        Constant::Code(c) => compare(cmp, value, Number::Int(i64::from(*c))),
        Constant::Text(_) => false,
    }
}

/// The checker lets only like types meet.
fn compare(cmp: Cmp, a: Number, b: Number) -> bool {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => cmp.holds(&a, &b),
        (Number::Double(a), Number::Double(b)) => cmp.holds(&a, &b),
        _ => false,
    }
}

fn arithmetic(op: Arith, a: Number, b: Number) -> Option<Number> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => match op {
            Arith::Add => a.checked_add(b),
            Arith::Sub => a.checked_sub(b),
            Arith::Mul => a.checked_mul(b),
            Arith::Div => a.checked_div(b),
            Arith::Rem => a.checked_rem(b),
        }
        .map(Number::Int),
        (Number::Double(a), Number::Double(b)) => Some(Number::Double(match op {
            Arith::Add => a + b,
            Arith::Sub => a - b,
            Arith::Mul => a * b,
            Arith::Div => a / b,
            Arith::Rem => a % b,
        })),
        _ => None,
    }
}
