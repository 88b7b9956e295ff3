//! Points in the squares of a grid: what is near, and the nearest so many.

use crate::metric::{EARTH, Metric, haversine};

/// Points sorted by the square they lie in.
pub(crate) struct Grid {
    low: [f64; 2],
    size: [f64; 2],
    squares: [usize; 2],
    begin: Vec<u32>,
    points: Vec<u32>,
    /// For degrees: the cosine of the highest latitude, and the detour.
    sphere: Option<(f64, f64)>,
}

#[expect(clippy::cast_precision_loss, reason = "counts of points and squares")]
fn float(n: usize) -> f64 {
    n as f64
}

impl Grid {
    /// The sites of a metric, about two a square; `None` for a matrix, which has no places.
    pub(crate) fn of_sites(metric: &Metric) -> Option<Self> {
        match metric {
            Metric::Plane { sites, demand, .. } => Some(Self::new(sites, demand, None)),
            Metric::Sphere { sites, demand, detour } => {
                let highest = sites.iter().chain(demand).map(|p| p[1].abs()).fold(0.0, f64::max);
                Some(Self::new(sites, demand, Some((highest.min(89.9).to_radians().cos(), *detour))))
            }
            Metric::Matrix { .. } | Metric::Ways { .. } => None,
        }
    }

    /// A grid over the points and those who will ask for what is near them.
    fn new(points: &[[f64; 2]], asking: &[[f64; 2]], sphere: Option<(f64, f64)>) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for p in points.iter().chain(asking) {
            for axis in 0..2 {
                low[axis] = low[axis].min(p[axis]);
                high[axis] = high[axis].max(p[axis]);
            }
        }
        if points.is_empty() {
            (low, high) = ([0.0; 2], [0.0; 2]);
        }
        let longer = (high[0] - low[0]).max(high[1] - low[1]).max(1e-9);
        let span = [(high[0] - low[0]).max(longer / 1_000.0), (high[1] - low[1]).max(longer / 1_000.0)];
        let wanted = (float(points.len()) / 2.0).max(1.0);
        let side = (span[0] * span[1] / wanted).sqrt();
        let count = |axis: usize| -> usize {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let n = (span[axis] / side).ceil().clamp(1.0, 4_096.0) as usize;
            n
        };
        let squares = [count(0), count(1)];
        let size = [span[0] / float(squares[0]), span[1] / float(squares[1])];
        let mut grid = Self { low, size, squares, begin: Vec::new(), points: Vec::new(), sphere };
        let own: Vec<usize> = points.iter().map(|p| grid.square(*p)).collect();
        let mut begin = vec![0_u32; squares[0] * squares[1] + 1];
        for s in &own {
            begin[s + 1] += 1;
        }
        for s in 0..squares[0] * squares[1] {
            begin[s + 1] += begin[s];
        }
        let mut at = begin.clone();
        grid.points = vec![0; points.len()];
        for (point, s) in (0_u32..).zip(&own) {
            grid.points[at[*s] as usize] = point;
            at[*s] += 1;
        }
        grid.begin = begin;
        grid
    }

    fn along(&self, axis: usize, value: f64) -> isize {
        #[expect(clippy::cast_possible_truncation, reason = "a place outside is cut to the grid's edge")]
        let at = ((value - self.low[axis]) / self.size[axis]).floor() as isize;
        at
    }

    fn inside(&self, axis: usize, at: isize) -> usize {
        usize::try_from(at).unwrap_or(0).min(self.squares[axis] - 1)
    }

    fn square(&self, p: [f64; 2]) -> usize {
        self.inside(1, self.along(1, p[1])) * self.squares[0] + self.inside(0, self.along(0, p[0]))
    }

    /// The least distance of what is further than this in coordinates along some axis.
    fn least(&self, beyond: [f64; 2]) -> f64 {
        match self.sphere {
            None => beyond[0].min(beyond[1]),
            Some((cosine, detour)) => {
                let lon = 2.0 * EARTH * (cosine * (beyond[0].to_radians() / 2.0).sin().abs()).min(1.0).asin();
                lon.min(beyond[1].to_radians() * EARTH) * detour
            }
        }
    }

    /// The nearest `count` sites of a demand point, with their distances, nearest first, equal ones by number.
    pub(crate) fn nearest(
        &self,
        metric: &Metric,
        (demand, place): (usize, [f64; 2]),
        count: usize,
        into: &mut Vec<(f64, u32)>,
    ) {
        let mut far = |site: u32| Some(metric.distance(demand, site as usize));
        self.walk(place, (count, f64::INFINITY), &mut far, into);
    }

    /// Goes outward from a place, ring of squares by ring, until the nearest `count` of those with a distance are sure, or
    /// until all that is left is further than `within`.
    fn walk(
        &self,
        place: [f64; 2],
        (count, within): (usize, f64),
        far: &mut dyn FnMut(u32) -> Option<f64>,
        into: &mut Vec<(f64, u32)>,
    ) {
        into.clear();
        let centre = [self.along(0, place[0]), self.along(1, place[1])];
        // From outside, the first ring that meets the grid; the last one that does.
        let last = |axis: usize| isize::try_from(self.squares[axis]).unwrap_or(isize::MAX) - 1;
        let before = |axis: usize| (-centre[axis]).max(centre[axis] - last(axis)).max(0);
        let beyond = |axis: usize| centre[axis].abs().max((centre[axis] - last(axis)).abs());
        let first = before(0).max(before(1));
        for ring in first..=beyond(0).max(beyond(1)) {
            let rows = (centre[1] - ring).max(0)..=(centre[1] + ring).min(last(1));
            for y in rows {
                let Ok(row) = usize::try_from(y) else { continue };
                let whole = y == centre[1] - ring || y == centre[1] + ring;
                let step = if whole { 1 } else { (2 * ring).max(1) };
                let mut x = centre[0] - ring;
                if whole {
                    x = x.max(0);
                }
                while x <= (centre[0] + ring).min(last(0)) {
                    if let Ok(column) = usize::try_from(x) {
                        let square = row * self.squares[0] + column;
                        let range = self.begin[square] as usize..self.begin[square + 1] as usize;
                        for site in &self.points[range] {
                            if let Some(far) = far(*site) {
                                into.push((far, *site));
                            }
                        }
                    }
                    x += step;
                }
            }
            if into.len() >= count || within.is_finite() {
                let ahead = |axis: usize| {
                    #[expect(clippy::cast_precision_loss, reason = "counts of squares")]
                    let edge = |at: isize| self.low[axis] + at as f64 * self.size[axis];
                    let below = place[axis] - edge(centre[axis] - ring);
                    let above = edge(centre[axis] + ring + 1) - place[axis];
                    below.min(above).max(0.0)
                };
                let safe = self.least([ahead(0), ahead(1)]) - 0.5;
                if safe > within {
                    break;
                }
                if into.len() < count {
                    continue;
                }
                into.select_nth_unstable_by(count - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                if into[count - 1].0 < safe {
                    break;
                }
            }
        }
        into.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        into.truncate(count);
    }
}

/// Places on the earth, to be asked which of them are nearest.
///
/// Longitude and latitude in degrees, WGS 84; distances are great circles in metres.
pub struct Nearest {
    grid: Grid,
    points: Vec<[f64; 2]>,
}

impl std::fmt::Debug for Nearest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nearest({} places)", self.points.len())
    }
}

impl Nearest {
    /// An index of places, by their number in the list.
    pub fn new(points: Vec<[f64; 2]>) -> Self {
        let highest = points.iter().map(|p| p[1].abs()).fold(0.0, f64::max);
        // Who asks may stand further from the equator than any place, where a degree of longitude is shorter.
        let cosine = (highest + 5.0).min(89.9).to_radians().cos();
        Self { grid: Grid::new(&points, &[], Some((cosine, 1.0))), points }
    }

    /// The `count` nearest of the places that are wanted, no further than `within` metres: metres and number, nearest first,
    /// equal ones by number.
    pub fn find(
        &self,
        at: [f64; 2],
        count: usize,
        within: f64,
        wanted: &mut dyn FnMut(usize) -> bool,
    ) -> Vec<(f64, usize)> {
        if count == 0 || self.points.is_empty() || !(at[0].is_finite() && at[1].is_finite()) {
            return Vec::new();
        }
        let mut into = Vec::new();
        let mut far = |site: u32| {
            let metres = haversine(at, self.points[site as usize]);
            (metres <= within && wanted(site as usize)).then_some(metres)
        };
        if (at[0] - self.grid.low[0]).abs() > 90.0 {
            // Half the world away the grid's edges say nothing: all are asked.
            into.extend((0_u32..).take(self.points.len()).filter_map(|site| far(site).map(|m| (m, site))));
            into.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            into.truncate(count);
        } else {
            self.grid.walk(at, (count, within), &mut far, &mut into);
        }
        into.into_iter().map(|(metres, site)| (metres, site as usize)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_those_that_a_plain_search_finds() {
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            #[expect(clippy::cast_precision_loss, reason = "a number from 0 to 1")]
            let part = (seed >> 40) as f64 / f64::from(1_u32 << 24);
            part
        };
        let mut points: Vec<[f64; 2]> =
            (0..3_000).map(|_| [118.0 + 5.0 * next(), 27.0 + 4.0 * next()]).collect();
        points.extend([[120.0, 30.0]; 200]);
        let index = Nearest::new(points.clone());
        let mut asks: Vec<[f64; 2]> = (0..200).map(|_| [117.0 + 7.0 * next(), 26.0 + 6.0 * next()]).collect();
        asks.extend([[120.0, 30.0], [116.4, 39.9], [0.0, 0.0], [-70.0, -50.0], [179.9, 80.0]]);
        for at in asks {
            for (count, within) in [(1, f64::INFINITY), (7, f64::INFINITY), (25, 30_000.0), (300, 500_000.0)]
            {
                let mut wanted = |site: usize| !site.is_multiple_of(3);
                let mut plain: Vec<(f64, usize)> = points
                    .iter()
                    .enumerate()
                    .map(|(site, p)| (haversine(at, *p), site))
                    .filter(|(far, site)| wanted(*site) && *far <= within)
                    .collect();
                plain.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                plain.truncate(count);
                assert_eq!(index.find(at, count, within, &mut wanted), plain, "{at:?} {count} {within}");
            }
        }
        assert!(Nearest::new(Vec::new()).find([120.0, 30.0], 3, 1e9, &mut |_| true).is_empty());
    }
}
