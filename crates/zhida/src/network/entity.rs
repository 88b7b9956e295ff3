//! The tables of what was seen of places, and of what people say of them.

/// Something that was seen of a place.
pub(super) mod signal {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, PlaceId, SignalId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signal")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SignalId,
        pub place_id: PlaceId,
        /// `here` (somebody checked in), `keeper`, `locked` (somebody found it locked), `check`.
        pub kind: String,
        /// Whether it was open.
        pub open: Option<bool>,
        /// A mark of the device that says nothing of the person; empty for officers and keepers.
        pub device: String,
        pub words: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody says of a place.
pub(super) mod rating {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, PlaceId, RatingId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "rating")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RatingId,
        pub place_id: PlaceId,
        /// From 1 to 5.
        pub stars: i64,
        /// Codes of quick words, as a JSON list.
        pub praise: String,
        pub words: String,
        pub device: String,
        /// What work whoever says it does, if they say: one of the network's kinds.
        pub who: String,
        /// What they miss most: a service.
        pub wish: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
