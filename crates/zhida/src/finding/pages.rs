//! The list, the board and one finding.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_pack::Severity;

use super::acts::{Act, By, act};
use super::board::{Age, Board};
use super::entity::finding;
use super::raise::{About, NewFinding, raise};
use super::store::{self, Wanted};
use super::{heat, settle};
use crate::account::{self, Role};
use crate::app::App;
use crate::clock::shown;
use crate::ids::{AccountId, FindingId, PlaceId, UnitId};
use crate::problem::Problem;
use crate::web::extract::{Path, Query, Upload, behind, chosen, day};
use crate::web::{Officer, Shell, TownMap, UPLOAD_BYTES, download, page, to};
use crate::{photo, place, unit};

/// The pages of findings.
pub fn routes() -> Router<App> {
    let upload = DefaultBodyLimit::max(UPLOAD_BYTES);
    Router::new()
        .route("/findings", get(list).post(create).layer(upload))
        .route("/findings.xlsx", get(xlsx))
        .route("/findings/board", get(board))
        .route("/findings/heat", get(heat::show))
        .route("/findings/new", get(blank))
        .route("/findings/{id}", get(show))
        .route("/findings/{id}/plan", post(settle::send))
        .route("/findings/{id}/act", post(step).layer(upload))
}

const PER_PAGE: u64 = 100;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    state: String,
    severity: String,
    whose: String,
    town: String,
    about: String,
    late: String,
    after: String,
}

impl ListQuery {
    fn wanted(&self, o: &Officer) -> Wanted {
        let states = match self.state.as_str() {
            "all" => Vec::new(),
            "fixed" => vec!["fixed"],
            "verified" => vec!["verified"],
            "handed-over" => vec!["handed-over"],
            _ => vec!["open"],
        };
        let severity = Severity::ALL.into_iter().find(|s| s.as_str() == self.severity);
        Wanted {
            states,
            severity: severity.map(Severity::rank),
            owner: (self.whose == "mine").then_some(o.id),
            unit: (self.whose == "unit").then_some(o.unit),
            level_unit: (self.whose == "level").then_some(o.unit),
            town: self.town.clone(),
            about: self.about.split_once(':').map(|(kind, id)| (kind.to_owned(), id.to_owned())),
            overdue_on: (self.late == "yes").then(|| o.app.clock.today()),
        }
    }

    /// The address of this list, without where it goes on.
    fn address(&self) -> String {
        let pairs = [
            ("state", &self.state),
            ("severity", &self.severity),
            ("whose", &self.whose),
            ("town", &self.town),
            ("about", &self.about),
            ("late", &self.late),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, v)| !v.is_empty()).collect();
        serde_html_form::to_string(pairs).unwrap_or_default()
    }
}

/// A finding as lists show it.
pub(super) struct Line {
    id: FindingId,
    words: String,
    about: String,
    severity: &'static str,
    town: String,
    owner: String,
    due: String,
    overdue: bool,
    state: String,
    nth: i64,
    level: i64,
}

/// What is wrong, in the reader's language where the checklist still says it, else as it was written.
fn words(o: &Officer, f: &finding::Model) -> String {
    let pack = o.app.packs().find(|p| p.name == f.pack);
    let rule = pack.and_then(|p| p.checklists.iter().find_map(|c| c.finding(&f.rule)));
    match rule {
        Some(rule) if rule.text.zh == f.words => rule.text.get(o.lang).to_owned(),
        _ => f.words.clone(),
    }
}

fn line(o: &Officer, f: finding::Model) -> Line {
    Line {
        id: f.id,
        words: words(o, &f),
        about: f.about_name,
        severity: Severity::of_rank(f.severity).as_str(),
        town: f.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
        owner: f.owner_name,
        overdue: f.state == "open" && f.due < o.app.clock.today().0,
        due: f.due.to_string(),
        state: f.state,
        nth: f.nth,
        level: f.level,
    }
}

#[derive(Template)]
#[template(path = "finding/list.html")]
struct ListPage {
    shell: Shell,
    query: ListQuery,
    towns: Vec<(String, String)>,
    lines: Vec<Line>,
    next: String,
}

fn towns(o: &Officer) -> Vec<(String, String)> {
    o.app.regions.towns(&o.county.0).map(|(c, n)| (c.to_owned(), n.to_owned())).collect()
}

async fn list(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let scope = (&o.county, &o.region);
    let found = store::list(&o.app.db, scope, &query.wanted(&o), behind(&query.after), PER_PAGE + 1).await?;
    let more = found.len() > usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let shown: Vec<finding::Model> =
        found.into_iter().take(usize::try_from(PER_PAGE).unwrap_or(100)).collect();
    let next = shown
        .last()
        .filter(|_| more)
        .map_or_else(String::new, |f| format!("/findings?{}&after={}_{}", query.address(), f.due, f.id));
    let lines = shown.into_iter().map(|f| line(&o, f)).collect();
    page(&ListPage { shell: o.shell("findings"), towns: towns(&o), query, lines, next })
}

async fn xlsx(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let t = o.shell("").t;
    let found = store::list(&o.app.db, (&o.county, &o.region), &query.wanted(&o), None, 100_000).await?;
    let heads = ["finding", "about", "severity", "town", "owner", "due", "state", "nth", "level"];
    let row = |f: finding::Model| {
        let l = line(&o, f);
        let (severity, state) =
            (t.s(format!("severity-{}", l.severity)), t.s(format!("finding-{}", l.state)));
        vec![
            l.words,
            l.about,
            severity,
            l.town,
            l.owner,
            l.due,
            state,
            l.nth.to_string(),
            l.level.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = found.into_iter().map(row).collect();
    download::xlsx("findings", &heads.map(|h| t.s(h)), &rows)
}

struct OwnerLine {
    name: String,
    open: i64,
    overdue: i64,
    to_verify: i64,
}

#[derive(Template)]
#[template(path = "finding/board.html")]
struct BoardPage {
    shell: Shell,
    open: i64,
    overdue: i64,
    to_verify: i64,
    ages: Vec<&'static str>,
    rows: Vec<(&'static str, [i64; 4])>,
    owners: Vec<OwnerLine>,
    map: Option<TownMap>,
    towns: Vec<(String, String, i64, i64)>,
}

async fn board(o: Officer) -> Result<Response, Problem> {
    let counts = store::counts(&o.app.db, &o.county, &o.region).await?;
    let board = Board::new(&counts, o.app.clock.today());
    let shell = o.shell("findings");
    let nobody = shell.t.s("no-owner");
    let mut owners: Vec<OwnerLine> = board
        .owners
        .iter()
        .map(|(name, s)| OwnerLine {
            name: if name.is_empty() { nobody.clone() } else { name.clone() },
            open: s.open,
            overdue: s.overdue,
            to_verify: s.to_verify,
        })
        .collect();
    owners.sort_by_key(|l| (-l.overdue, -l.open));
    owners.truncate(50);
    let of_town = |code: &str| board.towns.get(code).cloned().unwrap_or_default();
    let towns: Vec<(String, String, i64, i64)> = towns(&o)
        .into_iter()
        .map(|(code, name)| {
            let share = of_town(&code);
            (code, name, share.open, share.overdue)
        })
        .collect();
    let map = TownMap::new(
        &o.app.regions,
        &shell.t,
        towns.iter().map(|(code, name, open, _)| (code.as_str(), name.as_str(), *open)),
        |code| format!("/findings?town={code}"),
    );
    page(&BoardPage {
        open: board.all.open,
        overdue: board.all.overdue,
        to_verify: board.all.to_verify,
        ages: Age::ALL.map(Age::key).to_vec(),
        rows: Severity::ALL.iter().rev().map(|s| (s.as_str(), board.cells[*s as usize])).collect(),
        owners,
        map,
        towns,
        shell,
    })
}

struct StepLine {
    at: String,
    who: String,
    act: String,
    words: String,
    photos: Vec<String>,
}

#[derive(Template)]
#[template(path = "finding/show.html")]
struct ShowPage {
    shell: Shell,
    words: String,
    f: finding::Model,
    severity: &'static str,
    overdue: bool,
    unit: String,
    level_unit: String,
    steps: Vec<StepLine>,
    units: Vec<(UnitId, String)>,
    accounts: Vec<(AccountId, String)>,
    due: String,
    /// What must be settled: code, label, what is.
    plan: Vec<(String, String, String)>,
    letters: bool,
    /// Of how many other findings some of its photos, or nearly the same ones, are evidence.
    elsewhere: usize,
}

impl ShowPage {
    fn has_unit(&self, id: &UnitId) -> bool {
        self.f.unit_id == Some(*id)
    }

    fn has_owner(&self, id: &AccountId) -> bool {
        self.f.owner_id == Some(*id)
    }
}

async fn show(o: Officer, Path(id): Path<FindingId>) -> Result<Response, Problem> {
    let f = store::by_id(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let units = unit::list(&o.app.db, &o.county).await?;
    let name = |id: Option<UnitId>| {
        units.iter().find(|u| Some(u.id) == id).map_or_else(String::new, |u| u.name.clone())
    };
    let steps = store::steps(&o.app.db, &o.county, id).await?.into_iter().map(|s| StepLine {
        at: shown(s.at),
        who: s.actor_name,
        act: s.act,
        words: s.words,
        photos: serde_json::from_str(&s.photos).unwrap_or_default(),
    });
    let steps: Vec<StepLine> = steps.collect();
    let own: Vec<String> = steps.iter().flat_map(|s| &s.photos).cloned().collect();
    let alike =
        if own.is_empty() { BTreeMap::new() } else { photo::alike(&o.app.db, &o.county, &own).await? };
    let alike: BTreeSet<&String> = alike.values().flatten().collect();
    let elsewhere = store::with_photos(&o.app.db, &o.county, alike, id).await?;
    let accounts = account::workers(&o.app.db, &o.county).await?;
    let today = o.app.clock.today();
    page(&ShowPage {
        elsewhere,
        shell: o.shell("findings"),
        severity: Severity::of_rank(f.severity).as_str(),
        overdue: f.state == "open" && f.due < today.0,
        unit: name(f.unit_id),
        level_unit: name(f.level_unit_id),
        steps,
        units: units.iter().filter(|u| u.dissolved_on.is_none()).map(|u| (u.id, u.name.clone())).collect(),
        accounts: accounts.into_iter().map(|a| (a.id, a.name)).collect(),
        due: today.plus_days(7).to_string(),
        plan: plan(&o, &f),
        letters: o.app.packs().any(|p| !p.letters.is_empty()),
        words: words(&o, &f),
        f,
    })
}

fn plan(o: &Officer, f: &finding::Model) -> Vec<(String, String, String)> {
    let settled = settle::settled(f);
    let fields = settle::wanted(&o.app, f).into_iter().flat_map(|r| &r.fields);
    let line = |s: &zhida_pack::Settled| {
        let text = settled.get(&s.code).cloned().unwrap_or_default();
        (s.code.clone(), s.label.get(o.lang).to_owned(), text)
    };
    fields.map(line).collect()
}

fn wanted_act(form: &Upload, accounts: &[account::Account]) -> Result<Act, Problem> {
    let owner = || -> Option<(AccountId, String)> {
        let id: AccountId = form.one("owner").parse().ok()?;
        accounts.iter().find(|a| a.id == id).map(|a| (a.id, a.name.clone()))
    };
    Ok(match form.one("act") {
        "assign" => {
            let owner = owner();
            let unit = form.one("unit").parse::<UnitId>().ok();
            let unit = unit.or_else(|| {
                accounts.iter().find(|a| Some(a.id) == owner.as_ref().map(|o| o.0)).map(|a| a.unit)
            });
            Act::Assign {
                unit: unit.ok_or_else(|| Problem::field("unit", "fault-none-chosen", ""))?,
                owner,
                due: day("due", form.one("due"))?,
            }
        }
        "fix" => Act::Fix,
        "verify" => Act::Verify,
        "reopen" => Act::Reopen { due: day("due", form.one("due"))? },
        "hand-over" => Act::HandOver,
        other => return Err(Problem::field("act", "fault-form", other)),
    })
}

async fn step(o: Officer, Path(id): Path<FindingId>, form: Upload) -> Result<Response, Problem> {
    let now = store::by_id(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    if form.one("version") != now.version.to_string() {
        return Err(Problem::Conflict("fault-changed"));
    }
    let wanted = wanted_act(&form, &account::workers(&o.app.db, &o.county).await?)?;
    if let Act::Assign { unit, .. } = &wanted {
        unit::find(&o.app.db, &o.county, *unit).await?.ok_or(Problem::NotFound)?;
    }
    if wanted == Act::Fix {
        settle::check(&o.app, &now)?;
    }
    let mut write = o.write().await?;
    let photos = photos(&o, &mut write, &form).await?;
    let by = By { account: o.id, unit: o.unit, supervisor: o.role >= Role::Supervisor };
    act(&mut write, &now, &wanted, by, form.one("words"), &photos).await?;
    write.commit().await?;
    Ok(to(&format!("/findings/{id}"), "saved"))
}

/// Keeps the photos of a form, and those that a phone sent before; answers their hashes.
async fn photos(
    o: &Officer,
    write: &mut crate::journal::Write,
    form: &Upload,
) -> Result<Vec<String>, Problem> {
    let sent = form.pairs.iter().filter(|(name, value)| name == "photos" && !value.is_empty());
    let mut hashes: Vec<String> = sent.map(|(_, hash)| hash.clone()).collect();
    for file in form.files.iter().filter(|f| f.field == "photos") {
        hashes.push(photo::keep(&o.app, write, file.bytes.to_vec()).await?);
    }
    hashes.sort();
    hashes.dedup();
    Ok(hashes)
}

#[derive(Template)]
#[template(path = "finding/new.html")]
struct NewPage {
    shell: Shell,
    places: Vec<(PlaceId, String)>,
    accounts: Vec<(AccountId, String)>,
    severities: Vec<&'static str>,
    due: String,
}

async fn blank(o: Officer) -> Result<Response, Problem> {
    let places = place::of_kind(&o.app.db, &o.county, &o.region, &[]).await?;
    let accounts = account::workers(&o.app.db, &o.county).await?;
    page(&NewPage {
        shell: o.shell("findings"),
        places: places.into_iter().map(|p| (p.id, p.name)).collect(),
        accounts: accounts.into_iter().map(|a| (a.id, a.name)).collect(),
        severities: Severity::ALL.map(Severity::as_str).to_vec(),
        due: o.app.clock.today().plus_days(7).to_string(),
    })
}

/// `POST /findings`: one that somebody saw, without a checklist.
async fn create(o: Officer, form: Upload) -> Result<Response, Problem> {
    let place: PlaceId = chosen("place", form.one("place"))?;
    let place = place::find(&o.app.db, &o.county, &o.region, place).await?.ok_or(Problem::NotFound)?;
    let words = form.one("words").trim();
    if words.is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let severity = Severity::ALL.into_iter().find(|s| s.as_str() == form.one("severity"));
    let severity = severity.ok_or_else(|| Problem::field("severity", "fault-value", form.one("severity")))?;
    let accounts = account::workers(&o.app.db, &o.county).await?;
    let owner = form.one("owner").parse::<AccountId>().ok();
    let owner = accounts.iter().find(|a| Some(a.id) == owner);
    let due = day("due", form.one("due"))?;
    let mut write = o.write().await?;
    let photos = photos(&o, &mut write, &form).await?;
    let new = NewFinding {
        review: None,
        pack: String::new(),
        rule: String::new(),
        words: words.to_owned(),
        severity,
        unit: Some(owner.map_or(o.unit, |a| a.unit)),
        owner: owner.map(|a| (a.id, a.name.clone())),
        due,
        escalate_days: 3,
        photos,
        about: About {
            kind: "place".to_owned(),
            id: place.id.to_string(),
            position: place.lon.zip(place.lat),
            name: place.name,
            town: place.town,
        },
    };
    let ids = raise(&mut write, vec![new]).await?;
    write.commit().await?;
    let path = ids.first().map_or_else(|| "/findings".to_owned(), |id| format!("/findings/{id}"));
    Ok(to(&path, "saved"))
}
