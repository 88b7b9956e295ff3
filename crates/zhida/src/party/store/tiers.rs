//! Tiers and their history.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use zhida_types::Day;

use super::super::entity::{party, tier};
use super::super::tier::Change;
use crate::db::rows_per_statement;
use crate::ids::{CountyId, PartyId, TierId};
use crate::journal::Write;

/// A verdict of the tier rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierSpan {
    /// The tier.
    pub tier: String,
    /// The first day.
    pub from: Day,
    /// The first day no longer.
    pub until: Option<Day>,
    /// The conditions that decided, as JSON.
    pub reason: String,
}

/// Sets tiers and writes their history: the verdict in force ends on the day of the new one.
pub(in crate::party) async fn set_tiers(
    write: &Write,
    version: &str,
    day: Day,
    changes: &[Change],
) -> Result<(), DbErr> {
    let county = write.county();
    let mut by_tier: BTreeMap<&str, Vec<PartyId>> = BTreeMap::new();
    for change in changes {
        by_tier.entry(&change.tier).or_default().push(change.party);
    }
    for (code, ids) in by_tier {
        for chunk in ids.chunks(5_000) {
            party::Entity::update_many()
                .col_expr(party::Column::Tier, Expr::value(code))
                .col_expr(party::Column::Rev, Expr::value(write.rev()))
                .filter(party::Column::County.eq(county.clone()))
                .filter(party::Column::Id.is_in(chunk.iter().copied()))
                .exec(write.tx())
                .await?;
            tier::Entity::update_many()
                .col_expr(tier::Column::UntilDay, Expr::value(day.0))
                .filter(tier::Column::County.eq(county.clone()))
                .filter(tier::Column::PartyId.is_in(chunk.iter().copied()))
                .filter(tier::Column::UntilDay.is_null())
                .exec(write.tx())
                .await?;
        }
    }
    let row = |change: &Change| tier::ActiveModel {
        county: Set(county.clone()),
        id: Set(TierId::new()),
        party_id: Set(change.party),
        tier: Set(change.tier.clone()),
        version: Set(version.to_owned()),
        from_day: Set(day.0),
        until_day: Set(None),
        reason: Set(change.reason.clone()),
    };
    for chunk in changes.chunks(rows_per_statement(8)) {
        tier::Entity::insert_many(chunk.iter().map(row)).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// A person's tiers over time, newest first.
///
/// # Errors
/// The database's.
pub async fn tier_history(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: PartyId,
) -> Result<Vec<TierSpan>, DbErr> {
    let rows = tier::Entity::find()
        .filter(tier::Column::County.eq(county.clone()))
        .filter(tier::Column::PartyId.eq(id))
        .order_by_desc(tier::Column::Id)
        .limit(50)
        .all(db)
        .await?;
    let span = |m: tier::Model| TierSpan {
        tier: m.tier,
        from: Day(m.from_day),
        until: m.until_day.map(Day),
        reason: m.reason,
    };
    Ok(rows.into_iter().map(span).collect())
}
