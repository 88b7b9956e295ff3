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
