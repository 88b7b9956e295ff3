//! Invented files of parties as a pack's `demo.toml` describes them: which columns, and what stands in them how often.

use std::path::Path;

use anyhow::Context as _;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use zhida_types::{CreditCode, Day, IdNumber};

use super::vocabulary::Vocabulary;
use crate::regions::Regions;

/// A file of invented parties.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterFile {
    /// The kind of file that takes it in.
    pub(super) import: String,
    /// The file's name.
    pub(super) file: String,
    /// How many rows.
    rows: usize,
    /// The serial from which numbers are made, so that no two files share one.
    serial: usize,
    columns: Vec<Column>,
}

/// A column: its header and what stands in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    header: String,
    /// How many rows in a hundred leave it empty.
    #[serde(default)]
    blank: u32,
    #[serde(flatten)]
    holds: Holds,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Holds {
    /// Made from the row's serial.
    Made(Made),
    /// A firm's name: words of which one stands in the middle.
    Firm(Vec<String>),
    /// One of these, with weights.
    One(Vec<(String, u32)>),
    /// A whole number between two.
    Int([i64; 2]),
    /// A number with one decimal between two.
    Double([f64; 2]),
    /// A day between so many days ago and so many.
    DaysAgo([i64; 2]),
    /// The same as another column.
    Same(String),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Made {
    /// A person's name.
    Person,
    /// An identity number with the region that nobody has.
    IdNumber,
    /// A credit code with that region.
    CreditCode,
    /// A phone of the range that nobody has.
    Phone,
    /// A town of the county.
    Town,
    /// The number of an account, of no bank.
    Account,
}

/// Writes a file of invented parties.
///
/// # Errors
/// A folder that cannot be written.
pub(super) fn write(
    file: &RegisterFile,
    words: &Vocabulary,
    regions: &Regions,
    (county, today): (&str, Day),
    out: &Path,
) -> anyhow::Result<()> {
    let towns: Vec<&str> = regions.towns(county).map(|(_, name)| name).collect();
    let county_name = regions.name(county).unwrap_or_default().trim_end_matches(['县', '市', '区']);
    let mut rng = ChaCha8Rng::seed_from_u64(u64::try_from(file.serial).unwrap_or(0));
    let mut writer = csv::Writer::from_path(out.join(&file.file)).with_context(|| file.file.clone())?;
    writer.write_record(file.columns.iter().map(|c| c.header.as_str()))?;
    for at in 0..file.rows {
        let serial = file.serial + at;
        let mut row: Vec<String> = Vec::with_capacity(file.columns.len());
        for column in &file.columns {
            let text = match &column.holds {
                Holds::Made(Made::Person) => {
                    let given =
                        if serial.is_multiple_of(2) { &words.given_female } else { &words.given_male };
                    let one =
                        |list: &[String], rng: &mut ChaCha8Rng| list.choose(rng).cloned().unwrap_or_default();
                    format!("{}{}", one(&words.surnames, &mut rng), one(given, &mut rng))
                }
                Holds::Firm(middles) => {
                    // By the serial alone, so that two files can speak of the same firms.
                    let middle = middles.get(serial % middles.len().max(1)).map_or("", String::as_str);
                    format!("{county_name}示例{}{middle}有限公司", serial - file.serial + 1)
                }
                Holds::Made(Made::IdNumber) => {
                    let born = today.minus_months(u32::try_from(rng.random_range(22..86) * 12).unwrap_or(0));
                    let born = born.plus_days(-rng.random_range(1..360));
                    let odd = serial % 1_000;
                    let text = format!("{}{}{odd:03}", super::REGION, born.0.format("%Y%m%d"));
                    IdNumber::complete(&text).map(|n| n.reveal().to_owned()).unwrap_or_default()
                }
                Holds::Made(Made::CreditCode) => {
                    let code = CreditCode::complete(super::REGION, &format!("{serial:08}"));
                    code.map(|c| c.to_string()).unwrap_or_default()
                }
                Holds::Made(Made::Phone) => format!("1200{serial:07}"),
                Holds::Made(Made::Town) => towns.choose(&mut rng).copied().unwrap_or_default().to_owned(),
                Holds::One(options) => {
                    options.choose_weighted(&mut rng, |o| o.1).map_or_else(|_| String::new(), |o| o.0.clone())
                }
                Holds::Int([from, until]) => rng.random_range(*from..=*until).to_string(),
                Holds::Double([from, until]) => format!("{:.1}", rng.random_range(*from..=*until)),
                Holds::DaysAgo([from, until]) => {
                    today.plus_days(-rng.random_range(*from..=*until)).to_string()
                }
                Holds::Made(Made::Account) => format!("62000000{serial:010}"),
                Holds::Same(header) => {
                    let other = file.columns.iter().position(|c| c.header == *header);
                    other.and_then(|at| row.get(at)).cloned().unwrap_or_default()
                }
            };
            let empty = rng.random_range(0..100) < column.blank;
            row.push(if empty { String::new() } else { text });
        }
        writer.write_record(&row)?;
    }
    writer.flush()?;
    Ok(())
}
