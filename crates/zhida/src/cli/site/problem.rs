//! A siting problem as its files say it.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use serde_json::Value;
use zhida_siting::{Cover, Group, Metric, Sites, State, orlib, tsplib};

use crate::rows::{Rows, count, number, positive, text};
use crate::site::{Hours, Open, degrees};

/// Where the points and sites stand.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Places {
    /// A p-median problem of the OR-Library.
    #[arg(long, conflicts_with_all = ["tsplib", "points", "demand", "sites"])]
    pub(super) orlib: Option<PathBuf>,
    /// A TSPLIB file with plane coordinates: every node is a demand point and a site.
    #[arg(long, conflicts_with_all = ["points", "demand", "sites"])]
    pub(super) tsplib: Option<PathBuf>,
    /// `id,lon,lat[,weight]` (or `id,x,y[,weight]` with --planar): every row is a demand point and a site.
    #[arg(long, conflicts_with_all = ["demand", "sites"])]
    pub(super) points: Option<PathBuf>,
    /// Demand points: `id,lon,lat,weight[,radius,hours]`, or `id,x,y,weight` with --planar; a row for each kind of worker
    /// and band of hours, if they differ.
    #[arg(long, requires = "sites")]
    pub(super) demand: Option<PathBuf>,
    /// Sites: `id,lon,lat[,state,cost,group,capacity,hours]`; state is candidate, existing, required or excluded.
    #[arg(long, requires = "demand")]
    pub(super) sites: Option<PathBuf>,
    /// Distances as they are: `id[,weight],SITE,SITE,…`, a row for each demand point.
    #[arg(long, conflicts_with_all = ["demand", "sites", "points", "orlib", "tsplib", "roads"])]
    pub(super) matrix: Option<PathBuf>,
    /// Distances over roads: `from,from_lon,from_lat,to,to_lon,to_lat[,metres][,oneway]`, a row for each stretch.
    #[arg(long, conflicts_with_all = ["orlib", "tsplib", "planar"])]
    pub(super) roads: Option<PathBuf>,
    /// Coordinates are `x,y` in a plane.
    #[arg(long)]
    pub(super) planar: bool,
    /// Distances in the plane are rounded to whole numbers, as TSPLIB does.
    #[arg(long)]
    pub(super) rounded: bool,
    /// At most so much memory, GiB; else what the machine has to spare. Work that needs more is not begun.
    #[arg(long)]
    pub(super) memory: Option<f64>,
    /// How much longer the way is than the great circle.
    #[arg(long, default_value_t = 1.0)]
    pub(super) detour: f64,
    /// `group,min,max`: at least and at most so many open sites of a group.
    #[arg(long)]
    pub(super) groups: Option<PathBuf>,
    /// The most that the open sites may cost together, by the column `cost`.
    #[arg(long)]
    pub(super) budget: Option<f64>,
}

/// A problem as read.
pub(super) struct Problem {
    pub(super) metric: Metric,
    pub(super) weights: Vec<f64>,
    pub(super) sites: Sites,
    /// Each site's id, as the files have it.
    pub(super) ids: Vec<Value>,
    pub(super) demand_ids: Vec<Value>,
    pub(super) capacity: Vec<f64>,
    /// The column `cost`, for models in which sites' costs count.
    pub(super) cost: Vec<f64>,
    /// How many to open, if the file says it.
    pub(super) open: Option<usize>,
    /// Where the sites stand, if the distances do not say.
    pub(super) places: Vec<[f64; 2]>,
    /// How far each point reaches, by the column `radius`; below 0 where it does not say.
    radius: Vec<f64>,
    /// When points come by and sites are open, by the columns `hours`.
    open_hours: Option<Open>,
}

/// How far points reach, whom sites serve when, and what is served in part.
pub(super) struct Reach<'a> {
    problem: &'a Problem,
    radius: f64,
    /// Beyond the radius up to here a point is served in part.
    pub(super) outer: Option<f64>,
    /// How much; else evenly less and less.
    pub(super) share: Option<f64>,
}

impl Reach<'_> {
    pub(super) fn radius(&self, i: usize) -> f64 {
        self.problem.radius.get(i).copied().filter(|r| *r >= 0.0).unwrap_or(self.radius)
    }

    /// Whether hours count.
    pub(super) fn is_timed(&self) -> bool {
        self.problem.open_hours.is_some()
    }

    pub(super) fn serves(&self, i: usize, j: usize) -> bool {
        self.problem.open_hours.as_ref().is_none_or(|open| open.serves(i, j))
    }

    /// How far a point reaches for a site; below 0 where that is closed when it comes by.
    pub(super) fn for_site(&self, i: usize, j: usize) -> f64 {
        if self.serves(i, j) { self.radius(i) } else { -1.0 }
    }

    /// How much of a point a site serves from so far.
    pub(super) fn part(&self, i: usize, j: usize, far: f64) -> f64 {
        let (inner, outer) = (self.radius(i), self.outer.unwrap_or(0.0));
        if !self.serves(i, j) {
            0.0
        } else if far <= inner {
            1.0
        } else if far <= outer {
            self.share.unwrap_or((outer - far) / (outer - inner))
        } else {
            0.0
        }
    }

    /// The pairs of points and sites that serve them, at least in part.
    pub(super) fn cover(&self) -> Cover {
        let far = |i: usize| self.radius(i).max(self.outer.unwrap_or(0.0));
        let all = Cover::within(&self.problem.metric, &far);
        if self.problem.open_hours.is_some() { all.keep(&|i, j| self.serves(i, j)) } else { all }
    }
}

impl Places {
    /// Places by one file's name: `.tsp`, `.csv`, a folder with `demand.csv` and `sites.csv`, or else an OR-Library file.
    pub(super) fn guess(&mut self, path: &Path) {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            _ if path.is_dir() => {
                self.demand = Some(path.join("demand.csv"));
                self.sites = Some(path.join("sites.csv"));
            }
            "tsp" => self.tsplib = Some(path.to_owned()),
            "csv" => self.points = Some(path.to_owned()),
            _ => self.orlib = Some(path.to_owned()),
        }
    }

    pub(super) fn is_given(&self) -> bool {
        let given = [&self.orlib, &self.tsplib, &self.points, &self.demand, &self.matrix];
        given.iter().any(|path| path.is_some())
    }

    pub(super) fn read(&self) -> anyhow::Result<Problem> {
        if !(self.detour.is_finite() && self.detour > 0.0) {
            bail!("--detour {}: not a number above 0", self.detour);
        }
        let numbered = |n: usize| (1..=n).map(Value::from).collect::<Vec<Value>>();
        if let Some(path) = &self.orlib {
            let (metric, open) =
                orlib(&crate::rows::file(path)?).map_err(|e| anyhow::anyhow!("{}:{e}", path.display()))?;
            let n = metric.sites();
            return Ok(Problem::plain(metric, numbered(n), Some(open)));
        }
        if let Some(path) = &self.tsplib {
            let places =
                tsplib(&crate::rows::file(path)?).map_err(|e| anyhow::anyhow!("{}:{e}", path.display()))?;
            let n = places.len();
            let metric = Metric::Plane { demand: places.clone(), sites: places, rounded: self.rounded };
            return Ok(Problem::plain(metric, numbered(n), None));
        }
        if let Some(path) = &self.matrix {
            return super::ways::matrix(path);
        }
        let (demand, sites) = match (&self.points, &self.demand, &self.sites) {
            (Some(points), ..) => (self.table(points, false)?, self.table(points, false)?),
            (None, Some(demand), Some(sites)) => (self.table(demand, true)?, self.table(sites, false)?),
            _ => bail!("say --orlib FILE, --tsplib FILE, --points CSV, or --demand CSV --sites CSV"),
        };
        if self.points.is_none() && !self.planar {
            let named = |table: &'_ Table| -> Vec<(String, [f64; 2])> {
                table.ids.iter().map(crate::rows::plain).zip(table.places.iter().copied()).collect()
            };
            let (one, other) = (named(&demand), named(&sites));
            if let Some(words) = crate::site::mixed(
                one.iter().map(|(name, at)| (name.as_str(), *at)),
                other.iter().map(|(name, at)| (name.as_str(), *at)),
            ) {
                bail!("{words}");
            }
        }
        let metric = if self.planar {
            Metric::Plane { demand: demand.places, sites: sites.places, rounded: self.rounded }
        } else {
            Metric::Sphere { demand: demand.places, sites: sites.places, detour: self.detour }
        };
        let mut problem = Problem {
            metric,
            weights: demand.weight,
            sites: Sites { state: sites.state, ..Sites::default() },
            ids: sites.ids,
            demand_ids: demand.ids,
            capacity: sites.capacity,
            cost: sites.cost,
            open: None,
            places: Vec::new(),
            radius: demand.radius,
            open_hours: None,
        };
        if !(demand.hours.is_empty() && sites.hours.is_empty()) {
            let all =
                |hours: Vec<String>, n: usize| if hours.is_empty() { vec![String::new(); n] } else { hours };
            let (points, places) = (problem.metric.demand(), problem.metric.sites());
            let open = Open::new(&all(demand.hours, points), &all(sites.hours, places));
            problem.open_hours = Some(open.map_err(|words| anyhow::anyhow!("the column `hours`: {words}"))?);
        }
        self.rules(&mut problem, &sites.group)?;
        Ok(problem)
    }

    /// Groups and budget.
    fn rules(&self, problem: &mut Problem, groups: &[String]) -> anyhow::Result<()> {
        if let Some(path) = &self.groups {
            let rows = Rows::open(path, &["group", "min", "max"])?;
            let at = |name: &str| rows.column(name).unwrap_or(0);
            let (group, min, max) = (at("group"), at("min"), at("max"));
            let list = &mut problem.sites.groups;
            rows.each(|record| {
                let name = text(record, group)?.to_owned();
                if list.iter().any(|g: &Group| g.name == name) {
                    return Err((group, format!("the group `{name}` stands here twice")));
                }
                let limit = |column: usize, without: usize| {
                    if text(record, column)?.is_empty() {
                        Ok(without)
                    } else {
                        count(record, column, "a number")
                    }
                };
                list.push(Group { name, least: limit(min, 0)?, most: limit(max, usize::MAX)? });
                Ok(())
            })?;
            let place = |name: &String| {
                let at = problem.sites.groups.iter().position(|g| g.name == *name);
                at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
            };
            let none = String::new();
            let n = problem.ids.len();
            problem.sites.group = (0..n).map(|j| place(groups.get(j).unwrap_or(&none))).collect();
        }
        if let Some(limit) = self.budget {
            if problem.cost.is_empty() {
                bail!("--budget needs a column `cost` in the file of sites");
            }
            problem.sites.budget = Some((problem.cost.clone(), limit));
        }
        Ok(())
    }

    fn table(&self, path: &Path, weighed: bool) -> anyhow::Result<Table> {
        let (x, y) = if self.planar { ("x", "y") } else { ("lon", "lat") };
        let wanted = if weighed { vec!["id", x, y, "weight"] } else { vec!["id", x, y] };
        let rows = Rows::open(path, &wanted)?;
        // A row of text becomes about six times as much.
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let size = std::fs::metadata(path).map_or(0.0, |meta| meta.len() as f64);
        super::memory::require(6.0 * size, self.memory, "take fewer rows, or a larger --memory")?;
        let at = |name: &str| rows.column(name);
        let (id, x, y) = (at("id").unwrap_or(0), at(x).unwrap_or(1), at(y).unwrap_or(2));
        let (weight, state, cost, group, capacity) =
            (at("weight"), at("state"), at("cost"), at("group"), at("capacity"));
        let (radius, hours) = (at("radius"), at("hours"));
        let mut table = Table::default();
        // By hash: names of ten million rows twice over would be most of the memory.
        let mut seen: HashMap<u64, usize> = HashMap::new();
        let hasher = std::hash::RandomState::new();
        let planar = self.planar;
        rows.each(|record| {
            let name = text(record, id)?.to_owned();
            let place = [number(record, x, "coordinate")?, number(record, y, "coordinate")?];
            if !planar {
                degrees(place).map_err(|words| (y, words))?;
            }
            table.places.push(place);
            table.weight.push(positive(record, weight, "weight")?.unwrap_or(1.0));
            if let Some(column) = cost {
                table.cost.push(positive(record, Some(column), "cost")?.unwrap_or(0.0));
            }
            if capacity.is_some() {
                table.capacity.push(positive(record, capacity, "capacity")?.unwrap_or(0.0));
            }
            if radius.is_some() {
                table.radius.push(positive(record, radius, "radius")?.unwrap_or(-1.0));
            }
            if let Some(column) = hours {
                let span = text(record, column)?;
                Hours::read(span).map_err(|words| (column, words))?;
                table.hours.push(span.to_owned());
            }
            if let Some(column) = group {
                table.group.push(text(record, column)?.to_owned());
            }
            let state = match state {
                Some(column) => of_state(text(record, column)?).map_err(|words| (column, words))?,
                None => State::Candidate,
            };
            table.state.push(state);
            let known = seen.insert(hasher.hash_one(&name), table.ids.len());
            if known.is_some_and(|at| table.ids[at] == name.as_str()) {
                return Err((id, format!("the id `{name}` stands here twice")));
            }
            table.ids.push(Value::from(name));
            Ok(())
        })?;
        if table.ids.is_empty() {
            bail!("{}: no rows below the first line", path.display());
        }
        Ok(table)
    }
}

fn of_state(word: &str) -> Result<State, String> {
    match word {
        "" | "candidate" | "existing" => Ok(State::Candidate),
        "required" => Ok(State::Required),
        "excluded" => Ok(State::Excluded),
        other => Err(format!("the state `{other}` is not candidate, existing, required or excluded")),
    }
}

#[derive(Default)]
struct Table {
    ids: Vec<Value>,
    places: Vec<[f64; 2]>,
    weight: Vec<f64>,
    state: Vec<State>,
    cost: Vec<f64>,
    group: Vec<String>,
    capacity: Vec<f64>,
    radius: Vec<f64>,
    hours: Vec<String>,
}

impl Problem {
    /// The furthest that is looked at: beyond it nothing is covered.
    pub(super) fn furthest(&self, radius: Option<f64>, outer: Option<f64>) -> f64 {
        self.radius.iter().copied().chain(radius).chain(outer).fold(0.0, f64::max)
    }

    /// How far points reach, checked.
    pub(super) fn reach(
        &self,
        radius: Option<f64>,
        outer: Option<f64>,
        share: Option<f64>,
    ) -> anyhow::Result<Reach<'_>> {
        let above = |name: &str, value: f64| {
            if value.is_finite() && value > 0.0 {
                Ok(value)
            } else {
                bail!("{name} {value}: not a number above 0")
            }
        };
        let own = self.radius.iter().filter(|r| **r >= 0.0);
        let known = own.clone().count();
        let radius = match radius {
            Some(radius) => above("--radius", radius)?,
            None if known == self.metric.demand() => 0.0,
            None => bail!("say --radius METRES, or give every point one in a column `radius`"),
        };
        let most = own.copied().fold(radius, f64::max);
        if let Some(outer) = outer
            && above("--outer", outer)? <= most
        {
            bail!("--outer {outer}: not beyond the radius {most}");
        }
        if let Some(share) = share {
            if outer.is_none() {
                bail!("--share says how much is served between --radius and --outer: give --outer METRES");
            }
            if !(0.0..=1.0).contains(&share) {
                bail!("--share {share}: not between 0 and 1");
            }
        }
        Ok(Reach { problem: self, radius, outer, share })
    }

    pub(super) fn plain(metric: Metric, ids: Vec<Value>, open: Option<usize>) -> Self {
        let n = metric.demand();
        Self {
            metric,
            weights: vec![1.0; n],
            sites: Sites::default(),
            demand_ids: ids.clone(),
            ids,
            capacity: Vec::new(),
            cost: Vec::new(),
            open,
            places: Vec::new(),
            radius: Vec::new(),
            open_hours: None,
        }
    }
}
