//! Files as they come: each is answered with what is wrong and where, nothing is written, and the server goes on.

use axum::http::StatusCode;

use crate::county::{Session, World, register};

/// The words that stand in the main part of a page.
fn words(page: &str) -> String {
    let page = scraper::Html::parse_document(page);
    let main = scraper::Selector::parse("main").unwrap();
    page.select(&main).next().unwrap().text().collect()
}

async fn people(world: &World, session: &Session) -> String {
    let answer = world.send("GET", "/api/people", Some(session), None).await;
    answer.body.split("\"total\":").nth(1).unwrap().split(['}', ',']).next().unwrap().to_owned()
}

#[tokio::test]
async fn every_ugly_file_is_named_and_changes_nothing() {
    let world = World::new().await;
    let officer = world.log_in("officer").await;
    let before = people(&world, &officer).await;
    let mut mixed = encoding_rs::GB18030.encode("姓名,身份证号,手机\n甲甲,1,2\n").0.into_owned();
    mixed.extend("乙乙乙,3,4\n".as_bytes());
    let files: [(&str, &[u8], &str); 5] = [
        ("cut.xlsx", b"PK\x03\x04 and then nothing", "不完整"),
        ("mixed.csv", &mixed, "第 3 行"),
        ("letter.pdf", b"%PDF-1.7 dear sirs", "PDF"),
        ("bare.csv", "甲,乙\n1,2\n".as_bytes(), "表头"),
        ("rows.csv", "姓名,身份证号码,手机号\n".as_bytes(), "没有"),
    ];
    for (name, bytes, says) in files {
        let page = world.upload(&officer, "register", name, bytes).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
        assert!(words(&page.body).contains(says), "{name}: {}", words(&page.body));
        let applied = world.send("POST", &format!("{}/apply", page.location), Some(&officer), Some("")).await;
        assert_eq!(applied.status, StatusCode::CONFLICT, "{name} cannot be taken in");
    }
    let text = "姓名,镇街,手机,另一手机\n𠮷田😀,武原街道,1,2\n𠮷田,武原街道,2,3\n";
    let page = world.upload(&officer, "register", "twice.csv", text.as_bytes()).await;
    assert!(words(&page.body).contains("𠮷田😀"), "what is no name is shown with its row");
    let mapping = "column=name&column=town&column=phone&column=phone";
    let asked =
        world.send("POST", &format!("{}/mapping", page.location), Some(&officer), Some(mapping)).await;
    world.run(&asked).await;
    let page = world.send("GET", &page.location, Some(&officer), None).await;
    assert!(words(&page.body).contains("手机号"), "{}", words(&page.body));
    assert_eq!(people(&world, &officer).await, before);
}

#[tokio::test]
async fn a_file_of_200_megabytes_is_refused_with_the_limit() {
    let world = World::new().await;
    let officer = world.log_in("officer").await;
    let large = vec![b' '; 200 << 20];
    let answer = world.upload(&officer, "register", "large.csv", &large).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(words(&answer.body).contains("64"), "{}", words(&answer.body));
    assert_eq!(world.send("GET", "/people", Some(&officer), None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_file_goes_in_comes_back_and_a_second_time_changes_nothing() {
    let world = World::new().await;
    let officer = world.log_in("officer").await;
    let supervisor = world.log_in("supervisor").await;
    let text =
        format!("{}王坏,33049919800101001X,武原街道,12000099999,找工作,初中,焊工,2025-01-01\n", register(23));
    let page = world.upload(&officer, "register", "more.csv", text.as_bytes()).await;
    assert!(words(&page.body).contains("校验码"), "{}", words(&page.body));
    assert_eq!(people(&world, &officer).await, "20", "nothing is written before the officer says so");
    let bad = world.send("GET", &format!("{}/bad.xlsx", page.location), Some(&officer), None).await;
    assert!(bad.status == StatusCode::OK && bad.body.starts_with("PK"));
    let apply = format!("{}/apply", page.location);
    let asked = world.send("POST", &apply, Some(&officer), Some("")).await;
    let counts = world.run(&asked).await["counts"].clone();
    assert_eq!((&counts["created"], &counts["bad"]), (&3.into(), &1.into()), "{counts}");
    assert_eq!(people(&world, &officer).await, "23");

    let again = world.upload(&officer, "register", "again.csv", text.as_bytes()).await;
    let asked = world.send("POST", &format!("{}/apply", again.location), Some(&officer), Some("")).await;
    let counts = world.run(&asked).await["counts"].clone();
    assert_eq!((&counts["created"], &counts["updated"]), (&0.into(), &0.into()), "{counts}");

    let undo = format!("{}/undo", page.location);
    let asked = world.send("POST", &undo, Some(&supervisor), Some("")).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
    if asked.location.starts_with("/tasks/") {
        world.run(&asked).await;
    }
    assert_eq!(people(&world, &officer).await, "20");
}

#[tokio::test]
async fn a_wrong_column_can_be_put_right_by_hand_and_is_remembered() {
    let world = World::new().await;
    let officer = world.log_in("officer").await;
    let number = zhida_types::IdNumber::complete("33049919900505888").unwrap();
    let text = format!("称呼,身份证号码,在哪里,联系电话\n赵六,{},沈荡镇,12005556666\n", number.reveal());
    let page = world.upload(&officer, "register", "odd.csv", text.as_bytes()).await;
    assert!(words(&page.body).contains("姓名"), "the missing column is named");
    let mapping = "column=name&column=id_number&column=town&column=phone";
    let asked =
        world.send("POST", &format!("{}/mapping", page.location), Some(&officer), Some(mapping)).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
    world.run(&asked).await;
    let asked = world.send("POST", &format!("{}/apply", page.location), Some(&officer), Some("")).await;
    assert_eq!(world.run(&asked).await["counts"]["created"], 1);
    // The next file with these headers needs no help.
    let next = zhida_types::IdNumber::complete("33049919900505887").unwrap();
    let text = format!("称呼,身份证号码,在哪里,联系电话\n钱七,{},沈荡镇,12005556667\n", next.reveal());
    let page = world.upload(&officer, "register", "odd2.csv", text.as_bytes()).await;
    let asked = world.send("POST", &format!("{}/apply", page.location), Some(&officer), Some("")).await;
    assert_eq!(world.run(&asked).await["counts"]["created"], 1);
}
