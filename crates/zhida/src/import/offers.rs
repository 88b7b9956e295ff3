//! Rows that become offers.

use std::collections::BTreeSet;

use zhida_types::{CreditCode, Fen};

use super::check::{BadRow, Context, Good, Lines};
use super::value::{CellProblem, day, is_nothing};
use crate::offer::NewOffer;
use crate::problem::Problem;
use crate::task::Progress;

/// A row that can be taken in.
#[derive(Clone, Debug)]
pub(super) struct OfferRow {
    pub(super) new: NewOffer,
    pub(super) code: Option<CreditCode>,
}

/// Sorts the rows: gives the good ones to `taken`, and answers the others.
///
/// # Errors
/// A stop by somebody.
pub(super) fn sort(
    context: &Context<'_>,
    lines: &Lines<'_>,
    progress: &Progress,
    taken: &mut dyn FnMut(Good) -> Result<(), Problem>,
) -> Result<Vec<BadRow>, Problem> {
    let (mut good, mut bad): (Vec<OfferRow>, _) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let total = lines.grid.rows.len();
    for (done, (number, row)) in lines.grid.rows.iter().enumerate() {
        progress.go_on(done, total)?;
        let mut problems = Vec::new();
        let offer = offer(context, lines, *number, row, &mut problems);
        if problems.is_empty() && !seen.insert(offer.new.digest.clone()) {
            problems.push(lines.problem("title", &offer.new.title, "row-same", ""));
        }
        if problems.is_empty() {
            good.push(offer);
        } else {
            bad.push(BadRow { row: *number, problems });
        }
    }
    taken(Good::Offers(good))?;
    Ok(bad)
}

#[expect(clippy::too_many_lines, reason = "a list of cells, each with its check")]
fn offer(
    context: &Context<'_>,
    lines: &Lines<'_>,
    number: usize,
    row: &[String],
    problems: &mut Vec<CellProblem>,
) -> OfferRow {
    let app = context.app;
    let text = |target: &str| lines.text(row, target);
    for target in ["title", "provider"] {
        if is_nothing(text(target)) {
            problems.push(lines.problem(target, text(target), "row-empty", ""));
        }
    }
    let seats = text("seats")
        .trim_end_matches(['人', '名'])
        .parse::<i64>()
        .ok()
        .filter(|n| (1..=100_000).contains(n));
    if seats.is_none() {
        problems.push(lines.problem("seats", text("seats"), "row-seats", ""));
    }
    let mut date = |target: &str| match day(text(target)) {
        Ok(day) => day,
        Err((key, arg)) => {
            problems.push(lines.problem(target, text(target), key, arg));
            None
        }
    };
    let (starts, ends) = (date("starts"), date("ends"));
    if starts.zip(ends).is_some_and(|(s, e)| e < s) {
        problems.push(lines.problem("ends", text("ends"), "row-ends-before", text("starts")));
    }
    let mut money = |target: &str| {
        let amount = text(target).trim_end_matches("元");
        match amount.parse::<Fen>() {
            Ok(fen) if fen.0 >= 0 => Some(fen.0),
            _ if is_nothing(amount) || amount == "面议" => None,
            _ => {
                problems.push(lines.problem(target, text(target), "row-money", ""));
                None
            }
        }
    };
    let (wage_from, wage_to) = (money("wage_from"), money("wage_to"));
    let town = match text("town") {
        "" => app.regions.town_of(&context.county.0, text("place")),
        named => {
            let found = app.regions.town_of(&context.county.0, named);
            if found.is_none() {
                problems.push(lines.problem("town", named, "row-town", ""));
            }
            found
        }
    };
    let code = match text("credit_code") {
        code if is_nothing(code) => None,
        code => {
            if let Ok(code) = CreditCode::parse(code) {
                Some(code)
            } else {
                problems.push(lines.problem("credit_code", code, "row-credit-code", ""));
                None
            }
        }
    };
    let programme = match text("programme") {
        "" => context.kind.programme.clone(),
        named => {
            let with_offers = context.register.programmes.iter().filter(|p| p.offer.is_some());
            let found = with_offers
                .clone()
                .find(|p| [&p.code, &p.title.zh, &p.title.en].into_iter().any(|n| n == named));
            if found.is_none() {
                let names: Vec<&str> = with_offers.map(|p| p.title.zh.as_str()).collect();
                problems.push(lines.problem("programme", named, "row-code", names.join("、")));
            }
            found.map(|p| p.code.clone())
        }
    };
    let described = if is_nothing(text("occupation")) { text("title") } else { text("occupation") };
    let rule = education_rule(context, lines, row, problems);
    let position = town.and_then(|t| app.regions.seat(t));
    let mut new = NewOffer {
        programme: programme.unwrap_or_default(),
        title: text("title").to_owned(),
        provider: text("provider").to_owned(),
        seats: seats.unwrap_or(0),
        starts,
        ends,
        wage_from,
        wage_to,
        shift: text("shift").to_owned(),
        occupation: app.occupations.classify(described, &std::collections::BTreeMap::new()),
        skills: skills(context, &[text("skills"), text("title")]),
        tags: text("tags")
            .split([';', ',', '；', '，', '、', ' '])
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect(),
        town: town.map(str::to_owned),
        position,
        place: text("place").to_owned(),
        description: text("description").to_owned(),
        rule,
        origin: context.origin.to_owned(),
        import: Some((context.import, i64::try_from(number).unwrap_or(0))),
        ..NewOffer::default()
    };
    let plain = NewOffer { import: None, ..new.clone() };
    new.digest = app.keys.lookup("offer", &format!("{plain:?}"));
    OfferRow { new, code }
}

/// The skills that texts name, by the profile's list; the second text only where the first names none.
fn skills(context: &Context<'_>, texts: &[&str]) -> Vec<String> {
    let codes = context.register.skills();
    let named = |text: &str| -> Vec<String> {
        let holds = |c: &&zhida_rules::CodeItem| c.names().any(|name| text.contains(name));
        codes.iter().filter(holds).map(|c| c.code.clone()).collect()
    };
    texts.iter().map(|t| named(t)).find(|found| !found.is_empty()).unwrap_or_default()
}

/// A lowest schooling, as a rule over the profile.
fn education_rule(
    context: &Context<'_>,
    lines: &Lines<'_>,
    row: &[String],
    problems: &mut Vec<CellProblem>,
) -> String {
    let text = lines.text(row, "education");
    let wanted = text.trim_end_matches("及以上").trim_end_matches("以上");
    if is_nothing(wanted) || wanted == "不限" {
        return String::new();
    }
    let pack = context.register;
    let field = pack.uses.schooling.as_ref().and_then(|name| pack.profile.named(name));
    let Some(field) = field else { return String::new() };
    if let Ok(Some(code)) = super::value::field_value(context.app, &context.county.0, field, wanted) {
        format!("{} >= {code}", field.name)
    } else {
        problems.push(lines.problem("education", text, "row-code", ""));
        String::new()
    }
}
