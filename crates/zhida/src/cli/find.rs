//! `zhida import` and `zhida portrait`.

use std::path::PathBuf;

use clap::Args;
use zhida_rules::Lang;
use zhida_types::RegionCode;

use super::Answer;
use crate::app::App;
use crate::ids::CountyId;
use crate::import;
use crate::journal::{Actor, Write};
use crate::party::Filter;
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
}

pub(super) async fn import(app: &App, county: &CountyId, command: &Import) -> Result<Answer, Problem> {
    let bytes = std::fs::read(&command.file)?;
    app.pack.import(&command.kind).ok_or_else(|| Problem::field("kind", "fault-kind", &command.kind))?;
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
    let origin = if app.config.demonstration { "synthetic" } else { "official" };
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
    let snapshot = app.snapshots.get(app, county).await?;
    let region = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
    let filter = Filter { rule: command.rule.clone(), ..Filter::default() };
    let rows = filter.rows(app, &snapshot, &region)?;
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
