//! A story that a pack tells: counties, parties, tours and whom they met, played through the very acts behind the pages, so
//! that every figure is a sum of single entries.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use zhida_pack::StageKind;
use zhida_types::{Day, IdNumber, RegionCode};

use super::classes;
use crate::account::{self, NewAccount, Role};
use crate::app::App;
use crate::case::{self, Step};
use crate::clock::Clock;
use crate::ids::{AccountId, CountyId, UnitId};
use crate::journal::{Actor, Subject, Write};
use crate::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
use crate::party::{self, Identity, NewParty, Sheet};
use crate::problem::Problem;
use crate::tour::{self, NewEncounter, NewTour};
use crate::{commitment, measure, payment, unit};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    day: String,
    clause: String,
    tour: String,
    item: String,
    counties: Vec<County>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct County {
    code: String,
    parties: Vec<Parties>,
    tours: Vec<Tours>,
    met: Vec<Met>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parties {
    count: usize,
    facts: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tours {
    count: usize,
    crew: i64,
    vehicles: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Met {
    count: usize,
    outcome: String,
    #[serde(default)]
    given: i64,
}

/// What a story came to.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Told {
    /// Counties.
    pub counties: usize,
    /// Parties that were paid.
    pub paid: usize,
    /// Tours.
    pub tours: usize,
    /// Encounters.
    pub encounters: usize,
    /// Classes.
    pub classes: usize,
    /// People who began one.
    pub trained: usize,
    /// People whose work was verified.
    pub placed: usize,
}

/// The kinds of stories.
enum Tale {
    /// What is given by right, and tours.
    Given(Story),
    /// Classes.
    Taught(classes::Story),
}

fn read(app: &App, name: &str) -> anyhow::Result<Tale> {
    let path = format!("stories/{name}.toml");
    let text = app.packs().find_map(|p| p.file(&path));
    let text = text.with_context(|| format!("no pack tells a story `{name}`"))?;
    let table: toml::Table = toml::from_str(text).with_context(|| path.clone())?;
    Ok(if table.contains_key("classes") {
        Tale::Taught(toml::from_str(text).with_context(|| path)?)
    } else {
        Tale::Given(toml::from_str(text).with_context(|| path)?)
    })
}

/// The day on which a story plays.
///
/// # Errors
/// A story that no pack tells.
pub fn clock(app: &App, name: &str) -> anyhow::Result<Clock> {
    let day = match read(app, name)? {
        Tale::Given(story) => story.day,
        Tale::Taught(story) => story.day,
    };
    let day = Day::parse(&day)?;
    let noon = day.0.and_hms_opt(4, 0, 0).context("a day")?.and_utc();
    Ok(Clock::starting_at(noon))
}

struct Stage<'a> {
    app: &'a App,
    story: &'a Story,
    county: CountyId,
    region: RegionCode,
    unit: UnitId,
    officer: (AccountId, String),
    supervisor: (AccountId, String),
}

impl Stage<'_> {
    async fn write(&self, who: &(AccountId, String)) -> Result<Write, Problem> {
        let actor = Actor { account: Some(who.0), name: who.1.clone() };
        Ok(Write::begin(&self.app.db, &self.county, &actor, self.app.clock.now()).await?)
    }
}

/// Plays a story.
///
/// # Errors
/// A story that cannot be read, or whatever an act refuses.
pub async fn tell(app: &App, name: &str) -> Result<Told, Problem> {
    let story = match read(app, name)? {
        Tale::Given(story) => story,
        Tale::Taught(story) => return Box::pin(classes::tell(app, &story)).await,
    };
    let mut told = Told::default();
    let mut serial = 1;
    for county in &story.counties {
        let stage = stage(app, &story, &county.code).await?;
        told.paid += paid(&stage, county, &mut serial).await?;
        let (tours, encounters) = toured(&stage, county).await?;
        told.tours += tours;
        told.encounters += encounters;
        told.counties += 1;
    }
    commitment::refresh(app).await?;
    Ok(told)
}

/// An office with somebody who proposes and somebody who grants.
async fn stage<'a>(app: &'a App, story: &'a Story, code: &str) -> Result<Stage<'a>, Problem> {
    let county = CountyId(code.to_owned());
    let region = RegionCode::parse(code).map_err(anyhow::Error::from)?;
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await?;
    let name = app.texts.get(zhida_rules::Lang::Zh, "demo-unit", &[]);
    let unit = match unit::first(write.tx(), &county).await? {
        Some(unit) => unit.id,
        None => unit::create(&mut write, &name, &region, None).await?,
    };
    let mut people = Vec::new();
    for (login, role) in [("story-officer", Role::Officer), ("story-supervisor", Role::Supervisor)] {
        let name = app.texts.get(zhida_rules::Lang::Zh, role.key(), &[]);
        let new = NewAccount {
            unit,
            login: format!("{login}-{code}"),
            name: name.clone(),
            role,
            region: region.clone(),
            // Nobody knows it: these accounts act in the story alone.
            password_hash: account::hash_password(&crate::db::seal::token()?)?,
        };
        people.push((account::create(&mut write, new).await?, name));
    }
    write.commit().await?;
    let [officer, supervisor]: [(AccountId, String); 2] =
        people.try_into().map_err(|_two| anyhow::anyhow!("two accounts were made"))?;
    Ok(Stage { app, story, county, region, unit, officer, supervisor })
}

fn invented(stage: &Stage<'_>, serial: usize, facts: &BTreeMap<String, Value>) -> Result<NewParty, Problem> {
    let born = Day::parse("1950-01-01").map_err(anyhow::Error::from)?;
    let born = born.plus_days(i64::try_from(serial / 999).unwrap_or(0));
    let number = format!("{}{}{:03}", super::REGION, born.0.format("%Y%m%d"), serial % 999);
    let number = IdNumber::complete(&number).map_err(anyhow::Error::from)?;
    let name = format!("演示户{serial}");
    let mut values = facts.clone();
    let account = stage.app.programme(&stage.story.clause)?.0.uses.account.clone();
    if let Some(account) = account {
        values.insert(account, Value::from(format!("62000000{serial:010}")));
    }
    values.insert("id_number".to_owned(), Value::from(number.reveal()));
    let sheet = Sheet {
        source: "officer".to_owned(),
        purpose: String::new(),
        as_of: stage.app.clock.today(),
        import: None,
        values,
    };
    let identity = Identity::person(&name, Some(&number), None, None);
    Ok(NewParty { identity, sheet, town: None, place: None, origin: "synthetic".to_owned() })
}

/// Households are entered, proposed, granted by somebody else, paid in a batch, and the bank's answer is read.
async fn paid(stage: &Stage<'_>, county: &County, serial: &mut usize) -> Result<usize, Problem> {
    let app = stage.app;
    let clause = &stage.story.clause;
    let (register, programme) = app.programme(clause)?;
    let mut new = Vec::new();
    for group in &county.parties {
        for _ in 0..group.count {
            new.push(invented(stage, *serial, &group.facts)?);
            *serial += 1;
        }
    }
    let mut write = stage.write(&stage.officer).await?;
    party::create_many(app, &write, register.kind(), &new).await?;
    let made = serde_json::json!({ "parties": new.len() });
    write.note("parties-made", Subject::new("county", &stage.county), made).await?;
    write.commit().await?;
    let mut write = stage.write(&stage.officer).await?;
    measure::propose(app, &mut write, clause, &stage.region, "").await?;
    write.commit().await?;
    let of = |kind: StageKind| {
        let found = programme.first(kind).map(|s| s.code.as_str());
        found.ok_or(Problem::Conflict("fault-stage-order"))
    };
    let (applied, granted) = (of(StageKind::Applied)?, of(StageKind::Granted)?);
    let cases = case::at_stages(&app.db, &stage.county, clause, &[applied], 1_000_000).await?;
    let mut write = stage.write(&stage.supervisor).await?;
    case::steps(app, &mut write, &cases, &Step { to: granted, words: "" }).await?;
    write.commit().await?;
    let cases = case::at_stages(&app.db, &stage.county, clause, &[granted], 1_000_000).await?;
    let total: i64 = cases.iter().filter_map(|c| c.amount).sum();
    funded(stage, programme.gives.as_ref().and_then(|g| g.fund.as_deref()).unwrap_or_default(), total)
        .await?;
    let mut write = stage.write(&stage.officer).await?;
    let (batch, _) = payment::prepare(app, &mut write, clause, "").await?;
    write.commit().await?;
    let now = payment::find(&app.db, &stage.county, batch).await?.ok_or(Problem::NotFound)?;
    let mut write = stage.write(&stage.supervisor).await?;
    payment::check(app, &mut write, &now).await?;
    write.commit().await?;
    let now = payment::find(&app.db, &stage.county, batch).await?.ok_or(Problem::NotFound)?;
    let mut write = stage.write(&stage.officer).await?;
    payment::send(&mut write, &now).await?;
    let now = payment::find(write.tx(), &stage.county, batch).await?.ok_or(Problem::NotFound)?;
    let lines = payment::all_paid(write.tx(), &now).await?;
    let outcome = payment::take(app, &mut write, &now, &lines).await?;
    write.commit().await?;
    Ok(outcome.paid)
}

fn entry(day: Day, act: &'static str, moves: Vec<Move>) -> NewEntry {
    let (words, party_name) = (String::new(), String::new());
    NewEntry { day, act, words, party: None, party_name, receipt: Receipt::default(), moves }
}

/// Money comes in and is allotted to the line that pays.
async fn funded(stage: &Stage<'_>, line: &str, fen: i64) -> Result<(), Problem> {
    let mut write = stage.write(&stage.supervisor).await?;
    let found = stage.app.packs().flat_map(|p| &p.goods.budget).find(|b| b.code == line);
    let label = found.map_or(line, |b| b.label.zh.as_str());
    let source = ledger::holder(&write, Kind::Source, "story", "story", None).await?;
    let fund = ledger::holder(&write, Kind::Fund, "story", "story", None).await?;
    let budget = ledger::holder(&write, Kind::Budget, line, label, None).await?;
    let day = stage.app.clock.today();
    let money = |from, to| Move { from, to, item: MONEY.to_owned(), batch: String::new(), amount: fen };
    let entries =
        vec![entry(day, "fund", vec![money(source, fund)]), entry(day, "allot", vec![money(fund, budget)])];
    ledger::post(&mut write, entries).await?;
    Ok(write.commit().await?)
}

/// Tours that went out and came back, and whom they met, with what was given from the lead's hand.
async fn toured(stage: &Stage<'_>, county: &County) -> Result<(usize, usize), Problem> {
    let (app, day) = (stage.app, stage.app.clock.today());
    let mut write = stage.write(&stage.officer).await?;
    let mut tours = Vec::new();
    for group in &county.tours {
        for _ in 0..group.count {
            tours.push(NewTour {
                kind: stage.story.tour.clone(),
                title: String::new(),
                town: None,
                day,
                times: ("20:00".to_owned(), "23:00".to_owned()),
                unit: stage.unit,
                lead: stage.officer.clone(),
                crew: group.crew,
                crew_names: String::new(),
                vehicles: group.vehicles,
                way: tour::Way::default(),
                places: Vec::new(),
                state: "back",
            });
        }
    }
    let made = tours.len();
    let ids = tour::save(app, &mut write, tours).await?;
    let items: i64 = county.met.iter().map(|m| m.given * i64::try_from(m.count).unwrap_or(0)).sum();
    let hand =
        ledger::holder(&write, Kind::Hand, &stage.officer.0.to_string(), &stage.officer.1, None).await?;
    if items > 0 {
        let source = ledger::holder(&write, Kind::Source, "story", "story", None).await?;
        let item = stage.story.item.clone();
        let coats = Move { from: source, to: hand, item, batch: String::new(), amount: items * 1_000 };
        ledger::post(&mut write, vec![entry(day, "receive", vec![coats])]).await?;
    }
    let mut met = 0;
    for group in &county.met {
        for n in 0..group.count {
            let Some(id) = ids.get(n % ids.len().max(1)) else { continue };
            let scope = (&stage.county, &stage.region);
            let now = tour::find(write.tx(), scope, *id).await?.ok_or(Problem::NotFound)?;
            let given = (group.given > 0)
                .then(|| (hand, stage.story.item.clone(), String::new(), group.given * 1_000));
            let new =
                NewEncounter { outcome: group.outcome.clone(), persons: 1, given, ..NewEncounter::default() };
            tour::meet(app, &mut write, &now, new).await?;
            met += 1;
        }
    }
    write.commit().await?;
    Ok((made, met))
}
