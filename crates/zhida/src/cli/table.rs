//! Tables of parties as analysts have them: CSV and Parquet, a column `id` and one for each field.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use zhida_rules::{CellFault, FieldId, FieldKind, Loader, Profile, Table};

/// The rows of a file, and their names.
pub(super) struct Parties {
    pub(super) ids: Vec<String>,
    pub(super) table: Table,
}

impl Parties {
    /// The row of a party.
    pub(super) fn find(&self, id: &str) -> anyhow::Result<usize> {
        self.ids
            .iter()
            .position(|known| known == id)
            .with_context(|| format!("there is no party `{id}` in the file"))
    }
}

/// Reads a `.csv` or `.parquet` file.
pub(super) fn read(path: &Path, profile: &Profile) -> anyhow::Result<Parties> {
    let name = path.display();
    let parquet = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
    if parquet { from_parquet(path, profile) } else { from_csv(path, profile) }
        .with_context(|| format!("{name}"))
}

fn from_csv(path: &Path, profile: &Profile) -> anyhow::Result<Parties> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_path(path)?;
    let header = reader.byte_headers()?.clone();
    let name = |cell: &[u8]| {
        String::from_utf8_lossy(cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell)).into_owned()
    };
    let columns: Vec<Option<FieldId>> = header.iter().map(|cell| profile.find(name(cell).trim())).collect();
    let Some(id) = header.iter().position(|cell| name(cell).trim() == "id") else {
        bail!("1:1: the first line has no column `id`");
    };
    let mut loader = Loader::new(profile);
    let mut ids = Vec::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        for (at, (field, cell)) in columns.iter().zip(record.iter()).enumerate() {
            let Ok(text) = std::str::from_utf8(cell) else {
                bail!("{line}:{}: the cell is not UTF-8; save the file as UTF-8", at + 1);
            };
            if at == id {
                ids.push(text.trim().to_owned());
            }
            if let Some(field) = field {
                loader.text(*field, text).with_context(|| format!("{line}:{}", at + 1))?;
            }
        }
    }
    let table = loader.finish(ids.len())?;
    Ok(Parties { ids, table })
}

fn from_parquet(path: &Path, profile: &Profile) -> anyhow::Result<Parties> {
    let reader = SerializedFileReader::new(File::open(path)?)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let rows: usize = usize::try_from(reader.metadata().file_metadata().num_rows())?;
    let mut loader = Loader::new(profile);
    let mut ids: Vec<String> = Vec::with_capacity(rows);
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let count = usize::try_from(group.metadata().num_rows())?;
        for at in 0..group.num_columns() {
            let column = schema.column(at);
            // A list of texts is stored as `skills.list.element`; its name is the first part.
            let name = column.path().parts().first().cloned().unwrap_or_default();
            let field = profile.find(&name);
            if field.is_none() && name != "id" {
                continue;
            }
            let cells = Cells::read(group.get_column_reader(at)?, &column, count)
                .with_context(|| format!("column `{name}`"))?;
            if name == "id" {
                ids.extend((0..count).map(|row| cells.text(row).unwrap_or_default()));
            }
            if let Some(field) = field {
                let first = ids.len().max(count) - count;
                cells.fill(&mut loader, field, profile, count).map_err(|(row, fault)| {
                    anyhow::anyhow!("row {}, column `{name}`: {fault}", first + row + 1)
                })?;
            }
        }
    }
    if ids.len() != rows {
        bail!("there is no column `id`");
    }
    Ok(Parties { ids, table: loader.finish(rows)? })
}

/// One column of a row group: values of the rows that have one, in order.
struct Cells {
    values: Values,
    /// For each row where its values begin; a list has any number, a plain column none or one.
    starts: Vec<usize>,
    /// Rows whose list is there but empty.
    empty: Vec<bool>,
    /// What turns a number into days, if it is a point in time.
    day: Option<i64>,
}

enum Values {
    Bool(Vec<bool>),
    Int(Vec<i64>),
    Double(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl Cells {
    fn read(reader: ColumnReader, column: &ColumnDescriptor, rows: usize) -> anyhow::Result<Self> {
        let (levels, repeats) = (column.max_def_level(), column.max_rep_level());
        if repeats > 1 {
            bail!("lists of lists are not read");
        }
        let unsigned = matches!(
            column.converted_type(),
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
        );
        let (values, (defined, repeated)) = match reader {
            ColumnReader::BoolColumnReader(mut r) => {
                let (values, levels) = drain(&mut r, rows)?;
                (Values::Bool(values), levels)
            }
            ColumnReader::Int32ColumnReader(mut r) => {
                let (values, levels) = drain(&mut r, rows)?;
                let wide = |n: i32| if unsigned { i64::from(n.cast_unsigned()) } else { i64::from(n) };
                (Values::Int(values.into_iter().map(wide).collect()), levels)
            }
            ColumnReader::Int64ColumnReader(mut r) => {
                let (values, levels) = drain(&mut r, rows)?;
                (Values::Int(values), levels)
            }
            ColumnReader::FloatColumnReader(mut r) => {
                let (values, levels) = drain(&mut r, rows)?;
                (Values::Double(values.into_iter().map(f64::from).collect()), levels)
            }
            ColumnReader::DoubleColumnReader(mut r) => {
                let (values, levels) = drain(&mut r, rows)?;
                (Values::Double(values), levels)
            }
            ColumnReader::ByteArrayColumnReader(mut r) => {
                let (values, levels) = drain(&mut r, rows)?;
                (Values::Text(values), levels)
            }
            _ => bail!("columns of type {} are not read", column.physical_type()),
        };
        let mut starts = Vec::with_capacity(rows + 1);
        let mut empty = Vec::new();
        let mut value = 0;
        if repeats == 0 {
            for row in 0..rows {
                starts.push(value);
                value += usize::from(levels == 0 || defined.get(row) == Some(&levels));
            }
        } else {
            for (level, repeat) in defined.iter().zip(&repeated) {
                if *repeat == 0 {
                    starts.push(value);
                    // The level below that of an element is that of a list without any.
                    empty.push(*level + 1 == levels || *level + 2 == levels && levels > 2);
                }
                value += usize::from(*level == levels);
            }
        }
        starts.push(value);
        let day = match column.logical_type_ref() {
            Some(LogicalType::Date) => Some(1),
            Some(LogicalType::Timestamp(time)) => Some(match time.unit {
                TimeUnit::MILLIS => 86_400_000,
                TimeUnit::MICROS => 86_400_000_000,
                TimeUnit::NANOS => 86_400_000_000_000,
            }),
            _ if column.converted_type() == ConvertedType::DATE => Some(1),
            _ => None,
        }
        .filter(|_| matches!(column.physical_type(), Physical::INT32 | Physical::INT64));
        Ok(Self { values, starts, empty, day })
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        let at = |row: usize| self.starts.get(row).copied().unwrap_or_default();
        at(row)..at(row + 1)
    }

    /// A row as text; `None` where it has no value.
    fn text(&self, row: usize) -> Option<String> {
        let range = self.range(row);
        if range.is_empty() {
            return None;
        }
        Some(match &self.values {
            Values::Bool(v) => v.get(range.start)?.to_string(),
            Values::Int(v) => v.get(range.start)?.to_string(),
            Values::Double(v) => v.get(range.start)?.to_string(),
            Values::Text(v) => {
                let texts = v.get(range)?.iter().map(|t| String::from_utf8_lossy(t.data()));
                texts.collect::<Vec<_>>().join(";")
            }
        })
    }

    fn fill(
        &self,
        loader: &mut Loader,
        field: FieldId,
        profile: &Profile,
        rows: usize,
    ) -> Result<(), (usize, CellFault)> {
        let kind = profile.field(field).map(|f| &f.kind);
        for row in 0..rows {
            let range = self.range(row);
            if range.is_empty() {
                if self.empty.get(row) == Some(&true) {
                    loader.none(field);
                } else {
                    loader.missing(field);
                }
                continue;
            }
            let at = range.start;
            let done = match (kind, &self.values) {
                (Some(FieldKind::Int | FieldKind::Double), Values::Int(v)) => {
                    loader.whole(field, v.get(at).copied().unwrap_or_default());
                    Ok(())
                }
                (Some(FieldKind::Date), Values::Int(v)) if self.day.is_some() => {
                    let units = v.get(at).copied().unwrap_or_default();
                    loader.whole(field, units.div_euclid(self.day.unwrap_or(1)));
                    Ok(())
                }
                (Some(FieldKind::Double), Values::Double(v)) => {
                    loader.number(field, v.get(at).copied().unwrap_or_default());
                    Ok(())
                }
                (Some(FieldKind::Bool), Values::Bool(v)) => {
                    loader.whole(field, i64::from(v.get(at) == Some(&true)));
                    Ok(())
                }
                (_, Values::Text(v)) if range.len() == 1 => {
                    let text = v.get(at).map(ByteArray::data).unwrap_or_default();
                    loader.text(field, &String::from_utf8_lossy(text))
                }
                _ => loader.text(field, &self.text(row).unwrap_or_default()),
            };
            done.map_err(|fault| (row, fault))?;
        }
        Ok(())
    }
}

/// Definition and repetition levels.
type Levels = (Vec<i16>, Vec<i16>);

fn drain<T: DataType>(reader: &mut ColumnReaderImpl<T>, rows: usize) -> anyhow::Result<(Vec<T::T>, Levels)> {
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    let mut left = rows;
    while left > 0 {
        let (records, ..) =
            reader.read_records(left, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if records == 0 {
            bail!("the file ends before its last row");
        }
        left -= records;
    }
    Ok((values, (defined, repeated)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::column::writer::ColumnWriter;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use zhida_rules::Cell;

    use super::*;

    /// Writes rows column by column: values, and for each row whether it has one (levels of a list: repeated, defined).
    fn write(path: &Path) {
        let schema = "message t { required binary id (UTF8); optional int32 age (INT_8); optional double wage; \
                      optional boolean ill; optional int32 born (DATE); \
                      optional group skills (LIST) { repeated group list { optional binary element (UTF8); } } }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut file =
            SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::default()).unwrap();
        let mut group = file.next_row_group().unwrap();
        let bytes = |texts: &[&str]| texts.iter().map(|t| ByteArray::from(*t)).collect::<Vec<_>>();
        let mut at = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            match (at, column.untyped()) {
                (0, ColumnWriter::ByteArrayColumnWriter(w)) => {
                    w.write_batch(&bytes(&["a", "b", "c"]), None, None).unwrap();
                }
                (1, ColumnWriter::Int32ColumnWriter(w)) => {
                    w.write_batch(&[45, -3], Some(&[1, 0, 1]), None).unwrap();
                }
                (2, ColumnWriter::DoubleColumnWriter(w)) => {
                    w.write_batch(&[4_500.5, f64::NAN], Some(&[1, 1, 0]), None).unwrap();
                }
                (3, ColumnWriter::BoolColumnWriter(w)) => {
                    w.write_batch(&[true, false], Some(&[1, 0, 1]), None).unwrap();
                }
                (4, ColumnWriter::Int32ColumnWriter(w)) => {
                    w.write_batch(&[20_000], Some(&[0, 1, 0]), None).unwrap();
                }
                // Two skills, an empty list, nothing known.
                (5, ColumnWriter::ByteArrayColumnWriter(w)) => {
                    w.write_batch(&bytes(&["x", "y"]), Some(&[3, 3, 1, 0]), Some(&[0, 1, 0, 0])).unwrap();
                }
                _ => panic!("column {at}"),
            }
            column.close().unwrap();
            at += 1;
        }
        group.close().unwrap();
        file.close().unwrap();
    }

    #[test]
    fn a_parquet_table_is_read_with_its_gaps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.parquet");
        write(&path);
        let profile = Profile::from_toml(
            "[fields.age]\ntype = \"int\"\n[fields.wage]\ntype = \"double\"\n[fields.ill]\ntype = \"bool\"\n\
             [fields.born]\ntype = \"date\"\n[fields.skills]\ntype = \"set<code>\"\ncodes = [\"x\", \"y\"]\n[fields.none]\ntype = \"int\"",
        )
        .unwrap();
        let read = read(&path, &profile).unwrap();
        assert_eq!(read.ids, ["a", "b", "c"]);
        let row = |row: usize| -> Vec<Cell> { (0..6).map(|f| read.table.cell(row, FieldId(f))).collect() };
        let set = |codes: &[&str]| Cell::Set(codes.iter().map(|c| (*c).to_owned()).collect());
        assert_eq!(
            row(0),
            [
                Cell::Int(45),
                Cell::Double(4_500.5),
                Cell::Bool(true),
                Cell::Missing,
                set(&["x", "y"]),
                Cell::Missing
            ]
        );
        assert_eq!(
            row(1),
            [Cell::Missing, Cell::Missing, Cell::Missing, Cell::Date(20_000), set(&[]), Cell::Missing]
        );
        assert_eq!(
            row(2),
            [Cell::Int(-3), Cell::Missing, Cell::Bool(false), Cell::Missing, Cell::Missing, Cell::Missing]
        );
        let small = Profile::from_toml("[fields.skills]\ntype = \"set<code>\"\ncodes = [\"x\"]").unwrap();
        let Err(fault) = super::read(&path, &small) else { panic!("`y` is no code") };
        assert!(
            format!("{fault:#}").contains("row 1, column `skills`: field `skills`: the code `y`"),
            "{fault:#}"
        );
    }
}
