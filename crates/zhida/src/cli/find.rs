//! `zhida import`, `zhida occupation` and `zhida portrait`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use zhida_rules::Lang;
use zhida_types::RegionCode;

use super::Answer;
use crate::app::App;
use crate::ids::CountyId;
use crate::import;
use crate::journal::{Actor, Write};
use crate::party::{Filter, Guess, Occupations};
use crate::problem::Problem;
use crate::show;
use crate::task::Progress;
use crate::unit;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file.
    file: PathBuf,
    /// The kind of file, as the pack names it.
    #[arg(long, default_value = "register")]
    kind: String,
    /// Write the good rows.
    #[arg(long)]
    apply: bool,
}

#[derive(Debug, Args)]
pub(super) struct Portrait {
    /// The rows' field.
    #[arg(long, default_value = "age")]
    x: String,
    /// The columns' field.
    #[arg(long, default_value = "")]
    y: String,
    /// Only persons for whom this CEL rule holds.
    #[arg(long, default_value = "")]
    rule: String,
    /// The kind of party; the first service's where none is named.
    #[arg(long, default_value = "")]
    of: String,
}

#[derive(Debug, Args)]
pub(super) struct Occupation {
    /// The titles; without any, the lines of the standard input.
    titles: Vec<String>,
}

/// The guesses for each title, best first. Nothing of a county is read.
pub(super) fn occupation(command: &Occupation) -> anyhow::Result<Answer> {
    let mut titles = command.titles.clone();
    if titles.is_empty() {
        titles = std::io::stdin().lines().collect::<Result<_, _>>()?;
    }
    let (occupations, none) = (Occupations::embedded()?, BTreeMap::new());
    let found: Vec<_> = titles.iter().map(|t| (t, occupations.guess(t, &none, 5))).collect();
    let line = |(title, guesses): &(&String, Vec<Guess>)| {
        let words = guesses.iter().map(|g| format!("{} {} {:.2}", g.code, g.name, g.confidence));
        format!("{title}: {}", words.collect::<Vec<_>>().join(", "))
    };
    let text: Vec<String> = found.iter().map(line).collect();
    let value: Vec<Value> = found.iter().map(|(t, g)| json!({ "title": t, "guesses": g })).collect();
    Ok(Answer::yes(text.join("\n"), Value::from(value)))
}

pub(super) async fn import(app: &App, county: &CountyId, command: &Import) -> Result<Answer, Problem> {
    let bytes = std::fs::read(&command.file)?;
    app.import(&command.kind).map_err(|_unknown| Problem::field("kind", "fault-kind", &command.kind))?;
    let actor = Actor::system();
    let mut write = Write::begin(&app.db, county, &actor, app.clock.now()).await?;
    let unit = if let Some(unit) = unit::first(write.tx(), county).await? {
        unit.id
    } else {
        let region = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
        let name = app.regions.name(&county.0).unwrap_or(&county.0).to_owned();
        unit::create(&mut write, &name, &region, None).await?
    };
    let name = command.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let origin = app.config.origin();
    let id = import::stage(app, &mut write, &command.kind, unit, &name, &bytes, origin).await?;
    write.commit().await?;
    let progress = Progress::default();
    let mut counts = import::check(app, county, id, &progress).await?;
    let fault = import::fault(app, county, id).await?;
    if command.apply && fault.is_none() && counts.good > 0 {
        counts = import::apply(app, county, &actor, id, &progress).await?;
    }
    let words = fault.as_ref().map(|(key, at)| app.texts.get(Lang::En, key, &[("v", at.clone().into())]));
    let text = words.clone().unwrap_or_else(|| {
        format!(
            "{} rows: {} good, {} bad; {} new, {} changed, {} unchanged",
            counts.total, counts.good, counts.bad, counts.created, counts.updated, counts.unchanged
        )
    });
    Ok(Answer {
        text,
        value: serde_json::json!({ "import": id, "counts": counts, "fault": words }),
        yes: fault.is_none(),
    })
}

pub(super) async fn portrait(app: &App, county: &CountyId, command: &Portrait) -> Result<Answer, Problem> {
    let snapshot = app.snapshot(county, &command.of).await?;
    let region = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
    let filter = Filter { rule: command.rule.clone(), ..Filter::default() };
    let rows = filter.rows(&snapshot, &region)?;
    let p = show::portrait(app, county, &snapshot, &rows, (&command.x, &command.y), Lang::En);
    let cell = |n: &Option<usize>| n.map_or_else(|| "<5".to_owned(), |n| n.to_string());
    let mut lines = vec![format!("{} people", p.people)];
    for ((_, name), cells) in p.rows.iter().zip(&p.cells) {
        let cells: Vec<String> = p
            .columns
            .iter()
            .zip(cells)
            .map(|((_, c), n)| format!("{c} {}", cell(n)).trim().to_owned())
            .collect();
        lines.push(format!("{name}: {}", cells.join(", ")));
    }
    Ok(Answer::yes(lines.join("\n"), show::json(&p)))
}
