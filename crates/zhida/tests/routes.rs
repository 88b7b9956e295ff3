//! Who may do what: every route, as nobody, as every role, and as the officer of another county.

use axum::http::StatusCode;
use zhida::case;
use zhida::ids::CountyId;
use zhida::journal::Actor;
use zhida::task::Progress;

use crate::county::{HERE, World};

/// The lowest who may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    Anybody,
    Officer,
    Supervisor,
    Admin,
}

/// Method, path with what stands for the ids, form, who may, and whether it is about something of one county.
type Route = (&'static str, &'static str, &'static str, Who, bool);

/// The table. A route that is missing here fails `every_route_has_a_case`.
const ROUTES: &[Route] = &[
    ("GET", "/", "", Who::Officer, false),
    ("GET", "/people", "", Who::Officer, false),
    ("GET", "/people.xlsx", "", Who::Officer, false),
    ("GET", "/api/people", "", Who::Officer, false),
    ("GET", "/people/{party}", "", Who::Officer, true),
    ("POST", "/people/{party}/reveal", "reason=%E6%A0%B8%E5%AF%B9%E8%BA%AB%E4%BB%BD", Who::Officer, true),
    ("GET", "/people/{party}/facts", "", Who::Officer, true),
    ("POST", "/people/{party}/facts", "education=senior", Who::Officer, true),
    ("POST", "/people/{party}/merge", "from={party2}", Who::Supervisor, true),
    ("GET", "/occupations", "", Who::Officer, false),
    ("POST", "/occupations", "text=x&code=6-18-02-04", Who::Officer, false),
    ("GET", "/api/occupations?title=x", "", Who::Officer, false),
    ("GET", "/portrait", "", Who::Officer, false),
    ("GET", "/portrait.svg", "", Who::Officer, false),
    ("GET", "/portrait.xlsx", "", Who::Officer, false),
    ("GET", "/api/portrait", "", Who::Officer, false),
    ("GET", "/offers", "", Who::Officer, false),
    ("GET", "/offers/new", "", Who::Officer, false),
    ("POST", "/offers", "programme=fit-training&title=t&provider=p&seats=1", Who::Officer, false),
    ("GET", "/offers/{offer}", "", Who::Officer, true),
    (
        "POST",
        "/offers/{offer}",
        "programme=fit-training&title=t&provider=p&seats=1&open=yes",
        Who::Officer,
        true,
    ),
    ("GET", "/api/offers", "", Who::Officer, false),
    ("GET", "/packs", "", Who::Officer, false),
    ("GET", "/packs/{programme}", "", Who::Officer, false),
    ("GET", "/api/programmes/{programme}", "", Who::Officer, false),
    ("GET", "/api/rule?rule=age%3E1", "", Who::Officer, false),
    ("GET", "/match", "", Who::Officer, false),
    ("POST", "/match/run", "programme=fit-training", Who::Officer, false),
    ("GET", "/match/runs/{run}", "", Who::Officer, true),
    ("GET", "/match/runs/{run}/against/{run}", "", Who::Officer, true),
    ("POST", "/match/runs/{run}/pairs/{proposal}", "chosen=no&cause=because", Who::Officer, true),
    ("GET", "/cases", "", Who::Officer, false),
    ("GET", "/cases.xlsx", "", Who::Officer, false),
    ("GET", "/api/cases", "", Who::Officer, false),
    ("GET", "/cases/{case}", "", Who::Officer, true),
    ("POST", "/cases/{case}/move", "to=in-hand&version=1", Who::Officer, true),
    ("POST", "/cases/move", "case={case}&to=met&words=done", Who::Officer, true),
    ("POST", "/cases/remind", "case={case}", Who::Officer, true),
    ("GET", "/messages", "", Who::Officer, false),
    ("GET", "/visits", "", Who::Officer, false),
    ("GET", "/visits/new", "", Who::Officer, false),
    ("POST", "/visits", "title=t&starts=2026-01-01&due=2026-02-01&visitor={account}", Who::Officer, true),
    ("GET", "/visits/mine", "", Who::Officer, false),
    ("GET", "/api/visits", "", Who::Officer, false),
    ("GET", "/imports", "", Who::Officer, false),
    ("GET", "/imports/{import}", "", Who::Officer, true),
    ("GET", "/imports/{import}/bad.xlsx", "", Who::Officer, true),
    ("POST", "/imports/{import}/apply", "", Who::Officer, true),
    ("POST", "/imports/{import}/undo", "", Who::Supervisor, true),
    ("GET", "/tasks/{task}", "", Who::Officer, true),
    ("GET", "/tasks/{task}/events", "", Who::Officer, true),
    ("POST", "/tasks/{task}/cancel", "", Who::Officer, true),
    ("POST", "/match/runs/{run}/discard", "", Who::Officer, true),
    ("POST", "/match/runs/{run}/approve", "", Who::Supervisor, true),
    ("GET", "/places", "", Who::Officer, false),
    ("POST", "/places", "kind=worksite&name=n&town=330424101", Who::Officer, false),
    ("GET", "/places/new", "", Who::Officer, false),
    ("GET", "/places/{place}", "", Who::Officer, true),
    ("POST", "/places/{place}", "kind=worksite&name=n&town=330424101&version=1", Who::Officer, true),
    ("GET", "/checks", "", Who::Officer, false),
    ("GET", "/checks/new", "", Who::Officer, false),
    (
        "POST",
        "/checks",
        "list=safety/worksite&which=chosen&subject={place}&reviewer={account}&due=2099-01-01",
        Who::Officer,
        false,
    ),
    ("GET", "/checks/draws", "", Who::Officer, false),
    ("GET", "/hearings", "", Who::Officer, false),
    ("GET", "/checks/mine", "", Who::Officer, false),
    ("GET", "/providers", "", Who::Officer, false),
    ("GET", "/tenders", "", Who::Officer, false),
    ("GET", "/classes", "", Who::Officer, false),
    ("GET", "/classes/new", "", Who::Officer, false),
    ("GET", "/outcomes", "", Who::Officer, false),
    ("GET", "/subsidies", "", Who::Officer, false),
    ("GET", "/layouts/scores", "", Who::Officer, false),
    ("GET", "/api/checks", "", Who::Officer, false),
    ("GET", "/reviews/{review}", "", Who::Officer, true),
    ("POST", "/reviews/{review}/reviewers", "reviewer={supervisor}", Who::Officer, true),
    ("GET", "/findings", "", Who::Officer, false),
    ("GET", "/findings.xlsx", "", Who::Officer, false),
    ("GET", "/findings/board", "", Who::Officer, false),
    ("GET", "/findings/new", "", Who::Officer, false),
    ("GET", "/findings/{finding}", "", Who::Officer, true),
    ("GET", "/findings/heat", "", Who::Officer, false),
    ("POST", "/findings/{finding}/plan", "version=1&responsibility=a", Who::Officer, true),
    ("GET", "/tips", "", Who::Officer, false),
    ("GET", "/tips/{tip}", "", Who::Officer, true),
    ("POST", "/tips/{tip}/accept", "version=1", Who::Officer, true),
    ("POST", "/tips/{tip}/close", "version=1&words=known", Who::Officer, true),
    ("GET", "/places/{place}/poster", "", Who::Officer, true),
    ("GET", "/places/{place}/poster.pdf", "", Who::Officer, true),
    ("GET", "/places/{place}/use", "", Who::Officer, true),
    ("GET", "/places/use", "", Who::Officer, false),
    ("GET", "/places/use.xlsx", "", Who::Officer, false),
    ("GET", "/places/watch", "", Who::Officer, false),
    ("GET", "/places/watch.xlsx", "", Who::Officer, false),
    ("GET", "/tell/safety", "", Who::Anybody, false),
    ("GET", "/letters", "", Who::Officer, false),
    ("GET", "/letters/new?finding={finding}", "", Who::Officer, true),
    (
        "POST",
        "/letters",
        "finding={finding}&code=supervision-opinion&to_name=a&due=2099-01-01",
        Who::Officer,
        true,
    ),
    ("GET", "/letters/{letter}", "", Who::Officer, true),
    ("GET", "/letters/{letter}/pdf", "", Who::Officer, true),
    ("POST", "/letters/{letter}/answer", "words=done", Who::Officer, true),
    ("GET", "/commitments", "", Who::Officer, false),
    ("GET", "/commitments?view=gantt", "", Who::Officer, false),
    ("GET", "/commitments?view=map", "", Who::Officer, false),
    ("GET", "/commitments.xlsx", "", Who::Officer, false),
    ("GET", "/commitments/new", "", Who::Supervisor, false),
    (
        "POST",
        "/commitments/new",
        "title=t&counting=c&value=5&unit=piece&from=2026-01-01&until=2026-12-31&region=330424",
        Who::Supervisor,
        false,
    ),
    ("POST", "/commitments/table", "text=1.+x&from=2026-01-01&until=2026-12-31", Who::Supervisor, false),
    (
        "POST",
        "/commitments/table/take",
        "take=0&no=1&title=x&value=1&unit=document&from=2026-01-01&until=2026-12-31",
        Who::Supervisor,
        false,
    ),
    ("GET", "/commitments/{commitment}", "", Who::Officer, true),
    ("POST", "/commitments/{commitment}/explain", "words=w&version=1", Who::Officer, true),
    ("POST", "/commitments/{commitment}/tell", "", Who::Officer, true),
    ("POST", "/commitments/{commitment}/milestones/{milestone}", "done=2026-01-02", Who::Officer, true),
    ("GET", "/commitments/{commitment}/parts", "", Who::Supervisor, true),
    ("GET", "/commitments/{commitment}/edit", "", Who::Supervisor, true),
    ("GET", "/meetings", "", Who::Officer, false),
    ("GET", "/meetings/new", "", Who::Officer, false),
    ("POST", "/meetings", "title=t&day=2026-12-01&hour=09:30&people=a+b", Who::Officer, false),
    ("GET", "/meetings/{meeting}", "", Who::Officer, true),
    ("POST", "/meetings/{meeting}", "minutes=m&version=1", Who::Officer, true),
    ("POST", "/meetings/{meeting}/agenda", "words=w", Who::Officer, true),
    (
        "POST",
        "/meetings/{meeting}/decisions",
        "words=w&becomes=commitment&value=3&person={account}&due=2099-01-01",
        Who::Officer,
        true,
    ),
    ("GET", "/supplies", "", Who::Officer, false),
    ("GET", "/supplies/new", "", Who::Officer, false),
    ("GET", "/supplies/new?act=receive", "", Who::Officer, false),
    ("GET", "/supplies/entries", "", Who::Officer, false),
    ("GET", "/supplies/entries/{entry}", "", Who::Officer, true),
    ("GET", "/supplies/count/{holder}", "", Who::Officer, true),
    ("POST", "/supplies/count/{holder}", "item=COAT&batch=&booked=5&counted=5", Who::Officer, true),
    ("POST", "/supplies/entries/{entry}/reverse", "words=w", Who::Supervisor, true),
    ("GET", "/supplies/verify", "", Who::Supervisor, false),
    ("GET", "/supplies/books.beancount", "", Who::Supervisor, false),
    ("GET", "/reports", "", Who::Officer, false),
    ("GET", "/reports/{report}", "", Who::Officer, false),
    ("GET", "/reports/{report}/xlsx", "", Who::Officer, false),
    ("GET", "/reports/{report}/pdf", "", Who::Officer, false),
    ("POST", "/reports/{report}/publish", "period=2026-01", Who::Supervisor, false),
    ("GET", "/board", "", Who::Officer, false),
    ("GET", "/handover", "", Who::Supervisor, false),
    ("POST", "/handover", "person={account}&to_person={supervisor}", Who::Supervisor, true),
    ("GET", "/measures", "", Who::Officer, false),
    ("GET", "/measures.xlsx", "", Who::Officer, false),
    ("GET", "/measures/{clause}", "", Who::Officer, false),
    ("GET", "/measures/{clause}/waiting.xlsx", "", Who::Officer, false),
    ("POST", "/measures/{clause}/tell", "", Who::Officer, false),
    ("POST", "/measures/{clause}/propose", "", Who::Officer, false),
    ("POST", "/measures/{clause}/apply", "party={household}", Who::Officer, true),
    ("GET", "/firms", "", Who::Anybody, false),
    ("GET", "/tours", "", Who::Officer, false),
    ("GET", "/tours/new", "", Who::Officer, false),
    ("GET", "/tours/sheet", "", Who::Officer, false),
    ("GET", "/tours/sheet.xlsx", "", Who::Officer, false),
    (
        "POST",
        "/tours/new",
        "kind=inspection&day=2026-12-01&starts=08:30&ends=17:00&vehicles=0&stops=5&crew=2&place={place}",
        Who::Officer,
        true,
    ),
    ("POST", "/tours/warnings", "code=cold-wave&from=2026-12-01&until=2026-12-03", Who::Supervisor, false),
    ("GET", "/tours/{tour}", "", Who::Officer, true),
    ("POST", "/tours/{tour}/out", "crew=3&vehicles=1", Who::Officer, true),
    ("POST", "/tours/{tour}/encounters", "outcome=goods&persons=1", Who::Officer, true),
    ("POST", "/tours/{tour}/stops/{stop}", "words=w", Who::Officer, true),
    ("POST", "/tours/{tour}/back", "words=w", Who::Officer, true),
    ("POST", "/tours/{tour}/cancel", "words=not+now", Who::Officer, true),
    ("GET", "/encounters/{encounter}", "", Who::Officer, true),
    ("POST", "/encounters/{encounter}", "party={household}", Who::Officer, true),
    ("GET", "/payments", "", Who::Officer, false),
    ("GET", "/payments/{batch}", "", Who::Officer, true),
    ("POST", "/payments/{batch}/check", "", Who::Supervisor, true),
    ("GET", "/payments/{batch}/file.csv", "", Who::Officer, true),
    ("POST", "/payments/{batch}/drop", "words=not+now", Who::Officer, true),
    ("GET", "/supplies/due", "", Who::Officer, false),
    ("GET", "/notes", "", Who::Supervisor, false),
    ("GET", "/journal", "", Who::Supervisor, false),
    ("GET", "/journal/verify", "", Who::Supervisor, false),
    ("GET", "/accounts", "", Who::Admin, false),
    ("GET", "/units", "", Who::Admin, false),
    ("POST", "/units", "name=u&region=330424", Who::Admin, false),
    (
        "POST",
        "/accounts",
        "login=new&name=n&role=officer&region=330424&password=long-enough-1",
        Who::Admin,
        false,
    ),
    ("POST", "/accounts/{town}/password", "password=a-long-password", Who::Admin, true),
    ("POST", "/accounts/{town}/active", "active=yes", Who::Admin, true),
    ("GET", "/api/openapi.json", "", Who::Anybody, false),
    ("GET", "/login", "", Who::Anybody, false),
    ("GET", "/lang/{lang}", "", Who::Anybody, false),
    ("GET", "/healthz", "", Who::Anybody, false),
];

/// Routes that the table tests elsewhere: with a file, a link, a signature, or a state of their own.
const ELSEWHERE: &[&str] = &[
    "/logout",
    "/o/{token}",
    "/hooks/{county}/receipts",
    "/hooks/{county}/replies",
    "/imports/{id}/mapping",
    "/imports/{id}/discard",
    "/visits/{id}",
    "/checks/{id}",
    "/checks/{id}/recuse",
    "/findings/{id}/act",
    "/api/photos",
    "/photos/{hash}",
    "/photos/{hash}/small",
    "/tell/{pack}",
    "/tell/{pack}/{token}",
    "/payments/{id}/result",
    "/payments/{id}/settle/{payment}",
    "/commitments/list",
    "/commitments/{id}/progress",
    "/commitments/{id}/progress/{report}",
    "/commitments/{id}/close",
    "/commitments/{id}/roll",
    "/assets/{name}",
    "/sw.js",
    // What other programs report: see `tips.rs`.
    "/open311/v2/{call}",
    "/open311/v2/services/{file}",
    "/open311/v2/requests/{file}",
    // Places of networks: see `network.rs`.
    "/{address}",
    "/{address}/manifest.webmanifest",
    "/s/{code}",
    "/s/{code}/here",
    "/s/{code}/locked",
    "/s/{code}/rate",
    "/keep/{code}/{token}",
    "/places/{id}/keeper",
    "/places/{id}/device",
    "/places/{id}/photos",
    "/places/{id}/photos/drop",
    "/api/v1/places",
    "/calendar",
    "/calendar.ics",
    "/s/{code}/events.ics",
    "/s/{code}/events/{id}",
    "/s/{code}/events/{id}/come",
    "/s/{code}/events/{id}/leave",
    "/events",
    "/events.xlsx",
    "/events/new",
    "/events/{id}",
    "/hear/{token}",
    "/hearings/new",
    "/hearings/{id}",
    "/hearings/{id}/decide",
    "/checks/draws/{seed}",
    "/places/{id}/standard",
    "/places/{id}/upkeep",
    "/places/{id}/equipment",
    "/places/{id}/equipment/{item}",
    "/hsds/v3",
    "/s/{code}/photos/{hash}",
    "/s/{code}/photos/{hash}/small",
    "/keep/{code}/{token}/low",
    "/keep/{code}/{token}/photos",
    "/beat/{code}/{token}",
    "/hsds/v3/services",
    "/hsds/v3/services/{id}",
    "/api/v1/outlines",
    // Layouts of networks: see `layout.rs`.
    "/layouts",
    "/layouts/new",
    "/layouts/reach",
    "/layouts/reach.geojson",
    "/layouts/reach.xlsx",
    // Scores, reviewers' own draws, partners: see `running.rs`.
    "/layouts/scores.xlsx",
    "/checks/mine/draw",
    "/ours",
    "/ours/findings/{id}/fixed",
    // Providers, calls, classes, work that was found: see `classes.rs`.
    "/providers/{id}",
    "/providers/{id}/papers",
    "/providers/{id}/teachers",
    "/providers/{id}/teachers/{teacher}/gone",
    "/tenders/{id}",
    "/tenders/{id}/bids",
    "/tenders/{id}/draw",
    "/tenders/{id}/publish",
    "/tenders/{id}/objections/{objection}",
    "/tenders/{id}/decide",
    "/contracts",
    "/contracts/new",
    "/contracts/{id}",
    "/contracts/{id}/account",
    "/contracts/{id}/end",
    "/calls",
    "/calls/{county}/{id}",
    "/calls/{county}/{id}/bid",
    "/calls/{county}/{id}/object",
    "/classes/{id}",
    "/classes/{id}/lessons",
    "/classes/{id}/place",
    "/classes/{id}/enrol",
    "/classes/{id}/finish",
    "/classes/{id}/stop",
    "/classes/{id}/resume",
    "/classes/{id}/link",
    "/classes/{id}/signals",
    "/classes/{id}/lessons/{lesson}",
    "/classes/{id}/lessons/{lesson}/attend",
    "/classes/{id}/lessons/{lesson}/cancel",
    "/classes/{id}/lessons/{lesson}/observe",
    "/results",
    "/results/classes.csv",
    "/results/providers.csv",
    "/results/programmes.csv",
    "/results/groups.csv",
    "/results/people",
    "/subsidies/pay",
    "/subsidies/batches/{batch}",
    "/subsidies/{class}",
    "/subsidies/{class}/propose",
    "/subsidies/{class}/decide",
    "/outcomes/extract",
    "/outcomes/audit",
    "/outcomes/{id}",
    "/outcomes/{id}/evidence",
    "/outcomes/{id}/verify",
    "/outcomes/{id}/follow",
    "/rate/{county}/{class}",
    "/in/work/{county}/{class}",
    "/classes/{id}/certificates",
    "/classes/{id}/certificates/{certificate}/withdraw",
    "/certificates/{county}/{number}",
    "/timetable/{county}/{id}",
    "/timetable/{county}/{id}/lessons.ics",
    "/teach/{token}",
    "/teach/{token}/{lesson}",
    "/in/{county}/{lesson}",
    "/in/{county}/{lesson}/{code}",
    "/layouts/demand",
    "/layouts/demand.csv",
    "/layouts/demand/{id}/drop",
    "/layouts/compare",
    "/layouts/{id}",
    "/layouts/{id}/map.geojson",
    "/layouts/{id}/list.xlsx",
    "/layouts/{id}/files.zip",
    "/layouts/{id}/again",
    "/layouts/{id}/approve",
];

struct Ids(Vec<(&'static str, String)>);

impl Ids {
    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }
}

async fn ids(world: &World) -> Ids {
    let county = CountyId(HERE.to_owned());
    let app = &world.app;
    let (actor, progress) = (Actor::system(), Progress::default());
    let outcome = case::run(app, &county, &actor, "fit-training", &progress).await.unwrap();
    let snapshot = app.snapshot(&county, "").await.unwrap();
    let supervisor = world.log_in("supervisor").await;
    let page = world.send("GET", &format!("/match/runs/{}", outcome.run), Some(&supervisor), None).await;
    let between = |text: &str, from: &str, to: &str| {
        text.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned()
    };
    let proposal = between(&page.body, "/pairs/", "\"");
    let offers = world.send("GET", "/api/offers", Some(&supervisor), None).await;
    let offer = between(&offers.body, "\"id\":\"", "\"");
    let imports = world.send("GET", "/imports", Some(&supervisor), None).await;
    let import = between(&imports.body, "/imports/", "\"");
    let mut write = zhida::journal::Write::begin(&app.db, &county, &actor, app.clock.now()).await.unwrap();
    let case = case::open_need(app, &mut write, snapshot.people[0].id, "need").await.unwrap().unwrap();
    let task = zhida::task::start(&write, "match-run", &serde_json::json!({})).await.unwrap();
    let delivered = crate::deliver::rows(world, &mut write).await;
    write.commit().await.unwrap();
    let accounts = zhida::account::list(&app.db, &county).await.unwrap();
    let named = |login: &str| accounts.iter().find(|a| a.login == login).unwrap();
    let (account, town) = (named("officer"), named("town"));
    let mut all = delivered;
    all.extend(crate::tips::pages(world, &supervisor, &Ids(all.clone()).fill("{finding}")).await);
    all.extend(crate::deliver::pages(world, &supervisor, &Ids(all.clone()).fill("{commitment}")).await);
    all.extend(vec![
        ("party", snapshot.people[0].id.to_string()),
        ("party2", snapshot.people[2].id.to_string()),
        ("offer", offer),
        ("programme", "fit-training".to_owned()),
        ("run", outcome.run.to_string()),
        ("proposal", proposal),
        ("case", case.to_string()),
        ("import", import),
        ("task", task.to_string()),
        ("account", account.id.to_string()),
        ("town", town.id.to_string()),
        ("supervisor", named("supervisor").id.to_string()),
        ("clause", "winter-coat".to_owned()),
        ("lang", "en".to_owned()),
    ]);
    Ids(all)
}

#[tokio::test]
async fn every_role_may_do_its_work_and_no_more() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let logins = [("officer", Who::Officer), ("supervisor", Who::Supervisor), ("admin", Who::Admin)];
    let mut sessions = Vec::new();
    for (login, who) in logins {
        sessions.push((world.log_in(login).await, who));
    }
    for (method, path, form, least, _) in ROUTES {
        let (path, form) = (ids.fill(path), ids.fill(form));
        let form = (*method == "POST").then_some(form.as_str());
        let nobody = world.send(method, &path, None, form).await;
        if *least == Who::Anybody {
            assert!(
                nobody.status.is_success() || nobody.status.is_redirection(),
                "{method} {path}: {}",
                nobody.status
            );
            continue;
        }
        let api = path.starts_with("/api/");
        let refused = if api {
            nobody.status == StatusCode::UNAUTHORIZED
        } else {
            nobody.location.starts_with("/login")
        };
        assert!(refused, "{method} {path} without a login: {} {}", nobody.status, nobody.location);
        for (session, who) in &sessions {
            let answer = world.send(method, &path, Some(session), form).await;
            let may = *who as u8 >= *least as u8;
            let fine = answer.status.is_success()
                || answer.status.is_redirection()
                || answer.status == StatusCode::CONFLICT;
            assert_eq!(fine, may, "{method} {path} as {who:?}: {} {}", answer.status, answer.body);
            assert!(
                may || answer.status == StatusCode::FORBIDDEN,
                "{method} {path} as {who:?}: {}",
                answer.status
            );
            if fine && *method == "POST" {
                break;
            }
        }
    }
}

/// Somebody who only fills in checks opens nothing else.
#[tokio::test]
async fn a_reviewer_opens_what_is_asked_of_it_and_nothing_else() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let reviewer = world.log_in("reviewer").await;
    for (method, path, form, least, _) in ROUTES.iter().filter(|r| r.3 != Who::Anybody) {
        let (path, form) = (ids.fill(path), ids.fill(form));
        let answer =
            world.send(method, &path, Some(&reviewer), (*method == "POST").then_some(form.as_str())).await;
        let own = ["/", "/checks/mine", "/api/checks"].contains(&path.as_str())
            || (*method == "POST" && path == "/logout");
        assert!(
            own || answer.status == StatusCode::FORBIDDEN,
            "{method} {path} ({least:?}): {}",
            answer.status
        );
        if path == "/" {
            assert_eq!(answer.location, "/checks/mine");
        }
    }
}

/// An organisation outside the office opens its own part and nothing else.
#[tokio::test]
async fn a_partner_opens_its_own_part_and_nothing_else() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let partner = world.log_in("partner").await;
    for (method, path, form, least, _) in ROUTES.iter().filter(|r| r.3 != Who::Anybody) {
        let (path, form) = (ids.fill(path), ids.fill(form));
        let answer =
            world.send(method, &path, Some(&partner), (*method == "POST").then_some(form.as_str())).await;
        let own = path == "/" || (*method == "POST" && path == "/logout");
        assert!(
            own || answer.status == StatusCode::FORBIDDEN,
            "{method} {path} ({least:?}): {}",
            answer.status
        );
        if path == "/" {
            assert_eq!(answer.location, "/ours");
        }
    }
}

#[tokio::test]
async fn another_county_finds_nothing() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let other = world.log_in("other").await;
    for (method, path, form, _, _) in ROUTES.iter().filter(|r| r.4) {
        let (path, form) = (ids.fill(path), ids.fill(form));
        let answer =
            world.send(method, &path, Some(&other), (*method == "POST").then_some(form.as_str())).await;
        let nothing = answer.status == StatusCode::NOT_FOUND
            || (path == "/visits" && answer.status == StatusCode::UNPROCESSABLE_ENTITY);
        assert!(nothing, "{method} {path} from another county: {}", answer.status);
    }
    let people = world.send("GET", "/api/people", Some(&other), None).await;
    assert!(people.body.contains("\"total\":0"), "{}", people.body);
}

#[tokio::test]
async fn an_officer_of_a_town_sees_its_people_alone() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let town = world.app.regions.town_of(HERE, "武原街道").unwrap().to_owned();
    let session = world.log_in("town").await;
    let people = world.send("GET", "/api/people", Some(&session), None).await;
    let value: serde_json::Value = serde_json::from_str(&people.body).unwrap();
    let towns: Vec<&str> =
        value["people"].as_array().unwrap().iter().map(|p| p["town"].as_str().unwrap()).collect();
    assert!(towns.iter().all(|t| t.starts_with("330424101")), "{towns:?}");
    if !town.starts_with("330424101") {
        let answer = world.send("GET", &ids.fill("/people/{party}"), Some(&session), None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let answer = world.send("GET", &ids.fill("/cases/{case}"), Some(&session), None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_form_without_the_token_is_refused() {
    let world = World::new().await;
    let mut session = world.log_in("officer").await;
    session.csrf = "another".to_owned();
    let answer = world.send("POST", "/match/run", Some(&session), Some("programme=fit-training")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn after_five_failures_an_account_pauses() {
    let world = World::new().await;
    for _ in 0..5 {
        let answer = world.send("POST", "/login", None, Some("login=officer&password=wrong")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = world.send("POST", "/login", None, Some("login=officer&password=a-long-password")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let nobody = world.send("POST", "/login", None, Some("login=nobody&password=wrong")).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Reads the sources: a route that nobody tests is a route whose guard nobody checks.
#[test]
fn every_route_has_a_case() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut missing = Vec::new();
    for file in crate::order::sources(&root) {
        let text = std::fs::read_to_string(&file).unwrap();
        for part in text.split(".route(").skip(1) {
            let Some(path) = part.split('"').nth(1).filter(|p| p.starts_with('/')) else { continue };
            let shape = |p: &str| {
                let bare = p.split('?').next().unwrap_or(p);
                bare.split('/')
                    .map(|s| if s.starts_with('{') { "{}" } else { s })
                    .collect::<Vec<_>>()
                    .join("/")
            };
            let known =
                ROUTES.iter().map(|r| r.1).chain(ELSEWHERE.iter().copied()).any(|p| shape(p) == shape(path));
            if !known {
                missing.push(path.to_owned());
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// What programs can ask for stands in the description, with a schema that exists, and nothing else does.
#[tokio::test]
async fn every_interface_for_programs_is_described() {
    let world = World::new().await;
    let answer = world.send("GET", "/api/openapi.json", None, None).await;
    let described: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut real = std::collections::BTreeSet::new();
    for file in crate::order::sources(&root) {
        let text = std::fs::read_to_string(&file).unwrap();
        for root in ["/api/", "/hsds/v3/"] {
            let start = format!(".route(\"{root}");
            let paths = text.split(&start).skip(1).filter_map(|part| part.split('"').next());
            real.extend(paths.filter(|p| *p != "openapi.json").map(|p| format!("{root}{p}")));
        }
    }
    let paths = described["paths"].as_object().unwrap();
    let written: std::collections::BTreeSet<String> = paths.keys().cloned().collect();
    assert_eq!(written, real);
    let schemas = described["components"]["schemas"].as_object().unwrap();
    for named in answer.body.split("#/components/schemas/").skip(1) {
        let name = named.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "there is no schema {name}");
    }
}
