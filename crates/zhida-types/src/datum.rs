//! The datums in which positions are written down in China.

use serde::{Deserialize, Serialize};

use crate::LonLat;

/// The ellipsoid of Krasovsky (1940) that GCJ-02 bends positions over: half the long axis, and the first eccentricity squared.
const AXIS: f64 = 6_378_245.0;
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;

/// GCJ-02 of a position in WGS 84 (longitude, latitude in degrees), as maps in China show it: some hundred metres away.
///
/// The formula is not published officially; this is the one that map libraries share, to a metre or better. Positions
/// outside of 72.004–137.8347° E, 0.8293–55.8271° N are left as they are.
pub fn gcj02([lon, lat]: [f64; 2]) -> [f64; 2] {
    if !((72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)) {
        return [lon, lat];
    }
    let (x, y) = (lon - 105.0, lat - 35.0);
    let pi = std::f64::consts::PI;
    let root = x.abs().sqrt();
    let wave = (20.0 * (6.0 * x * pi).sin() + 20.0 * (2.0 * x * pi).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + wave
        + (20.0 * (y * pi).sin() + 40.0 * (y / 3.0 * pi).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * pi).sin() + 320.0 * (y * pi / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + wave
        + (20.0 * (x * pi).sin() + 40.0 * (x / 3.0 * pi).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * pi).sin() + 300.0 * (x / 30.0 * pi).sin()) * 2.0 / 3.0;
    let sine = lat.to_radians().sin();
    let magic = 1.0 - ECCENTRICITY * sine * sine;
    let meridian = AXIS * (1.0 - ECCENTRICITY) / (magic * magic.sqrt());
    let parallel = AXIS / magic.sqrt() * lat.to_radians().cos();
    [lon + (east / parallel).to_degrees(), lat + (north / meridian).to_degrees()]
}

/// The position in WGS 84 that GCJ-02 shows there, to a centimetre: by going back as far as one went too far.
pub fn wgs84(at: [f64; 2]) -> [f64; 2] {
    straight(gcj02, at)
}

/// By how much the map that uses it turns and shifts BD-09 against GCJ-02.
const TURN: f64 = std::f64::consts::PI * 3_000.0 / 180.0;

/// BD-09 of a position in GCJ-02: bent once more, by the map that uses it. The formula is the one that map libraries share.
fn bd09_of_gcj02([x, y]: [f64; 2]) -> [f64; 2] {
    let far = x.hypot(y) + 0.000_02 * (y * TURN).sin();
    let angle = y.atan2(x) + 0.000_003 * (x * TURN).cos();
    [far * angle.cos() + 0.0065, far * angle.sin() + 0.006]
}

/// The position of which `bend` makes the given one, to a centimetre.
fn straight(bend: impl Fn([f64; 2]) -> [f64; 2], [lon, lat]: [f64; 2]) -> [f64; 2] {
    let mut found = [lon, lat];
    for _ in 0..8 {
        let there = bend(found);
        found = [found[0] + lon - there[0], found[1] + lat - there[1]];
    }
    found
}

/// In what a list of positions was written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Datum {
    /// The satellites' own.
    #[default]
    Wgs84,
    /// China's own since 2008; within a metre of WGS 84 here.
    Cgcs2000,
    /// What maps published in China show (火星坐标).
    Gcj02,
    /// What one of those maps makes of it again (百度坐标).
    Bd09,
}

impl Datum {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wgs84, Self::Cgcs2000, Self::Gcj02, Self::Bd09];

    /// The name by which files and pages know it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Cgcs2000 => "cgcs2000",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// The datum that a text names: its code or its usual spellings.
    pub fn named(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "wgs84" | "gps" | "4326" | "epsg4326" => Some(Self::Wgs84),
            "cgcs2000" | "4490" | "epsg4490" => Some(Self::Cgcs2000),
            "gcj02" => Some(Self::Gcj02),
            "bd09" | "bd09ll" => Some(Self::Bd09),
            _ => None,
        }
    }

    /// The position in WGS 84 (longitude, latitude in degrees) of one that was written down in this datum.
    pub fn to_wgs84(self, at: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => at,
            Self::Gcj02 => wgs84(at),
            Self::Bd09 => wgs84(straight(bd09_of_gcj02, at)),
        }
    }

    /// The position in this datum of one in WGS 84.
    pub fn of_wgs84(self, at: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => at,
            Self::Gcj02 => gcj02(at),
            Self::Bd09 => bd09_of_gcj02(gcj02(at)),
        }
    }
}

/// Positions that were declared in one datum and fit another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shifted {
    /// How far they stand from where they should be, as declared: the median, metres.
    pub apart: f64,
    /// How far in the datum that fits.
    pub left: f64,
    /// That datum.
    pub datum: Datum,
}

/// So many positions have to be known before they can tell.
const FEW: usize = 3;

/// Whether positions, written in a datum that was declared, stand apart from where they are known to be (WGS 84) as another
/// datum would explain: a hundred metres at least as declared, at most 60 m and a third of that in the other. Each pair is a
/// position as written and as known; fewer than three say nothing.
pub fn shifted(pairs: &[([f64; 2], [f64; 2])], declared: Datum) -> Option<Shifted> {
    if pairs.len() < FEW {
        return None;
    }
    let middle = |datum: Datum| {
        let far = |(written, known): &([f64; 2], [f64; 2])| {
            let [lon, lat] = datum.to_wgs84(*written);
            LonLat { lon, lat }.metres_to(LonLat { lon: known[0], lat: known[1] })
        };
        let mut all: Vec<f64> = pairs.iter().map(far).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(0.0)
    };
    let apart = middle(declared);
    let others = [Datum::Wgs84, Datum::Gcj02, Datum::Bd09].map(|datum| (middle(datum), datum));
    let (left, datum) = others.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    (apart >= 100.0 && left <= 60.0 && left <= 0.3 * apart).then_some(Shifted { apart, left, datum })
}
