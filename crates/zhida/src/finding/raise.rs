//! Raising findings: with an owner and a day, and with how often the same was found there before.

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_pack::Severity;
use zhida_types::Day;

use super::entity::finding;
use super::store;
use crate::ids::{AccountId, FindingId, ReviewId, UnitId};
use crate::journal::{Subject, Write};
use crate::place::Place;
use crate::problem::Problem;

/// What something is about: a noun, an id, and what people need to find it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The noun: `place`, `offer`, `unit`, `commitment`, …
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name at the time.
    pub name: String,
    /// Its town.
    pub town: Option<String>,
    /// Longitude and latitude.
    pub position: Option<(f64, f64)>,
}

impl From<&Place> for About {
    fn from(place: &Place) -> Self {
        Self {
            kind: "place".to_owned(),
            id: place.id.to_string(),
            name: place.name.clone(),
            town: place.town.clone(),
            position: place.lon.zip(place.lat),
        }
    }
}

/// A finding to be raised.
#[derive(Clone, Debug)]
pub struct NewFinding {
    /// The review that found it.
    pub review: Option<ReviewId>,
    /// The pack.
    pub pack: String,
    /// The checklist's finding rule.
    pub rule: String,
    /// What is wrong.
    pub words: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub about: About,
    /// The unit that must put it right.
    pub unit: Option<UnitId>,
    /// The person who must.
    pub owner: Option<(AccountId, String)>,
    /// By when.
    pub due: Day,
    /// Days between levels once it is overdue.
    pub escalate_days: i64,
    /// The evidence before.
    pub photos: Vec<String>,
}

/// Raises findings. Answers their ids.
///
/// # Errors
/// The database's.
pub async fn raise(write: &mut Write, new: Vec<NewFinding>) -> Result<Vec<FindingId>, Problem> {
    let before = store::found_before(write.tx(), write.county(), &new).await?;
    let (mut rows, mut steps, mut notes, mut ids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for f in new {
        let id = FindingId::new();
        ids.push(id);
        let earlier = before.get(&(f.about.id.clone(), f.rule.clone())).copied().unwrap_or(0);
        let nth = if f.rule.is_empty() { 1 } else { earlier + 1 };
        notes.push((
            Subject::new("finding", id),
            json!({ "about": f.about.name, "words": f.words, "severity": f.severity.as_str(), "due": f.due, "nth": nth }),
        ));
        steps.push(store::step_row(write, id, "raised", &f.words, &f.photos));
        let (owner_id, owner_name) = f.owner.map_or((None, String::new()), |(id, name)| (Some(id), name));
        rows.push(finding::ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            review_id: Set(f.review),
            pack: Set(f.pack),
            rule: Set(f.rule),
            words: Set(f.words),
            severity: Set(f.severity.rank()),
            unit_id: Set(f.unit),
            owner_id: Set(owner_id),
            owner_name: Set(owner_name),
            due: Set(f.due.0),
            state: Set("open".to_owned()),
            escalate_days: Set(f.escalate_days.max(1)),
            next_level: Set(Some(f.due.plus_days(1).0)),
            level: Set(0),
            level_unit_id: Set(None),
            nth: Set(nth),
            fixed_by: Set(None),
            closed_at: Set(None),
            plan: Set("{}".to_owned()),
            version: Set(1),
            created_at: Set(write.at()),
            updated_at: Set(write.at()),
            about_kind: Set(f.about.kind),
            about_id: Set(f.about.id),
            about_name: Set(f.about.name),
            town: Set(f.about.town),
            lon: Set(f.about.position.map(|p| p.0)),
            lat: Set(f.about.position.map(|p| p.1)),
        });
    }
    store::insert(write, rows, steps).await?;
    write.note_many("finding-raised", notes.into_iter()).await?;
    Ok(ids)
}
