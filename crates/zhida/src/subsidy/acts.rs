//! What is owed for the people of a class, and how it is proposed, checked, refused and paid.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use serde_json::json;

use super::due::{Course, Line, Person, due};
use super::entity::{ActiveModel, Column, Model};
use super::store;
use crate::app::App;
use crate::check;
use crate::class::{self, Class};
use crate::ids::{CaseId, OfferId, SubsidyId};
use crate::journal::{Subject, Write};
use crate::offer::{self, Offer};
use crate::problem::Problem;
use crate::{outcome, provider};

/// What is owed for the people of a class, line by line.
pub(super) async fn owed(app: &App, class: &Class, of: &Offer) -> Result<Vec<Line>, Problem> {
    let rules = provider::terms(app)?;
    let course = &rules.course;
    let held = class::held(&app.db, &class.county, &[class.id]).await?.remove(&class.id).unwrap_or_default();
    let counted = held.count(app, course, app.clock.now());
    let ids: Vec<CaseId> = counted.roster.iter().map(|c| c.id).collect();
    let work = outcome::of_cases(&app.db, &class.county, &ids).await?;
    let people: Vec<Person> = counted
        .roster
        .iter()
        .map(|c| Person {
            case: c.id,
            party: c.party_id,
            finished: c.stage != course.enrolled && c.stage != course.left,
            placed: work.get(&c.id).is_some_and(|w| w.state == "verified"),
        })
        .collect();
    let begun = match class::assessment(app, of).await? {
        Some(check::Gate::Failed(_)) => Course::Failed,
        _ if counted.held == 0 => Course::Ahead,
        _ => Course::Begun,
    };
    Ok(due(&rules.subsidies, class.price, &people, begun))
}

/// The lines that can be proposed: due, and neither proposed nor farther.
pub(super) fn open<'a>(lines: &'a [Line], there: &[Model]) -> Vec<&'a Line> {
    let on_file = |l: &Line| {
        let mut own = there.iter().filter(|s| s.party_id == l.person.party && s.kind == l.kind);
        own.any(|s| s.state != "refused")
    };
    lines.iter().filter(|l| l.amount > 0 && !on_file(l)).collect()
}

/// Proposes what is due of a class and not yet on file.
pub(super) async fn propose(app: &App, write: &mut Write, class: &Class, of: &Offer) -> Result<(), Problem> {
    if class.state == "stopped" {
        return Err(Problem::Conflict("fault-class-stopped"));
    }
    let lines = owed(app, class, of).await?;
    let there = store::of_class(write.tx(), &class.county, class.id).await?;
    let row = |l: &Line| ActiveModel {
        county: Set(class.county.clone()),
        id: Set(SubsidyId::new()),
        class_id: Set(class.id),
        case_id: Set(l.person.case),
        party_id: Set(l.person.party),
        provider_id: Set(class.provider_id),
        kind: Set(l.kind.clone()),
        amount: Set(l.amount),
        state: Set("proposed".to_owned()),
        words: Set(String::new()),
        batch: Set(String::new()),
        proposed_by: Set(write.actor().id()),
        checked_by: Set(String::new()),
        paid_at: Set(None),
        created_at: Set(write.at()),
    };
    let n = store::propose(write, open(&lines, &there).into_iter().map(row).collect()).await?;
    if n == 0 {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    write.note("subsidies-proposed", Subject::new("offer", class.id), json!({ "lines": n })).await?;
    Ok(())
}

/// Somebody else than whoever proposed checks what was proposed for a class, or refuses it with the cause.
pub(super) async fn decide(
    write: &mut Write,
    class: &Class,
    (decision, words): (&str, &str),
) -> Result<(), Problem> {
    let there = store::of_class(write.tx(), &class.county, class.id).await?;
    if there.iter().any(|s| s.state == "proposed" && s.proposed_by == write.actor().id()) {
        return Err(Problem::Conflict("fault-own-subsidy"));
    }
    let words = words.trim();
    let (state, act, kept) = match decision {
        "checked" => ("checked", "subsidies-checked", ""),
        "refused" if words.is_empty() => return Err(Problem::field("words", "fault-empty", "")),
        "refused" => ("refused", "subsidies-refused", words),
        _ => return Err(Problem::field("decision", "fault-none-chosen", "")),
    };
    let values =
        vec![(Column::CheckedBy, Expr::value(write.actor().id())), (Column::Words, Expr::value(kept))];
    let n = store::advance(write, Some(class.id), ("proposed", state), values).await?;
    if n == 0 {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    write.note(act, Subject::new("offer", class.id), json!({ "lines": n, "words": words })).await?;
    Ok(())
}

/// A line of the file that pays: a provider, a class and a part, with how many people and how much.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Paid {
    pub provider: String,
    pub code: String,
    pub title: String,
    pub kind: String,
}

/// Pays everything that is checked, once. Answers the batch's name and its lines, with people and fen.
pub(super) async fn pay(write: &mut Write) -> Result<(String, BTreeMap<Paid, (usize, i64)>), Problem> {
    let county = write.county().clone();
    let all = store::in_state(write.tx(), &county, "checked").await?;
    if all.is_empty() {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    let batch = format!("{county}-{}", write.at().format("%Y%m%d%H%M%S"));
    let ids: Vec<OfferId> = all.iter().map(|s| s.class_id).collect();
    let offers = offer::list(write.tx(), &county, &ids).await?;
    let by = provider::of_ids(write.tx(), &county, &all.iter().map(|s| s.provider_id).collect()).await?;
    let mut lines: BTreeMap<Paid, (usize, i64)> = BTreeMap::new();
    for one in &all {
        let of = by.get(&one.provider_id);
        let key = Paid {
            provider: of.map(|p| p.name.clone()).unwrap_or_default(),
            code: of.map(|p| p.code.clone()).unwrap_or_default(),
            title: offers.get(&one.class_id).map(|x| x.title.clone()).unwrap_or_default(),
            kind: one.kind.clone(),
        };
        let line = lines.entry(key).or_default();
        *line = (line.0 + 1, line.1 + one.amount);
    }
    let values =
        vec![(Column::Batch, Expr::value(batch.as_str())), (Column::PaidAt, Expr::value(Some(write.at())))];
    let n = store::advance(write, None, ("checked", "paid"), values).await?;
    let total: i64 = all.iter().map(|s| s.amount).sum();
    let detail = json!({ "batch": batch, "lines": n, "fen": total });
    write.note("subsidies-paid", Subject::new("county", &county), detail).await?;
    Ok((batch, lines))
}
