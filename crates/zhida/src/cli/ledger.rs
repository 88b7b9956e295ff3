//! `zhida ledger verify|export`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Answer;
use crate::app::App;
use crate::ids::CountyId;
use crate::ledger;
use crate::problem::Problem;

#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// Recompute every balance from the entries.
    Verify,
    /// Write the books as text that beancount reads.
    Export {
        /// The file; else the standard output.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

pub(super) async fn run(app: &App, county: &CountyId, command: &Ledger) -> Result<Answer, Problem> {
    match command {
        Ledger::Verify => verify(app).await,
        Ledger::Export { out: None } => {
            let mut text = Vec::new();
            let entries = ledger::export(&app.db, county, &mut text).await?;
            let text = String::from_utf8_lossy(&text).trim_end().to_owned();
            Ok(Answer::yes(text, serde_json::json!({ "entries": entries })))
        }
        Ledger::Export { out: Some(path) } => {
            let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
            let entries = ledger::export(&app.db, county, &mut file).await?;
            std::io::Write::flush(&mut file)?;
            let text = format!("{}: {entries} entries", path.display());
            Ok(Answer::yes(text, serde_json::json!({ "entries": entries, "out": path })))
        }
    }
}

async fn verify(app: &App) -> Result<Answer, Problem> {
    let all = ledger::verify(&app.db).await?;
    let yes = all.iter().all(|s| s.flaws.is_empty());
    let mut lines = Vec::new();
    for s in &all {
        let word = if s.flaws.is_empty() { "sound" } else { "WRONG" };
        lines.push(format!(
            "{}: {word}, {} entries, {} postings, {} balances recomputed",
            s.county, s.entries, s.postings, s.balances
        ));
        lines.extend(s.flaws.iter().map(|f| format!("  {}", serde_json::json!(f))));
    }
    if lines.is_empty() {
        lines.push("sound: no county has a ledger yet".to_owned());
    }
    Ok(Answer { text: lines.join("\n"), value: serde_json::json!(all), yes })
}
