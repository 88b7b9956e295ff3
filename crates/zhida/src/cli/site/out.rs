//! The open sites as a file for maps or tables.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};
use zhida_siting::Metric;

use super::problem::Problem;

/// A file that a command of `zhida site` wrote with --json.
pub(super) fn read<T: serde::de::DeserializeOwned>(path: &Path, command: &str) -> anyhow::Result<T> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| name.clone())?;
    serde_json::from_slice(&bytes)
        .map_err(|e| anyhow::anyhow!("{name}:{}:{}: not an answer of `{command}`: {e}", e.line(), e.column()))
}

/// Each open site with its place, and how many points and how much weight have it nearest.
pub(super) fn write(path: Option<&Path>, problem: &Problem, open: &[u32]) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let places = match &problem.metric {
        _ if !problem.places.is_empty() => Some(&problem.places),
        Metric::Plane { sites, .. } | Metric::Sphere { sites, .. } | Metric::Ways { sites, .. } => {
            Some(sites)
        }
        Metric::Matrix { .. } => None,
    };
    let mut nearest = vec![(0_usize, 0.0_f64); open.len()];
    for (i, weight) in problem.weights.iter().enumerate() {
        let by = |k: &usize| problem.metric.distance(i, open[*k] as usize);
        if let Some(k) = (0..open.len()).min_by(|a, b| by(a).total_cmp(&by(b))) {
            nearest[k].0 += 1;
            nearest[k].1 += weight;
        }
    }
    let name = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if name == "geojson" || name == "json" {
        let features = open.iter().zip(&nearest).map(|(j, (points, weight))| {
            let place = places.and_then(|p| p.get(*j as usize));
            let geometry = place.map(|p| json!({ "type": "Point", "coordinates": p }));
            json!({
                "type": "Feature", "geometry": geometry,
                "properties": { "id": problem.ids[*j as usize], "points": points, "weight": weight },
            })
        });
        let value = json!({ "type": "FeatureCollection", "features": features.collect::<Vec<Value>>() });
        return std::fs::write(path, value.to_string()).with_context(|| path.display().to_string());
    }
    let mut writer = csv::Writer::from_path(path).with_context(|| path.display().to_string())?;
    writer.write_record(["id", "x", "y", "points", "weight"])?;
    for (j, (points, weight)) in open.iter().zip(&nearest) {
        let [x, y] = places
            .and_then(|p| p.get(*j as usize))
            .map_or_else(|| [String::new(), String::new()], |p| [p[0].to_string(), p[1].to_string()]);
        writer.write_record([
            crate::rows::plain(&problem.ids[*j as usize]),
            x,
            y,
            points.to_string(),
            weight.to_string(),
        ])?;
    }
    Ok(writer.flush()?)
}
