//! The table of what is owed to providers.

use sea_orm::entity::prelude::*;

use crate::ids::{CaseId, CountyId, EntryId, OfferId, PartyId, ProviderId, SubsidyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subsidy")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubsidyId,
    pub class_id: OfferId,
    pub case_id: CaseId,
    pub party_id: PartyId,
    pub provider_id: ProviderId,
    /// A code of the pack's parts.
    pub kind: String,
    /// Fen.
    pub amount: i64,
    /// `proposed`, `checked`, `paid` or `refused`.
    pub state: String,
    /// Why it was refused.
    pub words: String,
    /// The batch in which it was paid.
    pub batch: String,
    pub proposed_by: String,
    pub checked_by: String,
    pub paid_at: Option<ChronoDateTimeUtc>,
    /// The entry of the ledger that paid it.
    pub entry_id: Option<EntryId>,
    /// The account to which it went, sealed.
    pub payee_sealed: Option<Vec<u8>>,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
