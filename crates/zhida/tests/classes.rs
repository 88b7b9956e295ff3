//! Providers, calls, contracts and classes, and who may do what with them.

use axum::http::StatusCode;
use zhida::ids::CountyId;
use zhida_types::CreditCode;

use crate::county::{Answer, HERE, Session, World};

pub(crate) fn county() -> CountyId {
    CountyId(HERE.to_owned())
}

pub(crate) async fn get(world: &World, session: &Session, path: &str) -> String {
    let answer = world.send("GET", path, Some(session), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

pub(crate) async fn public(world: &World, path: &str) -> String {
    let answer = world.send("GET", path, None, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

pub(crate) async fn post(world: &World, session: &Session, path: &str, form: &str) -> Answer {
    world.send("POST", path, Some(session), Some(form)).await
}

pub(crate) async fn done(world: &World, session: &Session, path: &str, form: &str) -> String {
    let answer = post(world, session, path, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
    answer.location.split('?').next().unwrap().to_owned()
}

/// The first part of a text between two others.
pub(crate) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).unwrap_or_default().split(to).next().unwrap()
}

fn credit(n: usize) -> String {
    CreditCode::complete(HERE, &format!("MA28{n:04}")).unwrap().as_str().to_owned()
}

/// A provider with its required papers in force for so many days.
async fn provider(world: &World, officer: &Session, n: usize, days: i64) -> String {
    let form = format!("code={}&name={n} 号学校&contact=张三&phone=13800000000", credit(n));
    let path = done(world, officer, "/providers", &form).await;
    let until = world.app.clock.today().plus_days(days);
    for kind in ["registration", "permit", "fire"] {
        let fields = [("kind", kind), ("number", "33-1"), ("expires", &until.to_string())];
        let sent =
            world.post_photo(officer, &format!("{path}/papers"), &fields, &crate::tips::picture()).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    }
    let form = format!("name={n} 号老师&certificate=T-{n}&subject=焊接");
    done(world, officer, &format!("{path}/teachers"), &form).await;
    path.rsplit('/').next().unwrap().to_owned()
}

/// Fills in everything that somebody is asked for about something, with these answers.
pub(crate) async fn fill(world: &World, session: &Session, about: &str, values: &[(&str, &str)]) -> usize {
    let body = get(world, session, "/api/checks").await;
    let all: serde_json::Value = serde_json::from_str(&body).unwrap();
    let own = all["checks"].as_array().unwrap().iter();
    let mut filled = 0;
    for check in own.filter(|c| c["about"].as_str().unwrap().contains(about)) {
        let now = world.app.clock.now().to_rfc3339();
        let body = serde_json::json!({ "id": check["id"], "csrf": session.csrf(), "values": values,
            "filled_at": now, "sent_at": now });
        let answer = world.post_json("/api/checks", session, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        filled += 1;
    }
    filled
}

const GOOD: [(&str, &str); 5] =
    [("papers", "yes"), ("rooms", "good"), ("record", "good"), ("teachers", "good"), ("course", "good")];
const POOR: [(&str, &str); 5] =
    [("papers", "yes"), ("rooms", "partly"), ("record", "bad"), ("teachers", "partly"), ("course", "partly")];

/// A call that is decided for the first of three providers. Answers the call and the providers.
#[expect(clippy::too_many_lines, reason = "one walk through a call, step after step")]
async fn called(world: &mut World) -> (String, Vec<String>) {
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let mut providers = Vec::new();
    for (n, days) in [(1, 400), (2, 400), (3, 5)] {
        providers.push(provider(world, &officer, n, days).await);
    }
    let closes = world.app.clock.today().plus_days(10);
    let form = format!(
        "title=电焊班采购&programme=fit-training&need=电焊 20 人&seats=20&budget=60000&cap=3000&closes={closes}"
    );
    assert_eq!(post(world, &officer, "/tenders", &form).await.status, StatusCode::FORBIDDEN);
    let path = done(world, &supervisor, "/tenders", &form).await;
    let link = path.replace("/tenders/", &format!("/calls/{HERE}/"));
    // Two bid on the public page, by their credit codes; one on paper.
    for (n, price) in [(1, "2500"), (2, "2000")] {
        let form = format!("code={}&name=随便&price={price}&words=实训为主", credit(n));
        let sent = world.send("POST", &format!("{link}/bid"), None, Some(&form)).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let twice = world.send("POST", &format!("{link}/bid"), None, Some(&form)).await;
        assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.body);
    }
    let dear = format!("provider={}&price=3000.01&words=方案", providers[2]);
    assert_eq!(
        post(world, &officer, &format!("{path}/bids"), &dear).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let form = format!("provider={}&price=1000&words=方案", providers[2]);
    done(world, &officer, &format!("{path}/bids"), &form).await;
    let page = public(world, &link).await;
    assert!(
        page.contains("资质") && !page.contains("1 号学校"),
        "nobody learns who bids while they do: {page}"
    );
    let version = |page: &str| between(page, "name=\"version\" value=\"", "\"").to_owned();
    let act = async |world: &World, act: &str, more: &str| {
        let page = get(world, &supervisor, &path).await;
        let form = format!("version={}{more}", version(&page));
        post(world, &supervisor, &format!("{path}/{act}"), &form).await
    };
    let early = post(world, &supervisor, &format!("{path}/draw"), "version=1").await;
    assert_eq!(early.status, StatusCode::CONFLICT, "bidding is still open: {}", early.body);
    world.later(11);
    let drawn = act(world, "draw", "").await;
    assert_eq!(drawn.status, StatusCode::SEE_OTHER, "{}", drawn.body);
    let page = get(world, &supervisor, &path).await;
    assert!(
        page.contains("办学许可证已于") && page.contains("已阻断"),
        "the third one's papers ran out: {page}"
    );
    let mut filled = 0;
    for login in ["officer", "town", "reviewer"] {
        let session = world.log_in(login).await;
        let open = act(world, "publish", "").await;
        assert_eq!(open.status, StatusCode::CONFLICT, "not all are in: {}", open.body);
        filled += fill(world, &session, "1 号学校", &GOOD).await;
        filled += fill(world, &session, "2 号学校", &POOR).await;
    }
    assert_eq!(filled, 6, "three reviewers, two bids");
    let shown = act(world, "publish", "").await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.body);
    let page = public(world, &link).await;
    // 85 % of 100 and 15 % of 50, since nobody has a record; of that 70 %, and 2,000 of 2,500 yuan for 30 %.
    assert!(page.contains("评审 100 分 · 往期成效 50 分") && page.contains("排名分 88.75"), "{page}");
    assert!(page.contains("未通过") || page.contains("不合格") || !page.contains("排名分 3"), "{page}");
    let objected = world.send("POST", &format!("{link}/object"), None, Some("words=二号学校报价更低")).await;
    assert_eq!(objected.status, StatusCode::SEE_OTHER, "{}", objected.body);
    let admin = world.log_in("admin").await;
    let bid = {
        world.later(6);
        let page = get(world, &supervisor, &path).await;
        assert!(page.contains("发布人不能自己决定"), "{page}");
        let page = get(world, &admin, &path).await;
        between(&page, "name=\"bid\" value=\"", "\"").to_owned()
    };
    let form =
        |page: &str| format!("version={}&bid={bid}&reasons=评审得分最高，课程合适，同意选定", version(page));
    let page = get(world, &admin, &path).await;
    let open = post(world, &admin, &format!("{path}/decide"), &form(&page)).await;
    assert_eq!(open.status, StatusCode::CONFLICT, "an objection waits: {}", open.body);
    let answer = between(&page, &format!("action=\"{path}/objections/"), "\"").to_owned();
    done(world, &officer, &format!("{path}/objections/{answer}"), "words=评审办法已公布，价格占三成").await;
    let page = get(world, &admin, &path).await;
    let own = post(world, &supervisor, &format!("{path}/decide"), &form(&page)).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.body);
    done(world, &admin, &format!("{path}/decide"), &form(&page)).await;
    let page = public(world, &link).await;
    assert!(page.contains("评审得分最高") && page.contains("价格占三成") && page.contains("选定"), "{page}");
    assert!(
        !page.contains("13800000000") && !page.contains("张三"),
        "contacts are nobody's business: {page}"
    );
    (path, providers)
}

/// The contract of a call's chosen bid, signed for so many. Answers its id.
async fn contracted(world: &World, call: &str, seats: i64) -> String {
    let supervisor = world.log_in("supervisor").await;
    let page = get(world, &supervisor, call).await;
    let bid = between(&page, "/contracts/new?bid=", "\"").to_owned();
    let blank = get(world, &supervisor, &format!("/contracts/new?bid={bid}")).await;
    assert!(blank.contains("1 号学校") && blank.contains("每人 2500 元"), "{blank}");
    let today = world.app.clock.today();
    let (from, until) = (today.to_string(), today.plus_days(300).to_string());
    let sign = async |seats: &str, account: &str| {
        let fields = [
            ("bid", bid.as_str()),
            ("number", "HY-2026-01"),
            ("seats", seats),
            ("signed_on", &from),
            ("ends_on", &until),
            ("bank", "示例银行"),
            ("account", account),
        ];
        let picture = crate::tips::picture();
        world.post_parts(Some(&supervisor), "/contracts", &fields, ("photo", "a.jpg", &picture)).await
    };
    for (seats, account, words) in [
        ("21", "6200 0000 0000 0001", "1–20"),
        ("0", "6200000000000001", "1–20"),
        ("5", "六二〇〇", "8 至 32 位"),
    ] {
        let wrong = sign(seats, account).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
        assert!(wrong.body.contains(words), "{words}: {}", wrong.body);
    }
    let signed = sign(&seats.to_string(), "6200 0000 0000 0001").await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    let twice = sign("1", "").await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "one contract for a bid: {}", twice.body);
    let path = signed.location.split('?').next().unwrap().to_owned();
    let page = get(world, &supervisor, &path).await;
    assert!(page.contains("****0001") && !page.contains("6200000000000001"), "the account is masked: {page}");
    assert!(page.contains("href=\"/photos/"), "its picture is kept: {page}");
    assert!(page.contains("结业补贴: 70%") && page.contains("全班达到 80% 后支付"), "{page}");
    let call = public(world, &call.replace("/tenders/", &format!("/calls/{HERE}/"))).await;
    assert!(
        call.contains("HY-2026-01") && !call.contains("****0001"),
        "anybody sees that there is one: {call}"
    );
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_call_is_decided_by_lot_scores_publicity_and_somebody_else() {
    let mut world = World::new().await;
    let (call, _) = called(&mut world).await;
    // A class of five does not fit a contract for three; one that is ended opens no class at all.
    let (offer, _) = accepted(&world).await;
    let contract = contracted(&world, &call, 3).await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let form = format!("offer={offer}&contract={contract}");
    let few = post(&world, &officer, "/classes", &form).await;
    assert_eq!(few.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", few.body);
    assert!(few.body.contains("合同名额不够：HY-2026-01 · 5 &#62; 3"), "{}", few.body);
    let path = format!("/contracts/{contract}");
    assert_eq!(
        post(&world, &officer, &format!("{path}/end"), "words=x&version=1").await.status,
        StatusCode::FORBIDDEN
    );
    let stale = post(&world, &supervisor, &format!("{path}/end"), "words=违约&version=7").await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    done(&world, &supervisor, &format!("{path}/end"), "words=违约&version=1").await;
    let over = post(&world, &officer, "/classes", &form).await;
    assert!(over.body.contains("已终止或到期"), "{}", over.body);
    let officer = world.log_in("officer").await;
    let wrong = post(&world, &officer, "/providers", "code=913304240000000000&name=甲").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("校验位"), "{}", wrong.body);
    let twice = post(&world, &officer, "/providers", &format!("code={}&name=甲", credit(1))).await;
    assert!(twice.body.contains("已经登记"), "{}", twice.body);
    let list = get(&world, &officer, "/providers").await;
    assert!(list.contains("已于") && list.contains("证照齐全有效"), "{list}");
    let found = zhida::provider::all(&world.app.db, &county()).await.unwrap();
    assert_eq!(found.len(), 3, "whoever is known by its code is not made anew");
    assert!(found.iter().all(|p| p.name.contains("号学校")), "and keeps what is on file");
}

/// Ten in the morning in Shanghai, on a Monday.
pub(crate) async fn morning() -> World {
    let at = chrono::DateTime::parse_from_rfc3339("2026-03-02T10:00:00+08:00").unwrap();
    World::with(zhida::clock::Clock::starting_at(at.with_timezone(&chrono::Utc)), |_| {}).await
}

/// Invites people to fit training; those of one offer say yes. Answers the offer and how many they are.
async fn accepted(world: &World) -> (String, usize) {
    let (actor, progress) = (zhida::journal::Actor::system(), zhida::task::Progress::default());
    let run = zhida::case::run(&world.app, &county(), &actor, "fit-training", &progress).await.unwrap().run;
    zhida::case::approve(&world.app, &county(), &actor, run, &progress).await.unwrap();
    let cases =
        zhida::case::at_stages(&world.app.db, &county(), "fit-training", &["invited"], 1_000).await.unwrap();
    let offer = cases.first().unwrap().offer_id.unwrap();
    let own: Vec<zhida::case::Case> = cases.into_iter().filter(|c| c.offer_id == Some(offer)).collect();
    let mut write =
        zhida::journal::Write::begin(&world.app.db, &county(), &actor, world.app.clock.now()).await.unwrap();
    let step = zhida::case::Step { to: "accepted", words: "" };
    zhida::case::steps(&world.app, &mut write, &own, &step).await.unwrap();
    write.commit().await.unwrap();
    (offer.to_string(), own.len())
}

/// The phones of a class's people, by their names.
async fn phones(world: &World, offer: &str) -> Vec<String> {
    phones_at(world, offer, "enrolled").await
}

/// The phones of those of a class who are at a stage.
pub(crate) async fn phones_at(world: &World, offer: &str, stage: &str) -> Vec<String> {
    let offer = offer.parse().unwrap();
    let cases = zhida::case::of_offers(&world.app.db, &county(), &[offer]).await.unwrap();
    let cases: Vec<_> = cases.into_iter().filter(|c| c.stage == stage).collect();
    let ids: Vec<_> = cases.iter().map(|c| c.party_id).collect();
    let contacts = zhida::party::contacts(&world.app, &world.app.db, &county(), &ids).await.unwrap();
    contacts.values().map(|c| c.phone.clone().unwrap()).collect()
}

/// The citizen's number of somebody whom the demonstration made: only its hash is on file, and the numbers that it makes are few.
pub(crate) async fn number_of(world: &World, party: zhida::ids::PartyId) -> String {
    let known = zhida::party::identities(&world.app.db, &county(), "person").await.unwrap();
    let hash = |n: &zhida_types::IdNumber| world.app.keys.lookup("identity", n.reveal());
    let own = (0..20)
        .filter_map(|i| zhida_types::IdNumber::complete(&format!("330499198{}0101{i:03}", i % 10)).ok())
        .find(|n| known.get(&party) == Some(&hash(n)));
    own.unwrap().reveal().to_owned()
}

/// The address of the code on the teacher's screen.
async fn on_screen(world: &World, teacher: &str, lesson: &str) -> String {
    let screen = public(world, &format!("{teacher}/{lesson}")).await;
    let link = between(&screen, "class=\"small\"><a href=\"", "\"");
    format!("/in/{}", link.split("/in/").nth(1).unwrap())
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one walk through a class, step after step")]
async fn a_class_runs_in_the_open_from_the_gate_to_its_end() {
    let mut world = morning().await;
    let (offer, yes) = accepted(&world).await;
    let officer = world.log_in("officer").await;
    let stranger = provider(&world, &officer, 9, 400).await;
    let blank = get(&world, &officer, "/classes/new").await;
    assert!(blank.contains("没有可用的合同"), "no call, no contract, no class: {blank}");
    let form = format!("offer={offer}&contract={stranger}&room=一号教室");
    let refused = post(&world, &officer, "/classes", &form).await;
    assert_eq!(
        refused.status,
        StatusCode::NOT_FOUND,
        "who was chosen by nobody has no contract: {}",
        refused.body
    );
    let (call, providers) = called(&mut world).await;
    let contract = contracted(&world, &call, 20).await;
    let officer = world.log_in("officer").await;
    let form = format!("offer={offer}&contract={contract}&room=一号教室");
    // A contract alone does not open a class: who is barred meanwhile does not pass the gate.
    let facts = get(&world, &officer, &format!("/providers/{}", providers[0])).await;
    let version = between(&facts, "name=\"version\" value=\"", "\"");
    let barred = format!("name=1 号学校&state=barred&version={version}");
    done(&world, &officer, &format!("/providers/{}", providers[0]), &barred).await;
    let refused = post(&world, &officer, "/classes", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let version: i64 = version.parse::<i64>().unwrap() + 1;
    let free = format!("name=1 号学校&version={version}");
    done(&world, &officer, &format!("/providers/{}", providers[0]), &free).await;
    let made = post(&world, &officer, "/classes", &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let teacher = between(&made.body, "/teach/", "<").to_owned();
    let teacher = format!("/teach/{teacher}");
    let again = post(&world, &officer, "/classes", &form).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let path = format!("/classes/{offer}");
    let page = get(&world, &officer, &path).await;
    assert!(page.contains(&format!("{yes} 人已接受")), "{page}");
    done(&world, &officer, &format!("{path}/enrol"), "").await;
    let page = get(&world, &officer, &path).await;
    assert!(page.contains("在册 5 人，名额 5"), "{page}");
    let waiting = yes - 5;
    assert_eq!(page.contains("人已接受，等待入班"), waiting > 0, "{page}");

    // Two lessons, today and tomorrow, at ten.
    let today = world.app.clock.today();
    let form = format!("first={today}&from=09:50&to=11:30&count=2&topic=安全");
    done(&world, &officer, &format!("{path}/lessons"), &form).await;
    let timetable = public(&world, &format!("/timetable/{HERE}/{offer}")).await;
    assert!(timetable.contains("09:50–11:30") && timetable.contains("一号教室"), "{timetable}");
    let ics = public(&world, &format!("/timetable/{HERE}/{offer}/lessons.ics")).await;
    assert_eq!(ics.matches("BEGIN:VEVENT").count(), 2, "{ics}");
    let list = public(&world, &teacher).await;
    assert_eq!(list.matches("打开二维码").count(), 1, "tomorrow's is not to be shown yet: {list}");
    let lesson = between(&list, &format!("{teacher}/"), "\"").to_owned();

    // Three come by the code, each on a phone of his own; one number is of nobody here.
    let nowhere = post(&world, &officer, &format!("{path}/place"), "at=somewhere").await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nowhere.body);
    done(&world, &officer, &format!("{path}/place"), "at=120.94, 30.52").await;
    let link = on_screen(&world, &teacher, &lesson).await;
    let numbers = phones(&world, &offer).await;
    let nobody = world.send("POST", &link, None, Some("phone=12009999999")).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nobody.body);
    let mut phone_of_first = String::new();
    for number in &numbers[..3] {
        let opened = world.send("GET", &link, None, None).await;
        let phone = Session::with_cookie(opened.cookie);
        // The first says where the phone is: some way off; where that was is nowhere kept.
        let where_it_is = if phone_of_first.is_empty() { "&lon=120.1&lat=30.1" } else { "" };
        let form = format!("phone={number}{where_it_is}");
        let came = world.send("POST", &link, Some(&phone), Some(&form)).await;
        assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.body);
        assert!(came.location.ends_with("note=attended"), "{}", came.location);
        let twice = world.send("POST", &link, Some(&phone), Some(&format!("phone={number}"))).await;
        assert!(twice.location.ends_with("note=attended-before"), "{}", twice.location);
        if phone_of_first.is_empty() {
            phone_of_first = phone.cookie().to_owned();
        }
    }
    let page = get(&world, &officer, &path).await;
    assert!(page.contains("签到时手机离培训地点很远：最多 1 人"), "{page}");
    // The same phone is known where work is told of; another is not.
    let first = Session::with_cookie(phone_of_first.clone());
    let known = world.send("GET", &format!("/in/work/{HERE}/{offer}"), Some(&first), None).await.body;
    assert!(known.contains("<p>您是 ") && known.contains("*</p>"), "{known}");
    assert!(!public(&world, &format!("/in/work/{HERE}/{offer}")).await.contains("<p>您是 "));
    // The fourth signs on paper.
    let lesson_path = format!("{path}/lessons/{lesson}");
    let page = get(&world, &officer, &lesson_path).await;
    let fourth = between(&page, "name=\"case\" value=\"", "\"").to_owned();
    done(&world, &officer, &format!("{lesson_path}/attend"), &format!("case={fourth}&how=paper")).await;
    let photo = crate::tips::picture();
    let fields = [("count", "3"), ("words", "讲解清楚，有实操")];
    let seen = world.post_photo(&officer, &format!("{lesson_path}/observe"), &fields, &photo).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.body);
    let twice = world.post_photo(&officer, &format!("{lesson_path}/observe"), &fields, &photo).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "a record stays: {}", twice.body);
    let page = get(&world, &officer, &path).await;
    assert!(page.contains("跟班点到的人数比签到少，最多少 1 人"), "{page}");
    // What looks wrong becomes a finding, once.
    done(&world, &officer, &format!("{path}/signals"), "key=count").await;
    assert_eq!(
        post(&world, &officer, &format!("{path}/signals"), "key=count").await.status,
        StatusCode::CONFLICT
    );
    let findings = get(&world, &officer, &format!("/findings?about=offer:{offer}")).await;
    assert!(findings.contains("跟班点到的人数比签到少"), "{findings}");

    // A day later the phone is known and asks nothing; a code of the day before is worth nothing.
    world.later(1);
    let list = public(&world, &teacher).await;
    let second = between(&list, &format!("{teacher}/"), "\"").to_owned();
    assert_ne!(second, lesson);
    let old = world.send("GET", &link, None, None).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "{}", old.body);
    let link = on_screen(&world, &teacher, &second).await;
    let phone = Session::with_cookie(phone_of_first);
    let known = world.send("GET", &link, Some(&phone), None).await.body;
    assert!(known.contains("我是王*") && known.contains("我到了"), "{known}");
    let came = world.send("POST", &link, Some(&phone), Some("")).await;
    assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.body);

    // An inspector stops it; nobody else lets it go on.
    let hash = zhida::account::hash_password("a-long-password").unwrap();
    inspector(&world, hash).await;
    let inspector = world.log_in("inspector").await;
    done(&world, &inspector, &format!("{path}/stop"), "words=核查考勤").await;
    let stopped = world.send("GET", &link, Some(&phone), None).await;
    assert_eq!(stopped.status, StatusCode::CONFLICT, "{}", stopped.body);
    let admin = world.log_in("admin").await;
    let not_theirs = post(&world, &admin, &format!("{path}/resume"), "words=恢复").await;
    assert_eq!(not_theirs.status, StatusCode::FORBIDDEN);
    let refused = post(&world, &inspector, &format!("{path}/finish"), "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "an inspector does nothing else");
    let page = get(&world, &admin, &path).await;
    assert!(page.contains("叫停") && page.contains("核查考勤"), "{page}");
    done(&world, &inspector, &format!("{path}/resume"), "words=已核查").await;

    // The end: whoever came to four fifths of the lessons has finished: the one who came twice.
    let early = post(&world, &admin, &format!("{path}/finish"), "").await;
    assert_eq!(early.status, StatusCode::CONFLICT, "the second lesson is not over");
    world.later(1);
    done(&world, &admin, &format!("{path}/finish"), "").await;
    let cases = zhida::case::of_offers(&world.app.db, &county(), &[offer.parse().unwrap()]).await.unwrap();
    assert_eq!(cases.iter().filter(|c| c.stage == "completed").count(), 1);
    assert_eq!(cases.iter().filter(|c| c.stage == "enrolled").count(), 4);
    let page = get(&world, &admin, &path).await;
    assert!(page.contains("1 次课没有跟班记录") && page.contains("已结业"), "{page}");
}

async fn inspector(world: &World, password_hash: String) {
    let app = &world.app;
    let mut write =
        zhida::journal::Write::begin(&app.db, &county(), &zhida::journal::Actor::system(), app.clock.now())
            .await
            .unwrap();
    let unit = zhida::unit::first(write.tx(), &county()).await.unwrap().unwrap().id;
    let new = zhida::account::NewAccount {
        unit,
        login: "inspector".to_owned(),
        name: "纪检".to_owned(),
        role: zhida::account::Role::Inspector,
        region: zhida_types::RegionCode::parse(HERE).unwrap(),
        password_hash,
    };
    zhida::account::create(&mut write, new).await.unwrap();
    write.commit().await.unwrap();
}

/// A class in which everybody who is on the roster came to every lesson and finished. Answers its offer.
pub(crate) async fn finished(world: &mut World) -> String {
    let (offer, _) = accepted(world).await;
    let (call, _) = called(world).await;
    let contract = contracted(world, &call, 20).await;
    let (officer, admin) = (world.log_in("officer").await, world.log_in("admin").await);
    let form = format!("offer={offer}&contract={contract}&room=一号教室");
    assert_eq!(post(world, &officer, "/classes", &form).await.status, StatusCode::OK);
    let path = format!("/classes/{offer}");
    done(world, &officer, &format!("{path}/enrol"), "").await;
    let form = format!("first={}&from=09:50&to=11:30&count=1", world.app.clock.today());
    done(world, &officer, &format!("{path}/lessons"), &form).await;
    let page = get(world, &officer, &path).await;
    let lesson = between(&page, &format!("{path}/lessons/"), "\"");
    let lesson = if lesson.is_empty() { between(&page, "/lessons/", "\"") } else { lesson };
    let lesson = format!("{path}/lessons/{lesson}");
    let page = get(world, &officer, &lesson).await;
    let all: Vec<String> = page
        .split("name=\"case\" value=\"")
        .skip(1)
        .map(|c| format!("case={}", c.split('"').next().unwrap()))
        .collect();
    assert_eq!(all.len(), 5, "{page}");
    done(world, &officer, &format!("{lesson}/attend"), &format!("{}&how=paper", all.join("&"))).await;
    world.later(1);
    done(world, &admin, &format!("{path}/finish"), "").await;
    offer
}

/// A class that has ended takes no lesson, nobody and no second end.
#[tokio::test]
async fn what_has_ended_stays_as_it_is() {
    let mut world = morning().await;
    let offer = finished(&mut world).await;
    let (officer, admin) = (world.log_in("officer").await, world.log_in("admin").await);
    let path = format!("/classes/{offer}");
    let lesson = format!("first={}&from=09:50&to=11:30&count=1", world.app.clock.today());
    for (act, form) in [("lessons", lesson.as_str()), ("enrol", ""), ("finish", "")] {
        let refused = post(&world, &admin, &format!("{path}/{act}"), form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{act}: {}", refused.body);
        assert!(refused.body.contains("已结业"), "{act}: {}", refused.body);
    }
    let list = get(&world, &officer, &format!("{path}/certificates")).await;
    assert_eq!(list.matches("class=\"card certificate\"").count(), 5, "one each: {list}");
}

/// The class is assessed by two who save at once, and passes.
pub(crate) async fn assessed(world: &World, offer: &str) {
    let officer = world.log_in("officer").await;
    let accounts = zhida::account::list(&world.app.db, &county()).await.unwrap();
    let who: Vec<String> = ["officer", "supervisor"]
        .iter()
        .map(|l| format!("reviewer={}", accounts.iter().find(|a| a.login == *l).unwrap().id))
        .collect();
    let form = format!(
        "list=employment/class-results&which=chosen&subject={offer}&{}&due=2099-01-01",
        who.join("&")
    );
    done(world, &officer, "/checks", &form).await;
    let answers = [("design", "good"), ("attended", "100"), ("roster_true", "yes"), ("placed", "60")];
    let (one, two) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let both = tokio::join!(fill(world, &one, "", &answers), fill(world, &two, "", &answers));
    assert_eq!(both, (1, 1));
    let page = get(world, &one, &format!("/classes/{offer}")).await;
    assert!(
        between(&page, "绩效关</strong>", "</li>").contains("通过"),
        "the last of both closes it: {page}"
    );
}

/// Every page and act of providers, calls, classes, work found and money, by who may: others are refused, another county finds nothing.
#[tokio::test]
async fn nobody_oversteps() {
    let mut world = morning().await;
    let offer = finished(&mut world).await;
    let app = &world.app;
    let class = zhida::class::find(&app.db, &county(), offer.parse().unwrap()).await.unwrap().unwrap();
    let lesson = zhida::class::lessons(&app.db, &county(), &[class.id]).await.unwrap().remove(0).id;
    let teacher =
        zhida::provider::teachers(&app.db, &county(), &[class.provider_id]).await.unwrap().remove(0).id;
    let (provider, tender) = (class.provider_id, class.tender_id.unwrap());
    let contract = class.contract_id.unwrap();
    inspector(&world, zhida::account::hash_password("a-long-password").unwrap()).await;
    let mut sessions = Vec::new();
    for login in ["reviewer", "partner", "officer", "inspector", "other"] {
        sessions.push(world.log_in(login).await);
    }
    let [reviewer, partner, officer, inspector, other] = &sessions[..] else { panic!("five sessions") };
    // Path, whether it changes something, whether an officer may, whether it names something of this county.
    let all = [
        ("/providers".to_owned(), false, true, false),
        (format!("/providers/{provider}"), false, true, true),
        (format!("/providers/{provider}"), true, true, true),
        (format!("/providers/{provider}/teachers"), true, true, true),
        (format!("/providers/{provider}/teachers/{teacher}/gone"), true, true, true),
        ("/tenders".to_owned(), true, false, false),
        (format!("/tenders/{tender}"), false, true, true),
        (format!("/tenders/{tender}/bids"), true, true, true),
        (format!("/tenders/{tender}/draw"), true, false, true),
        (format!("/tenders/{tender}/publish"), true, false, true),
        (format!("/tenders/{tender}/decide"), true, false, true),
        (format!("/contracts/{contract}"), false, true, true),
        (format!("/contracts/{contract}/account"), true, false, true),
        (format!("/contracts/{contract}/end"), true, false, true),
        (format!("/classes/{offer}"), false, true, true),
        (format!("/classes/{offer}/lessons"), true, true, true),
        (format!("/classes/{offer}/lessons/{lesson}"), false, true, true),
        (format!("/classes/{offer}/lessons/{lesson}/attend"), true, true, true),
        (format!("/classes/{offer}/lessons/{lesson}/cancel"), true, true, true),
        (format!("/classes/{offer}/place"), true, true, true),
        (format!("/classes/{offer}/certificates"), false, true, true),
        (format!("/classes/{offer}/enrol"), true, true, true),
        (format!("/classes/{offer}/finish"), true, false, true),
        (format!("/classes/{offer}/stop"), true, false, true),
        (format!("/classes/{offer}/resume"), true, false, true),
        (format!("/classes/{offer}/signals"), true, true, true),
        ("/outcomes".to_owned(), false, true, false),
        (format!("/results/people?provider={provider}"), false, true, false),
        (format!("/hearings/new?about=provider:{provider}"), false, true, true),
        ("/outcomes/audit".to_owned(), true, false, false),
        (format!("/subsidies/{offer}"), false, true, true),
        (format!("/subsidies/{offer}/propose"), true, true, true),
        (format!("/subsidies/{offer}/decide"), true, false, true),
        ("/subsidies/pay".to_owned(), true, false, false),
    ];
    for (path, changes, officers, named) in all {
        let (method, form) = if changes { ("POST", Some("version=0&words=")) } else { ("GET", None) };
        let ask = async |session: Option<&Session>| world.send(method, &path, session, form).await.status;
        for (who, name) in [(reviewer, "reviewer"), (partner, "partner")] {
            assert_eq!(ask(Some(who)).await, StatusCode::FORBIDDEN, "{method} {path} as {name}");
        }
        let stranger = ask(None).await;
        assert!(
            stranger != StatusCode::OK && stranger != StatusCode::NOT_FOUND,
            "{method} {path}: {stranger}"
        );
        assert_eq!(ask(Some(officer)).await != StatusCode::FORBIDDEN, officers, "{method} {path} as officer");
        let stops = path.ends_with("/stop") || path.ends_with("/resume");
        let looks = ask(Some(inspector)).await;
        assert_eq!(
            looks == StatusCode::FORBIDDEN,
            changes && !stops,
            "{method} {path} as inspector: {looks}"
        );
        if named {
            let elsewhere = ask(Some(other)).await;
            assert!(
                [StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY].contains(&elsewhere),
                "{method} {path} from another county: {elsewhere}"
            );
        }
    }
}
