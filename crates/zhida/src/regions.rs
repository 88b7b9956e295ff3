//! The public lists of regions, embedded: names of counties and towns, and every six-digit code ever in use.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use anyhow::Context as _;
use flate2::read::GzDecoder;

const EVER: &[u8] = include_bytes!("../../../data/divisions/region-codes-ever.csv.gz");
const COUNTIES: &str = include_str!("../../../data/divisions/provinces-cities-counties.csv");
const TOWNS: &[u8] = include_bytes!("../../../data/divisions/zhejiang-towns-villages.csv.gz");
const SEATS: &str = include_str!("../../../data/places/zhejiang-town-seats.csv");
const SHAPES: &str = include_str!("../../../data/boundaries/jiaxing-towns-approx.geojson");

/// Rings of longitude and latitude by region.
type Shapes = BTreeMap<String, Vec<Vec<(f64, f64)>>>;

/// Names, codes and seats of regions (`data/divisions/README.md`, `data/places/README.md`).
#[derive(Debug)]
pub struct Regions {
    names: BTreeMap<String, String>,
    ever: BTreeSet<String>,
    seats: BTreeMap<String, (f64, f64)>,
    shapes: Shapes,
}

impl Regions {
    /// Unpacks the embedded lists.
    ///
    /// # Errors
    /// A list that cannot be read, which is a fault of the build.
    pub fn embedded() -> anyhow::Result<Self> {
        let ever = unpack(EVER)?.lines().skip(1).filter_map(|l| l.get(..6)).map(str::to_owned).collect();
        let mut names = BTreeMap::new();
        for text in [COUNTIES.to_owned(), unpack(TOWNS)?] {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            for row in reader.records() {
                let row = row?;
                if let (Some(code), Some(name)) = (row.get(0), row.get(2)) {
                    names.insert(code.to_owned(), name.to_owned());
                }
            }
        }
        let mut seats = BTreeMap::new();
        for row in csv::Reader::from_reader(SEATS.as_bytes()).records() {
            let row = row?;
            let number = |i: usize| row.get(i).and_then(|v| v.parse::<f64>().ok());
            if let (Some(code), Some(lat), Some(lon)) = (row.get(0), number(3), number(4)) {
                seats.insert(code.to_owned(), (lon, lat));
            }
        }
        Ok(Self { names, ever, seats, shapes: shapes()? })
    }

    /// Whether the six digits were ever a county's code.
    pub fn ever_in_use(&self, six: &str) -> bool {
        self.ever.contains(six)
    }

    /// A region's name.
    pub fn name(&self, code: &str) -> Option<&str> {
        let padded = match code.len() {
            2 => format!("{code}0000"),
            4 => format!("{code}00"),
            _ => code.to_owned(),
        };
        self.names.get(code).or_else(|| self.names.get(&padded)).map(String::as_str)
    }

    /// The cities of a province, or the counties of a city: the codes that people use (four or six digits) and names.
    pub fn counties<'a>(&'a self, above: &str) -> Vec<(&'a str, &'a str)> {
        let all: Vec<(&str, &str)> = self.below(above, 6).collect();
        let city = |code: &&str| code.ends_with("00") && !code.ends_with("0000");
        if above.len() == 2 {
            let cities = all.iter().filter(|(code, _)| city(code));
            return cities.filter_map(|(code, name)| Some((code.get(..4)?, *name))).collect();
        }
        all.into_iter().filter(|(code, _)| !code.ends_with("00")).collect()
    }

    /// All counties below a province or a city: code and name.
    pub fn all_counties<'a>(&'a self, above: &str) -> Vec<(&'a str, &'a str)> {
        let below = self.counties(above);
        let own = |(code, name): (&'a str, &'a str)| {
            if code.len() < 6 { self.counties(code) } else { vec![(code, name)] }
        };
        below.into_iter().flat_map(own).collect()
    }

    /// The towns of a county: code and name, by code.
    pub fn towns<'a>(&'a self, county: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.below(county, 9)
    }

    /// The villages of a town or county.
    pub fn villages<'a>(&'a self, above: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.below(above, 12)
    }

    fn below<'a>(&'a self, above: &str, digits: usize) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let above = above.to_owned();
        let from = self.names.range(above.clone()..).take_while(move |(code, _)| code.starts_with(&above));
        from.filter(move |(code, _)| code.len() == digits).map(|(c, n)| (c.as_str(), n.as_str()))
    }

    /// The town of a county that a text names: by code, by name, or by a name that is part of an address.
    pub fn town_of(&self, county: &str, text: &str) -> Option<&str> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let stem = |name: &str| name.trim_end_matches("街道").trim_end_matches(['镇', '乡']).to_owned();
        let towns: Vec<(&str, &str)> = self.towns(county).collect();
        let exact = towns.iter().find(|(code, name)| *code == text || *name == text || stem(name) == text);
        exact.or_else(|| towns.iter().find(|(_, name)| text.contains(name))).map(|(code, _)| *code)
    }

    /// The position of a town's seat: longitude and latitude.
    pub fn seat(&self, town: &str) -> Option<(f64, f64)> {
        self.seats.get(town).copied()
    }

    /// Whether a position may lie in a county: within some kilometres of its towns' approximate outlines, or of a town's seat
    /// where no outline is known. A county of which nothing is known takes every position.
    pub fn near(&self, county: &str, at: (f64, f64)) -> bool {
        const OUTLINE_METRES: f64 = 3_000.0;
        const SEAT_METRES: f64 = 30_000.0;
        let far = |other: (f64, f64)| zhida_siting::haversine([at.0, at.1], [other.0, other.1]);
        let mut known = false;
        for (town, _) in self.towns(county) {
            for ring in self.shape(town) {
                known = true;
                if inside(ring, at) || ring.windows(2).any(|w| far(closest(w[0], w[1], at)) < OUTLINE_METRES)
                {
                    return true;
                }
            }
        }
        if known {
            return false;
        }
        let towns = self.towns(county).filter_map(|(town, _)| self.seat(town));
        let seats: Vec<(f64, f64)> = towns.chain(self.seat(county)).collect();
        seats.is_empty() || seats.iter().any(|seat| far(*seat) < SEAT_METRES)
    }

    /// The town of a county in whose approximate outline a position lies, or whose seat is nearest where none is known.
    pub fn town_at(&self, county: &str, at: (f64, f64)) -> Option<&str> {
        let mut towns = self.towns(county);
        if let Some((code, _)) = towns.find(|(code, _)| self.shape(code).iter().any(|ring| inside(ring, at)))
        {
            return Some(code);
        }
        let far =
            |town: &str| self.seat(town).map(|seat| zhida_siting::haversine([at.0, at.1], [seat.0, seat.1]));
        let all = self.towns(county).filter_map(|(code, _)| far(code).map(|m| (m, code)));
        all.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, code)| code)
    }

    /// The county of the town whose seat is nearest to a position.
    pub fn county_at(&self, at: (f64, f64)) -> Option<&str> {
        let far = |seat: &(f64, f64)| zhida_siting::haversine([at.0, at.1], [seat.0, seat.1]);
        let towns = self.seats.iter().filter(|(code, _)| code.len() > 6);
        let nearest = towns.min_by(|a, b| far(a.1).total_cmp(&far(b.1)));
        nearest.and_then(|(code, _)| code.get(..6))
    }

    /// The approximate outline of a town (示意图，非行政界线): rings of longitude and latitude.
    pub fn shape(&self, town: &str) -> &[Vec<(f64, f64)>] {
        self.shapes.get(town).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether a point lies in a ring, by the number of sides that a ray crosses.
fn inside(ring: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
    let sides = ring.iter().zip(ring.iter().cycle().skip(1));
    let crossed = sides
        .filter(|((ax, ay), (bx, by))| (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax);
    crossed.count() % 2 == 1
}

/// The point of a side that is closest, in degrees: good enough over some kilometres.
fn closest((ax, ay): (f64, f64), (bx, by): (f64, f64), (x, y): (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (ax + along * dx, ay + along * dy)
}

fn unpack(packed: &[u8]) -> anyhow::Result<String> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).context("an embedded list cannot be unpacked")?;
    Ok(text)
}

fn shapes() -> anyhow::Result<Shapes> {
    let all: serde_json::Value = serde_json::from_str(SHAPES)?;
    let mut shapes = BTreeMap::new();
    for feature in all["features"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let Some(code) = feature["properties"]["code"].as_str() else { continue };
        let geometry = &feature["geometry"];
        let polygons: Vec<&serde_json::Value> = match geometry["type"].as_str() {
            Some("MultiPolygon") => geometry["coordinates"].as_array().into_iter().flatten().collect(),
            _ => vec![&geometry["coordinates"]],
        };
        let point = |p: &serde_json::Value| Some((p.get(0)?.as_f64()?, p.get(1)?.as_f64()?));
        let rings = polygons.iter().filter_map(|polygon| polygon.get(0)?.as_array());
        shapes.insert(code.to_owned(), rings.map(|ring| ring.iter().filter_map(point).collect()).collect());
    }
    Ok(shapes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole() {
        let regions = Regions::embedded().unwrap();
        assert_eq!(regions.name("330424"), Some("海盐县"));
        assert_eq!(regions.name("33"), Some("浙江省"));
        assert_eq!(regions.towns("330424").count(), 9);
        assert_eq!(regions.villages("330424").count(), 122);
        assert!(regions.ever_in_use("330424") && !regions.ever_in_use("330499"));
        assert_eq!(regions.town_of("330424", "武原"), regions.town_of("330424", "海盐县武原街道某村3号"));
        assert_eq!(regions.town_of("330424", "不存在镇"), None);
        let town = regions.town_of("330424", "沈荡镇").unwrap();
        assert!(regions.seat(town).is_some() && !regions.shape(town).is_empty());
    }
}
