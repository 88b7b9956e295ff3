//! Opening cases without a matching run: of what is given by right, or of an offer; one case a party and programme.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use zhida_types::Day;

use super::entity::case;
use super::invite::{by_right, invitation};
use super::store;
use crate::app::App;
use crate::ids::{CaseId, OfferId, PartyId};
use crate::journal::{Subject, Write};
use crate::message::{self, Queued};
use crate::party;
use crate::problem::Problem;

/// A case to be opened.
#[derive(Clone, Debug)]
pub struct NewCase {
    /// Whose.
    pub party: PartyId,
    /// Of which offer; none where it is given by right.
    pub offer: Option<OfferId>,
    /// What it gives, in the ledger's units.
    pub amount: Option<i64>,
    /// Why, as JSON in both languages.
    pub reason: Value,
    /// Words of whoever opens it.
    pub words: String,
}

/// Opens cases of a clause at a stage. Whoever has a case of it that has not ended is passed over. Answers the parties
/// whose cases were opened, with their cases.
///
/// # Errors
/// A clause or stage that is not there, or the database's.
pub async fn open_many(
    app: &App,
    write: &mut Write,
    (programme, stage): (&str, &str),
    new: Vec<NewCase>,
) -> Result<BTreeMap<PartyId, CaseId>, Problem> {
    let (_, found) = app.programme(programme)?;
    let at = found.stage(stage).ok_or(Problem::NotFound)?;
    let due = at.days.map(|days| Day::at(write.at()).plus_days(days).0);
    let has = store::live(write.tx(), write.county(), found).await?;
    let (mut rows, mut steps, mut opened) = (Vec::new(), Vec::new(), BTreeMap::new());
    for one in new {
        if has.contains(&one.party) || opened.contains_key(&one.party) {
            continue;
        }
        let id = CaseId::new();
        opened.insert(one.party, id);
        steps.push(store::step_row(write, id, "", stage, &one.words));
        rows.push(case::ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            programme: Set(programme.to_owned()),
            party_id: Set(one.party),
            offer_id: Set(one.offer),
            run_id: Set(None),
            stage: Set(stage.to_owned()),
            owner_id: Set(write.actor().account),
            reason: Set(json!({ "rule": one.reason }).to_string()),
            score: Set(0),
            due: Set(due),
            words: Set(one.words),
            amount: Set(one.amount),
            facts_sealed: Set(None),
            version: Set(1),
            created_at: Set(write.at()),
            updated_at: Set(write.at()),
        });
    }
    store::insert(write, rows, steps).await?;
    let note = |(party, case): (&PartyId, &CaseId)| {
        (Subject::new("case", *case), json!({ "party": party, "programme": programme, "stage": stage }))
    };
    write.note_many("case-opened", opened.iter().map(note)).await?;
    Ok(opened)
}

/// Tells parties of what they may have, under the weekly number and the stop list.
///
/// # Errors
/// A clause without a text, or the database's.
pub async fn tell(
    app: &App,
    write: &Write,
    programme: &str,
    opened: &BTreeMap<PartyId, CaseId>,
    amounts: &BTreeMap<PartyId, Option<i64>>,
) -> Result<Queued, Problem> {
    let (register, found) = app.programme(programme)?;
    let key = found.message.as_deref().ok_or(Problem::Conflict("fault-no-message"))?;
    let snapshot = app.snapshot(write.county(), register.kind()).await?;
    let ids: Vec<PartyId> = opened.keys().copied().collect();
    let contacts = party::contacts(app, write.tx(), write.county(), &ids).await?;
    let mut messages = Vec::new();
    for (party, case) in opened {
        let (Some(contact), Some(row)) = (contacts.get(party), snapshot.row(*party)) else { continue };
        let lang = snapshot.speaks(row);
        let what = by_right(app, found, amounts.get(party).copied().flatten(), lang);
        let whom = (*case, *party, contact, lang);
        messages.push(invitation(app, write.county(), (programme, key), &what, whom)?);
    }
    message::queue(app, write, messages).await
}
