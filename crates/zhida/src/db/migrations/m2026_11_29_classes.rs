//! Providers and how they are chosen, classes and who came, work that was found.

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
        "m2026_11_29_classes"
    }
}

/// Providers, what they show, who teaches.
fn providers() -> Vec<Plan> {
    vec![
        Plan {
            name: "provider",
            key: ID,
            columns: owned(vec![
                col("code", T::Text),
                col("name", T::Text),
                col("contact", T::Text),
                col("phone", T::Text),
                col("words", T::Text),
                col("state", T::Text),
                col("origin", T::Text),
                col("account", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[&["county", "code"]],
            index: &[],
        },
        Plan {
            name: "paper",
            key: ID,
            columns: owned(vec![
                col("provider_id", T::Id),
                col("kind", T::Text),
                col("number", T::Text),
                opt("expires", T::Day),
                col("photo", T::Text),
                col("state", T::Text),
                col("account", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("provider_id", "provider")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "teacher",
            key: ID,
            columns: owned(vec![
                col("provider_id", T::Id),
                col("name", T::Text),
                col("certificate", T::Text),
                col("subject", T::Text),
                opt("expires", T::Day),
                col("state", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("provider_id", "provider")],
            unique: &[],
            index: &[&["county", "certificate", "id"]],
        },
    ]
}

/// Calls, bids, objections.
fn calls() -> Vec<Plan> {
    vec![
        Plan {
            name: "tender",
            key: ID,
            columns: owned(vec![
                col("pack", T::Text),
                col("title", T::Text),
                col("programme", T::Text),
                col("need", T::Text),
                col("seats", T::Int),
                col("budget", T::Int),
                col("cap", T::Int),
                col("closes", T::Day),
                col("state", T::Text),
                col("seed", T::Text),
                col("pool", T::Text),
                opt("publicity_until", T::Day),
                col("reasons", T::Text),
                col("decided_by", T::Text),
                opt("decided_at", T::Instant),
                col("origin", T::Text),
                col("account", T::Text),
                col("account_name", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[&["county", "state", "id"]],
        },
        Plan {
            name: "bid",
            key: ID,
            columns: owned(vec![
                col("tender_id", T::Id),
                col("provider_id", T::Id),
                col("price", T::Int),
                col("words", T::Text),
                col("state", T::Text),
                col("blocked", T::Text),
                opt("review_id", T::Id),
                opt("score", T::Int),
                opt("points", T::Int),
                col("account", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("tender_id", "tender"), ("provider_id", "provider")],
            unique: &[&["county", "tender_id", "provider_id"]],
            index: &[],
        },
        Plan {
            name: "objection",
            key: ID,
            columns: owned(vec![
                col("tender_id", T::Id),
                col("words", T::Text),
                col("device", T::Text),
                col("answer", T::Text),
                col("answered_by", T::Text),
                opt("answered_at", T::Instant),
                col("created_at", T::Instant),
            ]),
            belongs: &[("tender_id", "tender")],
            unique: &[],
            index: &[],
        },
    ]
}

/// Classes (the id of one is its offer's), lessons, who came.
fn classes() -> Vec<Plan> {
    vec![
        Plan {
            name: "class",
            key: ID,
            columns: owned(vec![
                col("provider_id", T::Id),
                opt("tender_id", T::Id),
                col("price", T::Int),
                col("room", T::Text),
                col("state", T::Text),
                col("stop", T::Text),
                col("stopped_by", T::Text),
                col("stopped_role", T::Text),
                col("token_hash", T::Text),
                col("secret", T::Text),
                col("account", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("id", "offer"), ("provider_id", "provider"), ("tender_id", "tender")],
            unique: &[&["county", "token_hash"]],
            index: &[],
        },
        Plan {
            name: "lesson",
            key: ID,
            columns: owned(vec![
                col("class_id", T::Id),
                col("number", T::Int),
                col("starts_at", T::Instant),
                col("ends_at", T::Instant),
                col("room", T::Text),
                opt("teacher_id", T::Id),
                col("teacher", T::Text),
                col("certificate", T::Text),
                col("topic", T::Text),
                col("state", T::Text),
                opt("observer_id", T::Id),
                col("observer", T::Text),
                opt("observed_at", T::Instant),
                opt("observed", T::Int),
                col("observed_words", T::Text),
                col("photos", T::Text),
                col("version", T::Int),
            ]),
            belongs: &[("class_id", "class"), ("teacher_id", "teacher")],
            unique: &[],
            index: &[&["county", "starts_at", "id"]],
        },
        Plan {
            name: "attendance",
            key: ID,
            columns: owned(vec![
                col("lesson_id", T::Id),
                col("class_id", T::Id),
                col("case_id", T::Id),
                col("party_id", T::Id),
                col("how", T::Text),
                col("device", T::Text),
                col("account", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[
                ("lesson_id", "lesson"),
                ("class_id", "class"),
                ("case_id", "case"),
                ("party_id", "party"),
            ],
            unique: &[&["county", "lesson_id", "case_id"]],
            index: &[],
        },
    ]
}

/// What is owed to providers for each person.
fn money() -> Plan {
    Plan {
        name: "subsidy",
        key: ID,
        columns: owned(vec![
            col("class_id", T::Id),
            col("case_id", T::Id),
            col("party_id", T::Id),
            col("provider_id", T::Id),
            col("kind", T::Text),
            col("amount", T::Int),
            col("state", T::Text),
            col("words", T::Text),
            col("batch", T::Text),
            col("proposed_by", T::Text),
            col("checked_by", T::Text),
            opt("paid_at", T::Instant),
            col("created_at", T::Instant),
        ]),
        belongs: &[
            ("class_id", "class"),
            ("case_id", "case"),
            ("party_id", "party"),
            ("provider_id", "provider"),
        ],
        unique: &[&["county", "party_id", "class_id", "kind"]],
        index: &[&["county", "state", "id"]],
    }
}

/// Work that was found, and later looks at it.
fn outcomes() -> Vec<Plan> {
    vec![
        Plan {
            name: "outcome",
            key: ID,
            columns: owned(vec![
                col("case_id", T::Id),
                col("party_id", T::Id),
                col("programme", T::Text),
                col("state", T::Text),
                col("since", T::Day),
                col("employer", T::Text),
                col("claimed_by", T::Text),
                col("evidence", T::Text),
                col("number", T::Text),
                col("photo", T::Text),
                col("evidenced_by", T::Text),
                opt("evidenced_at", T::Instant),
                col("verified_by", T::Text),
                opt("verified_at", T::Instant),
                col("words", T::Text),
                opt("fits", T::Bool),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("case_id", "case"), ("party_id", "party")],
            unique: &[&["county", "case_id"]],
            index: &[&["county", "state", "id"]],
        },
        Plan {
            name: "follow_up",
            key: ID,
            columns: owned(vec![
                col("outcome_id", T::Id),
                col("months", T::Int),
                col("in_work", T::Bool),
                col("words", T::Text),
                col("account", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("outcome_id", "outcome")],
            unique: &[&["county", "outcome_id", "months"]],
            index: &[],
        },
        Plan {
            name: "insured",
            key: ID,
            columns: owned(vec![
                col("party_id", T::Id),
                col("employer", T::Text),
                col("from_day", T::Day),
                opt("to_day", T::Day),
                col("file", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("party_id", "party")],
            unique: &[&["county", "party_id", "employer", "from_day"]],
            index: &[],
        },
        Plan {
            name: "class_opinion",
            key: ID,
            columns: owned(vec![
                col("class_id", T::Id),
                col("stars", T::Int),
                col("course", T::Int),
                col("teacher", T::Int),
                col("useful", T::Int),
                col("words", T::Text),
                col("device", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("class_id", "class")],
            unique: &[&["county", "class_id", "device"]],
            index: &[],
        },
    ]
}

fn plans() -> impl DoubleEndedIterator<Item = Plan> {
    providers().into_iter().chain(calls()).chain(classes()).chain(outcomes()).chain([money()])
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let photo = || Table::alter().table(Alias::new("photo")).to_owned();
        let mut look = ColumnDef::new(Alias::new("look")).big_integer().to_owned();
        manager.alter_table(photo().add_column(&mut look).to_owned()).await?;
        for plan in plans() {
            plan.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for plan in plans().rev() {
            manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
        }
        let photo = Table::alter().table(Alias::new("photo")).drop_column(Alias::new("look")).to_owned();
        manager.alter_table(photo).await
    }
}
