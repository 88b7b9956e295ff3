//! What would settle an unknown verdict, and what would turn a refusal.

use std::collections::{BTreeMap, BTreeSet};

use crate::Truth;
use crate::columns::{Cell, Table};
use crate::eval::Plan;
use crate::graph::{Edge, Graph, Node};
use crate::profile::{Derive, FieldId, FieldKind, Profile};
use crate::ranges::Ranges;
use crate::ruleset::RuleSet;
use crate::typed::Cmp;

/// More alternatives than this are not followed up; the smallest are kept.
const MAX_SETS: usize = 48;

/// What would settle an unknown verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// The smallest sets of missing fields that can settle it, the smallest first: with some of their values the
    /// verdict is known, whatever the others are.
    pub sets: Vec<BTreeSet<FieldId>>,
    /// The smallest sets with which it can become true.
    pub to_hold: Vec<BTreeSet<FieldId>>,
    /// The smallest sets with which it can become false.
    pub to_fail: Vec<BTreeSet<FieldId>>,
}

/// A question that settles verdicts: the fields to ask for, and for how many rows and rules they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The missing fields.
    pub fields: BTreeSet<FieldId>,
    /// Verdicts (row and rule) that the answers can settle.
    pub settles: usize,
    /// The rows concerned, ascending.
    pub rows: Vec<usize>,
}

/// One field that would have to be different.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The field.
    pub field: FieldId,
    /// Its value now; missing if it is not known.
    pub from: Cell,
    /// The nearest value with which the rule holds.
    pub to: Cell,
    /// Other values that would do as well: the other codes of a list.
    pub or: Vec<Cell>,
}

/// What a field would have to be.
#[derive(Clone, Debug, PartialEq)]
enum Need {
    Within(Ranges),
    Texts(BTreeSet<String>),
    Double(Cmp, f64),
    Members { add: BTreeSet<usize>, drop: BTreeSet<usize> },
}

type Needs = BTreeMap<FieldId, Need>;

/// One rule on one row, with the verdict of every part.
struct Case<'a> {
    graph: Graph,
    root: Edge,
    truths: Vec<Truth>,
    profile: &'a Profile,
    table: Table,
}

impl<'a> Case<'a> {
    fn new(set: &'a RuleSet, rule: usize, table: &Table, row: usize) -> Option<Self> {
        let rule = set.rules.get(rule)?;
        if row >= table.rows() {
            return None;
        }
        let mut graph = Graph::default();
        let root = graph.condition(&set.profile, &rule.typed);
        let table = table.single(row);
        let all: Vec<Edge> = (0..graph.nodes.len()).map(|node| Edge { node, not: false }).collect();
        let truths = Plan::new(&graph, &all, &table).row(0, all.len());
        Some(Self { graph, root, truths, profile: &set.profile, table })
    }

    fn truth(&self, node: usize) -> Truth {
        self.truths.get(node).copied().unwrap_or(Truth::Unknown)
    }

    fn is_missing(&self, id: FieldId) -> bool {
        self.table.cell(0, id) == Cell::Missing
    }

    /// The smallest sets of missing fields with which the condition can become what is wanted.
    fn settling(&self, edge: Edge, wanted: bool) -> Vec<BTreeSet<FieldId>> {
        let wanted = wanted != edge.not;
        match self.truth(edge.node) {
            Truth::True => return if wanted { vec![BTreeSet::new()] } else { Vec::new() },
            Truth::False => return if wanted { Vec::new() } else { vec![BTreeSet::new()] },
            Truth::Unknown => {}
        }
        let Some(node) = self.graph.nodes.get(edge.node) else { return Vec::new() };
        match node {
            Node::And(parts) if wanted => parts
                .iter()
                .fold(vec![BTreeSet::new()], |sets, part| product(&sets, &self.settling(*part, true))),
            Node::And(parts) => smallest(parts.iter().flat_map(|part| self.settling(*part, false)).collect()),
            Node::If(c, a, b) => self.either([(*c, true), (*a, wanted)], [(*c, false), (*b, wanted)]),
            Node::Same(a, b) => self.either([(*a, true), (*b, wanted)], [(*a, false), (*b, !wanted)]),
            Node::True | Node::Unknown | Node::Has(_) => Vec::new(),
            leaf => {
                if let Node::Within(id, ranges) = leaf {
                    let ranges = if wanted { ranges.clone() } else { ranges.complement() };
                    if ranges.intersect(&crate::logic::domain(self.profile, *id)).is_empty() {
                        return Vec::new();
                    }
                }
                let mut fields = leaf.fields();
                let mut inner = leaf.edges();
                while let Some(edge) = inner.pop() {
                    if let Some(node) = self.graph.nodes.get(edge.node) {
                        fields.extend(node.fields());
                        inner.extend(node.edges());
                    }
                }
                let missing: BTreeSet<FieldId> =
                    fields.into_iter().filter(|id| self.is_missing(*id)).collect();
                // Unknown although nothing is missing: the arithmetic fails, and no fact will mend it.
                if missing.is_empty() { Vec::new() } else { vec![missing] }
            }
        }
    }

    fn either(&self, one: [(Edge, bool); 2], other: [(Edge, bool); 2]) -> Vec<BTreeSet<FieldId>> {
        let both = |[(a, x), (b, y)]: [(Edge, bool); 2]| product(&self.settling(a, x), &self.settling(b, y));
        smallest([both(one), both(other)].concat())
    }

    fn open(&self) -> Open {
        let (to_hold, to_fail) = (self.settling(self.root, true), self.settling(self.root, false));
        let sets = smallest([to_hold.clone(), to_fail.clone()].concat());
        Open { sets, to_hold: smallest(to_hold), to_fail: smallest(to_fail) }
    }

    /// The alternatives by which the condition would become what is wanted.
    fn changing(&self, edge: Edge, wanted: bool) -> Vec<Needs> {
        let wanted = wanted != edge.not;
        let now = self.truth(edge.node);
        if now == Truth::from(wanted) {
            return vec![Needs::new()];
        }
        let Some(node) = self.graph.nodes.get(edge.node) else { return Vec::new() };
        let both = |[(a, x), (b, y)]: [(Edge, bool); 2]| joined(&self.changing(a, x), &self.changing(b, y));
        let only = |id: &FieldId, need: Need| vec![Needs::from([(*id, need)])];
        match node {
            Node::And(parts) if wanted => {
                parts.iter().fold(vec![Needs::new()], |all, part| joined(&all, &self.changing(*part, true)))
            }
            Node::And(parts) => fewest(parts.iter().flat_map(|part| self.changing(*part, false)).collect()),
            Node::If(c, a, b) => {
                fewest([both([(*c, true), (*a, wanted)]), both([(*c, false), (*b, wanted)])].concat())
            }
            Node::Same(a, b) => {
                fewest([both([(*a, true), (*b, wanted)]), both([(*a, false), (*b, !wanted)])].concat())
            }
            Node::Within(id, ranges) => {
                let ranges = if wanted { ranges.clone() } else { ranges.complement() };
                only(id, Need::Within(ranges.intersect(&crate::logic::domain(self.profile, *id))))
            }
            Node::Text(id, texts) if wanted => only(id, Need::Texts(texts.iter().cloned().collect())),
            Node::Double(id, cmp, bits) => {
                let cmp = match (cmp, wanted) {
                    (same, true) => *same,
                    (Cmp::Lt, _) => Cmp::Ge,
                    (Cmp::Le, _) => Cmp::Gt,
                    (Cmp::Gt, _) => Cmp::Le,
                    (Cmp::Ge, _) => Cmp::Lt,
                    (Cmp::Eq | Cmp::Ne, _) => return Vec::new(),
                };
                only(id, Need::Double(cmp, f64::from_bits(*bits)))
            }
            Node::Any(id, codes) if wanted => {
                let add = |code: &usize| {
                    let need = Need::Members { add: BTreeSet::from([*code]), drop: BTreeSet::new() };
                    Needs::from([(*id, need)])
                };
                codes.iter().map(add).collect()
            }
            Node::Any(id, codes) => {
                only(id, Need::Members { add: BTreeSet::new(), drop: codes.iter().copied().collect() })
            }
            // Computed values and patterns have no nearest value that could be named.
            _ => Vec::new(),
        }
    }

    /// A value for what a field needs, the nearest to what it is now.
    fn change(&self, id: FieldId, need: &Need) -> Option<Change> {
        let field = self.profile.field(id)?;
        let grows = matches!(field.derive, Some(Derive::Years(_) | Derive::Months(_)));
        if (field.fixed && !grows) || matches!(field.derive, Some(Derive::Decide(_))) {
            return None;
        }
        let from = self.table.cell(0, id);
        let whole = |n: i64| match &field.kind {
            FieldKind::Bool => Some(Cell::Bool(n != 0)),
            FieldKind::Date => i32::try_from(n).ok().map(Cell::Date),
            FieldKind::Code { codes, .. } => {
                usize::try_from(n).ok().and_then(|at| codes.get(at)).map(|c| Cell::Code(c.code.clone()))
            }
            _ => Some(Cell::Int(n)),
        };
        let (to, or) = match need {
            Need::Within(ranges) => {
                let now = self.table.whole(0, id);
                let near = ranges.nearest(now.unwrap_or_default());
                let distance = |n: &i64| now.map_or(0, |now| n.abs_diff(now));
                let time_goes_on = |n: &i64| !grows || now.is_none_or(|now| *n >= now);
                let best = near.into_iter().flatten().filter(time_goes_on).min_by_key(distance)?;
                let others: Vec<Cell> = if matches!(field.kind, FieldKind::Code { .. }) {
                    let all = ranges.parts().iter().flat_map(|(low, high)| *low..=*high);
                    all.filter(|n| *n != best).filter_map(whole).collect()
                } else {
                    Vec::new()
                };
                (whole(best)?, others)
            }
            Need::Texts(texts) => {
                let mut cells = texts.iter().cloned().map(Cell::Text);
                (cells.next()?, cells.collect())
            }
            Need::Double(cmp, x) => {
                let to = match cmp {
                    Cmp::Gt => x.next_up(),
                    Cmp::Lt => x.next_down(),
                    _ => *x,
                };
                (Cell::Double(to), Vec::new())
            }
            Need::Members { add, drop } => {
                let codes = field.kind.codes();
                let held: Vec<String> = if let Cell::Set(held) = &from { held.clone() } else { Vec::new() };
                let list = codes
                    .iter()
                    .enumerate()
                    .filter(|(at, code)| add.contains(at) || held.contains(&code.code) && !drop.contains(at));
                (Cell::Set(list.map(|(_, code)| code.code.clone()).collect()), Vec::new())
            }
        };
        Some(Change { field: id, from, to, or })
    }

    fn changes(&self) -> Vec<Vec<Change>> {
        let mut out: Vec<Vec<Change>> = Vec::new();
        for needs in self.changing(self.root, true) {
            let changes: Option<Vec<Change>> =
                needs.iter().map(|(id, need)| self.change(*id, need)).collect();
            if let Some(changes) = changes
                && !changes.is_empty()
                && !out.contains(&changes)
                && self.holds_with(&changes)
            {
                out.push(changes);
            }
        }
        out.sort_by_key(Vec::len);
        out
    }

    /// Whether the rule holds with the changes made: what is proposed has been tried.
    fn holds_with(&self, changes: &[Change]) -> bool {
        let ids = (0..self.profile.fields().len()).map(FieldId);
        let mut cells: Vec<Cell> = ids.map(|id| self.table.cell(0, id)).collect();
        for change in changes {
            if let Some(slot) = cells.get_mut(change.field.0) {
                slot.clone_from(&change.to);
            }
        }
        let mut table = self.table.clone();
        table.replace(0, &cells).is_ok()
            && Plan::new(&self.graph, &[self.root], &table).row(0, 1).first() == Some(&Truth::True)
    }
}

impl RuleSet {
    /// What would settle the verdict of a rule on a row; empty where it is known, or where the row or rule does not
    /// exist.
    pub fn open(&self, rule: usize, table: &Table, row: usize) -> Open {
        Case::new(self, rule, table, row)
            .filter(|case| case.truth(case.root.node) == Truth::Unknown)
            .map_or_else(Open::default, |case| case.open())
    }

    /// The smallest changes with which a rule would hold for a row that it refuses, those of fewest fields first. Each
    /// has been tried. Fields that are fixed do not change, and what is counted from a date only grows.
    pub fn changes(&self, rule: usize, table: &Table, row: usize) -> Vec<Vec<Change>> {
        Case::new(self, rule, table, row)
            .filter(|case| case.truth(case.root.node) != Truth::from(!case.root.not))
            .map_or_else(Vec::new, |case| case.changes())
    }

    /// What to ask next, and of whom: for the rows that no rule can say everything of, the sets of missing fields that
    /// can settle a verdict, ordered by how many verdicts they can settle. Rows that lack the same facts are looked at
    /// once.
    pub fn questions(&self, table: &Table, rows: impl IntoIterator<Item = usize>) -> Vec<Question> {
        let ready = self.on(table);
        let mut open: BTreeMap<(usize, Vec<Truth>), Vec<BTreeSet<FieldId>>> = BTreeMap::new();
        let mut found: BTreeMap<BTreeSet<FieldId>, (usize, Vec<usize>)> = BTreeMap::new();
        for row in rows {
            let nodes = ready.nodes(row);
            for (rule, truth) in ready.row(row).into_iter().enumerate() {
                if truth != Truth::Unknown {
                    continue;
                }
                let key = (rule, nodes.clone());
                let sets = open.entry(key).or_insert_with(|| self.open(rule, table, row).sets);
                for set in sets.iter() {
                    let (settles, rows) = found.entry(set.clone()).or_default();
                    *settles += 1;
                    if rows.last() != Some(&row) {
                        rows.push(row);
                    }
                }
            }
        }
        let question = |(fields, (settles, rows))| Question { fields, settles, rows };
        let mut questions: Vec<Question> = found.into_iter().map(question).collect();
        questions.sort_by(|a, b| b.settles.cmp(&a.settles).then(a.fields.len().cmp(&b.fields.len())));
        questions
    }
}

/// Sets without those that hold another one whole, the smallest first.
fn smallest(mut sets: Vec<BTreeSet<FieldId>>) -> Vec<BTreeSet<FieldId>> {
    sets.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut kept: Vec<BTreeSet<FieldId>> = Vec::new();
    for set in sets {
        if kept.len() < MAX_SETS && !kept.iter().any(|k| k.is_subset(&set)) {
            kept.push(set);
        }
    }
    kept
}

fn product(a: &[BTreeSet<FieldId>], b: &[BTreeSet<FieldId>]) -> Vec<BTreeSet<FieldId>> {
    smallest(a.iter().flat_map(|x| b.iter().map(move |y| x.union(y).copied().collect())).collect())
}

fn fewest(mut all: Vec<Needs>) -> Vec<Needs> {
    all.sort_by_key(BTreeMap::len);
    all.truncate(MAX_SETS);
    all
}

/// Every need of the one with every need of the other, where they can be met together.
fn joined(a: &[Needs], b: &[Needs]) -> Vec<Needs> {
    let mut out = Vec::new();
    for x in a {
        for y in b {
            let mut both = x.clone();
            let met = y.iter().all(|(id, need)| {
                let merged = match both.get(id) {
                    None => Some(need.clone()),
                    Some(other) => merge(other, need),
                };
                merged.map(|need| both.insert(*id, need)).is_some()
            });
            if met {
                out.push(both);
            }
        }
    }
    fewest(out)
}

fn merge(a: &Need, b: &Need) -> Option<Need> {
    match (a, b) {
        (Need::Within(a), Need::Within(b)) => {
            let both = a.intersect(b);
            (!both.is_empty()).then_some(Need::Within(both))
        }
        (Need::Texts(a), Need::Texts(b)) => {
            let both: BTreeSet<String> = a.intersection(b).cloned().collect();
            (!both.is_empty()).then_some(Need::Texts(both))
        }
        (Need::Members { add: a, drop: c }, Need::Members { add: b, drop: d }) => {
            let add: BTreeSet<usize> = a.union(b).copied().collect();
            let drop: BTreeSet<usize> = c.union(d).copied().collect();
            add.is_disjoint(&drop).then_some(Need::Members { add, drop })
        }
        // Two bounds on a number: the stricter one is tried, and what is proposed is checked in the end.
        (Need::Double(Cmp::Gt | Cmp::Ge, x), Need::Double(Cmp::Gt | Cmp::Ge, y)) => {
            Some(if x > y { a.clone() } else { b.clone() })
        }
        (Need::Double(..), Need::Double(..)) => Some(a.clone()),
        _ => None,
    }
}
