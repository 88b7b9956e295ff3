//! Every query on offers.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use zhida_types::Day;

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::db::rows_per_statement;
use crate::ids::{CountyId, ImportId, OfferId, PartyId};
use crate::journal::Write;
use crate::problem::Problem;

/// An offer to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewOffer {
    /// The programme.
    pub programme: String,
    /// The title.
    pub title: String,
    /// The firm that provides it.
    pub provider_id: Option<PartyId>,
    /// The provider's name.
    pub provider: String,
    /// How many can have it.
    pub seats: i64,
    /// The first day.
    pub starts: Option<Day>,
    /// The last day.
    pub ends: Option<Day>,
    /// Fen a month.
    pub wage_from: Option<i64>,
    /// Fen a month.
    pub wage_to: Option<i64>,
    /// When in the day.
    pub shift: String,
    /// The occupation that it leads to.
    pub occupation: Option<String>,
    /// Skill codes.
    pub skills: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// The town.
    pub town: Option<String>,
    /// The position.
    pub position: Option<(f64, f64)>,
    /// The place in words.
    pub place: String,
    /// More words.
    pub description: String,
    /// What the offer itself asks for, in CEL.
    pub rule: String,
    /// official, open, derived or synthetic.
    pub origin: String,
    /// The import and row that brought it.
    pub import: Option<(ImportId, i64)>,
    /// What tells it from others: the same row imported twice makes one offer.
    pub digest: String,
}

fn row(write: &Write, id: OfferId, new: &NewOffer) -> ActiveModel {
    ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        programme: Set(new.programme.clone()),
        title: Set(new.title.clone()),
        provider_id: Set(new.provider_id),
        provider: Set(new.provider.clone()),
        seats: Set(new.seats),
        starts: Set(new.starts.map(|d| d.0)),
        ends: Set(new.ends.map(|d| d.0)),
        wage_from: Set(new.wage_from),
        wage_to: Set(new.wage_to),
        shift: Set(new.shift.clone()),
        occupation: Set(new.occupation.clone()),
        skills: Set(new.skills.join(";")),
        tags: Set(new.tags.join(";")),
        town: Set(new.town.clone()),
        lon: Set(new.position.map(|p| p.0)),
        lat: Set(new.position.map(|p| p.1)),
        place: Set(new.place.clone()),
        description: Set(new.description.clone()),
        rule: Set(new.rule.clone()),
        origin: Set(new.origin.clone()),
        state: Set("open".to_owned()),
        import_id: Set(new.import.map(|(id, _)| id)),
        row_no: Set(new.import.map(|(_, row)| row)),
        digest: Set(new.digest.clone()),
        created_at: Set(write.at()),
        updated_at: Set(write.at()),
    }
}

/// Makes offers; those that the county has already (by their digest) are passed over. Answers the ids of the new ones.
///
/// # Errors
/// The database's.
pub async fn create_many(write: &Write, new: &[NewOffer]) -> Result<Vec<OfferId>, DbErr> {
    let mut known: BTreeSet<String> = Entity::find()
        .select_only()
        .column(Column::Digest)
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Digest.ne(""))
        .into_tuple()
        .all(write.tx())
        .await?
        .into_iter()
        .collect();
    let fresh: Vec<&NewOffer> =
        new.iter().filter(|o| o.digest.is_empty() || known.insert(o.digest.clone())).collect();
    let mut ids = Vec::with_capacity(fresh.len());
    for chunk in fresh.chunks(rows_per_statement(28)) {
        let mut rows = Vec::with_capacity(chunk.len());
        for offer in chunk {
            let id = OfferId::new();
            ids.push(id);
            rows.push(row(write, id, offer));
        }
        Entity::insert_many(rows).exec_without_returning(write.tx()).await?;
    }
    Ok(ids)
}

/// Changes an offer.
pub(super) async fn change(write: &Write, id: OfferId, new: &NewOffer, open: bool) -> Result<(), Problem> {
    let found = Entity::find_by_id((write.county().clone(), id)).one(write.tx()).await?;
    let old = found.ok_or(Problem::NotFound)?;
    let (created_at, import_id, row_no, digest, origin, provider_id) =
        (old.created_at, old.import_id, old.row_no, old.digest.clone(), old.origin.clone(), old.provider_id);
    let mut changed = row(write, id, new);
    changed.created_at = Set(created_at);
    changed.import_id = Set(import_id);
    changed.row_no = Set(row_no);
    changed.digest = Set(digest);
    changed.origin = Set(origin);
    changed.provider_id = Set(provider_id);
    changed.state = Set(if open { "open" } else { "closed" }.to_owned());
    changed.update(write.tx()).await?;
    Ok(())
}

/// An offer.
///
/// # Errors
/// The database's.
pub async fn find(db: &impl ConnectionTrait, county: &CountyId, id: OfferId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Offers by id.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[OfferId],
) -> Result<BTreeMap<OfferId, Model>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let query = Entity::find()
            .filter(Column::County.eq(county.clone()))
            .filter(Column::Id.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?.into_iter().map(|o| (o.id, o)));
    }
    Ok(found)
}

/// A programme's offers that are open on a day, by start and id.
///
/// # Errors
/// The database's.
pub async fn of_programme(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
    day: Day,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::Programme.eq(programme))
        .filter(Column::State.eq("open"))
        .filter(Column::Ends.is_null().or(Column::Ends.gte(day.0)))
        .order_by_asc(Column::Id)
        .limit(20_000)
        .all(db)
        .await
}

/// A page of offers: of a programme where that is asked for, with a part of the title or provider.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
    text: &str,
    after: Option<OfferId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::County.eq(county.clone()));
    if !programme.is_empty() {
        query = query.filter(Column::Programme.eq(programme));
    }
    if !text.is_empty() {
        query = query.filter(Column::Title.contains(text).or(Column::Provider.contains(text)));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// How many of the ids are offers that an import brought.
///
/// # Errors
/// The database's.
pub async fn taken(
    db: &impl ConnectionTrait,
    county: &CountyId,
    import: ImportId,
) -> Result<Vec<OfferId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::County.eq(county.clone()))
        .filter(Column::ImportId.eq(import))
        .into_tuple()
        .all(db)
        .await
}

/// Takes back an import's offers: those in `kept` (with cases or proposals) are closed, the others go.
///
/// # Errors
/// The database's.
pub async fn remove_import(
    write: &Write,
    import: ImportId,
    kept: &BTreeSet<OfferId>,
) -> Result<(usize, usize), DbErr> {
    let all = taken(write.tx(), write.county(), import).await?;
    let gone: Vec<OfferId> = all.iter().copied().filter(|id| !kept.contains(id)).collect();
    for chunk in gone.chunks(5_000) {
        Entity::delete_many()
            .filter(Column::County.eq(write.county().clone()))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    let stay = all.len() - gone.len();
    for model in list(write.tx(), write.county(), &all).await?.into_values() {
        let mut model = model.into_active_model();
        model.state = Set("closed".to_owned());
        model.import_id = Set(None);
        model.update(write.tx()).await?;
    }
    Ok((gone.len(), stay))
}
