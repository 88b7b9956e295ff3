//! Whether a condition can hold at all, and whether it can fail: by going through its branches and keeping, for each
//! field, what is still possible.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::{Fault, FaultCode, Span};
use crate::graph::{Edge, Graph, Node};
use crate::profile::{FieldId, FieldKind, Profile};
use crate::ranges::Ranges;
use crate::ruleset::RuleSet;
use crate::typed::{Cmp, Kind, Typed};

/// Branches looked at before a question is given up; rules that people write need a handful.
const MAX_BRANCHES: usize = 20_000;
/// Choices made one after the other before a question is given up.
const MAX_DEPTH: usize = 200;

/// What is still possible on one branch.
#[derive(Clone, Debug, Default)]
struct World {
    ranges: BTreeMap<FieldId, Ranges>,
    doubles: BTreeMap<FieldId, Interval>,
    texts: BTreeMap<FieldId, Texts>,
    sets: BTreeMap<FieldId, Members>,
    /// Whether a field must be there.
    there: BTreeMap<FieldId, bool>,
    /// Conditions that are not looked into: each may be either, but not both.
    opaque: BTreeMap<usize, bool>,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    low: f64,
    low_open: bool,
    high: f64,
    high_open: bool,
}

#[derive(Clone, Debug, Default)]
struct Texts {
    allowed: Option<BTreeSet<String>>,
    denied: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
struct Members {
    /// Of each of these lists one code at least is there.
    wanted: Vec<Vec<usize>>,
    absent: BTreeSet<usize>,
}

struct Search<'a> {
    graph: &'a Graph,
    profile: &'a Profile,
    branches: usize,
}

/// Whether some party could make every condition what is wanted of it; `None` where that took too long to find out.
pub(crate) fn possible(graph: &Graph, profile: &Profile, goals: &[(Edge, bool)]) -> Option<bool> {
    let mut search = Search { graph, profile, branches: 0 };
    search.solve(goals.to_vec(), World::default(), 0)
}

/// A goal and the branches on which it can be reached: on each, every one of its own goals.
type Choice = ((Edge, bool), Vec<Vec<(Edge, bool)>>);

impl Search<'_> {
    fn solve(&mut self, mut goals: Vec<(Edge, bool)>, mut world: World, depth: usize) -> Option<bool> {
        // Choices wait until everything that is certain has been said.
        let mut choices: Vec<Choice> = Vec::new();
        while let Some(goal) = goals.pop() {
            let (edge, wanted) = goal;
            let wanted = wanted != edge.not;
            let yes = |edge: Edge| (edge, true);
            let no = |edge: Edge| (edge, false);
            match self.graph.nodes.get(edge.node)? {
                Node::True if !wanted => return Some(false),
                Node::True => {}
                // Never known, so neither true nor false.
                Node::Unknown => return Some(false),
                Node::And(parts) if wanted => goals.extend(parts.iter().copied().map(yes)),
                Node::And(parts) => choices.push((goal, parts.iter().map(|part| vec![no(*part)]).collect())),
                Node::If(c, a, b) => {
                    choices.push((goal, vec![vec![yes(*c), (*a, wanted)], vec![no(*c), (*b, wanted)]]));
                }
                Node::Same(a, b) => {
                    choices.push((goal, vec![vec![yes(*a), (*b, wanted)], vec![no(*a), (*b, !wanted)]]));
                }
                leaf => {
                    if !world.admits(edge.node, leaf, wanted, self.profile) {
                        return Some(false);
                    }
                }
            }
        }
        let Some((_, branches)) = choices.pop() else { return Some(true) };
        let mut undecided = false;
        for mut branch in branches {
            self.branches += 1;
            if self.branches > MAX_BRANCHES || depth > MAX_DEPTH {
                return None;
            }
            branch.extend(choices.iter().map(|(goal, _)| *goal));
            match self.solve(branch, world.clone(), depth + 1) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => undecided = true,
            }
        }
        if undecided { None } else { Some(false) }
    }
}

impl World {
    /// Adds what a leaf says; `false` if nothing is left then.
    fn admits(&mut self, at: usize, node: &Node, wanted: bool, profile: &Profile) -> bool {
        if *self.opaque.entry(at).or_insert(wanted) != wanted {
            return false;
        }
        if let Node::Has(id) = node {
            return *self.there.entry(*id).or_insert(wanted) == wanted;
        }
        if node.fields().into_iter().any(|id| !*self.there.entry(id).or_insert(true)) {
            return false;
        }
        match node {
            Node::Within(id, ranges) => {
                let ranges = if wanted { ranges.clone() } else { ranges.complement() };
                let slot = self.ranges.entry(*id).or_insert_with(|| domain(profile, *id));
                *slot = slot.intersect(&ranges);
                !slot.is_empty()
            }
            Node::Double(id, cmp, bits) => {
                let slot = self.doubles.entry(*id).or_insert(Interval::ALL);
                slot.narrow(*cmp, f64::from_bits(*bits), wanted)
            }
            Node::Text(id, texts) => {
                let slot = self.texts.entry(*id).or_default();
                let texts: BTreeSet<String> = texts.iter().cloned().collect();
                if wanted {
                    let kept = slot.allowed.take().map(|a| a.intersection(&texts).cloned().collect());
                    slot.allowed = Some(kept.unwrap_or(texts));
                } else {
                    slot.denied.extend(texts);
                }
                slot.allowed.as_ref().is_none_or(|allowed| !allowed.is_subset(&slot.denied))
            }
            Node::Any(id, codes) => {
                let slot = self.sets.entry(*id).or_default();
                if wanted {
                    slot.wanted.push(codes.clone());
                } else {
                    slot.absent.extend(codes);
                }
                slot.wanted.iter().all(|list| list.iter().any(|code| !slot.absent.contains(code)))
            }
            _ => true,
        }
    }
}

impl Interval {
    const ALL: Self = Self { low: f64::NEG_INFINITY, low_open: false, high: f64::INFINITY, high_open: false };

    #[expect(clippy::float_cmp, reason = "bounds are compared as they are written")]
    fn narrow(&mut self, cmp: Cmp, x: f64, wanted: bool) -> bool {
        let cmp = match (cmp, wanted) {
            (Cmp::Lt, false) => Cmp::Ge,
            (Cmp::Le, false) => Cmp::Gt,
            (Cmp::Gt, false) => Cmp::Le,
            (Cmp::Ge, false) => Cmp::Lt,
            // One number fewer leaves a range as it is.
            (Cmp::Eq, false) | (Cmp::Ne, true) => return true,
            (Cmp::Ne, false) => Cmp::Eq,
            (same, true) => same,
        };
        if matches!(cmp, Cmp::Gt | Cmp::Ge | Cmp::Eq) && (x > self.low || x == self.low && cmp == Cmp::Gt) {
            (self.low, self.low_open) = (x, cmp == Cmp::Gt);
        }
        if matches!(cmp, Cmp::Lt | Cmp::Le | Cmp::Eq) && (x < self.high || x == self.high && cmp == Cmp::Lt) {
            (self.high, self.high_open) = (x, cmp == Cmp::Lt);
        }
        self.low < self.high || self.low == self.high && !self.low_open && !self.high_open
    }
}

/// The values that a field can have at all.
pub(crate) fn domain(profile: &Profile, id: FieldId) -> Ranges {
    let kind = profile.field(id).map(|f| &f.kind);
    match kind {
        Some(FieldKind::Bool) => Ranges::span(0, 1),
        Some(FieldKind::Code { codes, .. }) => {
            Ranges::span(0, i64::try_from(codes.len()).unwrap_or(i64::MAX) - 1)
        }
        _ => Ranges::all(),
    }
}

impl RuleSet {
    /// Conditions that can never hold, and such that can never fail, with their places. A rule that is nothing but
    /// `true` is meant so.
    pub fn findings(&self) -> Vec<Fault> {
        self.rules
            .iter()
            .filter(|rule| rule.text.trim() != "true")
            .filter_map(|rule| {
                let mut graph = Graph::default();
                let (span, code, cause) = never_or_always(&mut graph, &self.profile, &rule.typed)?;
                let (rule, text) = (rule.name.clone(), rule.text.clone());
                Some(Fault { rule, code, span, cause, action: None, text })
            })
            .collect()
    }
}

/// How a rule uses a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The field.
    pub field: FieldId,
    /// Whether a condition shuts out the highest values: an upper limit of a number, *yes* of a yes-or-no.
    pub shuts_out_high: bool,
    /// Whether a condition shuts out the lowest values: a lower limit of a number, *no* of a yes-or-no.
    pub shuts_out_low: bool,
}

impl RuleSet {
    /// The fields that a rule looks at, each once, and which ends of them it shuts out.
    pub fn looks(&self, rule: usize) -> Vec<Look> {
        let Some(rule) = self.rules.get(rule) else { return Vec::new() };
        let mut found: BTreeMap<FieldId, Look> = BTreeMap::new();
        let mut pending = vec![(rule.root, true)];
        let mut seen: BTreeSet<(usize, bool)> = BTreeSet::new();
        while let Some((edge, wanted)) = pending.pop() {
            let wanted = wanted != edge.not;
            if !seen.insert((edge.node, wanted)) {
                continue;
            }
            let Some(node) = self.graph.nodes.get(edge.node) else { continue };
            // Under *and* a part keeps its sense; elsewhere it may count either way.
            let both = !matches!(node, Node::And(_));
            for part in node.edges() {
                pending.push((part, wanted));
                if both {
                    pending.push((part, !wanted));
                }
            }
            for field in node.fields() {
                let look =
                    found.entry(field).or_insert(Look { field, shuts_out_high: false, shuts_out_low: false });
                let (high, low) = shut_out(node, wanted, &self.profile, field);
                look.shuts_out_high |= high;
                look.shuts_out_low |= low;
            }
        }
        found.into_values().collect()
    }

    /// Rules that ask the same as an earlier one: the earlier and the later.
    pub fn twins(&self) -> Vec<(usize, usize)> {
        let mut first: BTreeMap<Edge, usize> = BTreeMap::new();
        let mut twins = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            match first.entry(rule.root) {
                std::collections::btree_map::Entry::Occupied(earlier) => twins.push((*earlier.get(), at)),
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(at);
                }
            }
        }
        twins
    }
}

/// Whether a leaf that is to hold (or not) leaves out the highest and the lowest values of its field.
fn shut_out(node: &Node, wanted: bool, profile: &Profile, field: FieldId) -> (bool, bool) {
    match node {
        Node::Within(_, ranges) => {
            let ranges = if wanted { ranges.clone() } else { ranges.complement() };
            let domain = domain(profile, field);
            let high = domain.parts().last().is_some_and(|(_, top)| !ranges.contains(*top));
            let low = domain.parts().first().is_some_and(|(bottom, _)| !ranges.contains(*bottom));
            (high, low)
        }
        Node::Double(_, cmp, _) => {
            let below = matches!(cmp, Cmp::Lt | Cmp::Le | Cmp::Eq) == wanted;
            let above = matches!(cmp, Cmp::Gt | Cmp::Ge | Cmp::Eq) == wanted;
            (below, above)
        }
        // A computed value may shut out either.
        Node::Compare(..) => (true, true),
        _ => (false, false),
    }
}

fn never_or_always(graph: &mut Graph, profile: &Profile, typed: &Typed) -> Option<(Span, FaultCode, String)> {
    let edge = graph.condition(profile, typed);
    // The smallest part that is to blame says most.
    let parts: &[Typed] = match &typed.kind {
        Kind::And(parts) | Kind::Or(parts) => parts,
        Kind::Not(part) => std::slice::from_ref(part.as_ref()),
        Kind::If(parts) => parts.as_slice(),
        _ => &[],
    };
    let conditions = parts.iter().filter(|p| p.ty == crate::typed::Type::Bool);
    if let Some(found) = conditions.into_iter().find_map(|part| never_or_always(graph, profile, part)) {
        return Some(found);
    }
    if let Kind::Failing(cause) = &typed.kind {
        return Some((typed.span, FaultCode::NeverKnown, format!("this always fails: {cause}")));
    }
    let can = |wanted| possible(graph, profile, &[(edge, wanted)]);
    if can(true) == Some(false) {
        if let Kind::And(parts) = &typed.kind {
            let goals: Vec<(Edge, bool)> =
                parts.iter().map(|p| (graph.condition(profile, p), true)).collect();
            let holds = |upto: usize| {
                let first = goals.get(..upto).unwrap_or_default();
                possible(graph, profile, first) != Some(false)
            };
            // The first part that cannot hold together with those before it; what fails goes on failing.
            let (mut fits, mut fails) = (1, parts.len());
            while fits + 1 < fails {
                let middle = usize::midpoint(fits, fails);
                *(if holds(middle) { &mut fits } else { &mut fails }) = middle;
            }
            if fails > 1 && !holds(fails) {
                let span = parts.get(fails - 1)?.span;
                let cause = "always false: this cannot hold together with what stands before it";
                return Some((span, FaultCode::AlwaysFalse, cause.to_owned()));
            }
        }
        return Some((typed.span, FaultCode::AlwaysFalse, "always false: nobody can meet this".to_owned()));
    }
    if can(false) == Some(false) {
        return Some((typed.span, FaultCode::AlwaysTrue, "always true: nobody can fail this".to_owned()));
    }
    None
}
