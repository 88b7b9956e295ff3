//! Providers, calls, classes and the work that was found: from the call to the open results.

use axum::http::StatusCode;
use zhida::ids::CountyId;
use zhida_types::CreditCode;

use crate::county::{Answer, HERE, Session, World};

fn county() -> CountyId {
    CountyId(HERE.to_owned())
}

async fn get(world: &World, session: &Session, path: &str) -> String {
    let answer = world.send("GET", path, Some(session), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

async fn public(world: &World, path: &str) -> String {
    let answer = world.send("GET", path, None, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

async fn post(world: &World, session: &Session, path: &str, form: &str) -> Answer {
    world.send("POST", path, Some(session), Some(form)).await
}

async fn done(world: &World, session: &Session, path: &str, form: &str) -> String {
    let answer = post(world, session, path, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
    answer.location.split('?').next().unwrap().to_owned()
}

/// The first part of a text between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
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
        let sent = world.post_photo(officer, &format!("{path}/papers"), &fields, &crate::tips::picture()).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    }
    let form = format!("name={n} 号老师&certificate=T-{n}&subject=焊接");
    done(world, officer, &format!("{path}/teachers"), &form).await;
    path.rsplit('/').next().unwrap().to_owned()
}

/// Fills in everything that somebody is asked for about something, with these answers.
async fn fill(world: &World, session: &Session, about: &str, values: &[(&str, &str)]) -> usize {
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

const GOOD: [(&str, &str); 6] = [
    ("papers", "yes"),
    ("rooms", "good"),
    ("record", "good"),
    ("results", "none"),
    ("teachers", "good"),
    ("course", "good"),
];
const POOR: [(&str, &str); 6] = [
    ("papers", "yes"),
    ("rooms", "partly"),
    ("record", "bad"),
    ("results", "poor"),
    ("teachers", "partly"),
    ("course", "partly"),
];

/// A call that is decided for the first of three providers. Answers the call and the providers.
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
    assert!(page.contains("资质") && !page.contains("1 号学校"), "nobody learns who bids while they do: {page}");
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
    assert!(page.contains("办学许可证已于") && page.contains("已阻断"), "the third one's papers ran out: {page}");
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
    // 92.5 of 100 rounded down, 70 %, and 2,000 of 2,500 yuan for 30 %.
    assert!(page.contains("评审 92 分") && page.contains("排名分 88.40"), "{page}");
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
    let form = |page: &str| format!("version={}&bid={bid}&reasons=评审得分最高，课程合适，同意选定", version(page));
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
    assert!(!page.contains("13800000000") && !page.contains("张三"), "contacts are nobody's business: {page}");
    (path, providers)
}

#[tokio::test]
async fn a_call_is_decided_by_lot_scores_publicity_and_somebody_else() {
    let mut world = World::new().await;
    called(&mut world).await;
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
