//! The layered archive: each person's tier is the verdict of the rule in force on a day, with its reason, and history.

use zhida_rules::{At, RuleSet, Truth};
use zhida_types::Day;

use super::snapshot::Snapshot;
use super::store;
use crate::app::App;
use crate::ids::{CountyId, PartyId};
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;

/// A person whose tier is another than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The person.
    pub party: PartyId,
    /// The tier; `unknown` where a fact is missing, `none` where no rule holds.
    pub tier: String,
    /// Why: the conditions that decided, as JSON with both languages.
    pub reason: String,
}

/// Works out everybody's tier for today; writes what changed. Answers how many changed.
///
/// # Errors
/// The database's.
pub async fn recompute(app: &App, county: &CountyId, actor: &Actor) -> Result<usize, Problem> {
    let mut changed = 0;
    for register in app.registers().filter(|r| !r.tiers.is_empty()) {
        changed += recompute_kind(app, (county, register.kind()), actor).await?;
    }
    Ok(changed)
}

async fn recompute_kind(
    app: &App,
    (county, kind): (&CountyId, &str),
    actor: &Actor,
) -> Result<usize, Problem> {
    let snapshot = app.snapshot(county, kind).await?;
    let Some(version) = snapshot.register.tiers_on(snapshot.day).cloned() else { return Ok(0) };
    let worker = (std::sync::Arc::clone(&snapshot), county.clone());
    let changes = tokio::task::spawn_blocking(move || {
        let (snapshot, county) = worker;
        changes(&snapshot, &county, snapshot.day)
    });
    let changes = changes.await.map_err(anyhow::Error::from)??;
    if changes.is_empty() {
        return Ok(0);
    }
    let mut write = Write::begin(&app.db, county, actor, app.clock.now()).await?;
    store::set_tiers(&write, &version.code, snapshot.day, &changes).await?;
    let detail = serde_json::json!({ "version": version.code, "changed": changes.len() });
    write.note("tiers", Subject::new("county", county), detail).await?;
    write.commit().await?;
    Ok(changes.len())
}

fn changes(snapshot: &Snapshot, county: &CountyId, day: Day) -> Result<Vec<Change>, Problem> {
    let register = &snapshot.register;
    let Some(version) = register.tiers_on(day) else { return Ok(Vec::new()) };
    let at = At { day: day.epoch(), region: county.to_string() };
    let rules = version.tiers.iter().map(|t| (t.code.as_str(), t.when.as_str()));
    let set =
        RuleSet::compile(&register.profile, &register.params, &at, rules).map_err(anyhow::Error::from)?;
    let verdicts = set.evaluate(&snapshot.table);
    let mut changes = Vec::new();
    for (row, person) in snapshot.people.iter().enumerate() {
        let decided = verdicts.iter().enumerate().find(|(_, v)| v.at(row) != Truth::False);
        let tier = match decided {
            Some((rule, v)) if v.at(row) == Truth::True => {
                version.tiers.get(rule).map_or("none", |t| t.code.as_str())
            }
            Some(_) => "unknown",
            None => "none",
        };
        if person.tier.as_deref() != Some(tier) {
            let explained = decided.and_then(|(rule, _)| set.explain(rule, &snapshot.table, row));
            let reason = explained.map_or(serde_json::Value::Null, |e| reason(&e));
            changes.push(Change { party: person.id, tier: tier.to_owned(), reason: reason.to_string() });
        }
    }
    Ok(changes)
}

/// The deciding conditions with the actual values, in both languages.
pub(crate) fn reason(explained: &zhida_rules::Explained) -> serde_json::Value {
    let line = |e: &zhida_rules::Explained| {
        let [zh, en] = &e.words;
        let [zh_actual, en_actual] = &e.actual;
        serde_json::json!({ "zh": with(zh, zh_actual, "（", "）"), "en": with(en, en_actual, " (", ")"), "known": e.truth != Truth::Unknown })
    };
    explained.deciding().into_iter().map(line).collect()
}

fn with(words: &str, actual: &str, open: &str, close: &str) -> String {
    if actual.is_empty() { words.to_owned() } else { format!("{words}{open}{actual}{close}") }
}
