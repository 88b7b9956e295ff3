//! A layout plan from `PLAN.toml` and its tables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use zhida_siting::Metric;
use zhida_siting::plan::{Amount, Layer, Offer, Pin, Place, Plan, Quota, Range, Year};

use super::super::super::rows::{Rows, text};
use super::super::super::rules::placed;
use super::super::problem::degrees;
use super::spec::{Each, Hours, Rule, Span, Spec, year};

/// A plan as read, with what its answer is told in.
pub(in crate::cli::site) struct Layout {
    pub(super) spec: Spec,
    pub(in crate::cli::site) plan: Plan,
    /// Each place's row: name, and what is passed on as it stands.
    pub(super) rows: Vec<Row>,
    /// The band of hours of each layer, none for overlapping cover.
    pub(super) bands: Vec<Option<usize>>,
    /// The rule that each quota comes from.
    pub(super) rule: Vec<usize>,
    pub(super) notes: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) at: [f64; 2],
    pub(super) station: bool,
    pub(super) partner: String,
    pub(super) condition: String,
    pub(super) visits: Option<f64>,
}

fn number(record: &csv::ByteRecord, column: usize, what: &str) -> Result<f64, (usize, String)> {
    let cell = text(record, column)?;
    let value = cell.parse::<f64>().ok().filter(|v| v.is_finite());
    value.ok_or_else(|| (column, format!("the {what} `{cell}` is not a number")))
}

fn positive(record: &csv::ByteRecord, column: Option<usize>, what: &str) -> Result<Option<f64>, (usize, String)> {
    match column {
        Some(column) if !text(record, column)?.is_empty() => {
            let value = number(record, column, what)?;
            if value < 0.0 { Err((column, format!("the {what} {value} is below 0"))) } else { Ok(Some(value)) }
        }
        _ => Ok(None),
    }
}

fn words(cell: &str) -> Vec<String> {
    cell.split([';', ' ', '、']).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Towns and what they belong to.
#[derive(Default)]
struct Areas {
    names: Vec<String>,
    kind: Vec<Each>,
    /// The town, county and city of each town.
    of_town: HashMap<String, Vec<u32>>,
    of_county: HashMap<String, u32>,
    of_city: HashMap<String, u32>,
    /// Kind, county and city of each town, by its area.
    towns: Vec<(u32, String, Vec<u32>)>,
}

impl Areas {
    fn add(&mut self, name: String, kind: Each) -> u32 {
        self.names.push(name);
        self.kind.push(kind);
        u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let mut areas = Self::default();
        let rows = Rows::open(path, &["town", "name", "county", "city"])?;
        let at = |name: &str| rows.column(name).unwrap_or(0);
        let (town, name, county, city) = (at("town"), at("name"), at("county"), at("city"));
        let kind = rows.column("kind");
        rows.each(|record| {
            let code = text(record, town)?.to_owned();
            if areas.of_town.contains_key(&code) {
                return Err((town, format!("the town `{code}` stands here twice")));
            }
            let (county, city) = (text(record, county)?.to_owned(), text(record, city)?.to_owned());
            let upper = |areas: &mut Self, name: &str, each: Each| {
                let known = if each == Each::City { areas.of_city.get(name) } else { areas.of_county.get(name) };
                if let Some(known) = known {
                    return *known;
                }
                let number = areas.add(name.to_owned(), each);
                let map = if each == Each::City { &mut areas.of_city } else { &mut areas.of_county };
                map.insert(name.to_owned(), number);
                number
            };
            let city = upper(&mut areas, &city, Each::City);
            let county = upper(&mut areas, &county, Each::County);
            let own = areas.add(format!("{} {code}", text(record, name)?), Each::Town);
            let kind = kind.map_or(Ok(""), |kind| text(record, kind))?.to_owned();
            areas.towns.push((own, kind, vec![own, county, city]));
            areas.of_town.insert(code, vec![own, county, city]);
            Ok(())
        })?;
        Ok(areas)
    }
}

impl Layout {
    pub(in crate::cli::site) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let source = super::super::super::rules::text(path)?;
        let spec: Spec = toml::from_str(&source).map_err(|e| placed(&name, &source, &e))?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Self::made(spec, &folder).with_context(|| name)
    }

    fn made(spec: Spec, folder: &Path) -> anyhow::Result<Self> {
        let file = |path: &PathBuf| folder.join(path);
        let areas = match &spec.files.towns {
            Some(path) => Areas::read(&file(path))?,
            None => Areas::default(),
        };
        let bands: Vec<Hours> = spec.hours.iter().map(|b| Hours::read(&b.open).map_err(|e| anyhow::anyhow!("[[hours]] {}: {e}", b.name))).collect::<Result<_, _>>()?;
        let (demand, cell_areas, people) = cells(&file(&spec.files.demand), &spec, &areas)?;
        let (layers, layer_bands) = layers(&spec, &bands, people)?;
        let serves = |hours: &Hours, services: &[String]| -> u64 {
            let mut mask = 0;
            for (l, band) in layer_bands.iter().enumerate() {
                let needs = layers[l].kind.map_or(&[][..], |k| &spec.kinds[k as usize].needs);
                let open = band.is_none_or(|b| hours.holds(&bands[b]));
                if open && needs.iter().all(|n| services.contains(n)) {
                    mask |= 1 << l;
                }
            }
            mask
        };
        let mut read = Reading {
            spec: &spec,
            areas: &areas,
            serves: &serves,
            tier_hours: spec
                .tiers
                .iter()
                .map(|t| Hours::read(t.hours.as_deref().unwrap_or("")).map_err(|e| anyhow::anyhow!("[[tiers]] {}: {e}", t.name)))
                .collect::<Result<_, _>>()?,
            places: Vec::new(),
            rows: Vec::new(),
            index: HashMap::new(),
            notes: Vec::new(),
        };
        read.table(&file(&spec.files.stations), true)?;
        if let Some(path) = &spec.files.candidates {
            read.table(&file(path), false)?;
        }
        if let Some(path) = &spec.files.decisions {
            read.decisions(&file(path))?;
        }
        let Reading { places, rows, mut notes, .. } = read;
        let years = years(&spec)?;
        let (quotas, rule) = quotas(&spec, &areas, &years)?;
        if quotas.is_empty() {
            notes.push("there are no quotas".to_owned());
        }
        let plan = Plan {
            metric: Metric::Sphere {
                demand,
                sites: rows.iter().map(|r| r.at).collect(),
                detour: spec.distance.detour,
            },
            layers,
            places,
            tiers: spec.tiers.iter().map(|t| t.name.clone()).collect(),
            areas: areas.names.clone(),
            years,
            carry: spec.carry,
            quotas,
            cells: cell_areas,
            move_within: spec.move_within,
        };
        Ok(Self { plan, rows, bands: layer_bands, rule, notes, spec })
    }
}

/// People by kind and band of each cell.
type People = HashMap<(usize, usize), Vec<f64>>;

fn cells(path: &Path, spec: &Spec, areas: &Areas) -> anyhow::Result<(Vec<[f64; 2]>, Vec<u32>, People)> {
    let rows = Rows::open(path, &["id", "lon", "lat"])?;
    let at = |name: &str| rows.column(name);
    let (id, lon, lat) = (at("id").unwrap_or(0), at("lon").unwrap_or(1), at("lat").unwrap_or(2));
    let (county, town) = (at("county"), at("town"));
    let mut columns: Vec<((usize, usize), usize)> = Vec::new();
    for (k, kind) in spec.kinds.iter().enumerate() {
        for (b, band) in spec.hours.iter().enumerate() {
            if let Some(column) = at(&format!("{}@{}", kind.name, band.name)) {
                columns.push(((k, b), column));
            }
        }
    }
    if columns.is_empty() {
        let (kind, band) = (spec.kinds.first(), spec.hours.first());
        bail!(
            "{}:1:1: no column is named by a kind and a band of hours, like `{}@{}`",
            path.display(),
            kind.map_or("cleaner", |k| &k.name),
            band.map_or("day", |b| &b.name)
        );
    }
    let mut people: People = columns.iter().map(|(key, _)| (*key, Vec::new())).collect();
    let (mut places, mut own) = (Vec::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    rows.each(|record| {
        let name = text(record, id)?.to_owned();
        let place = [number(record, lon, "longitude")?, number(record, lat, "latitude")?];
        degrees(place).map_err(|words| (lat, words))?;
        places.push(place);
        for (key, column) in &columns {
            let value = positive(record, Some(*column), "number of people")?.unwrap_or(0.0);
            if let Some(list) = people.get_mut(key) {
                list.push(value);
            }
        }
        let area = match (county, town) {
            (Some(column), _) => areas.of_county.get(text(record, column)?).copied(),
            (None, Some(column)) => areas.of_town.get(text(record, column)?).map(|all| all[1]),
            (None, None) => None,
        };
        own.push(area.unwrap_or(u32::MAX));
        if !seen.insert(name.clone()) {
            return Err((id, format!("the id `{name}` stands here twice")));
        }
        Ok(())
    })?;
    if places.is_empty() {
        bail!("{}: no rows below the first line", path.display());
    }
    Ok((places, own, people))
}

fn layers(spec: &Spec, bands: &[Hours], mut people: People) -> anyhow::Result<(Vec<Layer>, Vec<Option<usize>>)> {
    let (mut found, mut of) = (Vec::new(), Vec::new());
    let mut all: Vec<f64> = Vec::new();
    for (k, kind) in spec.kinds.iter().enumerate() {
        let speed = spec.distance.speed.get(&kind.by).copied();
        let Some(speed) = speed else {
            let known: Vec<&str> = spec.distance.speed.keys().map(String::as_str).collect();
            bail!("[[kinds]] {}: there is no speed for `{}`; there are: {}", kind.name, kind.by, known.join(", "));
        };
        let radius = kind.minutes * speed;
        if !(radius.is_finite() && radius > 0.0) {
            bail!("[[kinds]] {}: {} minutes at {speed} m a minute reach nothing", kind.name, kind.minutes);
        }
        for (b, band) in bands.iter().enumerate() {
            let Some(list) = people.remove(&(k, b)) else { continue };
            let factor = kind.weight * band.length();
            all.resize(list.len(), 0.0);
            all.iter_mut().zip(&list).for_each(|(sum, n)| *sum += n * factor);
            found.push(Layer {
                name: format!("{}@{}", kind.name, spec.hours[b].name),
                kind: Some(u32::try_from(k).unwrap_or(u32::MAX)),
                people: list,
                factor: factor * spec.objective.reach,
                radius,
                times: 1,
            });
            of.push(Some(b));
        }
    }
    if spec.objective.second > 0.0 {
        found.push(Layer {
            name: "second".to_owned(),
            kind: None,
            people: all,
            factor: spec.objective.second,
            radius: spec.objective.second_within,
            times: 2,
        });
        of.push(None);
    }
    if found.len() > 64 {
        bail!("{} kinds of workers in bands of hours: at most 64", found.len());
    }
    Ok((found, of))
}

fn years(spec: &Spec) -> anyhow::Result<Vec<Year>> {
    let range = |span: &Span| Range { least: span.least, most: span.most.unwrap_or(usize::MAX) };
    let mut found: Vec<Year> = Vec::new();
    for own in &spec.years {
        let name = year(&own.year);
        if found.iter().any(|y| y.name == name) {
            bail!("[[years]] {name} stands there twice");
        }
        found.push(Year {
            name,
            worth: own.worth,
            budget: own.budget,
            running: own.running,
            upgrades: range(&own.upgrades),
            builds: range(&own.builds),
            closures: range(&own.closures),
            changes: range(&own.changes),
        });
    }
    if found.is_empty() {
        bail!("there is no [[years]]");
    }
    Ok(found)
}

/// The quotas of all rules, and the rule of each.
fn quotas(spec: &Spec, areas: &Areas, years: &[Year]) -> anyhow::Result<(Vec<Quota>, Vec<usize>)> {
    let (mut found, mut of) = (Vec::new(), Vec::new());
    for (at, rule) in spec.quotas.iter().enumerate() {
        let name = &rule.name;
        let mut tiers = 0;
        for tier in &rule.tiers {
            let Some(t) = spec.tiers.iter().position(|t| t.name == *tier) else {
                bail!("[[quotas]] {name}: there is no tier `{tier}`");
            };
            tiers |= 1_u64 << t;
        }
        let from = match &rule.from {
            Some(value) => {
                let wanted = year(value);
                let known = years.iter().position(|y| y.name == wanted);
                known.ok_or_else(|| anyhow::anyhow!("[[quotas]] {name}: {wanted} is no year of the plan"))?
            }
            None => years.len() - 1,
        };
        let before = of.len();
        if rule.each.is_some() && areas.names.is_empty() {
            bail!("[[quotas]] {name}: areas are known by [files] towns, which is not given");
        }
        let counts = |area: u32| {
            let of = areas.towns.iter().filter(|(_, kind, _)| rule.towns.is_empty() || rule.towns.contains(kind));
            of.filter(|(.., own)| own.contains(&area)).count()
        };
        let each: Vec<Option<u32>> = match rule.each {
            None => vec![None],
            Some(each) => {
                let of = (0_u32..).zip(&areas.kind).filter(|(area, kind)| **kind == each && counts(*area) > 0);
                of.map(|(area, _)| Some(area)).collect()
            }
        };
        for area in each {
            let own = area.and_then(|a| areas.names.get(a as usize));
            for amount in amounts(rule, own, area.map(counts))? {
                let name = own.map_or_else(|| name.clone(), |own| format!("{name}: {own}"));
                found.push(Quota { name, tiers, area, amount, from });
                of.push(at);
            }
        }
        if let Some(unknown) = rule.per_town.keys().find(|k| *k != "else" && !areas.names.contains(k)) {
            bail!("[[quotas]] {name}: there is no area `{unknown}`");
        }
        if of.len() == before {
            bail!("[[quotas]] {name}: say least, most, share or per_town");
        }
    }
    Ok((found, of))
}

fn amounts(rule: &Rule, area: Option<&String>, towns: Option<usize>) -> anyhow::Result<Vec<Amount>> {
    let name = &rule.name;
    let mut found = Vec::new();
    found.extend(rule.least.map(Amount::Least));
    found.extend(rule.most.map(Amount::Most));
    if let Some(share) = rule.share {
        if !(0.0..=1.0).contains(&share) {
            bail!("[[quotas]] {name}: the share {share} is not between 0 and 1");
        }
        found.push(Amount::Share(share));
    }
    let ratio = area.and_then(|a| rule.per_town.get(a)).or_else(|| rule.per_town.get("else"));
    if let (Some(ratio), Some(towns)) = (ratio, towns) {
        #[expect(clippy::cast_precision_loss, reason = "a count of towns")]
        let least = (ratio * towns as f64 - 1e-9).ceil();
        found.push(Amount::Least(least));
    }
    Ok(found)
}

/// Places as they are read.
struct Reading<'a> {
    spec: &'a Spec,
    areas: &'a Areas,
    serves: &'a dyn Fn(&Hours, &[String]) -> u64,
    tier_hours: Vec<Hours>,
    places: Vec<Place>,
    rows: Vec<Row>,
    index: HashMap<String, usize>,
    notes: Vec<String>,
}

impl Reading<'_> {
    fn table(&mut self, path: &Path, stations: bool) -> anyhow::Result<()> {
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
            let (extra, own_running) = (
                positive(record, cost, "cost")?.unwrap_or(0.0),
                positive(record, running, "running cost")?,
            );
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
                let mut services = has.clone();
                services.extend(of.services.iter().cloned());
                offers.push(Offer {
                    tier: u32::try_from(t).unwrap_or(u32::MAX),
                    serves: (self.serves)(&open.and(&self.tier_hours[t]), &services),
                    cost: price,
                    running: own_running.filter(|_| now == Some(t)).unwrap_or(of.running),
                });
            }
            let areas = match cell(town)? {
                "" => Vec::new(),
                code => match self.areas.of_town.get(code) {
                    Some(areas) => areas.clone(),
                    None if self.areas.names.is_empty() => Vec::new(),
                    None => return Err((town.unwrap_or(0), format!("there is no town `{code}` in the file of towns"))),
                },
            };
            if self.index.insert(own.clone(), self.places.len()).is_some() {
                return Err((id, format!("the id `{own}` stands here twice, or is a station and a candidate")));
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

    /// `id,decision[,tier][,year][,to]`: what people have decided already.
    fn decisions(&mut self, path: &Path) -> anyhow::Result<()> {
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
                    let known = known.ok_or_else(|| (tier.unwrap_or(0), format!("there is no tier `{text}`")))?;
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
                other => return wrong(&format!("`{other}` is not keep, upgrade, adjust, close, build or leave")),
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
