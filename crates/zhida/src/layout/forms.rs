//! What an officer chooses for a plan.

use serde::Deserialize;
use zhida_pack::layout::{Span, Spec, Year, year};

use crate::ids::LayoutId;
use crate::problem::{FieldFault, Problem};

/// The numbers of a year as text.
#[derive(Clone, Debug, Default)]
pub(super) struct YearLine {
    pub(super) year: String,
    pub(super) budget: String,
    pub(super) upgrades: String,
    pub(super) builds: String,
    pub(super) changes: String,
    pub(super) closures: String,
}

/// A plan's form: the same index in every list of years, kinds and tiers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlanForm {
    pub(super) kind: String,
    pub(super) from: Option<LayoutId>,
    pub(super) name: String,
    pub(super) year: Vec<String>,
    pub(super) budget: Vec<String>,
    pub(super) upgrades: Vec<String>,
    pub(super) builds: Vec<String>,
    pub(super) changes: Vec<String>,
    pub(super) closures: Vec<String>,
    pub(super) minutes: Vec<String>,
    pub(super) build: Vec<String>,
    pub(super) upgrade: Vec<String>,
    pub(super) running: Vec<String>,
    pub(super) quota: Vec<String>,
    pub(super) closing: String,
    pub(super) second: String,
    /// `place|decision|tier|year|to`, one for each place that is decided.
    pub(super) pin: Vec<String>,
}

/// A number as people write it in a field; nothing for none.
pub(super) fn written(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

/// A count as people write it in a field; nothing for none.
fn counted(n: usize) -> String {
    if n == 0 { String::new() } else { n.to_string() }
}

/// The years as lines of the form.
pub(super) fn year_lines(spec: &Spec) -> Vec<YearLine> {
    let line = |y: &Year| YearLine {
        year: year(&y.year),
        budget: written(y.budget),
        upgrades: counted(y.upgrades.least),
        builds: y.builds.most.map_or_else(String::new, |n| n.to_string()),
        changes: counted(y.changes.least),
        closures: y.closures.most.map_or_else(String::new, |n| n.to_string()),
    };
    spec.years.iter().map(line).collect()
}

/// A pack's plan for so many stations from a year on: what the province's numbers come to there.
pub(super) fn scaled(mut spec: Spec, stations: usize, first: i32) -> Spec {
    #[expect(clippy::cast_precision_loss, reason = "a count of stations")]
    let part = spec.stations.map_or(1.0, |all| stations as f64 / all.max(1.0));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "counts of stations"
    )]
    let of = |n: usize| (n as f64 * part).round() as usize;
    let before: Vec<String> = spec.years.iter().map(|y| year(&y.year)).collect();
    let name = |at: usize| i64::from(first) + i64::try_from(at).unwrap_or(0);
    for (at, own) in spec.years.iter_mut().enumerate() {
        own.year = toml::Value::Integer(name(at));
        own.budget = own.budget.map(|b| (b * part / 1_000.0).round() * 1_000.0);
        own.running = own.running.map(|b| (b * part / 1_000.0).round() * 1_000.0);
        for span in [&mut own.upgrades, &mut own.builds, &mut own.changes, &mut own.closures] {
            span.least = of(span.least);
            span.most = span.most.map(of);
        }
    }
    for rule in &mut spec.quotas {
        if rule.each.is_none() {
            rule.least = rule.least.map(|n| (n * part).round());
            rule.most = rule.most.map(|n| (n * part).round());
        }
        let at = rule.from.as_ref().and_then(|from| before.iter().position(|b| *b == year(from)));
        rule.from = at.map(|at| toml::Value::Integer(name(at)));
    }
    spec.stations = None;
    spec
}

/// Faults of a form, gathered.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: &str, key: &'static str, value: &str) {
        self.0.push(FieldFault { field: field.to_owned(), key, value: value.to_owned() });
    }

    fn number(&mut self, field: &str, text: Option<&String>) -> Option<f64> {
        let text = text.map_or("", |t| t.trim());
        if text.is_empty() {
            return None;
        }
        let value = text.replace([',', '，'], "").parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0);
        if value.is_none() {
            self.add(field, "fault-number", text);
        }
        value
    }

    fn count(&mut self, field: &str, text: Option<&String>) -> Option<usize> {
        let value = self.number(field, text)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number, looked at"
        )]
        if value.fract() == 0.0 && value < 1e9 {
            Some(value as usize)
        } else {
            self.add(field, "fault-number", &value.to_string());
            None
        }
    }
}

impl PlanForm {
    /// The plan that is asked for, from what it began with.
    pub(super) fn spec(&self, mut base: Spec, synthetic: bool) -> Result<Spec, Problem> {
        let mut faults = Faults::default();
        self.name.trim().clone_into(&mut base.name);
        if base.name.is_empty() {
            faults.add("name", "fault-empty", "");
        }
        base.synthetic = synthetic;
        let least = |n: Option<usize>| Span { least: n.unwrap_or(0), most: None };
        let most = |n: Option<usize>| Span { least: 0, most: n };
        for (at, own) in base.years.iter_mut().enumerate() {
            own.budget = faults.number("budget", self.budget.get(at));
            own.upgrades = least(faults.count("upgrades", self.upgrades.get(at)));
            own.builds = most(faults.count("builds", self.builds.get(at)));
            own.changes = least(faults.count("changes", self.changes.get(at)));
            own.closures = most(faults.count("closures", self.closures.get(at)));
        }
        for (at, kind) in base.kinds.iter_mut().enumerate() {
            match faults.number("minutes", self.minutes.get(at)) {
                Some(minutes) if minutes > 0.0 && minutes <= 120.0 => kind.minutes = minutes,
                other => faults.add("minutes", "fault-number", &written(other)),
            }
        }
        for (at, tier) in base.tiers.iter_mut().enumerate() {
            tier.build = faults.number("build", self.build.get(at));
            tier.upgrade = faults.number("upgrade", self.upgrade.get(at));
            tier.running = faults.number("running", self.running.get(at)).unwrap_or(0.0);
        }
        base.quotas.retain(|rule| self.quota.contains(&rule.name));
        base.closing = faults.number("closing", Some(&self.closing));
        base.objective.second = if self.second.is_empty() { 0.0 } else { base.objective.second.max(0.1) };
        if faults.0.is_empty() { Ok(base) } else { Err(Problem::Invalid(faults.0)) }
    }

    /// What is decided already, in fields.
    pub(super) fn pins(&self) -> Vec<super::files::Pin> {
        let pin = |text: &String| {
            let mut parts = text.split('|').map(str::to_owned);
            let mut next = || parts.next().unwrap_or_default();
            [next(), next(), next(), next(), next()]
        };
        self.pin.iter().filter(|p| !p.is_empty()).map(pin).collect()
    }
}
