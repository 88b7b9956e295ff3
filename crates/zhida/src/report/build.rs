//! Filling a report in.

use zhida_pack::{Indicator, Pack, Part, Report};
use zhida_rules::Lang;
use zhida_types::{Period, Quantity, RegionCode, Said, rounded};

use crate::app::App;
use crate::commitment::{self, Measures, SheetRow};
use crate::document::{Block, Cell, Document, Table};
use crate::ids::CountyId;
use crate::problem::Problem;
use crate::texts::T;

/// An indicator by its code, with the name under which it is kept: of the report's own pack, or `pack/code`, or of the
/// first pack that has it.
fn indicator<'a>(app: &'a App, own: &'a Pack, code: &str) -> Option<(String, &'a Indicator)> {
    let (pack, code) = code.split_once('/').map_or((None, code), |(pack, code)| (Some(pack), code));
    let order = std::iter::once(own).chain(app.packs());
    order
        .filter(|p| pack.is_none_or(|name| p.name == name))
        .find_map(|p| p.indicators.iter().find(|i| i.code == code).map(|i| (i.name(&p.name), i)))
}

/// A number with its unit of count; with a word that is true of it where it is said with few digits.
fn said(t: &T, value: i64, unit: &str, digits: Option<u32>) -> String {
    let (shown, word) = digits.map_or((Quantity(value), Said::Exactly), |d| rounded(Quantity(value), d));
    t.ab(format!("said-{}", word.as_str()), t.quantity(shown), t.unit_of_count(unit))
}

/// A paragraph with its values: `{day}`, `{code}`, `{code~2}`. What no indicator is called stays as it is, in angle
/// brackets, so that it is seen.
fn paragraph(app: &App, t: &T, pack: &Pack, text: &str, day: &str, measures: &Measures) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('}') {
        let Some((before, name)) = part.strip_suffix('}').and_then(|p| p.rsplit_once('{')) else {
            out.push_str(part);
            continue;
        };
        out.push_str(before);
        let (code, digits) = name.split_once('~').map_or((name, None), |(c, d)| (c, d.parse().ok()));
        if code == "day" {
            out.push_str(day);
        } else if let Some((name, i)) = indicator(app, pack, code) {
            let value = measures.get(&(name, String::new(), String::new())).copied().unwrap_or(0);
            out.push_str(&said(t, value, &i.unit, digits));
        } else {
            out.extend(["⟨", name, "⟩"]);
        }
    }
    out
}

/// What a member of a dimension is called.
fn member_name(app: &App, t: &T, dimension: &str, member: &str, lang: Lang) -> String {
    match dimension {
        _ if member.is_empty() => t.s("none"),
        "town" => app.regions.name(member).unwrap_or(member).to_owned(),
        "severity" => {
            let rank = member.parse().unwrap_or(1);
            t.s(format!("severity-{}", zhida_pack::Severity::of_rank(rank).as_str()))
        }
        "tier" => {
            let register = app.registers().find(|r| r.tier_label(member, lang).is_some());
            register
                .map_or_else(|| member.to_owned(), |r| crate::party::tier_name(app, r, Some(member), lang))
        }
        "outcome" => {
            let outcome = app.packs().flat_map(|p| &p.tours).flat_map(|k| &k.encounters);
            let outcome = outcome.into_iter().find(|e| e.code == member);
            outcome.map_or_else(|| member.to_owned(), |e| e.label.get(lang).to_owned())
        }
        "kind" => {
            let tips = app.packs().filter_map(|p| p.tips.as_ref()).flat_map(|t| &t.kinds);
            let tips = tips.into_iter().find(|k| k.code == member);
            tips.map_or_else(|| member.to_owned(), |k| k.label.get(lang).to_owned())
        }
        "pack" => {
            let pack = app.packs().find(|p| p.name == member);
            pack.map_or_else(|| member.to_owned(), |p| p.title.get(lang).to_owned())
        }
        "programme" => {
            let programme = app.programme(member).ok().map(|(_, p)| p);
            programme.map_or_else(|| member.to_owned(), |p| p.title.get(lang).to_owned())
        }
        "item" => {
            let good = app.packs().flat_map(|p| &p.goods.goods).find(|g| g.code == member);
            good.map_or_else(|| member.to_owned(), |g| g.label.get(lang).to_owned())
        }
        _ => member.to_owned(),
    }
}

fn indicators_table(
    app: &App,
    t: &T,
    pack: &Pack,
    (title, codes, by): (&str, &[String], Option<&str>),
    measures: &Measures,
) -> Table {
    let found: Vec<(String, &Indicator)> =
        codes.iter().filter_map(|code| indicator(app, pack, code)).collect();
    let value = |name: &str, dimension: &str, member: &str| {
        measures.get(&(name.to_owned(), dimension.to_owned(), member.to_owned())).copied()
    };
    let Some(dimension) = by else {
        let row = |(name, i): &(String, &Indicator)| {
            let number = said(t, value(name, "", "").unwrap_or(0), &i.unit, None);
            vec![
                Cell::text(i.title.get(t.lang)),
                Cell::number(number, i.page.clone()),
                Cell::text(i.counting.get(t.lang)),
            ]
        };
        return Table {
            title: title.to_owned(),
            head: vec![(t.s("indicator"), 3), (t.s("figure-value"), 2), (t.s("counting"), 6)],
            rows: found.iter().map(row).collect(),
        };
    };
    let mut members: Vec<&str> = measures
        .keys()
        .filter(|(name, d, _)| d == dimension && found.iter().any(|(n, _)| n == name))
        .map(|(.., member)| member.as_str())
        .collect();
    members.sort_unstable();
    members.dedup();
    let mut head = vec![(t.s(format!("dimension-{dimension}")), 3)];
    head.extend(found.iter().map(|(_, i)| (i.title.get(t.lang).to_owned(), 2)));
    let cell = |(name, i): &(String, &Indicator), member: &str, dimension: &str| {
        let number = Quantity(value(name, dimension, member).unwrap_or(0)).to_string();
        Cell::number(number, i.page.clone())
    };
    let mut rows: Vec<Vec<Cell>> = members
        .iter()
        .map(|member| {
            let first = Cell::text(member_name(app, t, dimension, member, t.lang));
            std::iter::once(first).chain(found.iter().map(|f| cell(f, member, dimension))).collect()
        })
        .collect();
    let total = std::iter::once(Cell::text(t.s("total"))).chain(found.iter().map(|f| cell(f, "", "")));
    rows.push(total.collect());
    Table { title: title.to_owned(), head, rows }
}

/// The monthly sheet in its fixed columns.
fn sheet_table(t: &T, title: &str, rows: &[SheetRow]) -> Table {
    let columns = [
        ("no", 5),
        ("task", 17),
        ("year-target", 11),
        ("leader", 6),
        ("lead-unit", 9),
        ("co-units", 10),
        ("progress-before", 11),
        ("progress-now", 11),
        ("on-schedule", 9),
        ("explanation", 10),
    ];
    let row = |r: &SheetRow| {
        let yes = t.s(if r.on_schedule { "yes" } else { "no" });
        let schedule = if r.soft { t.v("soft-yes", yes) } else { yes };
        [&r.no, &r.task, &r.target, &r.leader, &r.lead, &r.co, &r.before, &r.now, &schedule, &r.explanation]
            .map(Cell::text)
            .to_vec()
    };
    Table {
        title: title.to_owned(),
        head: columns.map(|(key, width)| (t.s(format!("sheet-{key}")), width)).to_vec(),
        rows: rows.iter().map(row).collect(),
    }
}

/// A report of a region on a period.
///
/// # Errors
/// The database's.
pub async fn build(
    app: &App,
    t: &T,
    (county, region): (&CountyId, &RegionCode),
    (pack, report): (&Pack, &Report),
    period: Period,
) -> Result<Document, Problem> {
    let today = app.clock.today();
    let day = period.last().min(today).to_string();
    let measures = commitment::measures(&app.db, county, region).await?;
    let place = match region.as_str() {
        "" => t.s("whole-country"),
        code => app.regions.name(code).unwrap_or(code).to_owned(),
    };
    let mut lines = vec![t.ab("report-of", &place, period)];
    lines.push(if period.is_open(today) { t.v("report-open", today) } else { t.v("report-as-of", &day) });
    if app.config.demonstration {
        lines.push(t.s("footer-demonstration"));
    }
    let mut blocks = Vec::new();
    for part in &report.parts {
        blocks.push(match part {
            Part::Text { text } => Block::Text(paragraph(app, t, pack, text.get(t.lang), &day, &measures)),
            Part::Indicators { title, indicators, by } => {
                let what = (title.get(t.lang), indicators.as_slice(), by.as_deref());
                Block::Table(indicators_table(app, t, pack, what, &measures))
            }
            Part::Commitments { title, lists } => {
                let rows = commitment::sheet(app, t, (county, region), lists, period).await?;
                Block::Table(sheet_table(t, title.get(t.lang), &rows))
            }
        });
    }
    Ok(Document { title: report.title.get(t.lang).to_owned(), lines, wide: report.wide, blocks })
}

#[cfg(test)]
pub(super) fn said_for_tests(t: &T, value: i64, unit: &str, digits: Option<u32>) -> String {
    said(t, value, unit, digits)
}
