//! Takes a checked file in, or takes it back: each as one transaction, so that a power cut leaves all or nothing.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::sync::mpsc;

use super::check::{Good, Outcome, sorted};
use super::offers::OfferRow;
use super::parties::PartyRow;
use super::places::PlaceRow;
use super::store::{self, Counts};
use super::visits::VisitRow;
use crate::app::App;
use crate::ids::{CountyId, ImportId, PlaceId};
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;
use crate::task::Progress;
use crate::visit::NewVisit;
use crate::{case, check, finding, hearing, offer, party, place, visit};

/// Takes the good rows in.
///
/// # Errors
/// A file that is not checked, or was taken in already; a stop by somebody; the database's.
pub async fn apply(
    app: &App,
    county: &CountyId,
    actor: &Actor,
    id: ImportId,
    progress: &Progress,
) -> Result<Counts, Problem> {
    let row = store::by_id(&app.db, county, id).await?.ok_or(Problem::NotFound)?;
    if row.state == "applied" {
        // Taken up again after a power cut that came after the end: nothing is left to do but the tiers.
        party::recompute(app, county, actor).await?;
        return Ok(serde_json::from_str(&row.counts)?);
    }
    let mut write = Write::begin(&app.db, county, actor, app.clock.now()).await?;
    if !store::set_state(&write, id, &["checked"], "applied").await? {
        return Err(Problem::Conflict("fault-not-checked"));
    }
    let mut counts = Counts::default();
    let register = app.import(&row.kind)?.0.kind();
    let (to, batches) = mpsc::channel(2);
    let sorting = sorted(app, county, &row, progress, Some(to));
    let writing = async {
        // Held in here, so that it closes when writing fails and the sorting does not wait for ever.
        let mut batches = batches;
        while let Some(batch) = batches.recv().await {
            match batch {
                Good::Parties(rows) => parties(app, &write, register, rows, &mut counts).await?,
                Good::Offers(rows) => offers(app, &write, &rows, &mut counts).await?,
                Good::Visits(rows) => visits(app, &mut write, (id, register), &rows, &mut counts).await?,
                Good::Places(rows) => places(&mut write, id, rows, &mut counts).await?,
            }
        }
        Ok::<(), Problem>(())
    };
    // Whatever fails drops the transaction: nothing of the file is taken in then.
    let (outcome, written) = tokio::join!(sorting, writing);
    written?;
    let Outcome::Sorted(sorted) = outcome? else { return Err(Problem::Conflict("fault-not-checked")) };
    counts.total = sorted.grid.rows.len();
    (counts.good, counts.bad) = (sorted.good, sorted.bad.len());
    let (headers, mapping) = (sorted.grid.headers, sorted.mapping);
    store::keep_counts(&write, id, counts).await?;
    store::remember(&write, &row, &headers, &mapping).await?;
    write.note("import-applied", Subject::new("import", id), serde_json::to_value(counts)?).await?;
    write.commit().await?;
    party::recompute(app, county, actor).await?;
    Ok(counts)
}

async fn parties(
    app: &App,
    write: &Write,
    kind: &str,
    rows: Vec<PartyRow>,
    counts: &mut Counts,
) -> Result<(), Problem> {
    let wanted: Vec<_> = rows.iter().map(|r| r.numbers.clone()).collect();
    let known = party::by_identity(write.tx(), (write.county(), kind), &wanted).await?;
    let (mut fresh, mut more) = (Vec::new(), Vec::new());
    for row in rows {
        let by_number = row.numbers.identity.as_ref().and_then(|h| known.get(h));
        let by_alike = row.numbers.alike.as_ref().and_then(|h| known.get(h));
        match by_number.or(by_alike) {
            Some(id) => {
                if by_number.is_none() && row.new.identity.number.is_some() {
                    party::update_identity(app, write, *id, &row.new.identity).await?;
                }
                more.push((*id, row.new.sheet));
            }
            None => fresh.push(row.new),
        }
    }
    counts.created += party::create_many(app, write, kind, &fresh).await?.len();
    let updated = party::add_sheets(app, write, &more).await?.len();
    counts.updated += updated;
    counts.unchanged += more.len() - updated;
    Ok(())
}

async fn offers(app: &App, write: &Write, rows: &[OfferRow], counts: &mut Counts) -> Result<(), Problem> {
    let mut firms = std::collections::BTreeMap::new();
    let mut new = Vec::with_capacity(rows.len());
    for row in rows {
        let key = (row.new.provider.clone(), row.code.clone().map(|c| c.to_string()));
        let firm = if let Some(id) = firms.get(&key) {
            *id
        } else {
            let id = party::firm(app, write, &row.new.provider, row.code.as_ref(), &row.new.origin).await?;
            firms.insert(key, id);
            id
        };
        let mut offer = row.new.clone();
        offer.provider_id = Some(firm);
        new.push(offer);
    }
    counts.created = offer::create_many(write, &new).await?.len();
    counts.unchanged = new.len() - counts.created;
    Ok(())
}

async fn visits(
    app: &App,
    write: &mut Write,
    (id, kind): (ImportId, &str),
    rows: &[VisitRow],
    counts: &mut Counts,
) -> Result<(), Problem> {
    let wanted: Vec<_> = rows.iter().map(|r| r.numbers.clone()).collect();
    let known = party::by_identity(write.tx(), (write.county(), kind), &wanted).await?;
    let (mut made, mut sheets) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(person) = row.numbers.identity.as_ref().and_then(|h| known.get(h)) else {
            counts.unchanged += 1;
            continue;
        };
        let case =
            if row.need.is_empty() { None } else { case::open_need(app, write, *person, &row.need).await? };
        let number = i64::try_from(row.row).unwrap_or(0);
        made.push(NewVisit {
            party: *person,
            on: row.on,
            visitor: row.visitor.clone(),
            words: row.words.clone(),
            case,
            import: (id, number),
        });
        if !row.values.is_empty() {
            sheets.push((
                *person,
                party::Sheet {
                    source: "visit".to_owned(),
                    purpose: String::new(),
                    as_of: row.on,
                    import: Some((id, number)),
                    values: row.values.clone(),
                },
            ));
        }
    }
    counts.created = made.len();
    visit::done_many(app, write, &made).await?;
    counts.updated = party::add_sheets(app, write, &sheets).await?.len();
    Ok(())
}

async fn places(
    write: &mut Write,
    id: ImportId,
    rows: Vec<PlaceRow>,
    counts: &mut Counts,
) -> Result<(), Problem> {
    let (mut fresh, mut more) = (Vec::new(), Vec::new());
    for row in rows {
        match row.known {
            Some(known) => more.push((*known, row.new)),
            None => fresh.push(row.new),
        }
    }
    counts.created += place::create(write, fresh).await?.len();
    let known = more.len();
    let changed = place::change_many(write, id, more).await?;
    counts.updated += changed;
    counts.unchanged += known - changed;
    Ok(())
}

/// Takes an import back: persons and offers that it alone brought go, what it said of others goes, what somebody is at
/// work on stays. Answers what went and what stayed.
///
/// # Errors
/// An import that is not in force, or the database's.
pub async fn undo(
    app: &App,
    county: &CountyId,
    actor: &Actor,
    id: ImportId,
) -> Result<(usize, usize), Problem> {
    let mut write = Write::begin(&app.db, county, actor, app.clock.now()).await?;
    if !store::set_state(&write, id, &["applied"], "undone").await? {
        let known = store::by_id(write.tx(), county, id).await?;
        return Err(if known.is_some() { Problem::Conflict("fault-not-applied") } else { Problem::NotFound });
    }
    let visits = visit::remove_import(&write, id).await?;
    let mut kept = case::parties_with_cases(write.tx(), county).await?;
    kept.extend(visit::parties_with_visits(write.tx(), county).await?);
    let offers_kept: BTreeSet<_> = case::offers_with_cases(write.tx(), county).await?;
    let (gone, changed) = party::remove_import(app, &write, id, &kept).await?;
    let (offers_gone, offers_stay) = offer::remove_import(&write, id, &offers_kept).await?;
    let mut named = check::abouts(write.tx(), county, "place").await?;
    named.extend(finding::abouts(write.tx(), county, "place").await?);
    named.extend(hearing::abouts(write.tx(), county, "place").await?);
    let named = named.iter().filter_map(|id| id.parse::<PlaceId>().ok()).collect();
    let (places_gone, places_stay) = place::remove_import(&write, id, &named).await?;
    let (offers_gone, offers_stay) = (offers_gone + places_gone, offers_stay + places_stay);
    let detail = json!({ "removed": gone, "changed": changed, "visits": visits, "offers": offers_gone, "offers_closed": offers_stay });
    write.note("import-undone", Subject::new("import", id), detail).await?;
    write.commit().await?;
    party::recompute(app, county, actor).await?;
    let visits = usize::try_from(visits).unwrap_or(usize::MAX);
    Ok((gone + offers_gone + visits, changed + offers_stay))
}
