//! Who counts, and as what: one line for everybody who began a class, from which every rate is added up.

use std::collections::{BTreeMap, BTreeSet};

use zhida_types::Day;

use crate::ids::{CaseId, OfferId, OutcomeId, PartyId, ProviderId};
use crate::outcome::{Outcome, Rate};

/// Somebody who began a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The case.
    pub case: CaseId,
    /// The person.
    pub party: PartyId,
    /// The class.
    pub class: OfferId,
    /// The programme's code.
    pub programme: String,
    /// Who taught it.
    pub provider: ProviderId,
    /// The last day of the class.
    pub end: Option<Day>,
    /// As what the person counts.
    pub as_what: As,
}

/// As what somebody counts who began a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum As {
    /// In work that was verified.
    Placed,
    /// Nobody said that there is work.
    Nothing,
    /// There is said to be work, and it is not verified yet.
    Open,
    /// What was said could not be verified.
    Refused,
    /// Verified, begun too long after the class.
    Late,
    /// Verified, and found untrue when it was audited.
    Untrue,
    /// Counted in another class; neither above nor below the line here.
    Elsewhere,
}

impl As {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Placed, Self::Nothing, Self::Open, Self::Refused, Self::Late, Self::Untrue, Self::Elsewhere];

    /// The key of its name in the texts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Placed => "counted-placed",
            Self::Nothing => "counted-nothing",
            Self::Open => "counted-open",
            Self::Refused => "counted-refused",
            Self::Late => "counted-late",
            Self::Untrue => "counted-untrue",
            Self::Elsewhere => "counted-elsewhere",
        }
    }

    /// As what a case counts: `counting` is what [`crate::outcome::rate`] answers.
    pub(super) fn of(
        case: CaseId,
        counting: &BTreeMap<CaseId, bool>,
        (found, failed): (&BTreeMap<CaseId, Outcome>, &BTreeSet<OutcomeId>),
    ) -> Self {
        match (counting.get(&case), found.get(&case)) {
            (None, _) => Self::Elsewhere,
            (Some(true), _) => Self::Placed,
            (Some(false), None) => Self::Nothing,
            (Some(false), Some(work)) if failed.contains(&work.id) => Self::Untrue,
            (Some(false), Some(work)) => match work.state.as_str() {
                "verified" => Self::Late,
                "refused" => Self::Refused,
                _ => Self::Open,
            },
        }
    }
}

impl Counted {
    /// Its part of a rate; nothing where it counts elsewhere.
    pub fn rate(&self) -> Rate {
        Rate {
            started: usize::from(self.as_what != As::Elsewhere),
            placed: usize::from(self.as_what == As::Placed),
        }
    }
}

/// Rates by whatever tells people apart.
pub(super) fn by<'a, K: Ord>(
    people: impl IntoIterator<Item = &'a Counted>,
    key: impl Fn(&Counted) -> K,
) -> BTreeMap<K, Rate> {
    let mut rates: BTreeMap<K, Rate> = BTreeMap::new();
    for one in people {
        let rate = rates.entry(key(one)).or_default();
        *rate = rate.plus(one.rate());
    }
    rates
}
