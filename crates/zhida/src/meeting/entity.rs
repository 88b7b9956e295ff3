//! The tables of meetings, participants, agendas and decisions.

/// A meeting.
pub(super) mod meeting {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, MeetingId, UnitId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MeetingId,
        pub title: String,
        pub starts_at: ChronoDateTimeUtc,
        pub room: String,
        pub unit_id: Option<UnitId>,
        pub previous_id: Option<MeetingId>,
        /// `planned` or `held`.
        pub state: String,
        pub minutes: String,
        pub lessons: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody at a meeting.
pub(super) mod participant {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, MeetingId, ParticipantId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "participant")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ParticipantId,
        pub meeting_id: MeetingId,
        pub name: String,
        pub unit_name: String,
        pub came: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A point of an agenda.
pub(super) mod agenda {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgendaId, CountyId, MeetingId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agenda")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AgendaId,
        pub meeting_id: MeetingId,
        pub position: i64,
        /// `commitment`, `finding` or `asked`.
        pub kind: String,
        pub ref_id: String,
        pub words: String,
        pub asked_by: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A decision.
pub(super) mod decision {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AgendaId, CountyId, DecisionId, MeetingId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "decision")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DecisionId,
        pub meeting_id: MeetingId,
        pub agenda_id: Option<AgendaId>,
        pub words: String,
        /// `commitment`, `finding` or `change`.
        pub becomes: String,
        /// The commitment or finding that it became or changed.
        pub ref_id: String,
        pub who: String,
        pub due: ChronoDate,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
