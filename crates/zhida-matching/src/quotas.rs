//! Seats under quotas: at least and at most so many of a group, classes that overlap in time, several offers a party.
//! What is no flow any more is an integer programme, which `HiGHS` solves (Huangfu & Hall, *Math. Prog. Comp.* 10, 2018,
//! doi:10.1007/s12532-017-0130-5); the prices of its relaxation are the certificate.

use highs::{Col, HighsModelStatus, RowProblem, Sense};

use crate::allocate::{AllocateError, Edge, check};

/// At least and at most so many of some parties, in one offer or in all together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What to call it when it cannot be met.
    pub name: String,
    /// The offers in which it counts, ascending; `None` for all.
    pub offers: Option<Vec<u32>>,
    /// The parties, ascending.
    pub parties: Vec<u32>,
    /// At least so many seats.
    pub least: usize,
    /// At most so many seats.
    pub most: usize,
}

/// What an allocation has to respect.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Quotas.
    pub quotas: Vec<Quota>,
    /// Sets of offers of which a party can take one only, because they overlap in time.
    pub apart: Vec<Vec<u32>>,
    /// How many offers a party can take.
    pub offers_each: usize,
    /// Cases that stand.
    pub fixed: Vec<(u32, u32)>,
    /// For each party its tier of need, 0 first; empty for none. The highest sum of the first tier comes before anything
    /// that the second could have, and so on.
    pub tiers: Vec<u32>,
    /// An allocation from before: of all that are best, one that leaves as many as possible where they were.
    pub keep: Vec<(u32, u32)>,
    /// Seconds to search for; then the best that was found is given, with its bound.
    pub seconds: Option<f64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            quotas: Vec::new(),
            apart: Vec::new(),
            offers_each: 1,
            fixed: Vec::new(),
            tiers: Vec::new(),
            keep: Vec::new(),
            seconds: None,
        }
    }
}

/// An allocation under quotas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governed {
    /// Party and offer, by party.
    pub pairs: Vec<(usize, usize)>,
    /// The sum of the scores.
    pub objective: i64,
    /// What the prices prove that no allocation exceeds; with tiers, what theirs add up to.
    pub bound: i64,
    /// What the solver says of itself: its own bound, which is as good or better and comes without proof.
    pub solver_bound: i64,
    /// One step a tier, the neediest first; one in all where there are no tiers.
    pub steps: Vec<GovernedStep>,
}

/// What one tier gets under quotas, given that those before it get what they got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GovernedStep {
    /// The tier.
    pub tier: u32,
    /// The sum of its parties' scores.
    pub objective: i64,
    /// What the prices prove that it cannot exceed (see [`governed_bound`]).
    pub bound: i64,
    /// What the solver says of itself.
    pub solver_bound: i64,
    /// The prices of the step.
    pub prices: StepPrices,
}

/// The prices that prove the bound of a step. They are whole numbers in the first step, and millionths in those after it,
/// because what a tier before has to be left with is paid for in parts of a score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepPrices {
    /// What a seat of each offer costs.
    pub offers: Vec<i64>,
    /// For each quota what one seat less of its upper, or (below 0) one seat more of its lower end costs.
    pub quotas: Vec<i64>,
    /// For each step before what one score more for it costs.
    pub before: Vec<i64>,
}

impl StepPrices {
    /// How many parts a price's unit has: a whole score, or a millionth.
    pub fn unit(&self) -> i64 {
        if self.before.is_empty() { 1 } else { 1_000_000 }
    }
}

/// Why there is no allocation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaError {
    /// Bad edges or cases.
    #[error(transparent)]
    Input(#[from] AllocateError),
    /// These cannot be met together with the others; so many are missing.
    #[error("these cannot be met: {}", shortages(.0))]
    Infeasible(Vec<(String, usize)>),
    /// The solver gave up.
    #[error("the solver stopped: {0}")]
    Solver(String),
}

fn shortages(list: &[(String, usize)]) -> String {
    list.iter().map(|(name, n)| format!("{name} (short by {n})")).collect::<Vec<_>>().join(", ")
}

/// Gives out seats to the highest total score under quotas. Edges of several between the same two count once, the
/// highest.
///
/// # Errors
/// [`QuotaError`].
pub fn allocate_governed(
    parties: usize,
    seats: &[usize],
    edges: &[Edge],
    rules: &Rules,
) -> Result<Governed, QuotaError> {
    check(parties, seats, edges)?;
    let edges = distinct(edges, &rules.fixed, parties, seats)?;
    if edges.is_empty() {
        return nobody(seats.len(), rules);
    }
    let tier_of = |e: &Edge| rules.tiers.get(e.party as usize).copied().unwrap_or(0);
    let mut tiers: Vec<u32> = if rules.tiers.is_empty() { vec![0] } else { rules.tiers.clone() };
    tiers.sort_unstable();
    tiers.dedup();
    let problem = Programme {
        parties,
        seats,
        edges: &edges,
        rules,
        steps: tiers.len() + usize::from(!rules.keep.is_empty()),
    };
    let mut steps: Vec<GovernedStep> = Vec::new();
    let mut floors: Vec<Floor> = Vec::new();
    let mut taken: Vec<Edge> = Vec::new();
    for tier in tiers {
        let own: Vec<i64> = edges.iter().map(|e| if tier_of(e) == tier { e.score } else { 0 }).collect();
        let Some((values, solver_bound, relaxed)) = problem.best(&own, &floors)? else {
            return Err(problem.missing(&floors));
        };
        let objective = own.iter().zip(&values).filter(|(_, x)| **x).map(|(score, _)| score).sum();
        let prices = relaxed.prices(seats.len(), rules.quotas.len(), floors.len());
        let reached: Vec<(u32, i64)> = steps.iter().map(|s| (s.tier, s.objective)).collect();
        let bound = governed_bound(parties, seats, &edges, rules, (tier, &reached), &prices);
        steps.push(GovernedStep { tier, objective, bound, solver_bound, prices });
        floors.push(Floor { own, least: objective });
        taken = edges.iter().zip(&values).filter(|(_, x)| **x).map(|(e, _)| *e).collect();
    }
    if !rules.keep.is_empty() {
        let same: Vec<i64> =
            edges.iter().map(|e| i64::from(rules.keep.contains(&(e.party, e.offer)))).collect();
        // Without an answer in the time given, what was found before stands.
        if let Some(found) = problem.solve(&same, &floors, Shape::Whole)? {
            taken = edges.iter().zip(&found.values).filter(|(_, x)| **x > 0.5).map(|(e, _)| *e).collect();
        }
    }
    let objective = taken.iter().map(|e| e.score).sum();
    let mut pairs: Vec<(usize, usize)> = taken.iter().map(|e| (e.party as usize, e.offer as usize)).collect();
    pairs.sort_unstable();
    let bound = steps.iter().map(|s| s.bound).sum();
    let solver_bound = steps.iter().map(|s| s.solver_bound).sum();
    Ok(Governed { pairs, objective, bound, solver_bound, steps })
}

/// The answer where there is nothing to give out.
fn nobody(offers: usize, rules: &Rules) -> Result<Governed, QuotaError> {
    let short = rules.quotas.iter().filter(|q| q.least > 0).map(|q| (q.name.clone(), q.least));
    let short: Vec<(String, usize)> = short.collect();
    if !short.is_empty() {
        return Err(QuotaError::Infeasible(short));
    }
    let prices =
        StepPrices { offers: vec![0; offers], quotas: vec![0; rules.quotas.len()], before: Vec::new() };
    let step = GovernedStep { tier: 0, objective: 0, bound: 0, solver_bound: 0, prices };
    Ok(Governed { pairs: Vec::new(), objective: 0, bound: 0, solver_bound: 0, steps: vec![step] })
}

/// What the prices of a step prove: seats at their prices, quotas at theirs, what steps before are left with at theirs, and
/// each party's best choice at all of them.
///
/// For each quota with price λ: λ × its upper end where λ > 0, λ × its lower end where λ < 0. For each step before with
/// price μ and sum *V*: −μ *V*, and an edge of its tier is worth μ × its score. A party that can take one offer gains max(0,
/// max over its edges of score − price − λ of the quotas that the edge counts in), the score counting in the step's own
/// tier; one that can take several, at most the sum of the best `offers_each` of these, of each set of overlapping offers
/// the best. All in the prices' unit; rounded down to whole scores at the end.
pub fn governed_bound(
    parties: usize,
    seats: &[usize],
    edges: &[Edge],
    rules: &Rules,
    (tier, before): (u32, &[(u32, i64)]),
    prices: &StepPrices,
) -> i64 {
    let wide = |n: usize| i128::try_from(n).unwrap_or(i128::MAX);
    let unit = i128::from(prices.unit());
    let mut bound: i128 =
        seats.iter().zip(&prices.offers).map(|(n, price)| wide(*n).saturating_mul(i128::from(*price))).sum();
    for (quota, price) in rules.quotas.iter().zip(&prices.quotas) {
        let end = if *price > 0 { quota.most.min(parties * rules.offers_each) } else { quota.least };
        bound += wide(end).saturating_mul(i128::from(*price));
    }
    for ((_, reached), price) in before.iter().zip(&prices.before) {
        bound -= i128::from(*reached) * i128::from(*price);
    }
    let mut set_of: Vec<Option<usize>> = vec![None; seats.len()];
    for (set, offers) in rules.apart.iter().enumerate() {
        for offer in offers {
            if let Some(slot) = set_of.get_mut(*offer as usize) {
                // An offer of several sets is counted in its first: that can only make the bound higher.
                slot.get_or_insert(set);
            }
        }
    }
    let mut gains: Vec<Vec<(Option<usize>, i128)>> = vec![Vec::new(); parties];
    for e in edges {
        let own = rules.tiers.get(e.party as usize).copied().unwrap_or(0);
        let mut worth = if own == tier { i128::from(e.score) * unit } else { 0 };
        for ((other, _), price) in before.iter().zip(&prices.before) {
            worth += if own == *other { i128::from(e.score) * i128::from(*price) } else { 0 };
        }
        worth -= i128::from(prices.offers.get(e.offer as usize).copied().unwrap_or(0));
        let quotas = rules.quotas.iter().zip(&prices.quotas).filter(|(q, _)| q.counts(e));
        worth -= quotas.map(|(_, price)| i128::from(*price)).sum::<i128>();
        if rules.fixed.contains(&(e.party, e.offer)) {
            // What stands is taken whatever it is worth.
            bound += worth;
        } else if worth > 0
            && let Some(list) = gains.get_mut(e.party as usize)
        {
            list.push((set_of.get(e.offer as usize).copied().flatten(), worth));
        }
    }
    for list in &mut gains {
        list.sort_unstable_by_key(|(_, worth)| std::cmp::Reverse(*worth));
        let mut used: Vec<usize> = Vec::new();
        let mut left = rules.offers_each;
        for (set, worth) in list.iter() {
            let again = set.is_some_and(|set| used.contains(&set));
            if left > 0 && !again {
                bound += worth;
                left -= 1;
                used.extend(*set);
            }
        }
    }
    i64::try_from(bound.div_euclid(unit)).unwrap_or(i64::MAX)
}

impl Quota {
    /// Whether a seat along this edge counts.
    pub fn counts(&self, e: &Edge) -> bool {
        self.offers.as_ref().is_none_or(|offers| offers.binary_search(&e.offer).is_ok())
            && self.parties.binary_search(&e.party).is_ok()
    }
}

/// Each pair once with its highest score, and the fixed cases among them.
fn distinct(
    edges: &[Edge],
    fixed: &[(u32, u32)],
    parties: usize,
    seats: &[usize],
) -> Result<Vec<Edge>, AllocateError> {
    let mut best: std::collections::BTreeMap<(u32, u32), i64> = std::collections::BTreeMap::new();
    for (party, offer) in fixed {
        if *party as usize >= parties || *offer as usize >= seats.len() {
            return Err(AllocateError::NoSuchCase { party: *party as usize, offer: *offer as usize });
        }
        best.insert((*party, *offer), 0);
    }
    for e in edges {
        let slot = best.entry((e.party, e.offer)).or_insert(e.score);
        *slot = (*slot).max(e.score);
    }
    Ok(best.into_iter().map(|((party, offer), score)| Edge { party, offer, score }).collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Parts of seats: what the prices come from.
    Relaxed,
    /// Whole seats.
    Whole,
    /// Lower ends may be missed; as little as possible is.
    Elastic,
}

struct Solved {
    values: Vec<f64>,
    duals: Vec<f64>,
    bound: i64,
}

impl Solved {
    /// The prices of seats, quotas and steps before in their unit, of the right sign. Rounding keeps them a proof, of a
    /// bound that is a little higher at most.
    fn prices(&self, offers: usize, quotas: usize, before: usize) -> StepPrices {
        let unit = if before == 0 { 1.0 } else { 1e6 };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "prices are within the scores, which fit in 40 bits; a larger one is cut, and proves less"
        )]
        let whole = |x: &f64| (x * unit).round() as i64;
        let mut duals = self.duals.iter();
        let offers = duals.by_ref().take(offers).map(|x| whole(x).max(0)).collect();
        let quotas = duals.by_ref().take(quotas).map(whole).collect();
        // The solver's sign is that of a constraint from below.
        let before = duals.take(before).map(|x| (-whole(x)).max(0)).collect();
        StepPrices { offers, quotas, before }
    }
}

/// What a step before has reached and is left with.
struct Floor {
    /// What each edge is worth to it.
    own: Vec<i64>,
    least: i64,
}

/// Everything that the solver is told but for what is to be highest.
struct Programme<'a> {
    parties: usize,
    seats: &'a [usize],
    edges: &'a [Edge],
    rules: &'a Rules,
    /// How many times it will be asked: each has its part of the time.
    steps: usize,
}

/// Which edges are taken, the solver's own bound, and the relaxation with its prices.
type Best = (Vec<bool>, i64, Solved);

impl Programme<'_> {
    /// The highest sum of `worth`. `None` if nothing meets all quotas.
    fn best(&self, worth: &[i64], floors: &[Floor]) -> Result<Option<Best>, QuotaError> {
        let Some(relaxed) = self.solve(worth, floors, Shape::Relaxed)? else { return Ok(None) };
        let taken = |values: &[f64]| values.iter().map(|x| *x > 0.5).collect();
        if relaxed.values.iter().all(|x| (x - x.round()).abs() < 1e-6) {
            return Ok(Some((taken(&relaxed.values), relaxed.bound, relaxed)));
        }
        let whole = self.solve(worth, floors, Shape::Whole)?;
        Ok(whole.map(|whole| (taken(&whole.values), whole.bound, relaxed)))
    }

    /// A column for each edge, rows for offers, quotas, steps before, parties, and overlapping offers of a party. `None`
    /// if it has no solution.
    fn solve(&self, worth: &[i64], floors: &[Floor], shape: Shape) -> Result<Option<Solved>, QuotaError> {
        let Self { parties, seats, edges, rules, steps } = *self;
        #[expect(clippy::cast_precision_loss, reason = "scores are at most 2^40")]
        let float = |n: i64| n as f64;
        #[expect(clippy::cast_precision_loss, reason = "counts of seats")]
        let count = |n: usize| n as f64;
        let mut programme = RowProblem::default();
        let is_fixed = |e: &Edge| rules.fixed.contains(&(e.party, e.offer));
        let columns: Vec<Col> = edges
            .iter()
            .zip(worth)
            .map(|(e, worth)| {
                let cost = if shape == Shape::Elastic { 0.0 } else { float(*worth) };
                let bounds = if is_fixed(e) { 1.0..=1.0 } else { 0.0..=1.0 };
                if shape == Shape::Relaxed {
                    programme.add_column(cost, bounds)
                } else {
                    programme.add_integer_column(cost, bounds)
                }
            })
            .collect();
        let all = || edges.iter().zip(&columns);
        let mut by_offer: Vec<Vec<(Col, f64)>> = vec![Vec::new(); seats.len()];
        let mut by_party: Vec<Vec<(&Edge, Col)>> = vec![Vec::new(); parties];
        for (e, column) in all() {
            by_offer[e.offer as usize].push((*column, 1.0));
            by_party[e.party as usize].push((e, *column));
        }
        for (row, n) in by_offer.iter().zip(seats) {
            programme.add_row(..=count(*n), row);
        }
        let mut slacks = Vec::new();
        for quota in &rules.quotas {
            let mut row: Vec<(Col, f64)> =
                all().filter(|(e, _)| quota.counts(e)).map(|(_, c)| (*c, 1.0)).collect();
            if shape == Shape::Elastic {
                let slack = programme.add_column(-1.0, 0.0..);
                slacks.push(slack);
                row.push((slack, 1.0));
                programme.add_row(count(quota.least).., &row);
                row.pop();
                programme.add_row(..=count(quota.most.min(edges.len())), &row);
            } else {
                programme.add_row(count(quota.least)..=count(quota.most.min(edges.len())), &row);
            }
        }
        for floor in floors {
            let worth = columns.iter().zip(&floor.own).filter(|(_, w)| **w > 0);
            let row: Vec<(Col, f64)> = worth.map(|(c, w)| (*c, float(*w))).collect();
            // Sums are whole: half a score is room enough for the solver's tolerance.
            programme.add_row((float(floor.least) - 0.5).., &row);
        }
        own_limits(&mut programme, &by_party, rules);
        let seconds = rules.seconds.map(|s| s / count(steps));
        let Some((bound, solution)) = optimise(programme, seconds, shape)? else { return Ok(None) };
        let values = solution.columns();
        if values.len() < edges.len() {
            return Err(QuotaError::Solver("no allocation was found in the time given".to_owned()));
        }
        let short: Vec<f64> = slacks.iter().filter_map(|slack| values.get(slack.index()).copied()).collect();
        let values = if shape == Shape::Elastic {
            short
        } else {
            values.get(..edges.len()).unwrap_or_default().to_vec()
        };
        Ok(Some(Solved { values, duals: solution.dual_rows().to_vec(), bound }))
    }

    /// Which lower ends cannot be met, by missing as little as possible of all of them.
    fn missing(&self, floors: &[Floor]) -> QuotaError {
        match self.solve(&vec![0; self.edges.len()], floors, Shape::Elastic) {
            Ok(Some(found)) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "counts of seats, at least 0"
                )]
                let short = |x: &f64| x.round().max(0.0) as usize;
                let list =
                    self.rules.quotas.iter().zip(&found.values).map(|(q, x)| (q.name.clone(), short(x)));
                QuotaError::Infeasible(list.filter(|(_, n)| *n > 0).collect())
            }
            // Even without lower ends: then the fixed cases collide with seats, upper ends or each other.
            Ok(None) => {
                QuotaError::Infeasible(vec![("the cases that stand".to_owned(), self.rules.fixed.len())])
            }
            Err(error) => error,
        }
    }
}

/// The solver's bound and solution; `None` if there is none.
fn optimise(
    programme: RowProblem,
    seconds: Option<f64>,
    shape: Shape,
) -> Result<Option<(i64, highs::Solution)>, QuotaError> {
    let mut model = programme.optimise(Sense::Maximise);
    model.make_quiet();
    // One thread and a fixed seed: the same answer everywhere.
    model.set_option("threads", 1);
    model.set_option("random_seed", 1);
    model.set_option("mip_rel_gap", 0.0);
    model.set_option("mip_abs_gap", 0.5);
    if let Some(seconds) = seconds {
        model.set_option("time_limit", seconds);
    }
    let solved = model.try_solve().map_err(|status| QuotaError::Solver(format!("{status:?}")))?;
    match solved.status() {
        HighsModelStatus::Optimal | HighsModelStatus::ReachedTimeLimit => {}
        HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => return Ok(None),
        other => return Err(QuotaError::Solver(format!("{other:?}"))),
    }
    let bound = match shape {
        Shape::Whole => solved.double_info_value(c"mip_dual_bound").unwrap_or(f64::INFINITY),
        _ => solved.objective_value(),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sums of scores; a bound beyond them is cut to the largest"
    )]
    let bound = (bound + 1e-6).floor() as i64;
    Ok(Some((bound, solved.get_solution())))
}

/// What each party can take: so many offers, and of those that overlap one.
fn own_limits(programme: &mut RowProblem, by_party: &[Vec<(&Edge, Col)>], rules: &Rules) {
    #[expect(clippy::cast_precision_loss, reason = "counts of seats")]
    let each = rules.offers_each as f64;
    for own in by_party.iter().filter(|own| own.len() > rules.offers_each) {
        let row: Vec<(Col, f64)> = own.iter().map(|(_, c)| (*c, 1.0)).collect();
        programme.add_row(..=each, &row);
    }
    for set in &rules.apart {
        for own in by_party {
            let among = own.iter().filter(|(e, _)| set.contains(&e.offer));
            let row: Vec<(Col, f64)> = among.map(|(_, c)| (*c, 1.0)).collect();
            if row.len() > 1 {
                programme.add_row(..=1.0, &row);
            }
        }
    }
}
