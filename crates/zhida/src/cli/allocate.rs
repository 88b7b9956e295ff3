//! `zhida match allocate|verify`: seats given out on plain files, and the answer checked from the raw files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use zhida_matching::{
    Allocation, Claim, Demands, Edge, Quota, QuotaError, Rules, allocate_governed, allocate_under, stable,
};

use super::{Answer, Limits};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Rule {
    /// The highest total score.
    Optimal,
    /// Deferred acceptance: nobody can complain that somebody with less need has their seat.
    Stable,
}

/// The files of a problem.
#[derive(Debug, Args)]
pub(super) struct Problem {
    /// `party,offer,score`, and for the stable rule `priority` if it is not the score.
    #[arg(long)]
    edges: Option<PathBuf>,
    /// `offer,seats`; a third column `group` sets seats aside for a group.
    #[arg(long)]
    seats: Option<PathBuf>,
    /// `party,group`: a party may be in several groups.
    #[arg(long)]
    groups: Option<PathBuf>,
    /// `offer,group,min,max`: without an offer in all together, without a number no limit.
    #[arg(long)]
    quotas: Option<PathBuf>,
    /// `set,offer`: offers that overlap in time, of which a party can take one.
    #[arg(long)]
    apart: Option<PathBuf>,
    /// How many offers a party can take.
    #[arg(long, default_value_t = 1)]
    each: usize,
    /// `party,tier`: 0 comes before 1 comes before 2.
    #[arg(long)]
    tiers: Option<PathBuf>,
    /// `party,offer`: cases that stand.
    #[arg(long)]
    fixed: Option<PathBuf>,
    /// `party,offer`: an allocation from before, of which as much as possible is kept.
    #[arg(long)]
    keep: Option<PathBuf>,
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

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    problem: Problem,
    /// The problem, as a folder with `edges.csv` and `seats.csv` (if the files are not named by options), and the
    /// answer as `zhida match allocate --json` wrote it.
    #[arg(num_args = 1..=2, required = true, value_names = ["PROBLEM", "ANSWER"])]
    files: Vec<PathBuf>,
}

/// A table of text cells, each with its line.
struct Rows {
    name: String,
    head: Vec<String>,
    reader: csv::Reader<std::fs::File>,
}

impl Rows {
    fn open(path: &Path, wanted: &[&str]) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let mut reader = csv::ReaderBuilder::new()
            .buffer_capacity(1 << 18)
            .trim(csv::Trim::All)
            .from_path(path)
            .with_context(|| name.clone())?;
        let head = reader.headers().with_context(|| name.clone())?;
        let head: Vec<String> = head.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect();
        if let Some(missing) = wanted.iter().find(|w| !head.iter().any(|h| h == *w)) {
            bail!("{name}:1:1: there is no column `{missing}`; expected {}", wanted.join(","));
        }
        Ok(Self { name, head, reader })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.head.iter().position(|h| h == name)
    }

    /// Calls `f` with each row and its line.
    fn each(
        mut self,
        mut f: impl FnMut(&csv::ByteRecord) -> Result<(), (usize, String)>,
    ) -> anyhow::Result<()> {
        let mut record = csv::ByteRecord::new();
        loop {
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => bail!("{}: {error}", self.name),
            }
            f(&record).map_err(|(column, cause)| {
                let line = record.position().map_or(0, csv::Position::line);
                anyhow::anyhow!("{}:{line}:{}: {cause}", self.name, column + 1)
            })?;
        }
    }
}

fn text(record: &csv::ByteRecord, column: usize) -> Result<&str, (usize, String)> {
    let cell = record.get(column).unwrap_or_default();
    std::str::from_utf8(cell).ok().ok_or_else(|| (column, "the cell is not UTF-8".to_owned()))
}

fn count(record: &csv::ByteRecord, column: usize, what: &str) -> Result<usize, (usize, String)> {
    let cell = text(record, column)?;
    cell.parse().ok().ok_or_else(|| (column, format!("`{cell}` is not {what} of at least 0")))
}

/// Names and their numbers in the order of first appearance.
#[derive(Default)]
struct Names {
    index: HashMap<Box<str>, u32>,
    list: Vec<Box<str>>,
    /// The name that was asked for last: files have their rows party by party.
    last: u32,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if self.list.get(self.last as usize).is_some_and(|last| &**last == name) {
            return self.last;
        }
        let fresh = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.last = if let Some(number) = self.index.get(name) {
            *number
        } else {
            self.list.push(name.into());
            self.index.insert(name.into(), fresh);
            fresh
        };
        self.last
    }

    /// Numbers the names in their own order; gives each old number's new one.
    fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<(Box<str>, u32)> = std::mem::take(&mut self.list).into_iter().zip(0..).collect();
        order.sort();
        let mut new_of = vec![0; order.len()];
        for ((_, old), new) in order.iter().zip(0..) {
            new_of[*old as usize] = new;
        }
        self.list = order.into_iter().map(|(name, _)| name).collect();
        for number in self.index.values_mut() {
            *number = new_of[*number as usize];
        }
        self.last = 0;
        new_of
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    fn name(&self, number: usize) -> &str {
        self.list.get(number).map_or("", |name| name)
    }
}

/// Seats of an offer, open to all or set aside for a group.
struct Pool {
    offer: u32,
    group: Option<String>,
    seats: usize,
}

/// A problem as read from its files. Edges lead to pools, not to offers.
struct Read {
    parties: Names,
    offers: Names,
    pools: Vec<Pool>,
    edges: Vec<Edge>,
    priorities: Vec<i64>,
    groups: HashMap<String, Vec<u32>>,
    demands: Demands,
    rules: Option<Rules>,
}

impl Problem {
    fn paths(&self, folder: Option<&Path>) -> anyhow::Result<(PathBuf, PathBuf)> {
        let path = |given: &Option<PathBuf>, name: &str| match (given, folder) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(folder)) => Ok(folder.join(name)),
            (None, None) => bail!("say --{} FILE", name.trim_end_matches(".csv")),
        };
        Ok((path(&self.edges, "edges.csv")?, path(&self.seats, "seats.csv")?))
    }

    fn read(&self, folder: Option<&Path>) -> anyhow::Result<Read> {
        let (edges, seats) = self.paths(folder)?;
        let mut read = Read {
            parties: Names::default(),
            offers: Names::default(),
            pools: Vec::new(),
            edges: Vec::new(),
            priorities: Vec::new(),
            groups: HashMap::new(),
            demands: Demands::default(),
            rules: None,
        };
        read.seats(&seats)?;
        let mut group_names: HashMap<u32, Vec<String>> = HashMap::new();
        if let Some(path) = &self.groups {
            let rows = Rows::open(path, &["party", "group"])?;
            let (party, group) = (rows.column("party").unwrap_or(0), rows.column("group").unwrap_or(1));
            rows.each(|record| {
                let number = read.parties.number(text(record, party)?);
                let name = text(record, group)?.to_owned();
                read.groups.entry(name.clone()).or_default().push(number);
                group_names.entry(number).or_default().push(name);
                Ok(())
            })?;
            read.groups.values_mut().for_each(|members| members.sort_unstable());
        }
        read.edges(&edges, &group_names)?;
        read.renumber();
        if let Some(path) = &self.tiers {
            let rows = Rows::open(path, &["party", "tier"])?;
            let (party, tier) = (rows.column("party").unwrap_or(0), rows.column("tier").unwrap_or(1));
            let mut tiers: Vec<Option<u32>> = vec![None; read.parties.list.len()];
            rows.each(|record| {
                let value = count(record, tier, "a tier")?;
                if let Some(slot) =
                    read.parties.find(text(record, party)?).and_then(|party| tiers.get_mut(party as usize))
                {
                    *slot = Some(u32::try_from(value).unwrap_or(u32::MAX));
                }
                Ok(())
            })?;
            // Who has no tier comes last.
            read.demands.tiers = tiers.into_iter().map(|t| t.unwrap_or(u32::MAX)).collect();
        }
        read.demands.fixed = read.cases(self.fixed.as_deref(), true)?;
        read.demands.keep = read.cases(self.keep.as_deref(), false)?;
        if self.quotas.is_some() || self.apart.is_some() || self.each != 1 {
            if !read.demands.tiers.is_empty() || !read.demands.keep.is_empty() {
                bail!(
                    "quotas, overlapping offers and several offers each do not go together with --tiers or --keep"
                );
            }
            read.rules = Some(self.governed(&mut read)?);
        }
        Ok(read)
    }

    fn governed(&self, read: &mut Read) -> anyhow::Result<Rules> {
        let mut rules =
            Rules { offers_each: self.each, fixed: read.demands.fixed.clone(), ..Rules::default() };
        if read.pools.iter().any(|pool| pool.group.is_some()) {
            bail!("seats set aside for a group are said as a quota (min) where there are quotas");
        }
        if let Some(path) = &self.quotas {
            let rows = Rows::open(path, &["offer", "group", "min", "max"])?;
            let at = |name: &str| rows.column(name).unwrap_or(0);
            let (offer, group, min, max) = (at("offer"), at("group"), at("min"), at("max"));
            rows.each(|record| {
                let (name, who) = (text(record, offer)?, text(record, group)?);
                let number = match name {
                    "" => None,
                    name => {
                        Some(read.offers.find(name).ok_or((offer, format!("there is no offer `{name}`")))?)
                    }
                };
                let parties = match who {
                    "" => (0..u32::try_from(read.parties.list.len()).unwrap_or(u32::MAX)).collect(),
                    who => {
                        read.groups.get(who).cloned().ok_or((group, format!("nobody is in group `{who}`")))?
                    }
                };
                let limit = |column: usize, without: usize| {
                    if text(record, column)?.is_empty() {
                        Ok(without)
                    } else {
                        count(record, column, "a number")
                    }
                };
                let (least, most) = (limit(min, 0)?, limit(max, usize::MAX)?);
                if least > most {
                    return Err((min, format!("at least {least} is more than at most {most}")));
                }
                let place = if name.is_empty() { "all offers" } else { name };
                let title = format!("at least {least} of `{who}` in {place}");
                rules.quotas.push(Quota { name: title, offer: number, parties, least, most });
                Ok(())
            })?;
        }
        if let Some(path) = &self.apart {
            let rows = Rows::open(path, &["set", "offer"])?;
            let (set, offer) = (rows.column("set").unwrap_or(0), rows.column("offer").unwrap_or(1));
            let mut sets: std::collections::BTreeMap<String, Vec<u32>> = std::collections::BTreeMap::new();
            rows.each(|record| {
                let name = text(record, offer)?;
                let number = read.offers.find(name).ok_or((offer, format!("there is no offer `{name}`")))?;
                sets.entry(text(record, set)?.to_owned()).or_default().push(number);
                Ok(())
            })?;
            rules.apart = sets.into_values().collect();
        }
        Ok(rules)
    }
}

impl Read {
    fn seats(&mut self, path: &Path) -> anyhow::Result<()> {
        let rows = Rows::open(path, &["offer", "seats"])?;
        let (offer, seats, group) =
            (rows.column("offer").unwrap_or(0), rows.column("seats").unwrap_or(1), rows.column("group"));
        rows.each(|record| {
            let number = self.offers.number(text(record, offer)?);
            let group = match group {
                Some(column) => Some(text(record, column)?.to_owned()).filter(|g| !g.is_empty()),
                None => None,
            };
            if self.pools.iter().any(|pool| pool.offer == number && pool.group == group) {
                return Err((
                    offer,
                    format!("the offer `{}` stands here twice", self.offers.name(number as usize)),
                ));
            }
            self.pools.push(Pool { offer: number, group, seats: count(record, seats, "a number of seats")? });
            Ok(())
        })
    }

    fn edges(&mut self, path: &Path, groups: &HashMap<u32, Vec<String>>) -> anyhow::Result<()> {
        let mut pools: Vec<Vec<u32>> = vec![Vec::new(); self.offers.list.len()];
        for (pool, at) in self.pools.iter().zip(0..) {
            if let Some(list) = pools.get_mut(pool.offer as usize) {
                list.push(at);
            }
        }
        let rows = Rows::open(path, &["party", "offer", "score"])?;
        let at = |name: &str| rows.column(name);
        let (party, offer, score) =
            (at("party").unwrap_or(0), at("offer").unwrap_or(1), at("score").unwrap_or(2));
        let priority = at("priority");
        rows.each(|record| {
            let whole = |column: usize, what: &str| {
                let cell = text(record, column)?;
                let number = cell.parse::<i64>().ok();
                number.ok_or_else(|| (column, format!("the {what} `{cell}` is not a whole number")))
            };
            let worth = whole(score, "score")?;
            if !(0..=1 << 40).contains(&worth) {
                return Err((score, format!("the score {worth} is not between 0 and 2^40")));
            }
            let who = self.parties.number(text(record, party)?);
            let name = text(record, offer)?;
            let Some(where_) = self.offers.find(name) else {
                return Err((offer, format!("the offer `{name}` has no line in the file of seats")));
            };
            let claim = match priority {
                Some(column) => whole(column, "priority")?,
                None => worth,
            };
            for pool in pools.get(where_ as usize).into_iter().flatten() {
                let open = self.pools.get(*pool as usize).is_some_and(|p| {
                    p.group
                        .as_ref()
                        .is_none_or(|group| groups.get(&who).is_some_and(|own| own.contains(group)))
                });
                if open {
                    self.edges.push(Edge { party: who, offer: *pool, score: worth });
                    if priority.is_some() {
                        self.priorities.push(claim);
                    }
                }
            }
            Ok(())
        })
    }

    /// Numbers parties and pools in the order of their names, so that the order of lines changes nothing: neither the
    /// lots that are drawn by number nor which of several equal answers is found.
    fn renumber(&mut self) {
        let order = self.parties.sort();
        let mut pools: Vec<(String, usize)> =
            (0..self.pools.len()).map(|at| (self.pool_name(at), at)).collect();
        pools.sort();
        let mut pool_order = vec![0_u32; pools.len()];
        for ((_, old), new) in pools.iter().zip(0..) {
            pool_order[*old] = new;
        }
        self.pools.sort_by_cached_key(|p| {
            let offer = self.offers.name(p.offer as usize);
            p.group.as_ref().map_or_else(|| offer.to_owned(), |group| format!("{offer}/{group}"))
        });
        for e in &mut self.edges {
            e.party = order[e.party as usize];
            e.offer = pool_order[e.offer as usize];
        }
        for members in self.groups.values_mut() {
            for member in members.iter_mut() {
                *member = order[*member as usize];
            }
            members.sort_unstable();
        }
    }

    /// Pairs of a file, as edges to pools: to that for a group which the party is in, if the offer has one with a seat.
    fn cases(&self, path: Option<&Path>, strict: bool) -> anyhow::Result<Vec<(u32, u32)>> {
        let Some(path) = path else { return Ok(Vec::new()) };
        let rows = Rows::open(path, &["party", "offer"])?;
        let (party, offer) = (rows.column("party").unwrap_or(0), rows.column("offer").unwrap_or(1));
        let mut left: Vec<usize> = self.pools.iter().map(|pool| pool.seats).collect();
        let mut out = Vec::new();
        rows.each(|record| {
            let (who, what) = (text(record, party)?, text(record, offer)?);
            let (Some(number), Some(place)) = (self.parties.find(who), self.offers.find(what)) else {
                // Who has left since is no reason to stop; a case that stands but does not exist is.
                if strict {
                    return Err((
                        party,
                        format!("the case of `{who}` in `{what}` has no party or offer in the files"),
                    ));
                }
                return Ok(());
            };
            let own = |group: &String| {
                self.groups.get(group).is_some_and(|members| members.binary_search(&number).is_ok())
            };
            let mut fitting: Vec<usize> = (0..self.pools.len())
                .filter(|at| {
                    self.pools.get(*at).is_some_and(|p| p.offer == place && p.group.as_ref().is_none_or(own))
                })
                .collect();
            fitting.sort_by_key(|at| self.pools.get(*at).is_none_or(|p| p.group.is_none()));
            let free = fitting.iter().copied().find(|at| left.get(*at).is_some_and(|n| *n > 0));
            match free.or(fitting.first().copied()) {
                Some(pool) => {
                    if let Some(n) = left.get_mut(pool) {
                        *n = n.saturating_sub(1);
                    }
                    out.push((number, u32::try_from(pool).unwrap_or(u32::MAX)));
                    Ok(())
                }
                None => Err((offer, format!("`{what}` has no seats for `{who}`"))),
            }
        })?;
        Ok(out)
    }

    fn pool_seats(&self) -> Vec<usize> {
        self.pools.iter().map(|pool| pool.seats).collect()
    }

    fn pool_name(&self, pool: usize) -> String {
        let Some(p) = self.pools.get(pool) else { return String::new() };
        let offer = self.offers.name(p.offer as usize);
        p.group.as_ref().map_or_else(|| offer.to_owned(), |group| format!("{offer}/{group}"))
    }

    fn offer_of(&self, pool: usize) -> &str {
        self.pools.get(pool).map_or("", |p| self.offers.name(p.offer as usize))
    }
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
        (Rule::Optimal, None) => optimal(&mut read)?,
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
    let text = format!(
        "{} seats given, {unassigned} without; score {}{bound}; {seconds:.3} s",
        done.pairs.len(),
        done.objective
    );
    Ok(Answer::yes(text, value))
}

fn optimal(read: &mut Read) -> anyhow::Result<Done> {
    let edges = std::mem::take(&mut read.edges);
    let proven = allocate_under(read.parties.list.len(), &read.pool_seats(), edges, &read.demands)?;
    let Allocation { pairs, objective, bound, waiting, .. } = proven.allocation;
    let prices = |prices: &[i64]| -> serde_json::Map<String, Value> {
        prices.iter().enumerate().map(|(pool, price)| (read.pool_name(pool), Value::from(*price))).collect()
    };
    let last = proven.steps.last().map(|step| prices(&step.prices)).unwrap_or_default();
    let mut value = json!({ "bound": bound, "prices": last });
    if proven.steps.len() > 1 {
        let steps: Vec<Value> = proven
            .steps
            .iter()
            .map(|s| {
                json!({ "tier": s.tier, "objective": s.objective, "bound": s.bound, "prices": prices(&s.prices) })
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
    match allocate_governed(read.parties.list.len(), &read.pool_seats(), &read.edges, &rules) {
        Ok(found) => {
            let named = |list: &[i64], name: &dyn Fn(usize) -> String| -> serde_json::Map<String, Value> {
                list.iter().enumerate().map(|(at, price)| (name(at), Value::from(*price))).collect()
            };
            let quota_name = |at: usize| rules.quotas.get(at).map_or_else(String::new, |q| q.name.clone());
            let value = json!({
                "bound": found.bound, "solver_bound": found.solver_bound,
                "prices": named(&found.prices, &|pool| read.pool_name(pool)),
                "quota_prices": named(&found.quota_prices, &quota_name),
            });
            Ok(Ok(Done { pairs: found.pairs, objective: found.objective, value }))
        }
        Err(QuotaError::Infeasible(list)) => Ok(Err(list)),
        Err(error) => Err(error.into()),
    }
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

/// What an answer says.
#[derive(serde::Deserialize)]
struct Stated {
    objective: i64,
    bound: Option<i64>,
    pairs: Vec<(Value, Value)>,
    #[serde(default)]
    prices: serde_json::Map<String, Value>,
    #[serde(default)]
    quota_prices: serde_json::Map<String, Value>,
    #[serde(default)]
    tiers: Vec<StatedTier>,
}

#[derive(serde::Deserialize)]
struct StatedTier {
    tier: u32,
    objective: i64,
    bound: i64,
    prices: serde_json::Map<String, Value>,
}

pub(super) fn verify(options: &Verify) -> anyhow::Result<Answer> {
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
    let price = |prices: &serde_json::Map<String, Value>| -> Result<Vec<i64>, String> {
        let mut out = vec![0; read.pools.len()];
        for (name, value) in prices {
            let pool = pools.get(name).ok_or_else(|| format!("a price for `{name}`, which is no offer"))?;
            let number = value.as_i64().filter(|p| *p >= 0);
            out[*pool] =
                number.ok_or_else(|| format!("the price of `{name}` is not a whole number of at least 0"))?;
        }
        Ok(out)
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
    let bound = stated.bound?;
    let prices = match price(&stated.prices) {
        Ok(prices) => prices,
        Err(flaw) => return Some(flaw),
    };
    let proven = match proved(read, stated, &prices, &price) {
        Ok(proven) => proven,
        Err(flaw) => return Some(flaw),
    };
    (proven != bound).then(|| format!("the prices prove a bound of {proven}, the answer says {bound}"))
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
            if offers.iter().filter(|offer| set.contains(offer)).count() > 1 {
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
            quota.offer.is_none_or(|o| o == *offer) && quota.parties.binary_search(party).is_ok()
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
type Priced<'a> = dyn Fn(&serde_json::Map<String, Value>) -> Result<Vec<i64>, String> + 'a;

/// The bound that the answer's prices prove.
fn proved(read: &Read, stated: &Stated, prices: &[i64], price: &Priced<'_>) -> Result<i64, String> {
    let seats = read.pool_seats();
    if let Some(rules) = &read.rules {
        let quota = |q: &Quota| stated.quota_prices.get(&q.name).and_then(Value::as_i64).unwrap_or(0);
        let quota_prices: Vec<i64> = rules.quotas.iter().map(quota).collect();
        let parties = read.parties.list.len();
        return Ok(zhida_matching::governed_bound(
            parties,
            &seats,
            &read.edges,
            rules,
            prices,
            &quota_prices,
        ));
    }
    let fixed: HashMap<u32, u32> = read.demands.fixed.iter().copied().collect();
    let mut left = seats;
    let mut held = 0;
    for (party, pool) in &fixed {
        left[*pool as usize] = left[*pool as usize].saturating_sub(1);
        let own = read.edges.iter().filter(|e| (e.party, e.offer) == (*party, *pool));
        held += own.map(|e| e.score).max().unwrap_or(0);
    }
    let free: Vec<Edge> = read.edges.iter().filter(|e| !fixed.contains_key(&e.party)).copied().collect();
    let bound = |edges: &[Edge], prices: &[i64]| -> i64 {
        let mut best: HashMap<u32, i64> = HashMap::new();
        for e in edges {
            let slot = best.entry(e.party).or_default();
            *slot = (*slot).max(e.score - prices[e.offer as usize]);
        }
        let paid: i64 = left.iter().zip(prices).map(|(n, p)| i64::try_from(*n).unwrap_or(i64::MAX) * p).sum();
        paid + best.values().sum::<i64>()
    };
    if stated.tiers.len() < 2 {
        return Ok(held + bound(&free, prices));
    }
    let mut done: Vec<(u32, Vec<i64>)> = Vec::new();
    let mut total = held;
    for tier in &stated.tiers {
        let before: Vec<(u32, &[i64])> = done.iter().map(|(t, p)| (*t, p.as_slice())).collect();
        let parties = read.parties.list.len();
        let tiers = &read.demands.tiers;
        let step = zhida_matching::step_problem(parties, &left, &free, tiers, (tier.tier, &before))
            .map_err(|e| e.to_string())?;
        let prices = price(&tier.prices)?;
        let proven = bound(&step.edges, &prices) - step.owed;
        if proven != tier.bound || tier.objective > tier.bound {
            return Err(format!(
                "tier {}: the prices prove {proven}, the answer says {}",
                tier.tier, tier.bound
            ));
        }
        total += proven;
        done.push((tier.tier, prices));
    }
    Ok(total)
}
