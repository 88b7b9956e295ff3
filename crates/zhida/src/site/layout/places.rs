//! Stations, candidates, and what is decided of them already.

use std::collections::HashMap;
use std::path::Path;

use zhida_siting::plan::{Offer, Pin, Place};

use super::areas::Areas;
use super::read::Row;
use crate::rows::{Rows, number, positive, text};
use crate::site::Hours;
use crate::site::degrees;
use zhida_pack::layout::{Spec, Tier, year};

fn words(cell: &str) -> Vec<String> {
    cell.split([';', ' ', '、']).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Places as they are read.
pub(super) struct Reading<'a> {
    pub(super) spec: &'a Spec,
    pub(super) areas: &'a Areas,
    pub(super) serves: &'a dyn Fn(&Hours, &[String]) -> u64,
    pub(super) tier_hours: Vec<Hours>,
    pub(super) places: Vec<Place>,
    pub(super) rows: Vec<Row>,
    pub(super) index: HashMap<String, usize>,
    pub(super) notes: Vec<String>,
}

impl<'a> Reading<'a> {
    /// Stations, candidates and decisions of a plan's tables.
    pub(super) fn all(
        spec: &'a Spec,
        areas: &'a Areas,
        serves: &'a dyn Fn(&Hours, &[String]) -> u64,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let hours = |tier: &Tier| {
            let text = tier.hours.as_deref().unwrap_or("");
            Hours::read(text).map_err(|e| anyhow::anyhow!("[[tiers]] {}: {e}", tier.name))
        };
        let tier_hours = spec.tiers.iter().map(hours).collect::<Result<_, _>>()?;
        let (places, rows, index, notes) = (Vec::new(), Vec::new(), HashMap::new(), Vec::new());
        let mut read = Self { spec, areas, serves, tier_hours, places, rows, index, notes };
        read.table(&folder.join(&spec.files.stations), true)?;
        if let Some(path) = &spec.files.candidates {
            read.table(&folder.join(path), false)?;
        }
        if let Some(path) = &spec.files.decisions {
            read.decisions(&folder.join(path))?;
        }
        Ok(read)
    }

    pub(super) fn table(&mut self, path: &Path, stations: bool) -> anyhow::Result<()> {
        let wanted: &[&str] = if stations { &["id", "lon", "lat", "tier"] } else { &["id", "lon", "lat"] };
        let rows = Rows::open(path, wanted)?;
        let at = |name: &str| rows.column(name);
        let (id, lon, lat) = (at("id").unwrap_or(0), at("lon").unwrap_or(1), at("lat").unwrap_or(2));
        let [name, town, tier, state, hours, services, partner, condition, tiers] =
            ["name", "town", "tier", "state", "hours", "services", "partner", "condition", "tiers"].map(at);
        let [cost, running, visits] = ["cost", "running", "visits"].map(at);
        let mut closed = 0;
        rows.each(|record| {
            let cell = |column: Option<usize>| column.map_or(Ok(""), |column| text(record, column));
            let own = text(record, id)?.to_owned();
            let place = [number(record, lon, "longitude")?, number(record, lat, "latitude")?];
            degrees(place).map_err(|words| (lat, words))?;
            let tier_named = |column: Option<usize>, word: &str| {
                let known = self.spec.tiers.iter().position(|t| t.name == word);
                known.ok_or_else(|| (column.unwrap_or(0), format!("there is no tier `{word}` in the plan")))
            };
            let mut paused = false;
            match cell(state)? {
                "" | "open" => {}
                "paused" | "repair" => paused = true,
                "closed" => {
                    closed += 1;
                    return Ok(());
                }
                other => {
                    let words = format!("the state `{other}` is not open, paused, repair or closed");
                    return Err((state.unwrap_or(0), words));
                }
            }
            let now = if stations { Some(tier_named(tier, cell(tier)?)?) } else { None };
            let open = Hours::read(cell(hours)?).map_err(|words| (hours.unwrap_or(0), words))?;
            let has = words(cell(services)?);
            let mut may = Vec::new();
            for word in words(cell(tiers)?) {
                may.push(tier_named(tiers, &word)?);
            }
            let (extra, own_running) =
                (positive(record, cost, "cost")?.unwrap_or(0.0), positive(record, running, "running cost")?);
            let offers = self.offers(now, paused, (&open, &has), (&may, extra, own_running));
            let areas = self.areas.of(cell(town)?).map_err(|words| (town.unwrap_or(0), words))?;
            if self.index.insert(own.clone(), self.places.len()).is_some() {
                return Err((
                    id,
                    format!("the id `{own}` stands here twice, or is a station and a candidate"),
                ));
            }
            self.places.push(Place {
                name: own,
                now: now.filter(|_| !paused).and_then(|t| u32::try_from(t).ok()),
                offers,
                areas,
                closing: self.spec.closing.filter(|_| stations),
                pin: None,
            });
            self.rows.push(Row {
                name: cell(name)?.to_owned(),
                at: place,
                station: stations,
                partner: cell(partner)?.to_owned(),
                condition: cell(condition)?.to_owned(),
                visits: positive(record, visits, "number of visits")?,
            });
            Ok(())
        })?;
        if closed > 0 {
            self.notes.push(format!("{closed} stations are closed for good and left out"));
        }
        Ok(())
    }

    /// What a place is or can become: its tier now, whether it is paused, its own hours and services, and the tiers that it
    /// may have, what it costs more than others, and what it costs to run now.
    fn offers(
        &self,
        now: Option<usize>,
        paused: bool,
        (open, has): (&Hours, &[String]),
        (may, extra, own_running): (&[usize], f64, Option<f64>),
    ) -> Vec<Offer> {
        let mut offers = Vec::new();
        for (t, of) in self.spec.tiers.iter().enumerate() {
            let price = match now {
                Some(own) if own == t => Some(if paused { self.spec.reopening } else { 0.0 }),
                Some(own) if own < t => of.upgrade.map(|c| c + extra),
                Some(_) => None,
                None => of.build.map(|c| c + extra),
            };
            let allowed = may.is_empty() || may.contains(&t) || now == Some(t);
            let Some(price) = price.filter(|_| allowed) else { continue };
            // What a station has by its tier now it keeps when it rises.
            let mut services = has.to_vec();
            services.extend(of.services.iter().cloned());
            let mut open = open.and(&self.tier_hours[t]);
            if let Some(own) = now {
                services.extend(self.spec.tiers[own].services.iter().cloned());
                open = open.and(&self.tier_hours[own]);
            }
            offers.push(Offer {
                tier: u32::try_from(t).unwrap_or(u32::MAX),
                serves: (self.serves)(&open, &services),
                cost: price,
                running: own_running.filter(|_| now == Some(t)).unwrap_or(of.running),
            });
        }
        offers
    }

    /// `id,decision[,tier][,year][,to]`: what people have decided already.
    pub(super) fn decisions(&mut self, path: &Path) -> anyhow::Result<()> {
        let rows = Rows::open(path, &["id", "decision"])?;
        let at = |name: &str| rows.column(name);
        let (id, decision) = (at("id").unwrap_or(0), at("decision").unwrap_or(1));
        let (tier, when, to) = (at("tier"), at("year"), at("to"));
        rows.each(|record| {
            let cell = |column: Option<usize>| column.map_or(Ok(""), |column| text(record, column));
            let find = |index: &HashMap<String, usize>, column: usize, name: &str| {
                let known = index.get(name).copied();
                known.ok_or_else(|| (column, format!("there is no station or candidate `{name}`")))
            };
            let place = find(&self.index, id, text(record, id)?)?;
            let year = match cell(when)? {
                "" => None,
                text => {
                    let known = self.spec.years.iter().position(|y| year(&y.year) == text);
                    Some(known.ok_or_else(|| (when.unwrap_or(0), format!("{text} is no year of the plan")))?)
                }
            };
            let named = match cell(tier)? {
                "" => None,
                text => {
                    let known = self.spec.tiers.iter().position(|t| t.name == text);
                    let known =
                        known.ok_or_else(|| (tier.unwrap_or(0), format!("there is no tier `{text}`")))?;
                    u32::try_from(known).ok()
                }
            };
            let now = self.places[place].now;
            let wrong = |words: &str| Err((decision, format!("`{}`: {words}", self.places[place].name)));
            let (tier, moved) = match text(record, decision)? {
                "keep" if now.is_some() => (now, None),
                "leave" if now.is_none() => (None, None),
                "close" if now.is_some() => (None, None),
                "adjust" if now.is_some() => {
                    let to = find(&self.index, to.unwrap_or(0), cell(to)?)?;
                    (None, Some(to))
                }
                "upgrade" | "build" if named.is_some() => (named, None),
                "upgrade" | "build" => return wrong("say the tier that it becomes"),
                "keep" | "close" | "adjust" => return wrong("it is not open now"),
                "leave" => return wrong("it is open now; say keep or close"),
                other => {
                    return wrong(&format!("`{other}` is not keep, upgrade, adjust, close, build or leave"));
                }
            };
            if tier.is_some_and(|t| !self.places[place].offers.iter().any(|o| o.tier == t)) {
                return wrong("it cannot become that tier");
            }
            self.places[place].pin = Some(Pin { tier, year });
            if let Some(to) = moved {
                let tier = named.or_else(|| self.places[to].offers.first().map(|o| o.tier));
                self.places[to].pin = Some(Pin { tier, year });
            }
            Ok(())
        })
    }
}
