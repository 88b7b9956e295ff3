//! Distances that files say: a road graph, or a matrix.

use std::collections::HashMap;
use std::path::Path;

use anyhow::bail;
use serde_json::Value;
use zhida_siting::{Edge, Metric, Roads, haversine};

use super::super::rows::{Rows, number, positive, text};
use super::out::plain;
use super::problem::{Problem, degrees};

/// `from,from_lon,from_lat,to,to_lon,to_lat[,metres][,oneway]`: stretches of road between named nodes.
pub(in crate::cli::site) fn roads(path: &Path) -> anyhow::Result<Roads> {
    let rows = Rows::open(path, &["from", "from_lon", "from_lat", "to", "to_lon", "to_lat"])?;
    let at = |name: &str| rows.column(name).unwrap_or(0);
    let ends = [["from", "from_lon", "from_lat"], ["to", "to_lon", "to_lat"]].map(|names| names.map(at));
    let (length, oneway) = (rows.column("metres"), rows.column("oneway"));
    let mut index: HashMap<String, u32> = HashMap::new();
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    rows.each(|record| {
        let mut node = |[name, lon, lat]: [usize; 3]| -> Result<u32, (usize, String)> {
            let place = [number(record, lon, "longitude")?, number(record, lat, "latitude")?];
            degrees(place).map_err(|words| (lat, words))?;
            let own = text(record, name)?.to_owned();
            let known = *index.entry(own.clone()).or_insert_with(|| {
                nodes.push(place);
                u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
            });
            let before: [f64; 2] = nodes[known as usize];
            if haversine(before, place) > 1.0 {
                return Err((
                    lon,
                    format!("the node `{own}` stood elsewhere before: {}, {}", before[0], before[1]),
                ));
            }
            Ok(known)
        };
        let (from, to) = (node(ends[0])?, node(ends[1])?);
        let known = positive(record, length, "length")?;
        let metres = known.unwrap_or_else(|| haversine(nodes[from as usize], nodes[to as usize]));
        let oneway = match oneway.map_or(Ok(""), |column| text(record, column))? {
            "" | "0" | "no" => false,
            "1" | "yes" => true,
            other => {
                return Err((oneway.unwrap_or(0), format!("`{other}` is not yes or no")));
            }
        };
        edges.push(Edge { from, to, metres, oneway });
        Ok(())
    })?;
    if nodes.is_empty() {
        bail!("{}: no rows below the first line", path.display());
    }
    Ok(Roads::new(nodes, &edges))
}

impl Problem {
    /// Distances over roads: up to a limit, or all of them.
    pub(in crate::cli::site) fn over_roads(&mut self, path: &Path, limit: f64) -> anyhow::Result<()> {
        let Metric::Sphere { demand, sites, .. } = &self.metric else {
            bail!("--roads goes with longitudes and latitudes, not with a plane or a matrix");
        };
        let ways = roads(path)?.ways(demand, sites, limit);
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
