//! Why an act or a page did not come about, in the few kinds that a person must tell apart.

use sea_orm::DbErr;

/// A field of a form and what is wrong with it: a key of the texts, and a value for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name; empty for the whole.
    pub field: String,
    /// The key of the message.
    pub key: &'static str,
    /// The value that the message names; may be empty.
    pub value: String,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is none, or it is not for the one who asks: where existence is private the answer is the same.
    #[error("not found")]
    NotFound,
    /// Nobody is logged in.
    #[error("not logged in")]
    LoggedOut,
    /// The role may not do this.
    #[error("not allowed")]
    Forbidden,
    /// What was sent cannot be taken.
    #[error("{0:?}")]
    Invalid(Vec<FieldFault>),
    /// Somebody else was quicker, or the state does not allow it: a key of the texts.
    #[error("{0}")]
    Conflict(&'static str),
    /// Too much at once: a key of the texts.
    #[error("{0}")]
    TooBusy(&'static str),
    /// The fault is ours.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Problem {
    /// A fault of one field.
    pub fn field(field: &str, key: &'static str, value: impl ToString) -> Self {
        Self::Invalid(vec![FieldFault { field: field.to_owned(), key, value: value.to_string() }])
    }
}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        Self::Internal(error.into())
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.into())
    }
}
