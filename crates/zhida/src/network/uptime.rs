//! What sights say about a place's hours: how often it was open when somebody looked, and whether its hours can be right.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDateTime, Timelike as _, Utc, Weekday};

use crate::clock::china;
use crate::place::{self, Hours};

/// In how many opening hours somebody looked, and in how many of those it was open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uptime {
    pub(super) seen: i64,
    pub(super) open: i64,
}

impl Uptime {
    /// The share in whole percent; nothing where nobody looked.
    pub(super) fn percent(self) -> Option<i64> {
        (self.seen > 0).then(|| (self.open * 100 + self.seen / 2) / self.seen)
    }
}

/// How often a place was open when somebody looked: hour by hour of its opening hours, each by what was seen last in it. Sights
/// are instants, oldest first, and whether it was open; without hours every hour counts. Hours in which nobody looked are not
/// known, and count for nothing.
pub(super) fn uptime(hours: Option<&Hours>, sights: &[(DateTime<Utc>, bool)]) -> Uptime {
    let within = sights.iter().filter(|(at, _)| hours.is_none_or(|h| h.open_at(china(*at))));
    let by_hour: BTreeMap<i64, bool> =
        within.map(|(at, open)| (at.timestamp().div_euclid(3_600), *open)).collect();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Uptime { seen: count(by_hour.len()), open: count(by_hour.values().filter(|open| **open).count()) }
}

/// The parts of a week by which hours are looked at: keys of texts.
pub(super) const PARTS: [&str; 4] = ["weekday-day", "weekday-night", "weekend-day", "weekend-night"];

/// The part of the week in which a time of China lies. A day is from 8 to 20; a night belongs to the day on which it begins.
fn part(at: NaiveDateTime) -> usize {
    let night = !(8..20).contains(&at.hour());
    let day = if at.hour() < 8 { at.date().pred_opt().unwrap_or(at.date()) } else { at.date() };
    let works = !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || place::is_working_weekend(day);
    usize::from(!works) * 2 + usize::from(night)
}

/// What check-ins say against the hours of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// Most people were there while it should be closed: so many of so many.
    Outside(usize, usize),
    /// Nobody was ever there in a part of the week in which it should be open, of so many check-ins.
    Unused(usize, usize),
}

/// A place's hours and when people checked in.
pub(super) struct Use<'a> {
    pub(super) hours: &'a Hours,
    pub(super) here: &'a [DateTime<Utc>],
}

/// In which parts of a plain week hours say that a place is open, half of the part or more.
fn parts_open(hours: &Hours, monday: NaiveDateTime) -> [bool; 4] {
    let (mut open, mut all) = ([0; 4], [0; 4]);
    for hour in 0..168 {
        let at = monday + chrono::Duration::hours(hour);
        if let (Some(all), Some(open)) = (all.get_mut(part(at)), open.get_mut(part(at))) {
            *all += 1;
            *open += i32::from(hours.open_at(at));
        }
    }
    std::array::from_fn(|p| all[p] > 0 && open[p] * 2 >= all[p])
}

/// What check-ins say against the hours of each place, in the order given. Nobody in a part of the week counts against the
/// hours only where chance would explain it in fewer than one of a hundred cases: what is expected is the share that the
/// part has of the check-ins of all places that are open then (Poisson, P(0) = e^−λ < 0.01).
pub(super) fn mismatches(places: &[Use<'_>], now: DateTime<Utc>) -> Vec<Option<Mismatch>> {
    const ENOUGH: usize = 5;
    let monday = plain_monday(china(now));
    let open: Vec<[bool; 4]> = places.iter().map(|p| parts_open(p.hours, monday)).collect();
    let by_part = |p: &Use<'_>| {
        let mut n = [0_usize; 4];
        for at in p.here {
            if let Some(n) = n.get_mut(part(china(*at))) {
                *n += 1;
            }
        }
        n
    };
    let counts: Vec<[usize; 4]> = places.iter().map(by_part).collect();
    let share: [f64; 4] = std::array::from_fn(|part| {
        let with = open.iter().zip(&counts).filter(|(open, _)| open[part]).map(|(_, n)| n);
        let (own, all) = with.fold((0, 0), |(own, all), n| (own + n[part], all + n.iter().sum::<usize>()));
        float(own) / float(all.max(1))
    });
    let look = |((place, open), n): ((&Use<'_>, &[bool; 4]), &[usize; 4])| {
        let all = place.here.len();
        let outside = place.here.iter().filter(|at| !place.hours.open_at(china(**at))).count();
        if all >= ENOUGH && outside * 2 > all {
            return Some(Mismatch::Outside(outside, all));
        }
        let unused =
            (0..4).filter(|part| open[*part] && n[*part] == 0).map(|part| (part, float(all) * share[part]));
        let unused = unused.filter(|(_, expected)| (-expected).exp() < 0.01);
        let worst = unused.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Mismatch::Unused(worst.0, all))
    };
    places.iter().zip(&open).zip(&counts).map(look).collect()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of check-ins")]
fn float(n: usize) -> f64 {
    n as f64
}

/// The next Monday at midnight after which a whole week has neither days off nor working weekends; the next one, where none has
/// within half a year.
fn plain_monday(now: NaiveDateTime) -> NaiveDateTime {
    let to_monday = 7 - now.weekday().num_days_from_monday();
    let first = now.date() + chrono::Days::new(to_monday.into());
    let plain = |monday: &chrono::NaiveDate| {
        (0..8)
            .map(|n| *monday + chrono::Days::new(n))
            .all(|d| !place::is_holiday(d) && !place::is_working_weekend(d))
    };
    let mondays = (0..26).map(|n| first + chrono::Days::new(7 * n));
    mondays.into_iter().find(plain).unwrap_or(first).and_time(chrono::NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}:00+08:00")).unwrap().to_utc()
    }

    #[test]
    fn a_place_is_known_to_be_open_only_in_hours_in_which_somebody_looked() {
        let hours = Hours::read("Mo-Fr 08:00-18:00").unwrap();
        let sights = [
            (utc("2026-11-25T08:10"), true),
            (utc("2026-11-25T08:40"), true),
            (utc("2026-11-25T11:05"), true),
            (utc("2026-11-25T11:50"), false),
            (utc("2026-11-25T20:00"), false),
            (utc("2026-11-26T09:00"), true),
        ];
        let up = uptime(Some(&hours), &sights);
        assert_eq!(
            up,
            Uptime { seen: 3, open: 2 },
            "two sights of an hour count once; after closing nothing counts"
        );
        assert_eq!(up.percent(), Some(67));
        assert_eq!(uptime(Some(&hours), &[]).percent(), None);
        assert_eq!(uptime(None, &sights).seen, 4);
    }

    #[test]
    fn the_night_belongs_to_the_day_on_which_it_begins() {
        let named = |text: &str| PARTS[part(china(utc(text)))];
        assert_eq!(named("2026-11-27T21:00"), "weekday-night");
        assert_eq!(named("2026-11-28T07:59"), "weekday-night", "the end of Friday's");
        assert_eq!(named("2026-11-28T08:00"), "weekend-day");
        assert_eq!(named("2026-11-30T03:00"), "weekend-night", "the end of Sunday's");
    }

    #[test]
    fn hours_that_no_check_in_ever_matches_are_told_from_chance() {
        let now = utc("2026-11-26T12:00");
        let at = |day: u32, hour: u32| utc(&format!("2026-11-{day:02}T{hour:02}:15"));
        let always = Hours::read("24/7").unwrap();
        let days = Hours::read("Mo-Su 08:00-20:00").unwrap();
        // Two of ten come at night where it is open at night.
        let both: Vec<_> =
            (2..22).flat_map(|d| [at(d, 9), at(d, 10), at(d, 12), at(d, 15), at(d, 22)]).collect();
        let by_day: Vec<_> = (2..22).flat_map(|d| [at(d, 9), at(d, 12), at(d, 15)]).collect();
        let few: Vec<_> = (2..6).map(|d| at(d, 9)).collect();
        let late: Vec<_> = (2..8).map(|d| at(d, 22)).collect();
        let uses = [(&always, &both), (&always, &by_day), (&days, &by_day), (&always, &few), (&days, &late)];
        let uses: Vec<Use<'_>> = uses.iter().map(|(hours, here)| Use { hours, here }).collect();
        let found = mismatches(&uses, now);
        assert_eq!(found[0], None);
        assert_eq!(found[1], Some(Mismatch::Unused(1, 60)), "nobody on weekday nights");
        assert_eq!(found[2], None, "it does not say that it is open at night");
        assert_eq!(found[3], None, "too few to say");
        assert_eq!(found[4], Some(Mismatch::Outside(6, 6)));
    }
}
