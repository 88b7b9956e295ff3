//! Ways over a road graph: from many places to many, with an end where they become too long (Dijkstra, *Numerische Mathematik*
//! 1, 1959, doi:10.1007/BF01386390).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use crate::index::Grid;
use crate::median::Ordered;
use crate::metric::Metric;

/// A stretch of road between two nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Where it begins, an index.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// How long it is, metres.
    pub metres: f64,
    /// Whether it may be gone from `from` to `to` only.
    pub oneway: bool,
}

/// A road graph. Places are joined to the nearest node by the great circle.
#[derive(Clone, Debug)]
pub struct Roads {
    nodes: Vec<[f64; 2]>,
    /// For each node the ones from which it is reached.
    begin: Vec<usize>,
    from: Vec<(u32, f64)>,
}

impl Roads {
    /// From nodes (longitude, latitude) and edges between them. Memory: 32 bytes an edge, 24 a node.
    pub fn new(nodes: Vec<[f64; 2]>, edges: &[Edge]) -> Self {
        let mut begin = vec![0_usize; nodes.len() + 1];
        let both = edges.iter().flat_map(|e| {
            let back = (!e.oneway).then_some((e.from, e.to, e.metres));
            [Some((e.to, e.from, e.metres)), back].into_iter().flatten()
        });
        for (to, ..) in both.clone() {
            begin[to as usize + 1] += 1;
        }
        for k in 0..nodes.len() {
            begin[k + 1] += begin[k];
        }
        let mut at = begin.clone();
        let mut from = vec![(0, 0.0); begin[nodes.len()]];
        for (to, source, metres) in both {
            from[at[to as usize]] = (source, metres);
            at[to as usize] += 1;
        }
        Self { nodes, begin, from }
    }

    /// The nearest node of each place, and how far it is.
    fn joined(&self, places: &[[f64; 2]]) -> Vec<(u32, f64)> {
        let metric = Metric::Sphere { demand: places.to_vec(), sites: self.nodes.clone(), detour: 1.0 };
        let grid = Grid::of_sites(&metric);
        let one = |i: usize| {
            let mut row = Vec::new();
            if let Some(grid) = &grid {
                grid.nearest(&metric, (i, places[i]), 1, &mut row);
            }
            row.first().map_or((0, f64::INFINITY), |(far, node)| (*node, *far))
        };
        (0..places.len()).into_par_iter().map(one).collect()
    }

    /// The ways from places to sites that are no longer than a limit: all of them if it is infinite.
    pub fn ways(&self, demand: &[[f64; 2]], sites: &[[f64; 2]], limit: f64) -> Metric {
        let (from, to) = (self.joined(demand), self.joined(sites));
        let mut at_node: Vec<(u32, u32)> = from.iter().map(|(node, _)| *node).zip(0..).collect();
        at_node.sort_unstable();
        let column = |(node, far): &(u32, f64)| {
            let mut found: Vec<(u32, f64)> = Vec::new();
            for (node, way) in self.reach(*node, limit - far) {
                let first = at_node.partition_point(|(own, _)| *own < node);
                for (_, i) in at_node[first..].iter().take_while(|(own, _)| *own == node) {
                    let whole = far + way + from[*i as usize].1;
                    if whole <= limit {
                        found.push((*i, whole));
                    }
                }
            }
            found.sort_unstable_by_key(|(i, _)| *i);
            found
        };
        let columns: Vec<Vec<(u32, f64)>> = to.par_iter().map(column).collect();
        Metric::Ways { demand: demand.len(), sites: sites.to_vec(), columns }
    }

    /// The nodes from which a node is no further than a limit.
    fn reach(&self, node: u32, limit: f64) -> Vec<(u32, f64)> {
        let mut found = Vec::new();
        // Few nodes are near: a sorted list of what is settled would do, a map by number is simple.
        let mut best: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
        let mut heap = BinaryHeap::new();
        if limit >= 0.0 && !self.nodes.is_empty() {
            best.insert(node, 0.0);
            heap.push((Reverse(Ordered(0.0)), Reverse(node)));
        }
        while let Some((Reverse(Ordered(far)), Reverse(node))) = heap.pop() {
            if best.get(&node).is_some_and(|known| far > *known) {
                continue;
            }
            found.push((node, far));
            for (next, metres) in &self.from[self.begin[node as usize]..self.begin[node as usize + 1]] {
                let way = far + metres;
                if way <= limit && best.get(next).is_none_or(|known| way < *known) {
                    best.insert(*next, way);
                    heap.push((Reverse(Ordered(way)), Reverse(*next)));
                }
            }
        }
        found
    }
}
