//! Distances on the ground and how a term falls with them.

#![expect(clippy::inline_always, reason = "called for every pair")]

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
    #[inline(always)]
    fn chord(&self, other: &Self) -> f64 {
        let square = |(a, b): (&f64, &f64)| (a - b) * (a - b);
        self.0.iter().zip(&other.0).map(square).sum()
    }
}

/// `exp(-d / scale)` for the great-circle distance `d`, in millionths.
///
/// The arc of a short chord by its series, the power by a table of steps of 1/64 and a cubic between them: to nine
/// digits, in a dozen operations.
#[derive(Clone, Debug)]
pub(crate) struct Falling {
    /// What turns half a chord into steps of 1/64 of the scale.
    factor: f64,
    /// `exp(-k / 64)`.
    powers: Vec<f64>,
}

const STEPS: f64 = 64.0;
/// Behind so many steps nothing is left: exp(-15) is less than half a millionth.
const END: u32 = 15 * 64;

impl Falling {
    pub(crate) fn new(scale: f64) -> Self {
        let powers = (0..END).map(|k| (-f64::from(k) / STEPS).exp()).collect();
        Self { factor: 2.0 * RADIUS / scale * STEPS, powers }
    }

    /// The value; `None` where a place is unknown.
    #[inline(always)]
    pub(crate) fn at(&self, a: &Spot, b: &Spot) -> Option<u32> {
        let chord = a.chord(b);
        if chord.is_nan() {
            return None;
        }
        let half = (chord / 4.0).min(1.0);
        let sine = half.sqrt();
        // Up to 1,270 km the series is exact to a millimetre; behind that the function itself is asked.
        let arc = if half < 0.01 {
            sine * (1.0
                + half * (1.0 / 6.0 + half * (3.0 / 40.0 + half * (15.0 / 336.0 + half * 105.0 / 3_456.0))))
        } else {
            sine.asin()
        };
        let steps = arc * self.factor;
        if steps.is_nan() || steps >= f64::from(END) {
            return Some(0);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and END")]
        let whole = steps as u32;
        let rest = (steps - f64::from(whole)) * (1.0 / STEPS);
        let power = self.powers.get(whole as usize).copied().unwrap_or(0.0);
        let share = power * (1.0 - rest * (1.0 - rest * (0.5 - rest / 6.0)));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a million"
        )]
        Some((share * 1e6 + 0.5) as u32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_gives_what_the_formula_does(
            a in (-180.0_f64..180.0, -90.0_f64..90.0),
            step in (-30.0_f64..30.0, -30.0_f64..30.0),
            scale in 10.0_f64..5_000_000.0,
        ) {
            let falling = Falling::new(scale);
            for factor in [1.0, 1e-2, 1e-5, 0.0] {
                let b = (a.0 + step.0 * factor, (a.1 + step.1 * factor).clamp(-90.0, 90.0));
                let found = falling.at(&Spot::new(Some(a)), &Spot::new(Some(b))).unwrap();
                let ((lon, lat), (x, y)) = ((a.0.to_radians(), a.1.to_radians()), (b.0.to_radians(), b.1.to_radians()));
                let h = ((y - lat) / 2.0).sin().powi(2) + lat.cos() * y.cos() * ((x - lon) / 2.0).sin().powi(2);
                let expected = (-2.0 * RADIUS * h.sqrt().min(1.0).asin() / scale).exp() * 1e6;
                prop_assert!((f64::from(found) - expected).abs() < 1.0, "{} for {}", found, expected);
            }
        }
    }

    #[test]
    fn a_known_distance_is_found() {
        // Haiyan to Hangzhou by the haversine formula: 80.9 km.
        let (a, b) = (Spot::new(Some((120.946, 30.526))), Spot::new(Some((120.155, 30.274))));
        let metres = -(f64::from(Falling::new(100_000.0).at(&a, &b).unwrap()) / 1e6).ln() * 100_000.0;
        assert!((metres - 80_872.0).abs() < 1.0, "{metres}");
        assert_eq!(Falling::new(1.0).at(&a, &Spot::new(None)), None);
    }
}
