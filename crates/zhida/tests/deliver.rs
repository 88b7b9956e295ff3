//! Checks, findings, commitments, meetings and supplies through their pages.

use zhida::finding::{self, About, NewFinding};
use zhida::ids::CountyId;
use zhida::journal::Write;
use zhida::ledger::{self, Kind, Move, NewEntry, Receipt};
use zhida::place::{self, NewPlace};
use zhida::{account, check, commitment};
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use crate::county::{HERE, Session, World};

/// One of everything that is delivered, checked and promised: its name in addresses, and its id.
pub(crate) async fn rows(world: &World, write: &mut Write) -> Vec<(&'static str, String)> {
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let today = app.clock.today();
    let new = NewPlace {
        kind: "worksite".to_owned(),
        name: "厂".to_owned(),
        town: Some("330424101".to_owned()),
        open: true,
        ..NewPlace::default()
    };
    let place = place::create(write, vec![new]).await.unwrap()[0];
    let about = About {
        kind: "place".to_owned(),
        id: place.to_string(),
        name: "厂".to_owned(),
        town: Some("330424101".to_owned()),
        position: None,
    };
    let accounts = account::list(&app.db, &county).await.unwrap();
    let officer = accounts.iter().find(|a| a.login == "officer").unwrap().clone();
    let pack = app.packs().find(|p| p.name == "safety").unwrap();
    let list = pack.checklist("worksite").unwrap();
    let review = check::NewReview { about: about.clone(), reviewers: vec![officer.clone()] };
    let review =
        check::plan(write, ("safety", list), vec![review], today.plus_days(3), None).await.unwrap()[0];
    let new = NewFinding {
        review: None,
        pack: "safety".to_owned(),
        rule: "exit-blocked".to_owned(),
        words: "堵塞".to_owned(),
        severity: zhida_pack::Severity::Grave,
        about,
        unit: Some(officer.unit),
        owner: Some((officer.id, officer.name.clone())),
        due: today.plus_days(-3),
        escalate_days: 1,
        photos: Vec::new(),
    };
    let finding = finding::raise(write, vec![new]).await.unwrap()[0];
    let made = commitment::create(write, vec![promise(today)]).await.unwrap()[0];
    let source = ledger::holder(write, Kind::Source, "s", "source", None).await.unwrap();
    let stock =
        ledger::holder(write, Kind::Stock, &place.to_string(), "store", Some("330424101")).await.unwrap();
    let entry = NewEntry {
        day: today,
        act: "receive",
        words: String::new(),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves: vec![Move {
            from: source,
            to: stock,
            item: "COAT".to_owned(),
            batch: String::new(),
            amount: 5_000,
        }],
    };
    let entry = ledger::post(write, vec![entry]).await.unwrap()[0];
    vec![
        ("place", place.to_string()),
        ("review", review.to_string()),
        ("finding", finding.to_string()),
        ("commitment", made.to_string()),
        ("holder", stock.to_string()),
        ("entry", entry.to_string()),
    ]
}

/// What is made through pages alone.
pub(crate) async fn pages(world: &World, session: &Session, commitment: &str) -> Vec<(&'static str, String)> {
    let form = "title=t&day=2026-12-01&hour=09:30";
    let meeting = world.send("POST", "/meetings", Some(session), Some(form)).await.location;
    let meeting = meeting.split('/').nth(2).unwrap().split('?').next().unwrap().to_owned();
    let page = world.send("GET", &format!("/commitments/{commitment}"), Some(session), None).await.body;
    let milestone = page.split("/milestones/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    vec![("meeting", meeting), ("milestone", milestone), ("report", "commitments-monthly".to_owned())]
}

/// A promise of ten pieces this year.
fn promise(today: Day) -> commitment::NewCommitment {
    commitment::NewCommitment {
        pack: "livelihood".to_owned(),
        list: String::new(),
        code: String::new(),
        no: "1".to_owned(),
        title: "换十套".to_owned(),
        source: String::new(),
        counting: "按套计".to_owned(),
        evidence: String::new(),
        parent: None,
        rolled_from: None,
        region: RegionCode::parse(HERE).unwrap(),
        unit: None,
        person: None,
        comparator: Comparator::AtLeast,
        force: Force::Binding,
        value: (Quantity(10_000), "set".to_owned()),
        value2: None,
        days: (today.plus_days(-100), today.plus_days(100)),
        indicator: String::new(),
        curve: Vec::new(),
        duties: Vec::new(),
        milestones: vec![("一半".to_owned(), today.plus_days(-1))],
    }
}
