//! Sets of whole numbers as sorted ranges: what a condition on one field lets through.

use crate::typed::Cmp;

/// Inclusive ranges. INVARIANT: sorted, not empty, neither overlapping nor touching.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ranges(Vec<(i64, i64)>);

impl Ranges {
    pub(crate) fn all() -> Self {
        Self(vec![(i64::MIN, i64::MAX)])
    }

    /// Everything from `low` to `high`, both included; nothing if they are the wrong way round.
    pub(crate) fn span(low: i64, high: i64) -> Self {
        Self(if low <= high { vec![(low, high)] } else { Vec::new() })
    }

    /// The numbers that stand in a relation to `c`. `c` may lie outside the numbers themselves.
    pub(crate) fn compared(cmp: Cmp, c: i128) -> Self {
        let low = i64::try_from(c.max(i64::MIN.into()));
        let high = i64::try_from(c.min(i64::MAX.into()));
        let below = |n: i128| high_end(n).map_or_else(Self::default, |high| Self::span(i64::MIN, high));
        let above = |n: i128| low_end(n).map_or_else(Self::default, |low| Self::span(low, i64::MAX));
        match cmp {
            Cmp::Lt => below(c - 1),
            Cmp::Le => below(c),
            Cmp::Gt => above(c + 1),
            Cmp::Ge => above(c),
            Cmp::Eq | Cmp::Ne => {
                let only = match (low, high) {
                    (Ok(low), Ok(high)) => Self::span(low, high),
                    _ => Self::default(),
                };
                if cmp == Cmp::Eq { only } else { only.complement() }
            }
        }
    }

    pub(crate) fn of(values: impl IntoIterator<Item = i64>) -> Self {
        Self::joined(values.into_iter().map(|v| (v, v)).collect())
    }

    /// The positions at which the flag is set.
    pub(crate) fn flags(flags: impl IntoIterator<Item = bool>) -> Self {
        Self::of((0..).zip(flags).filter(|(_, on)| *on).map(|(at, _)| at))
    }

    fn joined(mut parts: Vec<(i64, i64)>) -> Self {
        parts.sort_unstable();
        let mut out: Vec<(i64, i64)> = Vec::new();
        for (low, high) in parts {
            match out.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => out.push((low, high)),
            }
        }
        Self(out)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn parts(&self) -> &[(i64, i64)] {
        &self.0
    }

    pub(crate) fn contains(&self, value: i64) -> bool {
        let after = self.0.partition_point(|(low, _)| *low <= value);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, high)| value <= *high)
    }

    pub(crate) fn complement(&self) -> Self {
        let mut out = Vec::new();
        let mut from = Some(i64::MIN);
        for (low, high) in &self.0 {
            if let Some(start) = from
                && start < *low
            {
                out.push((start, low - 1));
            }
            from = high.checked_add(1);
        }
        out.extend(from.map(|start| (start, i64::MAX)));
        Self(out)
    }

    pub(crate) fn intersect(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut out = Vec::new();
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let (low, high) = (x.0.max(y.0), x.1.min(y.1));
            if low <= high {
                out.push((low, high));
            }
            if x.1 < y.1 {
                a.next()
            } else {
                b.next()
            };
        }
        Self(out)
    }

    /// The members that lie nearest to `value`: at most one below it and one above.
    pub(crate) fn nearest(&self, value: i64) -> [Option<i64>; 2] {
        if self.contains(value) {
            return [Some(value), None];
        }
        let below = self.0.iter().rev().find(|(_, high)| *high < value).map(|(_, high)| *high);
        let above = self.0.iter().find(|(low, _)| *low > value).map(|(low, _)| *low);
        [below, above]
    }
}

fn low_end(n: i128) -> Option<i64> {
    i64::try_from(n.max(i64::MIN.into())).ok()
}

fn high_end(n: i128) -> Option<i64> {
    i64::try_from(n.min(i64::MAX.into())).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some() -> impl Strategy<Value = Ranges> {
        proptest::collection::vec((-20_i64..20, 0_i64..6), 0..5)
            .prop_map(|parts| Ranges::joined(parts.into_iter().map(|(low, n)| (low, low + n)).collect()))
    }

    proptest! {
        #[test]
        fn sets_behave_as_sets(a in some(), b in some(), n in -30_i64..30) {
            prop_assert_eq!(a.complement().contains(n), !a.contains(n));
            prop_assert_eq!(&a.complement().complement(), &a);
            prop_assert_eq!(a.intersect(&b).contains(n), a.contains(n) && b.contains(n));
            prop_assert!(a.intersect(&a.complement()).is_empty());
            for near in a.nearest(n).into_iter().flatten() {
                prop_assert!(a.contains(near));
            }
        }

        #[test]
        fn comparisons_hold_for_their_members(n in -5_i64..5, c in -5_i64..5) {
            for cmp in [Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge] {
                prop_assert_eq!(Ranges::compared(cmp, c.into()).contains(n), cmp.holds(&n, &c));
            }
        }
    }

    #[test]
    fn the_ends_of_the_numbers_are_kept() {
        assert!(Ranges::compared(Cmp::Gt, i64::MAX.into()).is_empty());
        assert_eq!(Ranges::compared(Cmp::Lt, i128::from(i64::MAX) + 5), Ranges::all());
        assert!(Ranges::compared(Cmp::Eq, i128::from(i64::MAX) + 5).is_empty());
        assert_eq!(Ranges::of([i64::MIN, i64::MAX]).complement().parts(), [(i64::MIN + 1, i64::MAX - 1)]);
    }
}
