//! What is due, overdue, unanswered: for the officer's region, a click away.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use zhida_pack::StageKind;

use crate::account::Role;
use crate::party::Filter;
use crate::problem::Problem;
use crate::task;
use crate::web::{Officer, Shell, page};
use crate::{case, check, commitment, finding, payment, tip, tour};

struct DueLine {
    id: crate::ids::CaseId,
    name: String,
    programme: String,
    stage: String,
    due: String,
    overdue: bool,
}

#[derive(Template)]
#[template(path = "show/today.html")]
struct TodayPage {
    shell: Shell,
    people: usize,
    tiers: Vec<(String, String, usize)>,
    unclear: usize,
    due: Vec<DueLine>,
    tasks: Vec<(crate::ids::TaskId, String)>,
    asked: usize,
    mine: Vec<Mine>,
}

/// So many of something that waits for the officer.
struct Mine {
    n: i64,
    key: &'static str,
    link: &'static str,
    urgent: bool,
}

/// What waits for the officer and his unit, nothing that waits for nobody.
async fn mine(o: &Officer) -> Result<Vec<Mine>, Problem> {
    let (db, county, scope) = (&o.app.db, &o.county, (&o.county, &o.region));
    let warn = o.app.lights().map_or(0, |(_, l)| l.warn_days);
    let soon = o.app.clock.today().plus_days(warn);
    let red = commitment::lights(db, &o.county, &o.region, &["red"]).await?;
    let tours = tour::due(&o.app, county).await?.iter().filter(|d| d.today).count();
    // A batch goes over the towns of a county: an officer of one town neither grants nor pays.
    let whole = o.region.as_str().len() <= 6;
    let (drafts, disputed) = if whole { payment::waiting(db, county).await? } else { (0, 0) };
    let asked = if whole { asked(o).await? } else { 0 };
    let line = |n, key, link, urgent| Mine { n, key, link, urgent };
    let all = vec![
        line(tip::waiting(db, county, &o.region).await?, "today-tips", "/tips?state=new", false),
        line(i64::try_from(tours).unwrap_or(0), "today-tours", "/tours", true),
        line(asked, "today-asked", "/measures", false),
        line(drafts, "today-batches", "/payments", false),
        line(disputed, "today-disputed", "/payments", true),
        line(check::asked_count(db, county, o.id).await?, "today-checks", "/checks/mine", false),
        line(finding::open_of(db, county, o.id).await?, "today-findings", "/findings?whose=mine", false),
        line(finding::escalated_to(db, county, o.unit).await?, "today-level", "/findings?whose=level", true),
        line(finding::to_verify(db, county).await?, "today-verify", "/findings?state=fixed", false),
        line(red.first().copied().unwrap_or(0), "today-red", "/commitments?light=red&whose=unit", true),
        line(
            commitment::behind_by(db, scope, soon).await?,
            "today-warn",
            "/commitments?light=yellow&whose=unit",
            true,
        ),
        line(commitment::unchecked_reports(db, county).await?, "today-reports", "/commitments", false),
    ];
    Ok(all.into_iter().filter(|m| m.n > 0).collect())
}

/// Applications that wait to be granted.
async fn asked(o: &Officer) -> Result<i64, Problem> {
    let tally = case::tally(&o.app.db, &o.county).await?;
    let waits = |(code, stage, ..): &&(String, String, i64, i64)| {
        let programme = o.app.programme(code).ok().map(|(_, p)| p);
        programme.and_then(|p| p.stage(stage)).is_some_and(|s| s.kind == StageKind::Applied)
    };
    Ok(tally.iter().filter(waits).map(|(_, _, n, _)| n).sum())
}

pub(super) async fn show(o: Officer) -> Result<Response, Problem> {
    if o.role == Role::Reviewer {
        return Ok(Redirect::to("/checks/mine").into_response());
    }
    if o.role == Role::Partner {
        return Ok(Redirect::to("/ours").into_response());
    }
    let shell = o.shell("today");
    let snapshot = o.app.snapshot(&o.county, "").await?;
    let register = &snapshot.register;
    let rows = Filter::default().rows(&snapshot, &o.region)?;
    let mut tiers: Vec<(String, String, usize)> = Vec::new();
    let mut unclear = 0;
    for person in rows.iter().filter_map(|at| snapshot.people.get(at)) {
        match person.tier.as_deref() {
            None | Some("none") => {}
            Some("unknown") => unclear += 1,
            Some(code) => match tiers.iter_mut().find(|(c, ..)| c == code) {
                Some((_, _, n)) => *n += 1,
                None => tiers.push((
                    code.to_owned(),
                    crate::party::tier_name(&o.app, register, Some(code), o.lang),
                    1,
                )),
            },
        }
    }
    tiers.sort_by_key(|(code, ..)| {
        register.tiers.last().and_then(|v| v.tiers.iter().position(|t| t.code == *code))
    });
    let today = o.app.clock.today();
    let found = case::due(&o.app.db, &o.county, today.plus_days(3), 200).await?;
    let people = o.app.seen((&o.county, &o.region), found.iter().map(|c| c.party_id)).await?;
    let line = |c: case::Case| {
        let person = people.get(&c.party_id)?;
        let (_, programme) = o.app.programme(&c.programme).ok()?;
        let stage = programme.stage(&c.stage)?;
        let due = c.due?;
        (!matches!(stage.kind, StageKind::Done | StageKind::Ended)).then(|| DueLine {
            id: c.id,
            name: person.name.clone(),
            programme: programme.title.get(o.lang).to_owned(),
            stage: stage.label.get(o.lang).to_owned(),
            overdue: due < today.0,
            due: due.to_string(),
        })
    };
    let due: Vec<DueLine> = found.into_iter().filter_map(line).take(30).collect();
    let asked = due.iter().filter(|d| d.overdue).count();
    let tasks = task::open(&o.app.db, &o.county).await?;
    let tasks = tasks.into_iter().map(|t| (t.id, shell.t.s(format!("task-{}", t.kind)))).collect();
    let mine = mine(&o).await?;
    page(&TodayPage { people: rows.count(), tiers, unclear, due, tasks, asked, mine, shell })
}
