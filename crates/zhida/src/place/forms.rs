//! The form of a place: what was written becomes a place, or field by field what is wrong with it.

use serde::Deserialize;
use zhida_pack::{Coded, Network, STATES, in_order};
use zhida_types::{Day, LonLat};

use super::entity::Model;
use super::hours::Hours;
use super::pages::kinds;
use super::store::{Listing, NewPlace};
use crate::problem::{FieldFault, Problem};
use crate::web::Officer;

/// What the form holds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlaceForm {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) town: String,
    pub(super) lon: String,
    pub(super) lat: String,
    pub(super) state: String,
    pub(super) version: i64,
    pub(super) tier: String,
    pub(super) class: String,
    pub(super) builder: String,
    pub(super) partner: String,
    pub(super) entry: String,
    pub(super) services: Vec<String>,
    pub(super) hours: String,
    pub(super) maps: Vec<String>,
    pub(super) keeper: String,
    pub(super) deputy: String,
    pub(super) phone: String,
    pub(super) agreed_from: String,
    pub(super) agreed_until: String,
}

impl PlaceForm {
    /// What the form shows of a place.
    pub(super) fn of(place: Model) -> Self {
        let day = |d: Option<chrono::NaiveDate>| d.map_or_else(String::new, |d| d.to_string());
        let (services, maps) = (place.services(), place.maps());
        Self {
            kind: place.kind,
            name: place.name,
            address: place.address,
            town: place.town.unwrap_or_default(),
            lon: place.lon.map_or_else(String::new, |x| x.to_string()),
            lat: place.lat.map_or_else(String::new, |x| x.to_string()),
            state: place.state,
            version: place.version,
            tier: place.tier,
            class: place.class,
            builder: place.builder,
            partner: place.partner,
            entry: place.entry,
            services,
            hours: place.hours,
            maps,
            keeper: place.keeper,
            deputy: place.deputy,
            phone: place.phone,
            agreed_from: day(place.agreed_from),
            agreed_until: day(place.agreed_until),
        }
    }
}

/// What is wrong with a form, gathered.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: &str, key: &'static str, value: &str) {
        self.0.push(FieldFault { field: field.to_owned(), key, value: value.to_owned() });
    }

    /// One of the codes, or none.
    fn one<T: Coded>(&mut self, field: &str, value: &str, all: &[T]) -> String {
        if !value.is_empty() && !all.iter().any(|one| one.code() == value) {
            self.add(field, "fault-value", value);
        }
        value.to_owned()
    }

    /// Several of the codes.
    fn several<T: Coded>(&mut self, field: &str, values: &[String], all: &[T]) -> Vec<String> {
        for value in values {
            self.one(field, value, all);
        }
        in_order(all, values)
    }
}

/// The place that a form describes.
pub(super) fn checked(o: &Officer, form: &PlaceForm) -> Result<NewPlace, Problem> {
    let mut faults = Faults::default();
    if !kinds(o).iter().any(|(code, _)| *code == form.kind) {
        faults.add("kind", "fault-value", &form.kind);
    }
    if form.name.trim().is_empty() {
        faults.add("name", "fault-empty", "");
    }
    let state = Some(form.state.trim()).filter(|s| !s.is_empty()).unwrap_or("open");
    if !STATES.contains(&state) {
        faults.add("state", "fault-value", state);
    }
    let town = Some(form.town.trim()).filter(|t| !t.is_empty());
    if let Some(town) = town
        && !(o.app.regions.towns(&o.county.0).any(|(code, _)| code == town) && sees(o, town))
    {
        faults.add("town", "fault-town", town);
    }
    if town.is_none() && o.region.as_str().len() > 6 {
        faults.add("town", "fault-empty", "");
    }
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let written = !(form.lon.trim().is_empty() && form.lat.trim().is_empty());
    let position = if written {
        let both = number(&form.lon).zip(number(&form.lat));
        let at = both.and_then(|(lon, lat)| LonLat::new(lon, lat).ok()).map(|at| (at.lon, at.lat));
        match at {
            None => faults.add("lon", "fault-position", &format!("{}, {}", form.lon, form.lat)),
            Some(at) if !o.app.regions.near(&o.county.0, at) => {
                faults.add("lon", "fault-outside", &format!("{}, {}", form.lon, form.lat));
            }
            Some(_) => {}
        }
        at
    } else {
        town.and_then(|t| o.app.regions.seat(t))
    };
    let network = o.app.network(&form.kind).map(|(_, n)| n);
    let listing = network.map(|n| listing(n, form, &mut faults));
    if !faults.0.is_empty() {
        return Err(Problem::Invalid(faults.0));
    }
    Ok(NewPlace {
        kind: form.kind.clone(),
        name: form.name.trim().to_owned(),
        address: form.address.trim().to_owned(),
        town: town.map(str::to_owned),
        position,
        state: state.to_owned(),
        origin: o.app.config.origin().to_owned(),
        listing,
        import: None,
    })
}

fn listing(network: &Network, form: &PlaceForm, faults: &mut Faults) -> Listing {
    let tier = faults.one("tier", &form.tier, &network.tiers);
    let class = faults.one("class", &form.class, &network.classes);
    let builder = faults.one("builder", &form.builder, &network.builders);
    let entry = faults.one("entry", &form.entry, &network.entries);
    let services = faults.several("services", &form.services, &network.services);
    let maps = faults.several("maps", &form.maps, &network.maps);
    let hours = match form.hours.trim() {
        "" => String::new(),
        text => match Hours::read(text) {
            Ok(hours) => hours.text,
            Err(unread) => {
                faults.add("hours", "fault-hours", &unread.0);
                String::new()
            }
        },
    };
    let mut day = |field: &str, text: &str| match text.trim() {
        "" => None,
        text => {
            let day = Day::parse(text).ok();
            if day.is_none() {
                faults.add(field, "fault-day", text);
            }
            day
        }
    };
    let (from, until) = (day("agreed_from", &form.agreed_from), day("agreed_until", &form.agreed_until));
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        faults.add("agreed_until", "fault-ends-before", &form.agreed_from);
    }
    let text = |text: &str| text.trim().chars().take(100).collect::<String>();
    Listing {
        code: None,
        tier,
        class,
        builder,
        entry,
        partner: text(&form.partner),
        services,
        maps,
        hours,
        keeper: text(&form.keeper),
        deputy: text(&form.deputy),
        phone: text(&form.phone),
        agreed_from: from,
        agreed_until: until,
    }
}

fn sees(o: &Officer, town: &str) -> bool {
    zhida_types::RegionCode::parse(town).is_ok_and(|code| o.region.contains(&code))
}
