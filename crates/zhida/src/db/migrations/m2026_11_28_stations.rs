//! What running stations takes: devices that say whether a door is open, hearings, events with registrations, upkeep, and who says
//! what they miss.

#![expect(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::SchemaManager;
use sea_orm_migration::prelude::{Alias, ColumnDef, DbErr, Index, MigrationName, Table};
use sea_orm_migration::{MigrationTrait, async_trait};

use super::table::{ID, Plan, T, col, opt, owned};

/// See the module.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m2026_11_28_stations"
    }
}

/// What was seen of one place, and of the places of a county, is read with nothing but these.
const COVERING: [(&str, &[&str]); 2] = [
    ("signal_of_place", &["county", "place_id", "kind", "at", "open"]),
    ("signal_of_county", &["county", "kind", "at", "place_id", "device"]),
];

/// Columns that tables get which are there already.
fn added() -> Vec<(&'static str, ColumnDef)> {
    let new = |name: &str| ColumnDef::new(Alias::new(name));
    vec![
        ("place", new("device_hash").text().to_owned()),
        ("rating", new("who").text().not_null().default("").to_owned()),
        ("rating", new("wish").text().not_null().default("").to_owned()),
    ]
}

fn plans() -> Vec<Plan> {
    held().into_iter().chain(kept()).collect()
}

/// What keeps places going.
fn kept() -> Vec<Plan> {
    vec![
        Plan {
            name: "upkeep",
            key: &["county", "place_id"],
            columns: vec![
                col("county", T::Text),
                col("place_id", T::Id),
                col("duties", T::Text),
                col("breach", T::Text),
                opt("cost", T::Int),
                opt("keeper_hours", T::Int),
                col("version", T::Int),
                col("updated_at", T::Instant),
            ],
            belongs: &[("place_id", "place")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "equipment",
            key: ID,
            columns: owned(vec![
                col("place_id", T::Id),
                col("service", T::Text),
                col("name", T::Text),
                opt("since", T::Day),
                col("state", T::Text),
                col("words", T::Text),
                col("updated_at", T::Instant),
            ]),
            belongs: &[("place_id", "place")],
            unique: &[],
            index: &[&["county", "state", "place_id", "id"]],
        },
    ]
}

/// Hearings and events.
fn held() -> Vec<Plan> {
    vec![
        Plan {
            name: "hearing",
            key: ID,
            columns: owned(vec![
                col("pack", T::Text),
                col("sanction", T::Text),
                col("about_kind", T::Text),
                col("about_id", T::Text),
                col("about_name", T::Text),
                opt("town", T::Text),
                col("grounds", T::Text),
                col("until", T::Day),
                col("state", T::Text),
                col("token_hash", T::Text),
                col("answer", T::Text),
                opt("answered_at", T::Instant),
                col("decision", T::Text),
                col("reasons", T::Text),
                col("decided_by", T::Text),
                opt("decided_at", T::Instant),
                col("account", T::Text),
                col("account_name", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[&["county", "token_hash"]],
            index: &[&["county", "about_kind", "about_id", "id"], &["county", "state", "id"]],
        },
        Plan {
            name: "event",
            key: ID,
            columns: owned(vec![
                col("place_id", T::Id),
                col("kind", T::Text),
                col("title", T::Text),
                col("words", T::Text),
                col("starts_at", T::Instant),
                col("ends_at", T::Instant),
                col("seats", T::Int),
                col("state", T::Text),
                opt("headcount", T::Int),
                col("origin", T::Text),
                col("account", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("place_id", "place")],
            unique: &[],
            index: &[&["county", "starts_at", "id"], &["county", "place_id", "starts_at", "id"]],
        },
        Plan {
            name: "event_guest",
            key: ID,
            columns: owned(vec![
                col("event_id", T::Id),
                col("number", T::Int),
                col("people", T::Int),
                col("device", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("event_id", "event")],
            unique: &[&["county", "event_id", "device"], &["county", "event_id", "number"]],
            index: &[],
        },
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in added() {
            let table = Table::alter().table(Alias::new(table)).add_column(&mut column).to_owned();
            manager.alter_table(table).await?;
        }
        for plan in plans() {
            plan.create(manager).await?;
        }
        for (name, columns) in COVERING {
            let mut index = Index::create();
            index.name(name).table(Alias::new("signal"));
            for column in columns {
                index.col(Alias::new(*column));
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in COVERING {
            let index = Index::drop().name(name).table(Alias::new("signal")).to_owned();
            manager.drop_index(index).await?;
        }
        for plan in plans().iter().rev() {
            manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
        }
        for (table, column) in added() {
            let name = Alias::new(column.get_column_name());
            manager.alter_table(Table::alter().table(Alias::new(table)).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
