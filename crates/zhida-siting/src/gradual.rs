//! Gradual cover: near a site a point is served wholly, further away in part (Berman, Krass & Drezner, *EJOR* 151, 2003,
//! doi:10.1016/S0377-2217(02)00604-5; in steps: Karasakal & Karasakal, *Computers & OR* 31, 2004,
//! doi:10.1016/S0305-0548(03)00105-9).
//!
//! Maximise Σ w(i) max over open j of s(i, j), 0 ≤ s ≤ 1. What is not served costs: c(i, j) = w(i) (1 − s(i, j)), w(i) where no
//! site is open, which makes it a median with costs of its own.

use crate::interchange::Ground;
use crate::lists::Lists;
use crate::median::{Answer, Effort, search};
use crate::model::{Report, Sites, SitingError, Watch};
use crate::reach::Cover;

/// The most weight served by the open sites, in part where they are far. `reach` holds the pairs with a share above 0;
/// `share` tells how much of point *i* site *j* serves.
///
/// The objective is what is served, the bound what cannot be exceeded; multipliers are between 0 and the weight. Memory: 24
/// bytes a pair.
///
/// # Errors
/// [`SitingError`] for bad numbers and for sites that cannot meet what is asked.
pub fn gradual(
    reach: &Cover,
    weights: &[f64],
    share: &(dyn Fn(usize, usize) -> f64 + Sync),
    sites: &Sites,
    effort: Effort,
    watch: Watch<'_>,
) -> Result<Answer, SitingError> {
    let (points, count) = (reach.points(), reach.sites());
    if points == 0 {
        return Err(SitingError::NoDemand);
    }
    crate::numbers("weight", weights, points)?;
    sites.check(count)?;
    let mut rows: Vec<Vec<(f64, u32)>> = vec![Vec::new(); points];
    for (j, site) in (0..count).zip(0_u32..) {
        for i in reach.column(j) {
            let i = i as usize;
            let value = share(i, j);
            if !(0.0..=1.0).contains(&value) {
                return Err(SitingError::NotANumber { what: "share", which: i, value });
            }
            if value > 0.0 && weights[i] > 0.0 {
                rows[i].push((weights[i] * (1.0 - value), site));
            }
        }
    }
    let lists = Lists::of_rows(rows, weights.to_vec());
    let columns = lists.columns(count);
    let ground = Ground::new(&lists, &columns, sites, count, None);
    let total: f64 = weights.iter().sum();
    let turned =
        |r: Report| watch(Report { objective: total - r.objective, bound: total - r.bound, round: r.round });
    let mut found = search(&ground, count, false, effort, &turned);
    (found.objective, found.bound) = (total - found.objective, total - found.bound);
    Ok(found)
}
