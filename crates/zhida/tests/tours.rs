//! Tours: planned by urgency, counted by turns, people without a name, the sheet from county to country.

use axum::http::StatusCode;
use zhida::clock::Clock;
use zhida::ids::{CountyId, PlaceId};
use zhida::journal::{Actor, Write};
use zhida::ledger::{self, Kind, Move, NewEntry, Receipt};
use zhida::place::{self, NewPlace};
use zhida::tour::{self, NewEncounter, NewTour};
use zhida_types::{Day, RegionCode};

use crate::county::{HERE, Session, THERE, World};

fn county(code: &str) -> CountyId {
    CountyId(code.to_owned())
}

async fn act(world: &World, at: &str) -> Write {
    Write::begin(&world.app.db, &county(at), &Actor::system(), world.app.clock.now()).await.unwrap()
}

/// A tour that is still planned, one of its stops, and an encounter of another that went out.
pub(crate) async fn tour(world: &World, write: &mut Write, place: PlaceId) -> (String, String, String) {
    let region = RegionCode::parse(&write.county().0).unwrap();
    let accounts = zhida::account::list(write.tx(), write.county()).await.unwrap();
    let places = vec![place::find(write.tx(), write.county(), &region, place).await.unwrap().unwrap()];
    let lead = accounts.iter().find(|a| a.login == "officer").unwrap();
    let new = |kind: &str, state| NewTour {
        kind: kind.to_owned(),
        title: "夜巡".to_owned(),
        town: None,
        day: world.app.clock.today(),
        times: ("20:00".to_owned(), "23:00".to_owned()),
        unit: lead.unit,
        lead: (lead.id, lead.name.clone()),
        crew: 3,
        crew_names: String::new(),
        vehicles: 1,
        way: tour::Way { stops: vec![(0, "20:10".to_owned())], metres: 4_000 },
        places: places.clone(),
        state,
    };
    let ids =
        tour::save(&world.app, write, vec![new("street", "planned"), new("street", "back")]).await.unwrap();
    let made = tour::find(write.tx(), (write.county(), &region), ids[1]).await.unwrap().unwrap();
    let met = NewEncounter { outcome: "goods".to_owned(), persons: 1, ..NewEncounter::default() };
    let encounter = tour::meet(&world.app, write, &made, met).await.unwrap();
    let stop = tour::stops(write.tx(), write.county(), ids[0]).await.unwrap()[0].id;
    (ids[0].to_string(), stop.to_string(), encounter.to_string())
}

async fn post(world: &World, who: &Session, path: &str, form: &str) -> crate::county::Answer {
    world.send("POST", path, Some(who), Some(form)).await
}

async fn at(day: &str) -> World {
    let day = chrono::DateTime::parse_from_rfc3339(&format!("{day}T09:00:00+08:00")).unwrap().to_utc();
    World::with(Clock::starting_at(day), |_| {}).await
}

async fn places(world: &World, kind: &str, n: u32) -> Vec<PlaceId> {
    let mut write = act(world, HERE).await;
    let new = |n: u32| NewPlace {
        kind: kind.to_owned(),
        name: format!("{n} 号点"),
        town: Some("330424101".to_owned()),
        position: Some((120.94 + f64::from(n % 5) * 0.01, 30.52 + f64::from(n / 5) * 0.01)),
        state: "open".to_owned(),
        listing: None,
        import: None,
        ..NewPlace::default()
    };
    let ids = place::create(&mut write, (0..n).map(new).collect()).await.unwrap();
    write.commit().await.unwrap();
    ids
}

#[tokio::test]
async fn a_patrol_is_planned_goes_out_meets_people_without_a_name_and_counts_turns() {
    let world = at("2026-12-02").await;
    let ids = places(&world, "hot-spot", 9).await;
    let officer = world.log_in("officer").await;
    let chosen = ids.iter().fold(String::new(), |all, id| format!("{all}&place={id}"));
    let form =
        format!("kind=street&day=2026-12-02&starts=20:00&ends=23:30&vehicles=2&stops=5&crew=3{chosen}");
    let planned = post(&world, &officer, "/tours/new", &form).await;
    assert_eq!(planned.status, StatusCode::SEE_OTHER, "{}", planned.body);
    let list = world.send("GET", "/tours", Some(&officer), None).await.body;
    let mut tours: Vec<&str> =
        list.split("href=\"/tours/").skip(1).map(|p| p.split('"').next().unwrap()).collect();
    tours.retain(|t| t.len() == 36);
    assert_eq!(tours.len(), 2, "nine stops need two vehicles of five");
    let path = format!("/tours/{}", tours[0]);
    // What is not out records nobody.
    let early = post(&world, &officer, &format!("{path}/encounters"), "outcome=shelter&persons=1").await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert_eq!(
        post(&world, &officer, &format!("{path}/out"), "crew=0&vehicles=1").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        post(&world, &officer, &format!("{path}/out"), "crew=4&vehicles=1").await.status,
        StatusCode::SEE_OTHER
    );
    // The lead has coats in hand.
    let mut write = act(&world, HERE).await;
    let account = zhida::account::list(&world.app.db, &county(HERE)).await.unwrap();
    let lead = account.iter().find(|a| a.login == "officer").unwrap();
    let source = ledger::holder(&write, Kind::Source, "s", "s", None).await.unwrap();
    let hand = ledger::holder(&write, Kind::Hand, &lead.id.to_string(), &lead.name, None).await.unwrap();
    let entry = NewEntry {
        day: world.app.clock.today(),
        act: "receive",
        words: String::new(),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves: vec![Move {
            from: source,
            to: hand,
            item: "COAT".to_owned(),
            batch: String::new(),
            amount: 3_000,
        }],
    };
    ledger::post(&mut write, vec![entry]).await.unwrap();
    write.commit().await.unwrap();
    let met = format!("{path}/encounters");
    for form in [
        "outcome=goods&persons=2&item=COAT%7C&amount=2",
        "outcome=advice&persons=1",
        "outcome=shelter&persons=1&name=老李",
    ] {
        let answer = post(&world, &officer, &met, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{form}: {}", answer.body);
    }
    let too_many = post(&world, &officer, &met, "outcome=goods&persons=1&item=COAT%7C&amount=2").await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY, "one coat is left");
    let day = Day::parse("2026-12-02").unwrap();
    let region = RegionCode::parse(HERE).unwrap();
    let sheet = tour::days(&world.app, (&county(HERE), &region), "street", (day, day), false).await.unwrap();
    let d = &sheet[0];
    // Advice is no help; the tour that did not go out is no turn.
    assert_eq!((d.tours, d.turns, d.vehicles, d.items, d.helped), (1, 4, 1, 2_000, 3));
    // Later it turns out who somebody was.
    let mut write = act(&world, HERE).await;
    let home = crate::serve::household(&world, &mut write, "李大爷", &[("hardship", "destitute")]).await;
    write.commit().await.unwrap();
    let page = world.send("GET", &path, Some(&officer), None).await.body;
    let encounter = page.split("/encounters/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let linked = post(&world, &officer, &format!("/encounters/{encounter}"), &format!("party={home}")).await;
    assert_eq!(linked.status, StatusCode::SEE_OTHER, "{}", linked.body);
    let page = world.send("GET", &path, Some(&officer), None).await.body;
    assert!(page.contains(&format!("/people/{home}")), "the name is linked");
}

#[tokio::test]
async fn a_cold_wave_makes_patrols_daily_and_the_season_is_the_regions() {
    let world = at("2026-12-02").await;
    let supervisor = world.log_in("supervisor").await;
    let of = |due: &[tour::Due]| due.iter().find(|d| d.kind == "street").cloned().unwrap();
    let before = of(&tour::due(&world.app, &county(HERE)).await.unwrap());
    assert_eq!((before.per_week, before.in_season, before.today), (Some(3), true, false));
    let warned =
        post(&world, &supervisor, "/tours/warnings", "code=cold-wave&from=2026-12-01&until=2026-12-04").await;
    assert_eq!(warned.status, StatusCode::SEE_OTHER, "{}", warned.body);
    let after = of(&tour::due(&world.app, &county(HERE)).await.unwrap());
    assert_eq!((after.per_week, after.today), (Some(7), true));
    let wrong =
        post(&world, &supervisor, "/tours/warnings", "code=heat&from=2026-12-01&until=2026-12-04").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let summer = at("2026-07-01").await;
    assert!(!of(&tour::due(&summer.app, &county(HERE)).await.unwrap()).in_season);
}

#[tokio::test]
async fn what_is_worst_and_longest_unseen_comes_first() {
    let world = at("2026-12-02").await;
    places(&world, "worksite", 3).await;
    let officer = world.log_in("officer").await;
    let page = world.send("GET", "/tours/new?kind=inspection", Some(&officer), None).await.body;
    let order = |page: &str| {
        let mut names: Vec<(usize, &str)> =
            ["0 号点", "1 号点", "2 号点"].iter().map(|n| (page.find(n).unwrap(), *n)).collect();
        names.sort_unstable();
        names.iter().map(|(_, n)| (*n).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(order(&page), ["0 号点", "1 号点", "2 号点"], "all alike: by name");
    let region = RegionCode::parse(HERE).unwrap();
    let all = place::of_kind(&world.app.db, &county(HERE), &region, &["worksite".to_owned()]).await.unwrap();
    let worst = all.iter().find(|p| p.name == "2 号点").unwrap();
    let mut write = act(&world, HERE).await;
    let finding = zhida::finding::NewFinding {
        review: None,
        pack: "safety".to_owned(),
        rule: String::new(),
        words: "出口堵塞".to_owned(),
        severity: zhida_pack::Severity::Grave,
        about: zhida::finding::About {
            kind: "place".to_owned(),
            id: worst.id.to_string(),
            name: worst.name.clone(),
            town: worst.town.clone(),
            position: None,
        },
        unit: None,
        owner: None,
        due: world.app.clock.today(),
        escalate_days: 1,
        photos: Vec::new(),
    };
    zhida::finding::raise(&mut write, vec![finding]).await.unwrap();
    write.commit().await.unwrap();
    let page = world.send("GET", "/tours/new?kind=inspection", Some(&officer), None).await.body;
    assert_eq!(order(&page)[0], "2 号点");
}

#[tokio::test]
async fn the_sheet_adds_up_from_counties_to_the_country() {
    let world = at("2026-12-02").await;
    let day = world.app.clock.today();
    let mut sums = (0, 0, 0);
    for (at, crew, vehicles, persons) in [(HERE, 5, 2, 3), (THERE, 4, 1, 7)] {
        let mut write = act(&world, at).await;
        let accounts = zhida::account::list(write.tx(), write.county()).await.unwrap();
        let lead = &accounts[0];
        let new = NewTour {
            kind: "street".to_owned(),
            title: "夜巡".to_owned(),
            town: None,
            day,
            times: ("20:00".to_owned(), "23:00".to_owned()),
            unit: lead.unit,
            lead: (lead.id, lead.name.clone()),
            crew,
            crew_names: String::new(),
            vehicles,
            way: tour::Way::default(),
            places: Vec::new(),
            state: "back",
        };
        let id = tour::save(&world.app, &mut write, vec![new]).await.unwrap()[0];
        let region = RegionCode::parse(at).unwrap();
        let made = tour::find(write.tx(), (&county(at), &region), id).await.unwrap().unwrap();
        let met = NewEncounter { outcome: "shelter".to_owned(), persons, ..NewEncounter::default() };
        tour::meet(&world.app, &mut write, &made, met).await.unwrap();
        write.commit().await.unwrap();
        sums = (sums.0 + crew, sums.1 + vehicles, sums.2 + persons);
    }
    for (office, region) in [("330400", "3304"), ("330000", "33"), ("000000", "00")] {
        let region = RegionCode::parse(region).unwrap();
        let by_county =
            tour::days(&world.app, (&county(office), &region), "street", (day, day), true).await.unwrap();
        assert_eq!(by_county.len(), 2, "{region}");
        let total =
            by_county.iter().fold((0, 0, 0), |s, d| (s.0 + d.turns, s.1 + d.vehicles, s.2 + d.helped));
        assert_eq!(total, sums, "{region}");
    }
}
