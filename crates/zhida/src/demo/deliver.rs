//! The demonstration's places, findings, goods, money and promises: made through the very acts behind the pages.

use anyhow::Context as _;
use serde::Deserialize;
use zhida_pack::Severity;
use zhida_rules::Lang;
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::LOGINS;
use super::parties::RegisterFile;
use crate::account::{self, Account, NewAccount, Role};
use crate::app::App;
use crate::commitment::{self, NewCommitment, Part};
use crate::finding::{self, About, NewFinding};
use crate::ids::{CommitmentId, CountyId, PlaceId};
use crate::journal::{Actor, Write};
use crate::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
use crate::place::{self, NewPlace};
use crate::problem::Problem;
use crate::tour::{self, NewEncounter, NewTour, Way};
use crate::{check, supply, unit};

#[derive(Clone, Deserialize)]
struct PlaceLine {
    kind: String,
    name: String,
    town: String,
    address: String,
}

#[derive(Deserialize)]
struct FindingLine {
    place: String,
    #[serde(default)]
    rule: String,
    words: String,
    severity: Severity,
    due: i64,
    owner: String,
}

/// Goods that came in, and what was given of them.
#[derive(Deserialize)]
struct Stock {
    warehouse: PlaceLine,
    source: String,
    receive: Vec<(String, String, i64)>,
    #[serde(default)]
    give: Vec<(String, String, i64)>,
}

/// Money in yuan that came in, and the lines that it was allotted to.
#[derive(Deserialize)]
struct Funds {
    source: String,
    fund: String,
    money: i64,
    allot: Vec<(String, i64)>,
    /// Paid out of the first line.
    #[serde(default)]
    pay: Vec<i64>,
}

#[derive(Deserialize)]
struct UnitLine {
    region: String,
    name: String,
    login: String,
}

#[derive(Deserialize)]
struct CommitmentLine {
    no: String,
    title: String,
    value: i64,
    unit: String,
    comparator: Comparator,
    counting: String,
    #[serde(default)]
    evidence: String,
    source: String,
    lead: String,
    #[serde(default)]
    co: String,
    #[serde(default)]
    indicator: String,
    curve: Vec<(String, i64)>,
    #[serde(default)]
    milestones: Vec<(String, String)>,
    #[serde(default)]
    parts: Vec<(String, i64)>,
    #[serde(default)]
    county_parts: Vec<(String, i64)>,
    #[serde(default)]
    persons: Vec<(String, i64)>,
    #[serde(default)]
    done: Vec<(String, i64)>,
    /// Whether the county owes it, not the province.
    #[serde(default)]
    county: bool,
}

/// A tour that was made.
#[derive(Deserialize)]
struct TourLine {
    kind: String,
    days_ago: i64,
    crew: i64,
    vehicles: i64,
    #[serde(default)]
    met: Vec<MetLine>,
}

/// Whom it met.
#[derive(Deserialize)]
struct MetLine {
    outcome: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    persons: Option<i64>,
    #[serde(default)]
    words: String,
    #[serde(default)]
    item: String,
    #[serde(default)]
    given: i64,
}

/// A list of the pack that is taken over, and what was done of its items.
#[derive(Deserialize)]
struct ListLine {
    list: String,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    done: Vec<(String, i64)>,
}

/// What a pack's `demo.toml` may hold beside the words of its people.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DemoFile {
    /// Files of invented parties.
    pub(super) registers: Vec<RegisterFile>,
    places: Vec<PlaceLine>,
    checklist: String,
    findings: Vec<FindingLine>,
    stock: Option<Stock>,
    funds: Option<Funds>,
    province: String,
    city: String,
    units: Vec<UnitLine>,
    commitments: Vec<CommitmentLine>,
    lists: Vec<ListLine>,
    tours: Vec<TourLine>,
    /// Invented places of the pack's network.
    network: Option<super::network::Places>,
}

/// The demonstration of every pack that has one, with the pack's name.
pub(super) fn files(app: &App) -> Result<Vec<(String, DemoFile)>, Problem> {
    let files = app.packs().filter_map(|p| p.file("demo.toml").map(|text| (p.name.clone(), text)));
    let read = |(name, text): (String, &str)| -> Result<(String, DemoFile), Problem> {
        let file = toml::from_str(text).with_context(|| format!("{name}/demo.toml"))?;
        Ok((name, file))
    };
    files.map(read).collect()
}

/// What the demonstration is about: the county, its people, and where everything is written.
struct Stage<'a> {
    app: &'a App,
    county: CountyId,
    accounts: Vec<Account>,
}

impl Stage<'_> {
    async fn write(&self, county: &CountyId) -> Result<Write, Problem> {
        Ok(Write::begin(&self.app.db, county, &Actor::system(), self.app.clock.now()).await?)
    }

    fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.login == login)
    }

    fn place(&self, line: &PlaceLine) -> NewPlace {
        let town = self.app.regions.town_of(&self.county.0, &line.town).map(str::to_owned);
        NewPlace {
            kind: line.kind.clone(),
            name: line.name.clone(),
            address: line.address.clone(),
            position: town.as_deref().and_then(|t| self.app.regions.seat(t)),
            town,
            state: "open".to_owned(),
            listing: None,
            import: None,
            origin: "synthetic".to_owned(),
        }
    }
}

/// Loads what is delivered, checked and promised, once.
///
/// # Errors
/// Files that cannot be read, or the database's.
pub(super) async fn deliver(app: &App, county: &CountyId) -> Result<bool, Problem> {
    let region = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
    if !place::of_kind(&app.db, county, &region, &[]).await?.is_empty() {
        return Ok(false);
    }
    let accounts = account::list(&app.db, county).await?;
    let stage = Stage { app, county: county.clone(), accounts };
    let files = files(app)?;
    for (_, file) in &files {
        offices(&stage, file).await?;
    }
    for (pack, file) in files {
        promised(&stage, &pack, &file).await?;
        listed(&stage, &pack, &file).await?;
        if let Some(stock) = &file.stock {
            stocked(&stage, stock).await?;
        }
        if let Some(funds) = &file.funds {
            funded(&stage, funds).await?;
        }
        checked(&stage, &pack, &file).await?;
        toured(&stage, &file).await?;
        if let (Some(spec), Some(kind)) = (&file.network, kind_of_network(app, &pack)) {
            super::network::places(app, county, kind, spec).await?;
            super::network::demand(app, county, kind, spec).await?;
            if let Some(pack) = app.packs().find(|p| p.name == pack) {
                super::network::running(app, county, pack, spec).await?;
            }
        }
    }
    commitment::refresh(app).await?;
    crate::runners::watch_once(app).await?;
    Ok(true)
}

fn kind_of_network<'a>(app: &'a App, pack: &str) -> Option<&'a str> {
    app.packs().find(|p| p.name == pack)?.network.as_ref().map(|n| n.kind.as_str())
}

/// Makes the places of the networks in all counties of a province. Answers how many.
///
/// # Errors
/// Files that cannot be read, or the database's.
pub async fn network_of_province(app: &App, digits: &str) -> Result<usize, Problem> {
    let mut made = 0;
    for (pack, file) in files(app)? {
        if let (Some(spec), Some(kind)) = (&file.network, kind_of_network(app, &pack)) {
            made += super::network::province(app, kind, spec, digits).await?;
        }
    }
    Ok(made)
}

async fn checked(stage: &Stage<'_>, pack: &str, file: &DemoFile) -> Result<(), Problem> {
    if file.places.is_empty() {
        return Ok(());
    }
    let today = stage.app.clock.today();
    let mut write = stage.write(&stage.county).await?;
    let places: Vec<NewPlace> = file.places.iter().map(|p| stage.place(p)).collect();
    let ids = place::create(&mut write, places.clone()).await?;
    let about = |(id, p): (&PlaceId, &NewPlace)| About {
        kind: "place".to_owned(),
        id: id.to_string(),
        name: p.name.clone(),
        town: p.town.clone(),
        position: p.position,
    };
    let abouts: Vec<About> = ids.iter().zip(&places).map(about).collect();
    let owner = stage.app.packs().find(|p| p.name == pack);
    if let Some((pack, list)) = owner.and_then(|p| Some((p, p.checklist(&file.checklist)?)))
        && let Some(officer) = stage.account("officer")
    {
        let reviews = abouts
            .iter()
            .take(3)
            .map(|about| check::NewReview { about: about.clone(), reviewers: vec![officer.clone()] });
        check::plan(&mut write, (&pack.name, list), reviews.collect(), today.plus_days(7), None).await?;
    }
    let new = file.findings.iter().filter_map(|f| {
        let owner = stage.account(&f.owner);
        Some(NewFinding {
            review: None,
            pack: pack.to_owned(),
            rule: f.rule.clone(),
            words: f.words.clone(),
            severity: f.severity,
            about: abouts.iter().find(|a| a.name == f.place)?.clone(),
            unit: stage.accounts.first().map(|a| a.unit),
            owner: owner.map(|a| (a.id, a.name.clone())),
            due: today.plus_days(f.due),
            escalate_days: 2,
            photos: Vec::new(),
        })
    });
    finding::raise(&mut write, new.collect()).await?;
    write.commit().await?;
    Ok(())
}

fn entry(day: Day, act: &'static str, moves: Vec<Move>, to: &str) -> NewEntry {
    let receipt = if to.is_empty() {
        Receipt::default()
    } else {
        Receipt { kind: "signature".to_owned(), value: to.to_owned() }
    };
    NewEntry { day, act, words: String::new(), party: None, party_name: to.to_owned(), receipt, moves }
}

async fn stocked(stage: &Stage<'_>, file: &Stock) -> Result<(), Problem> {
    let day = stage.app.clock.today();
    let mut write = stage.write(&stage.county).await?;
    let warehouse = stage.place(&file.warehouse);
    let place = place::create(&mut write, vec![warehouse.clone()]).await?;
    let place = place.first().context("no warehouse was made")?.to_string();
    let source = ledger::holder(&write, Kind::Source, &file.source, &file.source, None).await?;
    let stock =
        ledger::holder(&write, Kind::Stock, &place, &warehouse.name, warehouse.town.as_deref()).await?;
    let given = supply::spot(&write, stage.app, Kind::Given).await?;
    let goods = |from, to, (item, batch, n): &(String, String, i64)| Move {
        from,
        to,
        item: item.clone(),
        batch: batch.clone(),
        amount: n * 1_000,
    };
    let received = file.receive.iter().map(|r| goods(source, stock, r)).collect();
    let mut entries = vec![entry(day.plus_days(-40), "receive", received, "")];
    // Receivers of the demonstration are people on its register, in the order of the register.
    let snapshot = stage.app.snapshot(&stage.county, "").await?;
    let mut people = snapshot.people.iter();
    for (n, gift) in (0..).zip(&file.give) {
        let Some(person) = people.next() else { break };
        let mut one =
            entry(day.plus_days(-30 + n * 5), "give", vec![goods(stock, given, gift)], &person.name);
        one.party = Some(person.id);
        entries.push(one);
    }
    ledger::post(&mut write, entries).await?;
    write.commit().await?;
    Ok(())
}

async fn funded(stage: &Stage<'_>, file: &Funds) -> Result<(), Problem> {
    let day = stage.app.clock.today();
    let mut write = stage.write(&stage.county).await?;
    let source = ledger::holder(&write, Kind::Source, &file.source, &file.source, None).await?;
    let fund = ledger::holder(&write, Kind::Fund, &file.fund, &file.fund, None).await?;
    let given = supply::spot(&write, stage.app, Kind::Given).await?;
    let money = |from, to, yuan: i64| Move {
        from,
        to,
        item: MONEY.to_owned(),
        batch: String::new(),
        amount: yuan * 100,
    };
    let mut entries = vec![entry(day.plus_days(-40), "fund", vec![money(source, fund, file.money)], "")];
    let lines: Vec<_> = stage.app.packs().flat_map(|p| &p.goods.budget).collect();
    let mut first = None;
    for (code, yuan) in &file.allot {
        let name = lines.iter().find(|l| l.code == *code).map_or(code.as_str(), |l| l.label.zh.as_str());
        let line = ledger::holder(&write, Kind::Budget, code, name, None).await?;
        first.get_or_insert(line);
        entries.push(entry(day.plus_days(-38), "allot", vec![money(fund, line, *yuan)], ""));
    }
    // The last of the register, whom no gift reached.
    let snapshot = stage.app.snapshot(&stage.county, "").await?;
    let mut people = snapshot.people.iter().rev();
    for yuan in &file.pay {
        let (Some(person), Some(line)) = (people.next(), first) else { break };
        let mut one = entry(day.plus_days(-9), "pay", vec![money(line, given, *yuan)], &person.name);
        one.party = Some(person.id);
        entries.push(one);
    }
    ledger::post(&mut write, entries).await?;
    write.commit().await?;
    Ok(())
}

/// Tours of the last days, round the places of their kind, and whom they met.
async fn toured(stage: &Stage<'_>, file: &DemoFile) -> Result<(), Problem> {
    let Some(lead) = stage.account("officer") else { return Ok(()) };
    let today = stage.app.clock.today();
    let region = RegionCode::parse(&stage.county.0).map_err(anyhow::Error::from)?;
    let mut write = stage.write(&stage.county).await?;
    let mut posted = false;
    for line in &file.tours {
        let kinds = stage.app.packs().flat_map(|p| &p.tours);
        let kind = kinds.into_iter().find(|k| k.code == line.kind).context("a kind of tour")?;
        let places = place::of_kind(write.tx(), &stage.county, &region, &kind.places).await?;
        let stops = (0..places.len()).map(|at| (at, String::new())).collect();
        let new = NewTour {
            kind: line.kind.clone(),
            title: kind.label.zh.clone(),
            town: None,
            day: today.plus_days(-line.days_ago),
            times: ("20:00".to_owned(), "23:00".to_owned()),
            unit: lead.unit,
            lead: (lead.id, lead.name.clone()),
            crew: line.crew,
            crew_names: String::new(),
            vehicles: line.vehicles,
            way: Way { stops, metres: 0 },
            places,
            state: "back",
        };
        let ids = tour::save(stage.app, &mut write, vec![new]).await?;
        let id = *ids.first().context("a tour was saved")?;
        let now = tour::find(write.tx(), (&stage.county, &region), id).await?.ok_or(Problem::NotFound)?;
        for met in &line.met {
            let given = if met.given > 0 {
                let hand = ledger::holder(&write, Kind::Hand, &lead.id.to_string(), &lead.name, None).await?;
                let source = ledger::holder(&write, Kind::Source, "demo", "demo", None).await?;
                let goods = Move {
                    from: source,
                    to: hand,
                    item: met.item.clone(),
                    batch: String::new(),
                    amount: met.given * 1_000,
                };
                ledger::post(&mut write, vec![entry(today, "receive", vec![goods], "")]).await?;
                Some((hand, met.item.clone(), String::new(), met.given * 1_000))
            } else {
                None
            };
            let new = NewEncounter {
                name: met.name.clone(),
                outcome: met.outcome.clone(),
                persons: met.persons.unwrap_or(1),
                words: met.words.clone(),
                given,
                ..NewEncounter::default()
            };
            tour::meet(stage.app, &mut write, &now, new).await?;
        }
        posted = true;
    }
    if posted {
        write.commit().await?;
    }
    Ok(())
}

/// The offices above the county, with a login each.
async fn offices(stage: &Stage<'_>, file: &DemoFile) -> Result<(), Problem> {
    for line in &file.units {
        let region = RegionCode::parse(&line.region).map_err(anyhow::Error::from)?;
        let county = CountyId::owning(&region);
        if unit::first(&stage.app.db, &county).await?.is_some() {
            continue;
        }
        let mut write = stage.write(&county).await?;
        let unit = unit::create(&mut write, &line.name, &region, None).await?;
        let Some(login) = LOGINS.iter().find(|l| l.login == line.login) else { continue };
        let new = NewAccount {
            unit,
            login: login.login.to_owned(),
            name: line.name.clone(),
            role: Role::Supervisor,
            region,
            password_hash: account::hash_password(login.password)?,
        };
        account::create(&mut write, new).await?;
        write.commit().await?;
    }
    Ok(())
}

/// The same calendar day of this year: `11-15`.
fn this_year(app: &App, text: &str) -> Result<Day, Problem> {
    let year = zhida_types::Period::year_of(app.clock.today());
    Ok(Day::parse(&format!("{year}-{text}")).map_err(anyhow::Error::from)?)
}

fn promise(
    stage: &Stage<'_>,
    pack: &str,
    line: &CommitmentLine,
    region: &RegionCode,
) -> Result<NewCommitment, Problem> {
    let app = stage.app;
    let year = zhida_types::Period::year_of(app.clock.today());
    let mut curve = Vec::new();
    for (day, percent) in &line.curve {
        curve.push((this_year(app, day)?, *percent));
    }
    let mut milestones = Vec::new();
    for (day, title) in &line.milestones {
        milestones.push((title.clone(), this_year(app, day)?));
    }
    let co = line.co.split('、').filter(|n| !n.is_empty()).map(|n| ("co".to_owned(), None, n.to_owned()));
    Ok(NewCommitment {
        pack: pack.to_owned(),
        list: String::new(),
        code: String::new(),
        no: line.no.clone(),
        title: line.title.clone(),
        source: line.source.clone(),
        counting: line.counting.clone(),
        evidence: line.evidence.clone(),
        parent: None,
        rolled_from: None,
        region: region.clone(),
        unit: None,
        person: None,
        comparator: line.comparator,
        force: Force::Binding,
        value: (Quantity(line.value * 1_000), line.unit.clone()),
        value2: None,
        days: (year.first(), year.last()),
        indicator: line.indicator.clone(),
        curve,
        duties: std::iter::once(("lead".to_owned(), None, line.lead.clone())).chain(co).collect(),
        milestones,
    })
}

fn part(region: &str, value: i64) -> Result<Part, Problem> {
    Ok(Part {
        id: None,
        region: RegionCode::parse(region).map_err(anyhow::Error::from)?,
        unit: None,
        person: None,
        value: (Quantity(value * 1_000), None),
    })
}

async fn promised(stage: &Stage<'_>, pack: &str, file: &DemoFile) -> Result<(), Problem> {
    let app = stage.app;
    let actor = Actor { account: None, name: app.texts.get(Lang::Zh, "app-name", &[]) };
    for line in &file.commitments {
        let region = if line.county { &stage.county.0 } else { &file.province };
        let region = RegionCode::parse(region).map_err(anyhow::Error::from)?;
        let owner = CountyId::owning(&region);
        let mut write = stage.write(&owner).await?;
        let ids = commitment::create(&mut write, vec![promise(stage, pack, line, &region)?]).await?;
        write.commit().await?;
        let root = *ids.first().context("no commitment was made")?;
        divided(stage, file, line, (&owner, root), &actor).await?;
    }
    Ok(())
}

/// Takes over lists of the pack for the region that promised them.
async fn listed(stage: &Stage<'_>, pack: &str, file: &DemoFile) -> Result<(), Problem> {
    let app = stage.app;
    let today = app.clock.today();
    for line in &file.lists {
        let found = app.packs().find(|p| p.name == pack);
        let found = found.and_then(|p| Some((p, p.commitments.iter().find(|l| l.code == line.list)?)));
        let (pack, list) = found.context("a list of the pack")?;
        let owner = CountyId::owning(&RegionCode::parse(&list.region).map_err(anyhow::Error::from)?);
        let mut write = stage.write(&owner).await?;
        let unit = unit::first(write.tx(), &owner).await?.context("an office of the region")?;
        let ids = commitment::adopt(&mut write, (pack, list), unit.id, Lang::Zh).await?;
        write.commit().await?;
        let day = list.until.min(today);
        for (item, id) in list.items.iter().zip(ids) {
            let done = line.done.iter().find(|(code, _)| *code == item.code);
            if let Some((_, n)) = done {
                commitment::set_done(app, &owner, id, Quantity(n * 1_000), day).await?;
            }
            if line.closed {
                let region = RegionCode::parse(&list.region).map_err(anyhow::Error::from)?;
                let now = commitment::seen(&app.db, &owner, &region, id).await?.ok_or(Problem::NotFound)?;
                let mut write = stage.write(&owner).await?;
                commitment::close(&mut write, &now, &app.texts.get(Lang::Zh, "plan-over", &[])).await?;
                write.commit().await?;
            }
        }
    }
    Ok(())
}

/// Divides a promise down to the county's persons, and says what they have done.
async fn divided(
    stage: &Stage<'_>,
    file: &DemoFile,
    line: &CommitmentLine,
    (owner, root): (&CountyId, CommitmentId),
    actor: &Actor,
) -> Result<(), Problem> {
    let app = stage.app;
    let find = |county: CountyId, id| async move {
        let everywhere = RegionCode::parse(&file.province).map_err(anyhow::Error::from)?;
        commitment::seen(&app.db, &county, &everywhere, id).await?.ok_or(Problem::NotFound)
    };
    let mut now = find(owner.clone(), root).await?;
    let levels = [(&file.city, &line.parts), (&stage.county.0, &line.county_parts)];
    for (next, parts) in levels.into_iter().filter(|(_, parts)| !parts.is_empty()) {
        let new = parts.iter().map(|(r, n)| part(r, *n)).collect::<Result<Vec<_>, _>>()?;
        commitment::divide(app, actor, &now, new, "").await?;
        let below = commitment::parts_of(&app.db, now.id).await?;
        now = below.into_iter().find(|c| c.region == **next).ok_or(Problem::NotFound)?;
    }
    if !line.persons.is_empty() {
        let person = |(login, n): &(String, i64)| {
            let account = stage.account(login).ok_or(Problem::NotFound)?;
            let named = Some((account.id, account.name.clone()));
            Ok(Part { person: named, unit: Some(account.unit), ..part(&stage.county.0, *n)? })
        };
        let new = line.persons.iter().map(person).collect::<Result<Vec<Part>, Problem>>()?;
        commitment::divide(app, actor, &now, new, "").await?;
    }
    let leaves = commitment::parts_of(&app.db, now.id).await?;
    // As it was months ago, some weeks ago, and lately.
    for (days, share) in [(-150, 1), (-75, 2), (-35, 3), (-6, 4)] {
        let day = app.clock.today().plus_days(days);
        for (login, n) in &line.done {
            let id = stage.account(login).map(|a| a.id);
            let leaf = leaves.iter().find(|c| c.person_id == id && id.is_some());
            let leaf = leaf.map_or(now.id, |c| c.id);
            let done = Quantity(n * share / 4 * 1_000);
            commitment::set_done(app, &stage.county, leaf, done, day).await?;
        }
        commitment::settle(app, day).await?;
    }
    Ok(())
}
