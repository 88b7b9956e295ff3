//! Places of a network: files of them in any datum, the public map, check-ins, ratings, the keeper's link.

use axum::http::StatusCode;
use zhida::ids::CountyId;
use zhida::journal::{Actor, Write};
use zhida::place::{self, Listing, NewPlace};
use zhida_types::Datum;

use crate::county::{Answer, HERE, Session, World};

/// The network that the packs have: kind of place, address, kind of file.
fn network(world: &World) -> (String, String, String) {
    let pack = world.app.packs().find(|p| p.network.is_some()).unwrap();
    let network = pack.network.as_ref().unwrap();
    (network.kind.clone(), network.address.clone(), pack.imports[0].code.clone())
}

fn county() -> CountyId {
    CountyId(HERE.to_owned())
}

/// Seven places in a row from the county's seat eastward, half a kilometre apart.
pub(crate) async fn row(world: &World) -> Vec<String> {
    let (kind, ..) = network(world);
    let (lon, lat) = world.app.regions.seat("330424101").or(world.app.regions.seat(HERE)).unwrap();
    let mut write =
        Write::begin(&world.app.db, &county(), &Actor::system(), world.app.clock.now()).await.unwrap();
    let new = (0..7_u32).map(|n| NewPlace {
        kind: kind.clone(),
        name: format!("{n} 号驿站"),
        address: "海滨路".to_owned(),
        town: Some("330424101".to_owned()),
        position: Some((lon + 0.005 * f64::from(n), lat)),
        state: "open".to_owned(),
        origin: "synthetic".to_owned(),
        listing: Some(Listing {
            tier: "basic".to_owned(),
            entry: if n == 2 { "app" } else { "open" }.to_owned(),
            services: if n % 2 == 0 {
                vec!["rest".to_owned(), "toilet".to_owned()]
            } else {
                vec!["rest".to_owned()]
            },
            hours: if n == 4 { "Mo-Su 00:00-00:01" } else { "24/7" }.to_owned(),
            ..Listing::default()
        }),
        import: None,
    });
    place::create(&mut write, new.collect()).await.unwrap();
    write.commit().await.unwrap();
    world.app.maps.changed();
    (1..=7).map(|n| format!("{HERE}-{n:04}")).collect()
}

async fn get(world: &World, path: &str) -> Answer {
    world.send("GET", path, None, None).await
}

fn codes(answer: &Answer) -> Vec<String> {
    answer.body.split("href=\"/s/").skip(1).map(|p| p.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_stranger_sees_what_is_near_open_and_has_what_is_needed() {
    let world = World::new().await;
    let (_, address, _) = network(&world);
    let empty = get(&world, &format!("/{address}")).await;
    assert_eq!(empty.status, StatusCode::OK);
    assert!(empty.body.contains("note bad"), "nothing there says so");
    let all = row(&world).await;
    let (lon, lat) = world.app.regions.seat("330424101").or(world.app.regions.seat(HERE)).unwrap();
    let from = format!("/{address}?lon={}&lat={lat}", lon + 0.0101);
    let near = get(&world, &from).await;
    assert_eq!(codes(&near)[..3], [all[2].clone(), all[3].clone(), all[1].clone()], "nearest first");
    let need = get(&world, &format!("{from}&need=toilet&open=1")).await;
    assert_eq!(
        codes(&need),
        [all[2].clone(), all[0].clone(), all[6].clone()],
        "with a toilet, and open: not the fifth"
    );
    let town = get(&world, &format!("/{address}?town=330424101&need=nonsense")).await;
    assert_eq!(codes(&town).len(), 7, "a need that nobody knows is left out");
    let manifest = get(&world, &format!("/{address}/manifest.webmanifest")).await;
    let manifest: serde_json::Value = serde_json::from_str(&manifest.body).unwrap();
    assert_eq!(manifest["start_url"], format!("/{address}"));
    let json =
        get(&world, &format!("/api/v1/places?near={lon},{lat}&services=toilet&open_at=now&limit=2")).await;
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(json["places"].as_array().unwrap().len(), 2);
    assert_eq!(json["places"][0]["code"], all[0]);
    let [there_lon, there_lat] = Datum::Gcj02.of_wgs84([lon, lat]);
    let bent = get(&world, &format!("/api/v1/places?near={there_lon},{there_lat}&datum=gcj02&limit=1")).await;
    let bent: serde_json::Value = serde_json::from_str(&bent.body).unwrap();
    assert!(bent["places"][0]["metres"].as_f64().unwrap() < 1.0, "{bent}");
    let collection = get(&world, "/api/v1/places?format=geojson").await;
    let collection: serde_json::Value = serde_json::from_str(&collection.body).unwrap();
    assert_eq!(collection["features"].as_array().unwrap().len(), 7);
    assert_eq!(collection["features"][0]["properties"]["osm"]["toilets"], "yes");
    assert_eq!(get(&world, "/api/v1/places?format=csv").await.body.lines().count(), 8);
    for wrong in ["near=1", "services=nonsense", "open_at=soon", "format=xml", "datum=beijing54"] {
        let answer = get(&world, &format!("/api/v1/places?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let outlines = get(&world, "/api/v1/outlines").await;
    assert!(outlines.body.contains("MultiPolygon"));
    let hangzhou = get(&world, "/api/v1/outlines?lon=120.2&lat=30.3").await;
    let hangzhou: serde_json::Value = serde_json::from_str(&hangzhou.body).unwrap();
    let code = hangzhou["features"][0]["properties"]["code"].as_str().unwrap();
    assert!(code.starts_with("3301"), "the towns about where somebody looks: {code}");
    assert_eq!(get(&world, "/api/v1/outlines?lon=x&lat=30").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn directories_of_services_read_the_places_in_their_standard() {
    let world = World::new().await;
    let all = row(&world).await;
    let read = async |path: &str| {
        let answer = get(&world, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        serde_json::from_str::<serde_json::Value>(&answer.body).unwrap()
    };
    let page = read("/hsds/v3/services?per_page=3&page=3").await;
    assert_eq!(
        (&page["total_items"], &page["total_pages"], &page["size"]),
        (&7.into(), &3.into(), &1.into())
    );
    assert_eq!((&page["first_page"], &page["last_page"]), (&false.into(), &true.into()));
    let one = &page["contents"][0];
    assert_eq!((&one["alternate_name"], &one["status"]), (&all[6].clone().into(), &"active".into()));
    assert!(one.get("service_at_locations").is_none(), "a list holds what is one to one");
    let whole = read(&format!("/hsds/v3/services/{}", one["id"].as_str().unwrap())).await;
    let at = &whole["service_at_locations"][0]["location"];
    assert_eq!(at["location_type"], "physical");
    let rule = &at["schedules"][0];
    assert_eq!((&rule["byday"], &rule["opens_at"]), (&"MO,TU,WE,TH,FR,SA,SU".into(), &"00:00+08:00".into()));
    assert_eq!(whole["attributes"][1]["taxonomy_term"]["code"], "toilet");
    let term = whole["attributes"][1]["taxonomy_term_id"].as_str().unwrap();
    let with = read(&format!("/hsds/v3/services?taxonomy_term_id={term}&full=true")).await;
    assert_eq!(with["total_items"], 4, "those with a toilet");
    assert!(with["contents"][0]["attributes"].is_array());
    assert_eq!(read("/hsds/v3/services?page=9").await["empty"], true);
    for wrong in ["page=0", "per_page=x", "full=1", "taxonomy_term_id=toilet", "modified_after=2026-01-01"] {
        let answer = get(&world, &format!("/hsds/v3/services?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

/// A phone that has seen the page of a place, and so has its number.
async fn phone(world: &World, code: &str) -> Session {
    let page = get(world, &format!("/s/{code}")).await;
    assert_eq!(page.status, StatusCode::OK);
    Session { cookie: page.cookie, csrf: String::new() }
}

#[tokio::test]
async fn a_device_counts_once_however_often_it_is_sent() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let here = format!("/s/{code}/here");
    let without = world.send("POST", &here, None, Some("")).await;
    assert!(without.location.contains("once-more"), "a device without a number gets one first");
    let (one, two) = (phone(&world, &code).await, phone(&world, &code).await);
    for n in 0..50 {
        let answer = world.send("POST", &here, Some(&one), Some("")).await;
        assert!(
            answer.location.contains(if n == 0 { "note=seen" } else { "counted-already" }),
            "{}",
            answer.location
        );
    }
    world.send("POST", &here, Some(&two), Some("")).await;
    let page = get(&world, &format!("/s/{code}")).await.body;
    let visits = page.split("近 30 天打卡次数</dt><dd>").nth(1).unwrap();
    assert!(visits.starts_with("2<"), "two phones: {visits}");
    assert!(page.contains("0 分钟前有人在这里打卡"), "it is open, and since when is told");
    let forged = Session { cookie: "seen=abc.def".to_owned(), csrf: String::new() };
    let answer = world.send("POST", &here, Some(&forged), Some("")).await;
    assert!(answer.location.contains("once-more"), "a number that was not given out does not count");
    // Somebody found it locked: what was seen last says more than the hours.
    world.send("POST", &format!("/s/{code}/locked"), Some(&two), Some("")).await;
    let page = get(&world, &format!("/s/{code}")).await.body;
    assert!(page.contains("锁着"), "{page}");
    let (_, address, _) = network(&world);
    let open = get(&world, &format!("/{address}?open=1&town=330424101")).await;
    assert!(!codes(&open).contains(&code), "nor does the map say that it is open");
}

#[tokio::test]
async fn ratings_are_counted_once_a_day_and_hold_no_html() {
    let world = World::new().await;
    let code = row(&world).await.remove(1);
    let one = phone(&world, &code).await;
    let rate = format!("/s/{code}/rate");
    for bad in ["stars=0", "stars=6", "stars=x"] {
        let answer = world.send("POST", &rate, Some(&one), Some(bad)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    let form = "stars=5&praise=clean&praise=nonsense&words=%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let first = world.send("POST", &rate, Some(&one), Some(form)).await;
    assert!(first.location.contains("note=rated"), "{}", first.location);
    let again = world.send("POST", &rate, Some(&one), Some("stars=1")).await;
    assert!(again.location.contains("rated-already"));
    let two = phone(&world, &code).await;
    world.send("POST", &rate, Some(&two), Some("stars=4")).await;
    let page = get(&world, &format!("/s/{code}")).await.body;
    assert!(page.contains("4.5 / 5") && page.contains("2 人评价") && page.contains("干净 1"), "{page}");
    assert!(!page.contains("<script>alert"), "what people write is text");
}

#[tokio::test]
async fn the_keeper_opens_and_closes_by_a_link_that_can_be_renewed() {
    let world = World::new().await;
    let code = row(&world).await.remove(4);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap();
    let path = format!("/places/{}/keeper", place.id);
    let nobody = world.send("POST", &path, None, Some("")).await;
    assert_ne!(nobody.status, StatusCode::OK, "an officer makes the link");
    let officer = world.log_in("officer").await;
    let link_of = |answer: &Answer| {
        let rest = answer.body.split("/keep/").nth(1).unwrap();
        format!("/keep/{}", rest.split('<').next().unwrap())
    };
    let old = link_of(&world.send("POST", &path, Some(&officer), Some("")).await);
    let answer = world.send("POST", &old, None, Some("open=yes&words=%E5%8A%A0%E7%8F%AD")).await;
    assert!(answer.location.contains("keeper-open"), "{}", answer.location);
    let page = get(&world, &format!("/s/{code}")).await.body;
    assert!(
        page.contains("站长 0 分钟前更新") && page.contains("state open"),
        "open, though its hours say no: {page}"
    );
    let new = link_of(&world.send("POST", &path, Some(&officer), Some("")).await);
    assert_eq!(get(&world, &old).await.status, StatusCode::NOT_FOUND, "the link before is good no longer");
    assert_eq!(get(&world, &new).await.status, StatusCode::OK);
    let sheet = world.bytes(&format!("/places/{}/poster.pdf", place.id), &officer).await;
    assert!(sheet.starts_with(b"%PDF"), "the sheet that hangs there");
    let other = new.replace(&code, &format!("{HERE}-0001"));
    assert_eq!(get(&world, &other).await.status, StatusCode::NOT_FOUND, "it opens one place only");
    assert_eq!(get(&world, "/s/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_to_be_looked_at_stands_on_a_list_of_work() {
    let world = World::new().await;
    let all = row(&world).await;
    let officer = world.log_in("officer").await;
    let (kind, ..) = network(&world);
    let path = format!("/places/watch?kind={kind}");
    // Two people found one locked; somebody was at another.
    for _ in 0..2 {
        let one = phone(&world, &all[3]).await;
        world.send("POST", &format!("/s/{}/locked", all[3]), Some(&one), Some("")).await;
    }
    let one = phone(&world, &all[5]).await;
    world.send("POST", &format!("/s/{}/here", all[5]), Some(&one), Some("")).await;
    let once = phone(&world, &all[1]).await;
    world.send("POST", &format!("/s/{}/locked", all[1]), Some(&once), Some("")).await;
    let page = world.send("GET", &format!("{path}&why=locked"), Some(&officer), None).await.body;
    assert!(page.contains(&all[3]) && !page.contains(&all[1]), "one person is not enough: {page}");
    let page = world.send("GET", &format!("{path}&why=idle"), Some(&officer), None).await.body;
    assert!(page.contains(&all[0]) && !page.contains(&all[5]), "where somebody was is not idle: {page}");
    let page = world.send("GET", &path, Some(&officer), None).await.body;
    assert!(page.contains("缺饮水、热饭、手机充电"), "what the minimum asks for is named: {page}");
    assert!(
        page.contains("至少 15%") || page.contains("至少 15 %"),
        "tiers stand against their shares: {page}"
    );
}

#[tokio::test]
async fn a_machine_that_makes_devices_counts_no_more_than_people_can_come() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let most = world.app.packs().find_map(|p| p.network.as_ref()).unwrap().most_per_hour;
    let mut told = 0;
    for _ in 0..most + 5 {
        let one = phone(&world, &code).await;
        let answer = world.send("POST", &format!("/s/{code}/here"), Some(&one), Some("")).await;
        told += i32::from(answer.location.contains("counted-enough"));
    }
    assert_eq!(told, 5);
    let page = get(&world, &format!("/s/{code}")).await.body;
    assert!(page.contains(&format!("近 30 天打卡次数</dt><dd>{most}<")), "{page}");
    let officer = world.log_in("officer").await;
    let (kind, ..) = network(&world);
    let list = world.send("GET", &format!("/places/watch?kind={kind}&why=crowd"), Some(&officer), None).await;
    assert!(list.body.contains(&code) && list.body.contains("可能是机器刷的"), "{}", list.body);
}

#[tokio::test]
async fn hours_that_no_check_in_matches_are_work_and_openness_is_a_share_of_the_hours_seen() {
    let world = World::new().await;
    let all = row(&world).await;
    let id = async |code: &str| place::by_code(&world.app.db, &county(), code).await.unwrap().unwrap().id;
    let (shut, open) = (id(&all[4]).await, id(&all[0]).await);
    let now = world.app.clock.now();
    let noon = now.date_naive().and_hms_opt(4, 30, 0).unwrap().and_utc();
    let mut write = Write::begin(&world.app.db, &county(), &Actor::system(), now).await.unwrap();
    let sight = |place, day: i64, open| zhida::network::Sight {
        place,
        kind: if open { "here" } else { "locked" }.to_owned(),
        open,
        device: format!("{place}-{day}"),
        words: String::new(),
        at: noon - chrono::Duration::days(day),
    };
    let mut sights: Vec<_> = (1..9).map(|day| sight(shut, day, true)).collect();
    sights.extend((1..4).map(|day| sight(open, day, true)));
    sights.push(sight(open, 4, false));
    sights.sort_by_key(|s| s.at);
    zhida::network::keep(&write, &sights).await.unwrap();
    write.note("test", zhida::journal::Subject::new("place", open), serde_json::json!({})).await.unwrap();
    write.commit().await.unwrap();
    let page = get(&world, &format!("/s/{}", all[0])).await.body;
    assert!(page.contains("75% · 近 90 天营业时间内有人看到的 4 个小时"), "{page}");
    let nobody = get(&world, &format!("/s/{}", all[1])).await.body;
    assert!(nobody.contains("近 90 天没有人看到，不知道"), "{nobody}");
    let officer = world.log_in("officer").await;
    let (kind, ..) = network(&world);
    let path = format!("/places/watch?kind={kind}&why=hours-wrong");
    let list = world.send("GET", &path, Some(&officer), None).await.body;
    assert!(list.contains(&all[4]) && !list.contains(&all[0]), "{list}");
    assert!(list.contains("8 次打卡有 8 次在登记的开放时间之外"), "{list}");
}

/// The address on a page that shows one once.
fn shown_once(answer: &Answer, start: &str) -> String {
    let rest = answer.body.split(start).nth(1).unwrap();
    format!("{start}{}", rest.split('<').next().unwrap())
}

#[tokio::test]
async fn a_keeper_sends_photos_and_says_what_runs_low_and_a_device_says_whether_the_door_is_open() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let officer = world.log_in("officer").await;
    let id = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap().id;
    let made = world.send("POST", &format!("/places/{id}/keeper"), Some(&officer), Some("")).await;
    let link = shown_once(&made, "/keep/");
    // Photos: bytes that are no picture, one that is too large, a real one whose position is taken out.
    let path = format!("{link}/photos");
    let none = world.tell(&path, &[], Some(b"not a picture")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let large = world.tell(&path, &[], Some(&vec![0xFF; 50 << 20])).await;
    assert_eq!(large.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(large.body.contains("40"), "the limit is named: {}", large.body);
    let sent = world.tell(&path, &[], Some(&crate::tips::picture())).await;
    assert!(sent.location.contains("keeper-photos"), "{} {}", sent.status, sent.body);
    let page = get(&world, &format!("/s/{code}")).await.body;
    let photo = format!("/s/{code}/photos/");
    let hash = page.split(&photo).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let kept = get(&world, &format!("{photo}{hash}")).await;
    assert!(kept.status == StatusCode::OK && !kept.body.contains("GPSLatitude"));
    let other = get(&world, &format!("/s/{HERE}-0002/photos/{hash}")).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "only the place that shows it shows it");
    let form = format!("hash={hash}");
    world.send("POST", &format!("/places/{id}/photos/drop"), Some(&officer), Some(&form)).await;
    assert_eq!(get(&world, &format!("{photo}{hash}")).await.status, StatusCode::NOT_FOUND, "taken off");
    let again =
        world.post_photo(&officer, &format!("/places/{id}/photos"), &[], &crate::tips::picture()).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    // What runs low is a finding, once until it is put right.
    for _ in 0..2 {
        let low =
            world.send("POST", &format!("{link}/low"), None, Some("service=rest&service=nonsense")).await;
        assert!(low.location.contains("keeper-low"), "{}", low.body);
    }
    let empty = world.send("POST", &format!("{link}/low"), None, Some("")).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = get(&world, &link).await.body;
    assert_eq!(page.matches("快用完了 <span").count(), 1, "{page}");
    let findings = world.send("GET", &format!("/findings?about=place:{id}"), Some(&officer), None).await.body;
    assert!(findings.contains("站长说快用完了"), "{findings}");
    // The device's address is another one, and says nothing but open or not.
    let made = world.send("POST", &format!("/places/{id}/device"), Some(&officer), Some("")).await;
    let beat = shown_once(&made, "/beat/");
    assert_eq!(
        world.send("POST", &beat, None, Some("open=maybe")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    for open in ["no", "no", "yes", "no"] {
        let answer = world.send("POST", &beat, None, Some(&format!("open={open}"))).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    let page = get(&world, &format!("/s/{code}")).await.body;
    assert!(page.contains("关着：门上设备 0 分钟前上报"), "{page}");
    let since = world.app.clock.now() - chrono::Duration::hours(1);
    let seen = zhida::network::sights(&world.app.db, &county(), id, since).await.unwrap();
    assert_eq!(seen.len(), 3, "the same again is not written down again");
    let wrong = beat.replace("/beat/", "/keep/");
    assert_eq!(get(&world, &wrong).await.status, StatusCode::NOT_FOUND, "it opens nothing else");
}

/// Takes a file of places in: its page after the check, and its address.
async fn check(world: &World, session: &Session, name: &str, text: &str) -> (String, String) {
    let (_, _, kind) = network(world);
    let page = world.upload(session, &kind, name, text.as_bytes()).await;
    (page.body, page.location)
}

#[tokio::test]
async fn a_file_of_places_is_checked_row_by_row_and_can_be_taken_back() {
    let world = World::new().await;
    let session = world.log_in("supervisor").await;
    let all = row(&world).await;
    let known = place::by_code(&world.app.db, &county(), &all[0]).await.unwrap().unwrap();
    let (lon, lat) = (known.lon.unwrap(), known.lat.unwrap());
    let rows = [
        format!("新站甲,武原街道,{},{lat},24小时,歇脚、热饭,标杆型", lon - 0.01),
        format!("0 号驿站,,{lon},{lat},周一至周五8:00-18:00,,"),
        format!("新站乙,武原街道,{},{lat},上班时间,歇脚,", lon - 0.02),
        format!("新站丙,武原街道,{},{lat},24/7,按摩,", lon - 0.03),
        "海里的站,,122.5,30.5,24/7,歇脚,".to_owned(),
        "没有位置的站,,,,24/7,歇脚,".to_owned(),
        format!("6 号驿站,,{},{lat},24/7,歇脚,", lon - 0.05),
        "堆甲,,120.9,30.5,24/7,歇脚,".to_owned(),
        "堆乙,,120.9,30.5,24/7,歇脚,".to_owned(),
        "堆丙,,120.9,30.5,24/7,歇脚,".to_owned(),
    ];
    let text = format!("站点名称,镇（街道）,经度,纬度,开放时间,服务项目,等级\n{}\n", rows.join("\n"));
    let (page, path) = check(&world, &session, "stations.csv", &text).await;
    for words in
        ["^上班时间", "按摩", "不在本县", "没有经纬度", "名册上有同名站点在别处", "有 3 行在同一个点上"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let answer = world.send("POST", &format!("{path}/apply"), Some(&session), Some("")).await;
    let counts = world.run(&answer).await;
    assert_eq!(
        (counts["counts"]["created"].as_u64(), counts["counts"]["updated"].as_u64()),
        (Some(1), Some(1)),
        "{counts}"
    );
    let changed = place::by_code(&world.app.db, &county(), &all[0]).await.unwrap().unwrap();
    assert_eq!(changed.hours, "Mo-Fr 08:00-18:00");
    assert_eq!(changed.services, known.services, "what the file does not say stays");
    let made = place::by_code(&world.app.db, &county(), &format!("{HERE}-0008")).await.unwrap().unwrap();
    assert_eq!(
        (made.tier.as_str(), made.services.as_str(), made.hours.as_str()),
        ("benchmark", "[\"rest\",\"meal\"]", "24/7")
    );
    let answer = world.send("POST", &format!("{path}/undo"), Some(&session), Some("")).await;
    world.run(&answer).await;
    let back = place::by_code(&world.app.db, &county(), &all[0]).await.unwrap().unwrap();
    assert_eq!((back.hours, back.services), (known.hours, known.services), "as it was before the file");
    assert!(place::by_code(&world.app.db, &county(), &format!("{HERE}-0008")).await.unwrap().is_none());
}

#[tokio::test]
async fn undoing_a_file_closes_places_on_which_something_hangs_and_deletes_the_others() {
    let world = World::new().await;
    let session = world.log_in("supervisor").await;
    let (lon, lat) = world.app.regions.seat("330424101").unwrap();
    let text = format!("站点名称,经度,纬度\n挂着活动的站,{lon},{lat}\n什么也没有的站,{},{lat}\n", lon + 0.02);
    let (_, path) = check(&world, &session, "two.csv", &text).await;
    let answer = world.send("POST", &format!("{path}/apply"), Some(&session), Some("")).await;
    world.run(&answer).await;
    let place = place::by_code(&world.app.db, &county(), &format!("{HERE}-0001")).await.unwrap().unwrap();
    let day = world.app.clock.today().plus_days(3);
    let form = format!("place={}&kind=cooling&title=t&from={day}T10:00&to={day}T11:00", place.id);
    let made = world.send("POST", "/events", Some(&session), Some(&form)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let answer = world.send("POST", &format!("{path}/undo"), Some(&session), Some("")).await;
    world.run(&answer).await;
    let left = place::all(&world.app.db, &county()).await.unwrap();
    let left: Vec<(&str, &str)> = left.iter().map(|p| (p.name.as_str(), p.state.as_str())).collect();
    assert_eq!(left, [("挂着活动的站", "closed")]);
}

#[tokio::test]
async fn twelve_thousand_stations_on_one_point_are_sent_back_and_nothing_is_written() {
    let world = World::new().await;
    let session = world.log_in("supervisor").await;
    let (lon, lat) = world.app.regions.seat("330424101").unwrap();
    let rows: Vec<String> = (0..12_000).map(|n| format!("堆站{n},{lon},{lat}")).collect();
    let text = format!("站点名称,经度,纬度\n{}\n", rows.join("\n"));
    let (page, path) = check(&world, &session, "heap.csv", &text).await;
    assert!(page.contains("有 12000 行在同一个点上"), "{page}");
    let answer = world.send("POST", &format!("{path}/apply"), Some(&session), Some("")).await;
    assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(place::all(&world.app.db, &county()).await.unwrap().is_empty(), "nothing was written");
    let (_, address, _) = network(&world);
    assert_eq!(get(&world, &format!("/{address}")).await.status, StatusCode::OK, "the server stays up");
}

#[tokio::test]
async fn a_datum_that_is_declared_wrongly_is_found_out() {
    let world = World::new().await;
    let session = world.log_in("supervisor").await;
    let all = row(&world).await;
    let mut rows = Vec::new();
    for code in &all {
        let p = place::by_code(&world.app.db, &county(), code).await.unwrap().unwrap();
        let [lon, lat] = Datum::Gcj02.of_wgs84([p.lon.unwrap(), p.lat.unwrap()]);
        rows.push(format!("{},{lon},{lat}", p.name));
    }
    let text = format!("站点名称,经度,纬度\n{}\n", rows.join("\n"));
    let (page, path) = check(&world, &session, "stations.csv", &text).await;
    assert!(page.contains("整体错开") && page.contains("gcj02"), "{page}");
    let form = "sheet=&column=name&column=lon&column=lat&datum=gcj02";
    let answer = world.send("POST", &format!("{path}/mapping"), Some(&session), Some(form)).await;
    world.run(&answer).await;
    let page = world.send("GET", &path, Some(&session), None).await.body;
    assert!(!page.contains("整体错开") && page.contains("没有发现问题"), "{page}");
    let swapped = "站点名称,经度,纬度\n甲站,30.52,120.95\n乙站,30.53,120.96\n";
    let (page, _) = check(&world, &session, "swapped.csv", swapped).await;
    assert!(page.contains("对调"), "{page}");
    let geojson = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[120.951,30.521]},"properties":{"name":"丁站","services":["rest","toilet"],"opening_hours":"24/7"}}]}"#;
    let (page, _) = check(&world, &session, "stations.geojson", geojson).await;
    assert!(page.contains("没有发现问题"), "{page}");
    let (page, _) = check(&world, &session, "cut.geojson", geojson.get(..80).unwrap()).await;
    assert!(page.contains("不是完整的 GeoJSON"), "{page}");
}
