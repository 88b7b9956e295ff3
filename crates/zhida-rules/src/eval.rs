//! The graph over the columns, chunk by chunk. A condition's verdicts are two rows of bits, *true* and *false*; where
//! neither is set it is unknown. So *not* is free, and *and* is `t1 & t2` and `f1 | f2`.

#![expect(
    clippy::inline_always,
    reason = "the wide instructions that are dispatched to reach only what is inlined"
)]

use crate::Truth;
use crate::columns::{Column, Table};
use crate::constant::value::compare_double;
use crate::graph::{Edge, Graph, Node, Value};
use crate::planes::{HALF, HALVES, Link, Plane, Program, Step, WORDS};
use crate::profile::FieldId;
use crate::ranges::Ranges;
use crate::typed::{Arith, Cmp};

/// Rows in a chunk.
pub(crate) const CHUNK: usize = WORDS * 64;
/// A text condition whose decision takes more steps than this a word is answered by looking each row's text up instead.
const MAX_STEPS: usize = 1_500;

/// One condition's verdicts on `W` × 64 rows. INVARIANT: no bit is set in both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits<const W: usize> {
    pub(crate) truth: [u64; W],
    pub(crate) falsity: [u64; W],
}

impl<const W: usize> Bits<W> {
    const NOTHING: Self = Self { truth: [0; W], falsity: [0; W] };

    /// What is true where the facts are known, and what is not.
    #[inline(always)]
    fn of(truth: &[u64; W], known: Option<&[u64; W]>) -> Self {
        let mut out = Self::NOTHING;
        let Some(known) = known else { return out };
        let slots = out.truth.iter_mut().zip(out.falsity.iter_mut());
        for ((t, f), (truth, known)) in slots.zip(truth.iter().zip(known)) {
            *t = truth & known;
            *f = !truth & known;
        }
        out
    }
}

/// Facts about a whole column that a node needs in every chunk.
#[derive(Debug)]
enum Prepared {
    Nothing,
    Program(FieldId, Program),
    /// One flag for each text of the dictionary.
    Lookup(FieldId, Vec<bool>),
}

/// One step of evaluating all rules on a chunk.
#[derive(Clone, Copy, Debug)]
enum Action {
    Compute(usize),
    Emit { rule: usize, root: Edge },
}

/// Rules made ready for one table: what is computed in which order, and what is kept in which slot.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    table: &'a Table,
    graph: &'a Graph,
    prepared: Vec<Prepared>,
    actions: Vec<Action>,
    /// For each node the slot that holds its verdicts from its computation to its last use.
    slots: Vec<usize>,
    width: usize,
    /// The columns of which lists are asked.
    decoded: Vec<FieldId>,
    arch: pulp::Arch,
}

/// The slots while chunks are evaluated.
#[derive(Debug)]
pub(crate) struct Machine<const W: usize> {
    bits: Vec<Bits<W>>,
    /// Decisions inside a diagram.
    scratch: Vec<u64>,
    /// For each column of which lists are asked: the rows that have each lower half, then each upper half.
    halves: Vec<[u64; W]>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(graph: &'a Graph, roots: &[Edge], table: &'a Table) -> Self {
        Self::keeping(graph, roots, table, false)
    }

    /// A plan whose roots' verdicts stay in their slots to the end.
    pub(crate) fn kept(graph: &'a Graph, roots: &[Edge], table: &'a Table) -> Self {
        Self::keeping(graph, roots, table, true)
    }

    fn keeping(graph: &'a Graph, roots: &[Edge], table: &'a Table, keep: bool) -> Self {
        let mut order = Order { graph, done: vec![false; graph.nodes.len()], actions: Vec::new() };
        for (rule, root) in roots.iter().enumerate() {
            order.visit(root.node);
            if !keep {
                order.actions.push(Action::Emit { rule, root: *root });
            }
        }
        if keep {
            let last = roots.iter().enumerate().map(|(rule, root)| Action::Emit { rule, root: *root });
            order.actions.extend(last);
        }
        let actions = order.actions;
        let (slots, width) = assign(graph, &actions);
        let mut prepared: Vec<Prepared> = Vec::new();
        prepared.resize_with(graph.nodes.len(), || Prepared::Nothing);
        for action in &actions {
            if let Action::Compute(at) = action
                && let (Some(node), Some(slot)) = (graph.nodes.get(*at), prepared.get_mut(*at))
            {
                *slot = prepare(node, table);
            }
        }
        let lists = prepared.iter().filter_map(|p| match p {
            Prepared::Program(id, Program::List(_)) => Some(*id),
            _ => None,
        });
        let mut decoded: Vec<FieldId> = lists.collect();
        decoded.sort_unstable();
        decoded.dedup();
        Self { table, graph, prepared, actions, slots, width, decoded, arch: pulp::Arch::new() }
    }

    pub(crate) fn machine<const W: usize>(&self) -> Machine<W> {
        Machine {
            bits: vec![Bits::NOTHING; self.width],
            scratch: Vec::new(),
            halves: vec![[0; W]; self.decoded.len() * 2 * HALVES],
        }
    }

    /// Evaluates the rows from word `at` on and hands over each rule's true and false bits. Bits behind the last row
    /// are unset in both.
    pub(crate) fn run<const W: usize, const B: usize>(
        &self,
        machine: &mut Machine<W>,
        at: usize,
        emit: &mut impl FnMut(usize, &[u64; W], &[u64; W]),
    ) {
        let tail = tail::<W>(self.table.rows(), at);
        self.decode::<W, B>(machine, at);
        for action in &self.actions {
            match action {
                Action::Compute(node) => self.compute::<W, B>(machine, *node, at),
                Action::Emit { rule, root } => {
                    let (truth, falsity) = self.bits(machine, *root);
                    if let Some(tail) = &tail {
                        let (mut t, mut f) = (*truth, *falsity);
                        for ((t, f), keep) in t.iter_mut().zip(f.iter_mut()).zip(tail) {
                            *t &= keep;
                            *f &= keep;
                        }
                        emit(*rule, &t, &f);
                    } else {
                        emit(*rule, truth, falsity);
                    }
                }
            }
        }
    }

    /// The verdicts of all rules on one row.
    pub(crate) fn row(&self, row: usize, rules: usize) -> Vec<Truth> {
        let mut out = vec![Truth::Unknown; rules];
        self.run::<1, 1>(&mut self.machine(), row / 64, &mut |rule, [truth], [falsity]| {
            if let Some(slot) = out.get_mut(rule) {
                let bit = |word: &u64| word >> (row % 64) & 1 == 1;
                *slot = match (bit(truth), bit(falsity)) {
                    (true, _) => Truth::True,
                    (_, true) => Truth::False,
                    _ => Truth::Unknown,
                };
            }
        });
        out
    }

    /// The verdicts of all conditions without parts on one row.
    pub(crate) fn nodes(&self, row: usize) -> Vec<Truth> {
        let leaves = (0..self.graph.nodes.len()).map(|node| Edge { node, not: false });
        let leaves: Vec<Edge> = leaves
            .filter(|edge| self.graph.nodes.get(edge.node).is_some_and(|node| node.edges().is_empty()))
            .collect();
        let mut machine = self.machine::<1>();
        self.decode::<1, 1>(&mut machine, row / 64);
        leaves
            .iter()
            .map(|edge| {
                self.compute::<1, 1>(&mut machine, edge.node, row / 64);
                let slot = self.slots.get(edge.node).and_then(|slot| machine.bits.get(*slot));
                let bits = slot.unwrap_or(&Bits::NOTHING);
                let bit = |[word]: [u64; 1]| word >> (row % 64) & 1 == 1;
                match (bit(bits.truth), bit(bits.falsity)) {
                    (true, _) => Truth::True,
                    (_, true) => Truth::False,
                    _ => Truth::Unknown,
                }
            })
            .collect()
    }

    /// Hands over an expression's value on every row, `None` where it is unknown. Slots keep what was computed for the
    /// plan's roots, so the conditions inside the expression have to be among those.
    pub(crate) fn each_value(&self, value: &Value, mut f: impl FnMut(usize, Option<f64>)) {
        let mut machine = self.machine::<WORDS>();
        for chunk in 0..self.table.rows().div_ceil(CHUNK) {
            self.run::<WORDS, 16>(&mut machine, chunk * WORDS, &mut |_, _, _| {});
            let values = self.value(&machine, value, chunk * WORDS);
            let first = chunk * CHUNK;
            for row in first..(first + CHUNK).min(self.table.rows()) {
                let at = row - first;
                #[expect(clippy::cast_precision_loss, reason = "sums of amounts are doubles")]
                let number = match &values.rows {
                    Rows::Int(rows) => rows.get(at).map(|n| *n as f64),
                    Rows::Double(rows) => rows.get(at).copied(),
                };
                f(row, number.filter(|_| values.is_known(at)));
            }
        }
    }

    #[inline(always)]
    fn bits<'m, const W: usize>(&self, machine: &'m Machine<W>, edge: Edge) -> (&'m [u64; W], &'m [u64; W]) {
        let slot = self.slots.get(edge.node).and_then(|slot| machine.bits.get(*slot));
        let bits = slot.unwrap_or(&Bits::NOTHING);
        if edge.not { (&bits.falsity, &bits.truth) } else { (&bits.truth, &bits.falsity) }
    }

    /// Decodes the halves of the columns of which lists are asked.
    fn decode<const W: usize, const B: usize>(&self, machine: &mut Machine<W>, at: usize) {
        for (id, halves) in self.decoded.iter().zip(machine.halves.chunks_exact_mut(2 * HALVES)) {
            if let Some(Column::Whole(column) | Column::Text { values: column, .. }) = self.table.column(*id)
            {
                for (half, out) in halves.chunks_exact_mut(HALVES).enumerate() {
                    let planes = column.planes().get(half * HALF..).unwrap_or_default();
                    wide::<W, _>(self.arch, Decode::<W, B> { planes, at, out });
                }
            }
        }
    }

    /// Puts a node's verdicts into its slot. The common nodes write them there directly.
    #[inline(always)]
    fn compute<const W: usize, const B: usize>(&self, machine: &mut Machine<W>, node: usize, at: usize) {
        let slot = self.slots.get(node).copied().unwrap_or(usize::MAX);
        match (self.graph.nodes.get(node), self.prepared.get(node)) {
            (Some(Node::And(parts)), _) => {
                wide::<W, _>(self.arch, All::<W, B> { plan: self, machine, parts, slot });
            }
            (_, Some(Prepared::Program(id, Program::Chain { start, links }))) => {
                if let (Some(column), Some(out)) = (self.table.column(*id), machine.bits.get_mut(slot)) {
                    wide::<W, _>(self.arch, Chain::<W, B> { column, start: *start, links, at, out });
                }
            }
            (_, Some(Prepared::Program(id, Program::Both { starts, links }))) => {
                if let (Some(column), Some(out)) = (self.table.column(*id), machine.bits.get_mut(slot)) {
                    wide::<W, _>(self.arch, Both::<W, B> { column, starts, links, at, out });
                }
            }
            (_, Some(Prepared::Program(id, Program::List(groups)))) => {
                let Machine { bits, halves, .. } = machine;
                let decoded = self.decoded.iter().position(|column| column == id);
                let halves = decoded.and_then(|at| halves.get(at * 2 * HALVES..(at + 1) * 2 * HALVES));
                if let (Some(column), Some(out), Some(halves)) =
                    (self.table.column(*id), bits.get_mut(slot), halves)
                {
                    wide::<W, _>(self.arch, List::<W, B> { column, groups, halves, at, out });
                }
            }
            (_, Some(Prepared::Program(id, Program::Diagram(steps)))) => {
                let Machine { bits, scratch, .. } = machine;
                if let (Some(column), Some(out)) = (self.table.column(*id), bits.get_mut(slot)) {
                    wide::<W, _>(self.arch, Diagram::<W, B> { column, steps, at, out, scratch });
                }
            }
            (Some(Node::Any(id, codes)), _) => {
                if let (Some(column), Some(out)) = (self.table.column(*id), machine.bits.get_mut(slot)) {
                    wide::<W, _>(self.arch, Any::<W, B> { column, codes, at, out });
                }
            }
            _ => {
                let bits = self.node::<W>(machine, node, at);
                if let Some(slot) = machine.bits.get_mut(slot) {
                    *slot = bits;
                }
            }
        }
    }

    #[inline(always)]
    fn node<const W: usize>(&self, machine: &mut Machine<W>, node: usize, at: usize) -> Bits<W> {
        let Some(which) = self.graph.nodes.get(node) else { return Bits::NOTHING };
        match which {
            Node::Within(..) | Node::Text(..) | Node::TextTest(..) | Node::TextOrder(..) => {
                match self.prepared.get(node) {
                    Some(Prepared::Program(id, Program::Constant(b))) => {
                        Bits::of(&[if *b { u64::MAX } else { 0 }; W], self.known(*id, at))
                    }
                    Some(Prepared::Lookup(id, flags)) => self.look_up(*id, flags, at),
                    _ => Bits::NOTHING,
                }
            }
            Node::One(id, codes) => self.one(*id, codes, at),
            Node::True => Bits { truth: [u64::MAX; W], falsity: [0; W] },
            // The first two are written into their slots directly.
            Node::And(_) | Node::Any(..) | Node::Unknown => Bits::NOTHING,
            Node::Has(id) => {
                let truth = self.known(*id, at).copied().unwrap_or([0; W]);
                Bits { truth, falsity: truth.map(|w| !w) }
            }
            Node::Double(id, cmp, bits) => self.double(*id, *cmp, f64::from_bits(*bits), at),
            Node::If(c, a, b) => {
                let (c, a, b) = (self.bits(machine, *c), self.bits(machine, *a), self.bits(machine, *b));
                let mut out = Bits::NOTHING;
                for (slot, ((c, not), (a, b))) in
                    out.truth.iter_mut().zip(c.0.iter().zip(c.1).zip(a.0.iter().zip(b.0)))
                {
                    *slot = (c & a) | (not & b);
                }
                for (slot, ((c, not), (a, b))) in
                    out.falsity.iter_mut().zip(c.0.iter().zip(c.1).zip(a.1.iter().zip(b.1)))
                {
                    *slot = (c & a) | (not & b);
                }
                out
            }
            Node::Same(a, b) => {
                let (a, b) = (self.bits(machine, *a), self.bits(machine, *b));
                let mut out = Bits::NOTHING;
                let slots = out.truth.iter_mut().zip(out.falsity.iter_mut());
                for ((t, f), ((at, af), (bt, bf))) in slots.zip(a.0.iter().zip(a.1).zip(b.0.iter().zip(b.1)))
                {
                    *t = (at & bt) | (af & bf);
                    *f = (at & bf) | (af & bt);
                }
                out
            }
            Node::Compare(cmp, a, b) => self.compared(machine, *cmp, a, b, at),
        }
    }

    /// CEL's absorption: false wins over unknown. `B` words at a time, so that they stay in registers. A slot is free
    /// again only after its last use, so that a node's own is never that of a part.
    #[inline(always)]
    fn all<const W: usize, const B: usize>(&self, machine: &mut Machine<W>, parts: &[Edge], slot: usize) {
        for block in 0..W / B {
            let (mut t, mut f) = ([u64::MAX; B], [0; B]);
            for part in parts {
                let (pt, pf) = self.bits(machine, *part);
                let halves = (pt.as_chunks::<B>().0.get(block), pf.as_chunks::<B>().0.get(block));
                let (Some(pt), Some(pf)) = halves else { continue };
                for ((t, f), (pt, pf)) in t.iter_mut().zip(f.iter_mut()).zip(pt.iter().zip(pf)) {
                    *t &= pt;
                    *f |= pf;
                }
            }
            if let Some(out) = machine.bits.get_mut(slot)
                && let Some(truth) = out.truth.as_chunks_mut::<B>().0.get_mut(block)
                && let Some(falsity) = out.falsity.as_chunks_mut::<B>().0.get_mut(block)
            {
                *truth = t;
                *falsity = f;
            }
        }
    }

    fn known<const W: usize>(&self, id: FieldId, at: usize) -> Option<&[u64; W]> {
        self.table.column(id).and_then(|column| column.known().words(at))
    }

    #[inline(always)]
    fn look_up<const W: usize>(&self, id: FieldId, flags: &[bool], at: usize) -> Bits<W> {
        let Some(Column::Text { values, .. }) = self.table.column(id) else { return Bits::NOTHING };
        let mut rows = vec![0; W * 64];
        values.values::<W>(at, &mut rows);
        let passes = |n: &i64| usize::try_from(*n).ok().and_then(|n| flags.get(n)).is_some_and(|f| *f);
        Bits::of(&packed(rows.iter().map(passes)), values.known().words(at))
    }

    #[inline(always)]
    fn one<const W: usize>(&self, id: FieldId, codes: &[usize], at: usize) -> Bits<W> {
        let Some(Column::Set { members, known }) = self.table.column(id) else { return Bits::NOTHING };
        let (mut once, mut more) = ([0; W], [0; W]);
        for words in codes.iter().filter_map(|code| members.get(*code)?.words::<W>(at)) {
            for ((once, more), word) in once.iter_mut().zip(more.iter_mut()).zip(words) {
                *more |= *once & word;
                *once |= word;
            }
        }
        once.iter_mut().zip(&more).for_each(|(once, more)| *once &= !more);
        Bits::of(&once, known.words(at))
    }

    #[inline(always)]
    fn double<const W: usize>(&self, id: FieldId, cmp: Cmp, x: f64, at: usize) -> Bits<W> {
        let Some(Column::Double { values, known }) = self.table.column(id) else { return Bits::NOTHING };
        let rows = values.get(at * 64..).unwrap_or_default().iter();
        Bits::of(&packed(rows.map(|v| cmp.holds(v, &x))), known.words(at))
    }

    fn compared<const W: usize>(
        &self,
        machine: &Machine<W>,
        cmp: Cmp,
        a: &Value,
        b: &Value,
        at: usize,
    ) -> Bits<W> {
        let (a, b) = (self.value(machine, a, at), self.value(machine, b, at));
        let truth = match (&a.rows, &b.rows) {
            (Rows::Int(x), Rows::Int(y)) => packed(x.iter().zip(y).map(|(x, y)| cmp.holds(x, y))),
            (Rows::Double(x), Rows::Double(y)) => packed(x.iter().zip(y).map(|(x, y)| cmp.holds(x, y))),
            (Rows::Int(x), Rows::Double(y)) => {
                packed(x.iter().zip(y).map(|(x, y)| mixed(cmp.flip(), *y, *x)))
            }
            (Rows::Double(x), Rows::Int(y)) => packed(x.iter().zip(y).map(|(x, y)| mixed(cmp, *x, *y))),
        };
        let mut known = a.known;
        known.iter_mut().zip(&b.known).for_each(|(a, b)| *a &= b);
        Bits::of(&truth, Some(&known))
    }

    /// The values of an expression on a chunk.
    fn value<const W: usize>(&self, machine: &Machine<W>, value: &Value, at: usize) -> Values<W> {
        let all = [u64::MAX; W];
        let nothing = || Values { rows: Rows::Int(vec![0; W * 64]), known: [0; W] };
        let column = |id: FieldId| self.table.column(id);
        match value {
            Value::Int(n) => Values { rows: Rows::Int(vec![*n; W * 64]), known: all },
            Value::Double(bits) => {
                Values { rows: Rows::Double(vec![f64::from_bits(*bits); W * 64]), known: all }
            }
            Value::Field(id, scale) => match column(*id) {
                Some(Column::Whole(planes)) => {
                    let mut rows = vec![0; W * 64];
                    planes.values::<W>(at, &mut rows);
                    let known = planes.known().words(at).copied().unwrap_or([0; W]);
                    Values { rows: Rows::Int(rows), known }.map_int(|n| n.checked_mul(*scale))
                }
                _ => nothing(),
            },
            Value::DoubleField(id) => match column(*id) {
                Some(Column::Double { values, known }) => {
                    let mut rows = values.get(at * 64..).unwrap_or_default().to_vec();
                    rows.resize(W * 64, 0.0);
                    Values { rows: Rows::Double(rows), known: known.words(at).copied().unwrap_or([0; W]) }
                }
                _ => nothing(),
            },
            Value::Size(id) => match column(*id) {
                Some(Column::Set { members, known }) => Values {
                    rows: Rows::Int(counted::<W>(members, at)),
                    known: known.words(at).copied().unwrap_or([0; W]),
                },
                _ => nothing(),
            },
            Value::Length(id) => match column(*id) {
                Some(Column::Text { values, dictionary, .. }) => {
                    let mut rows = vec![0; W * 64];
                    values.values::<W>(at, &mut rows);
                    let known = values.known().words(at).copied().unwrap_or([0; W]);
                    Values { rows: Rows::Int(rows), known }.map_int(|n| {
                        let text = dictionary.get(usize::try_from(n).ok()?)?;
                        i64::try_from(text.chars().count()).ok()
                    })
                }
                _ => nothing(),
            },
            Value::Part(part, id) => {
                self.value(machine, &Value::Field(*id, crate::check::DAY), at).map_int(|seconds| {
                    let date = chrono::DateTime::from_timestamp(seconds, 0)?;
                    Some(part.of(&date.fixed_offset()))
                })
            }
            Value::ToInt(inner) => self.value(machine, inner, at).map_to_int(),
            Value::ToDouble(inner) => self.value(machine, inner, at).map_to_double(),
            Value::Arith(op, a, b) => {
                let (a, b) = (self.value(machine, a, at), self.value(machine, b, at));
                arithmetic(*op, a, &b)
            }
            Value::If(c, a, b) => {
                let (a, b) = (self.value(machine, a, at), self.value(machine, b, at));
                let (yes, no) = self.bits(machine, *c);
                a.chosen(b, yes, no)
            }
        }
    }
}

/// Runs a loop over words with the widest instructions that the machine has; for a single word they do not pay.
#[inline(always)]
pub(crate) fn wide<const W: usize, Op: pulp::NullaryFnOnce>(arch: pulp::Arch, op: Op) -> Op::Output {
    if W == 1 { op.call() } else { arch.dispatch(op) }
}

struct All<'p, 'a, 'm, const W: usize, const B: usize> {
    plan: &'p Plan<'a>,
    machine: &'m mut Machine<W>,
    parts: &'p [Edge],
    slot: usize,
}

impl<const W: usize, const B: usize> pulp::NullaryFnOnce for All<'_, '_, '_, W, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.plan.all::<W, B>(self.machine, self.parts, self.slot);
    }
}

struct Chain<'p, 'm, const W: usize, const B: usize> {
    column: &'p Column,
    start: u64,
    links: &'p [Link],
    at: usize,
    out: &'m mut Bits<W>,
}

impl<const W: usize, const B: usize> pulp::NullaryFnOnce for Chain<'_, '_, W, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        chain::<W, B>(self.column, (self.start, self.links), self.at, self.out);
    }
}

/// A decision whose steps each look only at the one before, over `B` words at a time.
#[inline(always)]
fn chain<const W: usize, const B: usize>(
    column: &Column,
    (start, links): (u64, &[Link]),
    at: usize,
    out: &mut Bits<W>,
) {
    let (Column::Whole(column) | Column::Text { values: column, .. }) = column else { return };
    let planes = column.planes();
    for block in 0..W / B {
        let at = at + block * B;
        let r = linked::<B>(planes, start, links, at);
        split::<W, B>(&r, column.known().words(at), block, out);
    }
}

#[inline(always)]
fn linked<const B: usize>(planes: &[Plane], start: u64, links: &[Link], at: usize) -> [u64; B] {
    let mut r = [start; B];
    for link in links {
        let Some(words) = planes.get(link.plane).and_then(|p| p.words::<B>(at)) else { continue };
        for (r, x) in r.iter_mut().zip(words) {
            let y = x ^ link.inverse;
            *r = (*r & y) | (link.mask & (*r | y));
        }
    }
    r
}

struct Both<'p, 'm, const W: usize, const B: usize> {
    column: &'p Column,
    starts: &'p [u64; 2],
    links: &'p [Vec<Link>; 2],
    at: usize,
    out: &'m mut Bits<W>,
}

impl<const W: usize, const B: usize> pulp::NullaryFnOnce for Both<'_, '_, W, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (Column::Whole(column) | Column::Text { values: column, .. }) = self.column else { return };
        for block in 0..W / B {
            let at = self.at + block * B;
            let mut both = [u64::MAX; B];
            for (start, links) in self.starts.iter().zip(self.links) {
                let r = linked::<B>(column.planes(), *start, links, at);
                both.iter_mut().zip(&r).for_each(|(both, r)| *both &= r);
            }
            split::<W, B>(&both, column.known().words(at), block, self.out);
        }
    }
}

/// The rows that have each value of up to four bits.
struct Decode<'p, 'm, const W: usize, const B: usize> {
    planes: &'p [Plane],
    at: usize,
    out: &'m mut [[u64; W]],
}

impl<const W: usize, const B: usize> pulp::NullaryFnOnce for Decode<'_, '_, W, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for block in 0..W / B {
            let bits: [[u64; B]; HALF] = std::array::from_fn(|k| {
                let words = self.planes.get(k).and_then(|p| p.words::<B>(self.at + block * B));
                words.copied().unwrap_or([0; B])
            });
            for (value, out) in self.out.iter_mut().enumerate() {
                let mut r = [u64::MAX; B];
                for (k, bits) in bits.iter().enumerate() {
                    let inverse = if value >> k & 1 == 1 { 0 } else { u64::MAX };
                    r.iter_mut().zip(bits).for_each(|(r, x)| *r &= x ^ inverse);
                }
                if let Some(out) = out.as_chunks_mut::<B>().0.get_mut(block) {
                    *out = r;
                }
            }
        }
    }
}

struct List<'p, 'm, const W: usize, const B: usize> {
    column: &'p Column,
    groups: &'p [(usize, Vec<usize>)],
    halves: &'m [[u64; W]],
    at: usize,
    out: &'m mut Bits<W>,
}

impl<const W: usize, const B: usize> pulp::NullaryFnOnce for List<'_, '_, W, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let half = |at: usize, block: usize| self.halves.get(at)?.as_chunks::<B>().0.get(block);
        for block in 0..W / B {
            let mut any = [0; B];
            for (high, lows) in self.groups {
                let mut r = [0; B];
                for words in lows.iter().filter_map(|low| half(*low, block)) {
                    r.iter_mut().zip(words).for_each(|(r, x)| *r |= x);
                }
                let Some(high) = half(HALVES + high, block) else { continue };
                for (any, (r, high)) in any.iter_mut().zip(r.iter().zip(high)) {
                    *any |= r & high;
                }
            }
            split::<W, B>(&any, self.column.known().words(self.at + block * B), block, self.out);
        }
    }
}

struct Diagram<'p, 'm, const W: usize, const B: usize> {
    column: &'p Column,
    steps: &'p [Step],
    at: usize,
    out: &'m mut Bits<W>,
    scratch: &'m mut Vec<u64>,
}

impl<const W: usize, const B: usize> pulp::NullaryFnOnce for Diagram<'_, '_, W, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (Column::Whole(column) | Column::Text { values: column, .. }) = self.column else { return };
        let planes = column.planes();
        // Places 0 and 1 hold what is never and what is always so.
        self.scratch.resize((self.steps.len() + 2) * B, 0);
        let (places, _) = self.scratch.as_chunks_mut::<B>();
        if let [never, always, ..] = places {
            *never = [0; B];
            *always = [u64::MAX; B];
        }
        for block in 0..W / B {
            let at = self.at + block * B;
            let mut r = [0; B];
            for (place, step) in self.steps.iter().enumerate() {
                let parts = (
                    planes.get(step.plane).and_then(|p| p.words::<B>(at)),
                    places.get(step.low),
                    places.get(step.high),
                );
                let (Some(x), Some(low), Some(high)) = parts else { continue };
                for (r, (x, (low, high))) in r.iter_mut().zip(x.iter().zip(low.iter().zip(high))) {
                    *r = (x & high) | (!x & low);
                }
                if let Some(slot) = places.get_mut(place + 2) {
                    *slot = r;
                }
            }
            split::<W, B>(&r, column.known().words(at), block, self.out);
        }
    }
}

struct Any<'p, 'm, const W: usize, const B: usize> {
    column: &'p Column,
    codes: &'p [usize],
    at: usize,
    out: &'m mut Bits<W>,
}

impl<const W: usize, const B: usize> pulp::NullaryFnOnce for Any<'_, '_, W, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Column::Set { members, known } = self.column else { return };
        for block in 0..W / B {
            let at = self.at + block * B;
            let mut r = [0; B];
            for code in self.codes {
                let Some(words) = members.get(*code).and_then(|plane| plane.words::<B>(at)) else { continue };
                r.iter_mut().zip(words).for_each(|(r, w)| *r |= w);
            }
            split::<W, B>(&r, known.words(at), block, self.out);
        }
    }
}

/// Writes one block: true where it is so and known, false where it is not and known.
#[inline(always)]
fn split<const W: usize, const B: usize>(
    r: &[u64; B],
    known: Option<&[u64; B]>,
    block: usize,
    out: &mut Bits<W>,
) {
    let truth = out.truth.as_chunks_mut::<B>().0.get_mut(block);
    let falsity = out.falsity.as_chunks_mut::<B>().0.get_mut(block);
    if let (Some(truth), Some(falsity)) = (truth, falsity) {
        let none = [0; B];
        let known = known.unwrap_or(&none);
        for ((t, f), (r, known)) in truth.iter_mut().zip(falsity.iter_mut()).zip(r.iter().zip(known)) {
            *t = r & known;
            *f = !r & known;
        }
    }
}

/// The values of an expression on `W` × 64 rows, and which of them are known.
struct Values<const W: usize> {
    rows: Rows,
    known: [u64; W],
}

enum Rows {
    Int(Vec<i64>),
    Double(Vec<f64>),
}

impl<const W: usize> Values<W> {
    fn is_known(&self, row: usize) -> bool {
        self.known.get(row / 64).is_some_and(|w| w >> (row % 64) & 1 == 1)
    }

    fn forget(&mut self, row: usize) {
        if let Some(word) = self.known.get_mut(row / 64) {
            *word &= !(1 << (row % 64));
        }
    }

    /// Applies a function to whole numbers; where it gives nothing the value is unknown.
    fn map_int(mut self, f: impl Fn(i64) -> Option<i64>) -> Self {
        let Rows::Int(rows) = &mut self.rows else { return self };
        let mut rows = std::mem::take(rows);
        for (row, slot) in rows.iter_mut().enumerate() {
            if !self.is_known(row) {
                continue;
            }
            match f(*slot) {
                Some(n) => *slot = n,
                None => self.forget(row),
            }
        }
        self.rows = Rows::Int(rows);
        self
    }

    fn map_to_int(mut self) -> Self {
        let Rows::Double(rows) = &self.rows else { return self };
        let whole = |x: f64| {
            let n = crate::constant::value::whole_double(x.trunc())?;
            i64::try_from(n).ok().filter(|_| x.abs() < 2_f64.powi(63))
        };
        let rows: Vec<Option<i64>> = rows.iter().map(|x| whole(*x)).collect();
        for (row, _) in rows.iter().enumerate().filter(|(_, n)| n.is_none()) {
            self.forget(row);
        }
        Self { rows: Rows::Int(rows.into_iter().map(Option::unwrap_or_default).collect()), known: self.known }
    }

    fn map_to_double(self) -> Self {
        match self.rows {
            #[expect(clippy::cast_precision_loss, reason = "the nearest double is what CEL's `double` gives")]
            Rows::Int(rows) => {
                Self { rows: Rows::Double(rows.into_iter().map(|n| n as f64).collect()), known: self.known }
            }
            Rows::Double(_) => self,
        }
    }

    fn chosen(self, other: Self, yes: &[u64; W], no: &[u64; W]) -> Self {
        let bit = |row: usize| yes.get(row / 64).is_some_and(|w| w >> (row % 64) & 1 == 1);
        let mut known = [0; W];
        for (slot, ((a, b), (yes, no))) in
            known.iter_mut().zip(self.known.iter().zip(&other.known).zip(yes.iter().zip(no)))
        {
            *slot = (yes & a) | (no & b);
        }
        let rows = match (self.rows, other.rows) {
            (Rows::Int(a), Rows::Int(b)) => Rows::Int(
                a.into_iter().zip(b).enumerate().map(|(row, (a, b))| if bit(row) { a } else { b }).collect(),
            ),
            (Rows::Double(a), Rows::Double(b)) => Rows::Double(
                a.into_iter().zip(b).enumerate().map(|(row, (a, b))| if bit(row) { a } else { b }).collect(),
            ),
            (rows, _) => rows,
        };
        Self { rows, known }
    }
}

fn arithmetic<const W: usize>(op: Arith, mut left: Values<W>, right: &Values<W>) -> Values<W> {
    left.known.iter_mut().zip(&right.known).for_each(|(a, b)| *a &= b);
    match (&mut left.rows, &right.rows) {
        (Rows::Int(x), Rows::Int(y)) => {
            let mut rows = std::mem::take(x);
            for (row, (x, y)) in rows.iter_mut().zip(y).enumerate() {
                let done = match op {
                    Arith::Add => x.checked_add(*y),
                    Arith::Sub => x.checked_sub(*y),
                    Arith::Mul => x.checked_mul(*y),
                    Arith::Div => x.checked_div(*y),
                    Arith::Rem => x.checked_rem(*y),
                };
                match done {
                    Some(n) => *x = n,
                    None => left.forget(row),
                }
            }
            left.rows = Rows::Int(rows);
        }
        (Rows::Double(x), Rows::Double(y)) => {
            for (x, y) in x.iter_mut().zip(y) {
                *x = match op {
                    Arith::Add => *x + y,
                    Arith::Sub => *x - y,
                    Arith::Mul => *x * y,
                    Arith::Div => *x / y,
                    Arith::Rem => *x % y,
                };
            }
        }
        // The checker lets only like types meet.
        _ => left.known = [0; W],
    }
    left
}

/// A double against a whole number, without rounding either.
fn mixed(cmp: Cmp, x: f64, n: i64) -> bool {
    match compare_double(x, i128::from(n)) {
        Some(order) => cmp.holds(&order, &std::cmp::Ordering::Equal),
        None => cmp == Cmp::Ne,
    }
}

/// A bit a row; rows that are not there are 0.
#[inline(always)]
fn packed<const W: usize>(rows: impl Iterator<Item = bool>) -> [u64; W] {
    let mut out = [0; W];
    let mut rows = rows.fuse();
    for word in &mut out {
        for bit in 0..64 {
            *word |= u64::from(rows.next().unwrap_or(false)) << bit;
        }
    }
    out
}

/// How many members each row's set has.
fn counted<const W: usize>(members: &[Plane], at: usize) -> Vec<i64> {
    let mut rows = vec![0; W * 64];
    for words in members.iter().filter_map(|plane| plane.words::<W>(at)) {
        for (rows, word) in rows.chunks_exact_mut(64).zip(words) {
            for (bit, slot) in rows.iter_mut().enumerate() {
                *slot += i64::from(word >> bit & 1 == 1);
            }
        }
    }
    rows
}

/// Which bits from word `at` on belong to rows; `None` where all do.
fn tail<const W: usize>(rows: usize, at: usize) -> Option<[u64; W]> {
    if rows >= (at + W) * 64 {
        return None;
    }
    let mut keep = [0; W];
    for (word, slot) in keep.iter_mut().enumerate() {
        let here = rows.saturating_sub((at + word) * 64);
        *slot = if here >= 64 { u64::MAX } else { (1 << here) - 1 };
    }
    Some(keep)
}

fn prepare(node: &Node, table: &Table) -> Prepared {
    let dictionary = |id: FieldId, test: &dyn Fn(&str) -> bool| match table.column(id) {
        Some(Column::Text { values, dictionary, .. }) => {
            let flags: Vec<bool> = dictionary.iter().map(|text| test(text)).collect();
            let program = values.program(&Ranges::flags(flags.iter().copied()));
            if program.cost() > MAX_STEPS {
                Prepared::Lookup(id, flags)
            } else {
                Prepared::Program(id, program)
            }
        }
        _ => Prepared::Nothing,
    };
    match node {
        Node::Within(id, ranges) => match table.column(*id) {
            Some(Column::Whole(planes)) => Prepared::Program(*id, planes.program(ranges)),
            _ => Prepared::Nothing,
        },
        Node::Text(id, texts) => match table.column(*id) {
            Some(Column::Text { values, index, .. }) => {
                let places = texts.iter().filter_map(|text| i64::try_from(*index.get(text)?).ok());
                Prepared::Program(*id, values.program(&Ranges::of(places)))
            }
            _ => Prepared::Nothing,
        },
        Node::TextTest(id, test, needle) => {
            let needle = test.prepared(needle);
            dictionary(*id, &|text| needle.holds(text))
        }
        Node::TextOrder(id, cmp, text) => dictionary(*id, &|t| cmp.holds(&t, &text.as_str())),
        _ => Prepared::Nothing,
    }
}

/// Every node before those that need it, as late as possible.
struct Order<'a> {
    graph: &'a Graph,
    done: Vec<bool>,
    actions: Vec<Action>,
}

impl Order<'_> {
    fn visit(&mut self, node: usize) {
        let Some(done) = self.done.get_mut(node) else { return };
        if std::mem::replace(done, true) {
            return;
        }
        // Nesting is bounded by the checker, so the recursion is too.
        let edges = self.graph.nodes.get(node).map(Node::edges).unwrap_or_default();
        for edge in edges {
            self.visit(edge.node);
        }
        self.actions.push(Action::Compute(node));
    }
}

/// A slot for each node, free again after its last use.
fn assign(graph: &Graph, actions: &[Action]) -> (Vec<usize>, usize) {
    let mut last = vec![0; graph.nodes.len()];
    let mut used = |node: usize, time: usize| {
        if let Some(slot) = last.get_mut(node) {
            *slot = time;
        }
    };
    for (time, action) in actions.iter().enumerate() {
        match action {
            Action::Compute(node) => {
                used(*node, time);
                let edges = graph.nodes.get(*node).map(Node::edges).unwrap_or_default();
                for edge in edges {
                    used(edge.node, time);
                }
            }
            Action::Emit { root, .. } => used(root.node, time),
        }
    }
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); actions.len()];
    for (node, time) in last.iter().enumerate() {
        if let Some(list) = ends.get_mut(*time) {
            list.push(node);
        }
    }
    let mut slots = vec![usize::MAX; graph.nodes.len()];
    let (mut free, mut width) = (Vec::new(), 0);
    for (action, ends) in actions.iter().zip(&ends) {
        if let Action::Compute(node) = action
            && let Some(slot) = slots.get_mut(*node)
        {
            *slot = free.pop().unwrap_or_else(|| {
                width += 1;
                width - 1
            });
        }
        let over = ends.iter().filter_map(|node| slots.get(*node)).filter(|slot| **slot != usize::MAX);
        free.extend(over);
    }
    (slots, width)
}
