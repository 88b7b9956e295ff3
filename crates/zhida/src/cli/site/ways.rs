//! Distances that files say: a road graph, or a matrix.

use std::path::Path;

use anyhow::bail;
use serde_json::Value;
use zhida_siting::Metric;

use super::problem::Problem;
use crate::rows::plain;
use crate::rows::{Rows, positive, text};

impl Problem {
    /// Distances over roads: up to a limit, or all of them.
    pub(in crate::cli::site) fn over_roads(&mut self, path: &Path, limit: f64) -> anyhow::Result<()> {
        let Metric::Sphere { demand, sites, .. } = &self.metric else {
            bail!("--roads goes with longitudes and latitudes, not with a plane or a matrix");
        };
        let ways = crate::site::roads(path)?.ways(demand, sites, limit);
        if limit.is_finite() {
            self.metric = ways;
            return Ok(());
        }
        self.places.clone_from(sites);
        if let Some(whole) = ways.whole() {
            self.metric = whole;
            return Ok(());
        }
        let (points, alone) = ways.apart();
        let some = |ids: &[Value], which: &[u32]| {
            let names = which.iter().filter_map(|k| ids.get(*k as usize)).take(5).map(plain);
            names.collect::<Vec<String>>().join(", ")
        };
        bail!(
            "{}: the roads do not hang together: not every point can reach every site ({} points reach none: {}; \
             {} sites are reached by none: {}); leave out the part that is cut off, or add the missing stretches",
            path.display(),
            points.len(),
            some(&self.demand_ids, &points),
            alone.len(),
            some(&self.ids, &alone)
        )
    }
}

/// `id[,weight],SITE,SITE,…`: a row of distances for each demand point.
pub(in crate::cli::site) fn matrix(path: &Path) -> anyhow::Result<Problem> {
    let rows = Rows::open(path, &["id"])?;
    let (id, weight) = (rows.column("id").unwrap_or(0), rows.column("weight"));
    let columns: Vec<(usize, String)> =
        rows.names().iter().cloned().enumerate().filter(|(at, _)| *at != id && Some(*at) != weight).collect();
    if columns.is_empty() {
        bail!("{}:1:1: no column names a site", path.display());
    }
    let (mut ids, mut weights, mut distances) = (Vec::new(), Vec::new(), Vec::new());
    rows.each(|record| {
        ids.push(Value::from(text(record, id)?));
        weights.push(positive(record, weight, "weight")?.unwrap_or(1.0));
        for (column, _) in &columns {
            let far = positive(record, Some(*column), "distance")?;
            distances.push(far.ok_or_else(|| (*column, "there is no distance".to_owned()))?);
        }
        Ok(())
    })?;
    if ids.is_empty() {
        bail!("{}: no rows below the first line", path.display());
    }
    let sites: Vec<Value> = columns.into_iter().map(|(_, name)| Value::from(name)).collect();
    let metric = Metric::Matrix { sites: sites.len(), distances };
    let mut problem = Problem::plain(metric, Vec::new(), None);
    (problem.weights, problem.ids, problem.demand_ids) = (weights, sites, ids);
    Ok(problem)
}
