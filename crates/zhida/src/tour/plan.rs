//! Planning: how many tours a week are due, which places come first, and what is saved of a plan.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_pack::{Standing, TourKind};
use zhida_types::{Day, RegionCode};

use super::entity::{stop, tour, warning};
use super::route::Way;
use super::store;
use crate::app::App;
use crate::ids::{AccountId, CountyId, PlaceId, StopId, TourId, UnitId, WarningId};
use crate::journal::{Subject, Write};
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::{check, finding};

/// A kind of tour by its code, with its pack's name.
pub(super) fn kind<'a>(app: &'a App, code: &str) -> Result<(&'a str, &'a TourKind), Problem> {
    let all = app.packs().flat_map(|p| p.tours.iter().map(|k| (p.name.as_str(), k)));
    all.into_iter().find(|(_, k)| k.code == code).ok_or(Problem::NotFound)
}

/// How a kind of tour stands this week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The kind's code.
    pub kind: String,
    /// Whether the season has begun and not ended.
    pub in_season: bool,
    /// The code of the warning in force; empty for none.
    pub warning: String,
    /// Tours a week that are due; nothing where no rule says so.
    pub per_week: Option<i64>,
    /// Tours made since Monday.
    pub made: i64,
    /// Tours planned until Sunday.
    pub planned: i64,
    /// Whether one is due today that nobody made or planned: daily tours.
    pub today: bool,
}

/// How every kind of tour stands this week, by its rule.
///
/// # Errors
/// A rule that cannot be checked, or the database's.
pub async fn due(app: &App, county: &CountyId) -> Result<Vec<Due>, Problem> {
    use chrono::Datelike as _;
    let today = app.clock.today();
    let back = i64::from(today.0.weekday().num_days_from_monday());
    let week = (today.plus_days(-back), today.plus_days(6 - back));
    let warnings = store::warnings(&app.db, county, today).await?;
    let mut found = Vec::new();
    for k in app.packs().flat_map(|p| &p.tours) {
        let known =
            |w: &&warning::Model| w.from_day <= today.0 && k.warnings.iter().any(|own| own.code == w.code);
        let warning = warnings.iter().find(known).map_or_else(String::new, |w| w.code.clone());
        let per_week = k.per_week(&warning).map_err(|e| anyhow::anyhow!(e))?;
        let tours = store::between(&app.db, county, &k.code, week).await?;
        let count = |states: &[&str]| {
            i64::try_from(tours.iter().filter(|(_, s)| states.contains(&s.as_str())).count()).unwrap_or(0)
        };
        let in_season = k.in_season(&county.0, today);
        let today_made = tours.iter().any(|(day, state)| *day == today.0 && state != "cancelled");
        found.push(Due {
            kind: k.code.clone(),
            in_season,
            warning,
            per_week,
            made: count(&["out", "back"]),
            planned: count(&["planned"]),
            today: in_season && per_week.is_some_and(|n| n >= 7) && !today_made,
        });
    }
    Ok(found)
}

/// A place with what is known of it, most urgent first.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) place: Place,
    pub(super) standing: Standing,
}

/// Days since a visit that never was.
const NEVER: i64 = 999;

/// The places of a kind of tour, by its priority.
pub(super) async fn candidates(
    app: &App,
    (county, region): (&CountyId, &RegionCode),
    kind: &TourKind,
) -> Result<Vec<Candidate>, Problem> {
    let places = place::of_kind(&app.db, county, region, &kind.places).await?;
    let mut last = store::visited(&app.db, county).await?;
    for (id, at) in check::last_done(&app.db, county, "place").await? {
        if let Ok(id) = id.parse::<PlaceId>() {
            let known = last.entry(id).or_insert(at);
            *known = at.max(*known);
        }
    }
    let open = finding::standing(&app.db, county, "place").await?;
    let risks = risks(app, county).await?;
    let today = app.clock.today();
    let standing = |p: &Place| {
        let days = last.get(&p.id).map_or(NEVER, |at| i64::from(today.epoch() - Day::at(*at).epoch()));
        let (open, grave) = open.get(&p.id.to_string()).copied().unwrap_or_default();
        Standing { days_since: days, open, grave, risk: risks.get(&p.name).copied().unwrap_or(0) }
    };
    let standings: Vec<Standing> = places.iter().map(standing).collect();
    let order = kind.priorities(&standings).map_err(|e| anyhow::anyhow!(e))?;
    let mut all: Vec<(f64, Candidate)> = order
        .into_iter()
        .zip(places.into_iter().zip(standings))
        .map(|(order, (place, standing))| (order, Candidate { place, standing }))
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.place.name.cmp(&b.1.place.name)));
    Ok(all.into_iter().map(|(_, c)| c).collect())
}

/// How grave the tier of whoever works at a place is, by the name that both bear.
async fn risks(app: &App, county: &CountyId) -> Result<BTreeMap<String, i64>, Problem> {
    let mut risks = BTreeMap::new();
    for register in app.registers().filter(|r| !r.tiers.is_empty()) {
        let snapshot = app.snapshot(county, register.kind()).await?;
        let Some(version) = register.tiers_on(snapshot.day) else { continue };
        for party in &snapshot.people {
            let tier = version.tiers.iter().find(|t| Some(t.code.as_str()) == party.tier.as_deref());
            #[expect(clippy::cast_possible_truncation, reason = "a share of a hundred")]
            if let Some(tier) = tier {
                risks.insert(party.name.clone(), (tier.need * 100.0).round() as i64);
            }
        }
    }
    Ok(risks)
}

/// A tour to be saved.
#[derive(Clone, Debug)]
pub struct NewTour {
    /// The kind.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// The town, for one that stays in it.
    pub town: Option<String>,
    /// The day.
    pub day: Day,
    /// From when until when.
    pub times: (String, String),
    /// The unit.
    pub unit: UnitId,
    /// Who leads.
    pub lead: (AccountId, String),
    /// People, the lead among them.
    pub crew: i64,
    /// Their names.
    pub crew_names: String,
    /// Vehicles.
    pub vehicles: i64,
    /// The way, by places.
    pub way: Way,
    /// The places that the way counts through.
    pub places: Vec<Place>,
    /// `planned`; `back` for one that is written down afterwards.
    pub state: &'static str,
}

/// Saves tours. Answers their ids.
///
/// # Errors
/// A kind that no pack has, or the database's.
pub async fn save(app: &App, write: &mut Write, new: Vec<NewTour>) -> Result<Vec<TourId>, Problem> {
    let (mut tours, mut stops, mut ids, mut notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for t in new {
        let (pack, _) = kind(app, &t.kind)?;
        let id = TourId::new();
        ids.push(id);
        notes.push((Subject::new("tour", id), json!({ "title": t.title, "day": t.day, "crew": t.crew })));
        let at = (t.state == "back").then(|| write.at());
        for (position, (spot, arrive)) in (1..).zip(&t.way.stops) {
            let Some(place) = t.places.get(*spot) else { continue };
            stops.push(stop::ActiveModel {
                county: Set(write.county().clone()),
                id: Set(StopId::new()),
                tour_id: Set(id),
                position: Set(position),
                place_id: Set(Some(place.id)),
                name: Set(place.name.clone()),
                lon: Set(place.lon),
                lat: Set(place.lat),
                arrive: Set(arrive.clone()),
                done_at: Set(at),
                words: Set(String::new()),
            });
        }
        tours.push(tour::ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            pack: Set(pack.to_owned()),
            kind: Set(t.kind),
            title: Set(t.title),
            town: Set(t.town),
            day: Set(t.day.0),
            starts: Set(t.times.0),
            ends: Set(t.times.1),
            unit_id: Set(t.unit),
            lead_id: Set(t.lead.0),
            lead_name: Set(t.lead.1),
            crew: Set(t.crew),
            crew_names: Set(t.crew_names),
            vehicles: Set(t.vehicles),
            plates: Set(String::new()),
            state: Set(t.state.to_owned()),
            cause: Set(String::new()),
            metres: Set((t.way.metres > 0).then_some(t.way.metres)),
            out_at: Set(at),
            back_at: Set(at),
            version: Set(1),
            created_at: Set(write.at()),
        });
    }
    store::insert(write, tours, stops).await?;
    write.note_many("tour-planned", notes.into_iter()).await?;
    Ok(ids)
}

/// Puts a warning into force.
///
/// # Errors
/// A code that no kind of tour knows, days that do not follow, or the database's.
pub async fn warn(
    app: &App,
    write: &mut Write,
    code: &str,
    (from, until): (Day, Day),
    words: &str,
) -> Result<WarningId, Problem> {
    let known = app.packs().flat_map(|p| &p.tours).flat_map(|k| &k.warnings);
    if !known.into_iter().any(|w| w.code == code) {
        return Err(Problem::field("code", "fault-value", code));
    }
    if until < from {
        return Err(Problem::field("until", "fault-ends-before", until));
    }
    let id = WarningId::new();
    let row = warning::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        code: Set(code.to_owned()),
        from_day: Set(from.0),
        until_day: Set(until.0),
        words: Set(words.trim().chars().take(200).collect()),
        account_name: Set(write.actor().name.clone()),
        created_at: Set(write.at()),
    };
    store::warn(write, row).await?;
    let detail = json!({ "code": code, "from": from, "until": until });
    write.note("warning", Subject::new("warning", id), detail).await?;
    Ok(id)
}
