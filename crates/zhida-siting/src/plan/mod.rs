//! The layout plan: which places stay, are raised to another tier, close or are built, and in which year.
//!
//! Sets: cells *i*, layers *l* (a kind of worker in a band of hours), years *y*, places *j*, and for each place its courses
//! *k*: stay as it is, become a tier in a year, close in a year, be built in a year. Maximise Σ over y, l, i of
//! v(y) w(l, i) z(y, l, i) subject to t(l) z(y, l, i) ≤ Σ over j, k of a(y, l, i, j, k) x(j, k), Σ over k x(j, k) = 1 and
//! limits Σ g(r, j, k) x(j, k) ≤ b(r): money, numbers a year, quotas; x, z ∈ {0, 1}. Relaxing the first by multipliers
//! u(y, l, i) ≥ 0 and the limits by prices q(r) ≥ 0 leaves each cell and each place by itself:
//!
//! bound = Σ max(0, v w − t u) + Σ over j of max over k of (Σ a u − Σ g q) + Σ b q.
//!
//! Where t = 2, half of any two places would count for half; so a cell that a place serves now (the nearest, the first of
//! equals) is asked for one *besides* that: z ≤ Σ over the others of a x, which every plan respects as well.

mod courses;
mod draft;
mod finish;
mod ground;
mod moves;
mod prices;
mod reasons;
mod search;
mod verify;

#[cfg(test)]
mod tests;

pub use reasons::{Area, Decision, Held, Reasons, Told, Year as Totals, reasons};
pub use search::{Planned, plan, replan, served};
pub use verify::verify_plan;

use crate::metric::Metric;
use crate::model::SitingError;

/// What is counted: people of a kind in a band of hours.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What it is called.
    pub name: String,
    /// Layers of one kind count the same people at different hours; none where what is counted is no number of people.
    pub kind: Option<u32>,
    /// People in each cell.
    pub people: Vec<f64>,
    /// What one of them served is worth in a year.
    pub factor: f64,
    /// How far they go, in the metric's unit.
    pub radius: f64,
    /// How many places have to be in reach: 1, or 2 for overlapping cover.
    pub times: u16,
}

/// A tier that a place can have, with what it comes to there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// The tier: an index into the plan's tiers.
    pub tier: u32,
    /// The layers that it then serves, a bit each.
    pub serves: u64,
    /// What it costs to become that; 0 for what a place is now.
    pub cost: f64,
    /// What it costs to run in a year.
    pub running: f64,
}

/// A decision that people have taken already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// What the place is in the end; none for closed, or not built.
    pub tier: Option<u32>,
    /// The year in which that begins, if it is decided as well.
    pub year: Option<usize>,
}

/// A station, or a site where one could be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Its id.
    pub name: String,
    /// Its tier now; none for a site, or a station that does not serve.
    pub now: Option<u32>,
    /// What it is or can become, the present tier among them.
    pub offers: Vec<Offer>,
    /// The areas that it lies in, indices into the plan's areas.
    pub areas: Vec<u32>,
    /// What it costs to close it; none where it may not be.
    pub closing: Option<f64>,
    /// What is decided already.
    pub pin: Option<Pin>,
}

/// At least and at most so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// At least.
    pub least: usize,
    /// At most.
    pub most: usize,
}

impl Default for Range {
    fn default() -> Self {
        Self { least: 0, most: usize::MAX }
    }
}

/// A year of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Year {
    /// What it is called.
    pub name: String,
    /// What service in this year is worth against the others.
    pub worth: f64,
    /// What there is to build, raise and close with.
    pub budget: Option<f64>,
    /// What there is to run all places with.
    pub running: Option<f64>,
    /// Places raised to another tier.
    pub upgrades: Range,
    /// Places built.
    pub builds: Range,
    /// Places closed.
    pub closures: Range,
    /// Places raised or built.
    pub changes: Range,
}

/// How much a quota asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// At least so many.
    Least(f64),
    /// At most so many.
    Most(f64),
    /// At least this share of all open places of the area.
    Share(f64),
}

/// What must hold from a year on.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// What it is called.
    pub name: String,
    /// The tiers that count, a bit each; 0 for all.
    pub tiers: u64,
    /// The area; none for everywhere.
    pub area: Option<u32>,
    /// How much.
    pub amount: Amount,
    /// From which year on.
    pub from: usize,
}

/// A layout and what may become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Cells × places.
    pub metric: Metric,
    /// What is counted, at most 64.
    pub layers: Vec<Layer>,
    /// The places, in the metric's order.
    pub places: Vec<Place>,
    /// The names of the tiers, at most 64.
    pub tiers: Vec<String>,
    /// The names of the areas.
    pub areas: Vec<String>,
    /// The years, in order.
    pub years: Vec<Year>,
    /// Whether money left over may be spent later.
    pub carry: bool,
    /// The quotas.
    pub quotas: Vec<Quota>,
    /// The area of each cell, for totals; empty for none.
    pub cells: Vec<u32>,
    /// A station that closes and a site that is built this near to it are one that moves.
    pub move_within: f64,
}

impl Plan {
    /// Numbers and indices are possible.
    fn check(&self) -> Result<(), SitingError> {
        let (cells, places) = (self.metric.demand(), self.metric.sites());
        if cells == 0 {
            return Err(SitingError::NoDemand);
        }
        if places == 0 || self.years.is_empty() || self.tiers.is_empty() {
            return Err(SitingError::NoSites);
        }
        let length = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(SitingError::Length { what, found, expected }) }
        };
        length("places", self.places.len(), places)?;
        let number = |what: &'static str, which: usize, value: f64| {
            if value.is_finite() && value >= 0.0 {
                Ok(())
            } else {
                Err(SitingError::NotANumber { what, which, value })
            }
        };
        let small = |what: &'static str, found: usize| length(what, found, found.min(64));
        small("layers", self.layers.len())?;
        small("tiers", self.tiers.len())?;
        for (l, layer) in self.layers.iter().enumerate() {
            crate::numbers("people", &layer.people, cells)?;
            number("factor", l, layer.factor)?;
            number("radius", l, layer.radius)?;
            if !(1..=2).contains(&layer.times) {
                return Err(SitingError::NotANumber { what: "times", which: l, value: layer.times.into() });
            }
        }
        for (j, place) in self.places.iter().enumerate() {
            for offer in &place.offers {
                number("cost", j, offer.cost)?;
                number("running cost", j, offer.running)?;
                length("tiers", (offer.tier as usize + 1).max(self.tiers.len()), self.tiers.len())?;
            }
            number("closing cost", j, place.closing.unwrap_or(0.0))?;
            let known = |tier: u32| place.offers.iter().any(|o| o.tier == tier);
            let states = [place.now, place.pin.and_then(|p| p.tier)];
            let unknown = states.into_iter().flatten().filter(|t| !known(*t)).count();
            length("offers", place.offers.len(), place.offers.len() + unknown)?;
            let out = place.areas.iter().filter(|a| **a as usize >= self.areas.len()).count();
            length("areas", self.areas.len(), self.areas.len() + out)?;
        }
        for (y, year) in self.years.iter().enumerate() {
            number("worth", y, year.worth)?;
            number("budget", y, year.budget.unwrap_or(0.0))?;
            number("running budget", y, year.running.unwrap_or(0.0))?;
        }
        number("distance of a move", 0, self.move_within)?;
        if !self.cells.is_empty() {
            length("areas of cells", self.cells.len(), cells)?;
        }
        for (q, quota) in self.quotas.iter().enumerate() {
            let (Amount::Least(v) | Amount::Most(v) | Amount::Share(v)) = quota.amount;
            number("quota", q, v)?;
            length("years", (quota.from + 1).max(self.years.len()), self.years.len())?;
        }
        Ok(())
    }

    /// What a place offers at a tier.
    fn offer(&self, place: usize, tier: u32) -> Option<&Offer> {
        self.places[place].offers.iter().find(|o| o.tier == tier)
    }
}
