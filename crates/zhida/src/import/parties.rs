//! Rows that become parties: numbers checked and cross-checked, duplicates found, the pack's refusals asked.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde_json::Value;
use zhida_pack::IdentityKind;
use zhida_rules::{At, Derive, RuleSet, Table};
use zhida_types::{CreditCode, Day, IdNumber, IdNumberError, Phone};

use super::check::{BadRow, Context, Good, Lines};
use super::value::{CellProblem, field_value, is_nothing};
use crate::party::{Identity, NewParty, Numbers, Sheet, cells_of};
use crate::problem::Problem;
use crate::task::Progress;

/// A row that can be taken in.
#[derive(Clone, Debug)]
pub(super) struct PartyRow {
    pub(super) new: NewParty,
    pub(super) numbers: Numbers,
}

/// Rows that are read together, on all threads.
const TOGETHER: usize = 2_048;

/// Sorts the rows: gives the good ones to `taken`, batch by batch, and answers the others.
///
/// # Errors
/// A stop by somebody, or a refusal of the pack that cannot be compiled.
pub(super) fn sort(
    context: &Context<'_>,
    lines: &Lines<'_>,
    progress: &Progress,
    taken: &mut dyn FnMut(Good) -> Result<(), Problem>,
) -> Result<Vec<BadRow>, Problem> {
    let mut bad = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let refusals = Refusals::compile(context)?;
    let total = lines.grid.rows.len();
    for (at, chunk) in lines.grid.rows.chunks(TOGETHER).enumerate() {
        progress.go_on(at * TOGETHER, total)?;
        let read = |(number, row): &(usize, Vec<String>)| {
            let mut problems = Vec::new();
            let person = person(context, lines, *number, row, &mut problems);
            (person, problems)
        };
        let persons: Vec<(PartyRow, Vec<CellProblem>)> = chunk.par_iter().map(read).collect();
        let mut good = Vec::with_capacity(persons.len());
        for ((person, mut problems), (number, row)) in persons.into_iter().zip(chunk) {
            let keys: Vec<&String> = person.numbers.identity.iter().chain(&person.numbers.alike).collect();
            if problems.is_empty()
                && let Some(first) = keys.iter().find_map(|k| seen.get(*k))
            {
                let target = match context.register.identity() {
                    IdentityKind::IdNumber => "id_number",
                    IdentityKind::CreditCode => "credit_code",
                };
                problems.push(lines.problem(target, lines.text(row, target), "row-duplicate", first));
            }
            if problems.is_empty() {
                seen.extend(keys.into_iter().map(|k| (k.clone(), *number)));
                good.push((*number, person));
            } else {
                bad.push(BadRow { row: *number, problems });
            }
        }
        let good = refusals.sort(context, good, &mut bad)?;
        taken(Good::Parties(good))?;
    }
    bad.sort_by_key(|b| b.row);
    Ok(bad)
}

fn person(
    context: &Context<'_>,
    lines: &Lines<'_>,
    number: usize,
    row: &[String],
    problems: &mut Vec<CellProblem>,
) -> PartyRow {
    let app = context.app;
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    let name = lines.text(row, "name");
    if name.is_empty() {
        problems.push(lines.problem("name", "", "row-empty", ""));
    } else if !is_name(context.register.identity(), name) {
        problems.push(lines.problem("name", name, "row-name", ""));
    }
    let by = context.register.identity();
    let code = if by == IdentityKind::CreditCode { credit_code(lines, row, problems) } else { None };
    let identity =
        if by == IdentityKind::IdNumber { identity_number(context, lines, row, problems) } else { None };
    let phone = phone(context, lines, row, problems);
    for field in context.kind.fields.iter().filter_map(|f| context.register.profile.named(f)) {
        let text = lines.text(row, &field.name);
        match field_value(app, &context.county.0, field, text) {
            Ok(Some(value)) => {
                values.insert(field.name.clone(), value);
            }
            Ok(None) if context.kind.required.contains(&field.name) => {
                problems.push(lines.problem(&field.name, text, "row-empty", ""));
            }
            Ok(None) => {}
            Err((key, arg)) => problems.push(lines.problem(&field.name, text, key, arg)),
        }
    }
    derived(context, &mut values);
    cross_check(lines, row, identity.as_ref(), &mut values, problems);
    let birth = values.get("birth_date").and_then(Value::as_str).and_then(|d| Day::parse(d).ok());
    let who = match by {
        IdentityKind::IdNumber => Identity::person(name, identity.as_ref(), phone.clone(), birth),
        IdentityKind::CreditCode => Identity::firm(name, code.as_ref(), phone.clone()),
    };
    let numbers = who.numbers(&app.keys);
    if numbers.identity.is_none() && numbers.alike.is_none() && problems.is_empty() {
        let (target, key) = match by {
            IdentityKind::IdNumber => ("id_number", "row-identity"),
            IdentityKind::CreditCode => ("credit_code", "row-empty"),
        };
        problems.push(lines.problem(target, "", key, ""));
    }
    for target in ["address", "village"] {
        let text = lines.text(row, target);
        if !is_nothing(text) {
            values.insert(target.to_owned(), Value::from(text));
        }
    }
    values.insert("name".to_owned(), Value::from(name));
    values.extend(code.map(|n| ("credit_code".to_owned(), Value::from(n.to_string()))));
    values.extend(identity.map(|n| ("id_number".to_owned(), Value::from(n.reveal()))));
    values.extend(phone.map(|p| ("phone".to_owned(), Value::from(p.reveal()))));
    let town = values.get("town").and_then(Value::as_str).map(str::to_owned);
    let place = town.as_deref().and_then(|t| place(context, t, &numbers));
    let sheet = Sheet {
        source: context.kind.code.clone(),
        purpose: context.kind.purpose.zh.clone(),
        as_of: context.today,
        import: Some((context.import, i64::try_from(number).unwrap_or(0))),
        values,
    };
    let new = NewParty { identity: who, sheet, town, place, origin: context.origin.to_owned() };
    PartyRow { new, numbers }
}

/// Whether a name can be one: of a person letters alone, of an organisation whatever it is registered under.
fn is_name(by: IdentityKind, name: &str) -> bool {
    match by {
        IdentityKind::IdNumber => {
            name.chars().count() <= 60 && name.chars().all(|c| c.is_alphabetic() || "·•. '’-".contains(c))
        }
        IdentityKind::CreditCode => name.chars().count() <= 120 && !name.chars().any(char::is_control),
    }
}

fn credit_code(lines: &Lines<'_>, row: &[String], problems: &mut Vec<CellProblem>) -> Option<CreditCode> {
    let text = lines.text(row, "credit_code");
    if is_nothing(text) {
        return None;
    }
    let code = CreditCode::parse(&text.trim().to_uppercase());
    if code.is_err() {
        problems.push(lines.problem("credit_code", text, "row-credit-code", ""));
    }
    code.ok()
}

fn identity_number(
    context: &Context<'_>,
    lines: &Lines<'_>,
    row: &[String],
    problems: &mut Vec<CellProblem>,
) -> Option<IdNumber> {
    let text = lines.text(row, "id_number");
    if is_nothing(text) {
        return None;
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    let number = match IdNumber::parse(&compact) {
        Ok(number) => number,
        Err(error) => {
            let key = match error {
                IdNumberError::Scientific => "row-id-scientific",
                IdNumberError::BirthDate => "row-id-birth",
                IdNumberError::Checksum => "row-id-checksum",
                _ => "row-id-form",
            };
            problems.push(lines.problem("id_number", text, key, compact.chars().count()));
            return None;
        }
    };
    let known = context.app.regions.ever_in_use(number.region());
    // The demonstration's numbers carry a code that was never in use, so that nobody can have one.
    let invented = context.app.config.demonstration && number.region() == crate::demo::REGION;
    if !known && !invented {
        problems.push(lines.problem("id_number", text, "row-id-region", number.region()));
        return None;
    }
    if number.birth_date().is_none_or(|d| d > context.today) {
        problems.push(lines.problem("id_number", text, "row-id-birth", ""));
        return None;
    }
    Some(number)
}

fn phone(
    context: &Context<'_>,
    lines: &Lines<'_>,
    row: &[String],
    problems: &mut Vec<CellProblem>,
) -> Option<Phone> {
    let text = lines.text(row, "phone");
    if is_nothing(text) {
        return None;
    }
    let digits = Phone::as_written(text);
    let demonstration = context.app.config.demonstration;
    let read = if demonstration { Phone::parse_demonstration(&digits) } else { Phone::parse(&digits) };
    if read.is_err() {
        let key = if text.contains("E+") { "row-phone-scientific" } else { "row-phone" };
        problems.push(lines.problem("phone", text, key, ""));
    }
    read.ok()
}

/// A duration in months without its date gives the date; derived fields themselves are not stored.
fn derived(context: &Context<'_>, values: &mut BTreeMap<String, Value>) {
    for field in context.register.profile.fields() {
        let Some(given) = (match &field.derive {
            Some(Derive::Months(_) | Derive::Years(_) | Derive::Decide(_)) => values.remove(&field.name),
            _ => None,
        }) else {
            continue;
        };
        if let (Some(Derive::Months(from)), Some(months)) =
            (&field.derive, given.as_u64().and_then(|m| u32::try_from(m).ok()))
        {
            let date = context.today.minus_months(months.min(1_200)).to_string();
            values.entry(from.clone()).or_insert_with(|| Value::from(date));
        }
    }
}

/// Birth date and sex of the number against the columns; empty columns are filled from the number.
fn cross_check(
    lines: &Lines<'_>,
    row: &[String],
    identity: Option<&IdNumber>,
    values: &mut BTreeMap<String, Value>,
    problems: &mut Vec<CellProblem>,
) {
    let Some(number) = identity else { return };
    let birth = number.birth_date().map_or_else(String::new, |d| d.to_string());
    for (field, key, said) in [
        ("birth_date", "row-birth-differs", birth),
        ("sex", "row-sex-differs", number.sex().code().to_owned()),
    ] {
        match values.get(field).and_then(Value::as_str) {
            Some(value) if value != said => {
                problems.push(lines.problem(field, lines.text(row, field), key, said));
            }
            Some(_) => {}
            None => {
                values.insert(field.to_owned(), Value::from(said));
            }
        }
    }
}

/// The town's seat; in the demonstration moved by up to two kilometres, by the hash of who it is, so that the map is not one dot.
fn place(context: &Context<'_>, town: &str, numbers: &Numbers) -> Option<(f64, f64)> {
    let (lon, lat) = context.app.regions.seat(town)?;
    if !context.app.config.demonstration {
        return Some((lon, lat));
    }
    let hash = numbers.identity.as_ref().or(numbers.alike.as_ref())?;
    let part = |at: usize| hash.get(at..at + 4).and_then(|h| u16::from_str_radix(h, 16).ok()).unwrap_or(0);
    let offset = |n: u16| (f64::from(n) / 65_535.0 - 0.5) * 0.04;
    Some((lon + offset(part(0)), lat + offset(part(4))))
}

/// The pack's refusals.
struct Refusals(RuleSet);

impl Refusals {
    fn compile(context: &Context<'_>) -> Result<Self, Problem> {
        let rules = context.kind.refuse.iter().map(|r| (r.label.zh.as_str(), r.when.as_str()));
        let at = At { day: context.today.epoch(), region: context.county.to_string() };
        let set = RuleSet::compile(&context.register.profile, &context.register.params, &at, rules);
        Ok(Self(set.map_err(anyhow::Error::from)?))
    }

    /// Moves the rows that are refused to the bad ones; answers the others.
    fn sort(
        &self,
        context: &Context<'_>,
        good: Vec<(usize, PartyRow)>,
        bad: &mut Vec<BadRow>,
    ) -> Result<Vec<PartyRow>, Problem> {
        let profile = &context.register.profile;
        let mut table = Table::new(profile);
        for (_, person) in &good {
            table
                .push(&cells_of(profile, &person.new.sheet.values, context.today))
                .map_err(anyhow::Error::from)?;
        }
        let verdicts = self.0.evaluate(&table);
        let mut kept = Vec::with_capacity(good.len());
        for (at, (number, person)) in good.into_iter().enumerate() {
            let refused = verdicts.iter().zip(&context.kind.refuse).find(|(v, _)| v.truth.get(at));
            let Some((_, refusal)) = refused else {
                kept.push(person);
                continue;
            };
            let label = serde_json::json!({ "zh": refusal.label.zh, "en": refusal.label.en }).to_string();
            let problem = CellProblem {
                column: String::new(),
                value: String::new(),
                key: "row-refused".to_owned(),
                arg: label,
            };
            bad.push(BadRow { row: number, problems: vec![problem] });
        }
        Ok(kept)
    }
}
