//! Rows that become places of a network.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use zhida_pack::{Coded, Network, coded, in_order};
use zhida_siting::haversine;
use zhida_types::{LonLat, shifted};

use super::check::{BadRow, Context, Fault, Good, Lines};
use super::value::{CellProblem, day, is_nothing};
use crate::place::{Hours, Listing, NewPlace, Place};
use crate::problem::Problem;
use crate::task::Progress;

/// A row that can be taken in: what is known of the place already, and what it is then.
#[derive(Clone, Debug)]
pub(super) struct PlaceRow {
    pub(super) known: Option<Box<Place>>,
    pub(super) new: NewPlace,
}

/// Places of one name closer than this are the same one.
const SAME_METRES: f64 = 200.0;
/// So many rows on one point are what a geocoder answers when it does not know.
const PILE: usize = 3;

/// A name without what offices put around it.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

/// What all rows are compared with.
struct Known<'a> {
    network: &'a Network,
    by_code: HashMap<&'a str, &'a Place>,
    by_name: HashMap<String, Vec<&'a Place>>,
}

impl<'a> Known<'a> {
    fn new(context: &'a Context<'_>) -> Option<Self> {
        let own = context.app.packs().filter_map(|p| p.network.as_ref().map(|n| (p, n)));
        let network = own.filter(|(p, _)| p.import(&context.kind.code).is_some()).map(|(_, n)| n).next()?;
        let mut by_name: HashMap<String, Vec<&Place>> = HashMap::new();
        for place in context.places {
            by_name.entry(plain(&place.name)).or_default().push(place);
        }
        let coded = context.places.iter().filter(|p| p.kind == network.kind);
        Some(Self {
            network,
            by_code: coded.filter_map(|p| p.code.as_deref().map(|c| (c, p))).collect(),
            by_name,
        })
    }
}

/// Longitude and latitude as a row has them, in the file's datum.
fn written(lines: &Lines<'_>, row: &[String]) -> Option<[f64; 2]> {
    let number = |target: &str| lines.text(row, target).trim_end_matches(['°', 'E', 'N']).parse::<f64>().ok();
    let at = LonLat::new(number("lon")?, number("lat")?).ok()?;
    Some([at.lon, at.lat])
}

/// Why the file's positions cannot be as they are declared: their datum is another, or their columns are swapped.
pub(super) fn misplaced(context: &Context<'_>, lines: &Lines<'_>) -> Option<Fault> {
    let known = Known::new(context)?;
    let county = &context.county.0;
    let fault = |key: &str, at: String| Some(Fault { key: key.to_owned(), at });
    let numbers = |target: &str, row: &[String]| lines.text(row, target).parse::<f64>().ok();
    let near = |at: [f64; 2]| context.app.regions.near(county, (at[0], at[1]));
    let pairs = lines
        .grid
        .rows
        .iter()
        .take(200)
        .filter_map(|(_, row)| Some([numbers("lon", row)?, numbers("lat", row)?]));
    let pairs: Vec<[f64; 2]> = pairs.collect();
    let swapped = pairs.iter().filter(|p| LonLat::new(p[1], p[0]).is_ok() && near([p[1], p[0]])).count();
    let straight = pairs.iter().filter(|p| LonLat::new(p[0], p[1]).is_ok() && near(**p)).count();
    if swapped > straight && swapped * 2 > pairs.len() {
        return fault("file-swapped", swapped.to_string());
    }
    let mut seen = BTreeSet::new();
    let mut both: Vec<([f64; 2], [f64; 2])> = Vec::new();
    for (_, row) in &lines.grid.rows {
        let name = plain(lines.text(row, "name"));
        let code = lines.text(row, "code");
        let place =
            known.by_code.get(code).copied().or_else(|| match known.by_name.get(&name).map(Vec::as_slice) {
                Some([only]) => Some(*only),
                _ => None,
            });
        if let (Some(at), Some(place)) = (written(lines, row), place)
            && let Some((lon, lat)) = place.lon.zip(place.lat)
            && seen.insert(place.id)
        {
            both.push((at, [lon, lat]));
        }
    }
    let found = shifted(&both, context.datum)?;
    fault("file-datum", format!("{} · {:.0} m · {}", both.len(), found.apart, found.datum.code()))
}

/// Sorts the rows: gives the good ones to `taken`, and answers the others.
pub(super) fn sort(
    context: &Context<'_>,
    lines: &Lines<'_>,
    progress: &Progress,
    taken: &mut dyn FnMut(Good) -> Result<(), Problem>,
) -> Result<Vec<BadRow>, Problem> {
    let known = Known::new(context).ok_or(Problem::NotFound)?;
    let mut piles: HashMap<(String, String), usize> = HashMap::new();
    for (_, row) in &lines.grid.rows {
        let at = (lines.text(row, "lon").to_owned(), lines.text(row, "lat").to_owned());
        *piles.entry(at).or_default() += 1;
    }
    let (mut good, mut bad): (Vec<PlaceRow>, _) = (Vec::new(), Vec::new());
    let mut codes = BTreeSet::new();
    let mut names: BTreeMap<String, Vec<[f64; 2]>> = BTreeMap::new();
    let total = lines.grid.rows.len();
    for (done, (number, row)) in lines.grid.rows.iter().enumerate() {
        progress.go_on(done, total)?;
        let mut problems = Vec::new();
        let place = place(context, &known, lines, row, &mut problems);
        let at = (lines.text(row, "lon").to_owned(), lines.text(row, "lat").to_owned());
        let pile = piles.get(&at).copied().unwrap_or(0);
        if pile >= PILE && !is_nothing(&at.0) {
            problems.push(lines.problem("lon", &format!("{}, {}", at.0, at.1), "row-same-point", pile));
        }
        if let Some(code) = place.new.listing.as_ref().and_then(|l| l.code.clone())
            && !codes.insert(code.clone())
        {
            problems.push(lines.problem("code", &code, "row-code-twice", ""));
        }
        if let Some((lon, lat)) = place.new.position {
            let same = names.entry(plain(&place.new.name)).or_default();
            if same.iter().any(|there| haversine([lon, lat], *there) < SAME_METRES) {
                problems.push(lines.problem("name", &place.new.name, "row-same", ""));
            }
            same.push([lon, lat]);
        }
        if problems.is_empty() {
            good.push(place);
        } else {
            bad.push(BadRow { row: *number, problems });
        }
    }
    taken(Good::Places(good))?;
    Ok(bad)
}

/// The place that a row describes.
fn place(
    context: &Context<'_>,
    known: &Known<'_>,
    lines: &Lines<'_>,
    row: &[String],
    problems: &mut Vec<CellProblem>,
) -> PlaceRow {
    let text = |target: &str| lines.text(row, target);
    let name = text("name").to_owned();
    if is_nothing(&name) {
        problems.push(lines.problem("name", &name, "row-empty", ""));
    }
    let position = match written(lines, row) {
        None => {
            let both = format!("{}, {}", text("lon"), text("lat"));
            problems.push(lines.problem("lon", &both, "row-position", ""));
            None
        }
        Some(at) => {
            let at = context.datum.to_wgs84(at);
            if !context.app.regions.near(&context.county.0, (at[0], at[1])) {
                let both = format!("{}, {}", text("lon"), text("lat"));
                problems.push(lines.problem("lon", &both, "row-outside", ""));
            }
            Some((at[0], at[1]))
        }
    };
    let code = Some(text("code")).filter(|c| !is_nothing(c));
    if let Some(code) = code
        && !code.starts_with(&format!("{}-", context.county))
    {
        problems.push(lines.problem("code", code, "row-place-code", &context.county.0));
    }
    let found = same(known, lines, (code, &name, position), problems);
    let town = match text("town") {
        "" => context.app.regions.town_of(&context.county.0, text("address")).map(str::to_owned),
        named => {
            let found = context.app.regions.town_of(&context.county.0, named);
            if found.is_none() {
                problems.push(lines.problem("town", named, "row-town", ""));
            }
            found.map(str::to_owned)
        }
    };
    let town = town.or_else(|| found.and_then(|p| p.town.clone())).or_else(|| {
        position.and_then(|at| context.app.regions.town_at(&context.county.0, at)).map(str::to_owned)
    });
    let mut cells = Cells { lines, row, problems };
    let open = "open".to_owned();
    let state = cells.one("state", &known.network.states, Some(found.map_or(&open, |p| &p.state)));
    let listing = listing(known.network, cells, found);
    let address = Some(text("address")).filter(|a| !a.is_empty());
    let code = code.map(str::to_owned).or_else(|| found.and_then(|p| p.code.clone()));
    PlaceRow {
        known: found.cloned().map(Box::new),
        new: NewPlace {
            kind: known.network.kind.clone(),
            name,
            address: address.or(found.map(|p| p.address.as_str())).unwrap_or_default().to_owned(),
            town,
            position,
            state,
            origin: found.map_or(context.origin, |p| p.origin.as_str()).to_owned(),
            listing: Some(Listing { code, ..listing }),
            import: found.map_or(Some(context.import), |p| p.import_id),
        },
    }
}

/// The place of the register that a row means: by its code, or by its name near by. A name that stands elsewhere is asked about.
fn same<'a>(
    known: &Known<'a>,
    lines: &Lines<'_>,
    (code, name, position): (Option<&str>, &str, Option<(f64, f64)>),
    problems: &mut Vec<CellProblem>,
) -> Option<&'a Place> {
    if let Some(found) = code.and_then(|c| known.by_code.get(c)) {
        return Some(found);
    }
    let at = position?;
    let alike = known.by_name.get(&plain(name))?.iter().filter(|p| p.kind == known.network.kind);
    let far = |p: &Place| p.lon.zip(p.lat).map(|(lon, lat)| haversine([at.0, at.1], [lon, lat]));
    let mut near: Vec<(f64, &'a Place)> = alike.filter_map(|p| far(p).map(|m| (m, *p))).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    match near.first() {
        Some((metres, place)) if *metres < SAME_METRES => Some(place),
        Some((metres, place)) => {
            let words = format!("{} · {:.1} km", place.code.as_deref().unwrap_or_default(), metres / 1_000.0);
            problems.push(lines.problem("name", name, "row-elsewhere", words));
            None
        }
        None => None,
    }
}

/// The cells of a row, read with the words of a network over what is known of its place.
struct Cells<'a> {
    lines: &'a Lines<'a>,
    row: &'a [String],
    problems: &'a mut Vec<CellProblem>,
}

impl Cells<'_> {
    fn text(&self, target: &str) -> Option<&str> {
        Some(self.lines.text(self.row, target)).filter(|t| !is_nothing(t))
    }

    fn refuse(&mut self, target: &str, value: &str, key: &str, arg: impl ToString) {
        self.problems.push(self.lines.problem(target, value, key, arg));
    }

    fn no_code<T: Coded>(&mut self, target: &str, word: &str, all: &[T]) {
        let labels = all.iter().map(|one| one.label().zh.as_str()).collect::<Vec<_>>().join("、");
        self.refuse(target, word, "row-code", labels);
    }

    fn own(&self, target: &str, before: Option<&String>) -> String {
        self.text(target).map(str::to_owned).or_else(|| before.cloned()).unwrap_or_default()
    }

    /// One of the codes.
    fn one<T: Coded>(&mut self, target: &str, all: &[T], before: Option<&String>) -> String {
        let Some(word) = self.text(target).map(str::to_owned) else {
            return before.cloned().unwrap_or_default();
        };
        if let Some(code) = coded(all, &word) {
            return code.to_owned();
        }
        self.no_code(target, &word, all);
        String::new()
    }

    /// Several of the codes, in the network's order.
    fn several<T: Coded>(&mut self, target: &str, all: &[T], before: Vec<String>) -> Vec<String> {
        let Some(written) = self.text(target).map(str::to_owned) else {
            return before;
        };
        let mut codes = Vec::new();
        let ends = [';', ',', '；', '，', '、', '/', '|', '\n', ' '];
        for word in written.split(ends).filter(|p| !p.trim().is_empty()) {
            match coded(all, word) {
                Some(code) => codes.push(code.to_owned()),
                None => self.no_code(target, word, all),
            }
        }
        in_order(all, &codes)
    }

    fn hours(&mut self, before: Option<&String>) -> String {
        let Some(written) = self.text("hours").map(str::to_owned) else {
            return before.cloned().unwrap_or_default();
        };
        match Hours::read(&written) {
            Ok(hours) => hours.text,
            Err(unread) => {
                self.refuse("hours", &written, "row-hours", unread.0);
                String::new()
            }
        }
    }

    fn date(&mut self, target: &str, before: Option<chrono::NaiveDate>) -> Option<zhida_types::Day> {
        let Some(written) = self.text(target).map(str::to_owned) else { return before.map(zhida_types::Day) };
        match day(&written) {
            Ok(day) => day,
            Err((key, arg)) => {
                self.refuse(target, &written, key, arg);
                None
            }
        }
    }
}

/// What the row says of the listing, over what is known.
fn listing(network: &Network, mut cells: Cells<'_>, found: Option<&Place>) -> Listing {
    let from = cells.date("agreed_from", found.and_then(|p| p.agreed_from));
    let until = cells.date("agreed_until", found.and_then(|p| p.agreed_until));
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        let written = cells.text("agreed_until").unwrap_or_default().to_owned();
        cells.refuse("agreed_until", &written, "row-ends-before", "");
    }
    Listing {
        code: None,
        tier: cells.one("tier", &network.tiers, found.map(|p| &p.tier)),
        class: cells.one("class", &network.classes, found.map(|p| &p.class)),
        builder: cells.one("builder", &network.builders, found.map(|p| &p.builder)),
        partner: cells.own("partner", found.map(|p| &p.partner)),
        entry: cells.one("entry", &network.entries, found.map(|p| &p.entry)),
        services: cells.several(
            "services",
            &network.services,
            found.map(Place::services).unwrap_or_default(),
        ),
        hours: cells.hours(found.map(|p| &p.hours)),
        maps: cells.several("maps", &network.maps, found.map(Place::maps).unwrap_or_default()),
        keeper: cells.own("keeper", found.map(|p| &p.keeper)),
        deputy: cells.own("deputy", found.map(|p| &p.deputy)),
        phone: cells.own("phone", found.map(|p| &p.phone)),
        agreed_from: from,
        agreed_until: until,
    }
}
