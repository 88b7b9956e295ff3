//! What a visit found: facts of the person, words, a need.

use std::collections::BTreeMap;

use serde_json::Value;
use zhida_types::Day;

use super::store;
use crate::app::App;
use crate::case;
use crate::ids::VisitId;
use crate::journal::{Subject, Write};
use crate::party::{self, Sheet};
use crate::problem::Problem;

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The day.
    pub on: Day,
    /// Profile fields.
    pub values: BTreeMap<String, Value>,
    /// In the person's own words.
    pub words: String,
    /// A need that somebody must see to; empty for none.
    pub need: String,
}

/// Records a visit. The same visit recorded again (a phone that sends twice) changes nothing.
///
/// # Errors
/// A visit that does not exist, or the database's.
pub async fn record(app: &App, write: &mut Write, id: VisitId, found: &Found) -> Result<bool, Problem> {
    let visit = store::by_id(write.tx(), write.county(), id).await?.ok_or(Problem::NotFound)?;
    if visit.visited_on.is_some() {
        return Ok(false);
    }
    let party = visit.party_id;
    if !found.values.is_empty() {
        let sheet = Sheet {
            source: "visit".to_owned(),
            purpose: String::new(),
            as_of: found.on,
            import: None,
            values: found.values.clone(),
        };
        party::add_sheets(app, write, &[(party, sheet)]).await?;
    }
    let case = if found.need.trim().is_empty() {
        None
    } else {
        case::open_need(app, write, party, found.need.trim()).await?
    };
    store::done(app, write, visit, found.on, &found.words, case).await?;
    write
        .note("visited", Subject::new("party", party), serde_json::json!({ "visit": id, "need": case }))
        .await?;
    Ok(true)
}
