//! Tables as .xlsx and .csv files.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use rust_xlsxwriter::{Format, Workbook};

use crate::problem::Problem;

/// A workbook of one sheet: a bold header row, then the rows as text.
///
/// # Errors
/// More rows than a sheet holds.
pub fn workbook(sheet: &str, header: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, Problem> {
    let mut workbook = Workbook::new();
    let fault = |e: rust_xlsxwriter::XlsxError| Problem::Internal(e.into());
    let page = workbook.add_worksheet_with_constant_memory().map_err(fault)?;
    page.set_name(sheet.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect::<String>())
        .map_err(fault)?;
    let bold = Format::new().set_bold();
    for (column, text) in (0_u16..).zip(header) {
        page.write_with_format(0, column, text.as_str(), &bold).map_err(fault)?;
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, text) in (0_u16..).zip(cells) {
            page.write_string(row, column, text.as_str()).map_err(fault)?;
        }
    }
    workbook.save_to_buffer().map_err(fault)
}

/// A table as .csv, with the mark by which spreadsheets know UTF-8.
///
/// # Errors
/// Rows of other lengths than the header.
pub fn table(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, Problem> {
    let mut out = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    let fault = |e: csv::Error| Problem::Internal(e.into());
    out.write_record(header).map_err(fault)?;
    for row in rows {
        out.write_record(row).map_err(fault)?;
    }
    out.into_inner().map_err(|e| Problem::Internal(anyhow::anyhow!("a table: {e}")))
}

/// The table as an answer.
///
/// # Errors
/// As [`table`].
pub fn csv(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<Response, Problem> {
    let head: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
    let bytes = table(&head, rows)?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], bytes).into_response())
}

/// A table that was made as a file of a name.
pub fn csv_file(name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let kind = "text/csv; charset=utf-8".to_owned();
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// The workbook as a download.
///
/// # Errors
/// As [`workbook`].
pub fn xlsx(name: &str, header: &[String], rows: &[Vec<String>]) -> Result<Response, Problem> {
    let bytes = workbook(name, header, rows)?;
    let disposition = format!("attachment; filename=\"{name}.xlsx\"");
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}
