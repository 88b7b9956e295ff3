//! Clauses of measures: all of a register's as one set of rules, whom each is for, and what each gives.

use std::collections::BTreeSet;

use zhida_pack::{Gives, Programme};
use zhida_rules::{Amount, At, Bitmap, RuleSet, Truth};
use zhida_types::Day;

use crate::ids::CountyId;
use crate::party::Snapshot;
use crate::problem::Problem;

/// All clauses of a register, compiled for a county and a day.
#[derive(Debug)]
pub struct Clauses<'a> {
    snapshot: &'a Snapshot,
    at: At,
    programmes: Vec<(&'a Programme, &'a Gives)>,
    set: RuleSet,
}

/// Whom a clause is for, at this moment.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Those who qualify; behind a cut-off by rank, those who stand before it.
    pub eligible: Bitmap,
    /// Those for whom a fact is missing.
    pub unknown: Bitmap,
}

/// What a clause says of one party.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether it qualifies.
    pub truth: Truth,
    /// What it would get: fen, or thousandths of the goods' unit; nothing where a fact is missing or nothing is counted.
    pub amount: Option<i64>,
}

impl<'a> Clauses<'a> {
    /// Compiles the clauses of a snapshot's register.
    ///
    /// # Errors
    /// A pack whose rules do not pass the type check.
    pub fn compile(county: &CountyId, snapshot: &'a Snapshot) -> Result<Self, Problem> {
        Self::of(county, snapshot, &|_| true)
    }

    /// Compiles one clause.
    ///
    /// # Errors
    /// As [`Self::compile`], or a clause that the register does not have.
    pub fn one(county: &CountyId, snapshot: &'a Snapshot, code: &str) -> Result<Self, Problem> {
        let clauses = Self::of(county, snapshot, &|p| p.code == code)?;
        if clauses.programmes.is_empty() { Err(Problem::NotFound) } else { Ok(clauses) }
    }

    fn of(
        county: &CountyId,
        snapshot: &'a Snapshot,
        wanted: &dyn Fn(&Programme) -> bool,
    ) -> Result<Self, Problem> {
        let register = &snapshot.register;
        let at = At { day: snapshot.day.epoch(), region: county.to_string() };
        let programmes = register.programmes.iter().filter(|p| wanted(p));
        let programmes: Vec<(&Programme, &Gives)> =
            programmes.filter_map(|p| p.gives.as_ref().map(|g| (p, g))).collect();
        let rules = programmes.iter().map(|(p, _)| (p.code.as_str(), p.when.as_str()));
        let set = RuleSet::compile(&register.profile, &register.params, &at, rules);
        Ok(Self { snapshot, at, programmes, set: set.map_err(anyhow::Error::from)? })
    }

    /// The clauses, in order.
    pub fn programmes(&self) -> impl Iterator<Item = (&'a Programme, &'a Gives)> + '_ {
        self.programmes.iter().copied()
    }

    /// Whom each clause is for among some rows, in order.
    ///
    /// # Errors
    /// A rank that is no number expression.
    pub fn reach(&self, rows: &Bitmap) -> Result<Vec<Reach>, Problem> {
        let verdicts = self.set.evaluate(&self.snapshot.table);
        let each = self.programmes.iter().zip(verdicts).map(|((_, gives), v)| {
            let eligible = self.cut(gives, &v.truth)?.and(rows);
            Ok(Reach { eligible, unknown: rows.and_not(&v.known) })
        });
        each.collect()
    }

    /// Those of the eligible who stand before the cut-off: among all of the county, whoever asks. Ties with the last stay.
    fn cut(&self, gives: &Gives, eligible: &Bitmap) -> Result<Bitmap, Problem> {
        let Some(rank) = &gives.rank else { return Ok(eligible.clone()) };
        let by = self.amount_rule(&rank.by)?;
        let mut values: Vec<(usize, f64)> = by
            .each(&self.snapshot.table, eligible)
            .into_iter()
            .filter_map(|(row, value)| value.map(|v| (row, v)))
            .collect();
        values.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let last = rank.first.checked_sub(1).and_then(|at| values.get(at)).map(|(_, v)| *v);
        let mut front = Bitmap::zeros(eligible.len());
        for (row, value) in values.iter().filter(|(_, v)| last.is_none_or(|last| *v >= last)) {
            front.set(*row, value.is_finite());
        }
        Ok(front)
    }

    fn amount_rule(&self, text: &str) -> Result<Amount, Problem> {
        let register = &self.snapshot.register;
        let amount = Amount::compile(&register.profile, &register.params, &self.at, text);
        Ok(amount.map_err(anyhow::Error::from)?)
    }

    /// What the clause at a place gives each of some rows, in the ledger's units; nothing where a fact is missing.
    ///
    /// # Errors
    /// An amount that is no number expression.
    pub fn amounts(&self, clause: usize, rows: &Bitmap) -> Result<Vec<(usize, Option<i64>)>, Problem> {
        let Some((_, gives)) = self.programmes.get(clause) else { return Ok(Vec::new()) };
        if gives.amount.is_empty() {
            return Ok(rows.iter().map(|row| (row, None)).collect());
        }
        let amount = self.amount_rule(&gives.amount)?;
        let units = |value: Option<f64>| value.and_then(|v| units(gives, v));
        Ok(amount.each(&self.snapshot.table, rows).into_iter().map(|(row, v)| (row, units(v))).collect())
    }

    /// What every clause says of one row, in order.
    ///
    /// # Errors
    /// An amount or rank that is no number expression.
    pub fn of_row(&self, row: usize) -> Result<Vec<Verdict>, Problem> {
        let truths = self.set.on(&self.snapshot.table).row(row);
        let mut one = Bitmap::zeros(self.snapshot.table.rows());
        one.set(row, true);
        let mut verdicts = Vec::with_capacity(truths.len());
        for (at, (truth, (_, gives))) in truths.into_iter().zip(&self.programmes).enumerate() {
            let truth = match (truth, &gives.rank) {
                (Truth::True, Some(_)) => {
                    let all = self.set.evaluate(&self.snapshot.table);
                    let front = all.get(at).map(|v| self.cut(gives, &v.truth)).transpose()?;
                    Truth::from(front.is_some_and(|f| f.get(row)))
                }
                (truth, _) => truth,
            };
            let amount = match truth {
                Truth::False => None,
                _ => self.amounts(at, &one)?.into_iter().next().and_then(|(_, amount)| amount),
            };
            verdicts.push(Verdict { truth, amount });
        }
        Ok(verdicts)
    }
}

/// Yuan as fen, units of goods as thousandths.
fn units(gives: &Gives, value: f64) -> Option<i64> {
    let thousandths = zhida_pack::thousandths(value)?;
    if gives.benefit.pays() {
        // Half a fen is rounded up, as banks do.
        Some((thousandths + 5).div_euclid(10)).filter(|fen| *fen > 0)
    } else {
        Some(thousandths).filter(|n| *n > 0)
    }
}

/// Clauses that may not be held beside one: those that it excludes, and those that exclude it.
pub fn excluded<'a>(snapshot: &'a Snapshot, programme: &'a Programme) -> BTreeSet<&'a str> {
    let own = programme.gives.iter().flat_map(|g| &g.excludes).map(String::as_str);
    let others = snapshot
        .register
        .programmes
        .iter()
        .filter(|p| p.gives.as_ref().is_some_and(|g| g.excludes.contains(&programme.code)));
    own.chain(others.map(|p| p.code.as_str())).collect()
}

/// Whether somebody may apply for a clause on a day.
pub fn open_on(programme: &Programme, day: Day) -> bool {
    programme.gives.as_ref().is_some_and(|g| g.open_on(day))
}
