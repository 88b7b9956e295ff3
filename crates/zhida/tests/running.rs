//! Running stations: workers who look at some of them, measures after a hearing, events.

use axum::http::StatusCode;
use zhida::ids::CountyId;
use zhida::journal::{Actor, Write};
use zhida::place;

use crate::county::{Answer, HERE, Session, World};
use crate::network::row;

fn county() -> CountyId {
    CountyId(HERE.to_owned())
}

async fn act(world: &World) -> Write {
    Write::begin(&world.app.db, &county(), &Actor::system(), world.app.clock.now()).await.unwrap()
}

async fn get(world: &World, path: &str, session: Option<&Session>) -> Answer {
    world.send("GET", path, session, None).await
}

/// The first part of a text between two others.
fn between(text: &str, from: &str, to: &str) -> String {
    let rest = text.split(from).nth(1).unwrap_or_default();
    rest.split(to).next().unwrap().to_owned()
}

#[tokio::test]
async fn workers_look_at_stations_that_were_drawn_and_the_county_learns_how_many_are_good() {
    let world = World::new().await;
    row(&world).await;
    let (officer, reviewer) = (world.log_in("officer").await, world.log_in("reviewer").await);
    let accounts = zhida::account::list(&world.app.db, &county()).await.unwrap();
    let rider = accounts.iter().find(|a| a.login == "reviewer").unwrap().id;
    let form = format!("list=stations/rider&which=draw&percent=50&reviewer={rider}&due=2099-01-01");
    let planned = world.send("POST", "/checks", Some(&officer), Some(&form)).await;
    assert_eq!(planned.status, StatusCode::SEE_OTHER, "{}", planned.body);
    let list = get(&world, "/checks/draws", Some(&officer)).await.body;
    let seed = between(&list, "/checks/draws/", "\"");
    let early = get(&world, &format!("/checks/draws/{seed}"), Some(&officer)).await.body;
    assert!(early.contains("查完至少 2 个后推算"), "{early}");
    // The draw can be drawn again from what the page says: town, seed, share.
    let all = place::all(&world.app.db, &county()).await.unwrap();
    let frame: Vec<(String, String)> =
        all.iter().map(|p| (p.town.clone().unwrap(), p.id.to_string())).collect();
    let again = zhida::check::draw(&seed, 50, &frame);
    assert_eq!(again.ids.len(), 4, "half of seven, rounded up");
    let mine = get(&world, "/api/checks", Some(&reviewer)).await.body;
    let mine: serde_json::Value = serde_json::from_str(&mine).unwrap();
    let asked = mine["checks"].as_array().unwrap();
    let mut names: Vec<&str> = asked.iter().map(|c| c["about"].as_str().unwrap()).collect();
    let mut drawn: Vec<&str> =
        all.iter().filter(|p| again.ids.contains(&p.id.to_string())).map(|p| p.name.as_str()).collect();
    names.sort_unstable();
    drawn.sort_unstable();
    assert_eq!(names, drawn);
    for (n, check) in asked.iter().enumerate() {
        let open = if n == 0 { "no" } else { "yes" };
        let values: Vec<[&str; 2]> = ["found", "rest", "water", "meal", "charge", "clean"]
            .iter()
            .map(|q| [*q, "yes"])
            .chain([["open", open]])
            .collect();
        let now = world.app.clock.now().to_rfc3339();
        let body = serde_json::json!({ "id": check["id"], "csrf": reviewer.csrf(), "values": values,
            "filled_at": now, "sent_at": now });
        let answer = world.post_json("/api/checks", &reviewer, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let shown = get(&world, &format!("/checks/draws/{seed}"), Some(&officer)).await.body;
    assert!(shown.contains("<strong>75.0%</strong> 合格率（推算）"), "three of four: {shown}");
    let interval = between(&shown, "95% 置信区间 ", "<");
    let (low, high) = interval.split_once('–').unwrap();
    let number = |text: &str| text.trim_end_matches('%').parse::<f64>().unwrap();
    assert!(number(low) > 30.0 && number(high) < 97.0, "{interval}");
    assert!(shown.contains("微波炉能用"), "each question has its share: {shown}");
    // Who found a door locked is a sight of it, with its age.
    let locked = all.iter().find(|p| Some(p.name.as_str()) == asked[0]["about"].as_str()).unwrap();
    let page = get(&world, &format!("/s/{}", locked.code.as_ref().unwrap()), None).await.body;
    assert!(page.contains("关着：检查人员 0 分钟前到过"), "{page}");
    let findings = get(&world, &format!("/findings?about=place:{}", locked.id), Some(&officer)).await.body;
    assert!(findings.contains("开放时间内进不去"), "{findings}");
    assert_eq!(get(&world, "/places", Some(&reviewer)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        get(&world, &format!("/checks/draws/{seed}"), Some(&reviewer)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(get(&world, "/checks/draws/nonsense", Some(&officer)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_station_knows_its_score_and_what_is_missing_for_the_next_tier() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap().id;
    let officer = world.log_in("officer").await;
    let path = format!("/places/{place}/standard");
    let before = get(&world, &path, Some(&officer)).await.body;
    assert!(before.contains("还没有按这个等级的标准检查过") && before.contains("饮水"), "{before}");
    let accounts = zhida::account::list(&world.app.db, &county()).await.unwrap();
    let me = accounts.iter().find(|a| a.login == "officer").unwrap().id;
    let form = format!("list=stations/benchmark&which=chosen&subject={place}&reviewer={me}&due=2099-01-01");
    world.send("POST", "/checks", Some(&officer), Some(&form)).await;
    let mine = get(&world, "/api/checks", Some(&officer)).await.body;
    let id = between(&mine, "\"id\":\"", "\"");
    let sent = world
        .post_photo(
            &officer,
            &format!("/checks/{id}"),
            &[
                ("eight", "yes"),
                ("content", "yes"),
                ("groups", "yes"),
                ("hours", "yes"),
                ("brand", "no"),
                ("events", "2"),
                ("manner", "yes"),
            ],
            &crate::tips::picture(),
        )
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let page = get(&world, &path, Some(&officer)).await.body;
    assert!(page.contains("得分 70，合格 80"), "{page}");
    assert!(page.contains("<li>有自己的服务品牌") && page.contains("<li>一年内集中服务活动次数"), "{page}");
    assert!(
        !page.contains("<li>“八有”全部达到</li>") || page.matches("“八有”全部达到").count() == 1,
        "{page}"
    );
    let other = world.log_in("other").await;
    assert_eq!(get(&world, &path, Some(&other)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn somebody_answers_for_what_keeps_a_station_going_or_it_is_looked_at() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap().id;
    let officer = world.log_in("officer").await;
    let path = format!("/places/{place}/upkeep");
    assert_eq!(get(&world, &path, Some(&officer)).await.status, StatusCode::OK);
    let duties = "duty=water%3Dpartner&duty=power%3Dpartner&duty=cleaning%3Down&duty=opening%3Dpartner&duty=repairs%3Down";
    let form =
        |more: &str, version: i64| format!("{duties}{more}&cost=12000&keeper_hours=20&version={version}");
    let bad = world.send("POST", &path, Some(&officer), Some("cost=much&version=0")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let saved = world.send("POST", &path, Some(&officer), Some(&form("", 0))).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let stale = world.send("POST", &path, Some(&officer), Some(&form("", 0))).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "somebody was quicker");
    let watch = "/places/watch?kind=worker-station&why=";
    let list = get(&world, &format!("{watch}nobody-answers"), Some(&officer)).await.body;
    assert!(
        list.contains(&code) && !list.contains(&format!("{HERE}-0002")),
        "nobody brings supplies: {list}"
    );
    let whole = form("&duty=supplies%3Down&duty=nonsense%3Down&duty=water%3Dmoon", 1);
    world.send("POST", &path, Some(&officer), Some(&whole)).await;
    let list = get(&world, &format!("{watch}nobody-answers"), Some(&officer)).await.body;
    assert!(!list.contains(&code), "{list}");
    let items = format!("/places/{place}/equipment");
    let future =
        world.send("POST", &items, Some(&officer), Some("name=x&service=rest&since=2999-01-01")).await;
    assert_eq!(future.status, StatusCode::UNPROCESSABLE_ENTITY);
    let added =
        world.send("POST", &items, Some(&officer), Some("name=饮水机&service=water&since=2020-05-01")).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    let page = get(&world, &path, Some(&officer)).await.body;
    let item = between(&page, &format!("{items}/"), "\"");
    let marked =
        world.send("POST", &format!("{items}/{item}"), Some(&officer), Some("state=broken&words=漏水")).await;
    assert_eq!(marked.status, StatusCode::SEE_OTHER, "{}", marked.body);
    let list = get(&world, &format!("{watch}broken"), Some(&officer)).await.body;
    assert!(list.contains(&code) && list.contains("1 件设备坏了"), "{list}");
    let other = world.log_in("other").await;
    for hidden in [path.clone(), items.clone(), format!("{items}/{item}")] {
        let form = Some("state=gone&name=x&service=rest&version=2");
        assert_eq!(world.send("POST", &hidden, Some(&other), form).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn each_kind_of_worker_says_how_it_is_and_what_is_missed() {
    let world = World::new().await;
    let code = row(&world).await.remove(1);
    let rate = format!("/s/{code}/rate");
    for (who, stars, wish) in
        [("courier", 5, "toilet"), ("courier", 2, "toilet"), ("cleaner", 4, ""), ("spy", 3, "moon")]
    {
        let one = phone(&world, &format!("/s/{code}")).await;
        let form = format!("stars={stars}&who={who}&wish={wish}");
        let said = world.send("POST", &rate, Some(&one), Some(&form)).await;
        assert!(said.location.contains("rated"), "{}", said.body);
    }
    let officer = world.log_in("officer").await;
    let page = get(&world, "/places/use?kind=worker-station", Some(&officer)).await.body;
    assert!(
        page.contains(
            "快递外卖员</th><td class=\"num\">2</td><td class=\"num\">3.5</td><td class=\"text\">如厕 2"
        ),
        "{page}"
    );
    assert!(page.contains("环卫工人</th><td class=\"num\">1</td><td class=\"num\">4.0</td>"), "{page}");
    assert!(!page.contains("spy") && !page.contains("moon"), "what nobody knows is not kept");
}

#[tokio::test]
async fn tiles_are_asked_for_only_where_the_installation_names_a_server() {
    let plain = World::new().await;
    let outlines = get(&plain, "/api/v1/outlines", None).await.body;
    assert!(!outlines.contains("\"tiles\""));
    let set = |config: &mut zhida::config::Config| {
        config.map.tiles = "https://t.example/{z}/{x}/{y}.png".to_owned();
        config.map.attribution = "© somebody".to_owned();
    };
    let world = World::with(zhida::clock::Clock::system(), set).await;
    let outlines = get(&world, "/api/v1/outlines", None).await.body;
    let outlines: serde_json::Value = serde_json::from_str(&outlines).unwrap();
    assert_eq!(outlines["tiles"]["attribution"], "© somebody");
    let (policy, without) = (world.policy("/stations").await, plain.policy("/stations").await);
    assert!(policy.contains("img-src 'self' data: blob: https://t.example;"), "{policy}");
    assert!(without.contains("img-src 'self' data: blob:;"), "{without}");
}

#[tokio::test]
async fn a_station_is_struck_off_only_after_its_keeper_was_heard_and_by_somebody_else() {
    let mut world = World::new().await;
    let code = row(&world).await.remove(0);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap();
    let (officer, supervisor, other) =
        (world.log_in("officer").await, world.log_in("supervisor").await, world.log_in("admin").await);
    let blank = get(&world, &format!("/hearings/new?about=place:{}", place.id), Some(&officer)).await;
    assert_eq!(blank.status, StatusCode::OK);
    let day = |n: i64| world.app.clock.today().plus_days(n).to_string();
    let form = |grounds: &str, until: &str| {
        format!("about=place:{}&sanction=strike-off&grounds={grounds}&until={until}", place.id)
    };
    let why = "两个月内三次抽查锁门，没有饮用水";
    for (bad, words) in [(form("锁门", &day(8)), "10 个字"), (form(why, &day(3)), &*day(7))] {
        let answer = world.send("POST", "/hearings", Some(&supervisor), Some(&bad)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(words), "{}", answer.body);
    }
    let opened = world.send("POST", "/hearings", Some(&supervisor), Some(&form(why, &day(7)))).await;
    let link = format!("/hear/{}", between(&opened.body, "/hear/", "<"));
    let hearing = format!("/hearings/{}", between(&opened.body, "/hearings/", "\""));
    let twice = world.send("POST", "/hearings", Some(&officer), Some(&form(why, &day(9)))).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "one at a time");
    let ruling = |decision: &str, version: i64| {
        format!("decision={decision}&reasons=抽查三次均未开放，整改后仍未改&version={version}")
    };
    let decide = format!("{hearing}/decide");
    let early = world.send("POST", &decide, Some(&other), Some(&ruling("imposed", 1))).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "nobody was heard yet");
    let low = world.send("POST", &decide, Some(&officer), Some(&ruling("imposed", 1))).await;
    assert_eq!(low.status, StatusCode::FORBIDDEN);
    let page = get(&world, &link, None).await.body;
    assert!(page.contains("撤销站点") && page.contains(why), "{page}");
    let said = world.send("POST", &link, None, Some("words=%3Cb%3E7月装修%3C%2Fb%3E，已经恢复")).await;
    assert!(said.location.contains("note=heard"), "{}", said.body);
    let shown = get(&world, &hearing, Some(&other)).await.body;
    assert!(shown.contains("7月装修") && !shown.contains("<b>7月"), "{shown}");
    let own = world.send("POST", &decide, Some(&supervisor), Some(&ruling("imposed", 2))).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "whoever proposed it does not decide");
    let stale = world.send("POST", &decide, Some(&other), Some(&ruling("imposed", 1))).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "it has changed since");
    let done = world.send("POST", &decide, Some(&other), Some(&ruling("imposed", 2))).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let closed = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap();
    assert_eq!(closed.state, "closed");
    let page = get(&world, &link, None).await.body;
    assert!(page.contains("整改后仍未改"), "the other side reads the reasons: {page}");
    assert_eq!(world.send("POST", &link, None, Some("words=x")).await.status, StatusCode::CONFLICT);
    // Who says nothing until the day can be decided on after it; dropping closes nothing.
    let next = place::by_code(&world.app.db, &county(), &format!("{HERE}-0002")).await.unwrap().unwrap();
    let form = format!("about=place:{}&sanction=strike-off&grounds={why}&until={}", next.id, day(7));
    let opened = world.send("POST", "/hearings", Some(&supervisor), Some(&form)).await;
    let (hearing, link) = (between(&opened.body, "/hearings/", "\""), between(&opened.body, "/hear/", "<"));
    world.later(8);
    let over = world.send("POST", &format!("/hear/{link}"), None, Some("words=x")).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "its time is over");
    let other = world.log_in("admin").await;
    let decide = format!("/hearings/{hearing}/decide");
    let dropped = world.send("POST", &decide, Some(&other), Some(&ruling("dropped", 1))).await;
    assert_eq!(dropped.status, StatusCode::SEE_OTHER, "{}", dropped.body);
    let kept = place::by_code(&world.app.db, &county(), &format!("{HERE}-0002")).await.unwrap().unwrap();
    assert_eq!(kept.state, "open");
}

/// A phone that has seen a page, and so has its number.
async fn phone(world: &World, path: &str) -> Session {
    let page = get(world, path, None).await;
    Session::with_cookie(page.cookie)
}

#[tokio::test]
async fn people_come_to_an_event_without_a_name_and_somebody_counts_them() {
    let mut world = World::new().await;
    let code = row(&world).await.remove(0);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap().id;
    let officer = world.log_in("officer").await;
    let day = world.app.clock.today().plus_days(2);
    let form = |from: &str, to: &str, more: &str| {
        format!(
            "place={place}&kind=cooling&title=送西瓜&words=带上水杯&from={day}T{from}&to={day}T{to}&seats=4{more}"
        )
    };
    for (from, to, words) in [("10:00", "09:00", "结束要晚于开始"), ("x", "09:00", "x")] {
        let bad = world.send("POST", "/events", Some(&officer), Some(&form(from, to, ""))).await;
        assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.body.contains(words), "{}", bad.body);
    }
    let made = world.send("POST", "/events", Some(&officer), Some(&form("14:00", "16:00", ""))).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let calendar = get(&world, "/calendar", None).await.body;
    let path = format!("/s/{code}/events/{}", between(&calendar, &format!("/s/{code}/events/"), "\""));
    assert!(calendar.contains(&format!("{day} 14:00–16:00")), "{calendar}");
    assert!(
        get(&world, &format!("/s/{code}"), None).await.body.contains("送西瓜"),
        "the place shows it, too"
    );
    let ics = get(&world, "/calendar.ics", None).await.body;
    let stamp = day.to_string().replace('-', "");
    assert!(ics.contains(&format!("DTSTART:{stamp}T060000Z")) && ics.contains("SUMMARY:送西瓜"), "{ics}");
    assert!(ics.contains("\r\n") && ics.contains("UID:"), "{ics}");
    // Two phones, four seats.
    let (one, two) = (phone(&world, &path).await, phone(&world, &path).await);
    let come = format!("{path}/come");
    let without = world.send("POST", &come, None, Some("people=1")).await;
    assert!(without.location.contains("once-more"), "a phone without a number gets one first");
    for (phone, people, ok) in [(&one, 3, true), (&two, 2, false), (&two, 1, true), (&one, 2, true)] {
        let answer = world.send("POST", &come, Some(phone), Some(&format!("people={people}"))).await;
        let expected = if ok { StatusCode::SEE_OTHER } else { StatusCode::CONFLICT };
        assert_eq!(answer.status, expected, "{people}: {}", answer.body);
    }
    let page = get(&world, &path, Some(&two)).await.body;
    assert!(page.contains("您的号码是 2，共 1 人") && page.contains("还有 1 个名额"), "{page}");
    world.send("POST", &format!("{path}/leave"), Some(&two), Some("")).await;
    assert!(get(&world, &path, Some(&one)).await.body.contains("还有 2 个名额"));
    let bad = world.send("POST", &come, Some(&two), Some("people=50")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    // How many came is written down once it has begun.
    let id = path.rsplit('/').next().unwrap().to_owned();
    let own = format!("/events/{id}");
    let counted = form("14:00", "16:00", "&version=1&headcount=37&state=planned");
    let early = world.send("POST", &own, Some(&officer), Some(&counted)).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody can have come yet");
    world.later(4);
    let officer = world.log_in("officer").await;
    let late = world.send("POST", &come, Some(&two), Some("people=1")).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "it is over");
    let done = world.send("POST", &own, Some(&officer), Some(&counted)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let past = get(&world, "/events?past=yes", Some(&officer)).await.body;
    assert!(past.contains("送西瓜") && past.contains(">37<"), "{past}");
    let sheet = world.bytes("/events.xlsx?past=yes", &officer).await;
    assert!(sheet.starts_with(b"PK"));
    let other = world.log_in("other").await;
    assert_eq!(get(&world, &own, Some(&other)).await.status, StatusCode::NOT_FOUND, "another county's");
    let stranger = get(&world, &format!("/s/{HERE}-0002/events/{id}"), None).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND, "it is held at one place");
}

#[tokio::test]
async fn reviewers_draw_for_themselves_by_turns_and_once_a_month() {
    let world = World::new().await;
    row(&world).await;
    let (officer, reviewer) = (world.log_in("officer").await, world.log_in("reviewer").await);
    let take = "list=stations/rider";
    let drawn = world.send("POST", "/checks/mine/draw", Some(&reviewer), Some(take)).await;
    assert_eq!(drawn.status, StatusCode::SEE_OTHER, "{}", drawn.body);
    let again = world.send("POST", "/checks/mine/draw", Some(&reviewer), Some(take)).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
    // Who comes second takes what is left, by the same seed.
    let second = world.send("POST", "/checks/mine/draw", Some(&officer), Some(take)).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.body);
    let list = get(&world, "/checks/draws", Some(&officer)).await.body;
    assert_eq!(list.matches("/checks/draws/").count(), 1, "one draw for the month: {list}");
    let seed = between(&list, "/checks/draws/", "\"");
    let asked = |body: &str| -> Vec<String> {
        let all: serde_json::Value = serde_json::from_str(body).unwrap();
        let all = all["checks"].as_array().unwrap();
        let mut names: Vec<String> = all.iter().map(|c| c["about"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        names
    };
    let all = place::all(&world.app.db, &county()).await.unwrap();
    let frame: Vec<(String, String)> =
        all.iter().map(|p| (p.town.clone().unwrap(), p.id.to_string())).collect();
    let order = zhida::check::turns(&seed, &frame);
    let name = |id: &String| all.iter().find(|p| p.id.to_string() == *id).unwrap().name.clone();
    let (mut first, mut rest) =
        (order[..5].iter().map(name).collect::<Vec<_>>(), order[5..].iter().map(name).collect::<Vec<_>>());
    first.sort_unstable();
    rest.sort_unstable();
    assert_eq!(asked(&get(&world, "/api/checks", Some(&reviewer)).await.body), first);
    assert_eq!(asked(&get(&world, "/api/checks", Some(&officer)).await.body), rest);
    let mine = get(&world, "/checks/mine", Some(&reviewer)).await.body;
    assert!(mine.contains("本月的已抽取：骑手监督员暗访"), "{mine}");
    let shown = get(&world, &format!("/checks/draws/{seed}"), Some(&officer)).await.body;
    assert!(shown.contains("检查人员各自抽取（330424/"), "{shown}");
    let none = world.send("POST", "/checks/mine/draw", Some(&officer), Some("list=stations/benchmark")).await;
    assert_eq!(none.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_step_of_review_is_asked_when_the_one_before_is_passed() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap().id;
    let officer = world.log_in("officer").await;
    let accounts = zhida::account::list(&world.app.db, &county()).await.unwrap();
    let me = accounts.iter().find(|a| a.login == "officer").unwrap().id;
    let plan = |list: &str| {
        format!("list=stations/{list}&which=chosen&subject={place}&reviewer={me}&due=2099-01-01")
    };
    let early = world.send("POST", "/checks", Some(&officer), Some(&plan("siting-site"))).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", early.body);
    world.send("POST", "/checks", Some(&officer), Some(&plan("siting-layout"))).await;
    let id = between(&get(&world, "/api/checks", Some(&officer)).await.body, "\"id\":\"", "\"");
    let now = world.app.clock.now().to_rfc3339();
    let body = serde_json::json!({ "id": id, "csrf": officer.csrf(), "filled_at": now, "sent_at": now,
        "values": [["plan", "yes"], ["distinct", "yes"], ["opinion", "同意"]] });
    assert_eq!(world.post_json("/api/checks", &officer, &body).await.status, StatusCode::OK);
    let then = world.send("POST", "/checks", Some(&officer), Some(&plan("siting-site"))).await;
    assert_eq!(then.status, StatusCode::SEE_OTHER, "{}", then.body);
}

#[tokio::test]
async fn what_rises_shows_three_things_and_a_county_has_three_scores() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap().id;
    let officer = world.log_in("officer").await;
    let path = format!("/places/{place}/standard");
    let before = get(&world, &path, Some(&officer)).await.body;
    assert!(before.contains("没有人评价") && before.contains("不低于 4.0 分"), "{before}");
    let mut write = act(&world).await;
    for n in 0..10 {
        let said = zhida::network::Opinion { stars: if n < 6 { 5 } else { 2 }, ..Default::default() };
        zhida::network::rate(&write, place, &said, &format!("device-{n}")).await.unwrap();
    }
    write.note("rated", zhida::journal::Subject::new("place", place), serde_json::json!({})).await.unwrap();
    write.commit().await.unwrap();
    let page = get(&world, &path, Some(&officer)).await.body;
    assert!(page.contains("3.8 分（10 人评价）"), "{page}");
    assert!(page.contains("未达到"), "{page}");
    let scores = get(&world, "/layouts/scores", Some(&officer)).await;
    assert_eq!(scores.status, StatusCode::OK, "{}", scores.body);
    // Nobody checked in, nothing was checked: nought of seven in both, and nothing is known of people.
    let sum = between(&scores.body, "<tr class=\"sum\">", "</tr>");
    assert_eq!(sum.matches(">0</td>").count(), 3, "{sum}");
    assert!(sum.contains("—") && sum.contains(">7</td>") && sum.contains("3.8"), "{sum}");
}

#[tokio::test]
async fn a_partner_sees_its_places_and_says_what_it_has_put_right() {
    let world = World::new().await;
    let code = row(&world).await.remove(0);
    let place = place::by_code(&world.app.db, &county(), &code).await.unwrap().unwrap();
    let accounts = zhida::account::list(&world.app.db, &county()).await.unwrap();
    let outside = accounts.iter().find(|a| a.login == "partner").unwrap();
    let unit = zhida::unit::find(&world.app.db, &county(), outside.unit).await.unwrap().unwrap();
    let partner = world.log_in("partner").await;
    let empty = get(&world, "/ours", Some(&partner)).await.body;
    assert!(empty.contains("没有登记与贵单位共建的站点") && !empty.contains(&place.name), "{empty}");
    let mut write = act(&world).await;
    let new = |unit, words: &str| zhida::finding::NewFinding {
        review: None,
        pack: String::new(),
        rule: String::new(),
        words: words.to_owned(),
        severity: zhida_pack::Severity::Minor,
        unit: Some(unit),
        owner: None,
        due: world.app.clock.today().plus_days(3),
        escalate_days: 3,
        photos: Vec::new(),
        about: zhida::finding::About::from(&place),
    };
    let office = accounts.iter().find(|a| a.login == "officer").unwrap().unit;
    let raised = vec![new(outside.unit, "饮水机不出水"), new(office, "窗户破了")];
    let ids = zhida::finding::raise(&mut write, raised).await.unwrap();
    write.commit().await.unwrap();
    let page = get(&world, "/ours", Some(&partner)).await.body;
    assert!(page.contains("饮水机不出水") && !page.contains("窗户破了"), "{page}");
    let path = |at: usize| format!("/ours/findings/{}/fixed", ids[at]);
    let not_ours = world.post_photo(&partner, &path(1), &[("words", "好了")], &crate::tips::picture()).await;
    assert_eq!(not_ours.status, StatusCode::NOT_FOUND, "{}", not_ours.body);
    let done = world.post_photo(&partner, &path(0), &[("words", "换了滤芯")], &crate::tips::picture()).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = get(&world, "/ours", Some(&partner)).await.body;
    assert!(page.contains("已报整改，等待核实"), "{page}");
    let officer = world.log_in("officer").await;
    assert_eq!(get(&world, "/ours", Some(&officer)).await.status, StatusCode::OK);
    // The same picture as evidence of another finding is told.
    let other = format!("/findings/{}", ids[1]);
    let page = get(&world, &other, Some(&officer)).await.body;
    let version = between(&page, "name=\"version\" value=\"", "\"");
    let fields = [("version", version.as_str()), ("act", "fix"), ("words", "换了玻璃")];
    let fixed = world.post_photo(&officer, &format!("{other}/act"), &fields, &crate::tips::picture()).await;
    assert_eq!(fixed.status, StatusCode::SEE_OTHER, "{}", fixed.body);
    let page = get(&world, &other, Some(&officer)).await.body;
    assert!(page.contains("也是另外 1 个问题的证据"), "{page}");
    assert!(get(&world, "/accounts", Some(&partner)).await.status == StatusCode::FORBIDDEN);
    assert!(!unit.name.is_empty());
}
