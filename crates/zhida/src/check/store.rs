//! Every query on checklists, reviews and checks.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use zhida_pack::Checklist;
use zhida_types::{Day, RegionCode};

use super::entity::{check, checklist, review};
use crate::db::rows_per_statement;
use crate::ids::{AccountId, CheckId, ChecklistId, CountyId, ReviewId};
use crate::journal::Write;
use crate::problem::Problem;

crate::db::versioned!(check);

/// The reviews of a county that an officer of a region may see.
fn within(county: &CountyId, region: &RegionCode) -> Condition {
    crate::db::within((review::Column::County, review::Column::Town), county, region)
}

/// Keeps a checklist in its present version, once. Answers its id.
pub(super) async fn keep(write: &Write, pack: &str, list: &Checklist) -> Result<ChecklistId, DbErr> {
    let digest = crate::db::seal::sha256_hex(format!("{pack}/{}\n{}", list.code, list.body).as_bytes());
    let found = checklist::Entity::find()
        .filter(checklist::Column::County.eq(write.county().clone()))
        .filter(checklist::Column::Digest.eq(&digest))
        .one(write.tx())
        .await?;
    if let Some(found) = found {
        return Ok(found.id);
    }
    let id = ChecklistId::new();
    let row = checklist::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        pack: Set(pack.to_owned()),
        code: Set(list.code.clone()),
        version: Set(list.version.clone()),
        digest: Set(digest),
        body: Set(list.body.clone()),
        created_at: Set(write.at()),
    };
    let there =
        OnConflict::columns([checklist::Column::County, checklist::Column::Digest]).do_nothing().to_owned();
    checklist::Entity::insert(row).on_conflict(there).exec_without_returning(write.tx()).await?;
    Ok(id)
}

/// The version of a checklist that a review was planned with.
pub(super) async fn version(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ChecklistId,
) -> Result<Checklist, Problem> {
    let found =
        checklist::Entity::find_by_id((county.clone(), id)).one(db).await?.ok_or(Problem::NotFound)?;
    Checklist::read(&found.code, &found.code, &found.body)
        .map_err(|fault| Problem::Internal(anyhow::anyhow!("a kept checklist cannot be read: {fault}")))
}

/// Writes reviews and the reviewers' shares.
pub(super) async fn insert(
    write: &Write,
    reviews: Vec<review::ActiveModel>,
    checks: Vec<check::ActiveModel>,
) -> Result<(), DbErr> {
    for chunk in reviews.chunks(rows_per_statement(21)) {
        review::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in checks.chunks(rows_per_statement(17)) {
        check::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// A review that an officer of the region may see.
pub(super) async fn review(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    id: ReviewId,
) -> Result<Option<review::Model>, DbErr> {
    review::Entity::find().filter(within(county, region)).filter(review::Column::Id.eq(id)).one(db).await
}

/// A review, whoever asks: for a reviewer, who sees what he is asked to fill in.
pub(super) async fn review_of(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ReviewId,
) -> Result<review::Model, Problem> {
    review::Entity::find_by_id((county.clone(), id)).one(db).await?.ok_or(Problem::NotFound)
}

/// Reviews that were drawn, by a seed or all, the newest first.
pub(super) async fn drawn(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    seed: &str,
    limit: u64,
) -> Result<Vec<review::Model>, DbErr> {
    let mut query = review::Entity::find().filter(within(county, region)).filter(review::Column::Draw.ne(""));
    if !seed.is_empty() {
        query = query.filter(review::Column::Draw.contains(seed));
    }
    query.order_by_desc(review::Column::Id).limit(limit).all(db).await
}

/// A page of reviews by due day, behind one.
pub(super) async fn reviews(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    (state, about): (&str, Option<(&str, &str)>),
    after: Option<(Day, ReviewId)>,
    limit: u64,
) -> Result<Vec<review::Model>, DbErr> {
    let mut query = review::Entity::find().filter(within(county, region));
    if !state.is_empty() {
        query = query.filter(review::Column::State.eq(state));
    }
    if let Some((kind, id)) = about {
        query = query.filter(review::Column::AboutKind.eq(kind)).filter(review::Column::AboutId.eq(id));
    }
    let query = query.filter(crate::db::after((review::Column::Due, review::Column::Id), after));
    query.order_by_asc(review::Column::Due).order_by_asc(review::Column::Id).limit(limit).all(db).await
}

/// The checks of some reviews, by review.
pub(super) async fn checks(
    db: &impl ConnectionTrait,
    county: &CountyId,
    reviews: &[ReviewId],
) -> Result<BTreeMap<ReviewId, Vec<check::Model>>, DbErr> {
    let mut found: BTreeMap<ReviewId, Vec<check::Model>> = BTreeMap::new();
    for chunk in reviews.chunks(1_000) {
        let rows = check::Entity::find()
            .filter(check::Column::County.eq(county.clone()))
            .filter(check::Column::ReviewId.is_in(chunk.iter().copied()))
            .order_by_asc(check::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.review_id).or_default().push(row);
        }
    }
    Ok(found)
}

/// One check.
pub(super) async fn check(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CheckId,
) -> Result<Option<check::Model>, DbErr> {
    check::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The checks that an account is asked to fill in, the oldest first.
///
/// # Errors
/// The database's.
pub async fn mine(
    db: &impl ConnectionTrait,
    county: &CountyId,
    account: AccountId,
) -> Result<Vec<CheckId>, DbErr> {
    check::Entity::find()
        .select_only()
        .column(check::Column::Id)
        .filter(check::Column::County.eq(county.clone()))
        .filter(check::Column::AccountId.eq(account))
        .filter(check::Column::State.eq("asked"))
        .order_by_asc(check::Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// What a reviewer is asked to fill in, with its review, soonest first.
pub(super) async fn asked(
    db: &impl ConnectionTrait,
    county: &CountyId,
    account: AccountId,
    limit: u64,
) -> Result<Vec<(check::Model, review::Model)>, DbErr> {
    let mine = check::Entity::find()
        .filter(check::Column::County.eq(county.clone()))
        .filter(check::Column::AccountId.eq(account))
        .filter(check::Column::State.eq("asked"))
        .order_by_asc(check::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    let reviews = review::Entity::find()
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::Id.is_in(mine.iter().map(|c| c.review_id)))
        .all(db)
        .await?;
    let reviews: BTreeMap<ReviewId, review::Model> = reviews.into_iter().map(|r| (r.id, r)).collect();
    let mut pairs: Vec<_> =
        mine.into_iter().filter_map(|c| reviews.get(&c.review_id).map(|r| (c, r.clone()))).collect();
    pairs.sort_by_key(|(c, r)| (r.due, c.id));
    Ok(pairs)
}

/// Closes a review with its result.
pub(super) async fn close(
    write: &Write,
    id: ReviewId,
    score: Option<i64>,
    passed: bool,
    valid_until: Option<Day>,
) -> Result<(), DbErr> {
    review::Entity::update_many()
        .col_expr(review::Column::State, Expr::value("closed"))
        .col_expr(review::Column::Score, Expr::value(score))
        .col_expr(review::Column::Passed, Expr::value(Some(passed)))
        .col_expr(review::Column::ClosedAt, Expr::value(Some(write.at())))
        .col_expr(review::Column::ValidUntil, Expr::value(valid_until.map(|d| d.0)))
        .filter(review::Column::County.eq(write.county().clone()))
        .filter(review::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// The newest closed review of a checklist about one thing.
pub(super) async fn latest(
    db: &impl ConnectionTrait,
    county: &CountyId,
    code: &str,
    about: (&str, &str),
) -> Result<Option<review::Model>, DbErr> {
    review::Entity::find()
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::AboutKind.eq(about.0))
        .filter(review::Column::AboutId.eq(about.1))
        .filter(review::Column::Code.eq(code))
        .filter(review::Column::State.eq("closed"))
        .order_by_desc(review::Column::ClosedAt)
        .one(db)
        .await
}

/// The things with a review of a checklist that is open, or was closed on a day or later.
pub(super) async fn seen_since(
    db: &impl ConnectionTrait,
    county: &CountyId,
    code: &str,
    kind: &str,
    since: Day,
) -> Result<std::collections::BTreeSet<String>, DbErr> {
    let since = since.0.and_hms_opt(0, 0, 0).unwrap_or_default().and_utc();
    let rows: Vec<String> = review::Entity::find()
        .select_only()
        .column(review::Column::AboutId)
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::AboutKind.eq(kind))
        .filter(review::Column::Code.eq(code))
        .filter(
            Condition::any().add(review::Column::State.eq("open")).add(review::Column::ClosedAt.gte(since)),
        )
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The ids of what passed a checklist when it was last asked, and the pass is still good, in all counties that an officer of the
/// region sees.
///
/// # Errors
/// The database's.
pub async fn passed(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    code: &str,
    today: Day,
) -> Result<std::collections::BTreeSet<String>, DbErr> {
    let closed = review::Entity::find()
        .filter(crate::db::counties(review::Column::County, county, region))
        .filter(review::Column::Code.eq(code))
        .filter(review::Column::State.eq("closed"));
    let rows: Vec<(String, Option<bool>, Option<chrono::NaiveDate>)> = closed
        .select_only()
        .columns([review::Column::AboutId, review::Column::Passed, review::Column::ValidUntil])
        .order_by_asc(review::Column::ClosedAt)
        .order_by_asc(review::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let mut last = BTreeMap::new();
    for (id, passed, until) in rows {
        last.insert(id, passed == Some(true) && until.is_none_or(|until| until >= today.0));
    }
    Ok(last.into_iter().filter(|(_, good)| *good).map(|(id, _)| id).collect())
}

/// The reviews of a draw that goes by turns, as far as it has got.
pub(super) async fn of_turn(
    db: &impl ConnectionTrait,
    county: &CountyId,
    code: &str,
    turn: &str,
) -> Result<Vec<review::Model>, DbErr> {
    review::Entity::find()
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::Code.eq(code))
        .filter(review::Column::Draw.contains(format!("\"turn\":\"{turn}\"")))
        .order_by_asc(review::Column::Id)
        .all(db)
        .await
}

/// Gives what a person is asked to fill in to another, except where that one is a reviewer already. Answers how many.
///
/// # Errors
/// The database's.
pub async fn hand_over(write: &Write, from: AccountId, to: (AccountId, &str)) -> Result<u64, DbErr> {
    let theirs: Vec<ReviewId> = check::Entity::find()
        .select_only()
        .column(check::Column::ReviewId)
        .filter(check::Column::County.eq(write.county().clone()))
        .filter(check::Column::AccountId.eq(to.0))
        .into_tuple()
        .all(write.tx())
        .await?;
    let mut update = check::Entity::update_many()
        .col_expr(check::Column::AccountId, Expr::value(to.0))
        .col_expr(check::Column::Name, Expr::value(to.1))
        .filter(check::Column::County.eq(write.county().clone()))
        .filter(check::Column::AccountId.eq(from))
        .filter(check::Column::State.eq("asked"));
    if !theirs.is_empty() {
        update = update.filter(check::Column::ReviewId.is_not_in(theirs));
    }
    Ok(update.exec(write.tx()).await?.rows_affected)
}

/// How many checks a person is asked to fill in.
///
/// # Errors
/// The database's.
pub async fn asked_count(
    db: &impl ConnectionTrait,
    county: &CountyId,
    account: AccountId,
) -> Result<i64, DbErr> {
    let n: Option<i64> = check::Entity::find()
        .select_only()
        .column_as(check::Column::Id.count(), "n")
        .filter(check::Column::County.eq(county.clone()))
        .filter(check::Column::AccountId.eq(account))
        .filter(check::Column::State.eq("asked"))
        .into_tuple()
        .one(db)
        .await?;
    Ok(n.unwrap_or(0))
}

/// The last review of something by a checklist that is closed.
pub(super) async fn last_closed(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (kind, id): (&str, &str),
    code: &str,
) -> Result<Option<review::Model>, DbErr> {
    let own = review::Entity::find()
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::AboutKind.eq(kind))
        .filter(review::Column::AboutId.eq(id))
        .filter(review::Column::Code.eq(code))
        .filter(review::Column::State.eq("closed"));
    own.order_by_desc(review::Column::ClosedAt).order_by_desc(review::Column::Id).one(db).await
}

/// How something stands in the review of a checklist that was begun last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The review.
    pub review: ReviewId,
    /// Whether all have filled it in.
    pub closed: bool,
    /// Its score, in percent.
    pub score: Option<i64>,
    /// Whether it was passed.
    pub passed: Option<bool>,
    /// The last day on which a pass is good.
    pub valid_until: Option<chrono::NaiveDate>,
}

/// How things of a kind stand in the review of a checklist that was begun last, by id.
///
/// # Errors
/// The database's.
pub async fn standings(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (kind, code): (&str, &str),
    ids: &[String],
) -> Result<BTreeMap<String, Standing>, DbErr> {
    let rows = review::Entity::find()
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::AboutKind.eq(kind))
        .filter(review::Column::AboutId.is_in(ids.iter().map(String::as_str)))
        .filter(review::Column::Code.eq(code))
        .order_by_asc(review::Column::Id)
        .all(db)
        .await?;
    let standing = |r: review::Model| {
        let stands = Standing {
            review: r.id,
            closed: r.state == "closed",
            score: r.score,
            passed: r.passed,
            valid_until: r.valid_until,
        };
        (r.about_id, stands)
    };
    Ok(rows.into_iter().map(standing).collect())
}

/// When things of a kind were last checked, by id.
///
/// # Errors
/// The database's.
pub async fn last_done(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
) -> Result<Vec<(String, chrono::DateTime<chrono::Utc>)>, DbErr> {
    review::Entity::find()
        .select_only()
        .column(review::Column::AboutId)
        .column_as(review::Column::ClosedAt.max(), "last")
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::AboutKind.eq(kind))
        .filter(review::Column::ClosedAt.is_not_null())
        .group_by(review::Column::AboutId)
        .into_tuple()
        .all(db)
        .await
}

/// The ids of all things of a kind about which there is some.
///
/// # Errors
/// The database's.
pub async fn abouts(db: &impl ConnectionTrait, county: &CountyId, kind: &str) -> Result<Vec<String>, DbErr> {
    review::Entity::find()
        .select_only()
        .column(review::Column::AboutId)
        .distinct()
        .filter(review::Column::County.eq(county.clone()))
        .filter(review::Column::AboutKind.eq(kind))
        .into_tuple()
        .all(db)
        .await
}
