//! The outbox and the stop list.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

use sea_orm::entity::prelude::*;

use crate::ids::{CaseId, CountyId, MessageId, PartyId};

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Waits for its time.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A worker has it.
    #[sea_orm(string_value = "sending")]
    Sending,
    /// The channel took it.
    #[sea_orm(string_value = "sent")]
    Sent,
    /// It arrived.
    #[sea_orm(string_value = "delivered")]
    Delivered,
    /// The link was opened.
    #[sea_orm(string_value = "read")]
    Read,
    /// The person answered.
    #[sea_orm(string_value = "answered")]
    Answered,
    /// It could not be sent.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// It was not sent: no address, stopped, or too many.
    #[sea_orm(string_value = "withheld")]
    Withheld,
}

impl State {
    /// The key of its name in the texts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Queued => "message-queued",
            Self::Sending => "message-sending",
            Self::Sent => "message-sent",
            Self::Delivered => "message-delivered",
            Self::Read => "message-read",
            Self::Answered => "message-answered",
            Self::Failed => "message-failed",
            Self::Withheld => "message-withheld",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    pub case_id: CaseId,
    pub party_id: PartyId,
    pub channel: String,
    pub lang: String,
    pub body_sealed: Vec<u8>,
    pub phone_hash: Option<String>,
    pub reply_code: String,
    pub token_hash: String,
    pub expires: ChronoDateTimeUtc,
    pub state: State,
    pub attempts: i64,
    pub next_at: ChronoDateTimeUtc,
    pub locked_until: Option<ChronoDateTimeUtc>,
    pub sent_at: Option<ChronoDateTimeUtc>,
    pub delivered_at: Option<ChronoDateTimeUtc>,
    pub read_at: Option<ChronoDateTimeUtc>,
    pub answered_at: Option<ChronoDateTimeUtc>,
    pub fault: String,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Numbers that want no messages.
pub(super) mod stop {
    use sea_orm::entity::prelude::*;

    use crate::ids::CountyId;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stop")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub phone_hash: String,
        pub source: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
