//! `zhida match verify`: an answer checked from the raw files. Shares nothing with what made it but the reading of them.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use zhida_matching::{Edge, Quota, Rules, StepPrices};

use super::super::{Answer, Limits};
use super::problem::{Pool, Problem, Read};

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    #[command(flatten)]
    problem: Problem,
    #[command(flatten)]
    limits: Limits,
    /// The problem, as a folder with `edges.csv` and `seats.csv` (if the files are not named by options), and the
    /// answer as `zhida match allocate --json` wrote it.
    #[arg(num_args = 1..=2, required = true, value_names = ["PROBLEM", "ANSWER"])]
    files: Vec<PathBuf>,
}

/// What an answer says.
#[derive(serde::Deserialize)]
struct Stated {
    objective: i64,
    bound: Option<i64>,
    pairs: Vec<(Value, Value)>,
    #[serde(flatten)]
    prices: StatedPrices,
    #[serde(default)]
    tiers: Vec<StatedTier>,
}

#[derive(serde::Deserialize)]
struct StatedTier {
    tier: u32,
    objective: i64,
    bound: i64,
    #[serde(flatten)]
    prices: StatedPrices,
}

#[derive(serde::Deserialize)]
struct StatedPrices {
    #[serde(default)]
    prices: serde_json::Map<String, Value>,
    #[serde(default)]
    quota_prices: serde_json::Map<String, Value>,
    #[serde(default)]
    before_prices: Vec<i64>,
}

pub(in crate::cli) fn verify(options: &Verify) -> anyhow::Result<Answer> {
    options.limits.run(|| verified(options))?
}

fn verified(options: &Verify) -> anyhow::Result<Answer> {
    let (folder, answer) = match options.files.as_slice() {
        [answer] => (None, answer),
        [folder, answer] => (Some(folder.as_path()), answer),
        _ => bail!("say PROBLEM and ANSWER"),
    };
    let read = options.problem.read(folder)?;
    let name = answer.display().to_string();
    let bytes = std::fs::read(answer).with_context(|| name.clone())?;
    let stated: Stated = serde_json::from_slice(&bytes).map_err(|e| {
        anyhow::anyhow!("{name}:{}:{}: not an answer of `zhida match allocate`: {e}", e.line(), e.column())
    })?;
    let flaw = check(&read, &stated);
    let proven = stated.bound;
    let (text, yes) = match &flaw {
        None => {
            let bound = proven.map_or(String::new(), |b| format!(", bound {b}"));
            (format!("holds: {} pairs, score {}{bound}", stated.pairs.len(), stated.objective), true)
        }
        Some(flaw) => (format!("does not hold: {flaw}"), false),
    };
    let optimal = flaw.is_none() && proven == Some(stated.objective);
    let value = json!({
        "holds": yes, "flaw": flaw, "objective": stated.objective, "bound": proven, "optimal": optimal,
    });
    Ok(Answer { text, value, yes })
}

/// The first thing that is wrong with an answer. Shares nothing with what made it but the reading of files.
fn check(read: &Read, stated: &Stated) -> Option<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pools: HashMap<String, usize> =
        (0..read.pools.len()).map(|pool| (read.pool_name(pool), pool)).collect();
    let price = |stated: &StatedPrices| -> Result<StepPrices, String> {
        let mut out = vec![0; read.pools.len()];
        for (name, value) in &stated.prices {
            let pool = pools.get(name).ok_or_else(|| format!("a price for `{name}`, which is no offer"))?;
            let number = value.as_i64().filter(|p| *p >= 0);
            out[*pool] =
                number.ok_or_else(|| format!("the price of `{name}` is not a whole number of at least 0"))?;
        }
        if stated.before_prices.iter().any(|p| *p < 0) {
            return Err("a price of a tier before is below 0".to_owned());
        }
        let quota = |q: &Quota| stated.quota_prices.get(&q.name).and_then(Value::as_i64).unwrap_or(0);
        let quotas = read.rules.iter().flat_map(|r| &r.quotas).map(quota).collect();
        Ok(StepPrices { offers: out, quotas, before: stated.before_prices.clone() })
    };
    // What each pair is worth, whichever of the offer's pools it takes.
    let mut worth: HashMap<(u32, u32), i64> = HashMap::new();
    for e in &read.edges {
        let offer = read.pools.get(e.offer as usize).map_or(0, |p| p.offer);
        let slot = worth.entry((e.party, offer)).or_insert(e.score);
        *slot = (*slot).max(e.score);
    }
    let held: Vec<(u32, u32)> = read
        .demands
        .fixed
        .iter()
        .map(|(party, pool)| (*party, read.pools.get(*pool as usize).map_or(0, |p| p.offer)))
        .collect();
    for pair in &held {
        worth.entry(*pair).or_insert(0);
    }
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut objective = 0;
    for (party, offer) in &stated.pairs {
        let (party, offer) = (plain(party), plain(offer));
        let found = read.parties.find(&party).zip(read.offers.find(&offer));
        let Some((pair, score)) = found.and_then(|pair| Some((pair, *worth.get(&pair)?))) else {
            return Some(format!("`{party}` has a seat in `{offer}`, which is no edge of the problem"));
        };
        pairs.push(pair);
        objective += score;
    }
    if let Some((party, offer)) = held.iter().find(|case| !pairs.contains(case)) {
        let (party, offer) = (read.parties.name(*party as usize), read.offers.name(*offer as usize));
        return Some(format!("the case of `{party}` in `{offer}` stands, and is not in the answer"));
    }
    if let Some(flaw) = seats_and_rules(read, &pairs) {
        return Some(flaw);
    }
    if objective != stated.objective {
        return Some(format!("the scores add up to {objective}, the answer says {}", stated.objective));
    }
    if let Some(flaw) = tier_sums(read, stated, &pairs, &worth) {
        return Some(flaw);
    }
    let bound = stated.bound?;
    let proven = match proved(read, stated, &price) {
        Ok(proven) => proven,
        Err(flaw) => return Some(flaw),
    };
    (proven != i128::from(bound))
        .then(|| format!("the prices prove a bound of {proven}, the answer says {bound}"))
}

/// Whether the tiers have what the answer says.
fn tier_sums(
    read: &Read,
    stated: &Stated,
    pairs: &[(u32, u32)],
    worth: &HashMap<(u32, u32), i64>,
) -> Option<String> {
    let fixed: Vec<u32> = read.demands.fixed.iter().map(|(party, _)| *party).collect();
    stated.tiers.iter().find_map(|step| {
        let own = pairs.iter().filter(|(party, _)| {
            // Where there are quotas a case that stands counts in its tier; else it stands outside them.
            let outside = read.rules.is_none() && fixed.contains(party);
            !outside && read.demands.tiers.get(*party as usize) == Some(&step.tier)
        });
        let found: i64 = own.filter_map(|pair| worth.get(pair)).sum();
        let says = step.objective;
        (found != says)
            .then(|| format!("tier {}: the scores add up to {found}, the answer says {says}", step.tier))
    })
}

/// Seats, one offer a party, quotas and overlaps.
fn seats_and_rules(read: &Read, pairs: &[(u32, u32)]) -> Option<String> {
    let mut of_party: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut of_offer: HashMap<u32, Vec<u32>> = HashMap::new();
    for (party, offer) in pairs {
        of_party.entry(*party).or_default().push(*offer);
        of_offer.entry(*offer).or_default().push(*party);
    }
    let each = read.rules.as_ref().map_or(1, |r| r.offers_each);
    for (party, offers) in &of_party {
        let mut distinct = offers.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if offers.len() > each || distinct.len() < offers.len() {
            return Some(format!("`{}` has {} seats", read.parties.name(*party as usize), offers.len()));
        }
        let sets = read.rules.iter().flat_map(|r| &r.apart);
        for set in sets {
            let in_set = |offer: &u32| set.iter().any(|pool| read.pools[*pool as usize].offer == *offer);
            if offers.iter().filter(|offer| in_set(offer)).count() > 1 {
                return Some(format!("`{}` has two offers that overlap", read.parties.name(*party as usize)));
            }
        }
    }
    for (offer, parties) in &of_offer {
        // Seats set aside count for their group only: any part of the parties must fit into what is open to it.
        let pools: Vec<&Pool> = read.pools.iter().filter(|p| p.offer == *offer).collect();
        if !fits(read, &pools, parties) {
            let seats: usize = pools.iter().map(|p| p.seats).sum();
            let name = read.offers.name(*offer as usize);
            return Some(format!("`{name}` has {} parties for {seats} seats", parties.len()));
        }
    }
    for quota in read.rules.iter().flat_map(|r| &r.quotas) {
        let counted = pairs.iter().filter(|(party, offer)| {
            let here = |pools: &Vec<u32>| pools.iter().any(|pool| read.pools[*pool as usize].offer == *offer);
            quota.offers.as_ref().is_none_or(here) && quota.parties.binary_search(party).is_ok()
        });
        let n = counted.count();
        if n < quota.least || n > quota.most {
            return Some(format!("{}: {n} (at most {})", quota.name, quota.most));
        }
    }
    None
}

/// Whether parties fit into an offer's pools: each into one that is open to it (augmenting paths, as there are few).
fn fits(read: &Read, pools: &[&Pool], parties: &[u32]) -> bool {
    if pools.iter().all(|p| p.group.is_none()) {
        return parties.len() <= pools.iter().map(|p| p.seats).sum();
    }
    let open = |party: u32, pool: &Pool| {
        pool.group
            .as_ref()
            .is_none_or(|g| read.groups.get(g).is_some_and(|m| m.binary_search(&party).is_ok()))
    };
    let mut inside: Vec<Vec<u32>> = vec![Vec::new(); pools.len()];
    parties.iter().all(|party| place(*party, pools, &mut inside, &mut vec![false; pools.len()], &open))
}

/// Puts a party into a pool, moving others on if need be.
fn place(
    party: u32,
    pools: &[&Pool],
    inside: &mut [Vec<u32>],
    seen: &mut Vec<bool>,
    open: &dyn Fn(u32, &Pool) -> bool,
) -> bool {
    for at in 0..pools.len() {
        if seen[at] || !open(party, pools[at]) {
            continue;
        }
        seen[at] = true;
        if inside[at].len() < pools[at].seats {
            inside[at].push(party);
            return true;
        }
        for k in 0..inside[at].len() {
            let other = inside[at][k];
            if place(other, pools, inside, seen, open) {
                inside[at][k] = party;
                return true;
            }
        }
    }
    false
}

/// Prices of an answer, by pool.
type Priced<'a> = dyn Fn(&StatedPrices) -> Result<StepPrices, String> + 'a;

/// The bound that the answer's prices prove.
fn proved(read: &Read, stated: &Stated, price: &Priced<'_>) -> Result<i128, String> {
    let seats = read.pool_seats();
    if let Some(rules) = &read.rules {
        return governed(read, rules, stated, price);
    }
    let fixed: HashMap<u32, u32> = read.demands.fixed.iter().copied().collect();
    let mut left = seats;
    let mut held = 0;
    for (party, pool) in &fixed {
        left[*pool as usize] = left[*pool as usize].saturating_sub(1);
        let own = read.edges.iter().filter(|e| (e.party, e.offer) == (*party, *pool));
        held += own.map(|e| i128::from(e.score)).max().unwrap_or(0);
    }
    let free: Vec<Edge> = read.edges.iter().filter(|e| !fixed.contains_key(&e.party)).copied().collect();
    if stated.tiers.is_empty() {
        let prices = price(&stated.prices)?.offers;
        let mut best: HashMap<u32, i64> = HashMap::new();
        for e in &free {
            let slot = best.entry(e.party).or_default();
            *slot = (*slot).max(e.score - prices[e.offer as usize]);
        }
        let paid = left.iter().zip(&prices);
        let paid: i128 = paid.map(|(n, p)| i128::try_from(*n).unwrap_or(i128::MAX) * i128::from(*p)).sum();
        return Ok(held + paid + best.values().map(|gain| i128::from(*gain)).sum::<i128>());
    }
    let prices: Vec<(u32, Vec<i64>)> =
        stated.tiers.iter().map(|t| Ok((t.tier, price(&t.prices)?.offers))).collect::<Result<_, String>>()?;
    let steps: Vec<(u32, &[i64])> = prices.iter().map(|(tier, p)| (*tier, p.as_slice())).collect();
    let proven = zhida_matching::tier_bounds(&left, &free, &read.demands.tiers, &steps);
    total(stated, &proven).map(|sum| held + sum)
}

/// The sum of the tiers' bounds, if each is what its prices prove.
fn total(stated: &Stated, proven: &[i128]) -> Result<i128, String> {
    for (tier, proven) in stated.tiers.iter().zip(proven) {
        if *proven != i128::from(tier.bound) || tier.objective > tier.bound {
            let says = tier.bound;
            return Err(format!("tier {}: the prices prove {proven}, the answer says {says}", tier.tier));
        }
    }
    Ok(proven.iter().sum())
}

fn governed(read: &Read, rules: &Rules, stated: &Stated, price: &Priced<'_>) -> Result<i128, String> {
    let (parties, seats) = (read.parties.list.len(), read.pool_seats());
    let bound = |tier: u32, before: &[(u32, i64)], prices: &StatedPrices| {
        let prices = price(prices)?;
        if prices.before.len() != before.len() {
            return Err("there is not one price for each tier before".to_owned());
        }
        Ok(zhida_matching::quota_bound(parties, &seats, &read.edges, rules, (tier, before), &prices))
    };
    if stated.tiers.is_empty() {
        let tier = rules.tiers.first().copied().unwrap_or(0);
        return bound(tier, &[], &stated.prices);
    }
    let mut before: Vec<(u32, i64)> = Vec::new();
    let mut proven = Vec::new();
    for tier in &stated.tiers {
        proven.push(bound(tier.tier, &before, &tier.prices)?);
        before.push((tier.tier, tier.objective));
    }
    total(stated, &proven)
}
