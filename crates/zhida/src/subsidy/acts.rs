//! What is owed for the people of a class, and how it is proposed, checked, refused and paid.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_pack::Subsidy;
use zhida_rules::Lang;
use zhida_types::Day;

use super::due::{Course, Line, Person, due};
use super::entity::{ActiveModel, Column, Model};
use super::store;
use crate::app::App;
use crate::check;
use crate::class::{self, Class};
use crate::clock::china;
use crate::ids::{CaseId, CountyId, OfferId, SubsidyId};
use crate::journal::{Subject, Write};
use crate::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
use crate::offer::{self, Offer};
use crate::problem::Problem;
use crate::tender::{self, Payee};
use crate::{outcome, provider, supply};

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
    Ok(due(&parts(app, class).await?, class.price, &people, begun))
}

/// The parts of a class's price: as they were when its contract was signed.
///
/// # Errors
/// The database's.
pub(super) async fn parts(app: &App, class: &Class) -> Result<Vec<Subsidy>, Problem> {
    let contract = match class.contract_id {
        Some(id) => tender::contract(&app.db, &class.county, id).await?,
        None => None,
    };
    contract.map_or_else(|| Ok(provider::terms(app)?.subsidies.clone()), |c| c.parts())
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
///
/// # Errors
/// A class that is stopped, nothing that is due, or the database's.
pub async fn propose(app: &App, write: &mut Write, class: &Class, of: &Offer) -> Result<(), Problem> {
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
        entry_id: Set(None),
        payee_sealed: Set(None),
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
///
/// # Errors
/// The one who proposed, no cause, nothing that was proposed, or the database's.
pub async fn decide(
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
    let n = store::advance(write, (Some(class.id), ""), ("proposed", state), values).await?;
    if n == 0 {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    write.note(act, Subject::new("offer", class.id), json!({ "lines": n, "words": words })).await?;
    Ok(())
}

/// A line of the file that pays: what goes to an account for a part of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paid {
    pub(super) class: OfferId,
    pub(super) title: String,
    /// The contract's number.
    pub(super) contract: String,
    pub(super) payee: Payee,
    pub(super) kind: String,
    pub(super) people: usize,
    pub(super) fen: i64,
}

/// What the sealed account of something paid is bound to.
fn about(county: &CountyId, class: OfferId, kind: &str) -> String {
    format!("{county}/{class}/{kind}")
}

/// What a batch pays, line by line: by class and part, to the account to which it went, or, before it has, to that of the class's
/// contract.
///
/// # Errors
/// A class without a contract, a contract without an account, or the database's.
pub(super) async fn batched(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
    of: &[Model],
) -> Result<Vec<Paid>, Problem> {
    let mut groups: BTreeMap<(OfferId, &str), Vec<&Model>> = BTreeMap::new();
    for one in of {
        groups.entry((one.class_id, one.kind.as_str())).or_default().push(one);
    }
    let ids: BTreeSet<OfferId> = of.iter().map(|s| s.class_id).collect();
    let ids: Vec<OfferId> = ids.into_iter().collect();
    let offers = offer::list(db, county, &ids).await?;
    let classes = class::all(db, county).await?;
    let contracts = tender::all_contracts(db, county).await?;
    let mut lines = Vec::new();
    for ((class, kind), own) in groups {
        let (people, fen) = (own.len(), own.iter().map(|s| s.amount).sum());
        let went_to = own.iter().find_map(|s| s.payee_sealed.as_ref());
        let title = offers.get(&class).map(|x| x.title.clone()).unwrap_or_default();
        let under = classes.iter().find(|c| c.id == class).and_then(|c| c.contract_id);
        let contract = contracts.iter().find(|c| Some(c.id) == under);
        let payee = match (went_to, contract) {
            (Some(sealed), _) => {
                let plain = app.keys.open(&about(county, class, kind), sealed)?;
                Some(serde_json::from_slice(&plain)?)
            }
            (None, Some(contract)) => contract.payee(app)?,
            (None, None) => None,
        };
        let Some((contract, payee)) = contract.zip(payee) else {
            return Err(Problem::field("account", "fault-no-payee", title));
        };
        let (contract, kind) = (contract.number.clone(), kind.to_owned());
        lines.push(Paid { class, title, contract, payee, kind, people, fen });
    }
    Ok(lines)
}

/// Pays everything that is checked, once: from the line of the budget that the pack names, an entry for each class and part. Answers the
/// batch's name.
///
/// # Errors
/// Nothing that is checked, a line that holds less, an account that is missing, or the database's.
pub async fn pay(app: &App, write: &mut Write) -> Result<String, Problem> {
    let county = write.county().clone();
    let all = store::in_state(write.tx(), &county, "checked").await?;
    if all.is_empty() {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    let rules = provider::terms(app)?;
    let lines = batched(app, write.tx(), &county, &all).await?;
    let total: i64 = lines.iter().map(|l| l.fen).sum();
    let from = supply::budget(app, write, &rules.fund).await?;
    supply::covers(write, from, total).await?;
    let to = supply::spot(write, app, Kind::Given).await?;
    let batch = format!("{county}-{}", china(write.at()).format("%Y%m%d%H%M%S"));
    let day = Day::at(write.at());
    let entry = |l: &Paid| NewEntry {
        day,
        act: "pay",
        words: format!("{} · {} · {}", l.title, label(&rules.subsidies, &l.kind, Lang::Zh), l.contract),
        party: None,
        party_name: l.payee.name.clone(),
        receipt: Receipt { kind: "code".to_owned(), value: batch.clone() },
        moves: vec![Move { from, to, item: MONEY.to_owned(), batch: String::new(), amount: l.fen }],
    };
    let entries = ledger::post(write, lines.iter().map(entry).collect()).await?;
    let mut n = 0;
    for (line, entry) in lines.iter().zip(entries) {
        let payee = serde_json::to_vec(&line.payee)?;
        let sealed = app.keys.seal(&about(&county, line.class, &line.kind), &payee)?;
        let values = vec![
            (Column::Batch, Expr::value(batch.as_str())),
            (Column::PaidAt, Expr::value(Some(write.at()))),
            (Column::EntryId, Expr::value(Some(entry))),
            (Column::PayeeSealed, Expr::value(Some(sealed))),
        ];
        n += store::advance(write, (Some(line.class), &line.kind), ("checked", "paid"), values).await?;
    }
    // Somebody pays at the same instant: the entries above are taken back with everything else.
    if usize::try_from(n).ok() != Some(all.len()) {
        return Err(Problem::Conflict("fault-changed"));
    }
    let detail = json!({ "batch": batch, "lines": n, "fen": total });
    write.note("subsidies-paid", Subject::new("county", &county), detail).await?;
    Ok(batch)
}

/// What a part is called.
pub(super) fn label(parts: &[Subsidy], code: &str, lang: Lang) -> String {
    parts.iter().find(|s| s.code == code).map_or(code, |s| s.label.get(lang)).to_owned()
}
