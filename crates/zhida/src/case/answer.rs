//! A person's answer, by link or by text message: it moves the case.

use zhida_pack::{Meaning, Programme, Replies, StageKind};

use super::entity::case;
use super::moves::{Step, step};
use super::store;
use crate::app::App;
use crate::ids::CountyId;
use crate::journal::{Actor, Subject, Write};
use crate::message::{self, Message};
use crate::problem::Problem;

/// What somebody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Yes.
    Accept,
    /// No, with a cause that may be empty.
    Decline(String),
    /// A question.
    Ask(String),
    /// No more messages.
    Stop,
}

/// What a text message means by the pack's words, and the digits of the offer.
pub(super) fn read(text: &str, replies: &Replies) -> Option<(Answer, String)> {
    let (meaning, digits) = replies.read(text)?;
    let answer = match meaning {
        Meaning::Yes => Answer::Accept,
        Meaning::No => Answer::Decline(String::new()),
        Meaning::Stop => Answer::Stop,
        Meaning::Question => Answer::Ask(text.trim().to_owned()),
    };
    Some((answer, digits))
}

/// Takes an answer: the case moves, the message is marked, the journal keeps both. Answers the case as it stands then.
pub(super) async fn take(
    app: &App,
    county: &CountyId,
    message: &Message,
    answer: &Answer,
) -> Result<case::Model, Problem> {
    let case = store::by_id(&app.db, county, message.case_id).await?.ok_or(Problem::NotFound)?;
    let (_, programme) = app.programme(&case.programme)?;
    let mut write = Write::begin(&app.db, county, &Actor::public(), app.clock.now()).await?;
    let (to, words) = match answer {
        Answer::Accept => {
            let yes = programme.first(StageKind::Accepted).or(programme.first(StageKind::Applied));
            (yes.map(|s| s.code.clone()), String::new())
        }
        Answer::Decline(cause) => (declined(programme, &case.stage), cause.clone()),
        Answer::Ask(question) => (asked(programme), question.clone()),
        Answer::Stop => (None, String::new()),
    };
    if *answer == Answer::Stop {
        if let Some(hash) = &message.phone_hash {
            message::stop(&write, hash, "answer").await?;
        }
        write.note("stopped", Subject::new("party", message.party_id), serde_json::json!({})).await?;
        write.commit().await?;
        return Ok(case);
    }
    let to = to.ok_or(Problem::Conflict("fault-stage-order"))?;
    if to == case.stage {
        return Ok(case);
    }
    step(app, &mut write, &case, &Step { to: &to, words: &words }).await?;
    message::answered(&write, message).await?;
    write.commit().await?;
    store::by_id(&app.db, county, case.id).await?.ok_or(Problem::NotFound)
}

/// The stage for "no": the first that ends the case and may follow.
fn declined(programme: &Programme, stage: &str) -> Option<String> {
    let next = &programme.stage(stage)?.next;
    let ends = |code: &&String| programme.stage(code).is_some_and(|s| s.kind == StageKind::Ended);
    next.iter().find(ends).cloned()
}

/// The stage for a question: the second of the invited kind, where the office has to answer.
fn asked(programme: &Programme) -> Option<String> {
    programme.stages.iter().filter(|s| s.kind == StageKind::Invited).nth(1).map(|s| s.code.clone())
}
