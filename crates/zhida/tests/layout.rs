//! Layouts: where people work, who is within reach, a plan with its reasons, decided by hand, compared, approved, handed out.

use axum::http::StatusCode;
use scraper::{Html, Selector};

use crate::county::{HERE, Session, THERE, World};
use crate::network::row;

use zhida::account::{self, NewAccount, Role};
use zhida::ids::CountyId;
use zhida::journal::{Actor, Write};
use zhida::place::{self, Listing, NewPlace};
use zhida::unit;
use zhida_types::RegionCode;

const HEAD: &str = "id,lon,lat,town,name,cleaner@day,courier@day,courier@night";

/// People along the row of stations, and some far from all.
fn demand(world: &World) -> String {
    let (lon, lat) = world.app.regions.seat("330424101").unwrap();
    let cell = |n: u32| {
        let people = if n < 7 { "10,20,5" } else { "30,40,0" };
        format!("z{n},{},{lat},330424101,第{n}村,{people}\n", lon + 0.005 * f64::from(n))
    };
    let cells: String = (0..10).chain([20, 21, 22]).map(cell).collect();
    format!("{HEAD}\n{cells}")
}

/// What a browser sends of a form that nobody changed, but for some fields.
fn filled(page: &str, action: &str, other: &[(&str, &str)]) -> String {
    let html = Html::parse_document(page);
    let fields =
        Selector::parse(&format!("form[action=\"{action}\"] input, form[action=\"{action}\"] select"))
            .unwrap();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for field in html.select(&fields) {
        let (Some(name), kind) = (field.attr("name"), field.attr("type").unwrap_or_default()) else {
            continue;
        };
        if name == "csrf"
            || other.iter().any(|(n, _)| *n == name)
            || (kind == "checkbox" && field.attr("checked").is_none())
        {
            continue;
        }
        pairs.push((name.to_owned(), field.attr("value").unwrap_or_default().to_owned()));
    }
    pairs.extend(other.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let encoded = pairs.iter().map(|(n, v)| format!("{n}={}", zhida::web::urlencode(v)));
    encoded.collect::<Vec<_>>().join("&")
}

async fn get(world: &World, session: &Session, path: &str) -> String {
    let answer = world.send("GET", path, Some(session), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

/// Makes a plan as the page would; answers its address.
async fn plan(world: &World, session: &Session, from: &str, other: &[(&str, &str)]) -> String {
    plan_in(world, HERE, session, (from, other)).await
}

/// The same in another office.
async fn plan_in(
    world: &World,
    county: &str,
    session: &Session,
    (from, other): (&str, &[(&str, &str)]),
) -> String {
    let form = filled(&get(world, session, &format!("/layouts/new?{from}")).await, "/layouts", other);
    let answer = world.send("POST", "/layouts", Some(session), Some(&form)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    world.run_in(county, &answer).await["next"].as_str().unwrap().to_owned()
}

/// Three years in which there is money for one station to be raised, or none.
const YEARS: [(&str, &str); 15] = [
    ("budget", "150000"),
    ("budget", "0"),
    ("budget", "0"),
    ("upgrades", ""),
    ("upgrades", ""),
    ("upgrades", ""),
    ("builds", "1"),
    ("builds", "0"),
    ("builds", "0"),
    ("changes", ""),
    ("changes", ""),
    ("changes", ""),
    ("closures", "0"),
    ("closures", "0"),
    ("closures", "0"),
];

fn without_rules() -> Vec<(&'static str, &'static str)> {
    let mut other = YEARS.to_vec();
    other.push(("quota", "none"));
    other
}

async fn ready() -> (World, Session) {
    let world = World::new().await;
    row(&world).await;
    let supervisor = world.log_in("supervisor").await;
    let text = demand(&world);
    let taken = world.post_file(&supervisor, ("/layouts/demand", ""), "people.csv", text.as_bytes()).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    (world, supervisor)
}

#[tokio::test]
async fn a_table_of_people_is_read_refused_and_taken_back() {
    let (world, supervisor) = ready().await;
    let page = get(&world, &supervisor, "/layouts/reach").await;
    assert!(page.contains("people.csv"), "{page}");
    // The three cells in the east are a gap of their own, called after one of them.
    assert!(page.contains("村</td>"), "{page}");
    let scores = get(&world, &supervisor, "/layouts/scores").await;
    assert!(!scores.contains("不详") && scores.contains("沈荡镇"), "every cell is in a town: {scores}");
    assert!(get(&world, &supervisor, "/layouts/demand.csv").await.starts_with("id,lon,lat"));
    assert!(get(&world, &supervisor, "/layouts/reach.geojson").await.contains("第21村"));
    assert!(!world.bytes("/layouts/reach.xlsx", &supervisor).await.is_empty());
    let bad = async |text: String| {
        world.post_file(&supervisor, ("/layouts/demand", ""), "bad.csv", text.as_bytes()).await
    };
    let letters = bad(format!("{HEAD}\nz1,120.9,30.5,,,x,0,0\n")).await;
    assert_eq!(letters.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(letters.body.contains("demand.csv:2:6"), "line and column: {}", letters.body);
    assert_eq!(bad("id,lon,lat\na,120,30\n".to_owned()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let sea = bad(format!("{HEAD}\nz1,30.5,60.9,,,1,0,0\n")).await;
    assert_eq!(sea.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bad("\u{0}\u{1}".to_owned()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(get(&world, &supervisor, "/layouts/reach").await.contains("people.csv"), "nothing was lost");
    // A second table counts until it is taken back.
    let second = format!("{HEAD}\nq,120.9,30.5,,Elsewhere,1,0,0\n");
    let taken = world.post_file(&supervisor, ("/layouts/demand", ""), "second.csv", second.as_bytes()).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    let page = get(&world, &supervisor, "/layouts/reach").await;
    let drop = page.split("action=\"/layouts/demand/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/layouts/demand/{drop}");
    let officer = world.log_in("officer").await;
    let refused = world.send("POST", &path, Some(&officer), Some("")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(world.send("POST", &path, Some(&supervisor), Some("")).await.status, StatusCode::SEE_OTHER);
    assert!(get(&world, &supervisor, "/layouts/reach").await.contains("people.csv"));
}

#[tokio::test]
async fn a_plan_is_made_decided_by_hand_compared_approved_and_handed_out() {
    let (world, supervisor) = ready().await;
    let first = plan(&world, &supervisor, "", &without_rules()).await;
    let page = get(&world, &supervisor, &first).await;
    // The money is enough for one site in the gap, and that is where most people are won.
    assert!(page.contains("decided-build") || page.contains("新建"), "{page}");
    let build = page.split("value=\"c-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(build.contains("|build|"), "{build}");
    assert!(get(&world, &supervisor, &format!("{first}/map.geojson")).await.contains("#1d6b3a"));
    assert!(!world.bytes(&format!("{first}/list.xlsx"), &supervisor).await.is_empty());

    // All that went in and came out holds, checked from the files alone.
    let zipped = world.bytes(&format!("{first}/files.zip"), &supervisor).await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zipped)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    archive.extract(folder.path()).unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let mut verify = std::process::Command::new(env!("CARGO_BIN_EXE_zhida"));
    let checked = verify.args(["site", "verify", &at("PLAN.toml"), &at("ANSWER.json")]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

    // Another try in which that site is not to be built.
    let id = first.rsplit('/').next().unwrap();
    let stay = format!("c-{}|leave|||", build.split('|').next().unwrap());
    let from = format!("from={id}&pin={}", zhida::web::urlencode(&stay));
    let mut other = without_rules();
    other.push(("pin", &stay));
    let second = plan(&world, &supervisor, &from, &other).await;
    let page = get(&world, &supervisor, &format!("{second}?what=leave")).await;
    assert!(page.contains(&format!("value=\"{stay}\" selected")), "what is decided stands there: {page}");
    let two = format!("/layouts/compare?a={id}&b={}", second.rsplit('/').next().unwrap());
    assert!(get(&world, &supervisor, &two).await.contains("<td class=\"text\">"), "they differ");

    // Approved, it becomes a commitment with a part for the year, with a person and a day.
    let page = get(&world, &supervisor, &first).await;
    let html = Html::parse_document(&page);
    let person = Selector::parse("select[name=person] option[value]:not([value=''])").unwrap();
    let person = html.select(&person).next().unwrap().attr("value").unwrap().to_owned();
    let path = format!("{first}/approve");
    let nobody = filled(&page, &path, &[]);
    let refused = world.send("POST", &path, Some(&supervisor), Some(&nobody)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "somebody has to answer for it");
    let form = filled(&page, &path, &[("person", &person)]);
    let approved = world.send("POST", &path, Some(&supervisor), Some(&form)).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.body);
    let whole = get(&world, &supervisor, approved.location.split('?').next().unwrap()).await;
    assert!(whole.contains("/commitments/"), "it has a part: {whole}");
    let again = world.send("POST", &path, Some(&supervisor), Some(&form)).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "not twice");
    let page = get(&world, &supervisor, &first).await;
    assert!(page.contains(approved.location.split('?').next().unwrap()), "the plan leads to it");
}

#[tokio::test]
async fn what_cannot_be_kept_is_named_and_only_those_entitled_plan() {
    let (world, supervisor) = ready().await;
    let mut other = without_rules();
    other.retain(|(name, _)| *name != "upgrades");
    other.extend([("upgrades", "7"), ("upgrades", ""), ("upgrades", "")]);
    let path = plan(&world, &supervisor, "", &other).await;
    let page = get(&world, &supervisor, &path).await;
    assert!(page.contains("alert-danger"), "seven upgrades cannot be paid: {page}");
    let approve = format!("{path}/approve");
    let answer =
        world.send("POST", &approve, Some(&supervisor), Some("year=2030&person=x&until=2030-12-31")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let wrong = filled(&get(&world, &supervisor, "/layouts/new").await, "/layouts", &[("minutes", "-1")]);
    let answer = world.send("POST", "/layouts", Some(&supervisor), Some(&wrong)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);

    let (officer, stranger) = (world.log_in("officer").await, world.log_in("other").await);
    for read in ["/layouts", "/layouts/reach", &path] {
        get(&world, &officer, read).await;
        assert_eq!(
            world.send("GET", read, None, None).await.status,
            StatusCode::SEE_OTHER,
            "{read}: log in first"
        );
    }
    for write in ["/layouts", &approve, &format!("{path}/again")] {
        let answer = world.send("POST", write, Some(&officer), Some("name=x")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{write}");
    }
    assert_eq!(world.send("GET", "/layouts/new", Some(&officer), None).await.status, StatusCode::FORBIDDEN);
    for hidden in ["", "/map.geojson", "/list.xlsx", "/files.zip"] {
        let answer = world.send("GET", &format!("{path}{hidden}"), Some(&stranger), None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{hidden} from another county");
    }
    let theirs = get(&world, &stranger, "/layouts").await;
    assert!(
        !theirs.contains(&path) && !get(&world, &stranger, "/layouts/reach").await.contains("people.csv")
    );
}

/// The office of the city above both counties.
const CITY: &str = "330400";

/// Gives the city an office with a login, and the other county a station and an office.
async fn city(world: &World) -> Session {
    let hash = account::hash_password("a-long-password").unwrap();
    let county = CountyId(CITY.to_owned());
    let region = RegionCode::parse("3304").unwrap();
    let mut write =
        Write::begin(&world.app.db, &county, &Actor::system(), world.app.clock.now()).await.unwrap();
    let unit = unit::create(&mut write, "city", &region, None).await.unwrap();
    let (login, name) = ("city".to_owned(), "city".to_owned());
    let new = NewAccount { unit, login, name, role: Role::Supervisor, region, password_hash: hash };
    account::create(&mut write, new).await.unwrap();
    write.commit().await.unwrap();
    let there = CountyId(THERE.to_owned());
    let kind = world.app.packs().find_map(|p| p.network.as_ref()).unwrap().kind.clone();
    let (town, seat) =
        world.app.regions.towns(THERE).find_map(|(t, _)| Some((t, world.app.regions.seat(t)?))).unwrap();
    let mut write =
        Write::begin(&world.app.db, &there, &Actor::system(), world.app.clock.now()).await.unwrap();
    let station = NewPlace {
        kind,
        name: "邻县驿站".to_owned(),
        town: Some(town.to_owned()),
        position: Some(seat),
        state: "open".to_owned(),
        origin: "synthetic".to_owned(),
        listing: Some(Listing { tier: "basic".to_owned(), hours: "24/7".to_owned(), ..Listing::default() }),
        ..NewPlace::default()
    };
    place::create(&mut write, vec![station]).await.unwrap();
    write.commit().await.unwrap();
    world.log_in("city").await
}

#[tokio::test]
async fn a_city_plans_for_its_counties_and_each_gets_its_own_list() {
    let world = World::new().await;
    row(&world).await;
    let city = city(&world).await;
    let (town, (lon, lat)) =
        world.app.regions.towns(THERE).find_map(|(t, _)| Some((t, world.app.regions.seat(t)?))).unwrap();
    // Many people in the other county, far from its only station, and some here who are not near one either.
    let cell =
        |n: u32| format!("t{n},{},{lat},{town},邻县{n}村,90,90,90\n", lon + 0.05 + 0.005 * f64::from(n));
    let there = format!("{}{}{}", cell(0), cell(1), cell(2));
    let people = format!("{}{there}", demand(&world));
    let taken = world.post_file(&city, ("/layouts/demand", ""), "people.csv", people.as_bytes()).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let sea = format!("{HEAD}\nz1,140.5,30.9,,,1,0,0\n");
    let sea = world.post_file(&city, ("/layouts/demand", ""), "sea.csv", sea.as_bytes()).await;
    assert_eq!(sea.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Somebody of the public asks for a station; one who was refused does not count.
    let at = format!("{}", lon + 0.051);
    let kind = ("kind", "new-place");
    let fields = [kind, ("county", THERE), ("about", "工业园区东门"), ("words", "这里没有"), ("lon", &at)];
    let lat_text = lat.to_string();
    let sent = world.tell("/tell/stations", &[&fields[..], &[("lat", &lat_text)]].concat(), None).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let reach = get(&world, &city, "/layouts/reach").await;
    assert!(reach.contains("邻县"), "both counties' people and stations: {reach}");
    let mut other = without_rules();
    other.retain(|(name, _)| !["budget", "builds"].contains(name));
    other.extend([("budget", "150000"), ("budget", "150000"), ("budget", "0")]);
    other.extend([("builds", "1"), ("builds", "1"), ("builds", "0")]);
    let path = plan_in(&world, CITY, &city, ("", &other)).await;
    let page = get(&world, &city, &path).await;
    assert!(page.contains("工业园区东门"), "what people ask for is a site like others: {page}");
    let approve = format!("{path}/approve");
    assert!(!page.contains("name=\"person\""), "each county says who");
    let form = filled(&page, &approve, &[]);
    let approved = world.send("POST", &approve, Some(&city), Some(&form)).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.body);
    let again = get(&world, &city, &path).await;
    assert!(!again.contains(&format!("action=\"{approve}\"")), "every county has its list");
    // The other county's list stands with the other county, with its unit and a day for each place.
    let other = world.log_in("other").await;
    let own = get(&world, &other, "/commitments").await;
    let part = own.split("href=\"/commitments/").skip(1).find(|p| p.contains("嘉善县")).unwrap();
    let part = get(&world, &other, &format!("/commitments/{}", part.split('"').next().unwrap())).await;
    assert!(part.contains("工业园区东门") && part.contains("12-31"), "{part}");
    let here = world.log_in("supervisor").await;
    let mine = get(&world, &here, "/commitments").await;
    assert!(!mine.contains("嘉善县"), "this county sees its own list alone: {mine}");
    let twice = world.send("POST", &approve, Some(&city), Some(&form)).await;
    assert_eq!(twice.status, StatusCode::SEE_OTHER, "asking again gives nothing twice");
    assert_eq!(
        get(&world, &other, "/commitments").await.matches("嘉善县").count(),
        own.matches("嘉善县").count()
    );
    assert!(!world.bytes(&format!("{path}/list.xlsx"), &city).await.is_empty());
}
