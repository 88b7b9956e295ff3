//! The file for the bank, or for the supplier.

use zhida_types::Fen;

use super::batch::Payee;
use super::entity::{batch, payment};
use crate::app::App;
use crate::problem::Problem;
use crate::texts::T;

/// To whom a payment goes.
///
/// # Errors
/// A value that does not open.
pub(super) fn payee(app: &App, row: &payment::Model) -> Result<Payee, Problem> {
    let plain = app.keys.open(&format!("{}/{}", row.county, row.id), &row.payee_sealed)?;
    Ok(serde_json::from_slice(&plain)?)
}

/// What a spreadsheet would take for a formula stands behind an apostrophe.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() }
}

/// The batch as a table of text in UTF-8, with the mark that spreadsheets want.
///
/// # Errors
/// A value that does not open.
pub(super) fn csv(
    app: &App,
    t: &T,
    batch: &batch::Model,
    payments: &[payment::Model],
) -> Result<Vec<u8>, Problem> {
    let bill = !batch.supplier.is_empty();
    let keys: &[&str] = if bill {
        &["batch-code", "item-no", "payee", "address", "amount-in-yuan", "payment-result", "payment-cause"]
    } else {
        &["batch-code", "item-no", "account-name", "account", "bank", "amount-in-yuan", "payment-words"]
    };
    let mut rows = Vec::new();
    for row in payments {
        let payee = payee(app, row)?;
        let (code, number, amount) =
            (batch.id.to_string(), row.number.to_string(), Fen(row.amount).to_string());
        let cells = if bill {
            vec![
                code,
                number,
                plain(&payee.name),
                plain(&payee.address),
                amount,
                String::new(),
                String::new(),
            ]
        } else {
            vec![
                code,
                number,
                plain(&payee.name),
                payee.account,
                plain(&payee.bank),
                amount,
                plain(&batch.title),
            ]
        };
        rows.push(cells);
    }
    let header: Vec<String> = keys.iter().map(|k| t.s(k)).collect();
    crate::web::download::table(&header, rows)
}
