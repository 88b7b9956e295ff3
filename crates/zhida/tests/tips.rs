//! Reports of the public, what is settled before something is put right, letters, grades of firms.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use zhida::ids::CountyId;
use zhida::journal::{Actor, Write};
use zhida::party::{self, Identity, NewParty, Sheet};
use zhida_types::CreditCode;

use crate::county::{Answer, HERE, Session, World};

fn county() -> CountyId {
    CountyId(HERE.to_owned())
}

/// A small picture with a position that a camera wrote beside it.
pub(crate) fn picture() -> Vec<u8> {
    let mut jpeg = Vec::new();
    let image = image::RgbImage::from_fn(64, 48, |x, y| {
        image::Rgb([u8::try_from(x * 3).unwrap(), u8::try_from(y * 4).unwrap(), 90])
    });
    image.write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    let exif = b"Exif\0\0GPSLatitude 30.5";
    let mut with = jpeg[..2].to_vec();
    with.extend([0xFF, 0xE1]);
    with.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    with.extend(exif);
    with.extend(&jpeg[2..]);
    with
}

/// Sends a report as the public page does.
async fn tell(world: &World, fields: &[(&str, &str)], photo: Option<&[u8]>) -> Answer {
    world.tell("/tell/safety", fields, photo).await
}

/// A tip and a letter, made through the pages.
pub(crate) async fn pages(world: &World, session: &Session, finding: &str) -> Vec<(&'static str, String)> {
    tell(world, &[("kind", "exit-blocked"), ("about", "西门仓库"), ("words", "堵了")], None).await;
    let list = world.send("GET", "/tips", Some(session), None).await.body;
    let tip = list.split("href=\"/tips/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = format!("finding={finding}&code=supervision-opinion&to_name=%E5%8E%82&due=2099-01-01");
    let sent = world.send("POST", "/letters", Some(session), Some(&form)).await;
    let letter = sent.location.split('/').nth(2).unwrap().split('?').next().unwrap().to_owned();
    vec![("tip", tip), ("letter", letter)]
}

#[tokio::test]
async fn a_hazard_is_reported_without_a_name_taken_up_put_right_and_followed() {
    let world = World::new().await;
    let empty = tell(&world, &[("kind", "exit-blocked"), ("about", "西门仓库")], None).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "neither words nor a photo");
    let nowhere = tell(&world, &[("kind", "exit-blocked"), ("words", "堵了")], None).await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    let no_picture = tell(&world, &[("kind", "other"), ("about", "西门")], Some(b"not a picture")).await;
    assert_eq!(no_picture.status, StatusCode::UNPROCESSABLE_ENTITY);
    let photo = picture();
    assert!(photo.windows(11).any(|w| w == b"GPSLatitude"));
    let fields =
        [("kind", "exit-blocked"), ("about", "西门仓库"), ("town", "330424101"), ("contact", "老王")];
    let sent = tell(&world, &fields, Some(&photo)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let link = sent.location.split('?').next().unwrap().to_owned();
    let page = world.send("GET", &link, None, None).await;
    assert!(page.body.contains("西门仓库") && !page.body.contains("老王"), "the link shows no name");
    let other = format!("{link}x");
    assert_eq!(world.send("GET", &other, None, None).await.status, StatusCode::NOT_FOUND);
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let list = world.send("GET", "/tips", Some(&officer), None).await.body;
    let tip = list.split("href=\"/tips/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let shown = world.send("GET", &format!("/tips/{tip}"), Some(&officer), None).await.body;
    assert!(shown.contains("老王"));
    let hash = shown.split("/photos/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let kept = world.bytes(&format!("/photos/{hash}"), &officer).await;
    assert!(!kept.windows(11).any(|w| w == b"GPSLatitude"), "what the camera wrote beside it is gone");
    let accept = format!("/tips/{tip}/accept");
    let taken = world.send("POST", &accept, Some(&officer), Some("version=1&words=马上去看")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let twice = world.send("POST", &accept, Some(&supervisor), Some("version=1")).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    // A grave finding has five things settled before it counts as put right.
    let finding = taken.location.split('?').next().unwrap().to_owned();
    let fix = |photo: &'static str| [("act", "fix"), ("version", photo), ("words", "搬走了")];
    let early = world.post_photo(&officer, &format!("{finding}/act"), &fix("1"), &picture()).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.body.contains("预案落实"), "{}", early.body);
    let plan = "version=1&responsibility=仓库主管&measure=清理&funds=无需&deadline=今天&contingency=专人值守";
    let settled = world.send("POST", &format!("{finding}/plan"), Some(&officer), Some(plan)).await;
    assert_eq!(settled.status, StatusCode::SEE_OTHER, "{}", settled.body);
    let fixed = world.post_photo(&officer, &format!("{finding}/act"), &fix("2"), &picture()).await;
    assert_eq!(fixed.status, StatusCode::SEE_OTHER, "{}", fixed.body);
    let page = world.send("GET", &link, None, None).await.body;
    assert!(page.contains("马上去看") && page.contains("报告整改"), "who reported it follows it: {page}");
}

#[tokio::test]
async fn a_letter_has_a_number_a_day_for_the_answer_and_a_pdf() {
    let world = World::new().await;
    let mut write =
        Write::begin(&world.app.db, &county(), &Actor::system(), world.app.clock.now()).await.unwrap();
    let rows = crate::deliver::rows(&world, &mut write).await;
    write.commit().await.unwrap();
    let finding = &rows.iter().find(|(n, _)| *n == "finding").unwrap().1;
    let officer = world.log_in("officer").await;
    let form = |due: &str| {
        format!("finding={finding}&code=supervision-opinion&to_name=%E7%94%B2%E5%8E%82&due={due}")
    };
    let past = world.send("POST", "/letters", Some(&officer), Some(&form("2020-01-01"))).await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let sent = world.send("POST", "/letters", Some(&officer), Some(&form("2099-01-01"))).await;
        let path = sent.location.split('?').next().unwrap().to_owned();
        let page = world.send("GET", &path, Some(&officer), None).await.body;
        assert!(page.contains("甲厂：") && page.contains("2099年1月1日") && page.contains("堵塞"), "{page}");
        numbers.push(page.split("号").next().unwrap().rsplit('〕').next().unwrap().trim().to_owned());
        let pdf = world.bytes(&format!("{path}/pdf"), &officer).await;
        assert!(pdf.starts_with(b"%PDF"));
    }
    assert_eq!(numbers, ["1", "2"]);
}

/// Registers so many firms of each kind: in good order, but for the facts that are named.
async fn firms(world: &World, kinds: &[(&[(&str, Value)], usize)]) -> std::sync::Arc<party::Snapshot> {
    let mut write =
        Write::begin(&world.app.db, &county(), &Actor::system(), world.app.clock.now()).await.unwrap();
    let mut new = Vec::new();
    for (but, count) in kinds {
        let base = [("deaths", 0), ("grave_open", 0), ("accidents", 0)];
        let mut facts: BTreeMap<String, Value> = base.map(|(k, n)| (k.to_owned(), Value::from(n))).into();
        facts.insert("standard".to_owned(), Value::from("second"));
        facts.insert("trained".to_owned(), Value::from(95.0));
        facts.insert("hazards".to_owned(), Value::from(vec!["height"]));
        facts.extend(but.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        for _ in 0..*count {
            let code = CreditCode::complete("330499", &format!("{:08}", new.len())).unwrap();
            let sheet = Sheet {
                source: "officer".to_owned(),
                purpose: String::new(),
                as_of: world.app.clock.today(),
                import: None,
                values: facts.clone(),
            };
            let identity = Identity::firm(&format!("{} 号企业", new.len()), Some(&code), None);
            let origin = "synthetic".to_owned();
            new.push(NewParty { identity, sheet, town: None, place: None, origin });
        }
    }
    party::create_many(&world.app, &write, "enterprise", &new).await.unwrap();
    let detail = serde_json::json!({ "firms": new.len() });
    write.note("party-made", zhida::journal::Subject::new("county", HERE), detail).await.unwrap();
    write.commit().await.unwrap();
    party::recompute(&world.app, &county(), &Actor::system()).await.unwrap();
    world.app.snapshot(&county(), "enterprise").await.unwrap()
}

/// Pinghu, end of 2023: 1,229 firms, of which 720 A, 391 B, 116 C, 2 D.
#[tokio::test]
async fn firms_are_graded_as_the_county_published() {
    let world = World::new().await;
    let kinds: [(&[(&str, Value)], usize); 4] = [
        (&[], 720),
        (&[("standard", Value::from("third"))], 391),
        (&[("accidents", Value::from(2))], 116),
        (&[("grave_open", Value::from(1))], 2),
    ];
    let snapshot = firms(&world, &kinds).await;
    let graded = |grade: &str| snapshot.people.iter().filter(|p| p.tier.as_deref() == Some(grade)).count();
    assert_eq!(["A", "B", "C", "D"].map(graded), [720, 391, 116, 2]);
    let officer = world.log_in("officer").await;
    let page = world.send("GET", "/people?kind=enterprise&f=tier:D", Some(&officer), None).await.body;
    assert!(page.contains("D 级"), "{page}");
}

/// Pinghu, first quarter of 2024: 1,271 firms, of which 1,127 green, 142 yellow, 2 red.
#[tokio::test]
async fn lamps_light_as_the_county_published_and_follow_the_facts() {
    let world = World::new().await;
    let kinds: [(&[(&str, Value)], usize); 4] = [
        (&[], 1_127),
        (&[("accidents", Value::from(1))], 100),
        (&[("trained", Value::from(50.0))], 42),
        (&[("deaths", Value::from(1))], 2),
    ];
    let snapshot = firms(&world, &kinds).await;
    let lamp = snapshot.register.profile.find("lamp").unwrap();
    let lit = |snapshot: &party::Snapshot, colour: &str| {
        let is = |row: &usize| snapshot.table.cell(*row, lamp) == zhida_rules::Cell::Code(colour.to_owned());
        (0..snapshot.people.len()).filter(is).count()
    };
    assert_eq!(["green", "yellow", "red"].map(|c| lit(&snapshot, c)), [1_127, 142, 2]);
    let officer = world.log_in("officer").await;
    let page = world.send("GET", "/people?kind=enterprise&f=lamp:red", Some(&officer), None).await.body;
    assert!(page.contains("共 2 个"), "{page}");
    // Another fact, another lamp: nobody sets it.
    let red = (0..snapshot.people.len())
        .find(|row| snapshot.table.cell(*row, lamp) == zhida_rules::Cell::Code("red".to_owned()));
    let id = snapshot.people[red.unwrap()].id;
    let form = world.send("GET", &format!("/people/{id}/facts"), Some(&officer), None).await.body;
    assert!(form.contains("name=\"deaths\"") && !form.contains("name=\"lamp\""), "a lamp is not filled in");
    let saved = world.send("POST", &format!("/people/{id}/facts"), Some(&officer), Some("deaths=0")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let snapshot = world.app.snapshot(&county(), "enterprise").await.unwrap();
    assert_eq!(["green", "yellow", "red"].map(|c| lit(&snapshot, c)), [1_128, 142, 1]);
}

/// What `GeoReport` v2 asks for, as JSON and XML.
#[tokio::test]
async fn other_programs_report_and_follow() {
    let world = World::new().await;
    let get = async |path: &str| world.send("GET", &format!("/open311/v2/{path}"), None, None).await;
    let json = |answer: &Answer| serde_json::from_str::<Value>(&answer.body).unwrap();
    let services = json(&get("services.json").await);
    let first = &services[0];
    for field in ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"] {
        assert!(!first[field].is_null(), "{field}");
    }
    let code = first["service_code"].as_str().unwrap().to_owned();
    let xml = get("services.xml").await.body;
    assert!(
        xml.starts_with("<?xml") && xml.contains(&format!("<service_code>{code}</service_code>")),
        "{xml}"
    );
    let definition = json(&get(&format!("services/{code}.json")).await);
    assert_eq!(
        (definition["service_code"].as_str(), definition["attributes"].as_array().map(Vec::len)),
        (Some(code.as_str()), Some(0))
    );
    assert_eq!(get("services/nonsense.json").await.status, StatusCode::NOT_FOUND);
    let post = async |form: String| world.send("POST", "/open311/v2/requests.json", None, Some(&form)).await;
    for bad in [
        format!("service_code={code}&description=x"),
        format!("service_code={code}&address_string=a"),
        format!("service_code={code}&description=x&lat=0&long=0"),
        "service_code=nonsense&description=x&address_string=a".to_owned(),
        format!("service_code={code}&description=x&address_string=a&jurisdiction_id=moon"),
    ] {
        let answer = post(bad.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(json(&answer)[0]["code"], 400);
    }
    let made = json(&post(format!("service_code={code}&description=%3Cb%3Ehis+name%3C%2Fb%3E&address_string=A+%26+B&lat=30.52&long=120.95&phone=1")).await);
    let id = made[0]["service_request_id"].as_str().unwrap().to_owned();
    assert!(
        made[0]["service_notice"].as_str().unwrap().contains("/tell/"),
        "the link by which it is followed"
    );
    let found = json(&get(&format!("requests/{id}.json")).await);
    assert_eq!(
        (found[0]["status"].as_str(), found[0]["service_code"].as_str()),
        (Some("open"), Some(code.as_str()))
    );
    assert!(found[0]["description"].is_null(), "words may name somebody: {found}");
    let xml = get("requests.xml?status=open").await.body;
    assert!(xml.contains("<address>A &amp; B</address>") && !xml.contains("his name"), "{xml}");
    assert_eq!(json(&get("requests.json?status=closed").await).as_array().unwrap().len(), 0);
    assert_eq!(get("requests.json?status=half").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(get("requests.json?start_date=soon").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(json(&get("requests.json?end_date=2020-01-01T00:00:00Z").await).as_array().unwrap().len(), 0);
    let definition = get(&format!("services/{code}.xml")).await.body;
    assert!(
        definition.contains(&format!(
            "<service_definition><attributes></attributes><service_code>{code}</service_code>"
        )),
        "{definition}"
    );
    let officer = world.log_in("officer").await;
    world.send("POST", &format!("/tips/{id}/close"), Some(&officer), Some("version=1&words=known")).await;
    let closed = json(&get(&format!("requests.json?service_request_id={id}")).await);
    assert_eq!(
        (closed[0]["status"].as_str(), closed[0]["status_notes"].as_str()),
        (Some("closed"), Some("known"))
    );
}
