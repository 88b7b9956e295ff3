//! The tables of calls, bids and objections.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A call for providers.
pub(super) mod tender {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, TenderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tender")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TenderId,
        pub pack: String,
        pub title: String,
        pub programme: String,
        pub need: String,
        pub seats: i64,
        /// Fen.
        pub budget: i64,
        /// The most that may be asked for one trainee, in fen.
        pub cap: i64,
        pub closes: ChronoDate,
        /// `open`, `reviewing`, `published`, `decided` or `cancelled`.
        pub state: String,
        /// From which the reviewers were drawn.
        pub seed: String,
        /// Those who could be drawn, as a JSON list of ids.
        pub pool: String,
        pub publicity_until: Option<ChronoDate>,
        pub reasons: String,
        pub decided_by: String,
        pub decided_at: Option<ChronoDateTimeUtc>,
        pub origin: String,
        pub account: String,
        pub account_name: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A contract.
pub(super) mod contract {
    use sea_orm::entity::prelude::*;

    use crate::ids::{BidId, ContractId, CountyId, ProviderId, TenderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contract")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ContractId,
        pub bid_id: BidId,
        pub tender_id: TenderId,
        pub provider_id: ProviderId,
        /// As both sides write it.
        pub number: String,
        /// Fen for one trainee.
        pub price: i64,
        pub seats: i64,
        /// The parts of the price as they were when it was signed, as JSON.
        pub parts: String,
        pub signed_on: ChronoDate,
        /// The last day on which a class may begin.
        pub ends_on: ChronoDate,
        /// Its hash; empty for none.
        pub photo: String,
        /// The account to which its money goes, sealed.
        pub payee_sealed: Option<Vec<u8>>,
        /// What pages show of it.
        pub payee_mask: String,
        /// `in-force` or `ended`.
        pub state: String,
        /// Why it was ended.
        pub words: String,
        pub account: String,
        pub account_name: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A bid.
pub(super) mod bid {
    use sea_orm::entity::prelude::*;

    use crate::ids::{BidId, CountyId, ProviderId, ReviewId, TenderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bid")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: BidId,
        pub tender_id: TenderId,
        pub provider_id: ProviderId,
        /// Fen for one trainee.
        pub price: i64,
        pub words: String,
        /// `in`, `out`, `chosen` or `not-chosen`.
        pub state: String,
        /// Why it is out.
        pub blocked: String,
        pub review_id: Option<ReviewId>,
        /// What the reviewers gave, of a hundred.
        pub score: Option<i64>,
        /// What the provider's earlier classes came to when the ranking was made, of a hundred.
        pub record: Option<i64>,
        /// Of the ranking, in hundredths.
        pub points: Option<i64>,
        pub account: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An objection to a ranking.
pub(super) mod objection {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, ObjectionId, TenderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "objection")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ObjectionId,
        pub tender_id: TenderId,
        pub words: String,
        pub device: String,
        pub answer: String,
        pub answered_by: String,
        pub answered_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
