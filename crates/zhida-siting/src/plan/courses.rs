//! What can become of each place, and what that takes from each limit.

use super::{Amount, Plan, Quota};

/// The tier of a place in each year; none where it is not open.
pub(super) type States = Vec<Option<u32>>;

/// A limit: Σ of what the chosen courses use is at most `most`. Uses are divided by `scale`.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) name: String,
    pub(super) most: f64,
    pub(super) scale: f64,
    /// Whether it stands for "at least": counts are below 0 then.
    pub(super) turned: bool,
    of: Of,
}

#[derive(Clone, Copy, Debug)]
enum Of {
    Budget(usize),
    Running(usize),
    Upgrades(usize),
    Builds(usize),
    Closures(usize),
    Changes(usize),
    Quota(usize, usize),
}

/// All courses of all places.
pub(super) struct Courses {
    /// Those of place `j` are `begin[j]..begin[j + 1]`; the first leaves it as it is, unless something else is decided.
    pub(super) begin: Vec<u32>,
    /// The place of each.
    pub(super) place: Vec<u32>,
    /// The states, year after year.
    states: Vec<u32>,
    years: usize,
    uses_begin: Vec<usize>,
    uses: Vec<(u32, f64)>,
    pub(super) limits: Vec<Limit>,
}

const CLOSED: u32 = u32::MAX;

impl Courses {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut all = Self {
            begin: vec![0],
            place: Vec::new(),
            states: Vec::new(),
            years: plan.years.len(),
            uses_begin: vec![0],
            uses: Vec::new(),
            limits: limits(plan),
        };
        // The limits of an area are looked at by those in it only.
        let mut of_area: Vec<Vec<u32>> = vec![Vec::new(); plan.areas.len()];
        let mut everywhere: Vec<u32> = Vec::new();
        for (r, limit) in (0_u32..).zip(&all.limits) {
            match limit.of {
                Of::Quota(q, _) if plan.quotas[q].area.is_some() => {
                    of_area[plan.quotas[q].area.unwrap_or(0) as usize].push(r);
                }
                _ => everywhere.push(r),
            }
        }
        for (j, place) in (0_u32..).zip(&plan.places) {
            let mut rows = everywhere.clone();
            place.areas.iter().for_each(|a| rows.extend(&of_area[*a as usize]));
            rows.sort_unstable();
            rows.dedup();
            for states in courses(plan, j as usize) {
                for r in &rows {
                    let limit = &all.limits[*r as usize];
                    let used = uses(plan, limit, j as usize, &states) / limit.scale;
                    if used != 0.0 {
                        all.uses.push((*r, used));
                    }
                }
                all.uses_begin.push(all.uses.len());
                all.states.extend(states.iter().map(|s| s.unwrap_or(CLOSED)));
                all.place.push(j);
            }
            all.begin.push(u32::try_from(all.place.len()).unwrap_or(u32::MAX));
        }
        all
    }

    pub(super) fn count(&self) -> usize {
        self.place.len()
    }

    pub(super) fn of(&self, place: usize) -> std::ops::Range<u32> {
        self.begin[place]..self.begin[place + 1]
    }

    pub(super) fn tier(&self, course: u32, year: usize) -> Option<u32> {
        Some(self.states[course as usize * self.years + year]).filter(|t| *t != CLOSED)
    }

    pub(super) fn states(&self, course: u32) -> States {
        (0..self.years).map(|y| self.tier(course, y)).collect()
    }

    /// What a course takes from limits, in their scales.
    pub(super) fn uses(&self, course: u32) -> &[(u32, f64)] {
        &self.uses[self.uses_begin[course as usize]..self.uses_begin[course as usize + 1]]
    }
}

/// A place changes once at most.
fn courses(plan: &Plan, j: usize) -> Vec<States> {
    let (place, years) = (&plan.places[j], plan.years.len());
    let mut found = Vec::new();
    let pin = place.pin;
    if pin.is_none_or(|p| p.tier == place.now) {
        found.push(vec![place.now; years]);
    }
    if pin.is_some_and(|p| p.tier == place.now) {
        return found;
    }
    let mut ends: Vec<Option<u32>> =
        place.offers.iter().map(|o| Some(o.tier)).filter(|t| *t != place.now).collect();
    if place.now.is_some() && (place.closing.is_some() || pin.is_some_and(|p| p.tier.is_none())) {
        ends.push(None);
    }
    for end in ends {
        if pin.is_some_and(|p| p.tier != end) {
            continue;
        }
        for year in 0..years {
            if pin.is_none_or(|p| p.year.is_none_or(|y| y == year)) {
                found.push((0..years).map(|y| if y < year { place.now } else { end }).collect());
            }
        }
    }
    found
}

/// The limits of a plan, in a fixed order. Names are what the certificate calls them by.
fn limits(plan: &Plan) -> Vec<Limit> {
    let mut found = Vec::new();
    let dearest = |of: &dyn Fn(&super::Offer) -> f64| {
        plan.places.iter().flat_map(|p| &p.offers).map(of).fold(0.0, f64::max).max(1e-9)
    };
    let (invest, run) = (dearest(&|o| o.cost), dearest(&|o| o.running));
    let mut saved = 0.0;
    for (y, year) in plan.years.iter().enumerate() {
        let mut add = |what: &str, most: f64, scale: f64, turned: bool, of: Of| {
            let name = format!("{what} {}", year.name);
            found.push(Limit { name, most: most / scale, scale, turned, of });
        };
        if let Some(budget) = year.budget {
            saved = if plan.carry { saved + budget } else { budget };
            add("budget", saved, invest, false, Of::Budget(y));
        }
        if let Some(running) = year.running {
            add("running", running, run, false, Of::Running(y));
        }
        let ranges = [
            ("upgrades", year.upgrades, Of::Upgrades(y)),
            ("builds", year.builds, Of::Builds(y)),
            ("closures", year.closures, Of::Closures(y)),
            ("changes", year.changes, Of::Changes(y)),
        ];
        for (what, range, of) in ranges {
            #[expect(clippy::cast_precision_loss, reason = "a count of places")]
            let (least, most) = (range.least as f64, range.most as f64);
            if range.least > 0 {
                add(&format!("{what} at least"), -least, 1.0, true, of);
            }
            if range.most != usize::MAX {
                add(&format!("{what} at most"), most, 1.0, false, of);
            }
        }
    }
    for (q, quota) in plan.quotas.iter().enumerate() {
        for y in quota.from..plan.years.len() {
            let (most, turned) = match quota.amount {
                Amount::Least(n) => (-n, true),
                Amount::Most(n) => (n, false),
                Amount::Share(_) => (0.0, true),
            };
            let name = format!("{} {}", quota.name, plan.years[y].name);
            found.push(Limit { name, most, scale: 1.0, turned, of: Of::Quota(q, y) });
        }
    }
    found
}

/// What a course of a place takes from a limit, in the limit's own unit.
fn uses(plan: &Plan, limit: &Limit, j: usize, states: &[Option<u32>]) -> f64 {
    let place = &plan.places[j];
    let before = |y: usize| if y == 0 { place.now } else { states[y - 1] };
    let changed = |y: usize| before(y) != states[y];
    let sign = if limit.turned { -1.0 } else { 1.0 };
    let is = |yes: bool| if yes { sign } else { 0.0 };
    match limit.of {
        Of::Budget(year) => {
            let first = if plan.carry { 0 } else { year };
            (first..=year).filter(|y| changed(*y)).map(|y| spent(plan, j, states[y])).sum()
        }
        Of::Running(y) => states[y].and_then(|t| plan.offer(j, t)).map_or(0.0, |o| o.running),
        Of::Upgrades(y) => is(changed(y) && before(y).is_some() && states[y].is_some()),
        Of::Builds(y) => is(changed(y) && before(y).is_none()),
        Of::Closures(y) => is(changed(y) && states[y].is_none()),
        Of::Changes(y) => is(changed(y) && states[y].is_some()),
        Of::Quota(q, y) => {
            let Quota { tiers, amount, .. } = plan.quotas[q];
            let Some(tier) = states[y] else { return 0.0 };
            let counts = tiers == 0 || tiers >> tier & 1 == 1;
            match amount {
                Amount::Share(share) => share - f64::from(u8::from(counts)),
                _ => is(counts),
            }
        }
    }
}

/// What it costs that a place becomes something.
fn spent(plan: &Plan, j: usize, state: Option<u32>) -> f64 {
    match state {
        Some(tier) => plan.offer(j, tier).map_or(0.0, |o| o.cost),
        None => plan.places[j].closing.unwrap_or(0.0),
    }
}
