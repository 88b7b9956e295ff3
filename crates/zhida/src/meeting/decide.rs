//! A decision becomes something that somebody owes by a day: a commitment, a finding, or a change of one.

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_pack::Severity;
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::entity::{decision, meeting};
use super::store;
use crate::commitment::{self, NewCommitment};
use crate::finding::{self, About, Act, By, NewFinding};
use crate::ids::{AccountId, AgendaId, CommitmentId, DecisionId, FindingId, UnitId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// What is decided.
#[derive(Clone, Debug)]
pub(super) enum Becomes {
    /// Something new that is owed: so many of what.
    Commitment(Quantity, String),
    /// Something that is to be put right.
    Finding(Severity, About),
    /// Another target of a commitment.
    Target(CommitmentId, Quantity),
    /// Another owner and day of a finding.
    Owner(FindingId),
}

/// A decision.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) agenda: Option<AgendaId>,
    pub(super) words: String,
    pub(super) who: (AccountId, String, UnitId),
    pub(super) due: Day,
    pub(super) becomes: Becomes,
    /// The pack whose lights a new commitment has.
    pub(super) pack: String,
}

/// Writes a decision and what it becomes. Answers the kind and id of that.
#[expect(clippy::too_many_lines, reason = "what a decision can become, one behind the other")]
pub(super) async fn decide(
    write: &mut Write,
    meeting: &meeting::Model,
    (region, by): (&RegionCode, By),
    d: Decision,
    today: Day,
) -> Result<(&'static str, String), Problem> {
    let (person, name, unit) = d.who.clone();
    let (kind, becomes, ref_id) = match d.becomes {
        Becomes::Commitment(value, unit_of_count) => {
            let new = NewCommitment {
                pack: d.pack,
                list: String::new(),
                code: String::new(),
                no: String::new(),
                title: d.words.clone(),
                source: meeting.title.clone(),
                counting: d.words.clone(),
                evidence: String::new(),
                parent: None,
                rolled_from: None,
                region: region.clone(),
                unit: Some(unit),
                person: Some((person, name.clone())),
                comparator: Comparator::AtLeast,
                force: Force::Binding,
                value: (value, unit_of_count),
                value2: None,
                days: (today.plus_days(-1), d.due),
                indicator: String::new(),
                curve: Vec::new(),
                duties: Vec::new(),
                milestones: Vec::new(),
            };
            let ids = commitment::create(write, vec![new]).await?;
            let id = ids.first().ok_or(Problem::NotFound)?;
            ("commitment", "commitment", id.to_string())
        }
        Becomes::Finding(severity, about) => {
            let new = NewFinding {
                review: None,
                pack: String::new(),
                rule: String::new(),
                words: d.words.clone(),
                severity,
                about,
                unit: Some(unit),
                owner: Some((person, name.clone())),
                due: d.due,
                escalate_days: 3,
                photos: Vec::new(),
            };
            let ids = finding::raise(write, vec![new]).await?;
            let id = ids.first().ok_or(Problem::NotFound)?;
            ("finding", "finding", id.to_string())
        }
        Becomes::Target(id, value) => {
            let now =
                commitment::seen(write.tx(), write.county(), region, id).await?.ok_or(Problem::NotFound)?;
            commitment::change_value(write, &now, value, &d.words).await?;
            ("commitment", "change", id.to_string())
        }
        Becomes::Owner(id) => {
            let now =
                finding::by_id(write.tx(), write.county(), region, id).await?.ok_or(Problem::NotFound)?;
            let act = Act::Assign { unit, owner: Some((person, name.clone())), due: d.due };
            finding::act(write, &now, &act, by, &d.words, &[]).await?;
            ("finding", "change", id.to_string())
        }
    };
    let id = DecisionId::new();
    let row = decision::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        meeting_id: Set(meeting.id),
        agenda_id: Set(d.agenda),
        words: Set(d.words.clone()),
        becomes: Set(becomes.to_owned()),
        ref_id: Set(format!("{kind}:{ref_id}")),
        who: Set(name.clone()),
        due: Set(d.due.0),
        created_at: Set(write.at()),
    };
    store::decide(write, row).await?;
    let detail = json!({ "words": d.words, "becomes": becomes, "ref": ref_id, "who": name, "due": d.due });
    write.note("decided", Subject::new("meeting", meeting.id), detail).await?;
    Ok((kind, ref_id))
}
