//! What is owed for each person of a class, and why something is not.

use std::collections::BTreeMap;

use zhida_pack::{DueWhen, Subsidy};

use crate::ids::{CaseId, PartyId};

/// What is known of somebody on a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) case: CaseId,
    pub(super) party: PartyId,
    pub(super) finished: bool,
    pub(super) placed: bool,
}

/// What a part comes to for a person: an amount in fen, or a key of the texts that says why nothing is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) person: Person,
    pub(super) kind: String,
    pub(super) amount: i64,
    pub(super) why: &'static str,
}

/// How far a class has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// No lesson was held.
    Ahead,
    /// A lesson was held.
    Begun,
    /// It was assessed, and failed: nothing is due.
    Failed,
}

/// Everything that the parts of a price come to for the people of a class.
pub(super) fn due(parts: &[Subsidy], price: i64, people: &[Person], course: Course) -> Vec<Line> {
    let reached = |when: DueWhen, p: &Person| match when {
        DueWhen::Opened => course != Course::Ahead,
        DueWhen::Finished => p.finished,
        DueWhen::Placed => p.placed,
    };
    let all = i64::try_from(people.len()).unwrap_or(i64::MAX);
    let so_far: BTreeMap<&str, i64> = parts
        .iter()
        .map(|s| (s.code.as_str(), people.iter().filter(|p| reached(s.when, p)).count()))
        .map(|(code, n)| (code, i64::try_from(n).unwrap_or(i64::MAX)))
        .collect();
    let line = |s: &Subsidy, person: &Person| {
        let enough = so_far.get(s.code.as_str()).copied().unwrap_or(0) * 100 >= s.class_percent * all;
        let why = match (reached(s.when, person), s.when) {
            _ if course == Course::Failed => "due-failed",
            (false, DueWhen::Opened) => "due-not-begun",
            (false, DueWhen::Finished) => "due-not-finished",
            (false, DueWhen::Placed) => "due-not-placed",
            (true, _) if !enough => "due-class-short",
            (true, _) => "",
        };
        let amount = if why.is_empty() { price * s.percent / 100 } else { 0 };
        Line { person: *person, kind: s.code.clone(), amount, why }
    };
    people.iter().flat_map(|p| parts.iter().map(move |s| line(s, p))).collect()
}

#[cfg(test)]
mod tests {
    use zhida_rules::Label;

    use super::*;

    fn part(code: &str, when: DueWhen, percent: i64, class_percent: i64) -> Subsidy {
        let label = Label { zh: code.to_owned(), en: code.to_owned() };
        Subsidy { code: code.to_owned(), label, when, percent, class_percent }
    }

    fn people(finished: usize, placed: usize, all: usize) -> Vec<Person> {
        let one = |n| Person {
            case: CaseId::new(),
            party: PartyId::new(),
            finished: n < finished,
            placed: n < placed,
        };
        (0..all).map(one).collect()
    }

    #[test]
    fn each_part_is_due_when_the_person_and_the_class_have_got_so_far() {
        let parts = [part("finished", DueWhen::Finished, 70, 0), part("placed", DueWhen::Placed, 30, 80)];
        let sum = |people: &[Person], kind: &str| {
            let lines = due(&parts, 250_000, people, Course::Begun);
            lines.iter().filter(|l| l.kind == kind).map(|l| l.amount).sum::<i64>()
        };
        let short = people(10, 7, 10);
        assert_eq!((sum(&short, "finished"), sum(&short, "placed")), (1_750_000, 0));
        let enough = people(9, 8, 10);
        assert_eq!((sum(&enough, "finished"), sum(&enough, "placed")), (1_575_000, 600_000));
        let why: Vec<&str> = due(&parts, 100, &short, Course::Begun).iter().map(|l| l.why).collect();
        assert_eq!(why.iter().filter(|w| **w == "due-class-short").count(), 7);
        assert_eq!(why.iter().filter(|w| **w == "due-not-placed").count(), 3);
    }

    #[test]
    fn nothing_is_due_of_a_class_that_failed_its_assessment() {
        let parts = [part("finished", DueWhen::Finished, 70, 0)];
        let lines = due(&parts, 250_000, &people(5, 5, 5), Course::Failed);
        assert!(lines.iter().all(|l| l.amount == 0 && l.why == "due-failed"));
    }

    #[test]
    fn nothing_is_due_of_a_class_that_has_not_begun() {
        let parts = [part("opened", DueWhen::Opened, 100, 0)];
        assert!(
            due(&parts, 100, &people(0, 0, 3), Course::Ahead)
                .iter()
                .all(|l| l.amount == 0 && l.why == "due-not-begun")
        );
        assert!(due(&parts, 100, &people(0, 0, 3), Course::Begun).iter().all(|l| l.amount == 100));
    }
}
