//! The tables of tours, their stops, encounters and warnings.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A tour.
pub(super) mod tour {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AccountId, CountyId, TourId, UnitId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tour")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TourId,
        pub pack: String,
        pub kind: String,
        pub title: String,
        pub town: Option<String>,
        pub day: ChronoDate,
        /// `20:00`.
        pub starts: String,
        pub ends: String,
        pub unit_id: UnitId,
        pub lead_id: AccountId,
        pub lead_name: String,
        /// People, the lead among them.
        pub crew: i64,
        pub crew_names: String,
        pub vehicles: i64,
        pub plates: String,
        /// `planned`, `out`, `back` or `cancelled`.
        pub state: String,
        pub cause: String,
        /// The way as planned.
        pub metres: Option<i64>,
        pub out_at: Option<ChronoDateTimeUtc>,
        pub back_at: Option<ChronoDateTimeUtc>,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A stop of a tour.
pub(super) mod stop {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, PlaceId, StopId, TourId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tour_stop")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: StopId,
        pub tour_id: TourId,
        pub position: i64,
        pub place_id: Option<PlaceId>,
        pub name: String,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        pub arrive: String,
        pub done_at: Option<ChronoDateTimeUtc>,
        pub words: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody who was met.
pub(super) mod encounter {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, EncounterId, EntryId, PartyId, TourId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "encounter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EncounterId,
        pub tour_id: TourId,
        pub day: ChronoDate,
        pub at: ChronoDateTimeUtc,
        /// Empty where the person gave none.
        pub name: String,
        pub party_id: Option<PartyId>,
        pub outcome: String,
        pub persons: i64,
        /// Whether it counts as help.
        pub helped: bool,
        pub words: String,
        pub town: Option<String>,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        pub entry_id: Option<EntryId>,
        pub account: String,
        pub account_name: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A warning that is, or was, in force.
pub(super) mod warning {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, WarningId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "warning")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WarningId,
        pub code: String,
        pub from_day: ChronoDate,
        pub until_day: ChronoDate,
        pub words: String,
        pub account_name: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
