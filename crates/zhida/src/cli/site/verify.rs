//! `zhida site verify`: an answer checked from the raw files. Shares nothing with what made it but the reading of them.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use zhida_siting::{
    Flaw, Loads, Sites, Stated, verify_capacitated, verify_centre, verify_cover, verify_gradual,
    verify_median, verify_set_cover,
};

use super::super::{Answer, Limits};
use super::problem::{Places, Problem};
use crate::rows::plain;

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    limits: Limits,
    /// The number of open sites; else the one that the file or the answer states.
    #[arg(long)]
    open: Option<usize>,
    /// The radius; else the one that the answer states.
    #[arg(long)]
    radius: Option<f64>,
    /// The problem (an OR-Library file, a `.tsp`, a `.csv` of points, a folder with `demand.csv` and `sites.csv`, a `PLAN.toml`; or by
    /// the options), and the answer as `zhida site … --json` wrote it.
    #[arg(num_args = 1..=2, required = true, value_names = ["PROBLEM", "ANSWER"])]
    files: Vec<PathBuf>,
}

/// What an answer says.
#[derive(serde::Deserialize)]
struct Said {
    model: Option<String>,
    objective: f64,
    bound: f64,
    open: Vec<Value>,
    certificate: Certificate,
    p: Option<usize>,
    radius: Option<f64>,
    outer: Option<f64>,
    share: Option<f64>,
    #[serde(default)]
    second: f64,
    #[serde(default)]
    rounded: bool,
    #[serde(default)]
    assignment: Vec<Value>,
}

#[derive(serde::Deserialize)]
struct Certificate {
    multipliers: Vec<f64>,
    #[serde(default)]
    budget_price: f64,
}

pub(super) fn run(options: &Verify) -> anyhow::Result<Answer> {
    options.limits.run(|| verified(options))?
}

fn verified(options: &Verify) -> anyhow::Result<Answer> {
    if let [problem, answer] = options.files.as_slice()
        && problem.extension().is_some_and(|e| e == "toml")
    {
        return super::plan::verify(problem, answer);
    }
    let mut places = options.places.clone();
    let answer = match options.files.as_slice() {
        [answer] => answer,
        [problem, answer] => {
            places.guess(problem);
            answer
        }
        _ => bail!("say PROBLEM and ANSWER"),
    };
    if !places.is_given() {
        bail!(
            "say the problem: a file before the answer, or --orlib, --tsplib, --points, --demand and --sites"
        );
    }
    let said: Said = super::out::read(answer, "zhida site")?;
    places.rounded |= said.rounded;
    let mut problem = places.read()?;
    if let Some(roads) = &places.roads {
        let covers = matches!(said.model.as_deref(), Some("cover" | "gradual" | "set-cover"));
        let limit = problem.furthest(options.radius.or(said.radius), said.outer);
        problem.over_roads(roads, if covers { limit } else { f64::INFINITY })?;
    }
    let flaw = check(options, &problem, &said);
    let text = match &flaw {
        None => format!("holds: {} sites, {}, bound {}", said.open.len(), said.objective, said.bound),
        Some(flaw) => format!("does not hold: {flaw}"),
    };
    let value = json!({
        "holds": flaw.is_none(), "flaw": flaw, "objective": said.objective, "bound": said.bound,
    });
    Ok(Answer { yes: flaw.is_none(), text, value })
}

fn check(options: &Verify, problem: &Problem, said: &Said) -> Option<String> {
    let by_name: HashMap<String, u32> = problem.ids.iter().map(plain).zip(0..).collect();
    let number = |value: &Value| {
        let name = plain(value);
        by_name.get(&name).copied().ok_or(name)
    };
    let open: Result<Vec<u32>, String> = said.open.iter().map(number).collect();
    let open = match open {
        Ok(open) => open,
        Err(name) => return Some(format!("`{name}` is open, which is no site of the problem")),
    };
    let stated = Stated {
        open: &open,
        objective: said.objective,
        bound: said.bound,
        multipliers: &said.certificate.multipliers,
        budget_price: said.certificate.budget_price,
    };
    let asked = options.open.or(problem.open).or(said.p);
    let sites = Sites { open: asked, ..problem.sites.clone() };
    let radius = options.radius.or(said.radius);
    let model = said.model.as_deref().unwrap_or(if radius.is_some() { "cover" } else { "median" });
    let metric = &problem.metric;
    let found: Result<(), Flaw> = match model {
        "median" => verify_median(metric, &problem.weights, &sites, stated),
        "facility" => {
            let sites = Sites { open: None, cost: problem.cost.clone(), ..sites };
            verify_median(metric, &problem.weights, &sites, stated)
        }
        "centre" => verify_centre(metric, &sites, stated),
        "capacitated" => {
            let site: Result<Vec<u32>, String> = said.assignment.iter().map(number).collect();
            match site {
                Ok(site) => {
                    let loads = Loads { weight: problem.weights.clone(), capacity: problem.capacity.clone() };
                    verify_capacitated(metric, &loads, &sites, &site, stated)
                }
                Err(name) => return Some(format!("a point is at `{name}`, which is no site of the problem")),
            }
        }
        "cover" | "gradual" | "set-cover" => {
            let reach = match problem.reach(radius, said.outer, said.share) {
                Ok(reach) => reach,
                Err(error) => return Some(error.to_string()),
            };
            match model {
                "cover" => {
                    let twice: Vec<f64> = if said.second > 0.0 {
                        problem.weights.iter().map(|w| w * (1.0 + said.second)).collect()
                    } else {
                        Vec::new()
                    };
                    let radius = |i: usize, j: usize| reach.for_site(i, j);
                    verify_cover(metric, &radius, (&problem.weights, &twice), &sites, stated)
                }
                "gradual" => {
                    let part = |i: usize, j: usize, far: f64| reach.part(i, j, far);
                    verify_gradual(metric, &problem.weights, &part, &sites, stated)
                }
                _ => {
                    let sites = Sites { open: None, cost: problem.cost.clone(), ..sites };
                    verify_set_cover(metric, &|i, j| reach.for_site(i, j), &sites, stated)
                }
            }
        }
        other => return Some(format!("the answer states the model `{other}`")),
    };
    found.err().map(|flaw| flaw.to_string())
}
