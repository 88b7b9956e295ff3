//! The datum in which maps are published in China.

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
pub fn wgs84([lon, lat]: [f64; 2]) -> [f64; 2] {
    let mut found = [lon, lat];
    for _ in 0..6 {
        let there = gcj02(found);
        found = [found[0] + lon - there[0], found[1] + lat - there[1]];
    }
    found
}
