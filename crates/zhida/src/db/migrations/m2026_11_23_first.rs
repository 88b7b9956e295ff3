//! The first loop: find, match, reach.

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
        "m2026_11_23_first"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for plan in around().into_iter().chain(people()).chain(matching()).chain(reaching()) {
            plan.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let plans: Vec<Plan> =
            around().into_iter().chain(people()).chain(matching()).chain(reaching()).collect();
        for plan in plans.iter().rev() {
            manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
        }
        Ok(())
    }
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn around() -> Vec<Plan> {
    vec![
        Plan {
            name: "session",
            key: &["id"],
            columns: vec![col("id", T::Text), col("data", T::Text), col("expires", T::Instant)],
            belongs: &[],
            unique: &[],
            index: &[&["expires"]],
        },
        Plan {
            name: "journal_head",
            key: &["county"],
            columns: vec![col("county", T::Text), col("seq", T::Int), col("hash", T::Text)],
            belongs: &[],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "journal",
            key: &["county", "seq"],
            columns: vec![
                col("county", T::Text),
                col("seq", T::Int),
                col("at", T::Text),
                col("actor", T::Text),
                col("actor_name", T::Text),
                col("act", T::Text),
                col("subject_kind", T::Text),
                col("subject_id", T::Text),
                col("detail", T::Text),
                col("prev", T::Text),
                col("hash", T::Text),
            ],
            belongs: &[],
            unique: &[],
            index: &[
                &["county", "subject_kind", "subject_id", "seq"],
                &["county", "act", "seq"],
                &["county", "actor", "seq"],
            ],
        },
        Plan {
            name: "unit",
            key: ID,
            columns: owned(vec![
                col("name", T::Text),
                col("region", T::Text),
                opt("parent_id", T::Id),
                col("created_at", T::Instant),
            ]),
            belongs: &[("parent_id", "unit")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "account",
            key: ID,
            columns: owned(vec![
                col("unit_id", T::Id),
                col("login", T::Text),
                col("name", T::Text),
                col("role", T::Text),
                col("region", T::Text),
                col("password_hash", T::Text),
                col("active", T::Bool),
                col("failures", T::Int),
                opt("locked_until", T::Instant),
                col("created_at", T::Instant),
            ]),
            belongs: &[("unit_id", "unit")],
            unique: &[&["county", "login"]],
            index: &[&["login"]],
        },
        Plan {
            name: "task",
            key: ID,
            columns: owned(vec![
                col("kind", T::Text),
                col("payload", T::Text),
                col("state", T::Text),
                col("done", T::Int),
                col("total", T::Int),
                col("note", T::Text),
                col("result", T::Text),
                col("actor", T::Text),
                col("actor_name", T::Text),
                col("cancel", T::Bool),
                col("attempts", T::Int),
                opt("locked_until", T::Instant),
                col("locked_by", T::Text),
                col("created_at", T::Instant),
                opt("finished_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[&["county", "state", "created_at"]],
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn people() -> Vec<Plan> {
    vec![
        Plan {
            name: "party",
            key: ID,
            columns: owned(vec![
                col("kind", T::Text),
                col("name", T::Text),
                opt("identity_hash", T::Text),
                opt("alike_hash", T::Text),
                opt("phone_hash", T::Text),
                col("identity_mask", T::Text),
                col("phone_mask", T::Text),
                opt("town", T::Text),
                col("profile_sealed", T::Bytes),
                opt("lon", T::Double),
                opt("lat", T::Double),
                opt("tier", T::Text),
                col("origin", T::Text),
                col("state", T::Text),
                opt("merged_into", T::Id),
                col("rev", T::Int),
                col("created_at", T::Instant),
                col("updated_at", T::Instant),
            ]),
            belongs: &[("merged_into", "party")],
            unique: &[&["county", "identity_hash", "kind"]],
            index: &[&["county", "rev"], &["county", "alike_hash"], &["county", "phone_hash"]],
        },
        Plan {
            name: "import",
            key: ID,
            columns: owned(vec![
                col("kind", T::Text),
                col("file_name", T::Text),
                col("file_hash", T::Text),
                col("unit_id", T::Id),
                col("account", T::Text),
                col("origin", T::Text),
                col("sheet", T::Text),
                col("header_row", T::Int),
                col("mapping", T::Text),
                col("state", T::Text),
                col("fault", T::Text),
                col("counts", T::Text),
                col("report_sealed", T::Bytes),
                col("created_at", T::Instant),
                opt("applied_at", T::Instant),
            ]),
            belongs: &[("unit_id", "unit")],
            unique: &[],
            index: &[&["county", "created_at"], &["county", "file_hash"]],
        },
        Plan {
            name: "column_map",
            key: &["county", "unit_id", "kind", "headers"],
            columns: vec![
                col("county", T::Text),
                col("unit_id", T::Id),
                col("kind", T::Text),
                col("headers", T::Text),
                col("mapping", T::Text),
            ],
            belongs: &[("unit_id", "unit")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "fact",
            key: ID,
            columns: owned(vec![
                col("party_id", T::Id),
                col("source", T::Text),
                col("purpose", T::Text),
                col("as_of", T::Day),
                opt("import_id", T::Id),
                opt("row_no", T::Int),
                col("values_sealed", T::Bytes),
                col("digest", T::Text),
                col("account", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("party_id", "party"), ("import_id", "import")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "tier",
            key: ID,
            columns: owned(vec![
                col("party_id", T::Id),
                col("tier", T::Text),
                col("version", T::Text),
                col("from_day", T::Day),
                opt("until_day", T::Day),
                col("reason", T::Text),
            ]),
            belongs: &[("party_id", "party")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "alias",
            key: &["county", "classification", "text"],
            columns: vec![
                col("county", T::Text),
                col("classification", T::Text),
                col("text", T::Text),
                col("code", T::Text),
                col("account", T::Text),
                col("rev", T::Int),
                col("created_at", T::Instant),
            ],
            belongs: &[],
            unique: &[],
            index: &[],
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn matching() -> Vec<Plan> {
    vec![
        Plan {
            name: "offer",
            key: ID,
            columns: owned(vec![
                col("programme", T::Text),
                col("title", T::Text),
                opt("provider_id", T::Id),
                col("provider", T::Text),
                col("seats", T::Int),
                opt("starts", T::Day),
                opt("ends", T::Day),
                opt("wage_from", T::Int),
                opt("wage_to", T::Int),
                col("shift", T::Text),
                opt("occupation", T::Text),
                col("skills", T::Text),
                col("tags", T::Text),
                opt("town", T::Text),
                opt("lon", T::Double),
                opt("lat", T::Double),
                col("place", T::Text),
                col("description", T::Text),
                col("rule", T::Text),
                col("origin", T::Text),
                col("state", T::Text),
                opt("import_id", T::Id),
                opt("row_no", T::Int),
                col("digest", T::Text),
                col("created_at", T::Instant),
                col("updated_at", T::Instant),
            ]),
            belongs: &[("provider_id", "party"), ("import_id", "import")],
            unique: &[],
            index: &[&["county", "programme", "state"]],
        },
        Plan {
            name: "run",
            key: ID,
            columns: owned(vec![
                col("programme", T::Text),
                col("pack_version", T::Text),
                col("day", T::Day),
                col("state", T::Text),
                col("counts", T::Text),
                col("reasons", T::Text),
                col("fairness", T::Text),
                col("objective", T::Int),
                col("bound", T::Int),
                col("prices", T::Text),
                col("account", T::Text),
                col("created_at", T::Instant),
                opt("approved_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[&["county", "programme", "created_at"]],
        },
        Plan {
            name: "proposal",
            key: ID,
            columns: owned(vec![
                col("run_id", T::Id),
                col("party_id", T::Id),
                col("offer_id", T::Id),
                col("score", T::Int),
                col("terms", T::Text),
                col("position", T::Int),
                col("chosen", T::Bool),
                col("by_hand", T::Bool),
                col("cause", T::Text),
            ]),
            belongs: &[("run_id", "run"), ("party_id", "party"), ("offer_id", "offer")],
            unique: &[&["county", "run_id", "party_id", "offer_id"]],
            index: &[
                &["county", "run_id", "chosen", "offer_id"],
                &["county", "run_id", "offer_id", "chosen", "score", "id"],
            ],
        },
        Plan {
            name: "case",
            key: ID,
            columns: owned(vec![
                col("programme", T::Text),
                col("party_id", T::Id),
                opt("offer_id", T::Id),
                opt("run_id", T::Id),
                col("stage", T::Text),
                opt("owner_id", T::Id),
                col("reason", T::Text),
                col("score", T::Int),
                opt("due", T::Day),
                col("words", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
                col("updated_at", T::Instant),
            ]),
            belongs: &[
                ("party_id", "party"),
                ("offer_id", "offer"),
                ("run_id", "run"),
                ("owner_id", "account"),
            ],
            unique: &[],
            index: &[&["county", "programme", "stage"], &["county", "due"]],
        },
        Plan {
            name: "step",
            key: ID,
            columns: owned(vec![
                col("case_id", T::Id),
                col("from_stage", T::Text),
                col("to_stage", T::Text),
                col("words", T::Text),
                col("actor", T::Text),
                col("actor_name", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("case_id", "case")],
            unique: &[],
            index: &[],
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn reaching() -> Vec<Plan> {
    vec![
        Plan {
            name: "message",
            key: ID,
            columns: owned(vec![
                col("case_id", T::Id),
                col("party_id", T::Id),
                col("channel", T::Text),
                col("lang", T::Text),
                col("body_sealed", T::Bytes),
                opt("phone_hash", T::Text),
                col("reply_code", T::Text),
                col("token_hash", T::Text),
                col("expires", T::Instant),
                col("state", T::Text),
                col("attempts", T::Int),
                col("next_at", T::Instant),
                opt("locked_until", T::Instant),
                opt("sent_at", T::Instant),
                opt("delivered_at", T::Instant),
                opt("read_at", T::Instant),
                opt("answered_at", T::Instant),
                col("fault", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("case_id", "case"), ("party_id", "party")],
            unique: &[&["county", "token_hash"]],
            index: &[
                &["county", "state", "next_at"],
                &["county", "state", "id"],
                &["county", "phone_hash", "id"],
            ],
        },
        Plan {
            name: "stop",
            key: &["county", "phone_hash"],
            columns: vec![
                col("county", T::Text),
                col("phone_hash", T::Text),
                col("source", T::Text),
                col("created_at", T::Instant),
            ],
            belongs: &[],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "campaign",
            key: ID,
            columns: owned(vec![
                col("title", T::Text),
                col("filter", T::Text),
                col("starts", T::Day),
                col("due", T::Day),
                col("account", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "visit",
            key: ID,
            columns: owned(vec![
                opt("campaign_id", T::Id),
                col("party_id", T::Id),
                opt("account_id", T::Id),
                col("visitor", T::Text),
                opt("due", T::Day),
                opt("visited_on", T::Day),
                col("words_sealed", T::Bytes),
                opt("case_id", T::Id),
                opt("import_id", T::Id),
                opt("row_no", T::Int),
                col("created_at", T::Instant),
                col("updated_at", T::Instant),
            ]),
            belongs: &[
                ("campaign_id", "campaign"),
                ("party_id", "party"),
                ("account_id", "account"),
                ("case_id", "case"),
                ("import_id", "import"),
            ],
            unique: &[],
            index: &[],
        },
    ]
}
