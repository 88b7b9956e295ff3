//! Contracts, certificates, and what the three gates need beside: bars of providers, their record, where somebody stood, what extracts say.

#![expect(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::SchemaManager;
use sea_orm_migration::prelude::{Alias, ColumnDef, DbErr, MigrationName};
use sea_orm_migration::{MigrationTrait, async_trait};

use super::table::{ID, Plan, T, col, expand, opt, owned, withdraw};

/// See the module.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m2026_11_30_gates"
    }
}

fn added() -> Vec<(&'static str, ColumnDef)> {
    let new = |name: &str| ColumnDef::new(Alias::new(name));
    vec![
        ("provider", new("barred_until").date().to_owned()),
        ("provider", new("record_started").big_integer().not_null().default(0).to_owned()),
        ("provider", new("record_placed").big_integer().not_null().default(0).to_owned()),
        ("provider", new("record_day").date().to_owned()),
        ("bid", new("record").big_integer().to_owned()),
        ("class", new("contract_id").uuid().to_owned()),
        ("class", new("lon").double().to_owned()),
        ("class", new("lat").double().to_owned()),
        ("attendance", new("metres").big_integer().to_owned()),
        ("insured", new("kind").text().not_null().default("work").to_owned()),
        ("subsidy", new("entry_id").uuid().to_owned()),
        ("subsidy", new("payee_sealed").binary().to_owned()),
    ]
}

fn plans() -> Vec<Plan> {
    vec![
        Plan {
            name: "contract",
            key: ID,
            columns: owned(vec![
                col("bid_id", T::Id),
                col("tender_id", T::Id),
                col("provider_id", T::Id),
                col("number", T::Text),
                col("price", T::Int),
                col("seats", T::Int),
                col("parts", T::Text),
                col("signed_on", T::Day),
                col("ends_on", T::Day),
                col("photo", T::Text),
                opt("payee_sealed", T::Bytes),
                col("payee_mask", T::Text),
                col("state", T::Text),
                col("words", T::Text),
                col("account", T::Text),
                col("account_name", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("bid_id", "bid"), ("tender_id", "tender"), ("provider_id", "provider")],
            unique: &[&["county", "number"], &["county", "bid_id"]],
            index: &[],
        },
        Plan {
            name: "certificate",
            key: ID,
            columns: owned(vec![
                col("class_id", T::Id),
                col("case_id", T::Id),
                col("party_id", T::Id),
                col("number", T::Text),
                col("course", T::Text),
                col("share", T::Int),
                col("issued_on", T::Day),
                col("state", T::Text),
                col("words", T::Text),
                col("account", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("case_id", "case"), ("party_id", "party"), ("class_id", "offer")],
            unique: &[&["county", "number"], &["county", "case_id"]],
            index: &[],
        },
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        expand(manager, added(), &plans()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        withdraw(manager, added(), &plans()).await
    }
}
