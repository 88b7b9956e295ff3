//! `zhida report CODE`.

use std::path::PathBuf;

use clap::Args;
use zhida_rules::Lang;
use zhida_types::{Period, RegionCode};

use super::Answer;
use crate::app::App;
use crate::ids::CountyId;
use crate::problem::Problem;
use crate::{commitment, report};

/// A report as a sheet or a PDF.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The report's code: the name of its file in a pack.
    code: String,
    /// The month or year; else the present one, which is open still.
    #[arg(long)]
    period: Option<Period>,
    /// The region whose report it is; else the county of the settings.
    #[arg(long)]
    region: Option<String>,
    /// The language: zh or en.
    #[arg(long, default_value = "zh")]
    lang: String,
    /// Write it as a workbook.
    #[arg(long)]
    xlsx: Option<PathBuf>,
    /// Write it as a PDF.
    #[arg(long)]
    pdf: Option<PathBuf>,
}

pub(super) async fn run(app: &App, county: &CountyId, command: &Report) -> Result<Answer, Problem> {
    let found = app.packs().find_map(|p| p.report(&command.code).map(|r| (p, r)));
    let Some((pack, shape)) = found else {
        let known: Vec<&str> = app.packs().flat_map(|p| &p.reports).map(|r| r.code.as_str()).collect();
        let words = format!("there is no report `{}`; there are {}", command.code, known.join(", "));
        return Err(Problem::Internal(anyhow::anyhow!(words)));
    };
    let region =
        RegionCode::parse(command.region.as_deref().unwrap_or(&county.0)).map_err(anyhow::Error::from)?;
    let county = CountyId::owning(&region);
    let today = app.clock.today();
    let now = match shape.period {
        zhida_pack::Span::Month => Period::month_of(today),
        zhida_pack::Span::Year => Period::year_of(today),
    };
    let period = command.period.unwrap_or(now);
    let lang = if command.lang == "en" { Lang::En } else { Lang::Zh };
    let t = app.words(lang);
    commitment::refresh(app).await?;
    let document = report::build(app, &t, (&county, &region), (pack, shape), period).await?;
    let mut written = Vec::new();
    if let Some(path) = &command.xlsx {
        std::fs::write(path, crate::document::xlsx(&document)?)?;
        written.push(path.display().to_string());
    }
    if let Some(path) = &command.pdf {
        let (font, face) = crate::document::font()?;
        std::fs::write(path, crate::document::pdf(&document, (&font, face), lang.tag())?)?;
        written.push(path.display().to_string());
    }
    let text = if written.is_empty() { plain(&document) } else { written.join("\n") };
    Ok(Answer::yes(text, serde_json::to_value(&document)?))
}

/// The report as text, a row a line.
fn plain(document: &crate::document::Document) -> String {
    use crate::document::Block;
    let mut lines = vec![document.title.clone()];
    lines.extend(document.lines.iter().cloned());
    for block in &document.blocks {
        match block {
            Block::Text(text) | Block::Large(text) | Block::Code(text) => lines.push(text.clone()),
            Block::Table(table) => {
                lines.push(table.title.clone());
                lines.push(table.head.iter().map(|(h, _)| h.as_str()).collect::<Vec<_>>().join("\t"));
                let row = |r: &Vec<crate::document::Cell>| {
                    r.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("\t")
                };
                lines.extend(table.rows.iter().map(row));
            }
        }
    }
    lines.join("\n")
}
