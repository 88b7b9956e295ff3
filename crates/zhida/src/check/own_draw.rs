//! Reviewers who draw for themselves what they look at: so many things a month, by turns from one order that nobody can choose.
//!
//! The first to draw in a month fixes its seed, the hash of the journal's newest entry; everybody after takes what comes next
//! in the order of [`turns`]. All draws of a month together are one stratified sample.

use axum::response::Response;
use serde::Deserialize;
use zhida_pack::{Checklist, Pack};
use zhida_rules::Lang;

use super::draw::{Drawn, turns};
use super::draw_pages::draw_of;
use super::plan::{NewReview, entitled, plan};
use super::store;
use super::subjects::{checklist, subjects};
use crate::problem::Problem;
use crate::web::extract::Form;
use crate::web::{Officer, to};
use crate::{account, journal};

/// Days that a reviewer has for what was drawn.
const DAYS: i64 = 14;

/// A checklist from which an officer may draw for himself.
pub(super) struct Own {
    /// `pack/code`.
    pub(super) list: String,
    pub(super) title: String,
    pub(super) number: usize,
    /// Whether this month's are drawn already.
    pub(super) done: bool,
}

/// The draw of this month and of the officer's region.
fn turn(o: &Officer) -> String {
    format!("{}/{}", o.region.as_str(), o.app.clock.today().0.format("%Y-%m"))
}

/// The checklists from which an officer may draw for himself.
fn lists(o: &Officer) -> impl Iterator<Item = (&Pack, &Checklist)> {
    let all = o.app.packs().flat_map(|p| p.checklists.iter().map(move |l| (p, l)));
    let role = o.role.key();
    all.filter(move |(_, l)| l.own_draw > 0 && l.by.iter().any(|by| role == format!("role-{by}")))
}

/// What an officer may draw for himself, or has drawn.
pub(super) async fn own(o: &Officer, lang: Lang) -> Result<Vec<Own>, Problem> {
    let mut all = Vec::new();
    for (pack, list) in lists(o) {
        let drawn = store::of_turn(&o.app.db, &o.county, &list.code, &turn(o)).await?;
        all.push(Own {
            list: format!("{}/{}", pack.name, list.code),
            title: list.title.get(lang).to_owned(),
            number: list.own_draw,
            done: drawn.iter().any(|r| r.account == o.actor().id()),
        });
    }
    Ok(all)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OwnForm {
    list: String,
}

/// Draws for the officer who asks.
pub(super) async fn take(o: Officer, Form(form): Form<OwnForm>) -> Result<Response, Problem> {
    let (pack, list) =
        checklist(&o.app, &form.list).ok_or_else(|| Problem::field("list", "fault-value", &form.list))?;
    let me = account::reviewers(&o.app.db, &o.county).await?.into_iter().find(|a| a.id == o.id);
    let me = me.filter(|me| list.own_draw > 0 && entitled(list, me)).ok_or(Problem::Forbidden)?;
    let all = subjects(&o, list).await?;
    let frame: Vec<(String, String)> =
        all.iter().map(|a| (a.town.clone().unwrap_or_default(), a.id.clone())).collect();
    let mut write = o.write().await?;
    let turn = turn(&o);
    let before = store::of_turn(write.tx(), &o.county, &list.code, &turn).await?;
    if before.iter().any(|r| r.account == write.actor().id()) {
        return Err(Problem::Conflict("fault-drawn"));
    }
    let seed = match before.first().and_then(draw_of) {
        Some(first) => first.seed,
        None => journal::head(write.tx(), &o.county).await?.1,
    };
    let mut order = turns(&seed, &frame);
    order.retain(|id| !before.iter().any(|r| r.about_id == *id));
    order.truncate(list.own_draw);
    if order.is_empty() {
        return Err(Problem::Conflict("fault-drawn-all"));
    }
    order.sort_unstable();
    let chosen = all.into_iter().filter(|a| order.binary_search(&a.id).is_ok());
    let new = chosen.map(|about| NewReview { about, reviewers: vec![me.clone()] }).collect();
    let mut strata = std::collections::BTreeMap::new();
    for (stratum, _) in &frame {
        *strata.entry(stratum.clone()).or_default() += 1;
    }
    let drawn = Drawn { seed, frame: frame.len(), strata, percent: 0, ids: order, turn };
    plan(&mut write, (&pack.name, list), new, o.app.clock.today().plus_days(DAYS), Some(&drawn)).await?;
    write.commit().await?;
    Ok(to("/checks/mine", "drawn-own"))
}
