//! What is done with a call, one step after the other.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_pack::Providers;
use zhida_types::{Day, Fen};

use super::entity::{bid, objection, tender};
use super::store;
use crate::app::App;
use crate::check::{self, NewReview};
use crate::db::seal::sha256_hex;
use crate::finding::About;
use crate::ids::{BidId, ObjectionId, ProviderId, TenderId};
use crate::journal::{self, Subject, Write};
use crate::problem::Problem;
use crate::provider::{self, Provider};

/// Reasons shorter than this say nothing.
const REASONS: usize = 10;

/// Days in which reviewers fill in what they were drawn for.
const REVIEW_DAYS: i64 = 7;

/// A call that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTender {
    /// Its title.
    pub title: String,
    /// The programme for which it is.
    pub programme: String,
    /// What is needed.
    pub need: String,
    /// For how many.
    pub seats: i64,
    /// What there is.
    pub budget: Fen,
    /// The most that may be asked for one.
    pub cap: Fen,
    /// The last day for bids.
    pub closes: Day,
    /// Whether it is invented.
    pub origin: String,
}

/// Makes a call.
///
/// # Errors
/// Something that is missing or cannot be, or the database's.
pub async fn open(app: &App, write: &mut Write, new: &NewTender) -> Result<TenderId, Problem> {
    let (pack, _) = provider::rules(app)?;
    for (field, text) in [("title", &new.title), ("need", &new.need)] {
        if text.trim().is_empty() {
            return Err(Problem::field(field, "fault-empty", ""));
        }
    }
    if pack.programme(&new.programme).is_none() {
        return Err(Problem::field("programme", "fault-none-chosen", ""));
    }
    if new.seats < 1 {
        return Err(Problem::field("seats", "fault-number-within", "1–100000"));
    }
    if new.cap.0 < 1 || new.cap.0.checked_mul(new.seats).is_none_or(|all| all > new.budget.0) {
        return Err(Problem::field("cap", "fault-tender-cap", new.budget));
    }
    if new.closes < Day::at(write.at()) {
        return Err(Problem::field("closes", "fault-past", new.closes));
    }
    let id = TenderId::new();
    let row = tender::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        pack: Set(pack.name.clone()),
        title: Set(new.title.trim().to_owned()),
        programme: Set(new.programme.clone()),
        need: Set(new.need.trim().to_owned()),
        seats: Set(new.seats),
        budget: Set(new.budget.0),
        cap: Set(new.cap.0),
        closes: Set(new.closes.0),
        state: Set("open".to_owned()),
        seed: Set(String::new()),
        pool: Set("[]".to_owned()),
        publicity_until: Set(None),
        reasons: Set(String::new()),
        decided_by: Set(String::new()),
        decided_at: Set(None),
        origin: Set(new.origin.clone()),
        account: Set(write.actor().id()),
        account_name: Set(write.actor().name.clone()),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(write, row).await?;
    let detail = json!({ "title": new.title.trim(), "seats": new.seats, "budget": new.budget.0, "closes": new.closes });
    write.note("tender-opened", Subject::new("tender", id), detail).await?;
    Ok(id)
}

/// A bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBid {
    /// Whose.
    pub provider: ProviderId,
    /// What is asked for one.
    pub price: Fen,
    /// The course, the rooms, who teaches.
    pub words: String,
}

/// Takes a bid, once from each provider, until the last day.
///
/// # Errors
/// Too late, too dear, there already, or the database's.
pub async fn bid(write: &mut Write, to: &tender::Model, new: &NewBid) -> Result<BidId, Problem> {
    if to.state != "open" || Day::at(write.at()).0 > to.closes {
        return Err(Problem::Conflict("fault-tender-closed"));
    }
    if new.price.0 < 1 || new.price.0 > to.cap {
        return Err(Problem::field("price", "fault-bid-price", Fen(to.cap)));
    }
    if new.words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let there = store::bids(write.tx(), write.county(), to.id).await?;
    if there.iter().any(|b| b.provider_id == new.provider) {
        return Err(Problem::Conflict("fault-bid-there"));
    }
    let id = BidId::new();
    let row = bid::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        tender_id: Set(to.id),
        provider_id: Set(new.provider),
        price: Set(new.price.0),
        words: Set(new.words.trim().chars().take(5_000).collect()),
        state: Set("in".to_owned()),
        blocked: Set(String::new()),
        review_id: Set(None),
        score: Set(None),
        record: Set(None),
        points: Set(None),
        account: Set(write.actor().id()),
        created_at: Set(write.at()),
    };
    store::insert_bid(write, row).await?;
    let detail = json!({ "provider": new.provider, "price": new.price.0 });
    write.note("bid-taken", Subject::new("tender", to.id), detail).await?;
    Ok(id)
}

/// Ends the bidding: bids of providers with missing papers, or papers that have run out, are out; reviewers are drawn by lot (the
/// smallest SHA-256 of `seed/account`, the seed being the hash of the journal's newest entry) and asked about every other bid.
///
/// # Errors
/// Too early, no bid that can be reviewed, too small a pool, or the database's.
pub async fn draw(app: &App, write: &mut Write, now: &tender::Model) -> Result<(), Problem> {
    let (pack, rules) = provider::rules(app)?;
    if now.state != "open" {
        return Err(Problem::Conflict("fault-changed"));
    }
    if Day::at(write.at()).0 <= now.closes {
        return Err(Problem::Conflict("fault-tender-open"));
    }
    let list = pack.checklist(&rules.checklist).ok_or(Problem::NotFound)?;
    let bids = store::bids(write.tx(), write.county(), now.id).await?;
    let ids: BTreeSet<ProviderId> = bids.iter().map(|b| b.provider_id).collect();
    let known = provider::of_ids(write.tx(), write.county(), &ids).await?;
    let ids: Vec<ProviderId> = ids.into_iter().collect();
    let papers = provider::papers(write.tx(), write.county(), &ids).await?;
    let teachers = provider::teachers(write.tx(), write.county(), &ids).await?;
    let mut pool = check::pool(write.tx(), write.county(), list).await?;
    // Whoever called is no judge.
    pool.retain(|a| a.id.to_string() != now.account);
    if pool.len() < rules.reviewers {
        return Err(Problem::field("reviewer", "fault-pool", rules.reviewers));
    }
    let seed = journal::head(write.tx(), write.county()).await?.1;
    pool.sort_by_key(|a| sha256_hex(format!("{seed}/{}", a.id).as_bytes()));
    let mut names: Vec<String> = pool.iter().map(|a| a.id.to_string()).collect();
    names.sort_unstable();
    pool.truncate(rules.reviewers);
    let (mut new, mut asked) = (Vec::new(), Vec::new());
    for bid in &bids {
        let Some(of) = known.get(&bid.provider_id) else { continue };
        let flaws = provider::flaws(rules, of, &papers, &teachers, Day(now.closes));
        if flaws.is_empty() {
            let about = About {
                kind: "bid".to_owned(),
                id: bid.id.to_string(),
                name: format!("{} · {}", of.name, now.title),
                ..About::default()
            };
            new.push(NewReview { about, reviewers: pool.clone() });
            asked.push(bid.id);
        } else {
            let blocked = serde_json::to_string(&flaws)?;
            let values =
                vec![(bid::Column::State, Expr::value("out")), (bid::Column::Blocked, Expr::value(blocked))];
            store::change_bid(write, bid.id, values).await?;
        }
    }
    if new.is_empty() {
        return Err(Problem::Conflict("fault-no-bids"));
    }
    let due = Day::at(write.at()).plus_days(REVIEW_DAYS);
    let reviews = check::plan(write, (&pack.name, list), new, due, None).await?;
    for (bid, review) in asked.iter().zip(reviews) {
        store::change_bid(write, *bid, vec![(bid::Column::ReviewId, Expr::value(Some(review)))]).await?;
    }
    let values = vec![
        (tender::Column::State, Expr::value("reviewing")),
        (tender::Column::Seed, Expr::value(seed.clone())),
        (tender::Column::Pool, Expr::value(serde_json::to_string(&names)?)),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let detail =
        json!({ "seed": seed, "pool": names.len(), "reviewers": rules.reviewers, "bids": asked.len() });
    write.note("reviewers-drawn", Subject::new("tender", now.id), detail).await?;
    Ok(())
}

/// What a provider's earlier classes came to: the percent of those who began that are in verified work. Whoever has none, or too few to
/// be told, stands at the mean of all; where nobody has any, in the middle.
fn record(of: Option<&Provider>, all: &[Provider], small: usize) -> i64 {
    let percent = |started: i64, placed: i64| {
        let enough = usize::try_from(started).is_ok_and(|n| n >= small.max(1));
        enough.then(|| placed * 100 / started)
    };
    let own = of.and_then(|p| percent(p.record_started, p.record_placed));
    let (started, placed) =
        all.iter().fold((0, 0), |sum, p| (sum.0 + p.record_started, sum.1 + p.record_placed));
    own.or_else(|| percent(started, placed)).unwrap_or(50)
}

/// Points of a bid in hundredths: the score's share, of which a part is the record, and the price's, of which the lowest is worth all.
fn points(rules: &Providers, (score, record): (i64, i64), (lowest, price): (i64, i64)) -> i64 {
    let percent = rules.record.percent;
    let score = (100 - percent) * score + percent * record;
    rules.score_percent * score / 100 + (100 - rules.score_percent) * 100 * lowest / price.max(1)
}

/// Makes the ranking public, once every review is in.
///
/// # Errors
/// Reviews that are open, or the database's.
pub async fn publish(app: &App, write: &mut Write, now: &tender::Model) -> Result<(), Problem> {
    let rules = provider::terms(app)?;
    if now.state != "reviewing" {
        return Err(Problem::Conflict("fault-changed"));
    }
    let bids = store::bids(write.tx(), write.county(), now.id).await?;
    let bids: Vec<bid::Model> = bids.into_iter().filter(|b| b.state == "in").collect();
    let ids: Vec<String> = bids.iter().map(|b| b.id.to_string()).collect();
    let stand = check::standings(write.tx(), write.county(), ("bid", &rules.checklist), &ids).await?;
    if ids.iter().any(|id| stand.get(id).is_none_or(|s| !s.closed)) {
        return Err(Problem::Conflict("fault-reviews-open"));
    }
    let lowest = bids.iter().map(|b| b.price).min().unwrap_or(0);
    let all = provider::all(write.tx(), write.county()).await?;
    for bid in &bids {
        let Some(s) = stand.get(&bid.id.to_string()) else { continue };
        let score = s.score.unwrap_or(0);
        let own = all.iter().find(|p| p.id == bid.provider_id);
        let record = record(own, &all, rules.outcome.small);
        let points = (s.passed == Some(true)).then(|| points(rules, (score, record), (lowest, bid.price)));
        let values = vec![
            (bid::Column::Score, Expr::value(Some(score))),
            (bid::Column::Record, Expr::value(Some(record))),
            (bid::Column::Points, Expr::value(points)),
        ];
        store::change_bid(write, bid.id, values).await?;
    }
    let until = Day::at(write.at()).plus_days(rules.publicity_days);
    let values = vec![
        (tender::Column::State, Expr::value("published")),
        (tender::Column::PublicityUntil, Expr::value(Some(until.0))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    write.note("ranking-published", Subject::new("tender", now.id), json!({ "until": until })).await?;
    Ok(())
}

/// Takes an objection to a ranking while it is public.
///
/// # Errors
/// Not public, no words, or the database's.
pub async fn object(
    write: &mut Write,
    now: &tender::Model,
    (words, device): (&str, &str),
) -> Result<ObjectionId, Problem> {
    if now.state != "published" || now.publicity_until.is_none_or(|d| d < Day::at(write.at()).0) {
        return Err(Problem::Conflict("fault-publicity"));
    }
    if words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let id = ObjectionId::new();
    let row = objection::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        tender_id: Set(now.id),
        words: Set(words.trim().chars().take(3_000).collect()),
        device: Set(device.to_owned()),
        answer: Set(String::new()),
        answered_by: Set(String::new()),
        answered_at: Set(None),
        created_at: Set(write.at()),
    };
    store::insert_objection(write, row).await?;
    write.note("objection-taken", Subject::new("tender", now.id), json!({ "objection": id })).await?;
    Ok(id)
}

/// Decides, by somebody else than whoever called, after the ranking was public and every objection is answered.
///
/// # Errors
/// Too early, by the wrong one, without reasons, a bid that did not pass, or the database's.
pub async fn decide(
    write: &mut Write,
    now: &tender::Model,
    (chosen, reasons): (&[BidId], &str),
) -> Result<(), Problem> {
    if now.state != "published" {
        return Err(Problem::Conflict("fault-changed"));
    }
    if now.account == write.actor().id() {
        return Err(Problem::Conflict("fault-own-tender"));
    }
    if now.publicity_until.is_none_or(|d| Day::at(write.at()).0 <= d) {
        return Err(Problem::Conflict("fault-publicity-running"));
    }
    let objections = store::objections(write.tx(), write.county(), now.id).await?;
    if objections.iter().any(|x| x.answer.is_empty()) {
        return Err(Problem::Conflict("fault-objections-open"));
    }
    if reasons.trim().chars().count() < REASONS {
        return Err(Problem::field("reasons", "fault-grounds", REASONS));
    }
    let bids = store::bids(write.tx(), write.county(), now.id).await?;
    if chosen.is_empty() || chosen.iter().any(|id| !bids.iter().any(|b| b.id == *id && b.points.is_some())) {
        return Err(Problem::field("bid", "fault-none-chosen", ""));
    }
    for bid in bids.iter().filter(|b| b.state == "in") {
        let state = if chosen.contains(&bid.id) { "chosen" } else { "not-chosen" };
        store::change_bid(write, bid.id, vec![(bid::Column::State, Expr::value(state))]).await?;
    }
    let values = vec![
        (tender::Column::State, Expr::value("decided")),
        (tender::Column::Reasons, Expr::value(reasons.trim())),
        (tender::Column::DecidedBy, Expr::value(write.actor().name.clone())),
        (tender::Column::DecidedAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let detail = json!({ "chosen": chosen, "reasons": reasons.trim() });
    write.note("tender-decided", Subject::new("tender", now.id), detail).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(score: i64, record: i64) -> Providers {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/employment/providers.toml");
        let mut rules: Providers = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        (rules.score_percent, rules.record.percent) = (score, record);
        rules
    }

    #[test]
    fn the_lowest_price_is_worth_all_of_its_share() {
        assert_eq!(points(&rules(70, 0), (80, 0), (1_000, 1_000)), 70 * 80 + 3_000);
        assert_eq!(points(&rules(70, 0), (80, 0), (1_000, 2_000)), 70 * 80 + 1_500);
        assert_eq!(points(&rules(100, 0), (80, 0), (1, 1_000_000)), 8_000);
        assert_eq!(points(&rules(100, 25), (80, 40), (1, 1)), 7_000, "three quarters of 80, a quarter of 40");
    }

    #[test]
    fn without_a_record_a_provider_stands_at_the_mean() {
        let one = |started, placed| Provider {
            county: crate::ids::CountyId("330424".to_owned()),
            id: ProviderId::new(),
            code: String::new(),
            name: String::new(),
            contact: String::new(),
            phone: String::new(),
            words: String::new(),
            state: "active".to_owned(),
            barred_until: None,
            record_started: started,
            record_placed: placed,
            record_day: None,
            origin: String::new(),
            account: String::new(),
            version: 1,
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let all = [one(100, 80), one(100, 0), one(0, 0), one(4, 4)];
        let of = |n: usize| record(all.get(n), &all, 5);
        assert_eq!((of(0), of(1)), (80, 0), "whose classes came to nothing has nothing");
        assert_eq!((of(2), of(3)), (41, 41), "none, or too few to be told: 84 of 204");
        assert_eq!(record(None, &[], 5), 50);
    }
}
