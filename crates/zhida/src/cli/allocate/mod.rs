//! `zhida match allocate`: seats given out on plain files.

mod problem;
mod verify;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use zhida_matching::{
    Allocation, Claim, QuotaError, Rules, Stage, StepPrices, allocate_governed, allocate_under, stable,
};

use problem::{Problem, Read};
pub(super) use verify::{Verify, verify};

use super::progress::Progress;
use super::{Answer, Limits};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Rule {
    /// The highest total score.
    Optimal,
    /// Deferred acceptance: nobody can complain that somebody with less need has their seat.
    Stable,
}

#[derive(Debug, Args)]
pub(super) struct Allocate {
    #[command(flatten)]
    problem: Problem,
    #[command(flatten)]
    limits: Limits,
    /// What decides.
    #[arg(long, value_enum, default_value_t = Rule::Optimal)]
    rule: Rule,
    /// Where to write the pairs as `party,offer`.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What an allocation came to.
struct Done {
    pairs: Vec<(usize, usize)>,
    objective: i64,
    value: Value,
}

pub(super) fn run(options: &Allocate) -> anyhow::Result<Answer> {
    options.limits.run(|| allocated(options))?
}

fn allocated(options: &Allocate) -> anyhow::Result<Answer> {
    let progress = Progress::new(&options.limits)?;
    progress.tick(|| "reading".to_owned());
    let mut read = options.problem.read(None)?;
    let started = Instant::now();
    let done = match (options.rule, &read.rules) {
        (Rule::Stable, None) => deferred(&read, options.limits.seed)?,
        (Rule::Stable, Some(_)) => {
            bail!("--rule stable does not take quotas; seats for a group stand in SEATS.csv")
        }
        (Rule::Optimal, Some(_)) => match governed(&read, options.limits.seconds)? {
            Ok(done) => done,
            Err(infeasible) => {
                let list: Vec<Value> =
                    infeasible.iter().map(|(name, n)| json!({ "constraint": name, "short": n })).collect();
                let text = infeasible.iter().map(|(name, n)| format!("{name}: short by {n}"));
                let text = format!("no allocation meets these: {}", text.collect::<Vec<_>>().join("; "));
                return Ok(Answer { text, value: json!({ "infeasible": list }), yes: false });
            }
        },
        (Rule::Optimal, None) => optimal(&mut read, &progress)?,
    };
    let seconds = started.elapsed().as_secs_f64();
    if let Some(path) = &options.out {
        let mut writer = csv::Writer::from_path(path).with_context(|| path.display().to_string())?;
        writer.write_record(["party", "offer"])?;
        for (party, pool) in &done.pairs {
            writer.write_record([read.parties.name(*party), read.offer_of(*pool)])?;
        }
        writer.flush()?;
    }
    let placed: std::collections::BTreeSet<usize> = done.pairs.iter().map(|(party, _)| *party).collect();
    let pairs: Vec<[&str; 2]> =
        done.pairs.iter().map(|(party, pool)| [read.parties.name(*party), read.offer_of(*pool)]).collect();
    let unassigned = read.parties.list.len() - placed.len();
    let mut value = json!({
        "objective": done.objective, "assigned": done.pairs.len(), "unassigned": unassigned,
        "pairs": pairs, "seconds": seconds, "seed": options.limits.seed,
        "rule": if options.rule == Rule::Stable { "stable" } else { "optimal" },
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut value, done.value) {
        all.extend(more);
    }
    let bound = value.get("bound").filter(|b| !b.is_null()).map_or(String::new(), |b| format!(", bound {b}"));
    let over =
        if value.get("complete") == Some(&Value::Bool(false)) { "; not searched to the end" } else { "" };
    let text = format!(
        "{} seats given, {unassigned} without; score {}{bound}; {seconds:.3} s{over}",
        done.pairs.len(),
        done.objective
    );
    Ok(Answer::yes(text, value))
}

fn optimal(read: &mut Read, progress: &Progress) -> anyhow::Result<Done> {
    let edges = std::mem::take(&mut read.edges);
    let watch = |stage: Stage| {
        progress.tick(|| {
            let tier = if stage.tier.1 > 1 {
                format!("tier {} of {}, ", stage.tier.0 + 1, stage.tier.1)
            } else {
                String::new()
            };
            format!("{tier}round {}: {} wait for a seat", stage.round, stage.waiting)
        })
    };
    let proven = allocate_under(read.parties.list.len(), &read.pool_seats(), edges, &read.demands, &watch)?;
    let Allocation { pairs, objective, bound, waiting, .. } = proven.allocation;
    let last = proven.steps.last().map(|step| read.priced(&step.prices)).unwrap_or_default();
    let several = read.demands.tiers.iter().any(|t| *t > 0);
    // Tiers that were not come to are not proven to have anything.
    let bound = (proven.complete || !several).then_some(bound);
    let mut value = json!({ "bound": bound, "prices": last, "complete": proven.complete });
    if several {
        let steps: Vec<Value> = proven
            .steps
            .iter()
            .map(|s| {
                json!({ "tier": s.tier, "objective": s.objective, "bound": s.bound, "prices": read.priced(&s.prices) })
            })
            .collect();
        value["tiers"] = Value::from(steps);
    }
    let waiting = waiting.iter().enumerate().filter(|(_, list)| !list.is_empty());
    let waiting: serde_json::Map<String, Value> = waiting
        .map(|(pool, list)| {
            let names: Vec<&str> = list.iter().map(|party| read.parties.name(*party as usize)).collect();
            (read.pool_name(pool), Value::from(names))
        })
        .collect();
    value["waiting"] = Value::Object(waiting);
    Ok(Done { pairs, objective, value })
}

type Infeasible = Vec<(String, usize)>;

fn governed(read: &Read, seconds: Option<f64>) -> anyhow::Result<Result<Done, Infeasible>> {
    let Some(rules) = &read.rules else { bail!("there are no quotas") };
    let rules = Rules { seconds, ..rules.clone() };
    let found = match allocate_governed(read.parties.list.len(), &read.pool_seats(), &read.edges, &rules) {
        Ok(found) => found,
        Err(QuotaError::Infeasible(list)) => return Ok(Err(list)),
        Err(error) => return Err(error.into()),
    };
    let quotas = |prices: &[i64]| -> serde_json::Map<String, Value> {
        rules.quotas.iter().zip(prices).map(|(q, price)| (q.name.clone(), Value::from(*price))).collect()
    };
    let prices = |p: &StepPrices| {
        json!({
            "unit": p.unit(), "prices": read.priced(&p.offers), "quota_prices": quotas(&p.quotas), "before_prices": p.before,
        })
    };
    let mut value = found.steps.last().map_or_else(|| json!({}), |step| prices(&step.prices));
    value["bound"] = found.bound.into();
    value["solver_bound"] = found.solver_bound.into();
    value["complete"] = (found.solver_bound == found.objective).into();
    if found.steps.len() > 1 {
        let steps = found.steps.iter().map(|s| {
            let mut step = prices(&s.prices);
            step["tier"] = s.tier.into();
            step["objective"] = s.objective.into();
            step["bound"] = s.bound.into();
            step["solver_bound"] = s.solver_bound.into();
            step
        });
        value["tiers"] = steps.collect();
    }
    Ok(Ok(Done { pairs: found.pairs, objective: found.objective, value }))
}

fn deferred(read: &Read, seed: u64) -> anyhow::Result<Done> {
    if !read.demands.fixed.is_empty() || !read.demands.tiers.is_empty() || !read.demands.keep.is_empty() {
        bail!("--rule stable takes the column `priority` of EDGES.csv instead of --tiers, --fixed or --keep");
    }
    let claims: Vec<Claim> = read
        .edges
        .iter()
        .enumerate()
        .map(|(at, e)| Claim {
            party: e.party,
            offer: e.offer,
            score: e.score,
            priority: read.priorities.get(at).copied().unwrap_or(e.score),
        })
        .collect();
    let found = stable(read.parties.list.len(), &read.pool_seats(), &claims, seed);
    let mut seat = vec![usize::MAX; read.parties.list.len()];
    for (party, pool) in &found.pairs {
        seat[*party] = *pool;
    }
    let mut worth = vec![0; read.parties.list.len()];
    for c in claims.iter().filter(|c| seat[c.party as usize] == c.offer as usize) {
        let slot = &mut worth[c.party as usize];
        *slot = c.score.max(*slot);
    }
    let waiting = found.waiting.iter().enumerate().filter(|(_, list)| !list.is_empty());
    let waiting: serde_json::Map<String, Value> = waiting
        .map(|(pool, list)| {
            let names: Vec<&str> = list.iter().map(|party| read.parties.name(*party)).collect();
            (read.pool_name(pool), Value::from(names))
        })
        .collect();
    let value = json!({ "bound": null, "prices": {}, "waiting": waiting });
    Ok(Done { pairs: found.pairs, objective: worth.iter().sum(), value })
}
