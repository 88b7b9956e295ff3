//! Ugly files on purpose: each gives a clear message with its place, and nothing is written.

use super::columns;
use super::sheet::{self, Grid, SheetFault};
use super::value;

fn known(texts: &[String]) -> usize {
    texts.iter().filter(|t| ["姓名", "身份证号", "手机"].contains(&t.as_str())).count()
}

fn read(bytes: &[u8]) -> Result<Grid, SheetFault> {
    sheet::read(bytes, "", &known)
}

fn key(bytes: &[u8]) -> &'static str {
    read(bytes).unwrap_err().key
}

fn xlsx(write: impl Fn(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    write(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

#[test]
fn merged_titles_dates_and_rare_characters_are_read() {
    let bytes = xlsx(|page| {
        page.merge_range(0, 0, 0, 2, "名册", &rust_xlsxwriter::Format::new()).unwrap();
        for (column, text) in (0..).zip(["姓名", "身份证号", "日期"]) {
            page.write(2, column, text).unwrap();
        }
        page.write(3, 0, "𠮷 野").unwrap();
        page.write(3, 1, 3.304_24e17).unwrap();
        let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2025, 3, 1).unwrap();
        page.write_with_format(3, 2, &date, &rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd"))
            .unwrap();
    });
    let grid = read(&bytes).unwrap();
    assert_eq!((grid.header_row, grid.rows[0].0), (3, 4));
    assert_eq!(grid.rows[0].1, ["𠮷 野", "3.30424E+17", "2025-03-01"]);
}

/// The workbook as a program writes it that never works formulas out: the cells have no values.
fn without_values(workbook: &[u8]) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut entry = from.by_index(at).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if entry.name().ends_with("sheet1.xml") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("</f><v>0</v>"), "{text}");
            bytes = text.replace("</f><v>0</v>", "</f>").into_bytes();
        }
        to.start_file(entry.name(), zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_formula_that_nobody_worked_out_is_named_and_one_with_a_value_is_read() {
    let workbook = xlsx(|page| {
        page.write(0, 0, "姓名").unwrap();
        page.write(0, 1, "手机").unwrap();
        page.write(1, 0, "甲").unwrap();
        page.write_formula(1, 1, rust_xlsxwriter::Formula::new("=A2&1")).unwrap();
    });
    assert_eq!(read(&without_values(&workbook)).unwrap().rows[0].1[1], sheet::FORMULA);
    assert_eq!(read(&workbook).unwrap().rows[0].1[1], "0");
}

#[test]
fn what_is_no_table_says_so() {
    assert_eq!(key(b""), "file-empty");
    assert_eq!(key(b"PK\x03\x04 cut off"), "file-truncated");
    assert_eq!(key(b"%PDF-1.7 ..."), "file-not-a-table");
    let whole = xlsx(|page| {
        page.write(0, 0, "姓名").unwrap();
    });
    assert_eq!(key(&whole[..whole.len() / 2]), "file-truncated");
    assert_eq!(key(&whole), "file-no-header");
    let empty = xlsx(|_| {});
    assert_eq!(key(&empty), "file-sheet-empty");
    let mut encrypted = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(key(&encrypted), "file-encrypted");
    assert_eq!(key("姓名,手机\n".as_bytes()), "file-no-rows");
    assert_eq!(key("甲,乙\n1,2\n".as_bytes()), "file-no-header");
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..64 {
        archive.write_all(&zeros).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    assert_eq!(read(&bytes).unwrap_err(), SheetFault { key: "file-bomb", at: "64".to_owned() });
}

#[test]
fn text_is_read_in_both_encodings_and_a_mixture_is_named() {
    let text = "姓名,身份证号,手机\n𠮷田,1,2\n";
    let (gb, ..) = encoding_rs::GB18030.encode(text);
    assert_eq!(read(text.as_bytes()).unwrap(), read(&gb).unwrap());
    let mut mixed = encoding_rs::GB18030.encode("姓名,身份证号,手机\n甲甲,1,2\n").0.into_owned();
    mixed.extend("乙乙乙,3,4\n".as_bytes());
    assert_eq!(read(&mixed).unwrap_err(), SheetFault { key: "file-mixed-encoding", at: "3".to_owned() });
}

#[test]
fn a_column_given_twice_or_not_at_all_is_found() {
    let target = |code: &str, required| columns::Target {
        code: code.to_owned(),
        zh: code.to_owned(),
        en: code.to_owned(),
        headers: Vec::new(),
        required,
    };
    let targets = [target("name", true), target("phone", false)];
    let (twice, missing) = columns::faults(&["phone".to_owned(), "phone".to_owned()], &targets);
    assert_eq!((twice[0].code.as_str(), missing[0].code.as_str()), ("phone", "name"));
}

#[test]
fn dates_are_read_as_spreadsheets_keep_them() {
    assert_eq!(value::day("45717").unwrap().unwrap().to_string(), "2025-03-01");
    assert_eq!(value::day("2025年3月1日").unwrap().unwrap().to_string(), "2025-03-01");
    assert_eq!(value::day("1988-02-31").unwrap_err().0, "row-no-such-day");
    assert_eq!(value::day("无"), Ok(None));
}
