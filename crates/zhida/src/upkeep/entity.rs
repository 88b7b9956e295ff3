//! The tables of what keeps places going, and of their equipment.

/// What keeps one place going; its id is the place's.
pub(super) mod upkeep {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, PlaceId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "upkeep")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub place_id: PlaceId,
        /// For each duty's code `own` or `partner`, as a JSON object.
        pub duties: String,
        /// What happens where somebody does not do what is agreed.
        pub breach: String,
        /// Yuan a year.
        pub cost: Option<i64>,
        /// Hours of the keeper in a week.
        pub keeper_hours: Option<i64>,
        pub version: i64,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A piece of equipment.
pub(super) mod equipment {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, EquipmentId, PlaceId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "equipment")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EquipmentId,
        pub place_id: PlaceId,
        /// The service for which it is.
        pub service: String,
        pub name: String,
        /// Since when it is there.
        pub since: Option<ChronoDate>,
        /// `working`, `broken` or `gone`.
        pub state: String,
        pub words: String,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
