//! Several rules compiled together, and their verdicts.

#![expect(
    clippy::inline_always,
    reason = "the wide instructions that are dispatched to reach only what is inlined"
)]

use std::sync::Mutex;

use rayon::prelude::*;

use crate::Truth;
use crate::bitmap::Bitmap;
use crate::check;
use crate::columns::Table;
use crate::eval::{CHUNK, Machine, Plan};
use crate::fault::Faults;
use crate::graph::{Edge, Graph};
use crate::params::{At, Params};
use crate::planes::WORDS;
use crate::profile::Profile;
use crate::typed::Typed;

/// Rules that were checked and compiled against one profile, for one day and region.
#[derive(Clone, Debug)]
pub struct RuleSet {
    pub(crate) profile: Profile,
    pub(crate) rules: Vec<Rule>,
    pub(crate) graph: Graph,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) typed: Typed,
    pub(crate) root: Edge,
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
                    let root = set.graph.condition(profile, &typed);
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

    /// The rules made ready for a table: for many questions about the same rows.
    pub fn on<'a>(&'a self, table: &'a Table) -> Ready<'a> {
        let roots: Vec<Edge> = self.rules.iter().map(|rule| rule.root).collect();
        Ready {
            plan: Plan::new(&self.graph, &roots, table),
            rules: roots.len(),
            rows: table.rows(),
            spare: Mutex::default(),
        }
    }

    /// The verdicts of all rules, in order. Time: conditions × rows / 64; memory: two bits a row and rule, and for each
    /// thread two bits a condition for 4,096 rows.
    pub fn evaluate(&self, table: &Table) -> Vec<Verdicts> {
        self.on(table).verdicts()
    }

    /// The verdicts of conditions of their own, compiled together.
    pub(crate) fn evaluate_typed(conditions: &[Typed], table: &Table) -> Vec<Verdicts> {
        let mut graph = Graph::default();
        let roots: Vec<Edge> =
            conditions.iter().map(|typed| graph.condition(table.profile(), typed)).collect();
        let plan = Plan::new(&graph, &roots, table);
        Ready { plan, rules: roots.len(), rows: table.rows(), spare: Mutex::default() }.verdicts()
    }
}

/// How many rows are true, false and unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows for which the rule holds.
    pub truth: usize,
    /// Rows for which it does not.
    pub falsity: usize,
    /// Rows for which a fact is missing.
    pub unknown: usize,
}

/// Rules and the table that they are asked about.
#[derive(Debug)]
pub struct Ready<'a> {
    plan: Plan<'a>,
    rules: usize,
    rows: usize,
    /// Slots that were used before and can be again.
    spare: Mutex<Vec<Machine<PART>>>,
}

/// Words that are handed out where the rows of many rules are looked at together.
const PART: usize = 16;
/// Chunks that one task takes: enough that handing them out costs nothing.
const RUN: usize = 16;

impl Ready<'_> {
    /// Folds the true and false bits of every rule over all chunks, in parallel; the parts come in the order of rows.
    /// `f` gets the part, the rule, the first row's index and the bits of 4,096 rows.
    pub fn fold<T: Send>(
        &self,
        new: impl Fn() -> T + Sync,
        f: impl Fn(&mut T, usize, usize, &[u64; WORDS], &[u64; WORDS]) + Sync,
    ) -> Vec<T> {
        let runs = self.rows.div_ceil(CHUNK * RUN);
        (0..runs)
            .into_par_iter()
            .map_init(
                || self.plan.machine::<WORDS>(),
                |machine, run| {
                    let mut part = new();
                    for chunk in run * RUN..((run + 1) * RUN).min(self.rows.div_ceil(CHUNK)) {
                        self.plan.run::<WORDS, 16>(machine, chunk * WORDS, &mut |rule, truth, falsity| {
                            f(&mut part, rule, chunk * CHUNK, truth, falsity);
                        });
                    }
                    part
                },
            )
            .collect()
    }

    /// The verdicts of all rules on all rows.
    pub fn verdicts(&self) -> Vec<Verdicts> {
        let parts = self.fold(
            || vec![(Vec::new(), Vec::new()); self.rules],
            |part: &mut Vec<(Vec<u64>, Vec<u64>)>, rule, _, truth, falsity| {
                if let Some((t, k)) = part.get_mut(rule) {
                    t.extend_from_slice(truth);
                    k.extend(truth.iter().zip(falsity).map(|(t, f)| t | f));
                }
            },
        );
        let mut words: Vec<(Vec<u64>, Vec<u64>)> = vec![(Vec::new(), Vec::new()); self.rules];
        for part in parts {
            for ((truth, known), (t, k)) in words.iter_mut().zip(part) {
                truth.extend(t);
                known.extend(k);
            }
        }
        let bitmap = |words| Bitmap::from_words(words, self.rows);
        words
            .into_iter()
            .map(|(truth, known)| Verdicts { truth: bitmap(truth), known: bitmap(known) })
            .collect()
    }

    /// How many rows are true, false and unknown by each rule.
    pub fn counts(&self) -> Vec<Counts> {
        let arch = pulp::Arch::new();
        let parts = self.fold(
            || vec![Counts::default(); self.rules],
            |part, rule, _, truth, falsity| {
                if let Some(counts) = part.get_mut(rule) {
                    let (t, f) = arch.dispatch(Ones(truth, falsity));
                    counts.truth += t;
                    counts.falsity += f;
                }
            },
        );
        let mut all = vec![Counts::default(); self.rules];
        for part in parts {
            for (sum, part) in all.iter_mut().zip(part) {
                sum.truth += part.truth;
                sum.falsity += part.falsity;
            }
        }
        for sum in &mut all {
            sum.unknown = self.rows - sum.truth - sum.falsity;
        }
        all
    }

    /// The rows of a range for which each rule holds, 64 a word from the range's first row on. The range begins at a
    /// multiple of 64 and has at most 1,024 rows; those behind are left out.
    pub fn rows(&self, range: std::ops::Range<usize>, found: &mut dyn FnMut(usize, &[u64])) {
        let rows = range.len().min(PART * 64);
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut machine = spare.unwrap_or_else(|| self.plan.machine());
        self.plan.run::<PART, 16>(&mut machine, range.start / 64, &mut |rule, truth, _| {
            let mut words = *truth;
            if rows < PART * 64 {
                for (at, word) in words.iter_mut().enumerate() {
                    let here = rows.saturating_sub(at * 64);
                    *word &= if here >= 64 { u64::MAX } else { (1 << here) - 1 };
                }
            }
            found(rule, words.get(..rows.div_ceil(64)).unwrap_or_default());
        });
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(machine);
        }
    }

    /// The verdicts of all rules on one row.
    pub fn row(&self, row: usize) -> Vec<Truth> {
        self.plan.row(row, self.rules)
    }

    /// The verdicts of every part of every rule on one row: rows with the same are alike to the rules.
    pub(crate) fn nodes(&self, row: usize) -> Vec<Truth> {
        self.plan.nodes(row)
    }
}

/// Counts bits with the widest instructions there are.
struct Ones<'a>(&'a [u64; WORDS], &'a [u64; WORDS]);

impl pulp::NullaryFnOnce for Ones<'_> {
    type Output = (usize, usize);

    #[inline(always)]
    fn call(self) -> (usize, usize) {
        let ones = |words: &[u64; WORDS]| words.iter().map(|w| w.count_ones() as usize).sum();
        (ones(self.0), ones(self.1))
    }
}
