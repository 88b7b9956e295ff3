//! Cells with people, and what is counted in them.

use std::collections::HashMap;
use std::path::Path;

use anyhow::bail;
use zhida_siting::plan::Layer;

use super::areas::Areas;
use crate::rows::{Rows, number, positive, text};
use crate::site::Hours;
use crate::site::degrees;
use zhida_pack::layout::Spec;

/// People by kind and band of each cell.
pub(super) type People = HashMap<(usize, usize), Vec<f64>>;

/// Cells with people as they are read.
pub(super) struct Cells {
    pub(super) at: Vec<[f64; 2]>,
    /// What people call where they are: the column `name`, or the ids.
    pub(super) names: Vec<String>,
    /// The county of each; `u32::MAX` where it is not known.
    pub(super) areas: Vec<u32>,
    pub(super) people: People,
}

pub(super) fn cells(path: &Path, spec: &Spec, areas: &Areas) -> anyhow::Result<Cells> {
    let rows = Rows::open(path, &["id", "lon", "lat"])?;
    let at = |name: &str| rows.column(name);
    let (id, lon, lat) = (at("id").unwrap_or(0), at("lon").unwrap_or(1), at("lat").unwrap_or(2));
    let (county, town, called) = (at("county"), at("town"), at("name").or(at("id")).unwrap_or(0));
    let mut columns: Vec<((usize, usize), usize)> = Vec::new();
    for (k, kind) in spec.kinds.iter().enumerate() {
        for (b, band) in spec.hours.iter().enumerate() {
            if let Some(column) = at(&format!("{}@{}", kind.name, band.name)) {
                columns.push(((k, b), column));
            }
        }
    }
    if columns.is_empty() {
        let (kind, band) = (spec.kinds.first(), spec.hours.first());
        bail!(
            "{}:1:1: no column is named by a kind and a band of hours, like `{}@{}`",
            path.display(),
            kind.map_or("cleaner", |k| &k.name),
            band.map_or("day", |b| &b.name)
        );
    }
    let mut people: People = columns.iter().map(|(key, _)| (*key, Vec::new())).collect();
    let (mut places, mut own, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    rows.each(|record| {
        let name = text(record, id)?.to_owned();
        let place = [number(record, lon, "longitude")?, number(record, lat, "latitude")?];
        degrees(place).map_err(|words| (lat, words))?;
        places.push(place);
        names.push(text(record, called)?.to_owned());
        for (key, column) in &columns {
            let value = positive(record, Some(*column), "number of people")?.unwrap_or(0.0);
            if let Some(list) = people.get_mut(key) {
                list.push(value);
            }
        }
        let area = match (county, town) {
            (Some(column), _) => areas.of_county.get(text(record, column)?).copied(),
            (None, Some(column)) => areas.of_town.get(text(record, column)?).map(|all| all[1]),
            (None, None) => None,
        };
        own.push(area.unwrap_or(u32::MAX));
        if !seen.insert(name.clone()) {
            return Err((id, format!("the id `{name}` stands here twice")));
        }
        Ok(())
    })?;
    if places.is_empty() {
        bail!("{}: no rows below the first line", path.display());
    }
    Ok(Cells { at: places, names, areas: own, people })
}

/// How long bands of hours are.
pub(super) fn lengths(bands: &[Hours]) -> Vec<f64> {
    bands.iter().map(Hours::length).collect()
}

/// Hours of workers in each cell, all kinds and bands together, as they count: what overlapping cover is about. `of` are the
/// bands of the layers, `hours` how long the bands are.
pub(super) fn hours_in_all(spec: &Spec, hours: &[f64], of: &[Option<usize>], layers: &[Layer]) -> Vec<f64> {
    let mut all: Vec<f64> = vec![0.0; layers.first().map_or(0, |l| l.people.len())];
    for (layer, band) in layers.iter().zip(of) {
        if let (Some(kind), Some(band)) = (layer.kind, band) {
            let factor = spec.kinds[kind as usize].weight * hours[*band];
            all.iter_mut().zip(&layer.people).for_each(|(sum, n)| *sum += n * factor);
        }
    }
    all
}

pub(super) fn layers(
    spec: &Spec,
    bands: &[Hours],
    mut people: People,
) -> anyhow::Result<(Vec<Layer>, Vec<Option<usize>>)> {
    let (mut found, mut of) = (Vec::new(), Vec::new());
    for (k, kind) in spec.kinds.iter().enumerate() {
        let speed = spec.distance.speed.get(&kind.by).copied();
        let Some(speed) = speed else {
            let known: Vec<&str> = spec.distance.speed.keys().map(String::as_str).collect();
            bail!(
                "[[kinds]] {}: there is no speed for `{}`; there are: {}",
                kind.name,
                kind.by,
                known.join(", ")
            );
        };
        let radius = kind.minutes * speed;
        if !(radius.is_finite() && radius > 0.0) {
            bail!("[[kinds]] {}: {} minutes at {speed} m a minute reach nothing", kind.name, kind.minutes);
        }
        for (b, band) in bands.iter().enumerate() {
            let Some(list) = people.remove(&(k, b)) else { continue };
            let factor = kind.weight * band.length() * spec.objective.reach;
            found.push(Layer {
                name: format!("{}@{}", kind.name, spec.hours[b].name),
                kind: Some(u32::try_from(k).unwrap_or(u32::MAX)),
                people: list,
                factor,
                radius,
                times: 1,
            });
            of.push(Some(b));
        }
    }
    if spec.objective.second > 0.0 {
        found.push(Layer {
            name: "second".to_owned(),
            kind: None,
            people: hours_in_all(spec, &lengths(bands), &of, &found),
            factor: spec.objective.second,
            radius: spec.objective.second_within,
            times: 2,
        });
        of.push(None);
    }
    if found.len() > 64 {
        bail!("{} kinds of workers in bands of hours: at most 64", found.len());
    }
    Ok((found, of))
}
