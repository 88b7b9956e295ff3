//! `zhida site plan` and `zhida site compare`: layout plans over years.

mod compare;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use zhida_siting::plan::{Planned, plan, reasons, verify_plan};
use zhida_siting::{Report, SitingError};

use super::super::progress::Progress;
use super::super::{Answer, Limits};
use super::memory;
use crate::site::layout::{self, Layout};
pub(super) use compare::{Compare, run as compare};

#[derive(Debug, Args)]
pub(in crate::cli) struct Planning {
    /// The plan's file; its tables are named in it.
    plan: PathBuf,
    #[command(flatten)]
    limits: Limits,
    /// What becomes of each place: for maps if the name ends in `.geojson`, else as a table.
    #[arg(long)]
    out: Option<PathBuf>,
    /// So many times with other numbers of people: which decisions stay, and what the plan loses at most.
    #[arg(long, default_value_t = 0)]
    robust: usize,
    /// At most so much memory, GiB; else what the machine has to spare. Work that needs more is not begun.
    #[arg(long)]
    memory: Option<f64>,
    /// How much more or less of them there may be, by kind and county.
    #[arg(long, default_value_t = 0.2)]
    spread: f64,
}

pub(super) fn run(options: &Planning) -> anyhow::Result<Answer> {
    options.limits.run(|| planned(options))?
}

/// What an answer of a model without places in a plan says of an error: a no with its reasons, or bad input.
fn failed(layout: &Layout, error: SitingError) -> anyhow::Result<Answer> {
    let why = match error {
        SitingError::Infeasible(why) => why,
        other => return Err(anyhow::Error::from(other).context(layout.spec.name.clone())),
    };
    let text = format!("no plan keeps these together:\n{}", why.join("\n"));
    Ok(Answer { text, value: json!({ "model": "plan", "infeasible": why }), yes: false })
}

fn planned(options: &Planning) -> anyhow::Result<Answer> {
    if !(0.0..1.0).contains(&options.spread) {
        bail!("--spread {}: a share of at least 0 and below 1", options.spread);
    }
    let progress = Progress::new(&options.limits)?;
    progress.tick(|| "reading".to_owned());
    let started = Instant::now();
    let layout = Layout::read(&options.plan)?;
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let points = (layout.plan.years.len() * layout.plan.layers.len() * layout.plan.metric.demand()) as f64;
    memory::require(90.0 * points, options.memory, "take fewer cells, kinds, bands of hours or years")?;
    let effort = super::effort(&options.limits);
    let watch = |r: Report| {
        progress.tick(|| {
            let gap = (r.bound - r.objective).abs() / r.objective.abs().max(1e-12) * 100.0;
            format!("round {}: {:.0} served, bound {:.0}, gap {gap:.3} %", r.round, r.objective, r.bound)
        })
    };
    let found = match plan(&layout.plan, effort, &watch) {
        Ok(found) => found,
        Err(error) => return failed(&layout, error),
    };
    let seconds = started.elapsed().as_secs_f64();
    let robust = (options.robust > 0).then(|| {
        let cases = options.robust;
        let watch = |case: usize, r: Report| {
            progress.tick(|| format!("case {} of {cases}, round {}", case + 1, r.round))
        };
        layout::robust(
            &layout,
            &found,
            (cases, options.spread),
            options.limits.seed,
            (&watch, &|| progress.is_over()),
        )
    });
    let robust = robust.transpose()?;
    let told = reasons(&layout.plan, &found);
    if let Some(path) = &options.out {
        layout::write(path, &layout, &told, robust.as_ref())?;
    }
    let value = layout::value(&layout, &found, &told, robust.as_ref(), seconds);
    Ok(Answer::yes(layout::summary(&layout, &found, &told, robust.as_ref(), seconds), value))
}

/// What a file with an answer says of a plan.
#[derive(serde::Deserialize)]
struct Said {
    objective: f64,
    bound: f64,
    places: Vec<SaidPlace>,
    certificate: SaidCertificate,
}

#[derive(serde::Deserialize)]
struct SaidPlace {
    id: String,
    tiers: Vec<Option<String>>,
}

#[derive(serde::Deserialize)]
struct SaidCertificate {
    multipliers: Vec<f64>,
    prices: std::collections::BTreeMap<String, f64>,
}

/// Checks an answer against the plan's raw files.
pub(super) fn verify(path: &Path, answer: &Path) -> anyhow::Result<Answer> {
    let layout = Layout::read(path)?;
    let said: Said = super::out::read(answer, "zhida site plan")?;
    let flaw = stated(&layout, said).and_then(|(objective, bound, planned)| {
        match verify_plan(&layout.plan, &planned) {
            Ok(()) => Ok((objective, bound, planned.states.len())),
            Err(flaw) => Err(flaw.to_string()),
        }
    });
    let (text, value) = match &flaw {
        Ok((objective, bound, places)) => (
            format!("holds: {places} places, {objective} served, bound {bound}"),
            json!({ "holds": true, "flaw": null, "objective": objective, "bound": bound }),
        ),
        Err(flaw) => (format!("does not hold: {flaw}"), json!({ "holds": false, "flaw": flaw })),
    };
    Ok(Answer { yes: flaw.is_ok(), text, value })
}

fn stated(layout: &Layout, said: Said) -> Result<(f64, f64, Planned), String> {
    let by_name: std::collections::HashMap<&str, &SaidPlace> =
        said.places.iter().map(|p| (p.id.as_str(), p)).collect();
    if by_name.len() != said.places.len() || said.places.len() != layout.plan.places.len() {
        return Err(format!("{} places are told, the plan has {}", by_name.len(), layout.plan.places.len()));
    }
    let mut states = Vec::new();
    for place in &layout.plan.places {
        let own =
            by_name.get(place.name.as_str()).ok_or_else(|| format!("nothing is said of `{}`", place.name))?;
        let mut tiers = Vec::new();
        for tier in &own.tiers {
            tiers.push(match tier {
                None => None,
                Some(name) => {
                    let known = (0_u32..).zip(&layout.plan.tiers).find(|(_, t)| *t == name);
                    Some(known.ok_or_else(|| format!("`{name}` is no tier of the plan"))?.0)
                }
            });
        }
        states.push(tiers);
    }
    let planned = Planned {
        states,
        objective: said.objective,
        bound: said.bound,
        multipliers: said.certificate.multipliers,
        prices: said.certificate.prices.into_iter().collect(),
        optimal: false,
        complete: false,
    };
    Ok((said.objective, said.bound, planned))
}
