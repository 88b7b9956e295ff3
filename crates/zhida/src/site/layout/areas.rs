//! Towns, counties and cities.

use std::collections::HashMap;
use std::path::Path;

use crate::rows::{Rows, text};
use zhida_pack::layout::Each;

/// Towns and what they belong to.
#[derive(Default)]
pub(super) struct Areas {
    pub(super) names: Vec<String>,
    pub(super) kind: Vec<Each>,
    /// The town, county and city of each town.
    pub(super) of_town: HashMap<String, Vec<u32>>,
    pub(super) of_county: HashMap<String, u32>,
    pub(super) of_city: HashMap<String, u32>,
    /// Kind, county and city of each town, by its area.
    pub(super) towns: Vec<(u32, String, Vec<u32>)>,
}

impl Areas {
    /// The areas of a town; none where no towns are given.
    pub(super) fn of(&self, town: &str) -> Result<Vec<u32>, String> {
        match self.of_town.get(town) {
            _ if town.is_empty() => Ok(Vec::new()),
            Some(areas) => Ok(areas.clone()),
            None if self.names.is_empty() => Ok(Vec::new()),
            None => Err(format!("there is no town `{town}` in the file of towns")),
        }
    }

    fn add(&mut self, name: String, kind: Each) -> u32 {
        self.names.push(name);
        self.kind.push(kind);
        u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
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
                let known =
                    if each == Each::City { areas.of_city.get(name) } else { areas.of_county.get(name) };
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
