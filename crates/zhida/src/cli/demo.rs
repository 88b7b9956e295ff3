//! `zhida demo write|load`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Answer;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{Extent, Size};
use crate::problem::Problem;

#[derive(Debug, Subcommand)]
pub(super) enum Demo {
    /// Write the files that an office would have.
    Write {
        /// The county's six digits.
        #[arg(long, default_value = "330424")]
        county: String,
        /// A province's two digits instead: a layout plan of stations with its tables, for `zhida site plan`.
        #[arg(long, conflicts_with_all = ["county", "people", "jobs"])]
        province: Option<String>,
        #[command(flatten)]
        extent: ProvinceSize,
        /// The same seed writes the same files on the same day.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Good rows of the register.
        #[arg(long, default_value_t = Size::default().people)]
        people: usize,
        /// Vacancies.
        #[arg(long, default_value_t = Size::default().jobs)]
        jobs: usize,
        /// The folder.
        #[arg(long)]
        out: PathBuf,
    },
    /// Load the demonstration county into an empty data folder.
    Load {
        /// The seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// A story of a pack instead of the county: `stories/NAME.toml`.
        #[arg(long, conflicts_with = "seed")]
        story: Option<String>,
        /// A province's two digits: the places of networks in all its counties beside the county.
        #[arg(long, conflicts_with = "story")]
        province: Option<String>,
    },
}

/// How large a province is.
#[derive(Clone, Debug, Args)]
pub(super) struct ProvinceSize {
    /// Stations of the province.
    #[arg(long, default_value_t = Extent::default().stations, requires = "province")]
    stations: usize,
    /// Sites where one could be built.
    #[arg(long, default_value_t = Extent::default().candidates, requires = "province")]
    candidates: usize,
    /// Cells with people.
    #[arg(long, default_value_t = Extent::default().cells, requires = "province")]
    cells: usize,
}

pub(super) fn province(digits: &str, seed: u64, size: &ProvinceSize, out: &Path) -> anyhow::Result<Answer> {
    let extent = Extent { stations: size.stations, candidates: size.candidates, cells: size.cells };
    crate::demo::province(digits, (seed, extent), out)?;
    let text = crate::demo::PROVINCE_FILES.map(|f| out.join(f).display().to_string()).join("\n");
    Ok(Answer::yes(text, serde_json::json!({ "out": out, "files": crate::demo::PROVINCE_FILES })))
}

pub(super) fn write(county: &str, seed: u64, size: Size, out: &Path) -> anyhow::Result<Answer> {
    let vocabulary = crate::app::embedded_file("demo.toml")?;
    crate::demo::write(&vocabulary, county, (seed, size), Clock::system().today(), out)?;
    let files = ["register.xlsx", "courses.xlsx", "employers.xlsx", "jobs.csv", "visits.csv"];
    let text = files.map(|f| out.join(f).display().to_string()).join("\n");
    Ok(Answer::yes(text, serde_json::json!({ "out": out, "files": files })))
}

/// Marks a data folder as a demonstration, before it is opened. One that holds a real office is refused.
pub(super) async fn mark(data: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(data)?;
    let mut config = Config::open_or_create(data)?;
    if !config.demonstration {
        let app = App::open(data, Clock::system()).await?;
        let county = crate::ids::CountyId(config.county.clone());
        if crate::unit::first(&app.db, &county).await?.is_some() {
            return Err(super::explain(&app, Problem::Conflict("fault-demo-there")));
        }
        config.demonstration = true;
        config.save(data)?;
    }
    Ok(())
}

pub(super) async fn run(app: &App, command: &Demo) -> Result<Answer, Problem> {
    let Demo::Load { seed, story, province } = command else { return Err(Problem::NotFound) };
    if let Some(name) = story {
        let app = App::with(&app.data, crate::demo::clock(app, name)?, app.db.clone())?;
        let told = crate::demo::tell(&app, name).await?;
        let text = if told.classes > 0 {
            format!("{name}: {} classes, {} trained, {} in work", told.classes, told.trained, told.placed)
        } else {
            format!(
                "{name}: {} counties, {} paid, {} tours, {} encounters",
                told.counties, told.paid, told.tours, told.encounters
            )
        };
        return Ok(Answer::yes(text, serde_json::to_value(told)?));
    }
    let loaded = crate::demo::load(app, *seed).await?;
    if let Some(digits) = province {
        let made = crate::demo::network_of_province(app, digits).await?;
        let text = format!("{} files taken in, {made} places made in {digits}", loaded.len());
        return Ok(Answer::yes(text, serde_json::json!({ "files": loaded, "places": made })));
    }
    let line = |l: &crate::demo::Loaded| {
        format!(
            "{}: {} rows, {} good, {} sent back, {} new",
            l.file, l.counts.total, l.counts.good, l.counts.bad, l.counts.created
        )
    };
    let text: Vec<String> = loaded.iter().map(line).collect();
    let text =
        if text.is_empty() { "the demonstration is there already".to_owned() } else { text.join("\n") };
    Ok(Answer::yes(text, serde_json::json!({ "files": loaded })))
}
