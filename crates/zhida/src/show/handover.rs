//! Handing over: when a person leaves or a unit is dissolved, what they have goes to another in one act, so that nothing is
//! without an owner. Supervisors do.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::account::{self, Account, Role};
use crate::ids::{AccountId, UnitId};
use crate::journal::Subject;
use crate::problem::Problem;
use crate::unit::{self, Unit};
use crate::web::extract::{Form, Query};
use crate::web::{Officer, Shell, page, to};
use crate::{case, check, commitment, finding, ledger, supply};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FromQuery {
    person: String,
    unit: String,
}

/// What somebody has.
struct Has {
    findings: i64,
    goods: bool,
}

#[derive(Template)]
#[template(path = "show/handover.html")]
struct HandoverPage {
    shell: Shell,
    people: Vec<Account>,
    units: Vec<Unit>,
    person: Option<Account>,
    unit: Option<Unit>,
    has: Option<Has>,
}

/// `GET /handover`
pub(super) async fn form(o: Officer, Query(query): Query<FromQuery>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let db = &o.app.db;
    let people: Vec<Account> =
        account::list(db, &o.county).await?.into_iter().filter(|a| a.role != Role::Inspector).collect();
    let units: Vec<Unit> =
        unit::list(db, &o.county).await?.into_iter().filter(|u| u.dissolved_on.is_none()).collect();
    let person = query.person.parse::<AccountId>().ok();
    let person = people.iter().find(|a| Some(a.id) == person).cloned();
    let of = query.unit.parse::<UnitId>().ok();
    let of = units.iter().find(|u| Some(u.id) == of).cloned();
    let has = match (&person, &of) {
        (Some(p), _) => Some(Has {
            findings: finding::owned_open(db, &o.county, Some(p.id), None).await?,
            goods: ledger::in_hand(db, &o.county, p.id).await?,
        }),
        (None, Some(u)) => {
            Some(Has { findings: finding::owned_open(db, &o.county, None, Some(u.id)).await?, goods: false })
        }
        _ => None,
    };
    page(&HandoverPage { shell: o.shell("accounts"), people, units, person, unit: of, has })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HandoverForm {
    person: String,
    to_person: String,
    unit: String,
    to_unit: String,
}

/// `POST /handover`
pub(super) async fn give(o: Officer, Form(form): Form<HandoverForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    if form.unit.is_empty() { person(&o, &form).await } else { dissolve(&o, &form).await }
}

async fn person(o: &Officer, form: &HandoverForm) -> Result<Response, Problem> {
    let find = |text: &str, field: &'static str| {
        let id = text.parse::<AccountId>();
        async move {
            let id = id.map_err(|_no_id| Problem::field(field, "fault-none-chosen", ""))?;
            account::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)
        }
    };
    let from = find(&form.person, "person").await?;
    let to_one = find(&form.to_person, "to_person").await?;
    if from.id == to_one.id || !to_one.active || to_one.role == Role::Inspector {
        return Err(Problem::Conflict("fault-handover"));
    }
    let receiver = (to_one.unit, Some((to_one.id, to_one.name.as_str())));
    let mut write = o.write().await?;
    let today = o.app.clock.today();
    let goods =
        supply::hand_over(&mut write, &o.county, today, (from.id, &from.name), (to_one.id, &to_one.name))
            .await?;
    let detail = json!({
        "from": from.name, "to": to_one.name, "items": goods,
        "findings": finding::hand_over(&write, (Some(from.id), None), receiver).await?,
        "commitments": commitment::hand_over(&write, (Some(from.id), None), receiver).await?,
        "cases": case::hand_over(&write, from.id, to_one.id).await?,
        "checks": check::hand_over(&write, from.id, (to_one.id, &to_one.name)).await?,
    });
    write.note("handed-over", Subject::new("account", from.id), detail).await?;
    write.commit().await?;
    Ok(to("/accounts", "handed-over"))
}

async fn dissolve(o: &Officer, form: &HandoverForm) -> Result<Response, Problem> {
    let id = |text: &str, field: &'static str| {
        text.parse::<UnitId>().map_err(|_no_id| Problem::field(field, "fault-none-chosen", ""))
    };
    let (from, into) = (id(&form.unit, "unit")?, id(&form.to_unit, "to_unit")?);
    let db = &o.app.db;
    let old = unit::find(db, &o.county, from).await?.ok_or(Problem::NotFound)?;
    let new = unit::find(db, &o.county, into).await?.ok_or(Problem::NotFound)?;
    if from == into || new.dissolved_on.is_some() || old.dissolved_on.is_some() {
        return Err(Problem::Conflict("fault-handover"));
    }
    let mut write = o.write().await?;
    let detail = json!({
        "from": old.name, "to": new.name,
        "findings": finding::hand_over(&write, (None, Some(from)), (into, None)).await?,
        "commitments": commitment::hand_over(&write, (None, Some(from)), (into, None)).await?,
        "accounts": account::move_unit(&write, from, into).await?,
    });
    unit::dissolve(&mut write, from, into, o.app.clock.today()).await?;
    write.note("handed-over", Subject::new("unit", from), detail).await?;
    write.commit().await?;
    Ok(to("/handover", "handed-over"))
}
