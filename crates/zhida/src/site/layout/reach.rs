//! How things stand before any plan: who is within reach of what at which hours, where many are not, which stations could
//! close without anybody losing one.

use std::collections::BTreeMap;

use zhida_siting::{Cover, Nearest};

use super::Layout;

/// The minutes for which shares are told.
pub(crate) const MINUTES: [f64; 3] = [5.0, 10.0, 15.0];

/// Cells of a gap lie no further apart than this, metres.
const APART: f64 = 800.0;

/// People of a kind in a band of hours.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Within {
    /// The kind: an index into the spec's.
    pub(crate) kind: usize,
    /// The band: an index into the spec's.
    pub(crate) band: usize,
    /// How many they are.
    pub(crate) people: f64,
    /// How many of them have a station that serves them within each of [`MINUTES`].
    pub(crate) within: [f64; 3],
    /// How many have one as near as their kind goes.
    pub(crate) served: f64,
}

/// Cells side by side in which nobody of some kinds is served while most of them are out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gap {
    /// What people call the place with most of them.
    pub(crate) name: String,
    /// The middle, weighted by people.
    pub(crate) at: [f64; 2],
    /// People by kind.
    pub(crate) people: Vec<f64>,
    /// How many cells.
    pub(crate) cells: usize,
}

impl Gap {
    /// People of all kinds.
    pub(crate) fn all(&self) -> f64 {
        self.people.iter().sum()
    }
}

/// How things stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reach {
    /// Each kind in each band that the demand knows.
    pub(crate) layers: Vec<Within>,
    /// The largest first.
    pub(crate) gaps: Vec<Gap>,
    /// Stations without which, each by itself, nobody loses service: everybody whom they serve has another.
    pub(crate) spare: Vec<usize>,
    /// Stations that serve nobody: closed for now, without hours on file, or without what anybody needs.
    pub(crate) useless: Vec<usize>,
    /// For each cell, the share of its people, in their main hours, who are served.
    pub(crate) share: Vec<f64>,
    /// For each cell, its people in their main hours.
    pub(crate) people: Vec<f64>,
}

/// How things stand in a layout, from its stations as they are now.
pub(crate) fn reach(layout: &Layout) -> Reach {
    let plan = &layout.plan;
    let cells = plan.metric.demand();
    let serves: Vec<u64> = plan
        .places
        .iter()
        .map(|p| p.now.and_then(|t| p.offers.iter().find(|o| o.tier == t)).map_or(0, |o| o.serves))
        .collect();
    // How many stations serve each cell of a layer, within so far.
    let count = |l: usize, radius: f64| {
        let cover = Cover::within(&plan.metric, &|_| radius);
        let mut count = vec![0_u32; cells];
        for (j, _) in serves.iter().enumerate().filter(|(_, mask)| **mask >> l & 1 == 1) {
            cover.column(j).for_each(|i| count[i as usize] += 1);
        }
        (cover, count)
    };
    let mut layers = Vec::new();
    let mut own: Vec<(usize, usize, Cover, Vec<u32>)> = Vec::new();
    for (l, layer) in plan.layers.iter().enumerate() {
        let (Some(kind), Some(band)) = (layer.kind, layout.bands[l]) else { continue };
        let kind = kind as usize;
        let sum =
            |count: &[u32]| layer.people.iter().zip(count).filter(|(_, n)| **n > 0).map(|(p, _)| p).sum();
        let speed = layer.radius / layout.spec.kinds[kind].minutes;
        let within = MINUTES.map(|minutes| sum(&count(l, minutes * speed).1));
        let (cover, own_count) = count(l, layer.radius);
        let served = sum(&own_count);
        layers.push(Within { kind, band, people: layer.people.iter().sum(), within, served });
        own.push((l, kind, cover, own_count));
    }
    // The band in which most of a kind are out.
    let mut main: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, layer) in layers.iter().enumerate() {
        let best = main.entry(layer.kind).or_insert(at);
        if layers[*best].people < layer.people {
            *best = at;
        }
    }
    let kinds = layout.spec.kinds.len();
    let (mut unserved, mut all) = (vec![vec![0.0; kinds]; cells], vec![0.0; cells]);
    for (kind, at) in &main {
        let (l, _, _, count) = &own[*at];
        for (i, people) in plan.layers[*l].people.iter().enumerate() {
            all[i] += people;
            if count[i] == 0 {
                unserved[i][*kind] = *people;
            }
        }
    }
    let lost: Vec<f64> = unserved.iter().map(|p| p.iter().sum()).collect();
    let share = lost.iter().zip(&all).map(|(lost, all)| if *all > 0.0 { 1.0 - lost / all } else { 1.0 });
    let (mut spare, mut useless) = (Vec::new(), Vec::new());
    for (j, mask) in serves.iter().enumerate() {
        let of = own.iter().filter(|(l, ..)| mask >> *l & 1 == 1);
        let mut found = of.flat_map(|(l, _, cover, count)| {
            let people = &plan.layers[*l].people;
            cover.column(j).filter(|i| people[*i as usize] > 0.0).map(|i| count[i as usize])
        });
        match found.next() {
            None => useless.push(j),
            Some(first) if first > 1 && found.all(|n| n > 1) => spare.push(j),
            Some(_) => {}
        }
    }
    Reach { layers, gaps: gaps(layout, &unserved), spare, useless, share: share.collect(), people: all }
}

/// Unserved cells that lie side by side, together.
fn gaps(layout: &Layout, unserved: &[Vec<f64>]) -> Vec<Gap> {
    let at: Vec<[f64; 2]> = layout.cells.iter().map(|(_, at)| *at).collect();
    let open: Vec<usize> = (0..at.len()).filter(|i| unserved[*i].iter().sum::<f64>() > 0.0).collect();
    let near = Nearest::new(open.iter().map(|i| at[*i]).collect());
    let mut group: Vec<Option<usize>> = vec![None; open.len()];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for start in 0..open.len() {
        if group[start].is_some() {
            continue;
        }
        let (number, mut members, mut todo) = (groups.len(), Vec::new(), vec![start]);
        group[start] = Some(number);
        while let Some(k) = todo.pop() {
            members.push(open[k]);
            let found = near.find(at[open[k]], open.len(), APART, &mut |n| group[n].is_none());
            for (_, n) in found {
                group[n] = Some(number);
                todo.push(n);
            }
        }
        groups.push(members);
    }
    let mut found: Vec<Gap> = groups
        .iter()
        .filter_map(|members| {
            let sum = |i: &usize| unserved[*i].iter().sum::<f64>();
            let most = members.iter().max_by(|a, b| sum(a).total_cmp(&sum(b)))?;
            let total: f64 = members.iter().map(sum).sum();
            let middle = |axis: usize| members.iter().map(|i| at[*i][axis] * sum(i)).sum::<f64>() / total;
            let people = |kind: usize| members.iter().map(|i| unserved[*i][kind]).sum();
            Some(Gap {
                name: layout.cells[*most].0.clone(),
                at: [middle(0), middle(1)],
                people: (0..layout.spec.kinds.len()).map(people).collect(),
                cells: members.len(),
            })
        })
        .collect();
    found.sort_by(|a, b| b.all().total_cmp(&a.all()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"
        files = { stations = "stations.csv", demand = "demand.csv" }
        kinds = [{ name = "cleaner", by = "foot", minutes = 10, needs = ["water"] }]
        hours = [{ name = "day", open = "08:00-17:00" }, { name = "night", open = "22:00-06:00" }]
        tiers = [{ name = "basic" }]
        years = [{ year = 2026 }]
        distance = { detour = 1.0, speed = { foot = 80 } }
    "#;

    fn told(stations: &str) -> Reach {
        let folder = tempfile::tempdir().unwrap();
        // Cells 500 m apart along a meridian, and one far away.
        let demand = "id,lon,lat,name,cleaner@day,cleaner@night\n\
                      a,120.9,30.5000,Ahead,10,0\nb,120.9,30.5045,Behind,30,5\nc,120.9,30.6000,Far,7,0\n";
        std::fs::write(folder.path().join("PLAN.toml"), PLAN).unwrap();
        std::fs::write(folder.path().join("demand.csv"), demand).unwrap();
        std::fs::write(folder.path().join("stations.csv"), stations).unwrap();
        reach(&Layout::read(&folder.path().join("PLAN.toml")).unwrap())
    }

    const HEAD: &str = "id,lon,lat,tier,hours,services\n";

    #[test]
    fn shares_gaps_and_spare_stations() {
        let found = told(&format!("{HEAD}s,120.9,30.5000,basic,08:00-18:00,water\n"));
        let day = &found.layers[0];
        // 400 m in five minutes reach the first cell alone, 800 m in ten the second as well.
        assert_eq!((day.people, day.within, day.served), (47.0, [10.0, 40.0, 40.0], 40.0));
        let night = &found.layers[1];
        assert_eq!((night.people, night.served), (5.0, 0.0), "it is closed at night");
        assert_eq!(found.gaps.len(), 1);
        assert_eq!((found.gaps[0].name.as_str(), found.gaps[0].all(), found.gaps[0].cells), ("Far", 7.0, 1));
        assert_eq!((found.spare, found.useless), (vec![], vec![]));
        assert_eq!(found.share, [1.0, 1.0, 0.0]);
    }

    #[test]
    fn two_at_one_place_are_each_spare_and_one_without_water_serves_nobody() {
        let found = told(&format!(
            "{HEAD}s,120.9,30.5000,basic,08:00-18:00,water\nt,120.9,30.5000,basic,24/7,water\nu,120.9,30.5045,basic,24/7,rest\n"
        ));
        // t alone is open at night, so only s can go.
        assert_eq!((found.spare, found.useless), (vec![0], vec![2]));
        let none = told(&format!("{HEAD}u,120.9,30.5045,basic,24/7,rest\n"));
        assert_eq!(
            none.gaps.iter().map(|g| (g.name.as_str(), g.cells)).collect::<Vec<_>>(),
            [("Behind", 2), ("Far", 1)]
        );
    }
}
