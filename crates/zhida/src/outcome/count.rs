//! The conversion rate: of the people who began a class, how many are in work that was verified, and began it within the window.

use std::collections::{BTreeMap, BTreeSet};

use zhida_pack::Outcomes;
use zhida_types::Day;

use super::entity::outcome;
use crate::ids::{CaseId, PartyId};

/// People who began, and those of them who found work that was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Who began.
    pub started: usize,
    /// Who found work that was verified.
    pub placed: usize,
}

impl Rate {
    /// The share in tenths of a percent, rounded down; nothing where the group is too small to be told.
    pub fn tenths(self, small: usize) -> Option<usize> {
        (self.started >= small.max(1)).then(|| self.placed * 1_000 / self.started)
    }

    /// The share as people read it; a dash where the group is too small to be told.
    pub fn words(self, small: usize) -> String {
        self.tenths(small).map_or_else(|| "—".to_owned(), |t| format!("{}.{}%", t / 10, t % 10))
    }

    /// The share as people read it, of whomever may be told.
    pub fn percent(self) -> String {
        self.words(1)
    }

    /// Who began, who found work, and the share, as people read them; dashes where the group is too small to be told.
    pub fn told(self, small: usize) -> [String; 3] {
        if self.started > 0 && self.started < small {
            return ["—", "—", "—"].map(str::to_owned);
        }
        [self.started.to_string(), self.placed.to_string(), self.words(small)]
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { started: self.started + other.started, placed: self.placed + other.placed }
    }
}

/// Counts people who began (case, person, last day of the class) and what they found. A person counts once: in the case whose
/// work was verified first, or else in the first that began; the others do not count at all.
///
/// Answers the cases that count, with whether they count as placed.
pub fn rate(
    rules: &Outcomes,
    began: &[(CaseId, PartyId, Option<Day>)],
    found: &BTreeMap<CaseId, outcome::Model>,
) -> BTreeMap<CaseId, bool> {
    let placed = |case: &CaseId, end: Option<Day>| {
        let of = found.get(case).filter(|o| o.state == "verified")?;
        let window = end.and_then(|d| d.0.checked_add_months(chrono::Months::new(rules.window_months)));
        (window.is_none_or(|last| of.since <= last)).then_some(of.verified_at?)
    };
    let mut best: BTreeMap<PartyId, (CaseId, Option<chrono::DateTime<chrono::Utc>>)> = BTreeMap::new();
    for (case, party, end) in began {
        let at = placed(case, *end);
        let now = best.entry(*party).or_insert((*case, at));
        let earlier = match (at, now.1) {
            (Some(at), Some(before)) => (at, *case) < (before, now.0),
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => *case < now.0,
        };
        if earlier {
            *now = (*case, at);
        }
    }
    let counting: BTreeSet<(CaseId, bool)> =
        best.into_values().map(|(case, at)| (case, at.is_some())).collect();
    counting.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;
    use crate::ids::{CountyId, OutcomeId};

    fn rules() -> Outcomes {
        Outcomes {
            window_months: 6,
            minimum_days: 30,
            follow_ups: vec![3],
            small: 5,
            evidence: Vec::new(),
            audit: String::new(),
            audit_percent: [20, 40],
            insured: String::new(),
            groups: Vec::new(),
            targets: Vec::new(),
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn found(case: CaseId, party: PartyId, state: &str, since: &str, verified: i64) -> outcome::Model {
        outcome::Model {
            county: CountyId("330424".to_owned()),
            id: OutcomeId::new(),
            case_id: case,
            party_id: party,
            programme: "fit-training".to_owned(),
            state: state.to_owned(),
            since: day(since),
            employer: String::new(),
            claimed_by: String::new(),
            evidence: String::new(),
            number: String::new(),
            photo: String::new(),
            evidenced_by: String::new(),
            evidenced_at: None,
            verified_by: String::new(),
            verified_at: DateTime::from_timestamp(verified, 0),
            words: String::new(),
            fits: None,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_what_is_verified_and_began_within_the_window_counts() {
        let end = Some(Day(day("2026-01-31")));
        let began: Vec<_> = (0..4).map(|_| (CaseId::new(), PartyId::new(), end)).collect();
        let of = |at: usize, state: &str, since: &str| {
            (began[at].0, found(began[at].0, began[at].1, state, since, 1))
        };
        let all = BTreeMap::from([
            of(0, "verified", "2026-07-31"),
            of(1, "verified", "2026-08-01"),
            of(2, "evidenced", "2026-02-01"),
        ]);
        let counted = rate(&rules(), &began, &all);
        assert_eq!(counted.len(), 4);
        assert_eq!(counted.values().filter(|p| **p).count(), 1, "the last day of the window counts");
        assert!(counted[&began[0].0]);
    }

    #[test]
    fn a_person_counts_once_where_the_work_was_verified_first() {
        let who = PartyId::new();
        let (first, second, third) = (CaseId::new(), CaseId::new(), CaseId::new());
        let began = [(first, who, None), (second, who, None), (third, who, None)];
        let all = BTreeMap::from([
            (second, found(second, who, "verified", "2026-02-01", 20)),
            (third, found(third, who, "verified", "2026-02-01", 10)),
        ]);
        assert_eq!(rate(&rules(), &began, &all), BTreeMap::from([(third, true)]));
        assert_eq!(rate(&rules(), &began, &BTreeMap::new()), BTreeMap::from([(first, false)]));
    }

    #[test]
    fn small_groups_are_not_told() {
        assert_eq!(Rate { started: 4, placed: 4 }.words(5), "—");
        assert_eq!(Rate { started: 3_000, placed: 1_950 }.words(5), "65.0%");
        assert_eq!(Rate::default().words(0), "—");
    }
}
