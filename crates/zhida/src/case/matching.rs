//! A matching run: eligibility, ranking by the programme's terms, and the seats given out optimally.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_matching::{self as engine, Edge, Pool, Term, TermKind};
use zhida_pack::{Pack, Programme, StageKind, TermMeasure};
use zhida_rules::{At, Bitmap, Cell, CodeItem, RuleSet};

use super::entity::{proposal, run};
use super::store;
use crate::app::App;
use crate::ids::{CountyId, OfferId, PartyId, ProposalId, RunId};
use crate::journal::{Actor, Subject, Write};
use crate::offer::{self, Offer};
use crate::party::Snapshot;
use crate::problem::Problem;
use crate::programme::{self, Eligibility};
use crate::task::Progress;

/// What a run did, for the page and the command line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// The run.
    pub run: RunId,
    /// The programme.
    pub programme: String,
    /// Persons on file.
    pub parties: usize,
    /// Persons who may take part.
    pub eligible: usize,
    /// Persons who may not.
    pub not: usize,
    /// Persons for whom a fact is missing.
    pub unknown: usize,
    /// Persons left out because they are under way in the programme already.
    pub under_way: usize,
    /// Open offers.
    pub offers: usize,
    /// Seats to be filled with invitations.
    pub seats: usize,
    /// Persons proposed for a seat.
    pub chosen: usize,
    /// The total score.
    pub objective: i64,
    /// What no allocation can exceed.
    pub bound: i64,
}

/// Offers that a party keeps as candidates for the allocation.
const CANDIDATES: usize = 20;

/// Runs a programme's matching and writes its proposals.
///
/// # Errors
/// An unknown programme, no offers, a rule that fails the type check, a stop by somebody, or the database's.
pub async fn run(
    app: &App,
    county: &CountyId,
    actor: &Actor,
    programme_code: &str,
    progress: &Progress,
) -> Result<Outcome, Problem> {
    let (register, programme) = app.programme(programme_code)?;
    let snapshot = app.snapshot(county, register.kind()).await?;
    let offers = offer::of_programme(&app.db, county, programme_code, snapshot.day).await?;
    if offers.is_empty() {
        return Err(Problem::Conflict("fault-no-offers"));
    }
    let stages = |ended: bool| -> Vec<&str> {
        let wanted =
            programme.stages.iter().filter(|s| ended == matches!(s.kind, StageKind::Done | StageKind::Ended));
        wanted.map(|s| s.code.as_str()).collect()
    };
    let (under_way, taken) = store::in_stages(&app.db, county, programme_code, &stages(false)).await?;
    let before = Before {
        under_way,
        taken,
        pairs: store::pairs(&app.db, county, programme_code).await?,
        records: records(app, county, programme, &offers).await?,
    };
    let work =
        (county.clone(), programme.clone(), std::sync::Arc::clone(&snapshot), offers, progress.clone());
    let matched = tokio::task::spawn_blocking(move || {
        let (county, programme, snapshot, offers, progress) = work;
        matched(&county, &programme, &snapshot, offers, &before, &progress)
    });
    let matched = matched.await.map_err(anyhow::Error::from)??;
    save(app, county, actor, programme, &snapshot, matched).await
}

/// What happened in the programme before.
struct Before {
    under_way: BTreeSet<PartyId>,
    taken: BTreeMap<OfferId, usize>,
    pairs: BTreeSet<(PartyId, OfferId)>,
    records: BTreeMap<OfferId, (u32, u32)>,
}

struct Matched {
    rows: Vec<usize>,
    offers: Vec<Offer>,
    eligibility: Eligibility,
    under_way: usize,
    ranking: Vec<Vec<engine::Scored>>,
    allocation: engine::Allocation,
    seats: Vec<usize>,
    fairness: serde_json::Value,
}

/// How earlier cases of offers with the same title and provider ended.
async fn records(
    app: &App,
    county: &CountyId,
    programme: &Programme,
    offers: &[Offer],
) -> Result<BTreeMap<OfferId, (u32, u32)>, Problem> {
    let counts = store::stage_counts(&app.db, county, &programme.code).await?;
    let ids: Vec<OfferId> = counts.iter().filter_map(|(offer, ..)| *offer).collect();
    let known = offer::list(&app.db, county, &ids).await?;
    let mut by_name: BTreeMap<(&str, &str), (u32, u32)> = BTreeMap::new();
    for (offer, stage, n) in &counts {
        let Some(offer) = offer.and_then(|id| known.get(&id)) else { continue };
        let n = u32::try_from(*n).unwrap_or(0);
        let kind = programme.stage(stage).map(|s| s.kind);
        let record = by_name.entry((offer.title.as_str(), offer.provider.as_str())).or_default();
        match kind {
            Some(StageKind::Done) => *record = (record.0 + n, record.1 + n),
            // Only those who had begun and left count against a course; an invitation that was declined does not.
            Some(StageKind::Ended) if programme.after_begin(stage) => record.1 += n,
            _ => {}
        }
    }
    let of = |o: &Offer| by_name.get(&(o.title.as_str(), o.provider.as_str())).map(|r| (o.id, *r));
    Ok(offers.iter().filter_map(of).collect())
}

fn matched(
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    offers: Vec<Offer>,
    before: &Before,
    progress: &Progress,
) -> Result<Matched, Problem> {
    let everybody = Bitmap::ones(snapshot.people.len());
    let eligibility = programme::assess(county, programme, snapshot, &everybody)?;
    let free = |row: &usize| snapshot.people.get(*row).is_some_and(|p| !before.under_way.contains(&p.id));
    let rows: Vec<usize> = eligibility.eligible.iter().filter(free).collect();
    let under_way = eligibility.eligible.count() - rows.len();
    let rules = Rules::compile(county, programme, snapshot, &offers)?;
    let parties: Vec<engine::Party> = rows.iter().map(|row| party(snapshot, *row, &rules)).collect();
    let served: Vec<engine::Offer> =
        offers.iter().map(|o| served(&snapshot.register, o, programme, before)).collect();
    let terms = terms(programme);
    let pool = Pool { parties: &parties, offers: &served, terms: &terms, top: CANDIDATES };
    let may = |p: usize, o: usize| match (rows.get(p), offers.get(o)) {
        (Some(row), Some(offer)) => {
            let person = snapshot.people.get(*row).map(|x| x.id);
            rules.offer_open(o, *row) && person.is_some_and(|id| !before.pairs.contains(&(id, offer.id)))
        }
        _ => false,
    };
    let total = rows.len();
    let stopped = std::sync::atomic::AtomicBool::new(false);
    let each = engine::EachPair { offers: offers.len(), may };
    let ranking = engine::rank(&pool, &each, &|done| {
        let go_on = progress.tick(done, total);
        stopped.fetch_or(!go_on, std::sync::atomic::Ordering::Relaxed);
        go_on
    });
    if stopped.into_inner() {
        return Err(Problem::Conflict(crate::task::STOPPED));
    }
    // Every score is kept with its terms, so that an officer can read why.
    let scored = |(party, best): (usize, &Vec<engine::Best>)| -> Vec<engine::Scored> {
        best.iter().filter_map(|b| engine::score(&pool, party, b.other as usize)).collect()
    };
    let ranking: Vec<Vec<engine::Scored>> = ranking.by_party.iter().enumerate().map(scored).collect();
    let seats: Vec<usize> = offers.iter().map(|o| invitations(o, programme, before)).collect();
    let edges: Vec<Edge> = ranking
        .iter()
        .flatten()
        .filter_map(|s| {
            let (party, offer) = (u32::try_from(s.party).ok()?, u32::try_from(s.offer).ok()?);
            Some(Edge { party, offer, score: s.score })
        })
        .collect();
    let allocation = engine::allocate(rows.len(), &seats, edges.clone()).map_err(anyhow::Error::from)?;
    // The verifier shares no code with the search: a wrong answer must not reach a person.
    engine::verify(rows.len(), &seats, &edges, &allocation).map_err(anyhow::Error::from)?;
    let chosen: BTreeSet<usize> = allocation.pairs.iter().map(|(p, _)| *p).collect();
    let fairness = fairness(snapshot, &rows, &chosen);
    Ok(Matched { rows, offers, eligibility, under_way, ranking, allocation, seats, fairness })
}

/// Invitations for an offer: its seats and some more, for those who will decline, less those under way.
fn invitations(offer: &Offer, programme: &Programme, before: &Before) -> usize {
    let seats = usize::try_from(offer.seats).unwrap_or(0);
    let wanted = (seats * programme.invite_percent).div_ceil(100);
    wanted.saturating_sub(before.taken.get(&offer.id).copied().unwrap_or(0))
}

/// The preference rules of the terms and the rules of the offers, over all rows.
struct Rules {
    preferences: Vec<Bitmap>,
    offers: Vec<Option<Bitmap>>,
}

impl Rules {
    fn compile(
        county: &CountyId,
        programme: &Programme,
        snapshot: &Snapshot,
        offers: &[Offer],
    ) -> Result<Self, Problem> {
        let at = At { day: snapshot.day.epoch(), region: county.to_string() };
        let preferences =
            rule_terms(programme).map(|t| (t.name.as_str(), t.when.as_deref().unwrap_or("false")));
        let mut texts: Vec<(&str, &str)> = preferences.collect();
        let split = texts.len();
        let own: Vec<&Offer> = offers.iter().filter(|o| !o.rule.is_empty()).collect();
        texts.extend(own.iter().map(|o| (o.title.as_str(), o.rule.as_str())));
        let register = &snapshot.register;
        let set = RuleSet::compile(&register.profile, &register.params, &at, texts);
        let set = set.map_err(|faults| Problem::field("rule", "fault-rule", faults))?;
        let mut verdicts = set.evaluate(&snapshot.table).into_iter().map(|v| v.truth);
        let preferences = verdicts.by_ref().take(split).collect();
        let offers = offers.iter().map(|o| if o.rule.is_empty() { None } else { verdicts.next() }).collect();
        Ok(Self { preferences, offers })
    }

    fn offer_open(&self, offer: usize, row: usize) -> bool {
        self.offers.get(offer).is_none_or(|rule| rule.as_ref().is_none_or(|bits| bits.get(row)))
    }

    /// The bits of the preference rules that hold for a row.
    fn preferred(&self, row: usize) -> u64 {
        let holds = self.preferences.iter().take(64).enumerate().filter(|(_, bits)| bits.get(row));
        holds.fold(0, |all, (bit, _)| all | 1 << bit)
    }
}

fn rule_terms(programme: &Programme) -> impl Iterator<Item = &zhida_pack::TermFile> {
    programme.terms.iter().filter(|t| t.measure == TermMeasure::Rule)
}

fn terms(programme: &Programme) -> Vec<Term> {
    let mut bit = 0;
    let mut kind = |t: &zhida_pack::TermFile| match t.measure {
        TermMeasure::Skill => TermKind::Skill,
        TermMeasure::Occupation => TermKind::Occupation,
        TermMeasure::Distance => TermKind::Distance { scale: t.kilometres.unwrap_or(10.0) * 1_000.0 },
        TermMeasure::Wage => TermKind::Wage,
        TermMeasure::Schedule => TermKind::Schedule,
        TermMeasure::Need => TermKind::Need,
        TermMeasure::Record => {
            let [a, b] = t.prior.unwrap_or([1.0, 1.0]);
            TermKind::Record { a, b }
        }
        TermMeasure::Rule => {
            bit += 1;
            TermKind::Rule { bit: bit - 1 }
        }
    };
    programme.terms.iter().map(|t| Term { name: t.name.clone(), kind: kind(t), weight: t.weight }).collect()
}

fn party(snapshot: &Snapshot, row: usize, rules: &Rules) -> engine::Party {
    let register = &snapshot.register;
    let cell = |name: Option<&str>| {
        let id = name.and_then(|name| register.profile.find(name));
        id.map_or(Cell::Missing, |id| snapshot.table.cell(row, id))
    };
    let person = snapshot.people.get(row);
    let tier = person.and_then(|p| p.tier.as_deref());
    let version = register.tiers_on(snapshot.day);
    let need =
        version.and_then(|v| v.tiers.iter().find(|t| Some(t.code.as_str()) == tier)).map_or(0.0, |t| t.need);
    let occupation = register.profile.fields().iter().find(|f| f.classification.is_some());
    engine::Party {
        skills: match cell(register.uses.skills.as_deref()) {
            Cell::Set(codes) => bits(register.skills(), codes.iter().map(String::as_str)),
            _ => 0,
        },
        occupation: match cell(occupation.map(|f| f.name.as_str())) {
            Cell::Text(code) => code,
            _ => String::new(),
        },
        place: person.and_then(|p| p.place),
        wage: match cell(register.uses.wage.as_deref()) {
            Cell::Int(yuan) => yuan.checked_mul(100),
            _ => None,
        },
        times: match cell(register.uses.times.as_deref()) {
            Cell::Set(codes) => low(bits(register.times(), codes.iter().map(String::as_str))),
            _ => 0,
        },
        need,
        prefers: rules.preferred(row),
    }
}

/// The first 64 of 128 codes.
fn low(bits: u128) -> u64 {
    u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0)
}

/// Codes as bits by their place in the list.
fn bits<'a>(list: &[CodeItem], codes: impl Iterator<Item = &'a str>) -> u128 {
    codes
        .filter_map(|code| list.iter().position(|c| c.code == code))
        .filter(|bit| *bit < 128)
        .fold(0, |all, bit| all | 1 << bit)
}

/// The codes whose name or one of whose other names stands in a text.
fn named<'a>(list: &'a [CodeItem], text: &'a str) -> impl Iterator<Item = &'a str> {
    let names = |c: &&CodeItem| c.names().any(|name| text.contains(name));
    list.iter().filter(names).map(|c| c.code.as_str())
}

fn served(register: &Pack, offer: &Offer, programme: &Programme, before: &Before) -> engine::Offer {
    let speaks = |t: &zhida_pack::TermFile| t.tags.iter().any(|tag| offer.tag_codes().any(|own| own == tag));
    let preferred = rule_terms(programme).take(64).enumerate().filter(|(_, t)| speaks(t));
    engine::Offer {
        skills: bits(register.skills(), offer.skill_codes()),
        occupation: offer.occupation.clone().unwrap_or_default(),
        place: offer.lon.zip(offer.lat),
        wage: offer.wage_to.or(offer.wage_from),
        preferred: preferred.fold(0, |all, (bit, _)| all | 1 << bit),
        record: before.records.get(&offer.id).copied().unwrap_or_default(),
        times: low(bits(register.times(), named(register.times(), &offer.shift))),
    }
}

/// Selection rates among the eligible, by the fields that show whether groups are treated alike.
fn fairness(snapshot: &Snapshot, rows: &[usize], chosen: &BTreeSet<usize>) -> serde_json::Value {
    let register = &snapshot.register;
    let fields = register.profile.fields().iter().filter(|f| {
        !f.sensitive
            && f.derive.is_none()
            && matches!(f.kind, zhida_rules::FieldKind::Code { .. } | zhida_rules::FieldKind::Region)
            || matches!(f.derive, Some(zhida_rules::Derive::Years(_) | zhida_rules::Derive::Decide(_)))
    });
    let report = fields.filter_map(|field| {
        let id = register.profile.find(&field.name)?;
        let groups: Vec<(Option<String>, bool)> = rows
            .iter()
            .enumerate()
            .map(|(p, row)| {
                let group = crate::party::buckets(&snapshot.register, &field.name, &snapshot.table.cell(*row, id)).into_iter().next();
                (group.filter(|g| g != "-"), chosen.contains(&p))
            })
            .collect();
        let report = engine::selection(groups.iter().map(|(g, s)| (g.as_deref(), *s)), 30);
        let groups: Vec<serde_json::Value> = report
            .groups
            .iter()
            .filter(|g| g.pool >= 5)
            .map(|g| json!({ "group": g.code, "pool": g.pool, "selected": g.selected }))
            .collect();
        Some(json!({ "field": field.name, "groups": groups, "ratio": report.ratio, "flagged": report.flagged }))
    });
    report.collect()
}

async fn save(
    app: &App,
    county: &CountyId,
    actor: &Actor,
    programme: &Programme,
    snapshot: &Snapshot,
    m: Matched,
) -> Result<Outcome, Problem> {
    let id = RunId::new();
    let outcome = Outcome {
        run: id,
        programme: programme.code.clone(),
        parties: snapshot.people.len(),
        eligible: m.eligibility.eligible.count(),
        not: m.eligibility.refused,
        unknown: m.eligibility.unknown,
        under_way: m.under_way,
        offers: m.offers.len(),
        seats: m.seats.iter().sum(),
        chosen: m.allocation.pairs.len(),
        objective: m.allocation.objective,
        bound: m.allocation.bound,
    };
    let prices: BTreeMap<String, i64> =
        m.offers.iter().zip(&m.allocation.prices).map(|(o, p)| (o.id.to_string(), *p)).collect();
    let mut write = Write::begin(&app.db, county, actor, app.clock.now()).await?;
    let row = run::ActiveModel {
        county: Set(county.clone()),
        id: Set(id),
        programme: Set(programme.code.clone()),
        pack_version: Set(snapshot.register.version.clone()),
        day: Set(snapshot.day.0),
        state: Set("proposed".to_owned()),
        counts: Set(serde_json::to_string(&outcome)?),
        reasons: Set(
            json!({ "why_not": m.eligibility.why_not, "missing": m.eligibility.missing }).to_string()
        ),
        fairness: Set(m.fairness.to_string()),
        objective: Set(outcome.objective),
        bound: Set(outcome.bound),
        prices: Set(serde_json::to_string(&prices)?),
        account: Set(actor.id()),
        created_at: Set(write.at()),
        approved_at: Set(None),
    };
    let proposals = proposals(county, id, programme, snapshot, &m);
    store::save_run(&write, row, proposals).await?;
    write.note("match-run", Subject::new("run", id), serde_json::to_value(&outcome)?).await?;
    write.commit().await?;
    Ok(outcome)
}

/// The pairs that the page shows: for everybody the best few offers, and the seat that the allocation gives.
fn proposals(
    county: &CountyId,
    run: RunId,
    programme: &Programme,
    snapshot: &Snapshot,
    m: &Matched,
) -> Vec<proposal::ActiveModel> {
    let seat: BTreeMap<usize, usize> = m.allocation.pairs.iter().copied().collect();
    let mut rows = Vec::new();
    for (p, best) in m.ranking.iter().enumerate() {
        let Some(person) = m.rows.get(p).and_then(|row| snapshot.people.get(*row)) else { continue };
        for (position, scored) in best.iter().enumerate() {
            let chosen = seat.get(&p) == Some(&scored.offer);
            let Some(offer) = m.offers.get(scored.offer) else { continue };
            if position >= programme.proposals && !chosen {
                continue;
            }
            let terms: serde_json::Map<String, serde_json::Value> = programme
                .terms
                .iter()
                .zip(&scored.terms)
                .map(|(t, v)| (t.name.clone(), json!((v * 1000.0).round() / 1000.0)))
                .collect();
            rows.push(proposal::ActiveModel {
                county: Set(county.clone()),
                id: Set(ProposalId::new()),
                run_id: Set(run),
                party_id: Set(person.id),
                offer_id: Set(offer.id),
                score: Set(scored.score),
                terms: Set(serde_json::Value::Object(terms).to_string()),
                position: Set(i64::try_from(position + 1).unwrap_or(i64::MAX)),
                chosen: Set(chosen),
                by_hand: Set(false),
                cause: Set(String::new()),
            });
        }
    }
    rows
}
