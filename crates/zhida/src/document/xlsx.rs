//! A report as a sheet, as an office prints it.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use super::{Block, Document};
use crate::problem::Problem;

/// Characters that a line of all columns holds.
const WIDE: f64 = 130.0;
const TALL: f64 = 90.0;

/// The report as a workbook of one sheet.
///
/// # Errors
/// More rows than a sheet holds.
pub fn xlsx(document: &Document) -> Result<Vec<u8>, Problem> {
    write(document).map_err(|e| Problem::Internal(e.into()))
}

fn write(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let name: String = document.title.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect();
    sheet.set_name(name)?;
    sheet.set_paper_size(9);
    if document.wide {
        sheet.set_landscape();
    }
    sheet.set_print_fit_to_pages(1, 0);
    let columns = document.blocks.iter().map(|b| match b {
        Block::Text(_) | Block::Large(_) | Block::Code(_) => 1,
        Block::Table(t) => t.head.len(),
    });
    let last = u16::try_from(columns.max().unwrap_or(1).max(1)).unwrap_or(1) - 1;
    let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
    let words = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let heading = Format::new().set_bold();
    let border = || {
        Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::VerticalCenter)
    };
    let head = border().set_bold().set_align(FormatAlign::Center).set_background_color("#E8EEF6");
    let cell = border();
    let number = border().set_align(FormatAlign::Right);
    let mut row = 0_u32;
    let across = |sheet: &mut rust_xlsxwriter::Worksheet, row: u32, text: &str, format: &Format| {
        if last == 0 {
            sheet.write_with_format(row, 0, text, format).map(drop)
        } else {
            sheet.merge_range(row, 0, row, last, text, format).map(drop)
        }
    };
    across(sheet, row, &document.title, &title)?;
    sheet.set_row_height(row, 26)?;
    for line in &document.lines {
        row += 1;
        across(sheet, row, line, &words)?;
    }
    let all = if document.wide { WIDE } else { TALL };
    for block in &document.blocks {
        row += 1;
        match block {
            Block::Text(text) | Block::Large(text) | Block::Code(text) => {
                across(sheet, row, text, &words)?;
                let lines = text.chars().count() * 2 / if document.wide { 130 } else { 90 } + 1;
                sheet.set_row_height(row, f64::from(u32::try_from(lines).unwrap_or(1)) * 16.0)?;
            }
            Block::Table(table) => {
                if !table.title.is_empty() {
                    sheet.write_with_format(row, 0, table.title.as_str(), &heading)?;
                    row += 1;
                }
                let parts: u32 = table.head.iter().map(|(_, w)| u32::from(*w)).sum::<u32>().max(1);
                for (column, (text, width)) in (0_u16..).zip(&table.head) {
                    sheet.write_with_format(row, column, text.as_str(), &head)?;
                    sheet.set_column_width(column, all * f64::from(*width) / f64::from(parts))?;
                }
                for cells in &table.rows {
                    row += 1;
                    for (column, c) in (0_u16..).zip(cells) {
                        // A plain number is a number; one with its unit of count is words.
                        match c.text.parse::<f64>() {
                            Ok(n) if c.number => sheet.write_with_format(row, column, n, &number)?,
                            _ => sheet.write_with_format(
                                row,
                                column,
                                c.text.as_str(),
                                if c.number { &number } else { &cell },
                            )?,
                        };
                    }
                }
            }
        }
    }
    book.save_to_buffer()
}
