//! What is given by right: amounts of cases, batches of payments; tours and whom they met; what the public reports; letters.

#![expect(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::SchemaManager;
use sea_orm_migration::prelude::{Alias, ColumnDef, DbErr, MigrationName, Table};
use sea_orm_migration::{MigrationTrait, async_trait};

use super::table::{ID, Plan, T, col, opt, owned};

/// See the module.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m2026_11_25_serve"
    }
}

/// Columns that tables get which are there already.
fn added() -> Vec<(&'static str, ColumnDef)> {
    let new = |name: &str| ColumnDef::new(Alias::new(name));
    vec![
        ("case", new("amount").big_integer().to_owned()),
        ("case", new("facts_sealed").binary().to_owned()),
        ("finding", new("plan").text().not_null().default("{}").to_owned()),
    ]
}

fn plans() -> Vec<Plan> {
    [paying(), touring(), reporting()].into_iter().flatten().collect()
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
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for plan in plans().iter().rev() {
            manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
        }
        for (table, column) in added().iter().rev() {
            let name = Alias::new(column.get_column_name());
            let table = Table::alter().table(Alias::new(*table)).drop_column(name).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

fn paying() -> Vec<Plan> {
    vec![
        Plan {
            name: "batch",
            key: ID,
            columns: owned(vec![
                col("title", T::Text),
                col("programme", T::Text),
                col("fund", T::Text),
                col("supplier", T::Text),
                col("state", T::Text),
                col("total", T::Int),
                col("payments", T::Int),
                col("account", T::Text),
                col("account_name", T::Text),
                col("checked_by", T::Text),
                opt("checked_at", T::Instant),
                opt("sent_at", T::Instant),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[&["county", "state", "id"]],
        },
        Plan {
            name: "payment",
            key: ID,
            columns: owned(vec![
                col("batch_id", T::Id),
                col("case_id", T::Id),
                col("party_id", T::Id),
                col("number", T::Int),
                col("amount", T::Int),
                col("payee_sealed", T::Bytes),
                col("payee_mask", T::Text),
                col("state", T::Text),
                col("fault", T::Text),
                opt("paid_on", T::Day),
                opt("entry_id", T::Id),
                col("created_at", T::Instant),
            ]),
            belongs: &[
                ("batch_id", "batch"),
                ("case_id", "case"),
                ("party_id", "party"),
                ("entry_id", "entry"),
            ],
            unique: &[&["county", "batch_id", "number"]],
            index: &[&["county", "case_id", "state"]],
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn touring() -> Vec<Plan> {
    vec![
        Plan {
            name: "tour",
            key: ID,
            columns: owned(vec![
                col("pack", T::Text),
                col("kind", T::Text),
                col("title", T::Text),
                opt("town", T::Text),
                col("day", T::Day),
                col("starts", T::Text),
                col("ends", T::Text),
                col("unit_id", T::Id),
                col("lead_id", T::Id),
                col("lead_name", T::Text),
                col("crew", T::Int),
                col("crew_names", T::Text),
                col("vehicles", T::Int),
                col("plates", T::Text),
                col("state", T::Text),
                col("cause", T::Text),
                opt("metres", T::Int),
                opt("out_at", T::Instant),
                opt("back_at", T::Instant),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("unit_id", "unit"), ("lead_id", "account")],
            unique: &[],
            index: &[&["county", "day", "id"], &["county", "state", "day", "id"]],
        },
        Plan {
            name: "tour_stop",
            key: ID,
            columns: owned(vec![
                col("tour_id", T::Id),
                col("position", T::Int),
                opt("place_id", T::Id),
                col("name", T::Text),
                opt("lon", T::Double),
                opt("lat", T::Double),
                col("arrive", T::Text),
                opt("done_at", T::Instant),
                col("words", T::Text),
            ]),
            belongs: &[("tour_id", "tour"), ("place_id", "place")],
            unique: &[],
            index: &[&["county", "place_id", "done_at"]],
        },
        Plan {
            name: "encounter",
            key: ID,
            columns: owned(vec![
                col("tour_id", T::Id),
                col("day", T::Day),
                col("at", T::Instant),
                col("name", T::Text),
                opt("party_id", T::Id),
                col("outcome", T::Text),
                col("persons", T::Int),
                col("helped", T::Bool),
                col("words", T::Text),
                opt("town", T::Text),
                opt("lon", T::Double),
                opt("lat", T::Double),
                opt("entry_id", T::Id),
                col("account", T::Text),
                col("account_name", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("tour_id", "tour"), ("party_id", "party"), ("entry_id", "entry")],
            unique: &[],
            index: &[&["county", "day", "id"]],
        },
        Plan {
            name: "warning",
            key: ID,
            columns: owned(vec![
                col("code", T::Text),
                col("from_day", T::Day),
                col("until_day", T::Day),
                col("words", T::Text),
                col("account_name", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[&["county", "until_day", "id"]],
        },
    ]
}

fn reporting() -> Vec<Plan> {
    vec![
        Plan {
            name: "tip",
            key: ID,
            columns: owned(vec![
                col("pack", T::Text),
                col("kind", T::Text),
                opt("place_id", T::Id),
                col("about", T::Text),
                opt("town", T::Text),
                opt("lon", T::Double),
                opt("lat", T::Double),
                col("words", T::Text),
                col("photos", T::Text),
                col("contact_sealed", T::Bytes),
                col("token_hash", T::Text),
                col("state", T::Text),
                col("answer", T::Text),
                opt("finding_id", T::Id),
                col("answered_by", T::Text),
                opt("answered_at", T::Instant),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("place_id", "place"), ("finding_id", "finding")],
            unique: &[&["county", "token_hash"]],
            index: &[&["county", "state", "id"]],
        },
        Plan {
            name: "letter",
            key: ID,
            columns: owned(vec![
                col("pack", T::Text),
                col("code", T::Text),
                col("no", T::Text),
                opt("finding_id", T::Id),
                col("to_name", T::Text),
                col("words", T::Text),
                col("due", T::Day),
                col("state", T::Text),
                col("answer", T::Text),
                col("account_name", T::Text),
                opt("answered_at", T::Instant),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("finding_id", "finding")],
            unique: &[],
            index: &[&["county", "state", "due", "id"]],
        },
    ]
}
