//! An extract of another register, matched by the keyed hash of the citizen's number: of the social insurance (who of ours was insured as
//! employed, by whom, since when) or of schools (who was enrolled where). Nobody else of the file is kept, listed or counted by name.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_types::{Day, IdNumber};

use super::acts::{self, Shown};
use super::entity::insured;
use super::store;
use crate::app::App;
use crate::db::seal::sha256_hex;
use crate::ids::{CountyId, InsuredId, PartyId};
use crate::journal::{Subject, Write};
use crate::party;
use crate::problem::Problem;
use crate::provider;

/// The registers of which extracts are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// The social insurance: times in which somebody was employed.
    Insurance,
    /// Schools: times in which somebody was enrolled.
    School,
}

impl Register {
    /// The word of tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insurance => "work",
            Self::School => "school",
        }
    }

    /// The register of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Insurance, Self::School].into_iter().find(|r| r.as_str() == word)
    }
}

/// What an extract came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Taken {
    /// Rows of the file.
    pub rows: usize,
    /// Rows whose number is none.
    pub wrong: usize,
    /// People of the register who stand in it.
    pub people: usize,
    /// Claims for which it is evidence.
    pub evidenced: usize,
}

/// A row that is somebody's of the register.
#[derive(Debug)]
struct Row {
    party: PartyId,
    employer: String,
    from: NaiveDate,
    to: Option<NaiveDate>,
}

/// The headings by which columns are known.
const HEADINGS: [(&str, &[&str]); 4] = [
    ("id", &["身份证号码", "身份证号", "公民身份号码", "社会保障号码", "id"]),
    ("employer", &["单位名称", "参保单位", "用人单位", "学校名称", "就读学校", "employer", "school"]),
    ("from", &["参保日期", "开始日期", "起始日期", "缴费起始年月", "入学日期", "from"]),
    ("to", &["停保日期", "结束日期", "终止日期", "缴费终止年月", "离校日期", "毕业日期", "to"]),
];

/// A day, or the first of a month, as such files write it.
fn on(text: &str) -> Option<NaiveDate> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let full = if digits.len() == 6 { format!("{digits}01") } else { digits };
    NaiveDate::parse_from_str(&full, "%Y%m%d").ok().filter(|_| full.len() == 8)
}

/// Reads a file against the hashes of a register.
fn read(app: &App, body: &[u8], known: &BTreeMap<String, PartyId>) -> Result<(Taken, Vec<Row>), Problem> {
    let fault = |e: csv::Error| Problem::field("file", "fault-extract", e);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
    let head = reader.headers().map_err(fault)?.clone();
    let column = |name: &str| {
        let words = HEADINGS.iter().find(|(key, _)| *key == name).map_or(&[][..], |(_, words)| words);
        head.iter().position(|h| words.contains(&h.trim().trim_start_matches('\u{feff}')))
    };
    let need = |name: &str| {
        column(name).ok_or_else(|| {
            let words = HEADINGS.iter().find(|(key, _)| *key == name).map_or("", |(_, words)| words[0]);
            Problem::field("file", "fault-extract-column", words)
        })
    };
    let (id, employer, from, to) = (need("id")?, need("employer")?, need("from")?, column("to"));
    let (mut taken, mut rows) = (Taken::default(), Vec::new());
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(fault)? {
        taken.rows += 1;
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let Ok(number) = IdNumber::parse(cell(id)) else {
            taken.wrong += 1;
            continue;
        };
        let Some(party) = known.get(&app.keys.lookup("identity", number.reveal())) else { continue };
        let from = on(cell(from)).ok_or_else(|| {
            let line = record.position().map_or(0, csv::Position::line);
            Problem::field("file", "fault-extract-day", format!("{line}: {}", cell(from)))
        })?;
        rows.push(Row {
            party: *party,
            employer: cell(employer).chars().take(200).collect(),
            from,
            to: to.and_then(|at| on(cell(at))),
        });
    }
    Ok((taken, rows))
}

/// An extract that was read: what it says of people of the register.
#[derive(Debug)]
pub struct Extract {
    of: Register,
    taken: Taken,
    rows: Vec<Row>,
    file: String,
}

/// Reads an extract against the register, before anything is written.
///
/// # Errors
/// A file that cannot be read, with its line, or the database's.
pub async fn extract(
    app: &App,
    county: &CountyId,
    (of, body): (Register, Vec<u8>),
) -> Result<Extract, Problem> {
    let (pack, _) = provider::rules(app)?;
    let hashes = party::identities(&app.db, county, pack.kind()).await?;
    let known: BTreeMap<String, PartyId> = hashes.into_iter().map(|(id, hash)| (hash, id)).collect();
    let (reading, file) = (app.clone(), sha256_hex(&body));
    let read = tokio::task::spawn_blocking(move || read(&reading, &body, &known));
    let (mut taken, rows) = read.await.map_err(anyhow::Error::from)??;
    taken.people = rows.iter().map(|r| r.party).collect::<BTreeSet<_>>().len();
    Ok(Extract { of, taken, rows, file })
}

/// Keeps the times in which people of the register were insured or enrolled, and puts the insured ones on file as evidence of claims that
/// they fit (the same person, insured on the day since when the one says to work or within the days that work has to last).
///
/// # Errors
/// The database's.
pub async fn take(app: &App, write: &mut Write, extract: Extract) -> Result<Taken, Problem> {
    let Extract { of, mut taken, rows, file } = extract;
    let model = |r: &Row| insured::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(InsuredId::new()),
        party_id: Set(r.party),
        kind: Set(of.as_str().to_owned()),
        employer: Set(r.employer.clone()),
        from_day: Set(r.from),
        to_day: Set(r.to),
        file: Set(file.clone()),
        at: Set(write.at()),
    };
    // Rows that say the same would meet in one statement.
    let mut once = BTreeSet::new();
    let models =
        rows.iter().filter(|r| once.insert((r.party, r.employer.clone(), r.from))).map(model).collect();
    store::keep_insured(write, models).await?;
    if of == Register::Insurance {
        taken.evidenced = evidenced(app, write, &rows).await?;
    }
    let detail = json!({ "register": of.as_str(), "rows": taken.rows, "people": taken.people, "evidenced": taken.evidenced, "sha256": file });
    write.note("extract-taken", Subject::new("county", write.county()), detail).await?;
    Ok(taken)
}

/// Puts rows on file as evidence of the claims that they fit. Answers how many.
async fn evidenced(app: &App, write: &mut Write, rows: &[Row]) -> Result<usize, Problem> {
    let rules = provider::terms(app)?;
    let mut by: BTreeMap<PartyId, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by.entry(row.party).or_default().push(row);
    }
    let mut n = 0;
    for claim in store::in_state(write.tx(), write.county(), "claimed", None, 1_000_000).await? {
        let last = Day(claim.since).plus_days(rules.outcome.minimum_days).0;
        let fits = |r: &&&Row| r.from <= last && r.to.is_none_or(|to| to >= claim.since);
        let Some(row) = by.get(&claim.party_id).and_then(|own| own.iter().find(fits)) else { continue };
        let shown = Shown {
            kind: rules.outcome.insured.clone(),
            number: format!("{} {}", row.employer, row.from),
            photo: String::new(),
        };
        acts::evidence(app, write, &claim, &shown).await?;
        n += 1;
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_such_files_write_them() {
        let read = |text: &str| on(text).map(|d| d.to_string());
        assert_eq!(read("2026-03-02").as_deref(), Some("2026-03-02"));
        assert_eq!(read("2026年3月").as_deref(), None, "a month of one digit could be anything");
        assert_eq!(read("202603").as_deref(), Some("2026-03-01"));
        assert_eq!(read("2026/03/02").as_deref(), Some("2026-03-02"));
        assert_eq!(read(""), None);
    }
}
