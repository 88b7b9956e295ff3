//! Reports as files that can be read again, and figures in words that are true.

use std::io::Cursor;

use calamine::Reader as _;
use proptest::prelude::*;
use zhida_rules::Lang;
use zhida_types::{Quantity, figures};

use super::*;
use crate::document::{Block, Cell, Document, Table, font, pdf, xlsx};
use crate::texts::{T, Texts};

fn document() -> Document {
    let rows = (1..=60).map(|n| {
        vec![
            Cell::text(n.to_string()),
            Cell::text("改造提升户外劳动者服务站点，打通服务群众的最后一公里"),
            Cell::number("1,000", ""),
        ]
    });
    Document {
        title: "民生实事项目进展情况月报表".to_owned(),
        lines: vec!["浙江省 2024-11".to_owned()],
        wide: true,
        blocks: vec![
            Block::Text(
                "数据截至 2024-11-30。A long English sentence that has to be broken at blanks. ".repeat(6),
            ),
            Block::Table(Table {
                title: "项目进展".to_owned(),
                head: vec![("序号".to_owned(), 1), ("任务".to_owned(), 3), ("进展".to_owned(), 2)],
                rows: rows.collect(),
            }),
        ],
    }
}

#[test]
fn a_pdf_has_pages_and_a_font_of_its_own() {
    let (bytes, face) = font().unwrap();
    let pdf = pdf(&document(), (&bytes, face), "zh-CN").unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    let size = pdf.len();
    assert!((5_000..400_000).contains(&size), "a subset of the font, not all of it: {size}");
    let again = crate::document::pdf(&document(), (&bytes, face), "zh-CN").unwrap();
    assert_eq!(pdf, again, "the same report is the same file");
}

#[test]
fn a_sheet_holds_the_whole_report() {
    let bytes = xlsx(&document()).unwrap();
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&name).unwrap();
    let all: Vec<String> = range.cells().map(|(_, _, c)| c.to_string()).collect();
    assert!(all.iter().any(|c| c == "民生实事项目进展情况月报表"));
    assert_eq!(all.iter().filter(|c| c.contains("最后一公里")).count(), 60);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// The words that pages and reports print are read again by the reader of documents, and hold of the true number.
    #[test]
    fn what_is_printed_of_a_figure_is_true(n in 0_i64..10_000_000_000_000, digits in proptest::option::of(1_u32..5)) {
        let texts = Texts::new(std::iter::empty()).unwrap();
        let t = T { texts: std::sync::Arc::new(texts), lang: Lang::Zh };
        let printed = build::said_for_tests(&t, n, "person", digits);
        let found = figures(&printed, &["人"]);
        prop_assert_eq!(found.len(), 1, "{}", printed);
        prop_assert!(found[0].said.holds(found[0].value, Quantity(n)), "{} of {}", printed, Quantity(n));
    }
}
