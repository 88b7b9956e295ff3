//! `zhida match run|approve`, `zhida cases`, `zhida messages`.

use std::collections::BTreeMap;

use clap::Subcommand;

use super::Answer;
use crate::app::App;
use crate::case;
use crate::ids::{CountyId, RunId};
use crate::journal::Actor;
use crate::message;
use crate::problem::Problem;
use crate::task::Progress;

#[derive(Debug, Subcommand)]
pub(super) enum Match {
    /// Match the county's people with a programme's offers.
    Run {
        /// The programme's code.
        programme: String,
    },
    /// Approve a run: its pairs become cases, its messages go to the outbox.
    Approve {
        /// The run; without it the programme's newest.
        run: Option<RunId>,
    },
    /// The best offers of each party, and the best parties of each offer, on plain files.
    Rank(Box<super::rank::Rank>),
    /// Give out seats on plain files.
    Allocate(Box<super::allocate::Allocate>),
    /// Check an answer of `allocate` from the raw files.
    Verify(Box<super::allocate::Verify>),
}

pub(super) async fn run(app: &App, county: &CountyId, command: &Match) -> Result<Answer, Problem> {
    let (actor, progress) = (Actor::system(), Progress::default());
    match command {
        Match::Run { programme } => {
            let known = app.programme(programme).ok().filter(|(_, p)| p.offer.is_some());
            known.ok_or_else(|| Problem::field("programme", "fault-programme", programme))?;
            let outcome = case::run(app, county, &actor, programme, &progress).await?;
            let text = format!(
                "run {}\n{} people: {} eligible, {} not, {} unknown\n{} offers, {} invitations: {} people proposed (score {}, bound {})",
                outcome.run,
                outcome.parties,
                outcome.eligible,
                outcome.not,
                outcome.unknown,
                outcome.offers,
                outcome.seats,
                outcome.chosen,
                outcome.objective,
                outcome.bound
            );
            Ok(Answer::yes(text, serde_json::to_value(&outcome)?))
        }
        Match::Approve { run } => {
            let id = match run {
                Some(id) => *id,
                None => case::latest_run(&app.db, county, "").await?.ok_or(Problem::NotFound)?.id,
            };
            let (cases, messages) = case::approve(app, county, &actor, id, &progress).await?;
            let text = format!(
                "{cases} cases; {} messages queued, {} without address, {} stopped, {} above the weekly number",
                messages.queued, messages.no_address, messages.stopped, messages.capped
            );
            Ok(Answer::yes(text, serde_json::json!({ "run": id, "cases": cases, "messages": messages })))
        }
        // These need no data and have been answered before.
        Match::Rank(_) | Match::Allocate(_) | Match::Verify(_) => Err(Problem::NotFound),
    }
}

pub(super) async fn cases(app: &App, county: &CountyId, programme: &str) -> Result<Answer, Problem> {
    let found = case::board(&app.db, county, programme, "", 1_000_000).await?;
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for case in &found {
        *counts.entry((case.programme.clone(), case.stage.clone())).or_default() += 1;
    }
    let text: Vec<String> = counts.iter().map(|((p, s), n)| format!("{p} {s}: {n}")).collect();
    let value: Vec<serde_json::Value> = counts
        .iter()
        .map(|((p, s), n)| serde_json::json!({ "programme": p, "stage": s, "cases": n }))
        .collect();
    Ok(Answer::yes(text.join("\n"), serde_json::json!({ "cases": found.len(), "stages": value })))
}

pub(super) async fn messages(app: &App, county: &CountyId) -> Result<Answer, Problem> {
    let counts = message::counts(&app.db, county).await?;
    let [sent, delivered, read, answered] = message::reach(&app.db, county).await?;
    let text: Vec<String> = counts.iter().map(|(state, n)| format!("{}: {n}", state.key())).collect();
    let states: BTreeMap<&str, i64> = counts.iter().map(|(state, n)| (state.key(), *n)).collect();
    let reach =
        serde_json::json!({ "sent": sent, "delivered": delivered, "read": read, "answered": answered });
    Ok(Answer::yes(text.join("\n"), serde_json::json!({ "states": states, "reach": reach })))
}
