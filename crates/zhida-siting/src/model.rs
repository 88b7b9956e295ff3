//! What is asked: which sites may, must and can together be open.

/// What is decided of a site beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Open to choice.
    #[default]
    Candidate,
    /// Stays open: an existing station that is kept, or a decision already taken.
    Required,
    /// Not to be opened.
    Excluded,
}

/// At least and at most so many open sites of a group: a town, a district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is called when it cannot be met.
    pub name: String,
    /// At least so many.
    pub least: usize,
    /// At most so many.
    pub most: usize,
}

/// The rules that a set of open sites has to respect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sites {
    /// What is decided of each site; empty where nothing is.
    pub state: Vec<State>,
    /// How many are open: exactly so many, those required included.
    pub open: Option<usize>,
    /// What each costs in the objective's unit (facility location); empty for nothing.
    pub cost: Vec<f64>,
    /// The group of each site, an index into `groups`; `u32::MAX` for none; empty where there are no groups.
    pub group: Vec<u32>,
    /// The groups. They share no site.
    pub groups: Vec<Group>,
    /// What each costs in money and how much there is.
    pub budget: Option<(Vec<f64>, f64)>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SitingError {
    /// Nothing to serve.
    #[error("there are no demand points")]
    NoDemand,
    /// Nothing to open.
    #[error("there are no sites")]
    NoSites,
    /// A weight, cost or distance that is no number of at least 0.
    #[error("{what} of {which} is {value}, not a number of at least 0")]
    NotANumber {
        /// `weight`, `cost`, `distance`, `radius`.
        what: &'static str,
        /// Index, from 0.
        which: usize,
        /// What it is.
        value: f64,
    },
    /// A list of another length than there are sites or demand points.
    #[error("{what}: {found} entries for {expected}")]
    Length {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that it should have.
        expected: usize,
    },
    /// Points (from 0) that no site reaches.
    #[error("no site reaches {} of the points", .0.len())]
    Unreached(Vec<u32>),
    /// Nothing that meets everything was found, which does not prove that there is nothing; what stays broken, in words.
    #[error("nothing that meets everything was found, which does not prove that there is nothing: {}", .0.join("; "))]
    NotFound(Vec<String>),
    /// What is asked of the sites cannot be had together; each constraint that collides, in words.
    #[error("no set of sites meets these together: {}", .0.join("; "))]
    Infeasible(Vec<String>),
}

impl Sites {
    pub(crate) fn state(&self, site: usize) -> State {
        self.state.get(site).copied().unwrap_or_default()
    }

    pub(crate) fn cost(&self, site: usize) -> f64 {
        self.cost.get(site).copied().unwrap_or(0.0)
    }

    pub(crate) fn group(&self, site: usize) -> Option<usize> {
        self.group.get(site).map(|g| *g as usize).filter(|g| *g < self.groups.len())
    }

    /// What a site costs of the budget.
    pub(crate) fn price(&self, site: usize) -> f64 {
        self.budget.as_ref().and_then(|(prices, _)| prices.get(site)).copied().unwrap_or(0.0)
    }

    /// Whether there is more to respect than states and the number.
    pub(crate) fn is_plain(&self) -> bool {
        self.groups.is_empty() && self.budget.is_none()
    }

    /// Whether some set of sites meets all of it.
    ///
    /// # Errors
    /// [`SitingError`], with the constraints that collide.
    pub fn check(&self, sites: usize) -> Result<(), SitingError> {
        if sites == 0 {
            return Err(SitingError::NoSites);
        }
        let lists = [("states", self.state.len()), ("costs", self.cost.len()), ("groups", self.group.len())];
        let prices = self.budget.as_ref().map_or(0, |(prices, _)| prices.len());
        for (what, found) in lists.into_iter().chain([("prices", prices)]) {
            if found != 0 && found != sites {
                return Err(SitingError::Length { what, found, expected: sites });
            }
        }
        let priced = self.budget.as_ref().map_or(&[][..], |(prices, _)| prices);
        for (which, value) in self.cost.iter().chain(priced).enumerate() {
            if !(value.is_finite() && *value >= 0.0) {
                return Err(SitingError::NotANumber { what: "cost", which: which % sites, value: *value });
            }
        }
        let collisions = self.collisions(sites);
        if collisions.is_empty() { Ok(()) } else { Err(SitingError::Infeasible(collisions)) }
    }

    fn collisions(&self, sites: usize) -> Vec<String> {
        let mut found = Vec::new();
        let of = |state: State| (0..sites).filter(|j| self.state(*j) == state).count();
        let (required, available) = (of(State::Required), sites - of(State::Excluded));
        if available == 0 {
            found.push("every site is excluded".to_owned());
        }
        if self.open == Some(0) {
            found.push("no site is to be open".to_owned());
        }
        if let Some(open) = self.open {
            if open < required {
                found.push(format!("{open} are to be open, {required} are required"));
            }
            if open > available {
                found.push(format!("{open} are to be open, {available} can be"));
            }
        }
        let (mut least, mut most) = (vec![0; self.groups.len()], vec![0; self.groups.len()]);
        let (mut all_least, mut all_most) = (0, 0);
        for j in 0..sites {
            match (self.group(j), self.state(j)) {
                (_, State::Excluded) => {}
                (Some(g), state) => {
                    most[g] += 1;
                    least[g] += usize::from(state == State::Required);
                }
                (None, state) => {
                    all_most += 1;
                    all_least += usize::from(state == State::Required);
                }
            }
        }
        for (g, group) in self.groups.iter().enumerate() {
            if group.least > group.most {
                found.push(format!(
                    "`{}`: at least {} is more than at most {}",
                    group.name, group.least, group.most
                ));
            }
            if group.least > most[g] {
                found.push(format!(
                    "`{}`: at least {} of {} that can be open",
                    group.name, group.least, most[g]
                ));
            }
            if least[g] > group.most {
                found.push(format!("`{}`: at most {}, {} are required", group.name, group.most, least[g]));
            }
            all_least += group.least.max(least[g]);
            all_most += group.most.min(most[g]);
        }
        if let Some(open) = self.open.filter(|_| found.is_empty()) {
            if open < all_least {
                found.push(format!("{open} are to be open, the groups need {all_least}"));
            }
            if open > all_most {
                found.push(format!("{open} are to be open, the groups allow {all_most}"));
            }
        }
        if let Some((_, limit)) = self.budget.as_ref().filter(|_| found.is_empty()) {
            let prices: Vec<f64> = (0..sites).map(|j| self.price(j)).collect();
            let cheapest: f64 = self.choose(&prices).iter().map(|j| prices[*j as usize]).sum();
            if cheapest > *limit {
                found.push(format!("the budget is {limit}, the cheapest permitted set costs {cheapest}"));
            }
        }
        found
    }

    /// The permitted set with the smallest sum of `value`, but for the budget: exact, because taking the least values of
    /// each group up to what it needs and then the least of the rest is optimal for such a family (a generalised
    /// polymatroid; Frank & Tardos, *Math. Prog.* 42, 1988, doi:10.1007/BF01589418). Without a number of open sites
    /// every site with a value below 0 is taken as well. Ties by number. Ascending.
    pub fn choose(&self, value: &[f64]) -> Vec<u32> {
        let mut left: Vec<u32> = Vec::with_capacity(value.len());
        let mut chosen: Vec<u32> = Vec::new();
        let mut taken = vec![0_usize; self.groups.len()];
        for (j, site) in (0..value.len()).zip(0_u32..) {
            match self.state(j) {
                State::Excluded => {}
                State::Required => {
                    chosen.push(site);
                    if let Some(g) = self.group(j) {
                        taken[g] += 1;
                    }
                }
                State::Candidate => left.push(site),
            }
        }
        let by = |a: &u32, b: &u32| value[*a as usize].total_cmp(&value[*b as usize]).then(a.cmp(b));
        if self.groups.is_empty() {
            let n = if let Some(open) = self.open {
                open.saturating_sub(chosen.len()).min(left.len())
            } else {
                left.retain(|j| value[*j as usize] < 0.0);
                left.len()
            };
            if n < left.len() && n > 0 {
                left.select_nth_unstable_by(n - 1, by);
            }
            chosen.extend_from_slice(&left[..n]);
            chosen.sort_unstable();
            return chosen;
        }
        left.sort_unstable_by(by);
        let mut later = Vec::with_capacity(left.len());
        for j in left {
            match self.group(j as usize) {
                Some(g) if taken[g] < self.groups[g].least => {
                    taken[g] += 1;
                    chosen.push(j);
                }
                _ => later.push(j),
            }
        }
        for j in later {
            let wanted = match self.open {
                Some(open) => chosen.len() < open,
                None => value[j as usize] < 0.0,
            };
            if !wanted {
                break;
            }
            let g = self.group(j as usize);
            if g.is_none_or(|g| taken[g] < self.groups[g].most) {
                if let Some(g) = g {
                    taken[g] += 1;
                }
                chosen.push(j);
            }
        }
        chosen.sort_unstable();
        chosen
    }
}

/// How a search stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// The best answer so far, in the model's own sense.
    pub objective: f64,
    /// What is proven that no answer is better than.
    pub bound: f64,
    /// Rounds so far.
    pub round: usize,
}

/// Somebody who watches a search and answers whether to go on; the best answer so far is given when not.
pub type Watch<'a> = &'a (dyn Fn(Report) -> bool + Sync);
