//! Which points lie within reach of which sites. Points are kept in an order in which a site's points are long runs, so that
//! a sum over them is a few differences of running sums.

use rayon::prelude::*;

use crate::metric::{EARTH, Metric};

/// The points that each site covers: eight bytes a run of points that stand one after the other, four bytes a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The runs of site `j` are `begin[j]..begin[j + 1]`.
    begin: Vec<usize>,
    runs: Vec<(u32, u32)>,
    /// Which point stands in each place.
    order: Vec<u32>,
    pairs: usize,
}

impl Cover {
    /// What lies within a radius, in the metric's unit; each point may have one of its own (by its index). A distance
    /// equal to the radius is within it.
    pub fn within(metric: &Metric, radius: &(dyn Fn(usize) -> f64 + Sync)) -> Self {
        if let Some(strips) = Strips::new(metric, radius) {
            let column = |j: usize| strips.column(metric, radius, j);
            let columns: Vec<Vec<(u32, u32)>> = (0..metric.sites()).into_par_iter().map(column).collect();
            return Self::of_runs(columns, strips.order);
        }
        if let Metric::Ways { columns, demand, .. } = metric {
            let near = |column: &Vec<(u32, f64)>| {
                column.iter().filter(|(i, far)| *far <= radius(*i as usize)).map(|(i, _)| *i).collect()
            };
            return Self::of_columns(columns.iter().map(near).collect(), *demand);
        }
        let points = u32::try_from(metric.demand()).unwrap_or(u32::MAX);
        let column = |j: usize| -> Vec<u32> {
            (0..points).filter(|i| metric.distance(*i as usize, j) <= radius(*i as usize)).collect()
        };
        Self::of_columns((0..metric.sites()).into_par_iter().map(column).collect(), metric.demand())
    }

    /// For each site the points that it covers; there are so many points.
    pub fn of_columns(columns: Vec<Vec<u32>>, points: usize) -> Self {
        let runs = columns.into_iter().map(|mut column| {
            column.sort_unstable();
            column.dedup();
            let mut runs = Vec::new();
            for i in column {
                push(&mut runs, i);
            }
            runs
        });
        Self::of_runs(runs.collect(), (0..u32::try_from(points).unwrap_or(u32::MAX)).collect())
    }

    /// Only the pairs of a point and a site that serves it: by hours, say.
    #[must_use]
    pub fn keep(&self, serves: &(dyn Fn(usize, usize) -> bool + Sync)) -> Self {
        let column = |j: usize| self.column(j).filter(|i| serves(*i as usize, j)).collect();
        Self::of_columns((0..self.sites()).into_par_iter().map(column).collect(), self.points())
    }

    fn of_runs(columns: Vec<Vec<(u32, u32)>>, order: Vec<u32>) -> Self {
        let total = columns.iter().map(Vec::len).sum();
        let mut cover = Self { begin: vec![0], runs: Vec::with_capacity(total), order, pairs: 0 };
        for column in columns {
            cover.pairs += column.iter().map(|(from, to)| (to - from) as usize).sum::<usize>();
            cover.runs.extend(column);
            cover.begin.push(cover.runs.len());
        }
        cover
    }

    /// The number of points.
    pub fn points(&self) -> usize {
        self.order.len()
    }

    /// The number of sites.
    pub fn sites(&self) -> usize {
        self.begin.len() - 1
    }

    /// The number of pairs of a site and a point that it covers.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// The number of runs of points: eight bytes each.
    pub fn runs_in_all(&self) -> usize {
        self.runs.len()
    }

    /// The points that a site covers, by their own numbers, in no order.
    pub fn column(&self, site: usize) -> impl Iterator<Item = u32> + '_ {
        self.places(site).map(|place| self.order[place])
    }

    /// Which point stands in each place.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    pub(crate) fn runs(&self, site: usize) -> &[(u32, u32)] {
        &self.runs[self.begin[site]..self.begin[site + 1]]
    }

    /// The places of the points that a site covers.
    pub(crate) fn places(&self, site: usize) -> impl Iterator<Item = usize> + '_ {
        self.runs(site).iter().flat_map(|(from, to)| *from as usize..*to as usize)
    }

    /// Whether runs are so long that running sums are worth their while.
    pub(crate) fn is_long(&self) -> bool {
        self.pairs > 4 * self.runs.len()
    }

    /// Less what the multipliers of each site's points add up to, by places.
    pub(crate) fn sums(&self, lambda: &[f64], into: &mut [f64]) {
        if self.is_long() {
            let mut sums = Vec::with_capacity(lambda.len() + 1);
            let mut sum = 0.0;
            sums.push(sum);
            sums.extend(lambda.iter().map(|u| {
                sum += u;
                sum
            }));
            let one = |j: usize| {
                let runs = self.runs(j).iter();
                runs.map(|(from, to)| sums[*from as usize] - sums[*to as usize]).sum::<f64>()
            };
            into.par_iter_mut().with_min_len(256).enumerate().for_each(|(j, r)| *r = one(j));
        } else {
            let one = |j: usize| -self.places(j).map(|i| lambda[i]).sum::<f64>();
            into.par_iter_mut().with_min_len(256).enumerate().for_each(|(j, r)| *r = one(j));
        }
    }

    /// Takes 1 from the place of each point for every chosen site that covers it.
    pub(crate) fn take(&self, chosen: &[u32], slope: &mut [f64]) {
        for j in chosen {
            for (from, to) in self.runs(*j as usize) {
                slope[*from as usize..*to as usize].iter_mut().for_each(|s| *s -= 1.0);
            }
        }
    }

    /// Values by the points' own numbers, from those by their places.
    pub(crate) fn by_point(&self, placed: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; self.points()];
        for (i, value) in self.order.iter().zip(placed) {
            values[*i as usize] = *value;
        }
        values
    }

    /// The sites that cover the point in each place, ascending.
    pub(crate) fn rows(&self) -> Vec<Vec<u32>> {
        let mut rows = vec![Vec::new(); self.points()];
        for (j, site) in (0..self.sites()).zip(0_u32..) {
            self.places(j).for_each(|place| rows[place].push(site));
        }
        rows
    }
}

fn push(runs: &mut Vec<(u32, u32)>, place: u32) {
    match runs.last_mut() {
        Some((_, to)) if *to == place => *to += 1,
        _ => runs.push((place, place + 1)),
    }
}

/// Points in horizontal strips, from left to right in each.
struct Strips {
    low: f64,
    height: f64,
    begin: Vec<usize>,
    order: Vec<u32>,
    /// The first coordinate of the point in each place.
    x: Vec<f64>,
    /// The least and the largest radius.
    radii: (f64, f64),
    /// Whether coordinates are degrees.
    sphere: bool,
}

impl Strips {
    fn new(metric: &Metric, radius: &dyn Fn(usize) -> f64) -> Option<Self> {
        let (points, sphere) = match metric {
            Metric::Plane { demand, .. } => (demand, false),
            Metric::Sphere { demand, .. } => (demand, true),
            Metric::Matrix { .. } | Metric::Ways { .. } => return None,
        };
        let radii =
            (0..points.len()).map(radius).fold((f64::INFINITY, 0.0), |(l, h), r| (r.min(l), r.max(h)));
        let edges = |(l, h): (f64, f64), p: &[f64; 2]| (p[1].min(l), p[1].max(h));
        let (low, high) = points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), edges);
        #[expect(clippy::cast_precision_loss, reason = "a count of points")]
        let wanted = (points.len() as f64).sqrt().ceil().clamp(1.0, 65_536.0);
        let height = ((high - low) / wanted).max(1e-12);
        let strip = |p: &[f64; 2]| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the strips")]
            let at = ((p[1] - low) / height).floor().clamp(0.0, wanted) as usize;
            at
        };
        let mut order: Vec<u32> = (0..u32::try_from(points.len()).unwrap_or(u32::MAX)).collect();
        order.par_sort_unstable_by(|a, b| {
            let (p, q) = (&points[*a as usize], &points[*b as usize]);
            strip(p).cmp(&strip(q)).then(p[0].total_cmp(&q[0])).then(a.cmp(b))
        });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 65,536")]
        let mut begin = vec![0_usize; wanted as usize + 2];
        for p in points {
            begin[strip(p) + 1] += 1;
        }
        for s in 1..begin.len() {
            begin[s] += begin[s - 1];
        }
        let x = order.iter().map(|i| points[*i as usize][0]).collect();
        Some(Self { low, height, begin, order, x, radii, sphere })
    }

    fn column(&self, metric: &Metric, radius: &(dyn Fn(usize) -> f64 + Sync), j: usize) -> Vec<(u32, u32)> {
        let mut runs = Vec::new();
        let (centre, detour) = match metric {
            Metric::Plane { sites, .. } => (sites[j], 1.0),
            Metric::Sphere { sites, detour, .. } => (sites[j], *detour),
            Metric::Matrix { .. } | Metric::Ways { .. } => return runs,
        };
        // A rounded distance may be half a unit off the true one.
        let slack = if metric.is_whole() { 0.5 } else { 0.0 };
        let (inner, outer) = ((self.radii.0 - slack) / detour, (self.radii.1 + slack) / detour);
        let north = if self.sphere { (outer / EARTH).to_degrees() * (1.0 + 1e-9) } else { outer };
        let strips = self.begin.len() - 1;
        let at = |y: f64| -> usize {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let s = ((y - self.low) / self.height).floor().max(0.0) as usize;
            s.min(strips - 1)
        };
        for strip in at(centre[1] - north)..=at(centre[1] + north) {
            #[expect(clippy::cast_precision_loss, reason = "at most 65,536")]
            let bottom = self.low + self.height * strip as f64;
            let band = [bottom - 1e-9 * self.height, bottom + self.height * (1.0 + 1e-9)];
            let (sure, may) = if self.sphere {
                on_sphere(centre[1], band, inner, outer)
            } else {
                in_plane(centre[1], band, inner, outer)
            };
            let range = self.begin[strip]..self.begin[strip + 1];
            let places = &self.x[range.clone()];
            let below = |x: f64| range.start + places.partition_point(|own| *own < x);
            let first = below(centre[0] - may);
            let last = range.start + places.partition_point(|own| *own <= centre[0] + may);
            // What is surely inside need not be looked at.
            let (from, to) = match sure {
                Some(sure) => (below(centre[0] - sure).max(first), below(centre[0] + sure).max(first)),
                None => (last, last),
            };
            let look = |places: std::ops::Range<usize>, runs: &mut Vec<(u32, u32)>| {
                for place in places {
                    let i = self.order[place] as usize;
                    if metric.distance(i, j) <= radius(i) {
                        push(runs, u32::try_from(place).unwrap_or(u32::MAX));
                    }
                }
            };
            look(first..from.min(last), &mut runs);
            if to > from {
                let (from, to) =
                    (u32::try_from(from).unwrap_or(u32::MAX), u32::try_from(to).unwrap_or(u32::MAX));
                match runs.last_mut() {
                    Some((_, end)) if *end == from => *end = to,
                    _ => runs.push((from, to)),
                }
            }
            look(to..last, &mut runs);
        }
        runs
    }
}

/// How far to either side of a place a band surely lies within the inner radius (if it does at all), and how far it may lie
/// within the outer one.
fn in_plane(y: f64, band: [f64; 2], inner: f64, outer: f64) -> (Option<f64>, f64) {
    let nearest = (band[0] - y).max(y - band[1]).max(0.0);
    let furthest = (y - band[0]).abs().max((band[1] - y).abs());
    let chord = |radius: f64, off: f64| (radius > off).then(|| (radius * radius - off * off).sqrt());
    let sure = chord(inner, furthest).map(|half| half * (1.0 - 1e-9));
    (sure, chord(outer, nearest).unwrap_or(0.0) * (1.0 + 1e-9))
}

/// The same in degrees of longitude on the earth, radii in metres: from hav(d) = hav(Δφ) + cos φ cos φ' hav(Δλ).
fn on_sphere(latitude: f64, band: [f64; 2], inner: f64, outer: f64) -> (Option<f64>, f64) {
    let nearest = (band[0] - latitude).max(latitude - band[1]).max(0.0).to_radians();
    let furthest = (latitude - band[0]).abs().max((band[1] - latitude).abs()).to_radians();
    let cosines = [band[0].to_radians().cos(), band[1].to_radians().cos()];
    let least = cosines[0].min(cosines[1]).max(1e-6);
    // The largest cosine of a band over the equator is 1.
    let most = if band[0] < 0.0 && band[1] > 0.0 { 1.0 } else { cosines[0].max(cosines[1]) };
    let own = latitude.to_radians().cos().max(1e-6);
    let hav = |angle: f64| (angle / 2.0).sin().powi(2);
    let chord = |radius: f64, off: f64, cosine: f64| {
        let left = (hav(radius / EARTH) - hav(off)) / (own * cosine);
        (left > 0.0).then(|| (2.0 * left.sqrt().min(1.0).asin()).to_degrees())
    };
    let sure = chord(inner, furthest, most).map(|half| half * (1.0 - 1e-9));
    (sure, chord(outer, nearest, least).unwrap_or(0.0) * (1.0 + 1e-9))
}
