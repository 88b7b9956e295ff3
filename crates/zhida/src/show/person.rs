//! One person: what is known and from where, the tier and why, cases, visits, messages, and what could help.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use zhida_rules::Truth;

use crate::account::Role;
use crate::case;
use crate::ids::{CaseId, PartyId};
use crate::journal::{self, Subject};
use crate::message;
use crate::offer;
use crate::party::{self, cell_of, known, seen, tier_name};
use crate::problem::Problem;
use crate::programme;
use crate::visit;
use crate::web::extract::Path;
use crate::web::{Officer, Shell, page};

struct FactLine {
    label: String,
    value: String,
    source: String,
    sensitive: bool,
    conflicts: Vec<String>,
}

struct CaseLine {
    id: CaseId,
    programme: String,
    stage: String,
    offer: String,
    message: String,
}

struct Help {
    title: String,
    amount: String,
    /// The clause that can be applied for.
    apply: Option<String>,
    verdict: &'static str,
    reasons: Vec<String>,
    advice: programme::Advice,
}

struct VisitLine {
    on: String,
    visitor: String,
    words: String,
}

#[derive(Template)]
#[template(path = "show/person.html")]
struct PersonPage {
    shell: Shell,
    id: PartyId,
    kind: String,
    register: String,
    name: String,
    identity_mask: String,
    phone_mask: String,
    origin: String,
    town: String,
    tier: String,
    tier_reason: Vec<String>,
    tiers: Vec<(String, String, String)>,
    facts: Vec<FactLine>,
    conflicts: usize,
    cases: Vec<CaseLine>,
    visits: Vec<VisitLine>,
    helps: Vec<Help>,
    alike: Vec<(PartyId, String, String)>,
    looks: Vec<(String, String, String)>,
    may_merge: bool,
}

pub(super) async fn show(o: Officer, Path(id): Path<PartyId>) -> Result<Response, Problem> {
    let shell = o.shell("people");
    let found = party::find(&o.app, &o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    if let Some(into) = found.merged_into {
        seen(&o, into).await?;
        return Ok(Redirect::to(&format!("/people/{into}")).into_response());
    }
    let person = seen(&o, id).await?;
    let snapshot = o.app.snapshot(&o.county, &person.kind).await?;
    let register = &snapshot.register;
    let (row, _) = snapshot.seen(id, &o.region).ok_or(Problem::NotFound)?;
    let facts = facts(&o, &shell, &person, &snapshot, row);
    let history = party::tier_history(&o.app.db, &o.county, id).await?;
    let key = o.lang.as_str();
    let reason: serde_json::Value = history
        .first()
        .map_or(serde_json::Value::Null, |h| serde_json::from_str(&h.reason).unwrap_or_default());
    let reason = reason.as_array().map(Vec::as_slice).unwrap_or_default();
    let tiers = history.iter().map(|h| {
        let until = h.until.map_or_else(String::new, |d| d.to_string());
        (tier_name(&o.app, register, Some(&h.tier), o.lang), h.from.to_string(), until)
    });
    let alike = match &person.phone_hash {
        Some(hash) => party::same_phone(&o.app.db, (&o.county, &person.kind), id, hash).await?,
        None => Vec::new(),
    };
    let looks = journal::about(&o.app.db, &o.county, &Subject::new("party", id), 20).await?;
    let looks =
        looks.into_iter().map(|e| (e.when(), e.actor_name.clone(), shell.t.s(format!("act-{}", e.act))));
    page(&PersonPage {
        id,
        register: register.party.as_ref().map_or_else(String::new, |p| p.label.get(o.lang).to_owned()),
        kind: person.kind,
        town: person.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
        tier: tier_name(&o.app, register, person.tier.as_deref(), o.lang),
        tier_reason: reason.iter().filter_map(|r| r[key].as_str()).map(str::to_owned).collect(),
        tiers: tiers.collect(),
        conflicts: facts.iter().filter(|f| !f.conflicts.is_empty()).count(),
        facts,
        cases: cases(&o, &shell, id).await?,
        visits: visits(&o, id).await?,
        helps: helps(&o, &shell, &snapshot, row)?,
        alike,
        looks: looks.collect(),
        may_merge: o.role >= Role::Supervisor,
        name: person.name,
        identity_mask: person.identity_mask,
        phone_mask: person.phone_mask,
        origin: person.origin,
        shell,
    })
}

/// A value in words: a town by its name, an occupation by name and code.
fn shown(o: &Officer, field: &zhida_rules::Field, cell: &zhida_rules::Cell) -> String {
    let value = field.display(cell, o.lang);
    if field.classification.is_some() {
        return o.app.occupations.name(&value).map_or(value.clone(), |name| format!("{name} {value}"));
    }
    match field.kind {
        zhida_rules::FieldKind::Region => {
            o.app.regions.name(&value).map_or_else(|| value.clone(), str::to_owned)
        }
        _ => value,
    }
}

fn facts(
    o: &Officer,
    shell: &Shell,
    person: &party::Found,
    snapshot: &party::Snapshot,
    row: usize,
) -> Vec<FactLine> {
    let (values, conflicts) = known(&person.sheets);
    let t = &shell.t;
    let source = |s: &str| {
        let kind = snapshot.register.import(s);
        kind.map_or_else(|| t.s(format!("source-{s}")), |k| k.title.get(o.lang).to_owned())
    };
    let line = |field: &zhida_rules::Field| {
        let id = snapshot.register.profile.find(&field.name)?;
        let cell = snapshot.table.cell(row, id);
        let value = shown(o, field, &cell);
        let held = values.get(&field.name);
        let origin = match (held, &field.derive) {
            (Some(held), _) => t.ab("fact-source", source(&held.source), held.as_of.to_string()),
            (None, Some(_)) if !value.is_empty() => t.s("fact-derived"),
            _ => String::new(),
        };
        let others = conflicts.iter().filter(|c| c.field == field.name);
        let others = others.map(|c| {
            let other = shown(o, field, &cell_of(field, Some(&c.other.value)));
            format!("{other} — {}", t.ab("fact-source", source(&c.other.source), c.other.as_of.to_string()))
        });
        let conflicts: Vec<String> = others.collect();
        (!value.is_empty() || !conflicts.is_empty()).then(|| FactLine {
            label: field.label.get(o.lang).to_owned(),
            value,
            source: origin,
            sensitive: field.sensitive,
            conflicts,
        })
    };
    snapshot.register.profile.fields().iter().filter_map(line).collect()
}

async fn cases(o: &Officer, shell: &Shell, id: PartyId) -> Result<Vec<CaseLine>, Problem> {
    let found = case::of_party(&o.app.db, &o.county, id).await?;
    let ids: Vec<CaseId> = found.iter().map(|c| c.id).collect();
    let messages = message::of_cases(&o.app.db, &o.county, &ids).await?;
    let offers: Vec<_> = found.iter().filter_map(|c| c.offer_id).collect();
    let offers = offer::list(&o.app.db, &o.county, &offers).await?;
    let line = |c: case::Case| {
        let programme = o.app.programme(&c.programme).ok().map(|(_, p)| p);
        CaseLine {
            id: c.id,
            programme: programme.map_or_else(String::new, |p| p.title.get(o.lang).to_owned()),
            stage: programme
                .and_then(|p| p.stage(&c.stage))
                .map_or_else(String::new, |s| s.label.get(o.lang).to_owned()),
            offer: c.offer_id.and_then(|id| offers.get(&id)).map_or(c.words, |x| x.title.clone()),
            message: messages
                .iter()
                .find(|m| m.case_id == c.id)
                .map_or_else(String::new, |m| shell.t.s(m.state.key())),
        }
    };
    Ok(found.into_iter().map(line).collect())
}

async fn visits(o: &Officer, id: PartyId) -> Result<Vec<VisitLine>, Problem> {
    let found = visit::of_party(&o.app, &o.county, id).await?;
    let line = |(v, words): (visit::Visit, String)| VisitLine {
        on: v.visited_on.or(v.due).map_or_else(String::new, |d| d.to_string()),
        visitor: v.visitor,
        words,
    };
    Ok(found.into_iter().map(line).collect())
}

/// What could help: every programme's verdict on this party, with the conditions that decide; of clauses those that are
/// open and not refused, with what they give.
fn helps(o: &Officer, shell: &Shell, snapshot: &party::Snapshot, row: usize) -> Result<Vec<Help>, Problem> {
    let clauses = programme::Clauses::compile(&o.county, snapshot)?;
    let mut verdicts = std::collections::BTreeMap::new();
    for ((programme, gives), verdict) in clauses.programmes().zip(clauses.of_row(row)?) {
        if verdict.truth != Truth::False && gives.open_on(o.app.clock.today()) {
            let amount = verdict.amount.map(|n| case::gives_words(&shell.t, &o.app, gives, n));
            verdicts.insert(programme.code.as_str(), amount.unwrap_or_default());
        }
    }
    let mut helps = Vec::new();
    let shown = |p: &&zhida_pack::Programme| p.offer.is_some() || verdicts.contains_key(p.code.as_str());
    for programme in snapshot.register.programmes.iter().filter(shown) {
        let Some((truth, explained)) = programme::explain(&o.county, programme, snapshot, row)? else {
            continue;
        };
        let reason = |e: &zhida_rules::Explained| match e.actual(o.lang) {
            "" => e.words(o.lang).to_owned(),
            actual => format!("{} ({actual})", e.words(o.lang)),
        };
        helps.push(Help {
            title: programme.title.get(o.lang).to_owned(),
            amount: verdicts.get(programme.code.as_str()).cloned().unwrap_or_default(),
            apply: (programme.gives.is_some() && truth == Truth::True).then(|| programme.code.clone()),
            verdict: match truth {
                Truth::True => "eligible",
                Truth::False => "not-eligible",
                Truth::Unknown => "unknown",
            },
            reasons: explained.deciding().into_iter().map(reason).collect(),
            advice: programme::advise(&o.county, programme, (snapshot, row), o.lang)?,
        });
    }
    Ok(helps)
}
