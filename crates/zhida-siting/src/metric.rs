//! How far it is from a demand point to a site, in metres, or in the unit of the plane or the matrix.

/// The mean radius of the earth in metres (IUGG, `R1`).
pub const EARTH: f64 = 6_371_008.8;

/// How distances are measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// In a plane: Euclidean, and as TSPLIB rounds it (`EUC_2D`: to the nearest whole number) if `rounded`.
    Plane {
        /// Where the demand points are: x, y.
        demand: Vec<[f64; 2]>,
        /// Where the sites are.
        sites: Vec<[f64; 2]>,
        /// Whether distances are rounded to whole numbers.
        rounded: bool,
    },
    /// On the earth: the great circle (haversine; Sinnott, *Sky & Telescope* 68, 1984) times a detour factor.
    Sphere {
        /// Longitude and latitude of the demand points, degrees, WGS 84.
        demand: Vec<[f64; 2]>,
        /// Longitude and latitude of the sites.
        sites: Vec<[f64; 2]>,
        /// How much longer the way is than the great circle: 1.0 for none.
        detour: f64,
    },
    /// Given: demand points × sites, row by row.
    Matrix {
        /// The number of sites.
        sites: usize,
        /// The distances.
        distances: Vec<f64>,
    },
    /// Ways that were looked up: for each site the points from which there is one, ascending, with its length. From
    /// others it is infinitely far.
    Ways {
        /// The number of demand points.
        demand: usize,
        /// Longitude and latitude of the sites.
        sites: Vec<[f64; 2]>,
        /// Points and lengths, by site.
        columns: Vec<Vec<(u32, f64)>>,
    },
}

impl Metric {
    /// The number of demand points.
    pub fn demand(&self) -> usize {
        match self {
            Self::Plane { demand, .. } | Self::Sphere { demand, .. } => demand.len(),
            Self::Matrix { sites, distances } => distances.len().checked_div(*sites).unwrap_or(0),
            Self::Ways { demand, .. } => *demand,
        }
    }

    /// The number of sites.
    pub fn sites(&self) -> usize {
        match self {
            Self::Plane { sites, .. } | Self::Sphere { sites, .. } => sites.len(),
            Self::Matrix { sites, .. } => *sites,
            Self::Ways { columns, .. } => columns.len(),
        }
    }

    /// The distance from a demand point to a site.
    pub fn distance(&self, demand: usize, site: usize) -> f64 {
        match self {
            Self::Plane { demand: from, sites, rounded } => {
                let (a, b) = (from[demand], sites[site]);
                let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
                let distance = (dx * dx + dy * dy).sqrt();
                if *rounded { (distance + 0.5).floor() } else { distance }
            }
            Self::Sphere { demand: from, sites, detour } => haversine(from[demand], sites[site]) * detour,
            Self::Matrix { sites, distances } => distances[demand * sites + site],
            Self::Ways { columns, .. } => {
                let column = &columns[site];
                let at = column.binary_search_by_key(&demand, |(i, _)| *i as usize);
                at.map_or(f64::INFINITY, |at| column[at].1)
            }
        }
    }

    /// The points from which no site, and the sites from which no point, is within finite reach.
    pub fn apart(&self) -> (Vec<u32>, Vec<u32>) {
        let Self::Ways { demand, columns, .. } = self else { return (Vec::new(), Vec::new()) };
        let mut alone = vec![true; *demand];
        for (i, _) in columns.iter().flatten() {
            alone[*i as usize] = false;
        }
        let points = (0_u32..).zip(&alone).filter(|(_, alone)| **alone).map(|(i, _)| i).collect();
        let sites = (0_u32..).zip(columns).filter(|(_, column)| column.is_empty()).map(|(j, _)| j).collect();
        (points, sites)
    }

    /// Ways as a whole matrix; `None` if from some point there is no way to some site.
    #[must_use]
    pub fn whole(&self) -> Option<Self> {
        let Self::Ways { demand, columns, .. } = self else { return Some(self.clone()) };
        if columns.iter().any(|column| column.len() < *demand) {
            return None;
        }
        let mut distances = vec![0.0; demand * columns.len()];
        for (j, column) in columns.iter().enumerate() {
            for (i, far) in column {
                distances[*i as usize * columns.len() + j] = *far;
            }
        }
        Some(Self::Matrix { sites: columns.len(), distances })
    }

    /// How far two sites are from each other; a matrix does not tell.
    pub fn between(&self, a: usize, b: usize) -> Option<f64> {
        match self {
            Self::Plane { sites, .. } => Some((sites[a][0] - sites[b][0]).hypot(sites[a][1] - sites[b][1])),
            Self::Sphere { sites, detour, .. } => Some(haversine(sites[a], sites[b]) * detour),
            Self::Ways { sites, .. } => Some(haversine(sites[a], sites[b])),
            Self::Matrix { .. } => None,
        }
    }

    /// Whether all distances are whole numbers, so that a sum of them is as well.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Plane { rounded, .. } => *rounded,
            Self::Sphere { .. } | Self::Ways { .. } => false,
            Self::Matrix { distances, .. } => distances.iter().all(|d| d.fract() == 0.0),
        }
    }
}

/// The great circle between two places (longitude, latitude in degrees), metres.
pub fn haversine(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (lat_a, lat_b) = (a[1].to_radians(), b[1].to_radians());
    let (lon, lat) = ((b[0] - a[0]).to_radians(), lat_b - lat_a);
    let h = (lat / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (lon / 2.0).sin().powi(2);
    2.0 * EARTH * h.sqrt().min(1.0).asin()
}
