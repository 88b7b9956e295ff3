//! The intake gate: whether a provider may run anything: its papers in force, and chosen in a review that is still good.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ConnectionTrait;
use zhida_types::Day;

use super::store;
use crate::app::App;
use crate::check;
use crate::ids::{CountyId, ProviderId};
use crate::problem::Problem;
use crate::provider::{self, Provider};

/// How a provider stands at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// Passed.
    Open,
    /// A paper is missing or has run out, or the provider is barred.
    Blocked,
    /// Chosen once, in a review that has run out.
    Lapsed,
    /// Never chosen.
    Unchosen,
}

impl Intake {
    /// The key of its name in the texts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Open => "gate-open",
            Self::Blocked => "provider-blocked",
            Self::Lapsed => "gate-lapsed",
            Self::Unchosen => "gate-unchosen",
        }
    }

    /// Why it has not passed: a key of the texts; nothing where it has.
    pub fn fault(self) -> Option<&'static str> {
        match self {
            Self::Open => None,
            Self::Blocked => Some("fault-provider-blocked"),
            Self::Lapsed | Self::Unchosen => Some("fault-intake"),
        }
    }
}

/// How providers of a county stand at the gate on a day, with the score of the bid that was chosen last.
///
/// # Errors
/// The database's.
pub async fn intake(
    app: &App,
    db: &impl ConnectionTrait,
    (county, of): (&CountyId, &[Provider]),
    today: Day,
) -> Result<BTreeMap<ProviderId, (Intake, Option<i64>)>, Problem> {
    let terms = provider::terms(app)?;
    let ids: Vec<ProviderId> = of.iter().map(|p| p.id).collect();
    let papers = provider::papers(db, county, &ids).await?;
    let teachers = provider::teachers(db, county, &ids).await?;
    let bids = store::chosen(db, county, &ids.iter().copied().collect::<BTreeSet<_>>()).await?;
    let about: Vec<String> = bids.iter().map(|b| b.id.to_string()).collect();
    let stands = check::standings(db, county, ("bid", &terms.checklist), &about).await?;
    let one = |p: &Provider| {
        let mut own = bids.iter().filter(|b| b.provider_id == p.id);
        let score = own.clone().next().and_then(|b| b.score);
        let passed = |s: &&check::Standing| s.passed == Some(true);
        let good = |s: &check::Standing| s.valid_until.is_none_or(|d| d >= today.0);
        let passed = |b: &super::Bid| stands.get(&b.id.to_string()).filter(passed);
        let stands = if !provider::flaws(terms, p, &papers, &teachers, today).is_empty() {
            Intake::Blocked
        } else if own.clone().filter_map(passed).any(good) {
            Intake::Open
        } else if own.any(|b| passed(b).is_some()) {
            Intake::Lapsed
        } else {
            Intake::Unchosen
        };
        (p.id, (stands, score))
    };
    Ok(of.iter().map(one).collect())
}
