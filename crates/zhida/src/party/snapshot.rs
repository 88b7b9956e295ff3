//! A county's parties of a kind as typed columns, kept warm and refreshed by what changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::Mutex;
use zhida_pack::Pack;
use zhida_rules::{At, Cell, Derive, Lang, Table};
use zhida_types::Day;

use super::entity::State;
use super::facts::cells_of;
use super::store::{self, Row};
use crate::app::App;
use crate::ids::{CountyId, PartyId};
use crate::problem::Problem;

/// What lists show of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The id.
    pub id: PartyId,
    /// The name.
    pub name: String,
    /// The number, masked.
    pub identity_mask: String,
    /// The phone, masked.
    pub phone_mask: String,
    /// The town's code; empty where it is not known.
    pub town: String,
    /// The tier.
    pub tier: Option<String>,
    /// The position.
    pub place: Option<(f64, f64)>,
}

/// All active parties of a kind in a county on a day.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What services say of parties of this kind.
    pub register: Arc<Pack>,
    /// The journal's number up to which it is true.
    pub rev: i64,
    /// The day for which derived fields are worked out.
    pub day: Day,
    /// The persons, row by row.
    pub people: Vec<Person>,
    /// Their profiles, row by row.
    pub table: Table,
    rows: HashMap<PartyId, usize>,
    learned_rev: i64,
}

/// The snapshots of all counties, by the kind of party.
#[derive(Debug, Default)]
pub struct Snapshots(Mutex<HashMap<(CountyId, String), Arc<Snapshot>>>);

/// Texts that were classified already.
type Classified = HashMap<String, Option<String>>;

/// Persons that are read together: few enough to be held beside the columns.
const PAGE: u64 = 5_000;

/// What a patch needs and finds.
struct Patch<'a> {
    learned: &'a BTreeMap<String, String>,
    classified: Classified,
    /// Persons who left.
    left: HashSet<PartyId>,
    /// Rows that were written.
    rows: Vec<usize>,
}

impl Snapshots {
    /// The county's persons now: as kept, patched by what changed, or read anew where the day or the learned words changed.
    ///
    /// # Errors
    /// The database's, or a value that does not open.
    pub async fn get(
        &self,
        app: &App,
        county: &CountyId,
        register: &Arc<Pack>,
    ) -> Result<Arc<Snapshot>, Problem> {
        let key = (county.clone(), register.kind().to_owned());
        let mut kept = self.0.lock().await;
        let today = app.clock.today();
        let (head, _) = crate::journal::head(&app.db, county).await?;
        let old = kept.get(&key).filter(|s| s.day == today).cloned();
        if let Some(old) = &old
            && old.rev == head
        {
            return Ok(Arc::clone(old));
        }
        let (learned, learned_rev) = store::learned(&app.db, county, "occupation").await?;
        let old = old.filter(|s| s.learned_rev == learned_rev);
        let since = old.as_ref().map_or(0, |s| s.rev);
        let mut fresh = match old {
            Some(old) => Snapshot { rev: head, ..(*old).clone() },
            None => Snapshot::empty(register, head, learned_rev, today),
        };
        let mut patch = Patch {
            learned: &learned,
            classified: Classified::new(),
            left: HashSet::new(),
            rows: Vec::new(),
        };
        let mut after = None;
        loop {
            let page =
                store::changed_since(app, &app.db, (county, register.kind()), since, (after, PAGE)).await?;
            let last = page.last().map(|row| row.id).filter(|_| page.len() as u64 == PAGE);
            for row in page {
                fresh.put(app, &mut patch, row)?;
            }
            after = last;
            if after.is_none() {
                break;
            }
        }
        fresh.decide(county, &patch.rows)?;
        let fresh = if patch.left.is_empty() { fresh } else { fresh.without(&patch.left)? };
        let fresh = Arc::new(fresh);
        kept.insert(key, Arc::clone(&fresh));
        Ok(fresh)
    }
}

impl Snapshot {
    fn empty(register: &Arc<Pack>, rev: i64, learned_rev: i64, day: Day) -> Self {
        let table = Table::new(&register.profile);
        Self {
            register: Arc::clone(register),
            rev,
            day,
            people: Vec::new(),
            table,
            rows: HashMap::new(),
            learned_rev,
        }
    }

    /// Fills in, for rows that were written, what follows from rules.
    fn decide(&mut self, county: &CountyId, rows: &[usize]) -> Result<(), Problem> {
        let at = At { day: self.day.epoch(), region: county.to_string() };
        let register = Arc::clone(&self.register);
        let rules = (&register.params, &at);
        zhida_rules::decide(&register.profile, rules, &mut self.table, rows.iter().copied())
            .map_err(anyhow::Error::from)?;
        Ok(())
    }

    /// A copy without those who left: built anew, which is rare.
    fn without(&self, left: &HashSet<PartyId>) -> Result<Self, Problem> {
        let mut fresh = Self::empty(&self.register, self.rev, self.learned_rev, self.day);
        for (at, person) in self.people.iter().enumerate().filter(|(_, p)| !left.contains(&p.id)) {
            let fields = 0..self.register.profile.fields().len();
            let cells: Vec<Cell> = fields.map(|f| self.table.cell(at, zhida_rules::FieldId(f))).collect();
            fresh.table.push(&cells).map_err(anyhow::Error::from)?;
            fresh.rows.insert(person.id, fresh.people.len());
            fresh.people.push(person.clone());
        }
        Ok(fresh)
    }

    fn put(&mut self, app: &App, patch: &mut Patch<'_>, row: Row) -> Result<(), Problem> {
        if row.state != State::Active {
            if self.rows.contains_key(&row.id) {
                patch.left.insert(row.id);
            }
            return Ok(());
        }
        let register = Arc::clone(&self.register);
        let fields = register.profile.fields();
        let mut cells = cells_of(&register.profile, &row.values, self.day);
        for (at, field) in fields.iter().enumerate() {
            let Some(Derive::Classify(from)) = &field.derive else { continue };
            let Some(title) = text(&register, &cells, from) else { continue };
            let known = patch.classified.entry(title.clone());
            let code = known.or_insert_with(|| app.occupations.classify(&title, patch.learned));
            if let (Some(cell @ Cell::Missing), Some(code)) = (cells.get_mut(at), code) {
                *cell = Cell::Text(code.clone());
            }
        }
        let person = Person {
            id: row.id,
            name: row.name,
            identity_mask: row.identity_mask,
            phone_mask: row.phone_mask,
            town: row.town.unwrap_or_default(),
            tier: row.tier,
            place: row.place,
        };
        if let Some(at) = self.rows.get(&person.id) {
            self.table.replace(*at, &cells).map_err(anyhow::Error::from)?;
            patch.rows.push(*at);
            if let Some(slot) = self.people.get_mut(*at) {
                *slot = person;
            }
        } else {
            self.table.push(&cells).map_err(anyhow::Error::from)?;
            self.rows.insert(person.id, self.people.len());
            patch.rows.push(self.people.len());
            self.people.push(person);
        }
        Ok(())
    }

    /// The language in which a person wants to be written to: Chinese where nothing else is known.
    pub fn speaks(&self, row: usize) -> Lang {
        let register = &self.register;
        let field = register.uses.language.as_ref().and_then(|name| register.profile.find(name));
        match field.map(|id| self.table.cell(row, id)) {
            Some(Cell::Code(code)) if code == "en" => Lang::En,
            _ => Lang::Zh,
        }
    }

    /// The row of a person.
    pub fn row(&self, id: PartyId) -> Option<usize> {
        self.rows.get(&id).copied()
    }

    /// A person and its row, where the region of the one who asks holds the person.
    pub fn seen(&self, id: PartyId, region: &zhida_types::RegionCode) -> Option<(usize, &Person)> {
        let at = self.row(id)?;
        self.people.get(at).filter(|p| in_region(&p.town, region)).map(|p| (at, p))
    }
}

/// Whether somebody who may see a region may see a person of the town. A person without a town is the county's.
pub(super) fn in_region(town: &str, region: &zhida_types::RegionCode) -> bool {
    town.starts_with(region.as_str()) || (town.is_empty() && region.as_str().len() <= 6)
}

fn text(register: &Pack, cells: &[Cell], from: &str) -> Option<String> {
    match cells.get(register.profile.find(from)?.0) {
        Some(Cell::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}
