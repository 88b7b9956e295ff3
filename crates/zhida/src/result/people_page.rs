//! Who stands behind a rate, for officers: everybody who began, as what they count, and why. What was found untrue leads to a hearing.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::figures::Figures;
use super::kept::figures;
use super::people::{As, Counted};
use crate::app::App;
use crate::ids::{OfferId, OutcomeId, PartyId, ProviderId};
use crate::outcome::{self, Rate};
use crate::problem::Problem;
use crate::texts::T;
use crate::web::extract::Query;
use crate::web::{Officer, Shell, page, urlencode};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/results/people", get(show))
}

/// Lines of a page.
const PAGE: usize = 200;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    year: String,
    class: Option<OfferId>,
    provider: Option<ProviderId>,
    programme: String,
    #[serde(rename = "as")]
    as_what: String,
    page: usize,
}

impl Asked {
    /// Whether somebody is asked for, whatever he counts as.
    fn wants(&self, one: &Counted) -> bool {
        self.class.is_none_or(|id| one.class == id)
            && self.provider.is_none_or(|id| one.provider == id)
            && (self.programme.is_empty() || one.programme == self.programme)
    }

    /// The same question for another sort of people, or another page.
    fn link(&self, as_what: &str, page: usize) -> String {
        let text = |id: Option<String>| id.unwrap_or_default();
        let parts = [
            ("year", self.year.clone()),
            ("programme", self.programme.clone()),
            ("class", text(self.class.map(|id| id.to_string()))),
            ("provider", text(self.provider.map(|id| id.to_string()))),
            ("as", as_what.to_owned()),
            ("page", if page == 0 { String::new() } else { page.to_string() }),
        ];
        let said = parts.iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = said.map(|(key, value)| format!("{key}={}", urlencode(value))).collect();
        format!("/results/people?{}", query.join("&"))
    }
}

struct Line {
    party: PartyId,
    name: String,
    class: OfferId,
    title: String,
    as_what: &'static str,
    work: Option<OutcomeId>,
    employer: String,
    since: String,
}

struct Sort {
    key: &'static str,
    link: String,
    people: usize,
    now: bool,
}

#[derive(Template)]
#[template(path = "result/people.html")]
struct PeoplePage {
    shell: Shell,
    title: String,
    rate: Rate,
    percent: String,
    all: String,
    sorts: Vec<Sort>,
    none_chosen: bool,
    lines: Vec<Line>,
    /// People of the answer whom the officer may not see.
    unseen: usize,
    back: Option<String>,
    next: Option<String>,
    provider: Option<ProviderId>,
    class: Option<OfferId>,
    /// A measure that could be proposed, with what is known.
    measure: String,
}

/// What the people stand for: a class, a provider, a programme, or the county.
fn title(app: &App, shell: &Shell, asked: &Asked, f: &Figures) -> String {
    let class = asked.class.and_then(|id| f.classes.iter().find(|c| c.id == id)).map(|c| c.title.clone());
    let provider = asked.provider.and_then(|id| f.providers.iter().find(|p| p.id == id));
    let programme = (!asked.programme.is_empty()).then(|| app.title(&asked.programme, shell.t.lang));
    let year = (!asked.year.is_empty()).then(|| asked.year.clone());
    let parts: Vec<String> =
        [provider.map(|p| p.name.clone()), class, programme, year].into_iter().flatten().collect();
    if parts.is_empty() { shell.t.s("results-years") } else { parts.join(" · ") }
}

/// The address at which a measure against a provider is proposed, with what is counted of its classes to begin the grounds with.
fn measure(t: &T, provider: ProviderId, (rate, untrue): (Rate, usize), f: &Figures) -> String {
    let red = f.classes.iter().filter(|c| c.provider == provider && c.results == "gate-failed").count();
    let counted = [("measure-untrue", untrue), ("measure-red", red)];
    let counted = counted.into_iter().filter(|(_, n)| *n > 0).map(|(key, n)| t.n(key, n));
    let known: Vec<String> =
        std::iter::once(t.ab("measure-rate", rate.started, rate.placed)).chain(counted).collect();
    format!("/hearings/new?about=provider:{provider}&grounds={}", urlencode(&t.list(&known)))
}

async fn show(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let f = figures(&o.app, &o.county, asked.year.parse().ok()).await?;
    let shell = o.shell("classes");
    let wanted: Vec<&Counted> = f.people.iter().filter(|one| asked.wants(one)).collect();
    let rate = wanted.iter().fold(Rate::default(), |sum, one| sum.plus(one.rate()));
    let of = |sort: As| wanted.iter().filter(|one| one.as_what == sort).count();
    let sort = |s: As| Sort {
        key: s.key(),
        link: asked.link(s.key(), 0),
        people: of(s),
        now: asked.as_what == s.key(),
    };
    let sorts: Vec<Sort> = As::ALL.into_iter().map(sort).filter(|s| s.people > 0 || s.now).collect();
    let measure = asked.provider.map(|id| measure(&shell.t, id, (rate, of(As::Untrue)), &f));
    let mut chosen = wanted;
    chosen.retain(|one| asked.as_what.is_empty() || one.as_what.key() == asked.as_what);
    let all = chosen.len();
    let names = o.app.seen((&o.county, &o.region), chosen.iter().map(|one| one.party)).await?;
    chosen.retain(|one| names.contains_key(&one.party));
    let (seen, from) = (chosen.len(), asked.page.saturating_mul(PAGE));
    let here: Vec<&Counted> = chosen.into_iter().skip(from).take(PAGE).collect();
    let cases: Vec<_> = here.iter().map(|one| one.case).collect();
    let work = outcome::of_cases(&o.app.db, &o.county, &cases).await?;
    let titles: BTreeMap<OfferId, &str> = f.classes.iter().map(|c| (c.id, c.title.as_str())).collect();
    let line = |one: &&Counted| {
        let work = work.get(&one.case);
        Line {
            party: one.party,
            name: names.get(&one.party).map(|n| n.name.clone()).unwrap_or_default(),
            class: one.class,
            title: titles.get(&one.class).map_or_else(String::new, |t| (*t).to_owned()),
            as_what: one.as_what.key(),
            work: work.map(|x| x.id),
            employer: work.map(|x| x.employer.clone()).unwrap_or_default(),
            since: work.map(|x| x.since.to_string()).unwrap_or_default(),
        }
    };
    page(&PeoplePage {
        title: title(&o.app, &shell, &asked, &f),
        percent: rate.percent(),
        rate,
        all: asked.link("", 0),
        sorts,
        none_chosen: asked.as_what.is_empty(),
        lines: here.iter().map(line).collect(),
        unseen: all - seen,
        back: (asked.page > 0).then(|| asked.link(&asked.as_what, asked.page - 1)),
        next: (seen > from + here.len()).then(|| asked.link(&asked.as_what, asked.page + 1)),
        provider: asked.provider,
        class: asked.class,
        measure: measure.unwrap_or_default(),
        shell,
    })
}
