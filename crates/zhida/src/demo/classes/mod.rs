//! A story of classes: providers that are chosen, classes that are taught, work that is found, over years, played through the very acts
//! behind the pages, each at its own time, so that every figure is counted from single cases. One provider is dishonest.

mod course;

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use zhida_pack::{Answer, Checklist, QuestionKind};
use zhida_types::{Comparator, CreditCode, Day, Fen, Force, IdNumber, Quantity};

use self::course::One;
use super::story::Told;
use crate::account::{self, Account, NewAccount, Role};
use crate::app::App;
use crate::check::{self, Filled};
use crate::commitment::{self, NewCommitment};
use crate::ids::{ContractId, CountyId, PartyId, ProviderId, TenderId};
use crate::journal::{Actor, Subject, Write};
use crate::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
use crate::party::{self, Identity, NewParty, Sheet};
use crate::problem::Problem;
use crate::provider::{self, NewProvider};
use crate::result;
use crate::tender::{self, NewBid, NewContract, NewTender, Payee};
use crate::{subsidy, supply};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    pub(super) day: String,
    register: usize,
    classes: Classes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Classes {
    size: usize,
    lessons: i64,
    place: String,
    providers: Vec<School>,
    groups: Vec<Group>,
    #[serde(default)]
    targets: Vec<Promise>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Promise {
    programme: String,
    people: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct School {
    name: String,
    teachers: Vec<String>,
    #[serde(default)]
    dishonest: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    year: i32,
    programme: String,
    title: String,
    began: usize,
    placed: usize,
    #[serde(default)]
    employers: usize,
    evidence: String,
}

/// Whoever acts in the story.
struct Cast<'a> {
    app: &'a App,
    county: CountyId,
    accounts: Vec<Account>,
}

impl Cast<'_> {
    fn account(&self, login: &str) -> Result<&Account, Problem> {
        Ok(self.accounts.iter().find(|a| a.login == login).context("a login of the story")?)
    }

    async fn write(&self, login: &str, at: DateTime<Utc>) -> Result<Write, Problem> {
        let who = self.account(login)?;
        let actor = Actor { account: Some(who.id), name: who.name.clone() };
        Ok(Write::begin(&self.app.db, &self.county, &actor, at).await?)
    }
}

/// A time of China on a day.
fn at(day: NaiveDate, hour: i64) -> DateTime<Utc> {
    crate::clock::midnight(Day(day)) + Duration::hours(hour)
}

fn on(year: i32, month: u32, day: u32) -> Result<NaiveDate, Problem> {
    Ok(NaiveDate::from_ymd_opt(year, month, day).context("a day of the story")?)
}

/// Reviewers beside those whom the demonstration has: there have to be three.
const EXPERTS: [(&str, &str); 2] = [("expert-1", "专家一"), ("expert-2", "专家二")];

/// Plays the story.
pub(super) async fn tell(app: &App, story: &Story) -> Result<Told, Problem> {
    let county = CountyId(app.config.county.clone());
    let unit = super::load::office(app, &county, &Actor::system()).await?;
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await?;
    for (login, name) in EXPERTS {
        let new = NewAccount {
            unit,
            login: login.to_owned(),
            name: name.to_owned(),
            role: Role::Reviewer,
            region: zhida_types::RegionCode::parse(&county.0).map_err(anyhow::Error::from)?,
            // Nobody knows it: these accounts act in the story alone.
            password_hash: account::hash_password(&crate::db::seal::token()?)?,
        };
        account::create(&mut write, new).await?;
    }
    write.commit().await?;
    let accounts = account::list(&app.db, &county).await?;
    let cast = Cast { app, county, accounts };
    let people = register(&cast, story).await?;
    let schools = schools(&cast, story).await?;
    targets(&cast, story).await?;
    let (mut told, mut people) = (Told { counties: 1, ..Told::default() }, people.into_iter());
    let (mut called_for, mut contracts) = (None, Vec::new());
    for (number, group) in story.classes.groups.iter().enumerate() {
        if called_for != Some(group.year) {
            if let Some(year) = called_for {
                paid(&cast, year).await?;
            }
            // What the year before came to counts in this year's call.
            result::keep_records(app, &cast.county).await?;
            contracts = called(&cast, story, &schools, group.year).await?;
            called_for = Some(group.year);
        }
        let own: Vec<PartyId> = people.by_ref().take(group.began).collect();
        let (classes, placed) = taught(&cast, story, (&schools, &contracts), (number, group), &own).await?;
        told.classes += classes;
        told.trained += own.len();
        told.placed += placed;
    }
    if let Some(year) = called_for {
        paid(&cast, year).await?;
    }
    result::keep_records(app, &cast.county).await?;
    commitment::refresh(app).await?;
    Ok(told)
}

/// At the end of a year money comes in for what was checked, and everything that was is paid in one batch.
async fn paid(cast: &Cast<'_>, year: i32) -> Result<(), Problem> {
    let mut write = cast.write("admin", at(on(year, 12, 28)?, 9)).await?;
    let source = ledger::holder(&write, Kind::Source, "story", "story", None).await?;
    let line = supply::budget(cast.app, &write, &provider::terms(cast.app)?.fund).await?;
    let amount = subsidy::checked(write.tx(), &cast.county).await?;
    let entry = NewEntry {
        day: Day::at(write.at()),
        act: "allot",
        words: format!("{year} 年度培训补贴（演示）"),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves: vec![Move { from: source, to: line, item: MONEY.to_owned(), batch: String::new(), amount }],
    };
    ledger::post(&mut write, vec![entry]).await?;
    subsidy::pay(cast.app, &mut write).await?;
    Ok(write.commit().await?)
}

/// What the county promised that the programmes would come to within the years of the story.
async fn targets(cast: &Cast<'_>, story: &Story) -> Result<(), Problem> {
    let rules = provider::terms(cast.app)?;
    let (pack, _) = provider::rules(cast.app)?;
    let years = story.classes.groups.iter().map(|g| g.year);
    let (first, last) = years.clone().min().zip(years.max()).context("a year of the story")?;
    let region = zhida_types::RegionCode::parse(&cast.county.0).map_err(anyhow::Error::from)?;
    let mut new = Vec::new();
    for target in &story.classes.targets {
        let of = rules.outcome.targets.iter().find(|t| t.programme == target.programme);
        let indicator = &of.context("a target of the pack")?.indicator;
        let counted = cast.app.indicators().find(|(name, _)| name == indicator).context("an indicator")?.1;
        new.push(NewCommitment {
            pack: pack.name.clone(),
            list: String::new(),
            code: String::new(),
            no: String::new(),
            title: format!("{}（演示）", counted.title.zh),
            source: "演示目标".to_owned(),
            counting: counted.counting.zh.clone(),
            evidence: String::new(),
            parent: None,
            rolled_from: None,
            region: region.clone(),
            unit: None,
            person: None,
            comparator: Comparator::AtLeast,
            force: Force::Binding,
            value: (Quantity(target.people * 1_000), counted.unit.clone()),
            value2: None,
            days: (Day(on(first, 1, 1)?), Day(on(last, 12, 31)?)),
            indicator: indicator.clone(),
            curve: Vec::new(),
            duties: Vec::new(),
            milestones: Vec::new(),
        });
    }
    let mut write = cast.write("supervisor", at(on(first, 1, 5)?, 9)).await?;
    commitment::create(&mut write, new).await?;
    Ok(write.commit().await?)
}

/// The people of the register, in towns by turns. The last of those who begin in the second year's first group are past working age:
/// they are the dishonest provider's.
async fn register(cast: &Cast<'_>, story: &Story) -> Result<Vec<PartyId>, Problem> {
    let app = cast.app;
    let (pack, _) = provider::rules(app)?;
    let towns: Vec<String> = app.regions.towns(&cast.county.0).map(|(code, _)| code.to_owned()).collect();
    let old = dishonest(story);
    let mut new = Vec::new();
    for serial in 0..story.register {
        let born = if old.contains(&serial) { 1955 } else { 1970 + serial % 30 };
        let (month, day) = (1 + serial % 12, 1 + (serial / 12) % 28);
        let number =
            format!("{}{born}{month:02}{day:02}{:03}", crate::demo::REGION, serial / 336 * 30 + serial % 30);
        let number = IdNumber::complete(&number).map_err(anyhow::Error::from)?;
        let mut values = BTreeMap::from([
            ("wish".to_owned(), json!(["job", "training"])),
            ("id_number".to_owned(), Value::from(number.reveal())),
            ("birth_date".to_owned(), Value::from(format!("{born}-{month:02}-{day:02}"))),
            ("sex".to_owned(), Value::from(if serial.is_multiple_of(2) { "female" } else { "male" })),
        ]);
        let education =
            ["primary", "junior", "senior", "vocational"].get(serial % 4).copied().unwrap_or("junior");
        values.insert("education".to_owned(), Value::from(education));
        let entry = if serial % 3 == 0 { "changing" } else { "unemployed" };
        values.insert("entry".to_owned(), Value::from(entry));
        let sheet = Sheet {
            source: "officer".to_owned(),
            purpose: String::new(),
            as_of: Day(on(2022, 1, 10)?),
            import: None,
            values,
        };
        let identity = Identity::person(&format!("演示学员{}", serial + 1), Some(&number), None, None);
        let town = towns.get(serial % towns.len().max(1)).cloned();
        new.push(NewParty { identity, sheet, town, place: None, origin: "synthetic".to_owned() });
    }
    let mut write = cast.write("officer", at(on(2022, 1, 10)?, 9)).await?;
    let made = party::create_many(app, &write, pack.kind(), &new).await?;
    let detail = json!({ "parties": made.len() });
    write.note("parties-made", Subject::new("county", &cast.county), detail).await?;
    write.commit().await?;
    Ok(made)
}

/// The people of the class that is not one: the last of the first group of the last year.
fn dishonest(story: &Story) -> std::ops::Range<usize> {
    let last = story.classes.groups.iter().map(|g| g.year).max().unwrap_or_default();
    let mut before = 0;
    for group in &story.classes.groups {
        before += group.began;
        if group.year == last {
            break;
        }
    }
    before.saturating_sub(story.classes.size)..before
}

/// Providers with their papers and teachers. The dishonest one borrows the name of the first one's teacher.
async fn schools(cast: &Cast<'_>, story: &Story) -> Result<Vec<ProviderId>, Problem> {
    let rules = provider::terms(cast.app)?;
    let mut write = cast.write("officer", at(on(2022, 1, 12)?, 10)).await?;
    let mut ids = Vec::new();
    for (n, school) in story.classes.providers.iter().enumerate() {
        let code =
            CreditCode::complete(crate::demo::REGION, &format!("MA29{n:04}")).map_err(anyhow::Error::from)?;
        let new = NewProvider {
            code: code.as_str().to_owned(),
            name: school.name.clone(),
            contact: String::new(),
            phone: String::new(),
            words: String::new(),
            origin: "synthetic".to_owned(),
        };
        let id = provider::create(&mut write, &new).await?;
        for paper in rules.papers.iter().filter(|p| p.required) {
            // The dishonest one lets its permit run out after the second year.
            let until = if school.dishonest { on(2023, 12, 31)? } else { on(2027, 12, 31)? };
            let new = provider::NewPaper {
                kind: paper.code.clone(),
                number: format!("示例-{n}-{}", paper.code),
                expires: Some(Day(until)),
                photo: String::new(),
            };
            provider::add_paper(&mut write, id, &new).await?;
        }
        for (k, teacher) in school.teachers.iter().enumerate() {
            let certificate =
                if school.dishonest { "示例-0-0".to_owned() } else { format!("示例-{n}-{k}") };
            let until = Some(Day(on(2027, 12, 31)?));
            provider::add_teacher(&mut write, id, (teacher, &certificate, ""), until).await?;
        }
        ids.push(id);
    }
    write.commit().await?;
    Ok(ids)
}

/// Good answers to a checklist; poor ones where not.
fn answers(list: &Checklist, good: bool) -> BTreeMap<String, Answer> {
    let answer = |q: &zhida_pack::Question| {
        let answer = match q.kind {
            QuestionKind::YesNo => Answer::Yes(good),
            QuestionKind::Number => Answer::Number(if good { 95.0 } else { 10.0 }),
            QuestionKind::Choice => {
                let best = q.options.iter().max_by_key(|o| if good { o.score } else { -o.score });
                Answer::Text(best.map_or_else(String::new, |o| o.code.clone()))
            }
            _ => return None,
        };
        Some((q.code.clone(), answer))
    };
    list.questions().filter(|q| !q.optional).filter_map(answer).collect()
}

/// Everybody fills in what he is asked for.
async fn filled(cast: &Cast<'_>, list: &Checklist, when: DateTime<Utc>, good: bool) -> Result<(), Problem> {
    for who in &cast.accounts {
        for id in check::mine(&cast.app.db, &cast.county, who.id).await? {
            let filled = Filled { answers: answers(list, good), filled_at: when, sent_at: None };
            let mut write = cast.write(&who.login, when).await?;
            check::fill(cast.app, &mut write, (who.id, who.unit), id, &filled).await?;
            write.commit().await?;
        }
    }
    Ok(())
}

/// The year's call: all bid, reviewers are drawn, the ranking is public, somebody else decides.
async fn called(
    cast: &Cast<'_>,
    story: &Story,
    schools: &[ProviderId],
    year: i32,
) -> Result<Vec<Option<ContractId>>, Problem> {
    let (app, county) = (cast.app, &cast.county);
    let (pack, rules) = provider::rules(app)?;
    let list = pack.checklist(&rules.checklist).ok_or(Problem::NotFound)?;
    let begins = on(year, 1, 15)?;
    let seats = story.classes.groups.iter().filter(|g| g.year == year).map(|g| g.began).sum::<usize>();
    let seats = i64::try_from(seats).unwrap_or(i64::MAX);
    let first = story.classes.groups.iter().find(|g| g.year == year).context("a group of the year")?;
    let mut write = cast.write("supervisor", at(begins, 9)).await?;
    let new = NewTender {
        title: format!("{year} 年度技能培训承办单位"),
        programme: first.programme.clone(),
        need: format!("全年约 {seats} 人，适岗、定岗、创业三类，按班结算"),
        seats,
        budget: Fen(seats * 250_000),
        cap: Fen(250_000),
        closes: Day(begins + Duration::days(14)),
        origin: "synthetic".to_owned(),
    };
    let id = tender::open(app, &mut write, &new).await?;
    write.commit().await?;
    let found = async |write: &Write| -> Result<tender::Tender, Problem> {
        tender::find(write.tx(), county, id).await?.ok_or(Problem::NotFound)
    };
    let mut write = cast.write("officer", at(begins + Duration::days(7), 10)).await?;
    for (n, school) in schools.iter().enumerate() {
        let price = Fen(200_000 + 10_000 * i64::try_from(n).unwrap_or(0));
        let now = found(&write).await?;
        let words = "课程方案、场地和师资见附件（演示）".to_owned();
        tender::bid(&mut write, &now, &NewBid { provider: *school, price, words }).await?;
    }
    write.commit().await?;
    let mut write = cast.write("supervisor", at(begins + Duration::days(15), 9)).await?;
    let now = found(&write).await?;
    tender::draw(app, &mut write, &now).await?;
    write.commit().await?;
    filled(cast, list, at(begins + Duration::days(17), 15), true).await?;
    let mut write = cast.write("supervisor", at(begins + Duration::days(18), 9)).await?;
    let now = found(&write).await?;
    tender::publish(app, &mut write, &now).await?;
    write.commit().await?;
    let mut write = cast.write("admin", at(begins + Duration::days(25), 9)).await?;
    let now = found(&write).await?;
    let chosen: Vec<_> = tender::bids(write.tx(), county, id).await?.iter().map(|b| b.id).collect();
    tender::decide(&mut write, &now, (&chosen, "四家均达到评审标准，按类别分班承办")).await?;
    write.commit().await?;
    contracted(cast, story, (schools, id), year).await
}

/// Contracts of the year with those who have classes in it, for exactly so many seats. Answers them by the schools' numbers.
async fn contracted(
    cast: &Cast<'_>,
    story: &Story,
    (schools, tender): (&[ProviderId], TenderId),
    year: i32,
) -> Result<Vec<Option<ContractId>>, Problem> {
    let (app, county) = (cast.app, &cast.county);
    let of_year = story.classes.groups.iter().enumerate().filter(|(_, g)| g.year == year);
    let shares: Vec<Share> = of_year.flat_map(|(number, _)| shares(story, number)).collect();
    let signed = on(year, 2, 15)?;
    let mut write = cast.write("supervisor", at(signed, 10)).await?;
    let mut contracts = Vec::new();
    for (n, school) in schools.iter().enumerate() {
        let seats: usize = shares.iter().filter(|s| s.school == n).map(|s| s.people.len()).sum();
        if seats == 0 {
            contracts.push(None);
            continue;
        }
        let call = tender::find(write.tx(), county, tender).await?.ok_or(Problem::NotFound)?;
        let bids = tender::bids(write.tx(), county, tender).await?;
        let bid = bids.iter().find(|b| b.provider_id == *school).context("a bid of the story")?;
        let name = story.classes.providers.get(n).map(|s| s.name.clone()).unwrap_or_default();
        let new = NewContract {
            number: format!("演示-{year}-{}", n + 1),
            seats: i64::try_from(seats).unwrap_or(i64::MAX),
            days: (Day(signed), Day(on(year, 12, 31)?)),
            payee: Payee {
                name,
                account: format!("6200000000{year}{n:04}"),
                bank: "示例银行（演示）".to_owned(),
            },
            photo: String::new(),
        };
        contracts.push(Some(tender::sign(app, &mut write, (&call, bid), &new).await?));
    }
    write.commit().await?;
    Ok(contracts)
}

/// The classes of a group, each with everything that happens in it. Answers how many, and how many people are placed.
async fn taught(
    cast: &Cast<'_>,
    story: &Story,
    (schools, contracts): (&[ProviderId], &[Option<ContractId>]),
    (number, group): (usize, &Group),
    people: &[PartyId],
) -> Result<(usize, usize), Problem> {
    let shares = shares(story, number);
    let (mut classes, mut placed) = (0, 0);
    let honest = shares.iter().filter(|s| !s.fake).count();
    for (n, share) in shares.iter().enumerate() {
        let own = people.get(share.people.clone()).unwrap_or_default();
        let under = contracts.get(share.school).copied().flatten().context("a contract of the story")?;
        // Spread over the year from March to September, weeks apart.
        let days = i64::try_from(n * 200 / shares.len().max(1)).unwrap_or(0);
        let first = on(group.year, 3, 1)? + Duration::days(days);
        // As many as are still missing, spread evenly over the honest classes that are left.
        let left = honest.saturating_sub(n).max(1);
        let want = if share.fake { 0 } else { (group.placed - placed).div_ceil(left).min(own.len()) };
        let school = *schools.get(share.school).context("a school of the story")?;
        let hour = [9, 13, 16].get(number % 3).copied().unwrap_or(9);
        let one = One { story, group, number: n, school, under, first, want, fake: share.fake, hour };
        placed += Box::pin(one.play(cast, own)).await?;
        classes += 1;
    }
    Ok((classes, placed))
}

/// A class of a group: whose it is, and which of the group's people are in it.
struct Share {
    /// The number of the school.
    school: usize,
    people: std::ops::Range<usize>,
    fake: bool,
}

/// How a group's people are shared out: as many classes as employers, or classes of the story's size, each at the next honest school;
/// the class that is not one holds exactly the people who are too old, and is the dishonest one's.
fn shares(story: &Story, number: usize) -> Vec<Share> {
    let all = &story.classes;
    let Some(group) = all.groups.get(number) else { return Vec::new() };
    let of = |dishonest: bool| -> Vec<usize> {
        let own = all.providers.iter().enumerate().filter(|(_, s)| s.dishonest == dishonest);
        own.map(|(n, _)| n).collect()
    };
    let (honest, liar) = (of(false), of(true).first().copied());
    let bad = dishonest(story);
    let begins_at: usize = all.groups.iter().take(number).map(|g| g.began).sum();
    let has_bad = bad.end == begins_at + group.began;
    let count = if group.employers > 0 { group.employers } else { group.began.div_ceil(all.size) };
    let (mut shares, mut from) = (Vec::new(), 0);
    for n in 0..count {
        let last = n + 1 == count;
        let upto = match (last, has_bad) {
            (true, _) => group.began,
            (false, true) => (((n + 1) * group.began) / count).min(group.began.saturating_sub(bad.len())),
            (false, false) => ((n + 1) * group.began) / count,
        };
        let (people, fake) = (from..upto, last && has_bad && liar.is_some());
        from = upto;
        let next = honest.get((n + number) % honest.len().max(1)).copied().unwrap_or(0);
        let school = if fake { liar.unwrap_or(next) } else { next };
        if !people.is_empty() {
            shares.push(Share { school, people, fake });
        }
    }
    shares
}
