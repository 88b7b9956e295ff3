//! Points in the squares of a grid: what is near, and the nearest so many.

use crate::metric::{EARTH, Metric};

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
        into.clear();
        let centre = [self.along(0, place[0]), self.along(1, place[1])];
        let limit = isize::try_from(self.squares[0].max(self.squares[1])).unwrap_or(isize::MAX);
        for ring in 0..=limit {
            for y in centre[1] - ring..=centre[1] + ring {
                let Some(row) = usize::try_from(y).ok().filter(|y| *y < self.squares[1]) else { continue };
                let whole = y == centre[1] - ring || y == centre[1] + ring;
                let step = if whole { 1 } else { (2 * ring).max(1) };
                let mut x = centre[0] - ring;
                while x <= centre[0] + ring {
                    if let Some(column) = usize::try_from(x).ok().filter(|x| *x < self.squares[0]) {
                        let square = row * self.squares[0] + column;
                        let range = self.begin[square] as usize..self.begin[square + 1] as usize;
                        for site in &self.points[range] {
                            into.push((metric.distance(demand, *site as usize), *site));
                        }
                    }
                    x += step;
                }
            }
            if into.len() >= count {
                let ahead = |axis: usize| {
                    #[expect(clippy::cast_precision_loss, reason = "counts of squares")]
                    let edge = |at: isize| self.low[axis] + at as f64 * self.size[axis];
                    let below = place[axis] - edge(centre[axis] - ring);
                    let above = edge(centre[axis] + ring + 1) - place[axis];
                    below.min(above).max(0.0)
                };
                let safe = self.least([ahead(0), ahead(1)]) - 0.5;
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
