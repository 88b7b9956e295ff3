//! Which sites can serve a demand point, nearest first, and the other way round which points a site can serve.

use rayon::prelude::*;

use crate::index::Grid;
use crate::metric::Metric;

/// Sites by demand point, each point's cheapest first.
pub(crate) struct Lists {
    begin: Vec<usize>,
    site: Vec<u32>,
    cost: Vec<f64>,
    /// A site that is not in a point's list costs at least this.
    horizon: Vec<f64>,
}

/// Points by site.
pub(crate) struct Columns {
    begin: Vec<usize>,
    demand: Vec<u32>,
    cost: Vec<f64>,
}

/// So many pairs at most: 24 bytes each, with the columns.
const PAIRS: usize = 40_000_000;

impl Lists {
    /// For each point the `count` nearest sites at weight × distance.
    pub(crate) fn nearest(metric: &Metric, weights: &[f64], count: usize) -> Self {
        let (demand, sites) = (metric.demand(), metric.sites());
        let count = count.min(PAIRS / demand.max(1)).clamp(1, sites);
        let grid = Grid::of_sites(metric);
        let one = |i: usize, row: &mut Vec<(f64, u32)>| {
            if let (Some(grid), Metric::Plane { demand, .. } | Metric::Sphere { demand, .. }) =
                (&grid, metric)
            {
                grid.nearest(metric, (i, demand[i]), count, row);
                return;
            }
            row.clear();
            row.extend((0..sites).zip(0_u32..).map(|(j, site)| (metric.distance(i, j), site)));
            let by = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            if count < row.len() {
                row.select_nth_unstable_by(count - 1, by);
                row.truncate(count);
            }
            row.sort_unstable_by(by);
        };
        let parts: Vec<(Vec<u32>, Vec<f64>)> = (0..demand.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let range = block * BLOCK..((block + 1) * BLOCK).min(demand);
                let mut row = Vec::new();
                let (mut site, mut cost) = (Vec::new(), Vec::new());
                for i in range {
                    one(i, &mut row);
                    site.extend(row.iter().map(|(_, j)| *j));
                    cost.extend(row.iter().map(|(d, _)| d * weights[i]));
                }
                (site, cost)
            })
            .collect();
        let (mut site, mut cost) = (Vec::with_capacity(demand * count), Vec::with_capacity(demand * count));
        for (sites, costs) in parts {
            site.extend(sites);
            cost.extend(costs);
        }
        let begin: Vec<usize> = (0..=demand).map(|i| i * count).collect();
        let horizon = (0..demand)
            .map(|i| if count == sites { f64::INFINITY } else { cost[(i + 1) * count - 1] })
            .collect();
        Self { begin, site, cost, horizon }
    }

    /// Given rows, and what it costs each point that none of its sites is open.
    pub(crate) fn of_rows(rows: Vec<Vec<(f64, u32)>>, horizon: Vec<f64>) -> Self {
        let (mut begin, mut site, mut cost) = (vec![0], Vec::new(), Vec::new());
        for mut row in rows {
            row.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            site.extend(row.iter().map(|(_, j)| *j));
            cost.extend(row.iter().map(|(c, _)| *c));
            begin.push(site.len());
        }
        Self { begin, site, cost, horizon }
    }

    pub(crate) fn demand(&self) -> usize {
        self.horizon.len()
    }

    pub(crate) fn pairs(&self) -> usize {
        self.site.len()
    }

    pub(crate) fn horizon(&self, i: usize) -> f64 {
        self.horizon[i]
    }

    pub(crate) fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.begin[i]..self.begin[i + 1];
        (&self.site[range.clone()], &self.cost[range])
    }

    pub(crate) fn columns(&self, sites: usize) -> Columns {
        let mut begin = vec![0_usize; sites + 1];
        for j in &self.site {
            begin[*j as usize + 1] += 1;
        }
        for j in 0..sites {
            begin[j + 1] += begin[j];
        }
        let mut at = begin.clone();
        let (mut demand, mut cost) = (vec![0; self.site.len()], vec![0.0; self.site.len()]);
        for (i, point) in (0..self.demand()).zip(0_u32..) {
            let (sites, costs) = self.row(i);
            for (j, c) in sites.iter().zip(costs) {
                let slot = &mut at[*j as usize];
                demand[*slot] = point;
                cost[*slot] = *c;
                *slot += 1;
            }
        }
        Columns { begin, demand, cost }
    }
}

const BLOCK: usize = 512;

impl Columns {
    pub(crate) fn column(&self, j: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.begin[j]..self.begin[j + 1];
        self.demand[range.clone()].iter().map(|i| *i as usize).zip(self.cost[range].iter().copied())
    }
}
