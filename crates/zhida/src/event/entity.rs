//! The tables of events and of who said that they come.

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, EventId, PlaceId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    pub place_id: PlaceId,
    /// One of the network's.
    pub kind: String,
    pub title: String,
    pub words: String,
    pub starts_at: ChronoDateTimeUtc,
    pub ends_at: ChronoDateTimeUtc,
    /// 0 where as many may come as like.
    pub seats: i64,
    /// `planned` or `cancelled`.
    pub state: String,
    /// How many came.
    pub headcount: Option<i64>,
    /// Whether it is invented.
    pub origin: String,
    pub account: String,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// People who said that they come.
pub(super) mod guest {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, EventId, GuestId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_guest")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: GuestId,
        pub event_id: EventId,
        /// The number that they say at the door.
        pub number: i64,
        pub people: i64,
        /// A mark of the device that says nothing of the person.
        pub device: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
