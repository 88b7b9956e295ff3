//! The tables of batches and payments.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A batch.
pub(super) mod batch {
    use sea_orm::entity::prelude::*;

    use crate::ids::{BatchId, CountyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "batch")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: BatchId,
        pub title: String,
        pub programme: String,
        /// The line of the budget; empty for none.
        pub fund: String,
        /// With whom it is settled; empty for money that goes to parties.
        pub supplier: String,
        /// `draft`, `checked`, `sent`, `closed` or `dropped`.
        pub state: String,
        /// In fen.
        pub total: i64,
        pub payments: i64,
        pub account: String,
        pub account_name: String,
        pub checked_by: String,
        pub checked_at: Option<ChronoDateTimeUtc>,
        pub sent_at: Option<ChronoDateTimeUtc>,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A payment.
pub(super) mod payment {
    use sea_orm::entity::prelude::*;

    use crate::ids::{BatchId, CaseId, CountyId, EntryId, PartyId, PaymentId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PaymentId,
        pub batch_id: BatchId,
        pub case_id: CaseId,
        pub party_id: PartyId,
        /// Its number in the batch, from 1.
        pub number: i64,
        /// In fen.
        pub amount: i64,
        /// Name, account and bank, sealed.
        pub payee_sealed: Vec<u8>,
        /// What pages show of it.
        pub payee_mask: String,
        /// `waiting`, `paid`, `failed`, `disputed` or `dropped`.
        pub state: String,
        pub fault: String,
        pub paid_on: Option<ChronoDate>,
        pub entry_id: Option<EntryId>,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
