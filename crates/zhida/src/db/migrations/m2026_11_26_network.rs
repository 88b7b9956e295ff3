//! Networks of places: what a place offers, when it is open, who keeps it; what was seen of it, and what people say.

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
        "m2026_11_26_network"
    }
}

/// Columns that tables get which are there already.
fn added() -> Vec<(&'static str, ColumnDef)> {
    let new = |name: &str| ColumnDef::new(Alias::new(name));
    let text = |name: &str| ("place", new(name).text().not_null().default("").to_owned());
    let list = |name: &str| ("place", new(name).text().not_null().default("[]").to_owned());
    let mut all = vec![
        ("place", new("code").text().to_owned()),
        text("tier"),
        text("class"),
        text("builder"),
        text("partner"),
        text("entry"),
        list("services"),
        text("hours"),
        list("maps"),
        text("keeper"),
        text("deputy"),
        text("phone"),
        ("place", new("agreed_from").date().to_owned()),
        ("place", new("agreed_until").date().to_owned()),
        list("photos"),
        ("place", new("keeper_hash").text().to_owned()),
        ("place", new("seen_open").boolean().to_owned()),
        text("seen_by"),
        ("place", new("seen_at").timestamp_with_time_zone().to_owned()),
        ("place", new("import_id").uuid().to_owned()),
    ];
    all.push(("import", new("datum").text().not_null().default("wgs84").to_owned()));
    all
}

/// Unique indexes of tables which are there already.
const UNIQUE: [(&str, &str, &[&str]); 1] = [("place", "place_code", &["county", "code"])];

fn plans() -> Vec<Plan> {
    vec![
        Plan {
            name: "place_before",
            key: ID,
            columns: owned(vec![
                col("place_id", T::Id),
                col("import_id", T::Id),
                col("version", T::Int),
                col("body", T::Text),
            ]),
            belongs: &[("place_id", "place"), ("import_id", "import")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "signal",
            key: ID,
            columns: owned(vec![
                col("place_id", T::Id),
                col("kind", T::Text),
                opt("open", T::Bool),
                col("device", T::Text),
                col("words", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("place_id", "place")],
            unique: &[],
            index: &[&["county", "place_id", "device", "at"], &["county", "kind", "at"]],
        },
        Plan {
            name: "rating",
            key: ID,
            columns: owned(vec![
                col("place_id", T::Id),
                col("stars", T::Int),
                col("praise", T::Text),
                col("words", T::Text),
                col("device", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("place_id", "place")],
            unique: &[],
            index: &[&["county", "place_id", "device", "at"]],
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
        for (table, name, columns) in UNIQUE {
            let mut index = Index::create();
            index.name(name).table(Alias::new(table)).unique();
            for column in columns {
                index.col(Alias::new(*column));
            }
            manager.create_index(index).await?;
        }
        for plan in plans() {
            plan.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for plan in plans().iter().rev() {
            manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
        }
        for (table, name, _) in UNIQUE {
            manager.drop_index(Index::drop().name(name).table(Alias::new(table)).to_owned()).await?;
        }
        for (table, column) in added().iter().rev() {
            let name = Alias::new(column.get_column_name());
            let table = Table::alter().table(Alias::new(*table)).drop_column(name).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
