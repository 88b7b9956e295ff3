//! A problem of seats as its files say it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use zhida_matching::{Demands, Edge, Quota, Rules};

use crate::rows::{Names, Rows, count, text};

/// The files of a problem.
#[derive(Debug, Args)]
pub(in crate::cli) struct Problem {
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

/// Seats of an offer, open to all or set aside for a group.
pub(super) struct Pool {
    pub(super) offer: u32,
    pub(super) group: Option<String>,
    pub(super) seats: usize,
}

/// A problem as read from its files. Edges lead to pools, not to offers.
pub(super) struct Read {
    pub(super) parties: Names,
    pub(super) offers: Names,
    pub(super) pools: Vec<Pool>,
    pub(super) edges: Vec<Edge>,
    pub(super) priorities: Vec<i64>,
    pub(super) groups: HashMap<String, Vec<u32>>,
    pub(super) demands: Demands,
    pub(super) rules: Option<Rules>,
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

    pub(super) fn read(&self, folder: Option<&Path>) -> anyhow::Result<Read> {
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
            read.rules = Some(self.governed(&mut read)?);
        }
        Ok(read)
    }

    fn governed(&self, read: &mut Read) -> anyhow::Result<Rules> {
        let mut rules = Rules {
            offers_each: self.each,
            fixed: read.demands.fixed.clone(),
            tiers: read.demands.tiers.clone(),
            keep: read.demands.keep.clone(),
            ..Rules::default()
        };
        if let Some(path) = &self.quotas {
            let rows = Rows::open(path, &["offer", "group", "min", "max"])?;
            let at = |name: &str| rows.column(name).unwrap_or(0);
            let (offer, group, min, max) = (at("offer"), at("group"), at("min"), at("max"));
            rows.each(|record| {
                let (name, who) = (text(record, offer)?, text(record, group)?);
                let pools = match name {
                    "" => None,
                    name => Some(read.pools_of(name).ok_or((offer, format!("there is no offer `{name}`")))?),
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
                rules.quotas.push(Quota { name: title, offers: pools, parties, least, most });
                Ok(())
            })?;
        }
        if let Some(path) = &self.apart {
            let rows = Rows::open(path, &["set", "offer"])?;
            let (set, offer) = (rows.column("set").unwrap_or(0), rows.column("offer").unwrap_or(1));
            let mut sets: std::collections::BTreeMap<String, Vec<u32>> = std::collections::BTreeMap::new();
            rows.each(|record| {
                let name = text(record, offer)?;
                let pools = read.pools_of(name).ok_or((offer, format!("there is no offer `{name}`")))?;
                sets.entry(text(record, set)?.to_owned()).or_default().extend(pools);
                Ok(())
            })?;
            rules.apart = sets.into_values().collect();
        }
        // Nobody has two seats in one offer, one that is open to all and one that is set aside.
        if self.each > 1 {
            let own = |offer| read.pools_of(read.offers.name(offer)).filter(|pools| pools.len() > 1);
            rules.apart.extend((0..read.offers.list.len()).filter_map(own));
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

    /// Prices by the pools' names.
    pub(super) fn priced(&self, prices: &[i64]) -> serde_json::Map<String, serde_json::Value> {
        prices.iter().enumerate().map(|(pool, price)| (self.pool_name(pool), (*price).into())).collect()
    }

    /// The pools of an offer, ascending.
    fn pools_of(&self, offer: &str) -> Option<Vec<u32>> {
        let number = self.offers.find(offer)?;
        Some((0..).zip(&self.pools).filter(|(_, pool)| pool.offer == number).map(|(at, _)| at).collect())
    }

    pub(super) fn pool_seats(&self) -> Vec<usize> {
        self.pools.iter().map(|pool| pool.seats).collect()
    }

    pub(super) fn pool_name(&self, pool: usize) -> String {
        let Some(p) = self.pools.get(pool) else { return String::new() };
        let offer = self.offers.name(p.offer as usize);
        p.group.as_ref().map_or_else(|| offer.to_owned(), |group| format!("{offer}/{group}"))
    }

    pub(super) fn offer_of(&self, pool: usize) -> &str {
        self.pools.get(pool).map_or("", |p| self.offers.name(p.offer as usize))
    }
}
