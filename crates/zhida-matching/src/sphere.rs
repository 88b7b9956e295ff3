//! Distances on the ground and how a term falls with them.

/// Mean radius of the earth in metres (IUGG).
const RADIUS: f64 = 6_371_008.8;

/// A place as a point on the unit sphere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot([f64; 3]);

impl Spot {
    /// Longitude and latitude in degrees.
    pub(crate) fn new(place: Option<(f64, f64)>) -> Self {
        let Some((lon, lat)) = place.filter(|(lon, lat)| lon.is_finite() && lat.is_finite()) else {
            return Self([f64::NAN; 3]);
        };
        let (lon, lat) = (lon.to_radians(), lat.to_radians());
        Self([lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()])
    }

    /// The square of the straight line between two places; not a number where one is unknown.
    #[inline]
    fn chord(&self, other: &Self) -> f64 {
        let square = |(a, b): (&f64, &f64)| (a - b) * (a - b);
        self.0.iter().zip(&other.0).map(square).sum()
    }
}

/// `exp(-d / scale)` for the great-circle distance `d`, in millionths.
#[derive(Clone, Debug)]
pub(crate) struct Falling {
    scale: f64,
    /// For squared chords by their leading bits, the value at the near end: never less than the value itself.
    bounds: Vec<u32>,
}

/// Leading bits of a squared chord by which upper bounds are kept: the exponent and six bits of the fraction.
const SHIFT: u32 = 46;
/// The leading bits of 2^-64, a chord of less than two millimetres, and of 4, the longest there is.
const FIRST: u64 = 0x3bf0_0000_0000_0000 >> SHIFT;
const LAST: u64 = 0x4010_0000_0000_0000 >> SHIFT;

impl Falling {
    pub(crate) fn new(scale: f64) -> Self {
        let mut falling = Self { scale, bounds: Vec::new() };
        let at = |bits: u64| falling.value(f64::from_bits(bits << SHIFT)).saturating_add(1);
        let bounds: Vec<u32> = (FIRST..=LAST).map(at).collect();
        falling.bounds = bounds;
        falling
    }

    fn value(&self, chord: f64) -> u32 {
        let metres = 2.0 * RADIUS * (chord.sqrt() / 2.0).min(1.0).asin();
        let share = (-metres / self.scale).exp();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a million"
        )]
        let millionths = (share.clamp(0.0, 1.0) * 1e6).round() as u32;
        millionths
    }

    /// The value; `None` where a place is unknown.
    #[inline]
    pub(crate) fn at(&self, a: &Spot, b: &Spot) -> Option<u32> {
        let chord = a.chord(b);
        if chord.is_nan() { None } else { Some(self.value(chord)) }
    }

    /// No less than the value, without a root, an angle or a power.
    #[inline]
    pub(crate) fn at_most(&self, a: &Spot, b: &Spot) -> Option<u32> {
        let chord = a.chord(b);
        if chord.is_nan() {
            return None;
        }
        let place = (chord.to_bits() >> SHIFT).saturating_sub(FIRST);
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        // Nearer than the first place it can be anything up to the whole.
        Some(if chord.to_bits() >> SHIFT < FIRST {
            1_000_000
        } else {
            self.bounds.get(place).copied().unwrap_or(0)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_bound_is_never_below_the_value(
            a in (-180.0_f64..180.0, -90.0_f64..90.0),
            step in (-0.5_f64..0.5, -0.5_f64..0.5),
            scale in 10.0_f64..50_000.0,
        ) {
            let falling = Falling::new(scale);
            for factor in [1.0, 1e-2, 1e-5, 0.0] {
                let b = (a.0 + step.0 * factor, (a.1 + step.1 * factor).clamp(-90.0, 90.0));
                let (a, b) = (Spot::new(Some(a)), Spot::new(Some(b)));
                prop_assert!(falling.at_most(&a, &b) >= falling.at(&a, &b));
            }
        }
    }

    #[test]
    fn a_known_distance_is_found() {
        // Haiyan to Hangzhou by the haversine formula.
        let (a, b) = (Spot::new(Some((120.946, 30.526))), Spot::new(Some((120.155, 30.274))));
        let metres = -(f64::from(Falling::new(100_000.0).at(&a, &b).unwrap()) / 1e6).ln() * 100_000.0;
        assert!((metres - 80_872.0).abs() < 1.0, "{metres}");
        assert_eq!(Falling::new(1.0).at(&a, &Spot::new(None)), None);
    }
}
