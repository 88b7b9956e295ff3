//! A plan as JSON, as a table, as a map, and in a few lines of text.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use zhida_siting::plan::{Amount, Decision, Planned, Told};

use super::read::Layout;
use super::robust::Robust;
use super::short;

/// What is said of a place, in one order for all outputs.
struct Said {
    decision: &'static str,
    tier: Option<String>,
    year: Option<String>,
    to: Option<String>,
    from: Option<String>,
}

fn said(layout: &Layout, j: usize, decision: Decision) -> Said {
    let plan = &layout.plan;
    let tier_name = |t: u32| plan.tiers.get(t as usize).cloned();
    let year_name = |y: usize| plan.years.get(y).map(|y| y.name.clone());
    let place = |j: u32| plan.places.get(j as usize).map(|p| p.name.clone());
    let (decision, tier, year, to, from) = match decision {
        Decision::Keep => ("keep", plan.places[j].now, None, None, None),
        Decision::Upgrade { tier, year } => ("upgrade", Some(tier), Some(year), None, None),
        Decision::Adjust { to, year } => ("adjust", None, Some(year), Some(to), None),
        Decision::Close { year } => ("close", None, Some(year), None, None),
        Decision::Build { tier, year, from } => {
            let word = if layout.rows[j].station { "reopen" } else { "build" };
            (word, Some(tier), Some(year), None, from)
        }
        Decision::Leave => ("leave", None, None, None, None),
    };
    Said {
        decision,
        tier: tier.and_then(tier_name),
        year: year.and_then(year_name),
        to: to.and_then(place),
        from: from.and_then(place),
    }
}

/// The decisions and reasons of a place as properties.
fn properties(layout: &Layout, told: &Told, robust: Option<&Robust>, j: usize) -> Vec<(&'static str, Value)> {
    let (place, row, why) = (&layout.plan.places[j], &layout.rows[j], &told.reasons[j]);
    let said = said(layout, j, told.decisions[j]);
    let quotas: Vec<&str> = why
        .quotas
        .iter()
        .filter_map(|q| layout.plan.quotas.get(*q as usize))
        .map(|q| q.name.as_str())
        .collect();
    let mut all = Vec::new();
    let mut put = |key: &'static str, value: Value| all.push((key, value));
    put("id", place.name.as_str().into());
    put("name", row.name.as_str().into());
    put("kind", if row.station { "station" } else { "candidate" }.into());
    let now = place.now.and_then(|t| layout.plan.tiers.get(t as usize));
    put("now", now.map_or(Value::Null, |t| t.as_str().into()));
    put("decision", said.decision.into());
    put("tier", said.tier.into());
    put("year", said.year.into());
    put("to", said.to.into());
    put("from", said.from.into());
    for (key, number) in [
        ("reach", why.reach),
        ("gained", why.gained),
        ("lost", why.lost),
        ("shared", why.shared),
        ("cost", why.cost),
        ("running", why.running),
    ] {
        put(key, short((number * 10.0).round() / 10.0));
    }
    put("quotas", quotas.join("; ").into());
    put("visits", row.visits.map_or(Value::Null, short));
    put("condition", row.condition.as_str().into());
    put("partner", row.partner.as_str().into());
    if let Some(robust) = robust.filter(|r| r.cases > 0) {
        #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
        let share = robust.same[j] as f64 / robust.cases as f64;
        put("stays", short((share * 1000.0).round() / 1000.0));
    }
    if layout.spec.synthetic {
        put("origin", "synthetic".into());
    }
    all
}

fn object(properties: Vec<(&'static str, Value)>) -> Value {
    Value::Object(properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Writes every place: as `GeoJSON`, or as a table.
pub(crate) fn write(
    path: &Path,
    layout: &Layout,
    told: &Told,
    robust: Option<&Robust>,
) -> anyhow::Result<()> {
    let name = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let all = (0..layout.plan.places.len()).map(|j| (j, properties(layout, told, robust, j)));
    if name == "geojson" || name == "json" {
        let features = all.map(|(j, properties)| {
            let at = layout.rows[j].at;
            json!({
                "type": "Feature", "geometry": { "type": "Point", "coordinates": at },
                "properties": object(properties),
            })
        });
        let mut value = json!({ "type": "FeatureCollection", "name": layout.spec.name });
        value["features"] = features.collect::<Vec<Value>>().into();
        return std::fs::write(path, value.to_string()).with_context(|| path.display().to_string());
    }
    let mut writer = csv::Writer::from_path(path).with_context(|| path.display().to_string())?;
    for (j, properties) in all {
        if j == 0 {
            writer.write_record(properties.iter().map(|(key, _)| *key).chain(["lon", "lat"]))?;
        }
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            other => crate::rows::plain(other),
        };
        let at = layout.rows[j].at.map(|v| v.to_string());
        writer.write_record(properties.iter().map(|(_, value)| text(value)).chain(at))?;
    }
    Ok(writer.flush()?)
}

/// What the areas of a rule add up to.
pub(super) struct Sum {
    pub(super) asked: f64,
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) tight: usize,
    pub(super) quotas: usize,
    pub(super) price: f64,
}

pub(crate) fn sums(layout: &Layout, told: &Told) -> Vec<Sum> {
    let none = || Sum { asked: 0.0, before: 0.0, after: 0.0, tight: 0, quotas: 0, price: 0.0 };
    let mut found: Vec<Sum> = layout.spec.quotas.iter().map(|_| none()).collect();
    for ((held, rule), quota) in told.held.iter().zip(&layout.rule).zip(&layout.plan.quotas) {
        let sum = &mut found[*rule];
        let asked = if matches!(quota.amount, Amount::Share(_)) { held.asked.ceil() } else { held.asked };
        sum.asked += asked;
        sum.before += held.before;
        sum.after += held.after;
        sum.quotas += 1;
        sum.price += held.price;
        let spare =
            if matches!(quota.amount, Amount::Most(_)) { asked - held.after } else { held.after - asked };
        sum.tight += usize::from(spare < 1.0);
    }
    found
}

/// Among rules about the same tiers, the one that asks for most binds.
fn binds(layout: &Layout, sums: &[Sum], rule: usize) -> bool {
    let own = &layout.spec.quotas[rule];
    let same = layout.spec.quotas.iter().zip(sums).filter(|(r, _)| r.tiers == own.tiers && r.most.is_none());
    own.most.is_none() && same.map(|(_, s)| s.asked).fold(0.0, f64::max) <= sums[rule].asked
}

/// The whole answer.
pub(crate) fn value(
    layout: &Layout,
    found: &Planned,
    told: &Told,
    robust: Option<&Robust>,
    seconds: f64,
) -> Value {
    let plan = &layout.plan;
    let gap = (found.bound - found.objective).max(0.0) / found.objective.abs().max(1e-12);
    let layers = plan.layers.iter().zip(&told.people).zip(&layout.bands).map(|((layer, people), band)| {
        json!({
            "name": layer.name, "radius": layer.radius, "people": short(*people), "counts": layer.factor,
            "hours": band.map(|b| layout.spec.hours[b].open.as_str()), "times": layer.times,
        })
    });
    let names = |list: &mut dyn Iterator<Item = (String, Value)>| Value::Object(list.collect());
    let years = told.years.iter().enumerate().map(|(y, year)| {
        let name = if y == 0 { "now" } else { plan.years[y - 1].name.as_str() };
        json!({
            "year": name,
            "open": names(&mut plan.tiers.iter().cloned().zip(year.open.iter().map(|n| Value::from(*n)))),
            "served": names(&mut plan.layers.iter().map(|l| l.name.clone()).zip(year.served.iter().map(|n| short(*n)))),
            "spent": short(year.spent), "running": short(year.running),
            "upgrades": year.changes[0], "builds": year.changes[1], "closures": year.changes[2],
        })
    });
    let sums = sums(layout, told);
    let quotas = layout.spec.quotas.iter().enumerate().map(|(r, rule)| {
        let own = layout.rule.iter().zip(plan.quotas.iter().zip(&told.held)).filter(|(at, _)| **at == r);
        let each = own.map(|(_, (quota, held))| {
            json!({
                "name": quota.name, "area": quota.area.and_then(|a| plan.areas.get(a as usize)),
                "asked": short(held.asked), "before": short(held.before), "after": short(held.after),
                "price": short(held.price),
            })
        });
        let sum = &sums[r];
        json!({
            "name": rule.name, "tiers": rule.tiers, "asked": short(sum.asked), "before": short(sum.before),
            "after": short(sum.after), "tight": sum.tight, "binds": binds(layout, &sums, r),
            "each": each.collect::<Vec<Value>>(),
        })
    });
    let areas = plan.areas.iter().zip(&told.areas).filter(|(_, area)| area.total > 0.0).map(|(name, area)| {
        json!({ "area": name, "total": short(area.total), "before": short(area.before), "after": short(area.after) })
    });
    let places = (0..plan.places.len()).map(|j| {
        let mut own = properties(layout, told, robust, j);
        let tiers = found.states[j].iter().map(|t| t.and_then(|t| plan.tiers.get(t as usize)));
        own.push(("tiers", tiers.map(|t| json!(t)).collect::<Vec<Value>>().into()));
        object(own)
    });
    // A zero is written shortest, any other number as it is.
    let digits = |u: &f64| if *u == 0.0 { Value::from(0) } else { Value::from(*u) };
    let multipliers = found.multipliers.iter().map(digits).collect::<Vec<Value>>();
    let robust =
        robust.map(|r| json!({ "cases": r.cases, "spread": r.spread, "worst": r.worst, "mean": r.mean }));
    json!({
        "model": "plan", "name": layout.spec.name, "synthetic": layout.spec.synthetic,
        "objective": found.objective, "bound": found.bound, "gap": gap, "optimal": found.optimal,
        "complete": found.complete, "seconds": seconds,
        "layers": layers.collect::<Vec<Value>>(), "years": years.collect::<Vec<Value>>(),
        "quotas": quotas.collect::<Vec<Value>>(), "areas": areas.collect::<Vec<Value>>(),
        "robust": robust, "places": places.collect::<Vec<Value>>(),
        "certificate": {
            "multipliers": multipliers,
            "prices": found.prices.iter().map(|(name, p)| (name.clone(), Value::from(*p))).collect::<Map<String, Value>>(),
        },
    })
}

/// The answer in a few lines.
pub(crate) fn summary(
    layout: &Layout,
    found: &Planned,
    told: &Told,
    robust: Option<&Robust>,
    seconds: f64,
) -> String {
    let plan = &layout.plan;
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    if layout.spec.synthetic {
        line("synthetic data: nothing here is a real station or a real count".to_owned());
    }
    let gap = (found.bound - found.objective).max(0.0) / found.objective.abs().max(1e-12) * 100.0;
    let proof = if found.optimal { "proven best".to_owned() } else { format!("gap {gap:.3} %") };
    line(format!(
        "{}: {:.0} hours of workers within reach a day, all years together; bound {:.0}, {proof}; {seconds:.1} s",
        layout.spec.name, found.objective, found.bound
    ));
    for (y, year) in told.years.iter().enumerate() {
        let name = if y == 0 { "now" } else { plan.years[y - 1].name.as_str() };
        let open: Vec<String> =
            plan.tiers.iter().zip(&year.open).map(|(tier, n)| format!("{n} {tier}")).collect();
        let [up, built, closed] = year.changes;
        let mut words = format!("{name}: {}", open.join(", "));
        if y > 0 {
            let _infallible =
                write!(words, "; {up} raised, {built} built, {closed} closed; {:.0} spent", year.spent);
        }
        line(words);
    }
    let first = told.years.first().map(|y| y.served.as_slice()).unwrap_or_default();
    let last = told.years.last().map(|y| y.served.as_slice()).unwrap_or_default();
    for ((layer, all), (before, after)) in plan.layers.iter().zip(&told.people).zip(first.iter().zip(last)) {
        let share = |n: f64| 100.0 * n / all.max(1e-12);
        line(format!(
            "{}: {:.1} % served now, {:.1} % in the end, of {all:.0}",
            layer.name,
            share(*before),
            share(*after)
        ));
    }
    let sums = sums(layout, told);
    for (r, rule) in layout.spec.quotas.iter().enumerate() {
        let (sum, word) =
            (&sums[r], if binds(layout, &sums, r) { "binds" } else { "asks for less than another" });
        let each = if sum.quotas > 1 {
            format!(", {} of {} areas with none to spare", sum.tight, sum.quotas)
        } else {
            String::new()
        };
        line(format!(
            "quota `{}`: {:.0} asked for, {:.0} now, {:.0} in the end{each}; {word}",
            rule.name, sum.asked, sum.before, sum.after
        ));
    }
    if let Some(robust) = robust {
        line(format!(
            "with {:.0} % more or fewer people, {} cases: at most {:.2} % below what is possible, {:.2} % in the mean",
            100.0 * robust.spread,
            robust.cases,
            100.0 * robust.worst,
            100.0 * robust.mean
        ));
    }
    for note in &layout.notes {
        line(note.clone());
    }
    text.truncate(text.trim_end().len());
    text
}
