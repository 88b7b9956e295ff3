//! The winter's national totals at a thousandth, out of single entries, and what pages show of them.

use zhida::app::App;
use zhida::clock::Clock;
use zhida::ids::CountyId;
use zhida::{commitment, demo, tour};
use zhida_types::RegionCode;

use crate::county::{HERE, World};

/// Published on 2024-01-19: 4.851 million households, 1.91 billion yuan, 437,000 person-turns, nearly 152,000 vehicle-turns,
/// 135,000 items, more than 195,000 helped.
#[tokio::test]
async fn the_winter_at_a_thousandth_is_the_sum_of_single_entries() {
    let world = World::with(Clock::system(), |_| {}).await;
    let name = "winter-2023";
    let app =
        App::with(&world.app.data, demo::clock(&world.app, name).unwrap(), world.app.db.clone()).unwrap();
    let told = demo::tell(&app, name).await.unwrap();
    assert_eq!((told.counties, told.paid), (16, 4_851));

    let (county, country) = (CountyId(HERE.to_owned()), RegionCode::country());
    let counted = commitment::measures(&app.db, &county, &country).await.unwrap();
    // In thousandths, as every indicator is kept.
    let of = |indicator: &str| counted[&(format!("relief/{indicator}"), String::new(), String::new())];
    assert_eq!(of("households-relieved"), 4_851_000);
    assert_eq!(of("relief-paid"), 1_910_000_000);
    assert_eq!((of("person-turns"), of("vehicle-turns")), (437_000, 152_000));
    assert_eq!((of("items-given"), of("people-helped")), (135_000, 195_000));

    // The daily sheet adds up the same from county to country, and says the same as the indicators, counted anew.
    let today = app.clock.today();
    let lines = tour::days(&app, (&county, &country), "street", (today, today), true).await.unwrap();
    assert_eq!(lines.len(), 16);
    let sum = |f: fn(&tour::SheetDay) -> i64| lines.iter().map(f).sum::<i64>();
    assert_eq!((sum(|d| d.turns), sum(|d| d.vehicles)), (437, 152));
    assert_eq!((sum(|d| d.items), sum(|d| d.helped)), (135_000, 195));
    commitment::refresh(&app).await.unwrap();
    assert_eq!(commitment::measures(&app.db, &county, &country).await.unwrap(), counted);

    // A province's share is its counties' alone.
    let province = RegionCode::parse("23").unwrap();
    let share = commitment::measures(&app.db, &county, &province).await.unwrap();
    let share = share[&("relief/households-relieved".to_owned(), String::new(), String::new())];
    assert!(share > 0 && share < 4_851_000, "{share}");
}

/// Published: about 3,000 trained and 1,950 in work again within two years, in the second 737 through fit training, 422 at 13
/// employers through order training, more than 200 who opened an account of their own.
#[tokio::test]
async fn two_years_of_classes_are_counted_from_their_cases() {
    let world = World::with(Clock::system(), |_| {}).await;
    // The story makes the county itself.
    let folder = tempfile::tempdir().unwrap();
    let mut config = zhida::config::Config::open_or_create(folder.path()).unwrap();
    config.demonstration = true;
    config.save(folder.path()).unwrap();
    let db = zhida::db::trial(folder.path()).await.unwrap();
    let name = "haiyan-2023";
    let app = App::with(folder.path(), demo::clock(&world.app, name).unwrap(), db).unwrap();
    let told = demo::tell(&app, name).await.unwrap();
    assert_eq!((told.trained, told.placed), (3_000, 1_950));

    let county = CountyId(HERE.to_owned());
    let all = zhida::result::figures(&app, &county, None).await.unwrap();
    assert_eq!((all.all.started, all.all.placed), (3_000, 1_950));
    assert_eq!(all.all.words(5), "65.0%");
    assert_eq!(all.years.iter().copied().collect::<Vec<_>>(), [2022, 2023]);
    let second = zhida::result::figures(&app, &county, Some(2023)).await.unwrap();
    let placed = |programme: &str| second.programmes[programme].rate.placed;
    assert_eq!((placed("fit-training"), placed("order-training")), (737, 422));
    assert_eq!(second.programmes["order-training"].employers, 13);
    assert!(placed("self-employment") > 200);

    // Targets are counted by the same definition; groups add up to everybody.
    let reached = second.reached;
    assert!(reached >= 2_080, "whoever was in a class within the year knows of it: {reached}");
    let known = zhida::provider::all(&app.db, &county).await.unwrap();
    let all_records: i64 = known.iter().map(|p| p.record_placed).sum();
    assert!(all_records > 1_300 && known.iter().any(|p| p.record_started == 40 && p.record_placed == 0));

    // What was paid is in the ledger to the last fen, and nothing for the class that failed.
    let books = zhida::ledger::verify(&app.db).await.unwrap();
    assert!(books.iter().all(|b| b.flaws.is_empty()), "{books:?}");
    assert_eq!(zhida::subsidy::checked(&app.db, &county).await.unwrap(), 0);

    // One provider is not what it seems, and only one: its class failed its assessment, nobody of it counts, its gate is shut.
    let red: Vec<_> = second.providers.iter().filter(|p| p.red > 0).collect();
    assert_eq!(red.len(), 1);
    assert_eq!((red[0].rate.placed, red[0].rate.started), (0, 40));
    let failed: Vec<_> = second.classes.iter().filter(|c| c.results == "gate-failed").collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].unseen > 0 && second.classes.iter().filter(|c| c.unseen > 0).count() == 1);
    // What is seen of each class: the tricks of that one, and of no other.
    let mut seen = std::collections::BTreeMap::new();
    for class in &all.classes {
        let own = zhida::class::find(&app.db, &county, class.id).await.unwrap().unwrap();
        let held =
            zhida::class::held(&app.db, &county, &[class.id]).await.unwrap().remove(&class.id).unwrap();
        let course = &zhida::provider::terms(&app).unwrap().course;
        let counted = held.count(&app, course, app.clock.now());
        let found = zhida::class::seen(&app, &own, &held, &counted).await.unwrap();
        let keys: Vec<String> = found.into_iter().map(|s| s.key).collect();
        if !keys.is_empty() {
            seen.insert(class.id, keys);
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[&failed[0].id], ["device", "burst", "same", "suspect-retired", "sheets", "all-finish"]);
}
