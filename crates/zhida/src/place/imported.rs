//! What a file changes of places, and what taking it back restores.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QuerySelect as _,
};
use zhida_types::Day;

use super::entity::{ActiveModel, Column, Entity, Model, before};
use super::store::{Listing, NewPlace, row};
use crate::ids::{BeforeId, ImportId, PlaceId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// What a file may change of a place, or be taken back of it. What was seen of it and its keeper's link stay.
const SAID: [Column; 23] = [
    Column::Kind,
    Column::Name,
    Column::Address,
    Column::Town,
    Column::Lon,
    Column::Lat,
    Column::State,
    Column::Version,
    Column::UpdatedAt,
    Column::Code,
    Column::Tier,
    Column::Class,
    Column::Builder,
    Column::Partner,
    Column::Entry,
    Column::Services,
    Column::Hours,
    Column::Maps,
    Column::Keeper,
    Column::Deputy,
    Column::Phone,
    Column::AgreedFrom,
    Column::AgreedUntil,
];

/// Writes places over those that are there, each one version on; those that somebody changed since stay. Answers how many.
async fn overwrite(write: &Write, rows: Vec<ActiveModel>) -> Result<u64, DbErr> {
    let same = Expr::col((Entity, Column::Version)).add(1).eq(Expr::col(("excluded", Column::Version)));
    let mut written = 0;
    for chunk in rows.chunks(crate::db::rows_per_statement(35)) {
        let over = OnConflict::columns([Column::County, Column::Id])
            .update_columns(SAID)
            .action_and_where(same.clone())
            .to_owned();
        written +=
            Entity::insert_many(chunk.to_vec()).on_conflict(over).exec_without_returning(write.tx()).await?;
    }
    Ok(written)
}

/// Changes places as a file says, and keeps what they were. Answers how many differ.
///
/// # Errors
/// [`Problem::Conflict`] where somebody else was quicker, or the database's.
pub async fn change_many(
    write: &mut Write,
    import: ImportId,
    changes: Vec<(Model, NewPlace)>,
) -> Result<usize, Problem> {
    let (mut rows, mut befores, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (known, new) in changes {
        if said(&known) == new {
            continue;
        }
        let version = known.version + 1;
        befores.push(before::ActiveModel {
            county: Set(known.county.clone()),
            id: Set(BeforeId::new()),
            place_id: Set(known.id),
            import_id: Set(import),
            version: Set(version),
            body: Set(serde_json::to_string(&known)?),
        });
        let detail =
            serde_json::json!({ "name": new.name, "kind": new.kind, "town": new.town, "state": new.state });
        notes.push((Subject::new("place", known.id), detail));
        let said = row(write, version, new);
        rows.push(over(known, said));
    }
    let n = rows.len();
    if overwrite(write, rows).await? != n as u64 {
        return Err(Problem::Conflict("fault-changed"));
    }
    for chunk in befores.chunks(crate::db::rows_per_statement(6)) {
        before::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    write.note_many("place-changed", notes.into_iter()).await?;
    Ok(n)
}

/// A row that writes over a place: what is said anew, and the rest as it was.
fn over(known: Model, said: ActiveModel) -> ActiveModel {
    ActiveModel {
        county: Set(known.county),
        id: Set(known.id),
        unit_id: Set(known.unit_id),
        origin: Set(known.origin),
        photos: Set(known.photos),
        keeper_hash: Set(known.keeper_hash),
        device_hash: Set(known.device_hash),
        seen_open: Set(known.seen_open),
        seen_by: Set(known.seen_by),
        seen_at: Set(known.seen_at),
        import_id: Set(known.import_id),
        created_at: Set(known.created_at),
        ..said
    }
}

/// What a place says, as a file would.
fn said(p: &Model) -> NewPlace {
    NewPlace {
        kind: p.kind.clone(),
        name: p.name.clone(),
        address: p.address.clone(),
        town: p.town.clone(),
        position: p.lon.zip(p.lat),
        state: p.state.clone(),
        origin: p.origin.clone(),
        import: p.import_id,
        listing: Some(Listing {
            code: p.code.clone(),
            tier: p.tier.clone(),
            class: p.class.clone(),
            builder: p.builder.clone(),
            partner: p.partner.clone(),
            entry: p.entry.clone(),
            services: p.services(),
            hours: p.hours.clone(),
            maps: p.maps(),
            keeper: p.keeper.clone(),
            deputy: p.deputy.clone(),
            phone: p.phone.clone(),
            agreed_from: p.agreed_from.map(Day),
            agreed_until: p.agreed_until.map(Day),
        }),
    }
}

/// The tables whose rows hang on places: whatever has some cannot be deleted.
pub const HANGING: [&str; 7] = ["tour_stop", "tip", "signal", "rating", "event", "upkeep", "equipment"];

/// The places of a county on which something hangs.
async fn hung_on(write: &Write) -> Result<BTreeSet<PlaceId>, DbErr> {
    let mut found = BTreeSet::new();
    for table in HANGING {
        let rows = Query::select()
            .distinct()
            .column("place_id")
            .from(table)
            .and_where(Expr::col("county").eq(write.county().0.as_str()))
            .and_where(Expr::col("place_id").is_not_null())
            .to_owned();
        for row in write.tx().query_all(&rows).await? {
            found.insert(row.try_get::<PlaceId>("", "place_id")?);
        }
    }
    Ok(found)
}

/// Takes back what a file brought: places that it alone brought go (closed where something hangs on them), places that it
/// changed and nobody since are as before. What reviews or findings name stays, too. Answers how many went and how many stayed.
///
/// # Errors
/// The database's.
pub async fn remove_import(
    write: &Write,
    import: ImportId,
    named: &BTreeSet<PlaceId>,
) -> Result<(usize, usize), Problem> {
    let of_import = before::Entity::find()
        .filter(before::Column::County.eq(write.county().clone()))
        .filter(before::Column::ImportId.eq(import))
        .all(write.tx())
        .await?;
    let mut rows = Vec::new();
    for before in of_import {
        let old: Model = serde_json::from_str(&before.body)?;
        let said = row(write, before.version + 1, said(&old));
        rows.push(over(old, said));
    }
    let restored = usize::try_from(overwrite(write, rows).await?).unwrap_or(usize::MAX);
    before::Entity::delete_many()
        .filter(before::Column::County.eq(write.county().clone()))
        .filter(before::Column::ImportId.eq(import))
        .exec(write.tx())
        .await?;
    let brought: Vec<PlaceId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::ImportId.eq(import))
        .into_tuple()
        .all(write.tx())
        .await?;
    let hung = hung_on(write).await?;
    let stays = |id: &PlaceId| named.contains(id) || hung.contains(id);
    let (stay, go): (Vec<PlaceId>, Vec<PlaceId>) = brought.into_iter().partition(stays);
    for chunk in go.chunks(5_000) {
        Entity::delete_many()
            .filter(Column::County.eq(write.county().clone()))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    for chunk in stay.chunks(5_000) {
        Entity::update_many()
            .col_expr(Column::State, Expr::value("closed"))
            .col_expr(Column::UpdatedAt, Expr::value(write.at()))
            .filter(Column::County.eq(write.county().clone()))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    Ok((go.len() + restored, stay.len()))
}
