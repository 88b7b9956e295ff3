//! How a place is used: check-ins by hour of the week, what people say, when it was found locked.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::{Datelike as _, Duration, Timelike as _};

use super::store;
use crate::app::App;
use crate::clock::china;
use crate::ids::PlaceId;
use crate::place;
use crate::problem::Problem;
use crate::web::extract::Path;
use crate::web::{Officer, Shell, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/places/{id}/use", get(show))
}

/// Days that the grid covers.
const DAYS: i64 = 90;

/// A cell of the grid: its count, and how dark it is from 0 to 4.
pub(super) struct Cell {
    pub(super) n: i64,
    pub(super) heat: i64,
}

/// Check-ins by weekday and hour, of the hours in which there were any.
pub(super) struct Grid {
    pub(super) total: i64,
    pub(super) hours: Vec<u32>,
    pub(super) rows: Vec<(String, Vec<Cell>)>,
}

/// Instants by hour of the week, each cell as dark as it is full beside the fullest.
pub(super) fn grid(instants: &[chrono::DateTime<chrono::Utc>], t: &crate::texts::T) -> Grid {
    let counts = by_hour(instants);
    let most = counts.iter().flatten().copied().max().unwrap_or(0).max(1);
    let hours: Vec<u32> = (0..24_u32).filter(|h| counts.iter().any(|row| row[*h as usize] > 0)).collect();
    let row = |(day, counts): (usize, &[i64; 24])| {
        let cells = hours.iter().map(|h| counts[*h as usize]);
        let cells = cells.map(|n| Cell { n, heat: (n * 4 + most - 1) / most }).collect();
        (t.s(format!("weekday-{day}")), cells)
    };
    let rows = counts.iter().enumerate().map(row).collect();
    Grid { total: i64::try_from(instants.len()).unwrap_or(i64::MAX), hours, rows }
}

struct Said {
    at: String,
    stars: i64,
    praise: String,
    words: String,
}

#[derive(Template)]
#[template(path = "network/uses.html")]
struct UsesPage {
    shell: Shell,
    id: PlaceId,
    name: String,
    days: i64,
    grid: Grid,
    locked: Vec<String>,
    said: Vec<Said>,
}

/// Instants by weekday (Monday first) and hour of China.
fn by_hour(instants: &[chrono::DateTime<chrono::Utc>]) -> [[i64; 24]; 7] {
    let mut grid = [[0; 24]; 7];
    for at in instants {
        let at = china(*at);
        let (day, hour) = (at.weekday().num_days_from_monday() as usize, at.hour() as usize);
        if let Some(cell) = grid.get_mut(day).and_then(|row| row.get_mut(hour)) {
            *cell += 1;
        }
    }
    grid
}

async fn show(o: Officer, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let network = o.app.network(&place.kind).map(|(_, n)| n);
    let shell = o.shell("places");
    let since = o.app.clock.now() - Duration::days(DAYS);
    let here = store::instants(&o.app.db, &o.county, (id, "here"), since).await?;
    let locked = store::instants(&o.app.db, &o.county, (id, "locked"), since).await?;
    let ratings = store::ratings(&o.app.db, &o.county, id, since).await?;
    let word = |code: &str| {
        let found = network.and_then(|n| n.praise.iter().find(|p| p.code == code));
        found.map_or_else(|| code.to_owned(), |p| p.label.get(o.lang).to_owned())
    };
    let said = |r: &super::entity::rating::Model| {
        let codes: Vec<String> = serde_json::from_str(&r.praise).unwrap_or_default();
        Said {
            at: crate::clock::shown(r.at),
            stars: r.stars,
            praise: shell.t.list(&codes.iter().map(|c| word(c)).collect::<Vec<_>>()),
            words: r.words.clone(),
        }
    };
    page(&UsesPage {
        id,
        name: place.name,
        days: DAYS,
        grid: grid(&here, &shell.t),
        locked: locked.into_iter().rev().take(50).map(crate::clock::shown).collect(),
        said: ratings.iter().take(100).map(said).collect(),
        shell,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_fall_into_hours_of_china() {
        let utc = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        // Sunday 23:30 in London is Monday morning in China.
        let grid = by_hour(&[
            utc("2026-11-22T23:30:00Z"),
            utc("2026-11-23T07:59:00+08:00"),
            utc("2026-11-29T00:00:00+08:00"),
        ]);
        assert_eq!((grid[0][7], grid[6][0]), (2, 1));
        assert_eq!(grid.iter().flatten().sum::<i64>(), 3);
    }
}
