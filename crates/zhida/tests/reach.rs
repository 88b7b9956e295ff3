//! From an approved run to a person's answer, over real sockets: the gateway, the mail server, the link, the text message.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use zhida::case;
use zhida::clock::Clock;
use zhida::config::Config;
use zhida::ids::CountyId;
use zhida::journal::Actor;
use zhida::message;
use zhida::task::Progress;

use crate::county::{HERE, THERE, World};

const SECRET: &str = "between-us";

fn here() -> CountyId {
    CountyId(HERE.to_owned())
}

/// Ten in the morning in Shanghai: no quiet hour.
fn morning() -> Clock {
    Clock::starting_at(DateTime::parse_from_rfc3339("2026-03-02T10:00:00+08:00").unwrap().with_timezone(&Utc))
}

/// Runs and approves.
async fn invite_to(world: &World, programme: &str) -> message::Queued {
    let (actor, progress) = (Actor::system(), Progress::default());
    let run = case::run(&world.app, &here(), &actor, programme, &progress).await.unwrap().run;
    case::approve(&world.app, &here(), &actor, run, &progress).await.unwrap().1
}

/// Invites to classes; answers how many messages were queued and how many withheld as too many.
async fn invite(world: &World) -> (usize, usize) {
    let queued = invite_to(world, "fit-training").await;
    (queued.queued, queued.capped)
}

async fn deliver(world: &World) -> usize {
    let mut taken = 0;
    loop {
        match message::round(&world.app).await.unwrap() {
            0 => return taken,
            n => taken += n,
        }
    }
}

/// What a gateway was given: its headers in lower case, and the body.
#[derive(Debug)]
struct Given {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Given {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A gateway that answers with the statuses in turn, then always with the last.
fn gateway(statuses: &'static [u16]) -> (SocketAddr, Receiver<Given>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut headers) = (String::new(), Vec::new());
            lines.read_line(&mut line).unwrap();
            loop {
                line.clear();
                lines.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim_end().split_once(": ") else { break };
                headers.push((name.to_lowercase(), value.to_owned()));
            }
            let given = Given { headers, body: Vec::new() };
            let mut body = vec![0; given.header("content-length").parse().unwrap()];
            std::io::Read::read_exact(&mut lines, &mut body).unwrap();
            if tell.send(Given { body, ..given }).is_err() {
                break;
            }
            let status = statuses.get(at).or(statuses.last()).unwrap();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
    });
    (address, told)
}

/// A mail server that takes everything.
fn mail_server() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || listener.incoming().for_each(|stream| converse(stream.unwrap(), &tell)));
    (address, told)
}

/// One conversation of RFC 5321.
fn converse(mut stream: std::net::TcpStream, tell: &Sender<String>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut say = |text: &str| write!(stream, "{text}\r\n").is_ok();
    say("220 here");
    let (mut mail, mut in_mail) = (String::new(), false);
    for line in lines.map_while(Result::ok) {
        if in_mail && line == "." {
            in_mail = false;
            let _ = tell.send(std::mem::take(&mut mail));
            say("250 taken");
        } else if in_mail {
            mail.push_str(&line);
            mail.push('\n');
        } else if line.starts_with("DATA") {
            in_mail = true;
            say("354 go on");
        } else if line.starts_with("QUIT") {
            say("221 bye");
            return;
        } else {
            say("250 fine");
        }
    }
}

async fn world_with_gateway(statuses: &'static [u16]) -> (World, Receiver<Given>) {
    let (address, given) = gateway(statuses);
    let set = |config: &mut Config| {
        config.messages.webhook_url = format!("http://{address}/send");
        SECRET.clone_into(&mut config.messages.webhook_secret);
    };
    (World::with(morning(), set).await, given)
}

/// The word that a message asks for, like `Y4821`, and the path of its link.
fn word_and_link(text: &str) -> (String, String) {
    let word = text.split("回复 ").nth(1).unwrap().split(' ').next().unwrap();
    let link = text.split("http://127.0.0.1:8080").nth(1).unwrap().split(' ').next().unwrap();
    (word.to_owned(), link.to_owned())
}

async fn stage(world: &World, link: &str) -> String {
    let page = world.send("GET", link, None, None).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = scraper::Html::parse_document(&page.body);
    let main = scraper::Selector::parse("main").unwrap();
    page.select(&main).next().unwrap().text().collect()
}

#[tokio::test]
async fn a_gateway_gets_signed_messages_once_each_and_its_answers_move_the_cases() {
    let (world, given) = world_with_gateway(&[200]).await;
    let (queued, _) = invite(&world).await;
    assert!(queued > 3);
    assert_eq!(deliver(&world).await, queued);
    assert_eq!(deliver(&world).await, 0, "nothing is left to send");
    let all: Vec<Given> = given.try_iter().collect();
    assert_eq!(all.len(), queued);
    for one in &all {
        let right = zhida::db::seal::signature(SECRET, &one.body);
        assert_eq!(one.header("x-zhida-signature"), right);
        assert_eq!(one.header("idempotency-key"), one.json()["id"].as_str().unwrap());
    }

    // Yes by text message, from a phone as a gateway writes it.
    let first = all[0].json();
    let (word, link) = word_and_link(first["text"].as_str().unwrap());
    let phone = format!("+86{}", first["to"].as_str().unwrap());
    let replies = format!("/hooks/{HERE}/replies");
    let yes = json!({ "from": phone, "text": format!(" {} ", word.to_lowercase()) });
    let forged = world.hook(&replies, &yes, "another secret").await;
    assert_eq!(forged.status, StatusCode::NOT_FOUND);
    let elsewhere = world.hook(&format!("/hooks/{THERE}/replies"), &yes, SECRET).await;
    assert_eq!(serde_json::from_str::<Value>(&elsewhere.body).unwrap()["taken"], false);
    let taken = world.hook(&replies, &yes, SECRET).await;
    let taken: Value = serde_json::from_str(&taken.body).unwrap();
    assert_eq!((&taken["taken"], &taken["stage"]), (&json!(true), &json!("accepted")));
    assert!(stage(&world, &link).await.contains("已接受"));

    // Receipts go forward only: what was answered does not become "delivered".
    let receipts = format!("/hooks/{HERE}/receipts");
    let receipt = |id: &Value, state: &str| json!({ "id": id, "state": state });
    let late = world.hook(&receipts, &receipt(&first["id"], "delivered"), SECRET).await;
    assert_eq!(late.body, "false");
    let second = all[1].json();
    for (state, counts) in [("delivered", "true"), ("read", "true"), ("delivered", "false")] {
        assert_eq!(world.hook(&receipts, &receipt(&second["id"], state), SECRET).await.body, counts);
    }
    assert_eq!(
        world.hook(&receipts, &receipt(&second["id"], "burnt"), SECRET).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let [sent, delivered, read, answered] = message::reach(&world.app.db, &here()).await.unwrap();
    assert_eq!((usize::try_from(sent).unwrap(), delivered, read, answered), (queued, 1, 2, 1));

    // Stop: nothing more to this phone, neither of this run nor of the next.
    let stop = json!({ "from": second["to"], "text": "T" });
    assert!(world.hook(&replies, &stop, SECRET).await.status.is_success());
    world.import("jobs", "岗位,企业,人数,技能,月薪\n焊工,丙厂,40,焊工,6000\n").await;
    let next = invite_to(&world, "job-referral").await;
    assert_eq!((next.stopped, next.queued > 3), (1, true), "{next:?}");
}

#[tokio::test]
async fn a_gateway_that_fails_is_tried_again_later_and_not_before() {
    let (world, given) = world_with_gateway(&[503]).await;
    let (queued, _) = invite(&world).await;
    assert_eq!(deliver(&world).await, queued);
    assert_eq!(given.try_iter().count(), queued);
    assert_eq!(deliver(&world).await, 0, "the pause has not passed");
    let counts = message::counts(&world.app.db, &here()).await.unwrap();
    assert_eq!(counts.get(&message::State::Queued).copied(), Some(i64::try_from(queued).unwrap()));
    let officer = world.log_in("officer").await;
    let page = world.send("GET", "/messages", Some(&officer), None).await;
    assert!(page.body.contains("gateway"), "the page says what went wrong");
}

#[tokio::test]
async fn nothing_leaves_in_quiet_hours() {
    let night = DateTime::parse_from_rfc3339("2026-03-02T22:00:00+08:00").unwrap().with_timezone(&Utc);
    let (address, given) = gateway(&[200]);
    let set = |config: &mut Config| config.messages.webhook_url = format!("http://{address}/send");
    let world = World::with(Clock::starting_at(night), set).await;
    let (queued, _) = invite(&world).await;
    assert_eq!(deliver(&world).await, queued);
    assert_eq!(deliver(&world).await, 0);
    assert_eq!(given.try_iter().count(), 0);
}

#[tokio::test]
async fn who_has_an_address_but_no_gateway_gets_mail() {
    let (address, mails) = mail_server();
    let set = |config: &mut Config| config.messages.smtp_url = format!("smtp://{address}");
    let world = World::with(morning(), set).await;
    let number = zhida_types::IdNumber::complete("33049919850101777").unwrap();
    let counts = world
        .import("register", &format!("姓名,身份证号码,镇街,联系电话,电子邮箱,就业意愿,文化程度,技能,失业登记日期\n李四,{},武原街道,12009999999,li@example.org,培训,高中,焊工,2025-01-01\n", number.reveal()))
        .await;
    assert_eq!(counts.created, 1);
    world.import("courses", "课程名称,培训机构,名额,相关技能\n叉车班,乙校,30,叉车\n").await;
    invite(&world).await;
    deliver(&world).await;
    let mails: Vec<String> = mails.try_iter().collect();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains("To: li@example.org") && mails[0].contains("@zhida>"), "{}", mails[0]);
}

#[tokio::test]
async fn a_person_gets_so_many_a_week_and_no_more() {
    let set = |config: &mut Config| config.messages.per_week = 1;
    let world = World::with(morning(), set).await;
    let (queued, capped) = invite(&world).await;
    assert!(queued > 0 && capped == 0);
    world.import("jobs", "岗位,企业,人数,技能,月薪\n焊工,丙厂,40,焊工,6000\n").await;
    let next = invite_to(&world, "job-referral").await;
    assert_eq!(next.capped, queued, "who was written to this week is not written to again");
    assert!(next.queued > 0, "the others are");
}

#[tokio::test]
async fn a_link_says_why_and_takes_every_answer_without_script() {
    let (world, given) = world_with_gateway(&[200]).await;
    invite(&world).await;
    deliver(&world).await;
    let texts: Vec<String> =
        given.try_iter().map(|g| g.json()["text"].as_str().unwrap().to_owned()).collect();
    let link = |at: usize| word_and_link(&texts[at]).1;
    let page = world.send("GET", &link(0), None, None).await;
    let page = scraper::Html::parse_document(&page.body);
    let select = |css: &str| page.select(&scraper::Selector::parse(css).unwrap()).count();
    assert!(select("form[method=post] button[name=answer][value=accept]") == 1);
    assert!(select("script:not([src])") == 0, "no script stands in the page");
    assert!(select("section.why li") > 0, "why me");
    for (at, form, words) in [
        (0, "answer=accept", "已接受"),
        (1, "answer=decline&cause=%E5%A4%AA%E8%BF%9C", "已谢绝"),
        (2, "answer=ask&question=%E5%87%A0%E7%82%B9%EF%BC%9F", "有疑问"),
    ] {
        let answer = world.send("POST", &link(at), None, Some(form)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert!(stage(&world, &link(at)).await.contains(words));
    }
    let empty = world.send("POST", &link(3), None, Some("answer=ask&question=")).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let guessed = world.send("GET", &format!("/o/{HERE}guessed"), None, None).await;
    assert_eq!(guessed.status, StatusCode::NOT_FOUND);
    let none = world.send("GET", "/o/x", None, None).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_link_that_has_expired_leads_nowhere() {
    let (address, given) = gateway(&[200]);
    let set = |config: &mut Config| {
        config.messages.webhook_url = format!("http://{address}/send");
        config.messages.link_days = 0;
    };
    let world = World::with(morning(), set).await;
    invite(&world).await;
    deliver(&world).await;
    let text = given.try_iter().next().unwrap().json()["text"].as_str().unwrap().to_owned();
    let link = word_and_link(&text).1;
    assert_eq!(world.send("GET", &link, None, None).await.status, StatusCode::NOT_FOUND);
    let answer = world.send("POST", &link, None, Some("answer=accept")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_wants_english_is_written_to_in_english() {
    let (world, given) = world_with_gateway(&[200]).await;
    let number = zhida_types::IdNumber::complete("33049919850101777").unwrap();
    let row = format!(
        "姓名,身份证号码,镇街,联系电话,通知语言,就业意愿,文化程度,技能,失业登记日期\n李四,{},武原街道,12009999999,英语,培训,高中,焊工,2025-01-01\n",
        number.reveal()
    );
    assert_eq!(world.import("register", &row).await.created, 1);
    world.import("courses", "课程名称,培训机构,名额,相关技能\n叉车班,乙校,30,叉车\n").await;
    invite(&world).await;
    deliver(&world).await;
    let texts: Vec<String> =
        given.try_iter().map(|g| g.json()["text"].as_str().unwrap().to_owned()).collect();
    let english: Vec<&String> = texts.iter().filter(|t| t.contains("Dear 李四")).collect();
    assert!(english.len() == 1 && english[0].contains("Reply Y"), "{english:?}");
    assert!(texts.iter().any(|t| t.contains("您好")));
}

#[tokio::test]
async fn an_officer_of_a_town_counts_the_messages_of_its_people_alone() {
    let (world, _given) = world_with_gateway(&[200]).await;
    let (queued, _) = invite(&world).await;
    deliver(&world).await;
    let mut sent = Vec::new();
    for login in ["officer", "town"] {
        let session = world.log_in(login).await;
        let page = world.send("GET", "/messages", Some(&session), None).await;
        let page = scraper::Html::parse_document(&page.body);
        let first = scraper::Selector::parse(".tile strong").unwrap();
        let count: String = page.select(&first).next().unwrap().text().collect();
        let rows = scraper::Selector::parse("tbody tr").unwrap();
        assert_eq!(page.select(&rows).count().to_string(), count, "{login}");
        sent.push(count.parse::<usize>().unwrap());
    }
    assert!(sent[0] == queued && sent[1] < queued, "{sent:?}");
}

#[tokio::test]
async fn who_has_not_answered_is_reminded_and_who_has_is_not() {
    let (world, given) = world_with_gateway(&[200]).await;
    invite(&world).await;
    deliver(&world).await;
    let first = given.try_iter().next().unwrap().json();
    let answered = word_and_link(first["text"].as_str().unwrap()).1;
    world.send("POST", &answered, None, Some("answer=accept")).await;
    let officer = world.log_in("officer").await;
    let of = async |stage: &str| -> Vec<String> {
        let path = format!("/api/cases?programme=fit-training&stage={stage}");
        let found = world.send("GET", &path, Some(&officer), None).await;
        let found: Value = serde_json::from_str(&found.body).unwrap();
        found["cases"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
    };
    let (invited, accepted) = (of("invited").await, of("accepted").await);
    let both = format!("case={}&case={}", invited[0], accepted[0]);
    let refused = world.send("POST", "/cases/remind", Some(&officer), Some(&both)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "all or none");
    assert_eq!(deliver(&world).await, 0);
    let one = format!("case={}", invited[0]);
    let done = world.send("POST", "/cases/remind", Some(&officer), Some(&one)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(deliver(&world).await, 1);
    let text = given.try_iter().last().unwrap().json()["text"].as_str().unwrap().to_owned();
    assert!(text.contains("还在等您答复"), "{text}");
    let link = word_and_link(&text).1;
    let yes = world.send("POST", &link, None, Some("answer=accept")).await;
    assert_eq!(yes.status, StatusCode::SEE_OTHER);
    assert!(of("accepted").await.contains(&invited[0]), "the reminder's own link answers");
}
