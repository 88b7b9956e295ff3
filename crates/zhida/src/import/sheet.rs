//! A file as rows of text: .xlsx, .xls, .ods through calamine, .csv in UTF-8 or GB18030; and every way in which it is none.

use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Sheets, open_workbook_auto_from_rs};
use zhida_types::Day;

/// Rows of text under a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// The file's sheets.
    pub sheets: Vec<String>,
    /// The sheet that was read.
    pub sheet: String,
    /// The row of the header, from 1.
    pub header_row: usize,
    /// The header, folded.
    pub headers: Vec<String>,
    /// The rows below with their numbers from 1; empty rows are left out.
    pub rows: Vec<(usize, Vec<String>)>,
}

/// Why a file cannot be read at all: a key of the texts, and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetFault {
    /// The key.
    pub key: &'static str,
    /// The place: a line, a sheet, a number.
    pub at: String,
}

fn fault(key: &'static str, at: impl ToString) -> SheetFault {
    SheetFault { key, at: at.to_string() }
}

/// A cell that holds a formula but no value: the program that made the file never worked it out.
pub(super) const FORMULA: &str = "\u{1}formula";

/// Unpacked bytes above this are a bomb, not a register.
const UNPACKED: u64 = 1 << 30;
/// A file that unpacks to more than this times its size is one too.
const RATIO: u64 = 300;
/// Rows among which the header is looked for.
const HEADER_WITHIN: usize = 15;

/// Reads the first sheet of a file of another slice.
///
/// # Errors
/// As [`read`].
pub fn read_table(bytes: &[u8], known: &dyn Fn(&[String]) -> usize) -> Result<Grid, SheetFault> {
    read(bytes, "", known)
}

/// Reads a file. `known` says how many of the texts are headers that the kind of file may have; the row with most is the
/// header, so that merged title rows above it do no harm.
pub(super) fn read(
    bytes: &[u8],
    wanted: &str,
    known: &dyn Fn(&[String]) -> usize,
) -> Result<Grid, SheetFault> {
    let (sheets, sheet, rows) = match bytes {
        [] => return Err(fault("file-empty", "")),
        [b'P', b'K', ..] => {
            check_archive(bytes)?;
            workbook(bytes, wanted)?
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] if is_encrypted(bytes) => return Err(fault("file-encrypted", "")),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => workbook(bytes, wanted)?,
        [b'%', b'P', b'D', b'F', ..] => return Err(fault("file-not-a-table", "PDF")),
        _ if is_object(bytes) => (Vec::new(), String::new(), geojson(bytes)?),
        _ => (Vec::new(), String::new(), text(bytes)?),
    };
    if rows.iter().all(|(_, r)| r.iter().all(String::is_empty)) {
        return Err(fault("file-sheet-empty", &sheet));
    }
    let best = rows
        .iter()
        .take(HEADER_WITHIN)
        .enumerate()
        .map(|(at, (_, row))| (known(row), std::cmp::Reverse(at)))
        .max();
    let at = match best {
        Some((count, std::cmp::Reverse(at))) if count >= 2 => at,
        _ => return Err(fault("file-no-header", &sheet)),
    };
    let mut rows = rows.into_iter().skip(at);
    let Some((header_row, headers)) = rows.next() else { return Err(fault("file-no-header", &sheet)) };
    let rows: Vec<(usize, Vec<String>)> = rows.filter(|(_, r)| r.iter().any(|c| !c.is_empty())).collect();
    if rows.is_empty() {
        return Err(fault("file-no-rows", &sheet));
    }
    Ok(Grid { sheets, sheet, header_row, headers, rows })
}

/// Full-width characters become plain, blanks at the ends go.
pub(super) fn folded(text: &str) -> String {
    let text: String = unicode_normalization::UnicodeNormalization::nfkc(text).collect();
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}').to_owned()
}

/// An encrypted workbook is an OLE file with a stream of this name, in UTF-16.
fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).take(1 << 20).any(|w| w == name.as_slice())
}

fn check_archive(bytes: &[u8]) -> Result<(), SheetFault> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_cut_off| fault("file-truncated", ""))?;
    let limit = UNPACKED.min((bytes.len() as u64).saturating_mul(RATIO));
    let (mut said, mut real) = (0_u64, 0_u64);
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|_cut_off| fault("file-truncated", ""))?;
        said = said.saturating_add(entry.size());
    }
    // What the list of contents says may be a lie: the bytes are counted, too, up to the limit.
    for at in 0..archive.len() {
        if said > limit || real > limit {
            return Err(fault("file-bomb", said.max(real) >> 20));
        }
        let entry = archive.by_index(at).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => fault("file-encrypted", ""),
            _ => fault("file-truncated", ""),
        })?;
        let counted = std::io::copy(&mut entry.take(limit + 1 - real), &mut std::io::sink());
        real += counted.map_err(|_cut_off| fault("file-truncated", ""))?;
    }
    if said.max(real) <= limit { Ok(()) } else { Err(fault("file-bomb", said.max(real) >> 20)) }
}

type Rows = Vec<(usize, Vec<String>)>;

fn workbook(bytes: &[u8], wanted: &str) -> Result<(Vec<String>, String, Rows), SheetFault> {
    let mut book: Sheets<_> =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| match error.to_string() {
            text if text.to_lowercase().contains("password") => fault("file-encrypted", ""),
            _ => fault("file-truncated", ""),
        })?;
    let sheets = book.sheet_names();
    let sheet = match sheets.iter().find(|s| *s == wanted) {
        Some(sheet) => sheet.clone(),
        None if !wanted.is_empty() => return Err(fault("file-no-such-sheet", wanted)),
        None => fullest(&mut book, &sheets)?,
    };
    let range = book.worksheet_range(&sheet).map_err(|_unreadable| fault("file-sheet-unreadable", &sheet))?;
    let formulas = book.worksheet_formula(&sheet).ok();
    let (top, left) = range.start().unwrap_or_default();
    let (top, left) = (top as usize, left as usize);
    let formula_at = |row: usize, column: usize| {
        let at = (u32::try_from(top + row).ok()?, u32::try_from(left + column).ok()?);
        formulas.as_ref()?.get_value(at).filter(|f| !f.is_empty())
    };
    let mut rows = Rows::new();
    for (row, cells) in range.rows().enumerate() {
        let cell = |(column, data): (usize, &Data)| match data {
            Data::Empty if formula_at(row, column).is_some() => FORMULA.to_owned(),
            data => folded(&cell_text(data)),
        };
        // A leading gap of empty columns stays, so that columns keep their letters.
        let texts = std::iter::repeat_n(String::new(), left).chain(cells.iter().enumerate().map(cell));
        rows.push((top + row + 1, texts.collect()));
    }
    Ok((sheets, sheet, rows))
}

/// The sheet with most rows: registers often stand behind a cover sheet.
fn fullest<R: std::io::Read + std::io::Seek>(
    book: &mut Sheets<R>,
    sheets: &[String],
) -> Result<String, SheetFault> {
    if let [only] = sheets {
        return Ok(only.clone());
    }
    let height = |name: &String| book.worksheet_range(name).map_or(0, |r| r.height());
    let mut heights: Vec<(usize, &String)> = Vec::new();
    let mut height = height;
    for name in sheets {
        heights.push((height(name), name));
    }
    let best = heights.into_iter().rev().max_by_key(|(h, _)| *h);
    best.map(|(_, name)| name.clone()).ok_or_else(|| fault("file-sheet-empty", ""))
}

fn cell_text(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::String(s) | Data::DateTimeIso(s) | Data::DurationIso(s) => s.clone(),
        Data::Bool(b) => b.to_string(),
        Data::Int(n) => n.to_string(),
        Data::Float(x) => float_text(*x),
        Data::DateTime(d) => d.as_datetime().map_or_else(String::new, |d| Day(d.date()).to_string()),
        Data::Error(e) => format!("#{e:?}"),
    }
}

/// A number as a person would have typed it; one that a spreadsheet has rounded shows that it has.
fn float_text(x: f64) -> String {
    if x.abs() >= 1e15 {
        return format!("{x:E}").replacen('E', "E+", 1);
    }
    if x.fract() == 0.0 { format!("{x:.0}") } else { x.to_string() }
}

fn text(bytes: &[u8]) -> Result<Rows, SheetFault> {
    if bytes.iter().take(8_000).filter(|b| **b == 0).count() > 4 {
        return Err(fault("file-not-a-table", ""));
    }
    let decoded = decode(bytes)?;
    let first = decoded.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let count = |c: char| first.matches(c).count();
    let delimiter = [',', ';', '\t'].into_iter().max_by_key(|c| (count(*c), *c == ',')).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .from_reader(decoded.as_bytes());
    let mut rows = Rows::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            fault("file-csv", line)
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((usize::try_from(line).unwrap_or(0), record.iter().map(folded).collect()));
    }
    Ok(rows)
}

fn is_object(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

/// The points of a `GeoJSON` collection: a row a feature, a column a property, the position under `lon` and `lat`.
fn geojson(bytes: &[u8]) -> Result<Rows, SheetFault> {
    let all: serde_json::Value = serde_json::from_str(&decode(bytes)?)
        .map_err(|e| fault("file-json", format!("{}:{}", e.line(), e.column())))?;
    let features = all["features"].as_array().ok_or_else(|| fault("file-no-features", ""))?;
    let mut headers: Vec<String> = Vec::new();
    for feature in features {
        for name in feature["properties"].as_object().into_iter().flat_map(serde_json::Map::keys) {
            if !matches!(name.as_str(), "lon" | "lat") && !headers.contains(name) {
                headers.push(name.clone());
            }
        }
    }
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => folded(text),
        serde_json::Value::Array(parts) => {
            let parts = parts.iter().map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned));
            folded(&parts.collect::<Vec<_>>().join(";"))
        }
        other => other.to_string(),
    };
    let mut rows: Rows =
        vec![(0, headers.iter().cloned().chain(["lon".to_owned(), "lat".to_owned()]).collect())];
    for (at, feature) in features.iter().enumerate() {
        let point = &feature["geometry"];
        let part = |n: usize| match point["type"].as_str() {
            Some("Point") => point["coordinates"].get(n).map_or_else(String::new, text),
            _ => String::new(),
        };
        let cells = headers.iter().map(|h| text(&feature["properties"][h.as_str()]));
        rows.push((at + 1, cells.chain([part(0), part(1)]).collect()));
    }
    Ok(rows)
}

fn decode(bytes: &[u8]) -> Result<String, SheetFault> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let chinese = |line: &[u8]| {
        std::str::from_utf8(line).is_ok_and(|t| t.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)))
    };
    let utf8 = bytes.split(|b| *b == b'\n').position(chinese);
    let (text, wrong) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    match utf8 {
        Some(line) => Err(fault("file-mixed-encoding", line + 1)),
        None if wrong => {
            let line = text.lines().position(|l| l.contains('\u{fffd}')).unwrap_or(0);
            Err(fault("file-encoding", line + 1))
        }
        None => Ok(text.into_owned()),
    }
}
