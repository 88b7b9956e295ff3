//! Several rules compiled together, and their verdicts.

use crate::Truth;
use crate::bitmap::Bitmap;
use crate::check;
use crate::columns::Table;
use crate::eval::{self, CHUNK, Chunk};
use crate::fault::Faults;
use crate::graph::{Graph, NodeId};
use crate::params::{At, Params};
use crate::profile::Profile;
use crate::typed::Typed;

/// Rules that were checked and compiled against one profile, for one day and region.
#[derive(Clone, Debug)]
pub struct RuleSet {
    pub(crate) profile: Profile,
    pub(crate) rules: Vec<Rule>,
    graph: Graph,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) typed: Typed,
    root: NodeId,
}

/// One rule's verdict on every row. INVARIANT: a row that is true is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// Rows for which the rule holds.
    pub truth: Bitmap,
    /// Rows for which it can be said whether it holds.
    pub known: Bitmap,
}

impl Verdicts {
    /// The verdict on one row.
    pub fn at(&self, row: usize) -> Truth {
        match (self.known.get(row), self.truth.get(row)) {
            (true, truth) => truth.into(),
            (false, _) => Truth::Unknown,
        }
    }

    /// Rows that are true, false and unknown.
    pub fn counts(&self) -> (usize, usize, usize) {
        let (truth, known) = (self.truth.count(), self.known.count());
        (truth, known - truth, self.known.len() - known)
    }
}

impl RuleSet {
    /// Checks and compiles rules (`name`, `text`) in one graph. Cost: linear in the length of the texts.
    ///
    /// # Errors
    /// All faults, the first of each faulty rule.
    pub fn compile<'r>(
        profile: &Profile,
        params: &Params,
        at: &At,
        rules: impl IntoIterator<Item = (&'r str, &'r str)>,
    ) -> Result<Self, Faults> {
        let mut set = Self { profile: profile.clone(), rules: Vec::new(), graph: Graph::default() };
        let mut faults = Vec::new();
        for (name, text) in rules {
            match check::check(name, text, profile, params, at) {
                Ok(typed) => {
                    let root = set.graph.condition(&typed);
                    set.rules.push(Rule { name: name.to_owned(), text: text.to_owned(), typed, root });
                }
                Err(fault) => faults.push(*fault),
            }
        }
        if faults.is_empty() { Ok(set) } else { Err(Faults(faults)) }
    }

    /// The rules' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|r| r.name.as_str())
    }

    /// How many distinct conditions the rules have together.
    pub fn distinct_conditions(&self) -> usize {
        self.graph.nodes.len()
    }

    /// The verdicts of all rules, in order. Time: conditions × rows; memory: two bits a row and rule, and two bits a
    /// condition for 4,096 rows.
    pub fn evaluate(&self, table: &Table) -> Vec<Verdicts> {
        let roots: Vec<NodeId> = self.rules.iter().map(|rule| rule.root).collect();
        verdicts(&self.graph, &roots, table)
    }

    /// The verdicts of conditions of their own, compiled together.
    pub(crate) fn evaluate_typed(conditions: &[Typed], table: &Table) -> Vec<Verdicts> {
        let mut graph = Graph::default();
        let roots: Vec<NodeId> = conditions.iter().map(|typed| graph.condition(typed)).collect();
        verdicts(&graph, &roots, table)
    }
}

fn verdicts(graph: &Graph, roots: &[NodeId], table: &Table) -> Vec<Verdicts> {
    let rows = table.rows();
    let prepared = eval::prepare(graph, table);
    let mut words: Vec<(Vec<u64>, Vec<u64>)> = vec![(Vec::new(), Vec::new()); roots.len()];
    let mut chunk = Chunk { table, start: 0, done: Vec::with_capacity(graph.nodes.len()) };
    while chunk.start < rows {
        chunk.run(graph, &prepared);
        for (root, (truth, known)) in roots.iter().zip(&mut words) {
            let bits = chunk.bits(*root);
            truth.extend_from_slice(&bits.truth);
            known.extend_from_slice(&bits.known);
        }
        chunk.start += CHUNK;
    }
    let bitmap = |words| Bitmap::from_words(words, rows);
    words.into_iter().map(|(truth, known)| Verdicts { truth: bitmap(truth), known: bitmap(known) }).collect()
}
