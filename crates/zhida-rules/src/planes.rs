//! Whole numbers stored bit by bit: plane *k* holds bit *k* of every row, so that a comparison with a constant is one
//! operation a plane for 64 rows (vertical bit-parallel storage: Li & Patel, `BitWeaving`, SIGMOD 2013,
//! doi:10.1145/2463676.2465322).

#![expect(
    clippy::inline_always,
    reason = "the wide instructions that are dispatched to reach only what is inlined"
)]

use std::collections::BTreeMap;

use crate::ranges::Ranges;

/// Words in a chunk: 4,096 rows.
pub(crate) const WORDS: usize = 64;

/// A bit a row, padded with zeros to whole chunks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plane(Vec<u64>);

impl Plane {
    pub(crate) fn zeros(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(WORDS * 64) * WORDS])
    }

    /// Makes room for a row at `row`.
    fn reach(&mut self, row: usize) {
        if row / 64 >= self.0.len() {
            self.0.resize((row / (WORDS * 64) + 1) * WORDS, 0);
        }
    }

    pub(crate) fn get(&self, row: usize) -> bool {
        self.0.get(row / 64).is_some_and(|w| w >> (row % 64) & 1 == 1)
    }

    pub(crate) fn set(&mut self, row: usize, bit: bool) {
        self.reach(row);
        if let Some(word) = self.0.get_mut(row / 64) {
            let mask = 1 << (row % 64);
            *word = if bit { *word | mask } else { *word & !mask };
        }
    }

    /// Sets the bit of a row that is new, whose bit is therefore still 0.
    pub(crate) fn append(&mut self, row: usize, bit: bool) {
        self.reach(row);
        if let Some(word) = self.0.get_mut(row / 64) {
            *word |= u64::from(bit) << (row % 64);
        }
    }

    /// `W` words from word `at` on; `None` behind the end.
    #[inline]
    pub(crate) fn words<const W: usize>(&self, at: usize) -> Option<&[u64; W]> {
        self.0.get(at..)?.first_chunk()
    }
}

/// A column of whole numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Planes {
    /// Rows hold `value - base`, so that columns with numbers below 0 need no sign.
    base: i64,
    planes: Vec<Plane>,
    known: Plane,
    rows: usize,
}

impl Planes {
    pub(crate) fn known(&self) -> &Plane {
        &self.known
    }

    pub(crate) fn planes(&self) -> &[Plane] {
        &self.planes
    }

    pub(crate) fn push(&mut self, value: Option<i64>) {
        let row = self.rows;
        self.rows += 1;
        let shifted = value.map_or(0, |v| self.fit(v));
        for (k, plane) in self.planes.iter_mut().enumerate() {
            plane.append(row, shifted >> k & 1 == 1);
        }
        self.known.append(row, value.is_some());
    }

    pub(crate) fn set(&mut self, row: usize, value: Option<i64>) {
        let shifted = value.map_or(0, |v| self.fit(v));
        for (k, plane) in self.planes.iter_mut().enumerate() {
            plane.set(row, shifted >> k & 1 == 1);
        }
        self.known.set(row, value.is_some());
    }

    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        self.known.get(row).then(|| {
            let bits = self.planes.iter().enumerate().map(|(k, plane)| u64::from(plane.get(row)) << k);
            self.base.wrapping_add_unsigned(bits.fold(0, |all, bit| all | bit))
        })
    }

    /// Makes the column wide enough for a value, and gives what a row stores for it.
    fn fit(&mut self, value: i64) -> u64 {
        if value < self.base {
            let base = if value < -(1 << 62) {
                i64::MIN
            } else {
                -(value.unsigned_abs().next_power_of_two().cast_signed())
            };
            let mut wider = Self { base, ..Self::default() };
            // A row that is being added has been counted already; it is unknown until its bits are set.
            (0..self.rows).for_each(|row| wider.push(self.get(row)));
            *self = wider;
        }
        let shifted = value.wrapping_sub(self.base).cast_unsigned();
        while self.planes.len() < 64 && shifted >> self.planes.len() != 0 {
            self.planes.push(Plane::zeros(self.rows));
        }
        shifted
    }

    /// The values of 64 rows a word, those that are unknown as `base`.
    #[inline(always)]
    pub(crate) fn values<const W: usize>(&self, at: usize, out: &mut [i64]) {
        out.fill(self.base);
        for (k, plane) in self.planes.iter().enumerate() {
            let Some(words) = plane.words::<W>(at) else { continue };
            for (rows, word) in out.chunks_exact_mut(64).zip(words) {
                for (bit, slot) in rows.iter_mut().enumerate() {
                    *slot = slot.wrapping_add(((word >> bit & 1) << k).cast_signed());
                }
            }
        }
    }

    /// What has to be computed to know which rows lie within `ranges`.
    pub(crate) fn program(&self, ranges: &Ranges) -> Program {
        let bits = self.planes.len();
        let top = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        let highest = self.base.checked_add_unsigned(top).unwrap_or(i64::MAX);
        let inside = ranges.intersect(&Ranges::span(self.base, highest));
        let shift = |v: i64| v.wrapping_sub(self.base).cast_unsigned();
        let parts: Vec<(u64, u64)> = inside.parts().iter().map(|(a, b)| (shift(*a), shift(*b))).collect();
        Program::new(bits, &parts)
    }
}

/// Bits in a half of a value that is decoded.
pub(crate) const HALF: usize = 4;
/// What a half can be.
pub(crate) const HALVES: usize = 1 << HALF;

/// Where a branch of a decision leads: [`NEVER`], [`ALWAYS`], or the step with that number, counted from 2.
pub(crate) type Target = usize;
pub(crate) const NEVER: Target = 0;
pub(crate) const ALWAYS: Target = 1;

/// One decision: by the bit of a plane to one of two places, both decided before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) plane: usize,
    pub(crate) low: Target,
    pub(crate) high: Target,
}

/// A reduced ordered binary decision diagram over the planes of a column (Bryant 1986, doi:10.1109/TC.1986.1676819).
#[derive(Clone, Debug)]
pub(crate) enum Program {
    Constant(bool),
    /// Each step looks only at the one before: with `x` the plane's word, `inverse` and `mask` all ones or none,
    /// `y = x ^ inverse` and `r = (r & y) | (mask & (r | y))`, beginning with `start`.
    Chain {
        start: u64,
        links: Vec<Link>,
    },
    /// Two chains that must both let a row through: a range with two ends.
    Both {
        starts: [u64; 2],
        links: [Vec<Link>; 2],
    },
    /// Some of at most 256 values: for each upper half of the bits the lower halves that go with it. The halves are
    /// decoded once for all lists of a column.
    List(Vec<(usize, Vec<usize>)>),
    /// The last step is the root.
    Diagram(Vec<Step>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) plane: usize,
    pub(crate) inverse: u64,
    pub(crate) mask: u64,
}

impl Program {
    fn new(bits: usize, parts: &[(u64, u64)]) -> Self {
        let mut building = Building::default();
        match building.decide(bits, 0, parts) {
            NEVER => Self::Constant(false),
            ALWAYS => Self::Constant(true),
            _ => building
                .chain()
                .or_else(|| Self::both(bits, parts))
                .or_else(|| Self::list(bits, parts))
                .unwrap_or(Self::Diagram(building.steps)),
        }
    }

    fn both(bits: usize, parts: &[(u64, u64)]) -> Option<Self> {
        let [(low, high)] = parts else { return None };
        let chain = |part: (u64, u64)| match Self::new(bits, &[part]) {
            Self::Chain { start, links } => Some((start, links)),
            _ => None,
        };
        let top = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        let (a, b) = (chain((*low, top))?, chain((0, *high))?);
        Some(Self::Both { starts: [a.0, b.0], links: [a.1, b.1] })
    }

    fn list(bits: usize, parts: &[(u64, u64)]) -> Option<Self> {
        if bits > 2 * HALF {
            return None;
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for value in parts.iter().flat_map(|(low, high)| *low..=*high) {
            let value = usize::try_from(value).ok()?;
            groups.entry(value >> HALF).or_default().push(value & (HALVES - 1));
        }
        Some(Self::List(groups.into_iter().collect()))
    }

    /// How many operations a word of 64 rows takes.
    pub(crate) fn cost(&self) -> usize {
        match self {
            Self::Constant(_) => 0,
            Self::Chain { links, .. } => links.len(),
            Self::Both { links: [a, b], .. } => a.len() + b.len(),
            Self::List(groups) => groups.iter().map(|(_, low)| low.len() + 1).sum(),
            Self::Diagram(steps) => steps.len() * 3,
        }
    }
}

#[derive(Default)]
struct Building {
    steps: Vec<Step>,
    index: BTreeMap<Step, usize>,
}

impl Building {
    /// The decision for numbers from `from` on that have `bits` bits left, let through by sorted ranges.
    fn decide(&mut self, bits: usize, from: u64, parts: &[(u64, u64)]) -> Target {
        let width = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        let to = from | width;
        let first = parts.partition_point(|(_, high)| *high < from);
        let last = parts.partition_point(|(low, _)| *low <= to);
        let parts = parts.get(first..last).unwrap_or_default();
        match parts {
            [] => return NEVER,
            [(low, high), ..] if *low <= from && *high >= to => return ALWAYS,
            _ => {}
        }
        let Some(plane) = bits.checked_sub(1) else { return ALWAYS };
        let low = self.decide(plane, from, parts);
        let high = self.decide(plane, from | 1 << plane, parts);
        if low == high {
            return low;
        }
        let step = Step { plane, low, high };
        *self.index.entry(step).or_insert_with(|| {
            self.steps.push(step);
            self.steps.len() + 1
        })
    }

    fn chain(&self) -> Option<Program> {
        let mut links = Vec::with_capacity(self.steps.len());
        let mut start = 0;
        for (at, step) in self.steps.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| before + 2);
            let (inverse, mask, from) = match (step.low, step.high) {
                (NEVER, ALWAYS) => (0, 0, u64::MAX),
                (ALWAYS, NEVER) => (u64::MAX, 0, u64::MAX),
                (NEVER, r) if Some(r) == before => (0, 0, 0),
                (r, NEVER) if Some(r) == before => (u64::MAX, 0, 0),
                (ALWAYS, r) if Some(r) == before => (u64::MAX, u64::MAX, 0),
                (r, ALWAYS) if Some(r) == before => (0, u64::MAX, 0),
                _ => return None,
            };
            if at == 0 {
                start = from;
            } else if before.is_none_or(|b| step.low != b && step.high != b) {
                return None;
            }
            links.push(Link { plane: step.plane, inverse, mask });
        }
        Some(Program::Chain { start, links })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A program run on one row.
    fn passes(program: &Program, planes: &Planes, row: usize) -> bool {
        let bit = |plane: usize| if planes.planes[plane].get(row) { u64::MAX } else { 0 };
        match program {
            Program::Constant(b) => *b,
            Program::Chain { start, links } => {
                let mut r = *start;
                for link in links {
                    let y = bit(link.plane) ^ link.inverse;
                    r = (r & y) | (link.mask & (r | y));
                }
                r == u64::MAX
            }
            Program::Both { starts, links } => starts.iter().zip(links).all(|(start, links)| {
                passes(&Program::Chain { start: *start, links: links.clone() }, planes, row)
            }),
            Program::List(groups) => {
                let value = (0..planes.planes.len()).fold(0, |v, k| v | usize::from(bit(k) != 0) << k);
                groups
                    .iter()
                    .any(|(high, low)| *high == value >> HALF && low.contains(&(value & (HALVES - 1))))
            }
            Program::Diagram(steps) => {
                let mut at = steps.len() + 1;
                while at > ALWAYS {
                    let step = &steps[at - 2];
                    at = if bit(step.plane) != 0 { step.high } else { step.low };
                }
                at == ALWAYS
            }
        }
    }

    proptest! {
        #[test]
        fn columns_keep_their_values_and_programs_find_them(
            values in proptest::collection::vec(proptest::option::of(prop_oneof![-40_i64..40, any::<i64>()]), 1..80),
            list in proptest::collection::vec(-40_i64..40, 0..6),
            from in -40_i64..40,
        ) {
            let mut planes = Planes::default();
            for v in &values {
                planes.push(*v);
            }
            for ranges in [Ranges::of(list), Ranges::span(from, i64::MAX), Ranges::span(i64::MIN, from), Ranges::all()] {
                let program = planes.program(&ranges);
                for (row, value) in values.iter().enumerate() {
                    prop_assert_eq!(planes.get(row), *value);
                    if let Some(v) = value {
                        prop_assert_eq!(passes(&program, &planes, row), ranges.contains(*v), "{:?} {}", ranges, v);
                    }
                }
            }
            let mut out = vec![0; 4_096];
            planes.values::<WORDS>(0, &mut out);
            for (value, found) in values.iter().zip(&out) {
                prop_assert!(value.is_none_or(|v| v == *found));
            }
        }
    }
}
