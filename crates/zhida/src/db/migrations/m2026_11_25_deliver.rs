//! Deliver, check, show: places, checks and findings, commitments, meetings, the ledger, indicators, published figures.

#![expect(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::SchemaManager;
use sea_orm_migration::prelude::{Alias, ColumnDef, DbErr, MigrationName, Table};
use sea_orm_migration::{MigrationTrait, async_trait};

use super::table::{Col, ID, Plan, T, col, opt, owned};

/// See the module.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m2026_11_25_deliver"
    }
}

fn plans() -> Vec<Plan> {
    [around(), checks(), commitments(), meetings(), ledger(), show()].into_iter().flatten().collect()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            ColumnDef::new(Alias::new("dissolved_on")).date().to_owned(),
            ColumnDef::new(Alias::new("successor_id")).uuid().to_owned(),
        ] {
            let mut column = column;
            let table = Table::alter().table(Alias::new("unit")).add_column(&mut column).to_owned();
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
        for column in ["dissolved_on", "successor_id"] {
            let table = Table::alter().table(Alias::new("unit")).drop_column(Alias::new(column)).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

fn around() -> Vec<Plan> {
    vec![
        Plan {
            name: "place",
            key: ID,
            columns: owned(vec![
                col("kind", T::Text),
                col("name", T::Text),
                col("address", T::Text),
                opt("town", T::Text),
                opt("lon", T::Double),
                opt("lat", T::Double),
                opt("unit_id", T::Id),
                col("origin", T::Text),
                col("state", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
                col("updated_at", T::Instant),
            ]),
            belongs: &[("unit_id", "unit")],
            unique: &[],
            index: &[&["county", "kind", "state", "name"]],
        },
        Plan {
            name: "photo",
            key: ID,
            columns: owned(vec![
                col("hash", T::Text),
                col("kind", T::Text),
                col("bytes", T::Int),
                col("width", T::Int),
                col("height", T::Int),
                col("account", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[&["county", "hash"]],
            index: &[],
        },
        Plan {
            name: "note",
            key: ID,
            columns: owned(vec![
                col("path", T::Text),
                col("words", T::Text),
                col("account", T::Text),
                col("account_name", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[&["county", "path", "id"]],
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn checks() -> Vec<Plan> {
    let about = || -> Vec<Col> {
        vec![
            col("about_kind", T::Text),
            col("about_id", T::Text),
            col("about_name", T::Text),
            opt("town", T::Text),
            opt("lon", T::Double),
            opt("lat", T::Double),
        ]
    };
    vec![
        Plan {
            name: "checklist",
            key: ID,
            columns: owned(vec![
                col("pack", T::Text),
                col("code", T::Text),
                col("version", T::Text),
                col("digest", T::Text),
                col("body", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[&["county", "digest"]],
            index: &[],
        },
        Plan {
            name: "review",
            key: ID,
            columns: owned(
                [
                    vec![
                        col("checklist_id", T::Id),
                        col("pack", T::Text),
                        col("code", T::Text),
                        col("draw", T::Text),
                        col("due", T::Day),
                        col("wanted", T::Int),
                        col("state", T::Text),
                        opt("score", T::Int),
                        opt("passed", T::Bool),
                        opt("closed_at", T::Instant),
                        opt("valid_until", T::Day),
                        col("account", T::Text),
                        col("created_at", T::Instant),
                    ],
                    about(),
                ]
                .concat(),
            ),
            belongs: &[("checklist_id", "checklist")],
            unique: &[],
            index: &[&["county", "state", "due", "id"], &["county", "about_kind", "about_id", "code", "id"]],
        },
        Plan {
            name: "check",
            key: ID,
            columns: owned(vec![
                col("review_id", T::Id),
                col("account_id", T::Id),
                col("name", T::Text),
                col("state", T::Text),
                col("answers", T::Text),
                opt("score", T::Int),
                opt("passed", T::Bool),
                opt("lon", T::Double),
                opt("lat", T::Double),
                opt("filled_at", T::Instant),
                opt("received_at", T::Instant),
                col("skew_seconds", T::Int),
                col("cause", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("review_id", "review"), ("account_id", "account")],
            unique: &[&["county", "review_id", "account_id"]],
            index: &[&["county", "account_id", "state", "id"]],
        },
        Plan {
            name: "finding",
            key: ID,
            columns: owned(
                [
                    vec![
                        opt("review_id", T::Id),
                        col("pack", T::Text),
                        col("rule", T::Text),
                        col("words", T::Text),
                        col("severity", T::Int),
                        opt("unit_id", T::Id),
                        opt("owner_id", T::Id),
                        col("owner_name", T::Text),
                        col("due", T::Day),
                        col("state", T::Text),
                        col("escalate_days", T::Int),
                        opt("next_level", T::Day),
                        col("level", T::Int),
                        opt("level_unit_id", T::Id),
                        col("nth", T::Int),
                        opt("fixed_by", T::Id),
                        opt("closed_at", T::Instant),
                        col("version", T::Int),
                        col("created_at", T::Instant),
                        col("updated_at", T::Instant),
                    ],
                    about(),
                ]
                .concat(),
            ),
            belongs: &[
                ("review_id", "review"),
                ("unit_id", "unit"),
                ("owner_id", "account"),
                ("level_unit_id", "unit"),
            ],
            unique: &[],
            index: &[
                &["county", "state", "due", "id"],
                &["county", "state", "severity", "due", "id"],
                &["county", "owner_id", "state", "due", "id"],
                &["county", "unit_id", "state", "due", "id"],
                &["county", "state", "level", "due"],
                &["county", "about_kind", "about_id", "rule", "id"],
                &["county", "state", "next_level"],
                // The board is read along this alone.
                &["county", "state", "town", "severity", "due", "owner_name"],
            ],
        },
        Plan {
            name: "finding_step",
            key: ID,
            columns: owned(vec![
                col("finding_id", T::Id),
                col("act", T::Text),
                col("words", T::Text),
                col("photos", T::Text),
                col("actor", T::Text),
                col("actor_name", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("finding_id", "finding")],
            unique: &[],
            index: &[],
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of columns")]
fn commitments() -> Vec<Plan> {
    vec![
        Plan {
            name: "commitment",
            key: ID,
            columns: owned(vec![
                col("pack", T::Text),
                col("list", T::Text),
                col("code", T::Text),
                col("no", T::Text),
                col("title", T::Text),
                col("source", T::Text),
                col("counting", T::Text),
                col("evidence", T::Text),
                opt("parent_county", T::Text),
                opt("parent_id", T::Id),
                opt("rolled_from", T::Id),
                col("region", T::Text),
                opt("unit_id", T::Id),
                opt("person_id", T::Id),
                col("person_name", T::Text),
                col("comparator", T::Text),
                col("force", T::Text),
                col("value", T::Int),
                col("unit", T::Text),
                opt("value2", T::Int),
                col("unit2", T::Text),
                col("from_day", T::Day),
                col("until_day", T::Day),
                col("indicator", T::Text),
                col("curve", T::Text),
                col("state", T::Text),
                col("actual", T::Int),
                col("actual2", T::Int),
                opt("actual_on", T::Day),
                col("planned", T::Int),
                col("light", T::Text),
                col("soft", T::Bool),
                opt("told_at", T::Instant),
                col("told_by", T::Text),
                col("explanation", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
                col("updated_at", T::Instant),
            ]),
            belongs: &[("unit_id", "unit"), ("person_id", "account")],
            unique: &[],
            index: &[
                &["county", "parent_id", "no", "id"],
                &["county", "state", "light", "until_day", "id"],
                &["county", "state", "until_day", "id"],
                &["county", "list", "no", "id"],
                &["county", "state", "indicator"],
                &["county", "state", "region", "light"],
                // Whoever looks at all counties of a province reads in the order of the list until a page is full.
                &["state", "light", "until_day", "id"],
                &["state", "until_day", "id"],
                // Whoever looks down the tree asks for the children of a node in all counties at once.
                &["parent_id", "county"],
            ],
        },
        Plan {
            name: "duty",
            key: ID,
            columns: owned(vec![
                col("commitment_id", T::Id),
                col("relation", T::Text),
                opt("unit_id", T::Id),
                col("name", T::Text),
            ]),
            belongs: &[("commitment_id", "commitment"), ("unit_id", "unit")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "milestone",
            key: ID,
            columns: owned(vec![
                col("commitment_id", T::Id),
                col("title", T::Text),
                col("due", T::Day),
                opt("done_on", T::Day),
            ]),
            belongs: &[("commitment_id", "commitment")],
            unique: &[],
            index: &[&["county", "due"]],
        },
        Plan {
            name: "reading",
            key: &["county", "commitment_id", "day"],
            columns: vec![
                col("county", T::Text),
                col("commitment_id", T::Id),
                col("day", T::Day),
                col("value", T::Int),
                col("value2", T::Int),
            ],
            belongs: &[("commitment_id", "commitment")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "progress",
            key: ID,
            columns: owned(vec![
                col("commitment_id", T::Id),
                col("day", T::Day),
                col("value", T::Int),
                opt("value2", T::Int),
                col("words", T::Text),
                col("photos", T::Text),
                col("state", T::Text),
                col("account", T::Text),
                col("account_name", T::Text),
                col("checked_by", T::Text),
                opt("checked_at", T::Instant),
                col("cause", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("commitment_id", "commitment")],
            unique: &[],
            index: &[&["county", "state", "id"]],
        },
        Plan {
            name: "revision",
            key: ID,
            columns: owned(vec![
                col("commitment_id", T::Id),
                col("field", T::Text),
                col("before", T::Text),
                col("after", T::Text),
                col("cause", T::Text),
                col("actor_name", T::Text),
                col("at", T::Instant),
            ]),
            belongs: &[("commitment_id", "commitment")],
            unique: &[],
            index: &[],
        },
    ]
}

fn meetings() -> Vec<Plan> {
    vec![
        Plan {
            name: "meeting",
            key: ID,
            columns: owned(vec![
                col("title", T::Text),
                col("starts_at", T::Instant),
                col("room", T::Text),
                opt("unit_id", T::Id),
                opt("previous_id", T::Id),
                col("state", T::Text),
                col("minutes", T::Text),
                col("lessons", T::Text),
                col("version", T::Int),
                col("created_at", T::Instant),
            ]),
            belongs: &[("unit_id", "unit"), ("previous_id", "meeting")],
            unique: &[],
            index: &[&["county", "starts_at"]],
        },
        Plan {
            name: "participant",
            key: ID,
            columns: owned(vec![
                col("meeting_id", T::Id),
                col("name", T::Text),
                col("unit_name", T::Text),
                col("came", T::Bool),
            ]),
            belongs: &[("meeting_id", "meeting")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "agenda",
            key: ID,
            columns: owned(vec![
                col("meeting_id", T::Id),
                col("position", T::Int),
                col("kind", T::Text),
                col("ref_id", T::Text),
                col("words", T::Text),
                col("asked_by", T::Text),
            ]),
            belongs: &[("meeting_id", "meeting")],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "decision",
            key: ID,
            columns: owned(vec![
                col("meeting_id", T::Id),
                opt("agenda_id", T::Id),
                col("words", T::Text),
                col("becomes", T::Text),
                col("ref_id", T::Text),
                col("who", T::Text),
                col("due", T::Day),
                col("created_at", T::Instant),
            ]),
            belongs: &[("meeting_id", "meeting"), ("agenda_id", "agenda")],
            unique: &[],
            index: &[],
        },
    ]
}

fn ledger() -> Vec<Plan> {
    vec![
        Plan {
            name: "holder",
            key: ID,
            columns: owned(vec![
                col("kind", T::Text),
                col("name", T::Text),
                col("ref_id", T::Text),
                opt("town", T::Text),
                col("closed", T::Bool),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[&["county", "kind", "ref_id"]],
            index: &[],
        },
        Plan {
            name: "entry",
            key: ID,
            columns: owned(vec![
                col("day", T::Day),
                col("act", T::Text),
                col("words", T::Text),
                opt("party_id", T::Id),
                col("party_name", T::Text),
                col("receipt", T::Text),
                opt("reverses_id", T::Id),
                col("account", T::Text),
                col("account_name", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[("party_id", "party"), ("reverses_id", "entry")],
            unique: &[&["county", "reverses_id"]],
            index: &[&["county", "day", "id"]],
        },
        Plan {
            name: "posting",
            key: &["county", "entry_id", "line"],
            columns: vec![
                col("county", T::Text),
                col("entry_id", T::Id),
                col("line", T::Int),
                col("holder_id", T::Id),
                col("item", T::Text),
                col("batch", T::Text),
                col("amount", T::Int),
            ],
            belongs: &[("entry_id", "entry")],
            unique: &[],
            index: &[&["county", "holder_id", "item", "batch", "entry_id"]],
        },
        Plan {
            name: "balance",
            key: &["county", "holder_id", "item", "batch"],
            columns: vec![
                col("county", T::Text),
                col("holder_id", T::Id),
                col("item", T::Text),
                col("batch", T::Text),
                col("amount", T::Int),
            ],
            belongs: &[],
            unique: &[],
            index: &[],
        },
    ]
}

fn show() -> Vec<Plan> {
    vec![
        Plan {
            name: "measure",
            key: &["county", "indicator", "dimension", "member"],
            columns: vec![
                col("county", T::Text),
                col("indicator", T::Text),
                col("dimension", T::Text),
                col("member", T::Text),
                col("value", T::Int),
                col("at", T::Instant),
                col("seq", T::Int),
            ],
            belongs: &[],
            unique: &[],
            index: &[],
        },
        Plan {
            name: "published",
            key: ID,
            columns: owned(vec![
                col("report", T::Text),
                col("region", T::Text),
                col("period", T::Text),
                col("digest", T::Text),
                col("body", T::Text),
                col("account_name", T::Text),
                col("created_at", T::Instant),
            ]),
            belongs: &[],
            unique: &[],
            index: &[&["county", "report", "period", "id"]],
        },
    ]
}
