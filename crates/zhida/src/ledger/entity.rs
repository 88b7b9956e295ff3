//! The tables of holders, entries, postings and balances.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

use sea_orm::entity::prelude::*;

/// What holds goods or money, or where they come from and go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Kind {
    /// A donor, a seller, a grant: where things come from.
    #[sea_orm(string_value = "source")]
    Source,
    /// A place with stock.
    #[sea_orm(string_value = "stock")]
    Stock,
    /// Money that is there.
    #[sea_orm(string_value = "fund")]
    Fund,
    /// Money set aside for a line of the budget.
    #[sea_orm(string_value = "budget")]
    Budget,
    /// Things in a person's hands.
    #[sea_orm(string_value = "hand")]
    Hand,
    /// What was given to those who are served.
    #[sea_orm(string_value = "given")]
    Given,
    /// What counts showed to be missing (or, below nothing, found).
    #[sea_orm(string_value = "lost")]
    Lost,
}

impl Kind {
    /// The word of texts and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Stock => "stock",
            Self::Fund => "fund",
            Self::Budget => "budget",
            Self::Hand => "hand",
            Self::Given => "given",
            Self::Lost => "lost",
        }
    }

    /// Whether it can hold no less than nothing.
    pub fn holds(self) -> bool {
        matches!(self, Self::Stock | Self::Fund | Self::Budget | Self::Hand)
    }
}

/// A holder.
pub(super) mod holder {
    use sea_orm::entity::prelude::*;

    use super::Kind;
    use crate::ids::{CountyId, HolderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "holder")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: HolderId,
        pub kind: Kind,
        pub name: String,
        /// The id of the place or account, or the code of the budget line, that it stands for.
        pub ref_id: String,
        pub town: Option<String>,
        pub closed: bool,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An entry.
pub(super) mod entry {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, EntryId, PartyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EntryId,
        pub day: ChronoDate,
        pub act: String,
        pub words: String,
        pub party_id: Option<PartyId>,
        /// The receiver's name at the time, or what stands for it.
        pub party_name: String,
        /// How receipt was shown, as JSON.
        pub receipt: String,
        pub reverses_id: Option<EntryId>,
        pub account: String,
        pub account_name: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A line of an entry.
pub(super) mod posting {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, EntryId, HolderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "posting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_id: EntryId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        pub holder_id: HolderId,
        pub item: String,
        pub batch: String,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a holder holds of an item.
pub(super) mod balance {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, HolderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "balance")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub holder_id: HolderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub item: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub batch: String,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
