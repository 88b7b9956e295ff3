//! The table of places, and what they were before a file changed them.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{CountyId, ImportId, PlaceId, UnitId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "place")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlaceId,
    pub kind: String,
    pub name: String,
    pub address: String,
    pub town: Option<String>,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub unit_id: Option<UnitId>,
    pub origin: String,
    /// `open`, `paused`, `repair` or `closed`.
    pub state: String,
    /// County and serial number, for places of a network.
    pub code: Option<String>,
    pub tier: String,
    pub class: String,
    pub builder: String,
    pub partner: String,
    pub entry: String,
    /// Codes, as a JSON list.
    pub services: String,
    /// As `opening_hours`.
    pub hours: String,
    /// Codes of the maps that show it, as a JSON list.
    pub maps: String,
    pub keeper: String,
    pub deputy: String,
    pub phone: String,
    pub agreed_from: Option<Date>,
    pub agreed_until: Option<Date>,
    /// Hashes, as a JSON list.
    pub photos: String,
    /// Of the link by which the keeper opens and closes.
    pub keeper_hash: Option<String>,
    /// Of the link by which a device at the door says whether it is open.
    #[serde(default)]
    pub device_hash: Option<String>,
    /// What was seen last: whether it was open, by whom, when.
    pub seen_open: Option<bool>,
    pub seen_by: String,
    pub seen_at: Option<ChronoDateTimeUtc>,
    /// The file that brought it.
    pub import_id: Option<ImportId>,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The codes of what it offers.
    pub fn services(&self) -> Vec<String> {
        codes(&self.services)
    }

    /// The codes of the maps that show it.
    pub fn maps(&self) -> Vec<String> {
        codes(&self.maps)
    }

    /// The hashes of its photos.
    pub fn photos(&self) -> Vec<String> {
        codes(&self.photos)
    }
}

/// A list of codes, as the store alone writes it.
fn codes(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

/// What a place was before a file changed it.
pub(super) mod before {
    use sea_orm::entity::prelude::*;

    use crate::ids::{BeforeId, CountyId, ImportId, PlaceId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "place_before")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: BeforeId,
        pub place_id: PlaceId,
        pub import_id: ImportId,
        /// The version that the file made.
        pub version: i64,
        /// The whole row, as JSON.
        pub body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
