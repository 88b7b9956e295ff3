//! Two plans side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::super::super::Answer;
use crate::site::layout::short;

#[derive(Debug, Args)]
pub(in crate::cli) struct Compare {
    /// Two answers of `zhida site plan --json`.
    #[arg(num_args = 2, required = true, value_names = ["A", "B"])]
    plans: Vec<PathBuf>,
}

#[derive(serde::Deserialize)]
struct Said {
    name: String,
    objective: f64,
    bound: f64,
    years: Vec<Year>,
    places: Vec<Place>,
}

#[derive(serde::Deserialize)]
struct Year {
    year: String,
    open: BTreeMap<String, usize>,
    served: BTreeMap<String, f64>,
    spent: f64,
}

#[derive(serde::Deserialize, PartialEq)]
struct Place {
    id: String,
    decision: String,
    tier: Option<String>,
    year: Option<String>,
    to: Option<String>,
}

impl Place {
    fn words(&self) -> String {
        let parts = [Some(&self.decision), self.tier.as_ref(), self.to.as_ref(), self.year.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<&str>>().join(" ")
    }
}

pub(in crate::cli::site) fn run(options: &Compare) -> anyhow::Result<Answer> {
    let mut read = options.plans.iter().map(|path| super::super::out::read::<Said>(path, "zhida site plan"));
    let (Some(a), Some(b)) = (read.next(), read.next()) else { anyhow::bail!("say two answers") };
    let (a, b) = (a?, b?);
    let mut lines = vec![
        format!("A {}: {:.0}, bound {:.0}", a.name, a.objective, a.bound),
        format!("B {}: {:.0}, bound {:.0}", b.name, b.objective, b.bound),
    ];
    let total = |said: &Said| said.years.iter().map(|y| y.spent).sum::<f64>();
    lines.push(format!("spent: A {:.0}, B {:.0}", total(&a), total(&b)));
    if let (Some(x), Some(y)) = (a.years.last(), b.years.last()) {
        for (tier, n) in &x.open {
            lines.push(format!("{tier} in {}: A {n}, B {}", x.year, y.open.get(tier).copied().unwrap_or(0)));
        }
        for (layer, n) in &x.served {
            let other = y.served.get(layer).copied().unwrap_or(0.0);
            lines.push(format!("{layer} served in {}: A {n:.0}, B {other:.0}, {:+.0}", x.year, other - n));
        }
    }
    let by_id: BTreeMap<&str, &Place> = b.places.iter().map(|p| (p.id.as_str(), p)).collect();
    let mut different: Vec<(&Place, Option<&Place>)> = Vec::new();
    for place in &a.places {
        let other = by_id.get(place.id.as_str()).copied();
        if other.is_none_or(|o| o != place) {
            different.push((place, other));
        }
    }
    let known: BTreeSet<&str> = a.places.iter().map(|p| p.id.as_str()).collect();
    let only_b: Vec<&Place> = b.places.iter().filter(|p| !known.contains(p.id.as_str())).collect();
    lines.push(format!(
        "{} of {} places differ",
        different.len() + only_b.len(),
        a.places.len() + only_b.len()
    ));
    for (place, other) in different.iter().take(40) {
        lines.push(format!(
            "{}: A {}; B {}",
            place.id,
            place.words(),
            other.map_or_else(|| "not there".to_owned(), Place::words)
        ));
    }
    if different.len() > 40 {
        lines.push(format!("… and {} more; all with --json", different.len() - 40));
    }
    let pair = |x: f64, y: f64| json!({ "a": short(x), "b": short(y), "change": short(y - x) });
    let differ =
        different.iter().map(|(p, o)| json!({ "id": p.id, "a": p.words(), "b": o.map(Place::words) }));
    let only = only_b.iter().map(|p| json!({ "id": p.id, "a": null, "b": p.words() }));
    let value = json!({
        "objective": pair(a.objective, b.objective), "bound": pair(a.bound, b.bound),
        "spent": pair(total(&a), total(&b)),
        "served": a.years.last().zip(b.years.last()).map(|(x, y)| {
            x.served.iter().map(|(layer, n)| (layer.clone(), pair(*n, y.served.get(layer).copied().unwrap_or(0.0))))
                .collect::<serde_json::Map<String, Value>>()
        }),
        "places": differ.chain(only).collect::<Vec<Value>>(),
    });
    Ok(Answer::yes(lines.join("\n"), value))
}
