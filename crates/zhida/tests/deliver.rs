//! Checks, findings, commitments, meetings and supplies through their pages.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use zhida::clock::Clock;
use zhida::finding::{self, About, NewFinding};
use zhida::ids::CountyId;
use zhida::journal::{Actor, Write};
use zhida::ledger::{self, Kind, Move, NewEntry, Receipt};
use zhida::place::{self, NewPlace};
use zhida::{account, check, commitment};
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use crate::county::{Answer, HERE, Session, World};

/// One of everything that is delivered, checked and promised: its name in addresses, and its id.
pub(crate) async fn rows(world: &World, write: &mut Write) -> Vec<(&'static str, String)> {
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let today = app.clock.today();
    let new = NewPlace {
        kind: "worksite".to_owned(),
        name: "厂".to_owned(),
        town: Some("330424101".to_owned()),
        state: "open".to_owned(),
        listing: None,
        import: None,
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
    let household = crate::serve::household(world, write, "王建国", &[("hardship", "minimum")]).await;
    let batch = crate::serve::batch(world, write).await;
    let (tour, stop, encounter) = crate::tours::tour(world, write, place).await;
    vec![
        ("batch", batch.to_string()),
        ("tour", tour),
        ("stop", stop),
        ("encounter", encounter),
        ("household", household.to_string()),
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
pub(crate) fn promise(today: Day) -> commitment::NewCommitment {
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

/// The values of a form's fields, as they stand on a page.
fn field(page: &str, css: &str) -> String {
    let page = scraper::Html::parse_document(page);
    let found = page.select(&scraper::Selector::parse(css).unwrap()).next();
    found.unwrap().value().attr("value").unwrap().to_owned()
}

fn moved(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

/// A small picture that a phone may send.
fn png(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 90, 90]))
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    bytes
}

async fn send_photo(world: &World, session: &Session, shade: u8) -> String {
    let request = Request::builder().method("POST").uri("/api/photos").header("cookie", session.cookie());
    let request = request.header("x-csrf", &session.csrf);
    let answer = world.answer(request.body(Body::from(png(shade))).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str::<Value>(&answer.body).unwrap()["hash"].as_str().unwrap().to_owned()
}

/// Sends a form with files; a file is a field, a name and its bytes.
async fn multipart(
    world: &World,
    session: &Session,
    path: &str,
    fields: &[(&str, &str)],
    files: &[(&str, Vec<u8>)],
) -> Answer {
    let mut body = Vec::new();
    for (name, value) in fields.iter().chain(&[("csrf", session.csrf.as_str())]) {
        body.extend(
            format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    for (name, bytes) in files {
        body.extend(
            format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"p.png\"\r\n\r\n")
                .bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--line--\r\n");
    let request = Request::builder().method("POST").uri(path).header("cookie", session.cookie());
    let request = request.header("content-type", "multipart/form-data; boundary=line");
    world.answer(request.body(Body::from(body)).unwrap()).await
}

async fn asked(world: &World, session: &Session) -> Vec<String> {
    let answer = world.send("GET", "/api/checks", Some(session), None).await;
    let value: Value = serde_json::from_str(&answer.body).unwrap();
    value["checks"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

async fn place_in(world: &World) -> String {
    let county = CountyId(HERE.to_owned());
    let app = &world.app;
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
    let new = NewPlace {
        kind: "worksite".to_owned(),
        name: "厂".to_owned(),
        town: Some("330424101".to_owned()),
        state: "open".to_owned(),
        listing: None,
        import: None,
        ..NewPlace::default()
    };
    let id = place::create(&mut write, vec![new]).await.unwrap()[0];
    write.commit().await.unwrap();
    id.to_string()
}

async fn account_id(world: &World, login: &str) -> String {
    let accounts = account::list(&world.app.db, &CountyId(HERE.to_owned())).await.unwrap();
    accounts.iter().find(|a| a.login == login).unwrap().id.to_string()
}

#[tokio::test]
async fn a_phone_a_day_off_is_put_right_and_other_answers_do_not_win() {
    let world = World::new().await;
    let officer = world.log_in("officer").await;
    let (place, me) = (place_in(&world).await, account_id(&world, "officer").await);
    let plan = format!("list=safety/worksite&which=chosen&subject={place}&reviewer={me}&due=2099-01-01");
    moved(&world.send("POST", "/checks", Some(&officer), Some(&plan)).await);
    let id = asked(&world, &officer).await.remove(0);
    let photo = send_photo(&world, &officer, 10).await;
    let now = world.app.clock.now();
    let yesterday = |hours: i64| (now - chrono::Duration::hours(24 + hours)).to_rfc3339();
    let mut values = vec![
        ["exits_clear", "yes"],
        ["wiring", "worn"],
        ["extinguishers", "1"],
        ["trained", "yes"],
        ["accompanied", "李"],
        ["photos", &photo],
    ];
    let body = |values: &Vec<[&str; 2]>| {
        // Filled in two hours before it is sent, by a clock that is a day behind.
        json!({ "id": id, "csrf": officer.csrf, "values": values, "filled_at": yesterday(2), "sent_at": yesterday(0) })
    };
    let short = values[..5].to_vec();
    let open = world.post_json("/api/checks", &officer, &body(&short)).await;
    assert_eq!(open.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", open.body);
    assert!(open.body.contains("现场照片"), "the question that is open is named: {}", open.body);
    values[2][1] = "5000";
    let wrong = world.post_json("/api/checks", &officer, &body(&values)).await;
    assert!(wrong.body.contains("超出了可能的范围"), "{}", wrong.body);
    values[2][1] = "1";
    for fresh in [true, false] {
        let answer = world.post_json("/api/checks", &officer, &body(&values)).await;
        assert!(
            answer.status == StatusCode::OK && answer.body.contains(&fresh.to_string()),
            "{}",
            answer.body
        );
    }
    values[1][1] = "sound";
    let other = world.post_json("/api/checks", &officer, &body(&values)).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{}", other.body);

    let list = world.send("GET", "/checks?state=closed", Some(&officer), None).await.body;
    let review = list.split("/reviews/").nth(1).unwrap().split('"').next().unwrap();
    let page = world.send("GET", &format!("/reviews/{review}"), Some(&officer), None).await.body;
    assert!(page.contains("手机时钟相差 1440 分钟"), "{page}");
    let filled = zhida::clock::shown(now - chrono::Duration::hours(2));
    assert!(page.contains(filled.get(..15).unwrap()), "{filled} stands on the page");
    let findings = world.send("GET", "/findings", Some(&officer), None).await.body;
    assert!(findings.contains("线路老化") && findings.contains("灭火器不足") && !findings.contains("堵塞"));
}

#[tokio::test]
async fn reviewers_do_not_see_each_others_scores_and_who_has_a_tie_is_out() {
    let world = World::new().await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let offers = world.send("GET", "/api/offers", Some(&officer), None).await.body;
    let offer = offers.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
    let (a, b) = (account_id(&world, "officer").await, account_id(&world, "supervisor").await);
    let one =
        format!("list=employment/class-results&which=chosen&subject={offer}&reviewer={a}&due=2099-01-01");
    let few = world.send("POST", "/checks", Some(&officer), Some(&one)).await;
    assert_eq!(few.status, StatusCode::UNPROCESSABLE_ENTITY, "two are needed");
    moved(&world.send("POST", "/checks", Some(&officer), Some(&format!("{one}&reviewer={b}"))).await);
    let (mine, theirs) =
        (asked(&world, &officer).await.remove(0), asked(&world, &supervisor).await.remove(0));
    let not_mine = world.send("GET", &format!("/checks/{theirs}"), Some(&officer), None).await;
    assert_eq!(not_mine.status, StatusCode::NOT_FOUND);
    let fill = |placed: &'static str| {
        [("design", "good"), ("attended", "95"), ("roster_true", "yes"), ("placed", placed)]
    };
    moved(&multipart(&world, &officer, &format!("/checks/{mine}"), &fill("70"), &[]).await);
    let list = world.send("GET", "/checks", Some(&officer), None).await.body;
    let review = list.split("/reviews/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/reviews/{review}");
    let hidden = world.send("GET", &path, Some(&supervisor), None).await.body;
    assert!(hidden.contains("全部提交后可见") && !hidden.contains("70 %"), "{hidden}");

    // The second has a tie to the provider: out, for good, and somebody else takes the place.
    moved(
        &world
            .send(
                "POST",
                &format!("/checks/{theirs}/recuse"),
                Some(&supervisor),
                Some("cause=%E4%BA%B2%E5%B1%9E"),
            )
            .await,
    );
    let late = multipart(&world, &supervisor, &format!("/checks/{theirs}"), &fill("10"), &[]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let again = world
        .send("POST", &format!("{path}/reviewers"), Some(&officer), Some(&format!("reviewer={b}")))
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT, "who is out does not come back");
    let admin = world.log_in("admin").await;
    let third = account_id(&world, "admin").await;
    moved(
        &world
            .send("POST", &format!("{path}/reviewers"), Some(&officer), Some(&format!("reviewer={third}")))
            .await,
    );
    let theirs = asked(&world, &admin).await.remove(0);
    moved(&multipart(&world, &admin, &format!("/checks/{theirs}"), &fill("20"), &[]).await);
    let open = world.send("GET", &path, Some(&supervisor), None).await.body;
    assert!(open.contains("70 %") && open.contains("20 %") && open.contains("得分 85"), "{open}");
    let today = world.app.clock.today();
    let gate =
        check::gate(&world.app.db, &CountyId(HERE.to_owned()), "class-results", ("offer", offer), today)
            .await;
    assert!(matches!(gate.unwrap(), check::Gate::Open(_)));
    let later = today.plus_days(400);
    let gate =
        check::gate(&world.app.db, &CountyId(HERE.to_owned()), "class-results", ("offer", offer), later)
            .await;
    assert!(matches!(gate.unwrap(), check::Gate::Expired(_)), "what was passed runs out");
}

#[tokio::test]
async fn a_finding_is_owned_put_right_with_a_photo_and_verified_by_another() {
    let world = World::new().await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let county = CountyId(HERE.to_owned());
    let mut write =
        Write::begin(&world.app.db, &county, &Actor::system(), world.app.clock.now()).await.unwrap();
    let rows = rows(&world, &mut write).await;
    write.commit().await.unwrap();
    let id = &rows.iter().find(|(name, _)| *name == "finding").unwrap().1;
    let (path, act) = (format!("/findings/{id}"), format!("/findings/{id}/act"));
    let version = |page: String| field(&page, "input[name=version]");
    let page = |s: Session| {
        let (world, path) = (&world, &path);
        async move { world.send("GET", path, Some(&s), None).await.body }
    };
    let now = version(page(officer.clone()).await);
    let fields = |act: &'static str, version: &str| {
        vec![
            ("act", act),
            ("words", "清空"),
            ("version", Box::leak(version.to_owned().into_boxed_str()) as &str),
            ("due", "2099-01-01"),
        ]
    };
    // A grave finding is settled in five respects before it can be put right.
    let plan = format!("version={now}&responsibility=a&measure=b&funds=c&deadline=d&contingency=e");
    moved(&world.send("POST", &format!("{path}/plan"), Some(&officer), Some(&plan)).await);
    let now = version(page(officer.clone()).await);
    let without = multipart(&world, &officer, &act, &fields("fix", &now), &[]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "a photo is the evidence");
    moved(&multipart(&world, &officer, &act, &fields("fix", &now), &[("photos", png(50))]).await);
    let stale = multipart(&world, &supervisor, &act, &fields("verify", &now), &[]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "somebody else was quicker");
    let now = version(page(officer.clone()).await);
    let own = multipart(&world, &officer, &act, &fields("verify", &now), &[]).await;
    assert!(own.status == StatusCode::CONFLICT && own.body.contains("不能自己验收"), "{}", own.body);
    moved(&multipart(&world, &supervisor, &act, &fields("reopen", &now), &[]).await);

    // Overdue, it goes to the unit above, once a day at most.
    let (lifted, _) = zhida::runners::watch_once(&world.app).await.unwrap();
    assert_eq!(lifted, 0, "it has time again until 2099");
    let now = version(page(officer.clone()).await);
    moved(&multipart(&world, &officer, &act, &fields("fix", &now), &[("photos", png(60))]).await);
    let now = version(page(officer.clone()).await);
    moved(&multipart(&world, &supervisor, &act, &fields("verify", &now), &[]).await);
    let closed = page(officer.clone()).await;
    assert!(closed.contains("已销号") && closed.matches("/small").count() == 2, "{closed}");
}

#[tokio::test]
async fn what_is_overdue_goes_up_and_the_same_again_is_counted() {
    let world = World::new().await;
    let county = CountyId(HERE.to_owned());
    let app = &world.app;
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
    let first = rows(&world, &mut write).await;
    let place = &first.iter().find(|(name, _)| *name == "place").unwrap().1;
    let region = RegionCode::parse(HERE).unwrap();
    let low = zhida::unit::first(write.tx(), &county).await.unwrap().unwrap().id;
    let top = zhida::unit::create(&mut write, "上级", &region, None).await.unwrap();
    let under = zhida::unit::create(&mut write, "下级", &region, Some(top)).await.unwrap();
    let again = NewFinding {
        review: None,
        pack: "safety".to_owned(),
        rule: "exit-blocked".to_owned(),
        words: "又堵了".to_owned(),
        severity: zhida_pack::Severity::Grave,
        about: About {
            kind: "place".to_owned(),
            id: place.clone(),
            name: "厂".to_owned(),
            ..About::default()
        },
        unit: Some(under),
        owner: None,
        due: app.clock.today().plus_days(-2),
        escalate_days: 1,
        photos: Vec::new(),
    };
    let id = finding::raise(&mut write, vec![again]).await.unwrap()[0];
    write.commit().await.unwrap();
    assert_ne!(low, top);
    assert_eq!(zhida::runners::watch_once(app).await.unwrap().0, 2, "both are overdue");
    assert_eq!(zhida::runners::watch_once(app).await.unwrap().0, 0, "and go once");
    let found = finding::by_id(&app.db, &county, &region, id).await.unwrap().unwrap();
    assert_eq!((found.nth, found.level, found.level_unit_id), (2, 1, Some(top)));
}

#[tokio::test]
async fn parts_add_up_or_nothing_is_written_and_a_change_keeps_its_history() {
    let world = World::new().await;
    let (supervisor, officer) = (world.log_in("supervisor").await, world.log_in("officer").await);
    let form = "title=t&counting=c&value=10&unit=set&comparator=exact&from=2026-01-01&until=2099-12-31&region=330424";
    let made = world.send("POST", "/commitments/new", Some(&supervisor), Some(form)).await;
    let path = made.location.split('?').next().unwrap().to_owned();
    let parts = |a: &str, b: &str| {
        format!(
            "part=&region=330424100&person=&value={a}&value2=&part=&region=330424101&person=&value={b}&value2=&version=1"
        )
    };
    let divide = format!("{path}/parts");
    let wrong = world.send("POST", &divide, Some(&supervisor), Some(&parts("4", "5"))).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("9 ≠ 10"),
        "{}",
        wrong.body
    );
    let page = world.send("GET", &path, Some(&supervisor), None).await.body;
    assert!(!page.contains("武原街道"), "nothing was written");
    let towns: Vec<&str> = world.app.regions.towns(HERE).map(|(code, _)| code).take(2).collect();
    let good = parts("4", "6").replace("330424100", towns[0]).replace("330424101", towns[1]);
    moved(&world.send("POST", &divide, Some(&supervisor), Some(&good)).await);

    // One target alone cannot be changed so that the whole no longer fits.
    let edit = format!("{path}/edit");
    let change = |value: &str, version: &str| {
        format!("value={value}&until=2099-12-31&counting=c&cause=because&version={version}")
    };
    let alone = world.send("POST", &edit, Some(&supervisor), Some(&change("12", "1"))).await;
    assert!(alone.body.contains("10 ≠ 12"), "{}", alone.body);
    let region = RegionCode::parse(HERE).unwrap();
    let county = CountyId(HERE.to_owned());
    let root: zhida::ids::CommitmentId = path.rsplit('/').next().unwrap().parse().unwrap();
    let part = commitment::parts_of(&world.app.db, root).await.unwrap().remove(0);
    let part_path = format!("/commitments/{}", part.id);
    // Two people save at once: the second sees that something changed.
    let words = |w: &str| format!("words={w}&version=1");
    moved(&world.send("POST", &format!("{part_path}/explain"), Some(&officer), Some(&words("a"))).await);
    let second =
        world.send("POST", &format!("{part_path}/explain"), Some(&supervisor), Some(&words("b"))).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{}", second.body);

    // Reported with evidence, checked by a second person, and the whole follows.
    let report = [("value", "4"), ("day", &*world.app.clock.today().to_string()), ("words", "验收单")]
        .map(|(a, b)| (a, Box::leak(b.to_owned().into_boxed_str()) as &str));
    moved(&multipart(&world, &officer, &format!("{part_path}/progress"), &report, &[]).await);
    let page = world.send("GET", &part_path, Some(&officer), None).await.body;
    assert!(page.contains("待核实") && !page.contains("value=\"yes\""), "who reports does not check");
    let page = world.send("GET", &part_path, Some(&supervisor), None).await.body;
    let check = page.split("/progress/").nth(1).unwrap().split('"').next().unwrap();
    let decide = format!("{part_path}/progress/{check}");
    let own = world.send("POST", &decide, Some(&officer), Some("accept=yes")).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    moved(&world.send("POST", &decide, Some(&supervisor), Some("accept=yes")).await);
    commitment::refresh(&world.app).await.unwrap();
    let whole = commitment::seen(&world.app.db, &county, &region, root).await.unwrap().unwrap();
    assert_eq!(whole.actual, 4_000, "the whole is what its parts have done");
    let page = world.send("GET", &part_path, Some(&officer), None).await.body;
    assert!(page.contains("<ins>a</ins>"), "what was changed stands there");
}

#[tokio::test]
async fn a_province_sees_down_the_tree_and_a_county_not_up() {
    let world = World::new().await;
    let app = &world.app;
    let province = CountyId("330000".to_owned());
    let region = RegionCode::parse("33").unwrap();
    let mut write = Write::begin(&app.db, &province, &Actor::system(), app.clock.now()).await.unwrap();
    let mut new = promise(app.clock.today());
    new.region = region.clone();
    let root = commitment::create(&mut write, vec![new]).await.unwrap()[0];
    write.commit().await.unwrap();
    let mut now = commitment::seen(&app.db, &province, &region, root).await.unwrap().unwrap();
    for next in ["3304", HERE] {
        let part = commitment::Part {
            id: None,
            region: RegionCode::parse(next).unwrap(),
            unit: None,
            person: None,
            value: (Quantity(10_000), None),
        };
        commitment::divide(app, &Actor::system(), &now, vec![part], "").await.unwrap();
        now = commitment::parts_of(&app.db, now.id).await.unwrap().remove(0);
    }
    let county = CountyId(HERE.to_owned());
    assert_eq!(
        (&now.county, now.region.as_str()),
        (&county, HERE),
        "the part lives in the county that owes it"
    );
    commitment::set_done(app, &county, now.id, Quantity(7_000), app.clock.today()).await.unwrap();
    commitment::settle(app, app.clock.today()).await.unwrap();
    let whole = commitment::seen(&app.db, &province, &region, root).await.unwrap().unwrap();
    assert_eq!(whole.actual, 7_000);
    let here = RegionCode::parse(HERE).unwrap();
    assert!(commitment::seen(&app.db, &county, &here, root).await.unwrap().is_none());
    let outside = commitment::Part {
        id: None,
        region: RegionCode::parse("330421").unwrap(),
        unit: None,
        person: None,
        value: (Quantity(10_000), None),
    };
    let refused = commitment::divide(app, &Actor::system(), &now, vec![outside], "").await;
    assert!(refused.is_err(), "a part outside its region");
}

#[tokio::test]
async fn an_indicator_follows_the_case_within_the_next_count() {
    let world = World::new().await;
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let officer = world.log_in("officer").await;
    let people = world.send("GET", "/api/people", Some(&officer), None).await.body;
    let person = people.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    let me = account_id(&world, "officer").await.parse().unwrap();
    let actor = Actor { account: Some(me), name: "officer".to_owned() };
    let mut write = Write::begin(&app.db, &county, &actor, app.clock.now()).await.unwrap();
    let case = zhida::case::open_need(app, &mut write, person, "需求").await.unwrap().unwrap();
    let mut new = promise(app.clock.today());
    new.indicator = "livelihood/needs-met".to_owned();
    new.person = Some((me, "officer".to_owned()));
    let id = commitment::create(&mut write, vec![new]).await.unwrap()[0];
    write.commit().await.unwrap();
    let region = RegionCode::parse(HERE).unwrap();
    let actual = || async {
        commitment::refresh(app).await.unwrap();
        commitment::seen(&app.db, &county, &region, id).await.unwrap().unwrap().actual
    };
    assert_eq!(actual().await, 0);
    for (version, stage) in [(1, "in-hand"), (2, "met")] {
        let form = format!("to={stage}&version={version}&words=w");
        moved(&world.send("POST", &format!("/cases/{case}/move"), Some(&officer), Some(&form)).await);
    }
    assert_eq!(actual().await, 1_000, "the person's part moved because the case moved");
    assert_eq!(commitment::refresh(app).await.unwrap(), 0, "nothing changed since: nothing is counted");
}

#[tokio::test]
async fn who_leaves_hands_over_and_a_dissolved_unit_has_a_successor() {
    let world = World::new().await;
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let (supervisor, admin) = (world.log_in("supervisor").await, world.log_in("admin").await);
    let (from, to) = (account_id(&world, "officer").await, account_id(&world, "supervisor").await);
    let region = RegionCode::parse(HERE).unwrap();
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
    let made = rows(&world, &mut write).await;
    let source = ledger::holder(&write, Kind::Source, "t", "source", None).await.unwrap();
    let hand = ledger::holder(&write, Kind::Hand, &from, "officer", None).await.unwrap();
    let entry = NewEntry {
        day: app.clock.today(),
        act: "move",
        words: String::new(),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves: vec![Move {
            from: source,
            to: hand,
            item: "COAT".to_owned(),
            batch: String::new(),
            amount: 2_000,
        }],
    };
    ledger::post(&mut write, vec![entry]).await.unwrap();
    let successor = zhida::unit::create(&mut write, "新单位", &region, None).await.unwrap();
    write.commit().await.unwrap();
    let off = format!("/accounts/{from}/active");
    let refused = world.send("POST", &off, Some(&admin), Some("active=no")).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("先移交"), "{}", refused.body);
    let form = format!("person={from}&to_person={to}");
    moved(&world.send("POST", "/handover", Some(&supervisor), Some(&form)).await);
    moved(&world.send("POST", &off, Some(&admin), Some("active=no")).await);
    let finding_id = made.iter().find(|(n, _)| *n == "finding").unwrap().1.parse().unwrap();
    let found = finding::by_id(&app.db, &county, &region, finding_id).await.unwrap().unwrap();
    assert_eq!(found.owner_id.map(|id| id.to_string()), Some(to), "nothing is without an owner");

    let old = found.unit_id.unwrap();
    moved(
        &world
            .send("POST", "/handover", Some(&supervisor), Some(&format!("unit={old}&to_unit={successor}")))
            .await,
    );
    let found = finding::by_id(&app.db, &county, &region, finding_id).await.unwrap().unwrap();
    assert_eq!(found.unit_id, Some(successor));
    let twice = world
        .send("POST", "/handover", Some(&supervisor), Some(&format!("unit={old}&to_unit={successor}")))
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(ledger::verify(&app.db).await.unwrap().iter().all(|s| s.flaws.is_empty()));
}

#[tokio::test]
async fn a_published_figure_stays_and_a_late_correction_is_shown() {
    let clock = Clock::starting_at("2026-03-05T02:00:00Z".parse().unwrap());
    let world = World::with(clock, |_| {}).await;
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let supervisor = world.log_in("supervisor").await;
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
    let mut new = promise(app.clock.today());
    new.indicator = String::new();
    let id = commitment::create(&mut write, vec![new]).await.unwrap()[0];
    write.commit().await.unwrap();
    let day = |d: &str| Day::parse(d).unwrap();
    commitment::set_done(app, &county, id, Quantity(3_000), day("2026-02-20")).await.unwrap();
    let report = "/reports/commitments-monthly";
    let open =
        world.send("POST", &format!("{report}/publish"), Some(&supervisor), Some("period=2026-03")).await;
    assert_eq!(open.status, StatusCode::CONFLICT, "March is not over");
    let page = world.send("GET", &format!("{report}?period=2026-03"), Some(&supervisor), None).await.body;
    assert!(page.contains("还没有结束") && page.contains("数据截至 2026-03-05"), "{page}");
    moved(&world.send("POST", &format!("{report}/publish"), Some(&supervisor), Some("period=2026-02")).await);
    commitment::set_done(app, &county, id, Quantity(5_000), day("2026-02-25")).await.unwrap();
    let page = world.send("GET", &format!("{report}?period=2026-02"), Some(&supervisor), None).await.body;
    assert!(
        page.contains("<del>3台（套）</del>") && page.contains("<ins>5台（套）</ins>"),
        "the correction is shown"
    );
    let (_, sheet) = page.split_once("<p class=\"text-secondary\">海盐县").unwrap();
    assert!(sheet.contains("3台（套）") && !sheet.contains("5台（套）"), "the published figure stays");
    assert!(page.contains("发布之后数据有更正"), "{page}");
    let again = world.send("GET", &format!("{report}?period=2026-13"), Some(&supervisor), None).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_unit_that_reports_nothing_is_itself_a_finding_once() {
    let world = World::new().await;
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
    commitment::create(&mut write, vec![promise(app.clock.today())]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(zhida::runners::watch_once(app).await.unwrap().1, 1);
    assert_eq!(zhida::runners::watch_once(app).await.unwrap().1, 0);
}

#[tokio::test]
async fn what_was_asked_with_an_older_checklist_is_read_with_it() {
    let world = World::new().await;
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let officer = world.log_in("officer").await;
    let place = place_in(&world).await;
    let me =
        account::list(&app.db, &county).await.unwrap().into_iter().find(|a| a.login == "officer").unwrap();
    let old = "version = \"1\"\ntitle = { zh = \"表\", en = \"List\" }\nabout = \"place\"\n[[sections]]\ntitle = { zh = \"节\", en = \"Part\" }\n\
               [[sections.questions]]\ncode = \"a\"\nkind = \"yes-no\"\nweight = 1\ntext = { zh = \"旧问题\", en = \"old\" }\n";
    let new = old
        .replace("version = \"1\"", "version = \"2\"")
        .replace("旧问题", "新问题")
        .replace("\"a\"", "\"b\"");
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
    for body in [old, &new] {
        let list = zhida_pack::Checklist::read("list", "list.toml", body).unwrap();
        let about =
            About { kind: "place".to_owned(), id: place.clone(), name: "厂".to_owned(), ..About::default() };
        let review = check::NewReview { about, reviewers: vec![me.clone()] };
        check::plan(&mut write, ("safety", &list), vec![review], app.clock.today(), None).await.unwrap();
    }
    write.commit().await.unwrap();
    let ids = asked(&world, &officer).await;
    let page = world.send("GET", &format!("/checks/{}", ids[0]), Some(&officer), None).await.body;
    assert!(page.contains("旧问题") && page.contains("版本 1"), "{page}");
    moved(&multipart(&world, &officer, &format!("/checks/{}", ids[0]), &[("a", "yes")], &[]).await);
    let other = multipart(&world, &officer, &format!("/checks/{}", ids[1]), &[("a", "yes")], &[]).await;
    assert!(
        other.status == StatusCode::UNPROCESSABLE_ENTITY && other.body.contains("新问题"),
        "{}",
        other.body
    );
}

#[tokio::test]
async fn an_officer_of_a_town_sees_the_entries_of_its_stores_alone() {
    let world = World::new().await;
    let app = &world.app;
    let county = CountyId(HERE.to_owned());
    let town = world.log_in("town").await;
    let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
    let made = rows(&world, &mut write).await;
    let source = ledger::holder(&write, Kind::Source, "s", "source", None).await.unwrap();
    let far = ledger::holder(&write, Kind::Stock, "far", "far store", Some("330424102")).await.unwrap();
    let entry = NewEntry {
        day: app.clock.today(),
        act: "receive",
        words: String::new(),
        party: None,
        party_name: "远处的人".to_owned(),
        receipt: Receipt::default(),
        moves: vec![Move {
            from: source,
            to: far,
            item: "COAT".to_owned(),
            batch: String::new(),
            amount: 1_000,
        }],
    };
    let hidden = ledger::post(&mut write, vec![entry]).await.unwrap()[0];
    write.commit().await.unwrap();
    let own = &made.iter().find(|(n, _)| *n == "entry").unwrap().1;
    let list = world.send("GET", "/supplies/entries", Some(&town), None).await.body;
    assert!(list.contains(own) && !list.contains("远处的人"), "{list}");
    for (path, status) in [
        (format!("/supplies/entries/{own}"), StatusCode::OK),
        (format!("/supplies/entries/{hidden}"), StatusCode::NOT_FOUND),
        (format!("/supplies/entries?holder={far}"), StatusCode::NOT_FOUND),
        (format!("/supplies/count/{far}"), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(world.send("GET", &path, Some(&town), None).await.status, status, "{path}");
    }
}
