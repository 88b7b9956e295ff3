//! What about a class makes somebody look: the kinds of fraud that the national audit of training funds named in 2022 leave traces in
//! who came when, on which phone, taught by whom. A signal says what was seen and how often; a person judges.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use zhida_pack::Running;

use crate::ids::{LessonId, OfferId, PartyId};

/// A lesson as the signals see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// The lesson.
    pub id: LessonId,
    /// The class.
    pub class: OfferId,
    /// Its number in the class.
    pub number: i64,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
    /// Where.
    pub room: String,
    /// The number of the teacher's certificate; empty where not known.
    pub certificate: String,
    /// The teacher.
    pub teacher: String,
    /// How many somebody of the office counted.
    pub observed: Option<i64>,
}

/// Somebody at a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The lesson.
    pub lesson: LessonId,
    /// Who.
    pub party: PartyId,
    /// The mark of the phone; empty for a list on paper.
    pub device: String,
    /// How far from the class the phone said to be.
    pub metres: Option<i64>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What is known of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taught {
    /// Its lessons that were held.
    pub lessons: Vec<Slot>,
    /// Who came to them.
    pub marks: Vec<Mark>,
    /// Lessons of other classes at the same time, in part or in whole.
    pub others: Vec<Slot>,
    /// Where people of this class were in those.
    pub elsewhere: Vec<Mark>,
    /// How many are on its roster, and how many of them have finished; none before it ends.
    pub roster: i64,
    /// See `roster`.
    pub finished: Option<i64>,
    /// People on the roster whom a rule names, by its code.
    pub suspects: BTreeMap<String, i64>,
    /// People on the roster by how many earlier classes they finished without work after any.
    pub repeaters: BTreeMap<i64, i64>,
    /// The most questionnaires with the very same words of some length.
    pub sheets: i64,
    /// Lessons of this class, by number, whose picture is one of another class, too.
    pub pictures: BTreeSet<i64>,
}

/// Something that makes somebody look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// `device`, `burst`, `two-rooms`, `teacher`, `room`, `same`, `suspect-…`, `repeat`, `sheets`, `picture`, `all-finish` or `count`.
    pub key: String,
    /// How many: trainees, lessons or classes, as the words of the signal say.
    pub a: String,
    /// The lessons by number, or what else the words name.
    pub b: String,
}

fn overlap(a: &Slot, b: &Slot) -> bool {
    a.from < b.to && b.from < a.to
}

/// Numbers of lessons as people read them: `1–3, 5`.
fn numbers(of: &BTreeSet<i64>) -> String {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for n in of {
        match spans.last_mut() {
            Some((_, to)) if *to + 1 == *n => *to = *n,
            _ => spans.push((*n, *n)),
        }
    }
    let span = |(from, to): &(i64, i64)| {
        if from == to { from.to_string() } else { format!("{from}–{to}") }
    };
    spans.iter().map(span).collect::<Vec<_>>().join(", ")
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The marks of each lesson.
fn by_lesson(taught: &Taught) -> Vec<(&Slot, Vec<&Mark>)> {
    let of = |l: &Slot| taught.marks.iter().filter(|m| m.lesson == l.id).collect();
    taught.lessons.iter().map(|l| (l, of(l))).collect()
}

/// The most arrivals within so many seconds.
fn burst(marks: &[&Mark], seconds: i64) -> i64 {
    let mut at: Vec<DateTime<Utc>> = marks.iter().filter(|m| !m.device.is_empty()).map(|m| m.at).collect();
    at.sort_unstable();
    let within =
        |from: usize| at[from..].iter().take_while(|t| (**t - at[from]).num_seconds() <= seconds).count();
    (0..at.len()).map(within).max().map_or(0, count)
}

/// Lessons at which something was seen, and the most that was seen at one.
#[derive(Default)]
struct Seen {
    most: i64,
    at: BTreeSet<i64>,
}

impl Seen {
    fn add(&mut self, n: i64, lesson: i64) {
        self.most = self.most.max(n);
        self.at.insert(lesson);
    }

    fn signal(&self, key: &str) -> Option<Signal> {
        (!self.at.is_empty()).then(|| signal(key, self.most, numbers(&self.at)))
    }
}

fn signal(key: &str, a: i64, b: String) -> Signal {
    Signal { key: key.to_owned(), a: a.to_string(), b }
}

/// One phone for many trainees, many arrivals at once, more than somebody of the office counted, the very same people each time.
fn arrivals(taught: &Taught, rules: &Running) -> Vec<Signal> {
    let lessons = by_lesson(taught);
    let (mut device, mut bursts, mut counts) = (Seen::default(), Seen::default(), Seen::default());
    let mut far = Seen::default();
    for (lesson, marks) in &lessons {
        let mut phones: BTreeMap<&str, BTreeSet<PartyId>> = BTreeMap::new();
        for mark in marks.iter().filter(|m| !m.device.is_empty()) {
            phones.entry(&mark.device).or_default().insert(mark.party);
        }
        let worst = phones.values().map(|p| count(p.len())).max().unwrap_or(0);
        if worst >= rules.device_trainees {
            device.add(worst, lesson.number);
        }
        let away = marks.iter().filter(|m| m.metres.is_some_and(|n| n >= rules.far_metres)).count();
        if away > 0 {
            far.add(count(away), lesson.number);
        }
        let worst = burst(marks, rules.burst_seconds);
        if worst >= rules.burst_trainees && worst * 2 >= count(marks.len()) {
            bursts.add(worst, lesson.number);
        }
        if let Some(n) = lesson.observed.filter(|n| *n < count(marks.len())) {
            counts.add(count(marks.len()) - n, lesson.number);
        }
    }
    let sets: Vec<BTreeSet<PartyId>> =
        lessons.iter().map(|(_, marks)| marks.iter().map(|m| m.party).collect()).collect();
    let first = sets.first().filter(|first| first.len() > 1 && sets.iter().all(|s| s == *first));
    let same = first.filter(|_| count(sets.len()) >= rules.same_lessons);
    let same = same.map(|first| signal("same", count(sets.len()), first.len().to_string()));
    let seen =
        [device.signal("device"), far.signal("far"), bursts.signal("burst"), counts.signal("count"), same];
    seen.into_iter().flatten().collect()
}

/// What a lesson has: a room, a teacher's certificate or name.
type Part = fn(&Slot) -> &str;

/// A trainee in two rooms at once; a teacher, or a room, in two classes at once.
fn clashes(taught: &Taught) -> Vec<Signal> {
    let slots: BTreeMap<LessonId, &Slot> =
        taught.lessons.iter().chain(&taught.others).map(|l| (l.id, l)).collect();
    let (mut doubled, mut at) = (BTreeSet::new(), BTreeSet::new());
    for mark in &taught.marks {
        let Some(here) = slots.get(&mark.lesson) else { continue };
        let there = taught.elsewhere.iter().chain(&taught.marks).filter(|m| m.party == mark.party);
        let mut there = there.filter_map(|m| slots.get(&m.lesson)).filter(|l| l.id != here.id);
        if there.any(|l| overlap(here, l)) {
            doubled.insert(mark.party);
            at.insert(here.number);
        }
    }
    let mut found = Vec::new();
    if !doubled.is_empty() {
        found.push(signal("two-rooms", count(doubled.len()), numbers(&at)));
    }
    let both: [(&str, Part, Part); 2] =
        [("teacher", |l| &l.certificate, |l| &l.teacher), ("room", |l| &l.room, |l| &l.room)];
    for (key, of, name) in both {
        let clash =
            |l: &&Slot| !of(l).is_empty() && taught.others.iter().any(|o| of(o) == of(l) && overlap(l, o));
        let at: BTreeSet<i64> = taught.lessons.iter().filter(clash).map(|l| l.number).collect();
        if let Some(first) = taught.lessons.iter().find(clash) {
            found.push(signal(key, count(at.len()), format!("{}（{}）", name(first), numbers(&at))));
        }
    }
    found
}

/// Everything about a class that makes somebody look.
pub(super) fn signals(taught: &Taught, rules: &Running) -> Vec<Signal> {
    let mut found = arrivals(taught, rules);
    found.extend(clashes(taught));
    let suspects = taught.suspects.iter().filter(|(_, n)| **n > 0);
    found.extend(suspects.map(|(code, n)| signal(&format!("suspect-{code}"), *n, String::new())));
    let often = taught.repeaters.iter().filter(|(n, _)| **n + 1 >= rules.classes_without_work);
    let often: i64 = often.map(|(_, people)| people).sum();
    if often > 0 {
        found.push(signal("repeat", often, rules.classes_without_work.to_string()));
    }
    if taught.sheets >= rules.device_trainees {
        found.push(signal("sheets", taught.sheets, String::new()));
    }
    if !taught.pictures.is_empty() {
        found.push(signal("picture", count(taught.pictures.len()), numbers(&taught.pictures)));
    }
    if taught.finished == Some(taught.roster) && taught.roster >= rules.all_finish {
        found.push(signal("all-finish", taught.roster, String::new()));
    }
    found
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone as _};

    use super::*;

    fn rules() -> Running {
        Running {
            code_seconds: 20,
            code_minutes: 30,
            finish_percent: 80,
            device_trainees: 3,
            burst_trainees: 4,
            burst_seconds: 15,
            far_metres: 1_000,
            same_lessons: 3,
            classes_without_work: 3,
            all_finish: 5,
            suspects: Vec::new(),
        }
    }

    fn slot(class: OfferId, number: i64) -> Slot {
        let from = Utc.with_ymd_and_hms(2026, 3, 1, 1, 0, 0).unwrap() + Duration::days(number);
        Slot {
            id: LessonId::new(),
            class,
            number,
            from,
            to: from + Duration::hours(3),
            room: "一号教室".to_owned(),
            certificate: "T-1".to_owned(),
            teacher: "王老师".to_owned(),
            observed: None,
        }
    }

    /// An honest class: three lessons, five people on five phones, a minute apart; one is absent now and then.
    fn honest() -> (Taught, Vec<PartyId>) {
        let class = OfferId::new();
        let people: Vec<PartyId> = (0..5).map(|_| PartyId::new()).collect();
        let lessons: Vec<Slot> = (1..=3).map(|n| slot(class, n)).collect();
        let mut marks = Vec::new();
        for (n, lesson) in lessons.iter().enumerate() {
            for (i, party) in people.iter().enumerate().filter(|(i, _)| *i != n) {
                let at = lesson.from + Duration::seconds(60 * i64::try_from(i).unwrap());
                marks.push(Mark {
                    lesson: lesson.id,
                    party: *party,
                    device: format!("phone-{i}"),
                    metres: Some(40),
                    at,
                });
            }
        }
        let taught = Taught { lessons, marks, roster: 5, finished: Some(4), ..Taught::default() };
        (taught, people)
    }

    fn keys(taught: &Taught) -> Vec<String> {
        signals(taught, &rules()).into_iter().map(|s| s.key).collect()
    }

    #[test]
    fn an_honest_class_says_nothing() {
        assert_eq!(keys(&honest().0), Vec::<String>::new());
    }

    #[test]
    fn each_trick_is_seen_and_nothing_else() {
        let one = |change: &dyn Fn(&mut Taught, &[PartyId])| {
            let (mut taught, people) = honest();
            change(&mut taught, &people);
            keys(&taught)
        };
        assert_eq!(
            one(&|t, _| t.marks.iter_mut().take(3).for_each(|m| m.device = "one".to_owned())),
            ["device"]
        );
        assert_eq!(one(&|t, _| t.marks.iter_mut().take(2).for_each(|m| m.metres = Some(1_000))), ["far"]);
        assert_eq!(
            one(&|t, _| {
                let at = t.lessons[0].from;
                let first = t.lessons[0].id;
                t.marks.iter_mut().filter(|m| m.lesson == first).for_each(|m| m.at = at);
            }),
            ["burst"]
        );
        let other = |t: &Taught| Slot {
            room: "别处".to_owned(),
            certificate: String::new(),
            ..slot(OfferId::new(), t.lessons[1].number)
        };
        assert_eq!(
            one(&|t, people| {
                let l = other(t);
                t.elsewhere.push(Mark {
                    lesson: l.id,
                    party: people[0],
                    device: String::new(),
                    metres: None,
                    at: l.from,
                });
                t.others.push(l);
            }),
            ["two-rooms"]
        );
        assert_eq!(
            one(&|t, _| t.others.push(Slot { certificate: "T-1".to_owned(), ..other(t) })),
            ["teacher"]
        );
        assert_eq!(one(&|t, _| t.others.push(Slot { room: "一号教室".to_owned(), ..other(t) })), ["room"]);
        assert_eq!(
            one(&|t, people| {
                let all = t.lessons.iter().flat_map(|l| people.iter().map(|p| (l.id, *p, l.from)));
                t.marks = all
                    .map(|(lesson, party, at)| Mark {
                        lesson,
                        party,
                        device: String::new(),
                        metres: None,
                        at,
                    })
                    .collect();
            }),
            ["same"]
        );
        assert_eq!(one(&|t, _| t.lessons[0].observed = Some(1)), ["count"]);
        assert_eq!(one(&|t, _| _ = t.suspects.insert("retired".to_owned(), 2)), ["suspect-retired"]);
        assert_eq!(one(&|t, _| _ = t.repeaters.insert(2, 3)), ["repeat"]);
        assert_eq!(one(&|t, _| _ = t.pictures.insert(2)), ["picture"]);
        assert_eq!(one(&|t, _| t.sheets = 3), ["sheets"]);
        assert_eq!(one(&|t, _| t.finished = Some(5)), ["all-finish"]);
    }

    #[test]
    fn numbers_of_lessons_are_told_as_spans() {
        assert_eq!(numbers(&BTreeSet::from([1, 2, 3, 5, 7, 8])), "1–3, 5, 7–8");
        assert_eq!(numbers(&BTreeSet::new()), "");
    }

    #[test]
    fn a_teacher_may_teach_one_class_after_the_other() {
        let (mut taught, _) = honest();
        let after = Slot {
            from: taught.lessons[0].to,
            to: taught.lessons[0].to + Duration::hours(1),
            ..slot(OfferId::new(), 1)
        };
        taught.others.push(after);
        assert_eq!(keys(&taught), Vec::<String>::new());
    }
}
