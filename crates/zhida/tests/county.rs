//! Two counties with an officer each, in one database, and a client that speaks to the router.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt as _;
use zhida::account::{self, NewAccount, Role};
use zhida::app::App;
use zhida::clock::Clock;
use zhida::config::Config;
use zhida::ids::CountyId;
use zhida::import;
use zhida::journal::{Actor, Write};
use zhida::task::Progress;
use zhida::unit;
use zhida_types::RegionCode;

/// A world of two counties.
pub(crate) struct World {
    folder: tempfile::TempDir,
    /// The state.
    pub(crate) app: App,
    router: Router,
}

/// The county with people.
pub(crate) const HERE: &str = "330424";
/// The other county.
pub(crate) const THERE: &str = "330421";

/// What a request answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// Where it leads to.
    pub(crate) location: String,
    /// The cookie that it sets.
    pub(crate) cookie: String,
    /// The body.
    pub(crate) body: String,
}

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) cookie: String,
    /// The token of its forms.
    pub(crate) csrf: String,
}

impl Session {
    /// The cookie that a browser sends.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The token of its forms.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Somebody without a login, with a cookie.
    pub(crate) fn with_cookie(cookie: String) -> Self {
        Self { cookie, csrf: String::new() }
    }
}

impl World {
    /// Opens it: accounts `officer`, `supervisor`, `admin` here, `other` there, `town` for one town here; twenty people here.
    pub(crate) async fn new() -> Self {
        Self::with(Clock::system(), |_| {}).await
    }

    /// The same at a time and with settings of its own.
    pub(crate) async fn with(clock: Clock, set: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::open_or_create(folder.path()).unwrap();
        config.demonstration = true;
        set(&mut config);
        config.save(folder.path()).unwrap();
        let db = zhida::db::trial(folder.path()).await.unwrap();
        let app = App::with(folder.path(), clock, db).unwrap();
        let hash = account::hash_password("a-long-password").unwrap();
        for (county, logins) in [
            (
                HERE,
                vec![
                    ("officer", Role::Officer, HERE),
                    ("supervisor", Role::Supervisor, HERE),
                    ("admin", Role::Administrator, HERE),
                    ("town", Role::Officer, "330424101"),
                    ("reviewer", Role::Reviewer, HERE),
                    ("partner", Role::Partner, HERE),
                ],
            ),
            (THERE, vec![("other", Role::Administrator, THERE)]),
        ] {
            let id = CountyId(county.to_owned());
            let region = |code: &str| RegionCode::parse(code).unwrap();
            let mut write = Write::begin(&app.db, &id, &Actor::system(), app.clock.now()).await.unwrap();
            let unit = unit::create(&mut write, "unit", &region(county), None).await.unwrap();
            for (login, role, code) in logins {
                let partner = role == Role::Partner;
                let new = NewAccount {
                    unit: if partner {
                        unit::create(&mut write, "partner", &region(code), None).await.unwrap()
                    } else {
                        unit
                    },
                    login: login.to_owned(),
                    name: login.to_owned(),
                    role,
                    region: region(code),
                    password_hash: hash.clone(),
                };
                account::create(&mut write, new).await.unwrap();
            }
            write.commit().await.unwrap();
        }
        let router = app.router();
        let world = Self { folder, app, router };
        world.import("register", &register(20)).await;
        world
            .import("courses", "课程名称,培训机构,名额,相关技能\n焊工班,甲校,5,焊接\n家政班,甲校,5,家政\n")
            .await;
        world
    }

    /// The same world some days later.
    pub(crate) fn later(&mut self, days: i64) {
        let clock = Clock::starting_at(self.app.clock.now() + chrono::Duration::days(days));
        self.app = App::with(self.folder.path(), clock, self.app.db.clone()).unwrap();
        self.router = self.app.router();
    }

    /// Takes a file in; answers how many rows were new.
    pub(crate) async fn import(&self, kind: &str, text: &str) -> import::Counts {
        let county = CountyId(HERE.to_owned());
        let app = &self.app;
        let unit = unit::first(&app.db, &county).await.unwrap().unwrap().id;
        let mut write = Write::begin(&app.db, &county, &Actor::system(), app.clock.now()).await.unwrap();
        let id = import::stage(app, &mut write, kind, unit, "file.csv", text.as_bytes(), "synthetic")
            .await
            .unwrap();
        write.commit().await.unwrap();
        let progress = Progress::default();
        let counts = import::check(app, &county, id, &progress).await.unwrap();
        if counts.good == 0 {
            return counts;
        }
        import::apply(app, &county, &Actor::system(), id, &progress).await.unwrap()
    }

    /// Uploads a file as the page does, and runs the check that it asks for. Answers the import's page, or what refused it.
    pub(crate) async fn upload(&self, session: &Session, kind: &str, name: &str, bytes: &[u8]) -> Answer {
        let answer = self.post_file(session, ("/imports", kind), name, bytes).await;
        if answer.status != StatusCode::SEE_OTHER {
            return answer;
        }
        self.run(&answer).await;
        let list = self.send("GET", "/imports", Some(session), None).await;
        let id = list.body.split("href=\"/imports/").nth(1).unwrap().split('"').next().unwrap();
        let mut page = self.send("GET", &format!("/imports/{id}"), Some(session), None).await;
        page.location = format!("/imports/{id}");
        page
    }

    /// Sends a file to an address, as a form with the field `kind` does.
    pub(crate) async fn post_file(
        &self,
        session: &Session,
        (path, kind): (&str, &str),
        name: &str,
        bytes: &[u8],
    ) -> Answer {
        self.post_parts(Some(session), path, &[("kind", kind)], ("file", name, bytes)).await
    }

    /// Sends a form with a file, of somebody who is logged in or of the public.
    pub(crate) async fn post_parts(
        &self,
        session: Option<&Session>,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, bytes): (&str, &str, &[u8]),
    ) -> Answer {
        let mut body = Vec::new();
        let mut part = |head: &str, value: &[u8]| {
            body.extend(format!("--line\r\ncontent-disposition: form-data; {head}\r\n\r\n").bytes());
            body.extend(value);
            body.extend(b"\r\n");
        };
        if let Some(session) = session {
            part("name=\"csrf\"", session.csrf.as_bytes());
        }
        for (name, value) in fields {
            part(&format!("name=\"{name}\""), value.as_bytes());
        }
        part(&format!("name=\"{field}\"; filename=\"{name}\""), bytes);
        body.extend(b"--line--\r\n");
        let mut request = Request::builder().method("POST").uri(path);
        if let Some(session) = session {
            request = request.header(header::COOKIE, &session.cookie);
        }
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=line");
        self.answer(request.body(Body::from(body)).unwrap()).await
    }

    /// Runs the task that an answer leads to.
    pub(crate) async fn run(&self, answer: &Answer) -> serde_json::Value {
        self.run_in(HERE, answer).await
    }

    /// The same of another office.
    pub(crate) async fn run_in(&self, county: &str, answer: &Answer) -> serde_json::Value {
        let id = answer.location.strip_prefix("/tasks/").unwrap().parse().unwrap();
        let county = CountyId(county.to_owned());
        zhida::task::run_now(&self.app, &county, id, zhida::runners::RUNNERS).await.unwrap()
    }

    /// Sends JSON as a script of the pages does.
    pub(crate) async fn post_json(&self, path: &str, session: &Session, body: &serde_json::Value) -> Answer {
        let request = Request::builder().method("POST").uri(path).header(header::COOKIE, &session.cookie);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.answer(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Sends a webhook with a signature.
    pub(crate) async fn hook(&self, path: &str, body: &serde_json::Value, secret: &str) -> Answer {
        let body = body.to_string();
        let signature = zhida::db::seal::signature(secret, body.as_bytes());
        let request = Request::builder().method("POST").uri(path).header("x-zhida-signature", signature);
        self.answer(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a request.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        session: Option<&Session>,
        form: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(session) = session {
            request = request.header(header::COOKIE, &session.cookie);
        }
        let body = match form {
            Some(form) => {
                request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                let token = session.map_or(String::new(), |s| format!("&csrf={}", s.csrf));
                Body::from(format!("{form}{token}"))
            }
            None => Body::empty(),
        };
        self.answer(request.body(body).unwrap()).await
    }

    /// Sends any request.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (status, location) = (response.status(), text(header::LOCATION));
        let cookie = text(header::SET_COOKIE).split(';').next().unwrap_or_default().to_owned();
        let stream = text(header::CONTENT_TYPE).starts_with("text/event-stream");
        let body = if stream {
            Vec::new()
        } else {
            axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap().to_vec()
        };
        Answer { status, location, cookie, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// The policy that a page gives a browser.
    pub(crate) async fn policy(&self, path: &str) -> String {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
    }

    /// Sends a form with files that the public sends.
    pub(crate) async fn multipart(&self, path: &str, body: Vec<u8>) -> Answer {
        let request = Request::builder().method("POST").uri(path);
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=line");
        self.answer(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends what the public sends: fields, and a photo where there is one.
    pub(crate) async fn tell(&self, path: &str, fields: &[(&str, &str)], photo: Option<&[u8]>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend(head.bytes().chain(value.bytes()).chain(*b"\r\n"));
        }
        if let Some(bytes) = photo {
            let head =
                "--line\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\n";
            body.extend(head.bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--line--\r\n");
        self.multipart(path, body).await
    }

    /// Sends a form of an officer with a photo.
    pub(crate) async fn post_photo(
        &self,
        session: &Session,
        path: &str,
        fields: &[(&str, &str)],
        photo: &[u8],
    ) -> Answer {
        self.post_parts(Some(session), path, fields, ("photos", "a.jpg", photo)).await
    }

    /// What an officer gets from an address, as bytes.
    pub(crate) async fn bytes(&self, path: &str, session: &Session) -> Vec<u8> {
        let request = Request::builder().uri(path).header(header::COOKIE, &session.cookie);
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap().to_vec()
    }

    /// Logs in.
    pub(crate) async fn log_in(&self, login: &str) -> Session {
        let answer =
            self.send("POST", "/login", None, Some(&format!("login={login}&password=a-long-password"))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let mut session = Session { cookie: answer.cookie, csrf: String::new() };
        let own = if login == "partner" { "/ours" } else { "/checks/mine" };
        let page = self.send("GET", own, Some(&session), None).await;
        let page = scraper::Html::parse_document(&page.body);
        let token = scraper::Selector::parse("input[name=csrf]").unwrap();
        page.select(&token).next().unwrap().value().attr("value").unwrap().clone_into(&mut session.csrf);
        session
    }
}

/// A register of so many people, in two towns, in turn hard and not hard to place.
pub(crate) fn register(people: usize) -> String {
    use std::fmt::Write as _;
    let mut text = "姓名,身份证号码,镇街,联系电话,就业意愿,文化程度,技能,失业登记日期\n".to_owned();
    for i in 0..people {
        let number = zhida_types::IdNumber::complete(&format!("330499198{}0101{:03}", i % 10, i)).unwrap();
        let town = if i % 2 == 0 { "武原街道" } else { "沈荡镇" };
        let name: String =
            i.to_string().chars().map(|d| char::from_u32('一' as u32 + d as u32).unwrap()).collect();
        writeln!(text, "王{name},{},{town},1200{i:07},找工作、培训,初中,焊工,2025-01-01", number.reveal())
            .unwrap();
    }
    text
}
