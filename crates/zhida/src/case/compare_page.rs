//! Two runs of a programme side by side: what changed, who is proposed now, who no longer, and who elsewhere.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::entity::Run;
use super::run_pages::{points, title};
use super::store;
use crate::clock::shown;
use crate::ids::{OfferId, PartyId, RunId};
use crate::offer::{self, Offer};
use crate::party;
use crate::problem::Problem;
use crate::web::extract::Path;
use crate::web::{Officer, Shell, page};

/// Persons that the page names of each group.
const NAMED: usize = 100;

/// A figure then and now.
struct Figure {
    label: String,
    then: String,
    now: String,
    change: i64,
}

/// Somebody whose proposal changed, with the offers before and after.
struct Person {
    id: PartyId,
    name: String,
    then: String,
    now: String,
}

struct Group {
    title: String,
    count: usize,
    people: Vec<Person>,
}

#[derive(Template)]
#[template(path = "case/compare.html")]
struct ComparePage {
    shell: Shell,
    title: String,
    then: (RunId, String),
    now: (RunId, String),
    figures: Vec<Figure>,
    groups: Vec<Group>,
}

/// `GET /match/runs/{id}/against/{other}`: `id` is the newer.
pub(super) async fn show(o: Officer, Path((id, other)): Path<(RunId, RunId)>) -> Result<Response, Problem> {
    let now = store::run_by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let then = store::run_by_id(&o.app.db, &o.county, other).await?.ok_or(Problem::NotFound)?;
    if now.programme != then.programme {
        return Err(Problem::Conflict("fault-other-programme"));
    }
    let shell = o.shell("match");
    page(&ComparePage {
        title: title(&o, &now.programme),
        then: (then.id, shown(then.created_at)),
        now: (now.id, shown(now.created_at)),
        figures: figures(&shell, &then, &now)?,
        groups: groups(&o, &shell, &then, &now).await?,
        shell,
    })
}

fn figures(shell: &Shell, then: &Run, now: &Run) -> Result<Vec<Figure>, Problem> {
    let (before, after): (Value, Value) =
        (serde_json::from_str(&then.counts)?, serde_json::from_str(&now.counts)?);
    let keys = [
        ("parties", "on-file"),
        ("eligible", "eligible"),
        ("not", "not-eligible"),
        ("unknown", "unknown"),
        ("under_way", "under-way"),
        ("offers", "nav-offers"),
        ("seats", "invitations"),
        ("chosen", "proposed"),
    ];
    let mut figures: Vec<Figure> = keys
        .iter()
        .map(|(key, label)| {
            let (a, b) = (before[key].as_i64().unwrap_or(0), after[key].as_i64().unwrap_or(0));
            Figure { label: shell.t.s(label), then: a.to_string(), now: b.to_string(), change: b - a }
        })
        .collect();
    figures.push(Figure {
        label: shell.t.s("total-score"),
        then: points(then.objective),
        now: points(now.objective),
        change: (now.objective - then.objective) / 10_000,
    });
    Ok(figures)
}

async fn groups(o: &Officer, shell: &Shell, then: &Run, now: &Run) -> Result<Vec<Group>, Problem> {
    let of = |proposals: Vec<super::entity::Proposal>| -> BTreeMap<PartyId, OfferId> {
        proposals.into_iter().map(|p| (p.party_id, p.offer_id)).collect()
    };
    let before = of(store::chosen(&o.app.db, &o.county, then.id).await?);
    let after = of(store::chosen(&o.app.db, &o.county, now.id).await?);
    let ids: Vec<OfferId> = before.values().chain(after.values()).copied().collect();
    let offers = offer::list(&o.app.db, &o.county, &ids).await?;
    let title = |id: Option<&OfferId>| {
        id.and_then(|id| offers.get(id)).map_or_else(String::new, |x: &Offer| x.title.clone())
    };
    let (mut fresh, mut gone, mut moved) = (Vec::new(), Vec::new(), Vec::new());
    let everybody: std::collections::BTreeSet<PartyId> = before.keys().chain(after.keys()).copied().collect();
    let people = party::briefs(&o.app.db, (&o.county, &o.region), everybody.iter().copied()).await?;
    for id in everybody {
        // Persons outside the officer's region are neither named nor counted.
        let Some(person) = people.get(&id) else { continue };
        let (was, is) = (before.get(&id), after.get(&id));
        let group = match (was, is) {
            (None, Some(_)) => &mut fresh,
            (Some(_), None) => &mut gone,
            (Some(was), Some(is)) if was != is => &mut moved,
            _ => continue,
        };
        group.push(Person { id, name: person.name.clone(), then: title(was), now: title(is) });
    }
    let group = |key: &str, mut people: Vec<Person>| {
        let count = people.len();
        people.truncate(NAMED);
        Group { title: shell.t.s(key), count, people }
    };
    Ok(vec![group("run-gained", fresh), group("run-lost", gone), group("run-moved", moved)])
}
