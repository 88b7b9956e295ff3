//! The table of accounts.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, CountyId, UnitId};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Role {
    /// Reads everything and changes nothing; keeps notes that nobody else can edit; its looking is in the journal.
    #[sea_orm(string_value = "inspector")]
    Inspector,
    /// Fills in the checks that it is asked for, and sees nothing else: workers who look at stations, experts, evaluators.
    #[sea_orm(string_value = "reviewer")]
    Reviewer,
    /// An organisation outside the office: sees and does its own part, nothing else.
    #[sea_orm(string_value = "partner")]
    Partner,
    /// Daily work.
    #[sea_orm(string_value = "officer")]
    Officer,
    /// Approves runs, undoes imports, reads the journal.
    #[sea_orm(string_value = "supervisor")]
    Supervisor,
    /// Keeps accounts too.
    #[sea_orm(string_value = "administrator")]
    Administrator,
}

impl Role {
    /// The key of its name in the texts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Inspector => "role-inspector",
            Self::Reviewer => "role-reviewer",
            Self::Partner => "role-partner",
            Self::Officer => "role-officer",
            Self::Supervisor => "role-supervisor",
            Self::Administrator => "role-administrator",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    pub unit_id: UnitId,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub region: String,
    pub password_hash: String,
    pub active: bool,
    pub failures: i64,
    pub locked_until: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
