//! A road graph as a file says it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::bail;
use zhida_siting::{Edge, Roads, haversine};

use super::degrees;
use crate::rows::{Rows, number, positive, text};

/// `from,from_lon,from_lat,to,to_lon,to_lat[,metres][,oneway]`: stretches of road between named nodes.
pub(crate) fn roads(path: &Path) -> anyhow::Result<Roads> {
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
