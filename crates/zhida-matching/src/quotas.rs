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
    /// The offer; `None` for all together.
    pub offer: Option<u32>,
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
    /// Seconds to search for; then the best that was found is given, with its bound.
    pub seconds: Option<f64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { quotas: Vec::new(), apart: Vec::new(), offers_each: 1, fixed: Vec::new(), seconds: None }
    }
}

/// An allocation under quotas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governed {
    /// Party and offer, by party.
    pub pairs: Vec<(usize, usize)>,
    /// The sum of the scores.
    pub objective: i64,
    /// What the prices prove that no allocation exceeds.
    pub bound: i64,
    /// What the solver says of itself: its own bound, which is as good or better and comes without proof.
    pub solver_bound: i64,
    /// A price for each offer.
    pub prices: Vec<i64>,
    /// A price for each quota: what one seat less of its upper, or (below 0) one seat more of its lower end costs.
    pub quota_prices: Vec<i64>,
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
    let relaxed = solve(parties, seats, &edges, rules, Shape::Relaxed)?;
    let Some(relaxed) = relaxed else { return Err(missing(parties, seats, &edges, rules)) };
    let whole = relaxed.values.iter().all(|x| (x - x.round()).abs() < 1e-6);
    let (values, solver_bound) = if whole {
        (relaxed.values.clone(), relaxed.bound)
    } else {
        let found = solve(parties, seats, &edges, rules, Shape::Whole)?;
        let Some(found) = found else { return Err(missing(parties, seats, &edges, rules)) };
        (found.values, found.bound)
    };
    let taken = edges.iter().zip(&values).filter(|(_, x)| **x > 0.5).map(|(e, _)| *e);
    let taken: Vec<Edge> = taken.collect();
    let objective = taken.iter().map(|e| e.score).sum();
    let mut pairs: Vec<(usize, usize)> = taken.iter().map(|e| (e.party as usize, e.offer as usize)).collect();
    pairs.sort_unstable();
    let (prices, quota_prices) = relaxed.prices(seats.len(), rules.quotas.len());
    let bound = governed_bound(parties, seats, &edges, rules, &prices, &quota_prices);
    Ok(Governed { pairs, objective, bound, solver_bound, prices, quota_prices })
}

/// The answer where there is nothing to give out.
fn nobody(offers: usize, rules: &Rules) -> Result<Governed, QuotaError> {
    let short = rules.quotas.iter().filter(|q| q.least > 0).map(|q| (q.name.clone(), q.least));
    let short: Vec<(String, usize)> = short.collect();
    if !short.is_empty() {
        return Err(QuotaError::Infeasible(short));
    }
    let quota_prices = vec![0; rules.quotas.len()];
    Ok(Governed {
        pairs: Vec::new(),
        objective: 0,
        bound: 0,
        solver_bound: 0,
        prices: vec![0; offers],
        quota_prices,
    })
}

/// What prices prove: seats at their prices, quotas at theirs, and each party's best choice at both.
///
/// For each quota with price λ: λ × its upper end where λ > 0, λ × its lower end where λ < 0. A party that can take one
/// offer gains max(0, max over its edges of score − price − λ of the quotas that the edge counts in); one that can take
/// several, at most the sum of the best `offers_each` of these, of each set of overlapping offers the best.
pub fn governed_bound(
    parties: usize,
    seats: &[usize],
    edges: &[Edge],
    rules: &Rules,
    prices: &[i64],
    quota_prices: &[i64],
) -> i64 {
    let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let mut bound: i64 = seats.iter().zip(prices).map(|(n, price)| whole(*n).saturating_mul(*price)).sum();
    for (quota, price) in rules.quotas.iter().zip(quota_prices) {
        let end = if *price > 0 { quota.most.min(parties * rules.offers_each) } else { quota.least };
        bound += whole(end).saturating_mul(*price);
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
    let fixed = |e: &Edge| rules.fixed.contains(&(e.party, e.offer));
    let mut gains: Vec<Vec<(Option<usize>, i64)>> = vec![Vec::new(); parties];
    for e in edges {
        let quotas = rules.quotas.iter().zip(quota_prices).filter(|(q, _)| q.counts(e));
        let worth = e.score
            - prices.get(e.offer as usize).unwrap_or(&0)
            - quotas.map(|(_, price)| price).sum::<i64>();
        if fixed(e) {
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
    bound
}

impl Quota {
    /// Whether a seat along this edge counts.
    pub fn counts(&self, e: &Edge) -> bool {
        self.offer.is_none_or(|offer| offer == e.offer) && self.parties.binary_search(&e.party).is_ok()
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
    /// The prices of seats and quotas as whole numbers, of the right sign. Rounding keeps them a proof, of a bound that
    /// is a little higher at most.
    fn prices(&self, offers: usize, quotas: usize) -> (Vec<i64>, Vec<i64>) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "prices are within the scores, which fit in 40 bits"
        )]
        let whole = |x: &f64| x.round() as i64;
        let prices = self.duals.iter().take(offers).map(|x| whole(x).max(0)).collect();
        let quota_prices = self.duals.iter().skip(offers).take(quotas).map(whole).collect();
        (prices, quota_prices)
    }
}

/// The programme: a column for each edge, rows for offers, quotas, parties, and overlapping offers of a party. `None` if
/// it has no solution.
fn solve(
    parties: usize,
    seats: &[usize],
    edges: &[Edge],
    rules: &Rules,
    shape: Shape,
) -> Result<Option<Solved>, QuotaError> {
    #[expect(clippy::cast_precision_loss, reason = "scores are at most 2^40")]
    let cost = |e: &Edge| if shape == Shape::Elastic { 0.0 } else { e.score as f64 };
    #[expect(clippy::cast_precision_loss, reason = "counts of seats")]
    let count = |n: usize| n as f64;
    let mut programme = RowProblem::default();
    let is_fixed = |e: &Edge| rules.fixed.contains(&(e.party, e.offer));
    let columns: Vec<Col> = edges
        .iter()
        .map(|e| {
            let bounds = if is_fixed(e) { 1.0..=1.0 } else { 0.0..=1.0 };
            if shape == Shape::Relaxed {
                programme.add_column(cost(e), bounds)
            } else {
                programme.add_integer_column(cost(e), bounds)
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
    own_limits(&mut programme, &by_party, rules);
    let mut model = programme.optimise(Sense::Maximise);
    model.make_quiet();
    // One thread and a fixed seed: the same answer everywhere.
    model.set_option("threads", 1);
    model.set_option("random_seed", 1);
    model.set_option("mip_rel_gap", 0.0);
    model.set_option("mip_abs_gap", 0.5);
    if let Some(seconds) = rules.seconds {
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
    let solution = solved.get_solution();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sums of scores; a bound beyond them is cut to the largest"
    )]
    let bound = (bound + 1e-6).floor() as i64;
    let values = solution.columns();
    if values.len() < edges.len() {
        return Err(QuotaError::Solver("no allocation was found in the time given".to_owned()));
    }
    let short: Vec<f64> = slacks.iter().filter_map(|slack| values.get(slack.index()).copied()).collect();
    let values =
        if shape == Shape::Elastic { short } else { values.get(..edges.len()).unwrap_or_default().to_vec() };
    Ok(Some(Solved { values, duals: solution.dual_rows().to_vec(), bound }))
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

/// Which lower ends cannot be met, by missing as little as possible of all of them.
fn missing(parties: usize, seats: &[usize], edges: &[Edge], rules: &Rules) -> QuotaError {
    match solve(parties, seats, edges, rules, Shape::Elastic) {
        Ok(Some(found)) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "counts of seats, at least 0"
            )]
            let short = |x: &f64| x.round().max(0.0) as usize;
            let list = rules.quotas.iter().zip(&found.values).map(|(q, x)| (q.name.clone(), short(x)));
            QuotaError::Infeasible(list.filter(|(_, n)| *n > 0).collect())
        }
        // Even without lower ends: then the fixed cases collide with seats, upper ends or each other.
        Ok(None) => QuotaError::Infeasible(vec![("the cases that stand".to_owned(), rules.fixed.len())]),
        Err(error) => error,
    }
}
