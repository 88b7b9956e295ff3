//! What running stations takes: devices that say whether a door is open, hearings, events with registrations.

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

fn plans() -> Vec<Plan> {
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
        let mut column = ColumnDef::new(Alias::new("device_hash")).text().to_owned();
        let table = Table::alter().table(Alias::new("place")).add_column(&mut column).to_owned();
        manager.alter_table(table).await?;
        for plan in plans() {
            plan.create(manager).await?;
        }
        // What was seen of one place is read with nothing but this.
        let mut index = Index::create();
        index.name("signal_of_place").table(Alias::new("signal"));
        for column in ["county", "place_id", "kind", "at", "open"] {
            index.col(Alias::new(column));
        }
        manager.create_index(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name("signal_of_place").table(Alias::new("signal")).to_owned())
            .await?;
        for plan in plans().iter().rev() {
            manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
        }
        let table =
            Table::alter().table(Alias::new("place")).drop_column(Alias::new("device_hash")).to_owned();
        manager.alter_table(table).await
    }
}
