//! Checks a staged file: what would be taken in, and row by row what would not and why. Nothing is written to the register.

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use zhida_pack::{ImportKind, Makes, Pack};
use zhida_types::Datum;

use super::columns::{self, Target};
use super::entity::import;
use super::offers::OfferRow;
use super::parties::PartyRow;
use super::places::PlaceRow;
use super::sheet::{self, Grid};
use super::store::{self, Counts, Remembered};
use super::value::CellProblem;
use super::visits::VisitRow;
use super::{offers, parties, places, visits};
use crate::app::App;
use crate::ids::{CountyId, ImportId};
use crate::problem::Problem;
use crate::task::{Progress, STOPPED};

/// A row that would not be taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// Its number in the file, from 1.
    pub row: usize,
    /// What is wrong with it.
    pub problems: Vec<CellProblem>,
}

/// What a check found; kept sealed, for it holds what people wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The file's sheets.
    pub sheets: Vec<String>,
    /// The columns' headers.
    pub headers: Vec<String>,
    /// The first values of each column.
    pub samples: Vec<Vec<String>>,
    /// The rows that would not be taken in.
    pub bad: Vec<BadRow>,
}

/// Some of the good rows of a file, by what they become.
pub(super) enum Good {
    Parties(Vec<PartyRow>),
    Offers(Vec<OfferRow>),
    Visits(Vec<VisitRow>),
    Places(Vec<PlaceRow>),
}

impl Good {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Parties(rows) => rows.len(),
            Self::Offers(rows) => rows.len(),
            Self::Visits(rows) => rows.len(),
            Self::Places(rows) => rows.len(),
        }
    }
}

/// A file that was read and sorted; its good rows went elsewhere.
pub(super) struct Sorted {
    pub(super) grid: Grid,
    pub(super) mapping: Vec<String>,
    pub(super) good: usize,
    pub(super) bad: Vec<BadRow>,
}

/// Why a file cannot be sorted: a key and what it names.
pub(super) struct Fault {
    pub(super) key: String,
    pub(super) at: String,
}

pub(super) enum Outcome {
    Sorted(Box<Sorted>),
    /// The file cannot be read, or its columns cannot be told: with what is known of it.
    Faulty(Fault, Box<Option<(Grid, Vec<String>)>>),
}

/// Loads a staged file and sorts it, away from the threads that answer. The good rows go to `to` batch by batch, so that
/// they need not all be held at once; without it they are only counted.
pub(super) async fn sorted(
    app: &App,
    county: &CountyId,
    row: &import::Model,
    progress: &Progress,
    to: Option<mpsc::Sender<Good>>,
) -> Result<Outcome, Problem> {
    let bytes = store::file(app, county, row.id).await?;
    let remembered = store::remembered(&app.db, county, row).await?;
    let places = match app.import(&row.kind)?.1.makes {
        Makes::Place => crate::place::all(&app.db, county).await?,
        _ => Vec::new(),
    };
    let work = (app.clone(), county.clone(), row.clone(), progress.clone());
    let outcome = tokio::task::spawn_blocking(move || {
        let (app, county, row, progress) = work;
        let mut taken = |good: Good| match &to {
            // Whoever takes the rows has ended with an error of its own.
            Some(to) => to.blocking_send(good).map_err(|_closed| Problem::Conflict(STOPPED)),
            None => Ok(()),
        };
        sort(&app, (&county, &row), (&bytes, &places), &remembered, &progress, &mut taken)
    });
    outcome.await.map_err(anyhow::Error::from)?
}

/// Reads and sorts a file. `mapping` is what the officer chose; empty for a guess.
fn sort(
    app: &App,
    (county, row): (&CountyId, &import::Model),
    (bytes, places): (&[u8], &[crate::place::Place]),
    remembered: &Remembered,
    progress: &Progress,
    taken: &mut dyn FnMut(Good) -> Result<(), Problem>,
) -> Result<Outcome, Problem> {
    let (register, kind) = app.import(&row.kind)?;
    let targets = columns::targets(kind, &register.profile);
    let grid = match sheet::read(bytes, &row.sheet, &|texts| columns::recognised(&targets, texts)) {
        Ok(grid) => grid,
        Err(fault) => {
            return Ok(Outcome::Faulty(Fault { key: fault.key.to_owned(), at: fault.at }, Box::new(None)));
        }
    };
    let chosen: Vec<String> = serde_json::from_str(&row.mapping)?;
    let fits = |m: &Vec<String>| m.len() == grid.headers.len();
    let mapping = match (Some(&chosen).filter(|m| fits(m)), store::mapping_for(remembered, &grid.headers)) {
        (Some(chosen), _) => chosen.clone(),
        (None, Some(remembered)) => remembered.clone(),
        (None, None) => columns::guess(kind, &targets, &grid),
    };
    let (twice, missing) = columns::faults(&mapping, &targets);
    let names =
        |list: &[Target]| list.iter().map(|t| format!("{} {}", t.zh, t.en)).collect::<Vec<_>>().join("、");
    if !twice.is_empty() || !missing.is_empty() {
        let (key, at) = if twice.is_empty() {
            ("mapping-missing", names(&missing))
        } else {
            ("mapping-twice", names(&twice))
        };
        return Ok(Outcome::Faulty(Fault { key: key.to_owned(), at }, Box::new(Some((grid, mapping)))));
    }
    let context = Context {
        app,
        county,
        register,
        kind,
        today: app.clock.today(),
        import: row.id,
        origin: &row.origin,
        places,
        datum: Datum::named(&row.datum).unwrap_or_default(),
    };
    let lines = Lines { grid: &grid, mapping: &mapping };
    if kind.makes == Makes::Place
        && let Some(fault) = places::misplaced(&context, &lines)
    {
        return Ok(Outcome::Faulty(fault, Box::new(Some((grid, mapping)))));
    }
    let mut good = 0;
    let mut counted = |rows: Good| {
        good += rows.len();
        taken(rows)
    };
    let bad = match kind.makes {
        Makes::Party => parties::sort(&context, &lines, progress, &mut counted),
        Makes::Offer => offers::sort(&context, &lines, progress, &mut counted),
        Makes::Visit => visits::sort(&context, &lines, progress, &mut counted),
        Makes::Place => places::sort(&context, &lines, progress, &mut counted),
    }?;
    Ok(Outcome::Sorted(Box::new(Sorted { grid, mapping, good, bad })))
}

/// What all rows are checked against.
pub(super) struct Context<'a> {
    pub(super) app: &'a App,
    pub(super) county: &'a CountyId,
    pub(super) register: &'a Pack,
    pub(super) kind: &'a ImportKind,
    pub(super) today: zhida_types::Day,
    pub(super) import: ImportId,
    pub(super) origin: &'a str,
    /// The county's places, for files of places.
    pub(super) places: &'a [crate::place::Place],
    /// In what the file's positions are written.
    pub(super) datum: Datum,
}

/// A grid and what its columns mean.
pub(super) struct Lines<'a> {
    pub(super) grid: &'a Grid,
    pub(super) mapping: &'a [String],
}

impl Lines<'_> {
    /// The text of a row under a target; empty where the file has no such column.
    pub(super) fn text<'r>(&self, row: &'r [String], target: &str) -> &'r str {
        self.column(target).and_then(|c| row.get(c)).map_or("", String::as_str)
    }

    fn column(&self, target: &str) -> Option<usize> {
        self.mapping.iter().position(|m| m == target)
    }

    /// A problem of a row in a column.
    pub(super) fn problem(&self, target: &str, value: &str, key: &str, arg: impl ToString) -> CellProblem {
        let column =
            self.column(target).and_then(|c| self.grid.headers.get(c)).map_or(target, String::as_str);
        let value = if value == sheet::FORMULA { String::new() } else { value.to_owned() };
        CellProblem { column: column.to_owned(), value, key: key.to_owned(), arg: arg.to_string() }
    }
}

/// Checks a staged file and keeps what was found.
///
/// # Errors
/// A stop by somebody, or the database's.
pub async fn check(
    app: &App,
    county: &CountyId,
    id: ImportId,
    progress: &Progress,
) -> Result<Counts, Problem> {
    let row = store::by_id(&app.db, county, id).await?.ok_or(Problem::NotFound)?;
    let outcome = sorted(app, county, &row, progress, None).await?;
    let (report, mapping, counts, fault, header_row, sheet) = match outcome {
        Outcome::Sorted(sorted) => {
            let counts = Counts {
                total: sorted.grid.rows.len(),
                good: sorted.good,
                bad: sorted.bad.len(),
                ..Counts::default()
            };
            let report = report(&sorted.grid, sorted.bad);
            (report, sorted.mapping, counts, None, sorted.grid.header_row, sorted.grid.sheet)
        }
        Outcome::Faulty(fault, known) => match *known {
            Some((grid, mapping)) => {
                let counts = Counts { total: grid.rows.len(), ..Counts::default() };
                (report(&grid, Vec::new()), mapping, counts, Some(fault), grid.header_row, grid.sheet)
            }
            None => (Report::default(), Vec::new(), Counts::default(), Some(fault), 0, row.sheet.clone()),
        },
    };
    store::keep_check(app, county, &row, &report, &mapping, counts, fault, (header_row, sheet)).await?;
    Ok(counts)
}

fn report(grid: &Grid, bad: Vec<BadRow>) -> Report {
    let sample = |column: usize| {
        let values = grid.rows.iter().filter_map(|(_, r)| r.get(column)).filter(|v| !v.is_empty());
        values.take(3).cloned().collect()
    };
    Report {
        sheets: grid.sheets.clone(),
        headers: grid.headers.clone(),
        samples: (0..grid.headers.len()).map(sample).collect(),
        bad,
    }
}
