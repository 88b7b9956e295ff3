//! The planned curve: how much of the target is to be done by which day.

use zhida_types::Day;

/// Points of the curve: days and percent of the target, ascending; nothing before the first day, all on the last.
pub(super) type Points = Vec<(Day, i64)>;

/// Reads the points of the table, in order; points that go back are left out.
pub(super) fn read(json: &str) -> Points {
    let mut points: Points = serde_json::from_str(json).unwrap_or_default();
    points.sort_unstable();
    points
}

/// Thousandths of the target that are planned by the end of a day: along straight lines from nothing on the first day
/// through the points to all on the last.
pub(super) fn planned(points: &[(Day, i64)], from: Day, until: Day, day: Day) -> i64 {
    if day >= until {
        return 1_000;
    }
    if day <= from {
        return 0;
    }
    let mut left = (from, 0_i64);
    let last = (until, 1_000_i64);
    let inner = points.iter().map(|(d, percent)| (*d, (percent * 10).clamp(0, 1_000)));
    for right in inner.filter(|(d, _)| *d > from && *d < until).chain([last]) {
        if day <= right.0 {
            let span = i64::from(right.0.epoch() - left.0.epoch()).max(1);
            let gone = i64::from(day.epoch() - left.0.epoch());
            return left.1 + (right.1 - left.1) * gone / span;
        }
        left = right;
    }
    1_000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn a_curve_goes_through_its_points() {
        let points = vec![(day("2024-06-30"), 40), (day("2024-09-30"), 75)];
        let at = |d: &str| planned(&points, day("2024-01-01"), day("2024-12-31"), day(d));
        assert_eq!(
            (at("2024-01-01"), at("2024-06-30"), at("2024-09-30"), at("2024-12-31")),
            (0, 400, 750, 1_000)
        );
        assert!((195..=205).contains(&at("2024-03-31")), "half way to 40 %: {}", at("2024-03-31"));
        assert_eq!(planned(&[], day("2024-01-01"), day("2024-01-11"), day("2024-01-06")), 500);
    }

    proptest! {
        #[test]
        fn a_rising_curve_never_falls(mut percents in proptest::collection::vec(0_i64..=100, 0..5), a in 0_i64..400, b in 0_i64..400) {
            percents.sort_unstable();
            let from = day("2024-01-01");
            let points: Points =
                percents.iter().enumerate().map(|(i, p)| (from.plus_days(30 * (i64::try_from(i).unwrap() + 1)), *p)).collect();
            let at = |n: i64| planned(&points, from, from.plus_days(365), from.plus_days(n));
            prop_assert!(at(a.min(b)) <= at(a.max(b)));
        }
    }
}
