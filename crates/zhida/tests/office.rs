//! An office's work through its pages: visits, numbers that are looked at, two records that are one, runs changed by hand.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhida::ids::CountyId;

use crate::county::{Answer, HERE, Session, World, register};

async fn api(world: &World, session: &Session, path: &str) -> Value {
    serde_json::from_str(&world.send("GET", path, Some(session), None).await.body).unwrap()
}

async fn ids(world: &World, session: &Session) -> Vec<String> {
    let people = api(world, session, "/api/people").await;
    people["people"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect()
}

fn moved(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn a_visit_brings_facts_and_a_need_that_somebody_owns_and_twice_is_once() {
    let world = World::new().await;
    let officer = world.log_in("officer").await;
    let accounts = zhida::account::list(&world.app.db, &CountyId(HERE.to_owned())).await.unwrap();
    let visitor = accounts.iter().find(|a| a.login == "officer").unwrap().id;
    let plan = format!("title=%E8%B5%B0%E8%AE%BF&starts=2026-01-01&due=2030-02-01&visitor={visitor}");
    moved(&world.send("POST", "/visits", Some(&officer), Some(&plan)).await);
    let visits = api(&world, &officer, "/api/visits").await;
    let visits = visits["visits"].as_array().unwrap();
    assert_eq!(visits.len(), 20);
    let (first, second) = (&visits[0]["id"], &visits[1]["id"]);
    let today = world.app.clock.today();
    let found = format!(
        "on={today}&difficulty=no-skill&words=%E5%AE%B6%E9%87%8C%E6%9C%89%E8%80%81%E4%BA%BA&need=%E6%83%B3%E5%AD%A6%E6%8A%80%E6%9C%AF"
    );
    let path = format!("/visits/{}", first.as_str().unwrap());
    moved(&world.send("POST", &path, Some(&officer), Some(&found)).await);
    moved(&world.send("POST", &path, Some(&officer), Some(&found)).await);
    let cases = api(&world, &officer, "/api/cases?programme=needs").await;
    assert_eq!(cases["cases"].as_array().unwrap().len(), 1, "a visit sent twice is one: {cases}");

    // What a phone kept without network comes as JSON, also twice.
    let sent =
        json!({ "id": second, "csrf": officer.csrf, "values": [["on", today.to_string()], ["need", "x"]] });
    for fresh in [true, false] {
        let answer = world.post_json("/api/visits", &officer, &sent).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert!(answer.body.contains(&fresh.to_string()), "{}", answer.body);
    }
    let tomorrow = today.plus_days(1);
    let early = world.send("POST", &path, Some(&officer), Some(&format!("on={tomorrow}"))).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "a visit is not made tomorrow");
}

#[tokio::test]
async fn a_number_is_shown_for_a_reason_and_the_journal_says_who_looked() {
    let world = World::new().await;
    let officer = world.log_in("officer").await;
    let supervisor = world.log_in("supervisor").await;
    let id = &ids(&world, &officer).await[0];
    let page = world.send("GET", &format!("/people/{id}"), Some(&officer), None).await;
    let whole = "3304991980101";
    assert!(!page.body.contains(whole), "the page shows no whole number");
    let reveal = format!("/people/{id}/reveal");
    let without = world.send("POST", &reveal, Some(&officer), Some("reason=")).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let with = "reason=%E7%94%B5%E8%AF%9D%E6%A0%B8%E5%AE%9E%E8%BA%AB%E4%BB%BD";
    let shown = world.send("POST", &reveal, Some(&officer), Some(with)).await;
    assert!(shown.status == StatusCode::OK && shown.body.contains("330499198"), "{}", shown.body);
    let journal = world.send("GET", "/journal", Some(&supervisor), None).await;
    assert!(journal.body.contains("电话核实身份") && journal.body.contains(id), "the reason is kept");
    let intact = world.send("GET", "/journal/verify", Some(&supervisor), None).await;
    assert_eq!(intact.status, StatusCode::OK);
}

#[tokio::test]
async fn two_records_of_one_person_become_one_with_both_histories() {
    let world = World::new().await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let all = ids(&world, &officer).await;
    let (from, into) = (&all[1], &all[0]);
    let facts = format!("/people/{from}/facts");
    moved(&world.send("POST", &facts, Some(&officer), Some("education=senior")).await);
    let merge = format!("/people/{into}/merge");
    let own = world.send("POST", &merge, Some(&supervisor), Some(&format!("from={into}"))).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    moved(&world.send("POST", &merge, Some(&supervisor), Some(&format!("from={from}"))).await);
    assert_eq!(ids(&world, &officer).await.len(), 19);
    let page = world.send("GET", &format!("/people/{into}"), Some(&officer), None).await;
    assert!(page.body.contains("高中") && page.body.contains("初中"), "what both said is shown");
    let gone = world.send("GET", &format!("/people/{from}"), Some(&officer), None).await;
    assert!(gone.status == StatusCode::SEE_OTHER && gone.location.contains(into), "{}", gone.status);
}

#[tokio::test]
async fn a_run_is_changed_by_hand_with_a_cause_approved_once_and_its_cases_move_together() {
    let world = World::new().await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let asked = world.send("POST", "/match/run", Some(&officer), Some("programme=fit-training")).await;
    let outcome = world.run(&asked).await;
    let run = outcome["next"].as_str().unwrap().split('?').next().unwrap().to_owned();
    let page = world.send("GET", &run, Some(&officer), None).await.body;
    let page = scraper::Html::parse_document(&page);
    let select = |css: &str| scraper::Selector::parse(css).unwrap();
    let chosen = page.select(&select("article.chosen")).count();
    assert!(chosen > 2);
    assert!(page.select(&select("article meter")).count() > 5, "terms are shown");
    let form = page.select(&select("article.chosen form")).next().unwrap();
    let change = form.value().attr("action").unwrap().to_owned();
    let without = world.send("POST", &change, Some(&officer), Some("chosen=no&cause=")).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "a change needs a cause");
    moved(
        &world
            .send("POST", &change, Some(&officer), Some("chosen=no&cause=%E5%B7%B2%E5%B0%B1%E4%B8%9A"))
            .await,
    );
    let page = world.send("GET", &run, Some(&officer), None).await.body;
    assert!(page.contains("已就业"), "the cause is shown");

    let approve = format!("{run}/approve");
    let refused = world.send("POST", &approve, Some(&officer), Some("")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let asked = world.send("POST", &approve, Some(&supervisor), Some("")).await;
    let cancel = format!("{}/cancel", asked.location);
    moved(&world.send("POST", &cancel, Some(&supervisor), Some("")).await);
    // Stopped before it began: the run waits for a decision still.
    let asked = world.send("POST", &approve, Some(&supervisor), Some("")).await;
    world.run(&asked).await;
    let again = world.send("POST", &approve, Some(&supervisor), Some("")).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "a run is approved once");

    let cases = api(&world, &officer, "/api/cases?programme=fit-training").await;
    let cases: Vec<&str> =
        cases["cases"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert!(cases.len() > 3);
    let three = format!("case={}&case={}&case={}&", cases[0], cases[1], cases[2]);
    let skip = world.send("POST", "/cases/move", Some(&officer), Some(&format!("{three}to=verified"))).await;
    assert_eq!(skip.status, StatusCode::CONFLICT, "no stage is skipped");
    moved(&world.send("POST", "/cases/move", Some(&officer), Some(&format!("{three}to=accepted"))).await);
    let accepted = api(&world, &officer, "/api/cases?programme=fit-training&stage=accepted").await;
    assert_eq!(accepted["cases"].as_array().unwrap().len(), 3);
    let mixed = format!("case={}&case={}&to=enrolled", cases[0], cases[3]);
    let mixed = world.send("POST", "/cases/move", Some(&officer), Some(&mixed)).await;
    assert_eq!(mixed.status, StatusCode::CONFLICT, "all or none");
    let accepted = api(&world, &officer, "/api/cases?programme=fit-training&stage=accepted").await;
    assert_eq!(accepted["cases"].as_array().unwrap().len(), 3);

    // A second run beside the first.
    let asked = world.send("POST", "/match/run", Some(&officer), Some("programme=fit-training")).await;
    let second = world.run(&asked).await["next"].as_str().unwrap().split('?').next().unwrap().to_owned();
    let against = format!("{second}/against/{}", run.rsplit('/').next().unwrap());
    let page = world.send("GET", &against, Some(&officer), None).await;
    assert_eq!(page.status, StatusCode::OK);
    let lost = format!("这次不再拟邀请的人 <span class=\"badge\">{}</span>", cases.len());
    assert!(page.body.contains(&lost), "who is under way is not proposed again: {}", page.body);
}

#[tokio::test]
async fn pairs_are_read_page_by_page_each_once_the_chosen_first() {
    let world = World::new().await;
    world.import("register", &register(150)).await;
    let officer = world.log_in("officer").await;
    let asked = world.send("POST", "/match/run", Some(&officer), Some("programme=fit-training")).await;
    let run = world.run(&asked).await["next"].as_str().unwrap().split('?').next().unwrap().to_owned();
    let (mut people, mut chosen, mut pages) = (Vec::new(), Vec::new(), 0);
    let mut next = Some(run.clone());
    while let Some(path) = next {
        let page = world.send("GET", &path, Some(&officer), None).await;
        let page = scraper::Html::parse_document(&page.body);
        let select = |css: &str| scraper::Selector::parse(css).unwrap();
        for pair in page.select(&select("article.pair")) {
            let link = pair.select(&select("a")).next().unwrap();
            people.push(link.value().attr("href").unwrap().to_owned());
            chosen.push(pair.value().classes().any(|c| c == "chosen"));
        }
        let link = page.select(&select("a[rel=next]")).next();
        next = link.map(|a| a.value().attr("href").unwrap().to_owned());
        pages += 1;
    }
    let once: std::collections::BTreeSet<&String> = people.iter().collect();
    assert!(pages > 2 && once.len() == people.len(), "{pages} pages, {} of {}", once.len(), people.len());
    assert!(chosen.is_sorted_by(|a, b| a >= b) && chosen[0], "the chosen stand first");
}
