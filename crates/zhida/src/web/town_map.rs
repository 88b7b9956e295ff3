//! Towns as shapes on a sketch of a county, each with a number: one picture for every list that has towns.

use askama::Template;

use crate::regions::Regions;
use crate::texts::T;

/// Where the shapes of regions lie on a picture 640 units wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sketch {
    west: f64,
    north: f64,
    stretch: f64,
    scale: f64,
    /// The height in units.
    pub(crate) height: f64,
}

impl Sketch {
    /// Of the regions whose shape is known; nothing where none is.
    pub(crate) fn new<'c>(regions: &Regions, codes: impl Iterator<Item = &'c str>) -> Option<Self> {
        let mut all = (f64::MAX, f64::MIN, f64::MAX, f64::MIN);
        for (lon, lat) in codes.flat_map(|code| regions.shape(code)).flatten() {
            all = (all.0.min(*lon), all.1.max(*lon), all.2.min(*lat), all.3.max(*lat));
        }
        if all.0 > all.1 {
            return None;
        }
        let stretch = all.2.to_radians().cos();
        let scale = 640.0 / ((all.1 - all.0) * stretch).max(f64::EPSILON);
        Some(Self { west: all.0, north: all.3, stretch, scale, height: 40.0 + (all.3 - all.2) * scale })
    }

    /// A position on the picture.
    pub(crate) fn at(&self, (lon, lat): (f64, f64)) -> (f64, f64) {
        (60.0 + (lon - self.west) * self.stretch * self.scale, 20.0 + (self.north - lat) * self.scale)
    }

    /// The outline of a region as a path.
    pub(crate) fn path(&self, regions: &Regions, code: &str) -> String {
        use std::fmt::Write as _;
        let mut path = String::new();
        for ring in regions.shape(code) {
            for (i, point) in ring.iter().enumerate() {
                let (x, y) = self.at(*point);
                let _infallible = write!(path, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
            }
            path.push('Z');
        }
        path
    }

    /// Where a region's name stands.
    pub(crate) fn seat(&self, regions: &Regions, code: &str) -> (f64, f64) {
        regions.seat(code).map_or((-100.0, -100.0), |seat| self.at(seat))
    }
}

struct Patch {
    path: String,
    colour: &'static str,
    label: String,
    link: String,
    x: f64,
    y: f64,
}

/// A map of towns with a number each.
#[derive(Template)]
#[template(path = "web/town_map.svg", escape = "html")]
pub(crate) struct TownMap {
    height: f64,
    patches: Vec<Patch>,
    credit: String,
}

/// From nothing to the most.
const COLOURS: [&str; 5] = ["#f1f4f8", "#d3e2f5", "#9fc1ea", "#5f95d6", "#1b62b5"];

impl TownMap {
    /// Of code, name and number of each town; nothing where no shape is known.
    pub(crate) fn new<'t>(
        regions: &Regions,
        t: &T,
        towns: impl Iterator<Item = (&'t str, &'t str, i64)> + Clone,
        link: impl Fn(&str) -> String,
    ) -> Option<Self> {
        let sketch = Sketch::new(regions, towns.clone().map(|(code, ..)| code))?;
        let most = towns.clone().map(|(.., n)| n).max().unwrap_or(0).max(1);
        let patches = towns.map(|(code, name, n)| {
            let shade = if n <= 0 { 0 } else { usize::try_from(1 + n * 3 / most).unwrap_or(4).min(4) };
            let (x, y) = sketch.seat(regions, code);
            Patch {
                path: sketch.path(regions, code),
                colour: COLOURS[shade],
                label: format!("{name} {n}"),
                link: link(code),
                x,
                y,
            }
        });
        Some(Self { height: sketch.height, patches: patches.collect(), credit: t.s("map-credit") })
    }
}
