//! `zhida site median|cover|centre|plan|compare|verify`: where service points should stand, on plain files.

mod memory;
mod out;
mod plan;
mod problem;
mod verify;
mod ways;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use zhida_siting::{
    Answer as Found, Effort, Loads, Report, Sites, SitingError, Worth, capacitated, centre, cover, gradual,
    median, set_cover,
};

use super::progress::Progress;
use super::{Answer, Limits};
use problem::{Places, Problem};

#[derive(Debug, Subcommand)]
pub(super) enum Site {
    /// So many sites that the sum of weight × distance is least; without --open, sites that pay for themselves.
    Median(Median),
    /// So many sites that as much weight as possible is within a radius; without --open, as few or cheap as possible that
    /// reach everything.
    Cover(Covering),
    /// So many sites that nobody is further from one than need be.
    Centre(Central),
    /// Which stations stay, rise to another tier, move, close or are built, in which year, by `PLAN.toml`.
    Plan(plan::Planning),
    /// Two plans side by side.
    Compare(plan::Compare),
    /// Check an answer from the raw files.
    Verify(verify::Verify),
}

/// What every search for sites is asked with.
#[derive(Debug, Args)]
pub(super) struct Asked {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    limits: Limits,
    /// How many sites are to be open.
    #[arg(long)]
    open: Option<usize>,
    /// Write the open sites: for maps if the name ends in `.geojson`, else as a table.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Median {
    #[command(flatten)]
    asked: Asked,
    /// Respect the column `capacity`: no site takes more weight, and every point is wholly at one site.
    #[arg(long)]
    capacitated: bool,
}

#[derive(Debug, Args)]
pub(super) struct Covering {
    #[command(flatten)]
    asked: Asked,
    /// The radius in metres, or in the unit of the plane; points may have one of their own in a column `radius`.
    #[arg(long)]
    radius: Option<f64>,
    /// Beyond the radius up to here a point is served in part: evenly less and less (gradual cover).
    #[arg(long, conflicts_with = "second")]
    outer: Option<f64>,
    /// How much is served between the radius and --outer, in place of evenly less (partial cover).
    #[arg(long)]
    share: Option<f64>,
    /// What a second site within reach is worth, as a share of the weight (backup cover).
    #[arg(long, default_value_t = 0.0)]
    second: f64,
}

#[derive(Debug, Args)]
pub(super) struct Central {
    #[command(flatten)]
    asked: Asked,
}

pub(super) fn run(command: &Site) -> anyhow::Result<Answer> {
    match command {
        Site::Median(options) => options.asked.limits.run(|| medians(options))?,
        Site::Cover(options) => options.asked.limits.run(|| covers(options))?,
        Site::Centre(options) => options.asked.limits.run(|| centres(options))?,
        Site::Plan(options) => plan::run(options),
        Site::Compare(options) => plan::compare(options),
        Site::Verify(options) => verify::run(options),
    }
}

/// How to search: with a time limit it is the limit that ends it.
fn effort(limits: &Limits) -> Effort {
    let patience = if limits.seconds.is_some() { usize::MAX } else { Effort::default().patience };
    Effort { seed: limits.seed, patience }
}

/// What the commands share: the problem, the clock, and how an answer is told.
struct Task {
    problem: Problem,
    progress: Progress,
    started: Instant,
    effort: Effort,
    rounded: bool,
}

impl Task {
    /// `limit` tells how long ways over roads need be looked for.
    fn new(asked: &Asked, limit: &dyn Fn(&Problem) -> f64) -> anyhow::Result<Self> {
        let Asked { places, limits, open, .. } = asked;
        let progress = Progress::new(limits)?;
        progress.tick(|| "reading".to_owned());
        let mut problem = places.read()?;
        if let Some(roads) = &places.roads {
            progress.tick(|| "ways over the roads".to_owned());
            problem.over_roads(roads, limit(&problem))?;
        }
        let open = open.or(problem.open);
        if let Some(open) = open {
            let n = problem.ids.len();
            if open == 0 || open > n {
                bail!("--open {open}: between 1 and {n}, as many as there are sites");
            }
        }
        problem.sites.open = open;
        let effort = effort(limits);
        Ok(Self { problem, progress, started: Instant::now(), effort, rounded: places.rounded })
    }

    fn watch(&self) -> impl Fn(Report) -> bool + Sync + '_ {
        |r: Report| {
            self.progress.tick(|| {
                let gap = (r.objective - r.bound).abs() / r.objective.abs().max(1e-12) * 100.0;
                format!("round {}: {:.6}, bound {:.6}, gap {gap:.4} %", r.round, r.objective, r.bound)
            })
        }
    }

    fn names(&self, open: &[u32]) -> Vec<Value> {
        open.iter().filter_map(|j| self.problem.ids.get(*j as usize)).cloned().collect()
    }

    /// An error of the engine: a no with its reasons, or bad input.
    fn failed(&self, error: SitingError) -> anyhow::Result<Answer> {
        let list: Vec<Value> = match &error {
            SitingError::Infeasible(why) => why.iter().map(|w| Value::from(w.as_str())).collect(),
            SitingError::Unreached(points) => {
                let names = points.iter().filter_map(|i| self.problem.demand_ids.get(*i as usize)).take(20);
                let names: Vec<String> = names.map(crate::rows::plain).collect();
                vec![format!("{} points within reach of no site: {}", points.len(), names.join(", ")).into()]
            }
            _ => return Err(error.into()),
        };
        let text: Vec<String> = list.iter().map(crate::rows::plain).collect();
        Ok(Answer { text: text.join("\n"), value: json!({ "infeasible": list }), yes: false })
    }

    fn answer(&self, model: &str, found: &Found, more: Value) -> Answer {
        let gap = (found.objective - found.bound).abs() / found.objective.abs().max(1e-12);
        let seconds = self.started.elapsed().as_secs_f64();
        let mut certificate = json!({ "multipliers": found.multipliers });
        if found.budget_price > 0.0 {
            certificate["budget_price"] = found.budget_price.into();
        }
        let mut value = json!({
            "model": model, "objective": found.objective, "bound": found.bound, "gap": gap,
            "optimal": found.optimal, "complete": found.complete, "open": self.names(&found.open),
            "p": self.problem.sites.open, "rounded": self.rounded, "seconds": seconds, "certificate": certificate,
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut value, more) {
            all.extend(more);
        }
        let proof =
            if found.optimal { "proven best".to_owned() } else { format!("gap {:.4} %", gap * 100.0) };
        let text = format!(
            "{model}: {} sites open; {}, bound {}, {proof}; {seconds:.3} s",
            found.open.len(),
            found.objective,
            found.bound
        );
        Answer::yes(text, value)
    }
}

fn medians(options: &Median) -> anyhow::Result<Answer> {
    let mut task = Task::new(&options.asked, &|_| f64::INFINITY)?;
    if task.problem.sites.open.is_none() {
        if task.problem.cost.is_empty() {
            bail!(
                "say --open P, or give the sites a column `cost`: without either every site would be opened"
            );
        }
        task.problem.sites.cost = task.problem.cost.clone();
    }
    let problem = &task.problem;
    if options.capacitated {
        if problem.capacity.is_empty() {
            bail!("--capacitated needs a column `capacity` in the file of sites");
        }
        let loads = Loads { weight: problem.weights.clone(), capacity: problem.capacity.clone() };
        let found = capacitated(&problem.metric, &loads, &problem.sites, task.effort, &task.watch());
        let found = match found {
            Ok(found) => found,
            Err(error) => return task.failed(error),
        };
        let site =
            found.site.iter().filter_map(|j| problem.ids.get(*j as usize)).cloned().collect::<Vec<Value>>();
        out::write(options.asked.out.as_deref(), problem, &found.answer.open)?;
        return Ok(task.answer("capacitated", &found.answer, json!({ "assignment": site })));
    }
    match median(&problem.metric, &problem.weights, &problem.sites, task.effort, &task.watch()) {
        Ok(found) => {
            out::write(options.asked.out.as_deref(), problem, &found.open)?;
            let model = if problem.sites.open.is_some() { "median" } else { "facility" };
            Ok(task.answer(model, &found, json!({})))
        }
        Err(error) => task.failed(error),
    }
}

fn covers(options: &Covering) -> anyhow::Result<Answer> {
    let limit = |problem: &Problem| problem.furthest(options.radius, options.outer);
    let mut task = Task::new(&options.asked, &limit)?;
    if !(0.0..=1.0).contains(&options.second) {
        bail!("--second {}: a share between 0 and 1", options.second);
    }
    let all = task.problem.sites.open.is_none() && task.problem.sites.budget.is_none();
    if all {
        if options.outer.is_some() {
            bail!("--outer goes with --open P or --budget B: what is served in part is not covered");
        }
        task.problem.sites.cost = task.problem.cost.clone();
    }
    let (problem, weights) = (&task.problem, &task.problem.weights);
    let reach = problem.reach(options.radius, options.outer, options.share)?;
    let needed = memory::of_cover(&problem.metric, &reach);
    memory::require(
        needed,
        options.asked.places.memory,
        "take a smaller radius, fewer points, or a larger --memory",
    )?;
    let map = reach.cover();
    let watch = task.watch();
    let (model, found) = if all {
        let sites = Sites { open: None, ..problem.sites.clone() };
        ("set-cover", set_cover(&map, &sites, task.effort, &watch))
    } else if reach.outer.is_some() {
        let share = |i: usize, j: usize| reach.part(i, j, problem.metric.distance(i, j));
        ("gradual", gradual(&map, weights, &share, &problem.sites, task.effort, &watch))
    } else {
        let worth = worth(weights, options.second);
        ("cover", cover(&map, &worth, &problem.sites, task.effort, &watch))
    };
    match found {
        Ok(found) => {
            out::write(options.asked.out.as_deref(), problem, &found.open)?;
            let total: f64 = weights.iter().sum();
            let more = json!({
                "radius": options.radius, "outer": options.outer, "share": options.share, "second": options.second,
                "total": total, "pairs": map.pairs(),
            });
            Ok(task.answer(model, &found, more))
        }
        Err(error) => task.failed(error),
    }
}

/// What one and two sites within reach are worth.
fn worth(weights: &[f64], second: f64) -> Worth {
    let twice = if second > 0.0 { weights.iter().map(|w| w * (1.0 + second)).collect() } else { Vec::new() };
    Worth { once: weights.to_vec(), twice }
}

fn centres(options: &Central) -> anyhow::Result<Answer> {
    let task = Task::new(&options.asked, &|_| f64::INFINITY)?;
    let problem = &task.problem;
    match centre(&problem.metric, &problem.sites, task.effort, &task.watch()) {
        Ok(found) => {
            out::write(options.asked.out.as_deref(), problem, &found.open)?;
            Ok(task.answer("centre", &found, json!({})))
        }
        Err(error) => task.failed(error),
    }
}
