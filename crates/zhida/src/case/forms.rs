//! What officers and the public send about runs and cases.

use serde::Deserialize;

use crate::ids::CaseId;

/// A move of one case.
#[derive(Debug, Deserialize)]
pub(super) struct MoveForm {
    pub(super) to: String,
    #[serde(default)]
    pub(super) words: String,
    pub(super) version: i64,
}

/// A move of several cases.
#[derive(Debug, Deserialize)]
pub(super) struct BulkForm {
    #[serde(default)]
    pub(super) case: Vec<CaseId>,
    pub(super) to: String,
    #[serde(default)]
    pub(super) words: String,
    #[serde(default)]
    pub(super) back: String,
}

/// Cases whose persons are reminded.
#[derive(Debug, Deserialize)]
pub(super) struct RemindForm {
    #[serde(default)]
    pub(super) case: Vec<CaseId>,
    #[serde(default)]
    pub(super) back: String,
}

/// A programme to be run.
#[derive(Debug, Deserialize)]
pub(super) struct RunForm {
    pub(super) programme: String,
}

/// A change of a proposal by hand.
#[derive(Debug, Deserialize)]
pub(super) struct ChangeForm {
    pub(super) chosen: String,
    pub(super) cause: String,
}

/// A person's answer.
#[derive(Debug, Deserialize)]
pub(super) struct AnswerForm {
    pub(super) answer: String,
    #[serde(default)]
    pub(super) cause: String,
    #[serde(default)]
    pub(super) question: String,
}
