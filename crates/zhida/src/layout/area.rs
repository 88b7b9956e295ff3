//! The counties of an office: its own, or all below a city's or province's. A plan of several counties has one list for each.

use std::collections::BTreeMap;

use super::files::Files;
use crate::ids::CountyId;
use crate::regions::Regions;
use crate::web::Officer;

/// The counties of an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Area(pub(super) Vec<String>);

/// Degrees around the seats of an area within which its people work.
const AROUND: f64 = 0.4;

impl Area {
    /// The counties of an officer's office.
    pub(super) fn of(o: &Officer) -> Self {
        let (regions, above) = (&o.app.regions, o.region.as_str());
        if above.len() >= 6 {
            return Self(vec![o.county.0.clone()]);
        }
        Self(regions.all_counties(above).into_iter().map(|(county, _)| county.to_owned()).collect())
    }

    /// Whether there are several.
    pub(super) fn several(&self) -> bool {
        self.0.len() > 1
    }

    /// How many of some positions cannot lie in it.
    pub(super) fn outside(&self, regions: &Regions, cells: &[[f64; 2]]) -> usize {
        if let [county] = self.0.as_slice() {
            return cells.iter().filter(|[lon, lat]| !regions.near(county, (*lon, *lat))).count();
        }
        let towns = self.0.iter().flat_map(|c| regions.towns(c).filter_map(|(town, _)| regions.seat(town)));
        let seats: Vec<(f64, f64)> = towns.collect();
        let span = |of: fn(&(f64, f64)) -> f64| {
            let all = seats.iter().map(of);
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x - AROUND), b.max(x + AROUND)))
        };
        let (lons, lats) = (span(|s| s.0), span(|s| s.1));
        let within =
            |[lon, lat]: &&[f64; 2]| (lons.0..=lons.1).contains(lon) && (lats.0..=lats.1).contains(lat);
        cells.len() - cells.iter().filter(within).count()
    }

    /// Where a map of it begins.
    pub(super) fn middle(&self, regions: &Regions) -> [f64; 2] {
        let own = self.0.iter().filter_map(|c| {
            regions.seat(c).or_else(|| regions.towns(c).find_map(|(town, _)| regions.seat(town)))
        });
        let seats: Vec<(f64, f64)> = own.collect();
        #[expect(clippy::cast_precision_loss, reason = "a count of counties")]
        let n = seats.len().max(1) as f64;
        if seats.is_empty() {
            return [120.0, 30.0];
        }
        let sum = seats.iter().fold((0.0, 0.0), |(x, y), (lon, lat)| (x + lon, y + lat));
        [sum.0 / n, sum.1 / n]
    }
}

/// The county of each station and site of a plan, by id: of its town, or as its code begins.
pub(super) fn counties(files: &Files) -> BTreeMap<String, CountyId> {
    let mut of = BTreeMap::new();
    for name in ["stations.csv", "candidates.csv"] {
        let mut reader = csv::Reader::from_reader(files.get(name).map_or("", String::as_str).as_bytes());
        let town = reader.headers().ok().and_then(|h| h.iter().position(|c| c == "town"));
        for record in reader.into_records().filter_map(Result::ok) {
            let id = record.get(0).unwrap_or_default();
            let by_town = town.and_then(|at| record.get(at)).and_then(CountyId::leading);
            if let Some(county) = by_town.or_else(|| CountyId::leading(id)) {
                of.insert(id.to_owned(), county);
            }
        }
    }
    of
}
