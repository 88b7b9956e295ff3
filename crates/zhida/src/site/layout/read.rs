//! A layout plan from `PLAN.toml` and its tables.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use zhida_siting::Metric;
use zhida_siting::plan::{Amount, Plan, Quota, Range, Year};

use super::areas::Areas;
use super::cells::{cells, layers, lengths};
use super::places::Reading;
use crate::rows::placed;
use crate::site::Hours;
use zhida_pack::layout::{Band, Rule, Span, Spec, year};

/// A plan as read, with what its answer is told in.
pub(crate) struct Layout {
    pub(crate) spec: Spec,
    pub(crate) plan: Plan,
    /// What people call each cell, and where it is.
    pub(crate) cells: Vec<(String, [f64; 2])>,
    /// Each place's row: name, and what is passed on as it stands.
    pub(crate) rows: Vec<Row>,
    /// The band of hours of each layer, none for overlapping cover.
    pub(crate) bands: Vec<Option<usize>>,
    /// How long each band of hours is.
    pub(crate) lengths: Vec<f64>,
    /// The rule that each quota comes from.
    pub(crate) rule: Vec<usize>,
    pub(crate) notes: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) at: [f64; 2],
    pub(crate) station: bool,
    pub(crate) partner: String,
    pub(crate) condition: String,
    pub(crate) visits: Option<f64>,
}

impl Layout {
    /// The cells of a table of people by themselves.
    pub(crate) fn cells_of(spec: &Spec, path: &Path) -> anyhow::Result<Vec<[f64; 2]>> {
        Ok(cells(path, spec, &Areas::default())?.at)
    }

    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let source = crate::rows::file(path)?;
        let spec: Spec = toml::from_str(&source).map_err(|e| placed(&name, &source, &e))?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Self::made(spec, &folder).with_context(|| name)
    }

    fn made(spec: Spec, folder: &Path) -> anyhow::Result<Self> {
        let file = |path: &PathBuf| folder.join(path);
        let areas = match &spec.files.towns {
            Some(path) => Areas::read(&file(path))?,
            None => Areas::default(),
        };
        let hours = |b: &Band| Hours::read(&b.open).map_err(|e| anyhow::anyhow!("[[hours]] {}: {e}", b.name));
        let bands: Vec<Hours> = spec.hours.iter().map(hours).collect::<Result<_, _>>()?;
        let found = cells(&file(&spec.files.demand), &spec, &areas)?;
        let named_cells = found.names.into_iter().zip(found.at.iter().copied()).collect();
        let (demand, cell_areas, people) = (found.at, found.areas, found.people);
        let (layers, layer_bands) = layers(&spec, &bands, people)?;
        let serves = |hours: &Hours, services: &[String]| -> u64 {
            let mut mask = 0;
            for (l, band) in layer_bands.iter().enumerate() {
                let needs = layers[l].kind.map_or(&[][..], |k| &spec.kinds[k as usize].needs);
                let open = band.is_none_or(|b| hours.holds(&bands[b]));
                if open && needs.iter().all(|n| services.contains(n)) {
                    mask |= 1 << l;
                }
            }
            mask
        };
        let read = Reading::all(&spec, &areas, &serves, folder)?;
        let Reading { places, rows, mut notes, .. } = read;
        let named = |station: bool| {
            rows.iter().filter(move |r| r.station == station).map(|r| (r.name.as_str(), r.at))
        };
        if let Some(words) = crate::site::mixed(named(true), named(false)) {
            bail!("stations and candidates: {words}");
        }
        let years = years(&spec)?;
        let (quotas, rule) = quotas(&spec, &areas, &years)?;
        if quotas.is_empty() {
            notes.push("there are no quotas".to_owned());
        }
        let sites: Vec<[f64; 2]> = rows.iter().map(|r| r.at).collect();
        let furthest = layers.iter().map(|l| l.radius).fold(0.0, f64::max);
        let metric = match &spec.files.roads {
            Some(path) => crate::site::roads(&file(path))?.ways(&demand, &sites, furthest),
            None => Metric::Sphere { demand, sites, detour: spec.distance.detour },
        };
        let plan = Plan {
            metric,
            layers,
            places,
            tiers: spec.tiers.iter().map(|t| t.name.clone()).collect(),
            areas: areas.names.clone(),
            years,
            carry: spec.carry,
            quotas,
            cells: cell_areas,
            move_within: spec.move_within,
        };
        let (bands, lengths) = (layer_bands, lengths(&bands));
        Ok(Self { cells: named_cells, plan, rows, bands, lengths, rule, notes, spec })
    }
}

fn years(spec: &Spec) -> anyhow::Result<Vec<Year>> {
    let range = |span: &Span| Range { least: span.least, most: span.most.unwrap_or(usize::MAX) };
    let mut found: Vec<Year> = Vec::new();
    for own in &spec.years {
        let name = year(&own.year);
        if found.iter().any(|y| y.name == name) {
            bail!("[[years]] {name} stands there twice");
        }
        found.push(Year {
            name,
            worth: own.worth,
            budget: own.budget,
            running: own.running,
            upgrades: range(&own.upgrades),
            builds: range(&own.builds),
            closures: range(&own.closures),
            changes: range(&own.changes),
        });
    }
    if found.is_empty() {
        bail!("there is no [[years]]");
    }
    Ok(found)
}

/// The quotas of all rules, and the rule of each.
fn quotas(spec: &Spec, areas: &Areas, years: &[Year]) -> anyhow::Result<(Vec<Quota>, Vec<usize>)> {
    let (mut found, mut of) = (Vec::new(), Vec::new());
    for (at, rule) in spec.quotas.iter().enumerate() {
        let name = &rule.name;
        let mut tiers = 0;
        for tier in &rule.tiers {
            let Some(t) = spec.tiers.iter().position(|t| t.name == *tier) else {
                bail!("[[quotas]] {name}: there is no tier `{tier}`");
            };
            tiers |= 1_u64 << t;
        }
        let from = match &rule.from {
            Some(value) => {
                let wanted = year(value);
                let known = years.iter().position(|y| y.name == wanted);
                known.ok_or_else(|| anyhow::anyhow!("[[quotas]] {name}: {wanted} is no year of the plan"))?
            }
            None => years.len() - 1,
        };
        let before = of.len();
        if rule.each.is_some() && areas.names.is_empty() {
            bail!("[[quotas]] {name}: areas are known by [files] towns, which is not given");
        }
        let counts = |area: u32| {
            let of =
                areas.towns.iter().filter(|(_, kind, _)| rule.towns.is_empty() || rule.towns.contains(kind));
            of.filter(|(.., own)| own.contains(&area)).count()
        };
        let each: Vec<Option<u32>> = match rule.each {
            None => vec![None],
            Some(each) => {
                let of =
                    (0_u32..).zip(&areas.kind).filter(|(area, kind)| **kind == each && counts(*area) > 0);
                of.map(|(area, _)| Some(area)).collect()
            }
        };
        for area in each {
            let own = area.and_then(|a| areas.names.get(a as usize));
            for amount in amounts(rule, own, area.map(counts))? {
                let name = own.map_or_else(|| name.clone(), |own| format!("{name}: {own}"));
                found.push(Quota { name, tiers, area, amount, from });
                of.push(at);
            }
        }
        if let Some(unknown) = rule.per_town.keys().find(|k| *k != "else" && !areas.names.contains(k)) {
            bail!("[[quotas]] {name}: there is no area `{unknown}`");
        }
        if of.len() == before {
            bail!("[[quotas]] {name}: say least, most, share or per_town");
        }
    }
    Ok((found, of))
}

fn amounts(rule: &Rule, area: Option<&String>, towns: Option<usize>) -> anyhow::Result<Vec<Amount>> {
    let name = &rule.name;
    let mut found = Vec::new();
    found.extend(rule.least.map(Amount::Least));
    found.extend(rule.most.map(Amount::Most));
    if let Some(share) = rule.share {
        if !(0.0..=1.0).contains(&share) {
            bail!("[[quotas]] {name}: the share {share} is not between 0 and 1");
        }
        found.push(Amount::Share(share));
    }
    let ratio = area.and_then(|a| rule.per_town.get(a)).or_else(|| rule.per_town.get("else"));
    if let (Some(ratio), Some(towns)) = (ratio, towns) {
        #[expect(clippy::cast_precision_loss, reason = "a count of towns")]
        let least = (ratio * towns as f64 - 1e-9).ceil();
        found.push(Amount::Least(least));
    }
    Ok(found)
}
