//! Layout plans of networks: where people work, and plans with what went in and what came out.

#![expect(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::SchemaManager;
use sea_orm_migration::prelude::{Alias, DbErr, MigrationName, Table};
use sea_orm_migration::{MigrationTrait, async_trait};

use super::table::{ID, Plan, T, col, opt, owned};

/// See the module.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m2026_11_27_layout"
    }
}

fn plans() -> Vec<Plan> {
    vec![
        Plan {
            name: "demand",
            key: ID,
            columns: owned(vec![
                col("kind", T::Text),
                col("file_name", T::Text),
                col("origin", T::Text),
                col("cells", T::Int),
                col("body", T::Text),
                col("account", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "layout",
            key: ID,
            columns: owned(vec![
                col("kind", T::Text),
                col("name", T::Text),
                col("state", T::Text),
                col("origin", T::Text),
                col("files", T::Text),
                col("answer", T::Text),
                col("summary", T::Text),
                opt("from_id", T::Id),
                opt("commitment_id", T::Id),
                col("account", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
                col("updated_at", T::Instant),
            ]),
            belongs: &[("from_id", "layout"), ("commitment_id", "commitment")],
            unique: &[],
            index: &[],
        },
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for plan in plans() {
            plan.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for plan in plans().iter().rev() {
            manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
        }
        Ok(())
    }
}
