//! What was counted last, kept warm: the open results are read by many and change when something is done.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tokio::sync::Mutex;

use super::figures::{Figures, count};
use crate::app::App;
use crate::ids::CountyId;
use crate::journal;
use crate::problem::Problem;

/// Seconds for which what was counted is told as it was: that a message was read stands in no journal.
const SECONDS: i64 = 60;

/// Figures that are kept at most: a visitor may ask for any year.
const MOST: usize = 64;

/// The journal's number and the instant at which something was counted.
type Counted = (i64, DateTime<Utc>, Arc<Figures>);

/// Figures by county and year.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<(CountyId, Option<i32>), Counted>>);

/// The classes of a county that ended in a year (all of them for none), and everything about their providers, as they are now.
///
/// # Errors
/// The database's.
pub async fn figures(app: &App, county: &CountyId, year: Option<i32>) -> Result<Arc<Figures>, Problem> {
    let (now, (head, _)) = (app.clock.now(), journal::head(&app.db, county).await?);
    let key = (county.clone(), year);
    // Whoever comes meanwhile waits for what is being counted instead of counting it, too.
    let mut kept = app.results.0.lock().await;
    let fresh = |(rev, at, _): &&Counted| *rev == head && (now - *at).abs() < Duration::seconds(SECONDS);
    if let Some((_, _, figures)) = kept.get(&key).filter(fresh) {
        return Ok(Arc::clone(figures));
    }
    let figures = Arc::new(count(app, county, year).await?);
    if kept.len() >= MOST {
        kept.clear();
    }
    kept.insert(key, (head, now, Arc::clone(&figures)));
    Ok(figures)
}
