//! Memory that work will need, said before it is begun.

use anyhow::bail;
use zhida_siting::{Cover, Metric};

use super::problem::Reach;

/// Bytes that the machine has to spare, if it says.
fn spare() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0)
}

/// Refuses work that needs more bytes than there are, or than `limit` GiB allow.
pub(in crate::cli::site) fn require(bytes: f64, limit: Option<f64>, remedy: &str) -> anyhow::Result<()> {
    let gib = 1024.0 * 1024.0 * 1024.0;
    let Some(most) = limit.map(|l| l * gib).or_else(spare) else { return Ok(()) };
    if bytes > most {
        bail!(
            "this needs about {:.1} GiB of memory, {:.1} GiB are there to use: {remedy}",
            bytes / gib,
            most / gib
        );
    }
    Ok(())
}

/// Sites that are tried to see how many points a site reaches.
const TRIED: usize = 200;

/// What a cover will take: eight bytes a run of points, and what is kept for each point and pair.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(in crate::cli::site) fn of_cover(metric: &Metric, reach: &Reach<'_>) -> f64 {
    let few = |sites: &[[f64; 2]]| -> Vec<[f64; 2]> {
        let step = sites.len().div_ceil(TRIED).max(1);
        sites.iter().step_by(step).copied().collect()
    };
    let tried = match metric {
        Metric::Plane { demand, sites, rounded } => {
            Metric::Plane { demand: demand.clone(), sites: few(sites), rounded: *rounded }
        }
        Metric::Sphere { demand, sites, detour } => {
            Metric::Sphere { demand: demand.clone(), sites: few(sites), detour: *detour }
        }
        Metric::Matrix { .. } | Metric::Ways { .. } => return 0.0,
    };
    let cover = Cover::within(&tried, &|i| reach.radius(i).max(reach.outer.unwrap_or(0.0)));
    let scale = metric.sites() as f64 / tried.sites().max(1) as f64;
    let (pairs, runs) = (cover.pairs() as f64 * scale, cover.runs_in_all() as f64 * scale);
    let listed = if reach.outer.is_some() {
        40.0 * pairs
    } else if reach.is_timed() {
        12.0 * pairs
    } else if pairs <= 3e7 {
        4.0 * pairs
    } else {
        0.0
    };
    8.0 * runs + 240.0 * metric.demand() as f64 + listed
}
