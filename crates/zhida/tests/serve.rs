//! What is given by right: found, proposed, applied for, granted by a second person.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use zhida::clock::Clock;
use zhida::ids::{CountyId, PartyId};
use zhida::journal::Write;
use zhida::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
use zhida::party::{self, Identity, NewParty, Sheet};
use zhida::{case, measure, payment};
use zhida_types::{IdNumber, Phone};

use crate::county::{HERE, Session, World};

/// A day in the winter whose windows the packs name.
async fn winter() -> World {
    let day = chrono::DateTime::parse_from_rfc3339("2026-12-01T09:00:00+08:00").unwrap().to_utc();
    World::with(Clock::starting_at(day), |_| {}).await
}

fn county() -> CountyId {
    CountyId(HERE.to_owned())
}

/// An identity number of nobody, by a serial.
fn number(serial: usize) -> IdNumber {
    IdNumber::complete(&format!("33049919600101{serial:03}")).unwrap()
}

async fn make(
    world: &World,
    write: &mut Write,
    kind: &str,
    identity: Identity,
    values: BTreeMap<String, Value>,
) -> PartyId {
    let sheet = Sheet {
        source: "officer".to_owned(),
        purpose: String::new(),
        as_of: world.app.clock.today(),
        import: None,
        values,
    };
    let new = NewParty {
        identity,
        sheet,
        town: Some("330424101".to_owned()),
        place: None,
        origin: "synthetic".to_owned(),
    };
    let id = party::create_many(&world.app, write, kind, &[new]).await.unwrap()[0];
    write.note("party-made", zhida::journal::Subject::new("party", id), serde_json::json!({})).await.unwrap();
    id
}

/// A household of two with an account; more facts as pairs.
pub(crate) async fn household(
    world: &World,
    write: &mut Write,
    name: &str,
    more: &[(&str, &str)],
) -> PartyId {
    let serial = name.chars().map(|c| c as usize).sum::<usize>() % 997;
    household_of(world, write, (name, serial), more).await
}

async fn household_of(
    world: &World,
    write: &mut Write,
    (name, serial): (&str, usize),
    more: &[(&str, &str)],
) -> PartyId {
    let phone = Phone::parse_demonstration(&format!("1200{serial:07}")).unwrap();
    let identity = Identity::person(name, Some(&number(serial)), Some(phone), None);
    let mut values: BTreeMap<String, Value> =
        more.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
    values.insert("members".to_owned(), Value::from(2));
    values.insert("town".to_owned(), Value::from("330424101"));
    values.insert("phone".to_owned(), Value::from(format!("1200{serial:07}")));
    values.insert("id_number".to_owned(), Value::from(number(serial).reveal()));
    values.insert("bank_account".to_owned(), Value::from(format!("62000000{serial:010}")));
    values.insert("account_name".to_owned(), Value::from(name));
    make(world, write, "household", identity, values).await
}

/// A granted subsidy of one household in a batch of its own.
pub(crate) async fn batch(world: &World, write: &mut Write) -> zhida::ids::BatchId {
    let party = household(world, write, "批次户", &[("hardship", "minimum")]).await;
    let case = case::NewCase {
        party,
        offer: None,
        amount: Some(20_000),
        reason: serde_json::json!([]),
        words: String::new(),
    };
    case::open_many(&world.app, write, ("heating-subsidy", "granted"), vec![case]).await.unwrap();
    post_allotment(world, write, 1_000).await;
    payment::prepare(&world.app, write, "heating-subsidy", "").await.unwrap().0
}

async fn act(world: &World) -> Write {
    let actor = zhida::journal::Actor::system();
    Write::begin(&world.app.db, &county(), &actor, world.app.clock.now()).await.unwrap()
}

async fn post(world: &World, who: &Session, path: &str, form: &str) -> crate::county::Answer {
    world.send("POST", path, Some(who), Some(form)).await
}

#[tokio::test]
async fn whoever_proposes_does_not_grant_and_the_facts_of_the_day_stay_with_the_case() {
    let world = winter().await;
    let mut write = act(&world).await;
    let poor = household(&world, &mut write, "李大爷", &[("hardship", "minimum"), ("heating", "none")]).await;
    let rich = household(&world, &mut write, "赵先生", &[("hardship", "none")]).await;
    write.commit().await.unwrap();
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let page = world.send("GET", "/measures/heating-subsidy", Some(&officer), None).await.body;
    assert!(page.contains("李大爷") && !page.contains("赵先生"), "who qualifies and has not come is named");
    let refused = post(&world, &officer, "/measures/heating-subsidy/apply", &format!("party={rich}")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    // A supervisor who proposes cannot grant what he proposed.
    let proposed = post(&world, &supervisor, "/measures/heating-subsidy/propose", "").await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{}", proposed.body);
    let found = case::of_party(&world.app.db, &county(), poor).await.unwrap();
    let path = format!("/cases/{}/move", found[0].id);
    let own = post(&world, &supervisor, &path, "to=granted&version=1").await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    let officers = post(&world, &officer, &path, "to=granted&version=1").await;
    assert_eq!(officers.status, StatusCode::FORBIDDEN, "an officer grants nothing");
    let admin = world.log_in("admin").await;
    let granted = post(&world, &admin, &path, "to=granted&version=1").await;
    assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.body);
    let now = case::of_party(&world.app.db, &county(), poor).await.unwrap().remove(0);
    assert_eq!((now.stage.as_str(), now.amount), ("granted", Some(20_000)), "200 yuan, in fen");
    let facts = case::facts_of(&world.app, &now).unwrap();
    assert_eq!(facts["hardship"], "minimum");
    // A second proposal finds nobody new.
    let again = post(&world, &officer, "/measures/heating-subsidy/propose", "").await;
    assert!(again.location.contains("clause-nobody"), "{}", again.location);
}

#[tokio::test]
async fn a_household_that_ceases_to_qualify_is_not_granted() {
    let world = winter().await;
    let mut write = act(&world).await;
    let home = household(&world, &mut write, "孙大妈", &[("hardship", "minimum")]).await;
    write.commit().await.unwrap();
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let applied = post(&world, &officer, "/measures/heating-subsidy/apply", &format!("party={home}")).await;
    assert_eq!(applied.status, StatusCode::SEE_OTHER, "{}", applied.body);
    post(&world, &officer, &format!("/people/{home}/facts"), "hardship=none").await;
    let case = case::of_party(&world.app.db, &county(), home).await.unwrap().remove(0);
    let answer = post(&world, &supervisor, &format!("/cases/{}/move", case.id), "to=granted&version=1").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("孙大妈"), "the refusal names who");
}

#[tokio::test]
async fn the_same_people_in_two_towns_are_found() {
    let world = winter().await;
    let mut write = act(&world).await;
    let husband = household_of(&world, &mut write, ("钱先生", 11), &[("hardship", "minimum")]).await;
    let wife = household_of(
        &world,
        &mut write,
        ("吴女士", 12),
        &[
            ("hardship", "minimum"),
            ("member_numbers", &format!("儿子 330499…；丈夫 {}", number(11).reveal())),
        ],
    )
    .await;
    write.commit().await.unwrap();
    let officer = world.log_in("officer").await;
    let first = post(&world, &officer, "/measures/heating-subsidy/apply", &format!("party={husband}")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let second = post(&world, &officer, "/measures/heating-subsidy/apply", &format!("party={wife}")).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(second.body.contains("钱先生"), "it says in whose household: {}", second.body);
    // Nor does a proposal bring it in by the back door.
    post(&world, &officer, "/measures/heating-subsidy/propose", "").await;
    assert!(case::of_party(&world.app.db, &county(), wife).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_application_goes_on_when_its_window_has_closed_and_a_new_one_is_refused() {
    let day = chrono::DateTime::parse_from_rfc3339("2027-04-20T09:00:00+08:00").unwrap().to_utc();
    let world = World::with(Clock::starting_at(day), |_| {}).await;
    let mut write = act(&world).await;
    let (first, late) = (
        household(&world, &mut write, "周大爷", &[("hardship", "minimum")]).await,
        household(&world, &mut write, "郑大爷", &[("hardship", "minimum")]).await,
    );
    let applied = case::NewCase {
        offer: None,
        party: first,
        amount: Some(20_000),
        reason: serde_json::json!([]),
        words: "applied in March".to_owned(),
    };
    let stage = ("heating-subsidy", "applied");
    case::open_many(&world.app, &mut write, stage, vec![applied]).await.unwrap();
    write.commit().await.unwrap();
    let case = case::of_party(&world.app.db, &county(), first).await.unwrap().remove(0);
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let refused = post(&world, &officer, "/measures/heating-subsidy/apply", &format!("party={late}")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("2027-03-15"), "it says until when");
    let granted =
        post(&world, &supervisor, &format!("/cases/{}/move", case.id), "to=granted&version=1").await;
    assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.body);
}

async fn firm(
    world: &World,
    write: &mut Write,
    (name, eight): (&str, &str),
    more: &[(&str, Value)],
) -> String {
    let code = zhida_types::CreditCode::complete("330499", eight).unwrap();
    let mut values: BTreeMap<String, Value> =
        more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    values.insert("dishonest".to_owned(), Value::from(false));
    make(world, write, "enterprise", Identity::firm(name, Some(&code), None), values).await;
    code.to_string()
}

#[tokio::test]
async fn a_firm_sees_what_it_qualifies_for_and_the_one_fact_that_is_missing() {
    let world = winter().await;
    let mut write = act(&world).await;
    let facts =
        [("trade", Value::from("wholesale")), ("shows_abroad", Value::from(2)), ("export", Value::from(50))];
    let code = firm(&world, &mut write, ("甲公司", "00000001"), &facts).await;
    let half = firm(&world, &mut write, ("乙公司", "00000002"), &facts[..2]).await;
    write.commit().await.unwrap();
    let page = world.send("GET", &format!("/firms?code={code}"), None, None).await.body;
    assert!(page.contains("甲公司") && page.contains("60000"), "two shows at 30,000 yuan: {page}");
    let page = world.send("GET", &format!("/firms?code={half}"), None, None).await.body;
    assert!(page.contains("上年出口额"), "the fact that is missing is named");
    // What another formula would come to, beside the clause's own, in firms and money.
    let officer = world.log_in("officer").await;
    let tried = "/packs/show-grant?amount=shows_abroad%20*%2050000&rule=shows_abroad%20%3E%3D%201";
    let trial = world.send("GET", tried, Some(&officer), None).await.body;
    assert!(trial.contains("60000 → 200000"), "two firms and 50,000 a show: {trial}");
    let wrong = world.send("GET", "/firms?code=91330499000000017X", None, None).await;
    assert_eq!(wrong.status, StatusCode::OK);
    assert!(wrong.body.contains("校验位"), "a wrong code is explained");
    let applied = world.send("POST", "/firms", None, Some(&format!("code={code}&clause=show-grant"))).await;
    assert_eq!(applied.status, StatusCode::SEE_OTHER, "{}", applied.body);
    let page = world.send("GET", &format!("/firms?code={code}"), None, None).await.body;
    assert!(page.contains("待核准"), "it sees that it is under way");
    // Another name under the same code is the same firm.
    let again = world.send("POST", "/firms", None, Some(&format!("code={code}&clause=show-grant"))).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_standing_counts_in_other_clauses_once_it_is_granted() {
    let world = winter().await;
    let mut write = act(&world).await;
    let facts = [
        ("trade", Value::from("software")),
        ("high_tech", Value::from(true)),
        ("research", Value::from(5.5)),
        ("revenue", Value::from(100)),
    ];
    firm(&world, &mut write, ("丙公司", "00000003"), &facts).await;
    write.commit().await.unwrap();
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let snapshot = world.app.snapshot(&county(), "enterprise").await.unwrap();
    let row = snapshot.people.iter().position(|p| p.name == "丙公司").unwrap();
    let id = snapshot.people[row].id;
    post(&world, &officer, "/measures/institute-standing/apply", &format!("party={id}")).await;
    let case = case::of_party(&world.app.db, &county(), id).await.unwrap().remove(0);
    let granted =
        post(&world, &supervisor, &format!("/cases/{}/move", case.id), "to=granted&version=1").await;
    assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.body);
    let snapshot = world.app.snapshot(&county(), "enterprise").await.unwrap();
    let field = snapshot.register.profile.find("as_institute").unwrap();
    assert_eq!(snapshot.table.cell(snapshot.row(id).unwrap(), field), zhida_rules::Cell::Bool(true));
}

#[tokio::test]
async fn those_in_front_are_cut_off_by_rank_and_ties_stay() {
    let world = winter().await;
    let mut write = act(&world).await;
    for n in 0..14_u32 {
        // Three firms share the ninth to the eleventh place.
        let revenue = if n == 3 || n == 4 { 105 } else { 100 + i64::from(n) };
        let facts = [("grade", Value::from("giant")), ("revenue", Value::from(revenue))];
        firm(&world, &mut write, (&format!("{n} 号公司"), &format!("{:08}", 100 + n)), &facts).await;
    }
    write.commit().await.unwrap();
    let snapshot = world.app.snapshot(&county(), "enterprise").await.unwrap();
    let all = zhida_rules::Bitmap::ones(snapshot.people.len());
    let clauses = zhida::programme::Clauses::one(&county(), &snapshot, "front-rank").unwrap();
    let reach = clauses.reach(&all).unwrap().remove(0);
    assert_eq!(reach.eligible.count(), 11, "113 down to 106, and three times 105");
    let funnel =
        measure::funnel(&world.app, &county(), world.app.programme("front-rank").unwrap().1).await.unwrap();
    assert_eq!(funnel.steps[0].cases, 0);
}

/// Money on the line of the budget that pays, in yuan.
async fn allot(world: &World, yuan: i64) {
    let mut write = act(world).await;
    post_allotment(world, &mut write, yuan).await;
    write.commit().await.unwrap();
}

async fn post_allotment(world: &World, write: &mut Write, yuan: i64) {
    let fund = ledger::holder(write, Kind::Fund, "f", "f", None).await.unwrap();
    let source = ledger::holder(write, Kind::Source, "s", "s", None).await.unwrap();
    let line = ledger::holder(write, Kind::Budget, "HEATING", "取暖补贴", None).await.unwrap();
    let entry = |act, from, to| NewEntry {
        day: world.app.clock.today(),
        act,
        words: String::new(),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves: vec![Move { from, to, item: MONEY.to_owned(), batch: String::new(), amount: yuan * 100 }],
    };
    ledger::post(write, vec![entry("fund", source, fund), entry("allot", fund, line)]).await.unwrap();
}

/// Households of these names with a subsidy that is granted, and a checked batch that was sent: its address.
async fn sent(world: &World, names: &[&str]) -> String {
    let mut write = act(world).await;
    for (at, name) in names.iter().enumerate() {
        household_of(world, &mut write, (name, 40 + at), &[("hardship", "minimum")]).await;
    }
    write.commit().await.unwrap();
    allot(world, 10_000).await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    post(world, &officer, "/measures/heating-subsidy/propose", "").await;
    for name in names {
        let people = world.app.snapshot(&county(), "household").await.unwrap();
        let id = people.people.iter().find(|p| p.name == *name).unwrap().id;
        let case = case::of_party(&world.app.db, &county(), id).await.unwrap().remove(0);
        let granted =
            post(world, &supervisor, &format!("/cases/{}/move", case.id), "to=granted&version=1").await;
        assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.body);
    }
    let made = post(world, &officer, "/payments", "clause=heating-subsidy").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let path = made.location.split('?').next().unwrap().to_owned();
    let early = world.send("GET", &format!("{path}/file.csv"), Some(&officer), None).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "an unchecked batch has no file");
    let checked = post(world, &supervisor, &format!("{path}/check"), "").await;
    assert_eq!(checked.status, StatusCode::SEE_OTHER, "{}", checked.body);
    let file = world.send("GET", &format!("{path}/file.csv"), Some(&officer), None).await;
    assert!(file.body.contains("62000000") && file.body.contains(names[0]), "{}", file.body);
    path
}

async fn result(world: &World, path: &str, rows: &str) -> crate::county::Answer {
    let officer = world.log_in("officer").await;
    let text = format!("序号,户名,金额,结果,原因\n{rows}");
    world.post_file(&officer, (&format!("{path}/result"), ""), "result.csv", text.as_bytes()).await
}

async fn stage(world: &World, name: &str) -> String {
    let people = world.app.snapshot(&county(), "household").await.unwrap();
    let id = people.people.iter().find(|p| p.name == name).unwrap().id;
    case::of_party(&world.app.db, &county(), id).await.unwrap().remove(0).stage
}

async fn held(world: &World) -> i64 {
    let lines = ledger::of_kind(&world.app.db, &county(), Kind::Budget).await.unwrap();
    let ids: Vec<_> = lines.iter().map(|l| l.id).collect();
    ledger::balances(&world.app.db, &county(), &ids).await.unwrap().iter().map(|b| b.amount).sum()
}

#[tokio::test]
async fn what_the_bank_paid_is_booked_once_and_what_it_did_not_goes_into_another_batch() {
    let world = winter().await;
    let path = sent(&world, &["甲户", "乙户"]).await;
    let answer = result(&world, &path, "1,甲户,200.00,成功,\n2,乙户,200.00,失败,账号已销户\n").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(
        (stage(&world, "甲户").await.as_str(), stage(&world, "乙户").await.as_str()),
        ("received", "granted")
    );
    assert_eq!(held(&world).await, 980_000, "200 of 10,000 yuan are booked");
    // The same file again: the batch is closed.
    let again = result(&world, &path, "1,甲户,200.00,成功,\n").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let officer = world.log_in("officer").await;
    let next = post(&world, &officer, "/payments", "clause=heating-subsidy").await;
    let page = world.send("GET", next.location.split('?').next().unwrap(), Some(&officer), None).await.body;
    assert!(page.contains("乙户") && !page.contains("甲户"), "who was paid is not paid again");
    let third = post(&world, &officer, "/payments", "clause=heating-subsidy").await;
    assert_eq!(third.status, StatusCode::CONFLICT, "what is on its way is in no other batch");
}

#[tokio::test]
async fn nobody_says_by_hand_that_money_came() {
    let world = winter().await;
    sent(&world, &["戊户"]).await;
    let people = world.app.snapshot(&county(), "household").await.unwrap();
    let id = people.people.iter().find(|p| p.name == "戊户").unwrap().id;
    let case = case::of_party(&world.app.db, &county(), id).await.unwrap().remove(0);
    let supervisor = world.log_in("supervisor").await;
    let form = format!("to=received&words=w&version={}", case.version);
    let moved = post(&world, &supervisor, &format!("/cases/{}/move", case.id), &form).await;
    assert_eq!(moved.status, StatusCode::CONFLICT);
    assert!(moved.body.contains("银行回单"), "it says that the books decide: {}", moved.body);
    let bulk = post(&world, &supervisor, "/cases/move", &format!("case={}&to=received", case.id)).await;
    assert_eq!(bulk.status, StatusCode::CONFLICT);
    assert_eq!((stage(&world, "戊户").await.as_str(), held(&world).await), ("granted", 1_000_000));
}

#[tokio::test]
async fn a_changed_name_is_not_booked_and_a_changed_amount_refuses_the_file() {
    let world = winter().await;
    let path = sent(&world, &["丙户", "丁户"]).await;
    for (rows, words) in [
        ("1,丙户,300.00,成功,\n", "300 ≠ 200"),
        ("7,丙户,200.00,成功,\n", ": 7"),
        ("1,丙户,200.00,成功,\n1,丙户,200.00,成功,\n", "两次"),
        ("1,丙户,200.00,也许,\n", "读不出"),
    ] {
        let answer = result(&world, &path, rows).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    assert_eq!(held(&world).await, 1_000_000, "nothing was written");
    let answer = result(&world, &path, "1,陌生人,200.00,成功,\n2,丁户,200.00,成功,\n").await;
    assert!(answer.location.contains("disputed"), "{}", answer.location);
    assert_eq!((stage(&world, "丙户").await.as_str(), held(&world).await), ("granted", 980_000));
    let supervisor = world.log_in("supervisor").await;
    let page = world.send("GET", &path, Some(&supervisor), None).await.body;
    assert!(page.contains("陌生人 ≠ 丙户"), "{page}");
    let settle = page.split("/settle/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let today = world.send("GET", "/", Some(&supervisor), None).await.body;
    assert!(today.contains("笔发放户名不符"), "it waits on the first page: {today}");
    let officer = world.log_in("officer").await;
    let refused =
        post(&world, &officer, &format!("{path}/settle/{settle}"), "reached=yes&words=本人已签字确认").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "a supervisor settles");
    let answer =
        post(&world, &supervisor, &format!("{path}/settle/{settle}"), "reached=yes&words=本人已签字确认")
            .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!((stage(&world, "丙户").await.as_str(), held(&world).await), ("received", 960_000));
}
