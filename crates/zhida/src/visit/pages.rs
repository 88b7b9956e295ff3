//! Campaigns, an officer's own visits, and what a phone sends.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use sea_orm::ActiveValue::Set;
use serde_json::Value;
use zhida_pack::Pack;
use zhida_rules::FieldKind;

use super::entity::campaign;
use super::record::{Found, record};
use super::store;
use crate::account;
use crate::app::App;
use crate::ids::{AccountId, CampaignId, VisitId};
use crate::journal::Subject;
use crate::party::{Filter, cell_of, groups, json_of};
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query, check_token, day};
use crate::web::{Officer, Shell, page, to};

/// The pages of visits.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/visits", get(overview).post(plan))
        .route("/visits/new", get(blank))
        .route("/visits/mine", get(mine))
        .route("/visits/{id}", get(form).post(submit))
        .route("/api/visits", get(api_mine).post(api_record))
}

struct CampaignLine {
    title: String,
    starts: String,
    due: String,
    planned: i64,
    made: i64,
}

#[derive(Template)]
#[template(path = "visit/overview.html")]
struct OverviewPage {
    shell: Shell,
    campaigns: Vec<CampaignLine>,
    mine: usize,
}

async fn overview(o: Officer) -> Result<Response, Problem> {
    let progress = store::progress(&o.app.db, &o.county).await?;
    let campaigns = store::campaigns(&o.app.db, &o.county).await?.into_iter().map(|c| {
        let (planned, made) = progress.get(&c.id).copied().unwrap_or_default();
        CampaignLine { title: c.title, starts: c.starts.to_string(), due: c.due.to_string(), planned, made }
    });
    let mine = store::mine(&o.app.db, &o.county, o.id).await?.len();
    page(&OverviewPage { shell: o.shell("visits"), campaigns: campaigns.collect(), mine })
}

#[derive(Template)]
#[template(path = "visit/plan.html")]
struct PlanPage {
    shell: Shell,
    people: usize,
    chips: Vec<(String, String)>,
    query: String,
    accounts: Vec<(AccountId, String)>,
    today: String,
    due: String,
    tiers: Vec<(String, String)>,
    kind: String,
}

async fn blank(o: Officer, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let snapshot = o.app.snapshot(&o.county, &filter.kind).await?;
    let people = filter.rows(&snapshot, &o.region)?.count();
    let accounts = account::list(&o.app.db, &o.county).await?;
    let accounts = accounts.into_iter().filter(|a| a.active && o.region.contains(&a.region));
    let today = o.app.clock.today();
    page(&PlanPage {
        shell: o.shell("visits"),
        people,
        chips: crate::party::chips(&o, &snapshot.register, &filter),
        query: filter.query(),
        accounts: accounts.map(|a| (a.id, a.name)).collect(),
        today: today.to_string(),
        due: today.plus_days(30).to_string(),
        tiers: groups(&o.app, &snapshot.register, &o.county.0, "tier", o.lang),
        kind: filter.kind,
    })
}

#[derive(Debug, serde::Deserialize)]
struct PlanForm {
    title: String,
    #[serde(default)]
    query: String,
    starts: String,
    due: String,
    #[serde(default)]
    visitor: Vec<AccountId>,
}

async fn plan(o: Officer, Form(form): Form<PlanForm>) -> Result<Response, Problem> {
    let (starts, due) = (day("starts", &form.starts)?, day("due", &form.due)?);
    if due < starts {
        return Err(Problem::field("due", "fault-ends-before", &form.due));
    }
    if form.title.trim().is_empty() {
        return Err(Problem::field("title", "fault-empty", ""));
    }
    let accounts = account::list(&o.app.db, &o.county).await?;
    let visitors: Vec<_> =
        accounts.into_iter().filter(|a| a.active && form.visitor.contains(&a.id)).collect();
    if visitors.is_empty() {
        return Err(Problem::field("visitor", "fault-none-chosen", ""));
    }
    let filter: Filter =
        serde_html_form::from_str(&form.query).map_err(|e| Problem::field("query", "fault-form", e))?;
    let snapshot = o.app.snapshot(&o.county, &filter.kind).await?;
    let rows = filter.rows(&snapshot, &o.region)?;
    // Neighbours to the same visitor: by town, then in turn.
    let mut people: Vec<_> = rows.iter().filter_map(|at| snapshot.people.get(at)).collect();
    people.sort_by(|a, b| a.town.cmp(&b.town).then(a.id.cmp(&b.id)));
    let share = people.len().div_ceil(visitors.len()).max(1);
    let visits: Vec<_> = people
        .iter()
        .enumerate()
        .filter_map(|(at, person)| visitors.get(at / share).map(|v| (person.id, v.id, v.name.clone())))
        .collect();
    if visits.is_empty() {
        return Err(Problem::Conflict("fault-nobody"));
    }
    let id = CampaignId::new();
    let mut write = o.write().await?;
    let row = campaign::ActiveModel {
        county: Set(o.county.clone()),
        id: Set(id),
        title: Set(form.title.trim().to_owned()),
        filter: Set(filter.query()),
        starts: Set(starts.0),
        due: Set(due.0),
        account: Set(o.actor().id()),
        created_at: Set(write.at()),
    };
    store::plan(&write, row, id, due, &visits).await?;
    write
        .note("campaign-planned", Subject::new("campaign", id), serde_json::json!({ "visits": visits.len() }))
        .await?;
    write.commit().await?;
    Ok(to("/visits", "campaign-planned"))
}

struct VisitLine {
    id: VisitId,
    name: String,
    town: String,
    tier: String,
    due: String,
}

async fn my_visits(o: &Officer) -> Result<Vec<VisitLine>, Problem> {
    let mine = store::mine(&o.app.db, &o.county, o.id).await?;
    let people = crate::party::briefs(&o.app.db, (&o.county, &o.region), mine.iter().map(|v| v.party_id));
    let people = people.await?;
    let line = |v: super::Visit| {
        let person = people.get(&v.party_id)?;
        let register = o.app.register(&person.kind).ok()?;
        Some(VisitLine {
            id: v.id,
            name: person.name.clone(),
            town: o.app.regions.name(&person.town).unwrap_or_default().to_owned(),
            tier: crate::party::tier_name(&o.app, register, person.tier.as_deref(), o.lang),
            due: v.due.map_or_else(String::new, |d| d.to_string()),
        })
    };
    Ok(mine.into_iter().filter_map(line).collect())
}

/// A set field of the profile that a visit asks for, with its list.
struct Ask {
    field: String,
    label: String,
    options: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "visit/mine.html")]
struct MinePage {
    shell: Shell,
    visits: Vec<VisitLine>,
    asks: Vec<Ask>,
}

/// What a visit asks: the fields that the pack's file of visits carries.
fn asks(o: &Officer) -> Vec<Ask> {
    let visits = |r: &'_ std::sync::Arc<Pack>| r.imports.iter().any(|i| i.makes == zhida_pack::Makes::Visit);
    let register = o.app.registers().find(|r| visits(r));
    let fields = register.into_iter().flat_map(|r| {
        let kind = r.imports.iter().find(|i| i.makes == zhida_pack::Makes::Visit);
        kind.into_iter().flat_map(|k| &k.fields).filter_map(|name| r.profile.named(name))
    });
    let ask = |f: &zhida_rules::Field| {
        matches!(f.kind, FieldKind::Set { .. } | FieldKind::Code { .. }).then(|| Ask {
            field: f.name.clone(),
            label: f.label.get(o.lang).to_owned(),
            options: f
                .kind
                .codes()
                .iter()
                .map(|c| (c.code.clone(), c.label.get(o.lang).to_owned()))
                .collect(),
        })
    };
    fields.filter_map(ask).collect()
}

async fn mine(o: Officer) -> Result<Response, Problem> {
    let visits = my_visits(&o).await?;
    page(&MinePage { shell: o.shell("visits"), visits, asks: asks(&o) })
}

#[derive(Template)]
#[template(path = "visit/form.html")]
struct FormPage {
    shell: Shell,
    id: VisitId,
    name: String,
    asks: Vec<Ask>,
    today: String,
}

async fn form(o: Officer, Path(id): Path<VisitId>) -> Result<Response, Problem> {
    let visit = store::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let person = crate::party::seen(&o, visit.party_id).await?;
    let today = o.app.clock.today().to_string();
    page(&FormPage { shell: o.shell("visits"), id, name: person.name, asks: asks(&o), today })
}

/// What stands in a visit's form, as pairs.
fn found(o: &Officer, pairs: &[(String, String)]) -> Result<Found, Problem> {
    let one = |name: &str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    let on = day("on", one("on"))?;
    if on > o.app.clock.today() {
        return Err(Problem::field("on", "fault-future", one("on")));
    }
    let mut values = std::collections::BTreeMap::new();
    for ask in asks(o) {
        let sent: Vec<Value> =
            pairs.iter().filter(|(n, _)| *n == ask.field).map(|(_, v)| Value::from(v.clone())).collect();
        let field = o.app.registers().find_map(|r| r.profile.named(&ask.field));
        let Some(field) = field else { continue };
        let value = if matches!(field.kind, FieldKind::Set { .. }) {
            Some(Value::from(sent.clone()))
        } else {
            sent.first().cloned()
        };
        if !sent.is_empty()
            && let Some(value) = json_of(&cell_of(field, value.as_ref()))
        {
            values.insert(ask.field, value);
        }
    }
    let text = |name: &str| one(name).trim().chars().take(1_000).collect::<String>();
    Ok(Found { on, values, words: text("words"), need: text("need") })
}

async fn save(o: &Officer, id: VisitId, pairs: &[(String, String)]) -> Result<bool, Problem> {
    let visit = store::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    crate::party::seen(o, visit.party_id).await?;
    let found = found(o, pairs)?;
    let mut write = o.write().await?;
    let fresh = record(&o.app, &mut write, id, &found).await?;
    if fresh {
        write.commit().await?;
    }
    Ok(fresh)
}

async fn submit(
    o: Officer,
    Path(id): Path<VisitId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let fresh = save(&o, id, &pairs).await?;
    Ok(to("/visits/mine", if fresh { "visited" } else { "visited-before" }))
}

async fn api_mine(o: Officer) -> Result<axum::Json<Value>, Problem> {
    let visits = my_visits(&o).await?;
    let visits: Vec<Value> = visits
        .iter()
        .map(|v| serde_json::json!({ "id": v.id, "name": v.name, "town": v.town, "tier": v.tier, "due": v.due }))
        .collect();
    Ok(axum::Json(serde_json::json!({ "visits": visits })))
}

#[derive(Debug, serde::Deserialize)]
struct Sent {
    id: VisitId,
    csrf: String,
    values: Vec<(String, String)>,
}

/// `POST /api/visits`: a visit that a phone kept while it had no network; sending it twice records it once.
async fn api_record(
    o: Officer,
    session: tower_sessions::Session,
    axum::Json(sent): axum::Json<Sent>,
) -> Result<axum::Json<Value>, Problem> {
    check_token(Some(&session), &sent.csrf).await?;
    let fresh = save(&o, sent.id, &sent.values).await?;
    Ok(axum::Json(serde_json::json!({ "recorded": fresh })))
}
