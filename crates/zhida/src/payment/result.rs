//! What the bank says became of each payment: read as a whole first, written only if the file belongs to the batch.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_pack::StageKind;
use zhida_types::{Day, Fen};

use super::batch::{fund, paying};
use super::entity::{batch, payment};
use super::file::payee;
use super::store;
use crate::app::App;
use crate::case::{self, Step};
use crate::ids::{CaseId, PaymentId};
use crate::import;
use crate::journal::{Subject, Write};
use crate::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
use crate::problem::Problem;
use crate::supply;

/// A line of the bank's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its row in the file.
    pub row: usize,
    /// The payment's number.
    pub number: i64,
    /// What was paid, in fen.
    pub amount: i64,
    /// The name that the account has at the bank; empty where the file does not say.
    pub name: String,
    /// Whether it was paid.
    pub paid: bool,
    /// Why not.
    pub cause: String,
}

/// The columns of a result, with the headers that files use.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("batch", &["批次", "批次号", "batch"]),
    ("number", &["序号", "编号", "no.", "number"]),
    ("amount", &["金额", "金额（元）", "金额(元)", "发放金额", "减免金额", "amount", "amount in yuan"]),
    ("name", &["户名", "账户户名", "收款人", "户主", "姓名", "account name", "payee", "name"]),
    ("result", &["结果", "处理结果", "状态", "result", "state"]),
    ("cause", &["原因", "失败原因", "备注", "cause", "reason"]),
];

/// Words for paid and not paid.
const PAID: [&str; 8] = ["成功", "已发", "已减免", "paid", "ok", "success", "y", "是"];
const FAILED: [&str; 9] = ["失败", "退回", "退票", "未减免", "failed", "returned", "rejected", "n", "否"];

fn column(headers: &[String], wanted: &str) -> Option<usize> {
    let names = COLUMNS.iter().find(|(name, _)| *name == wanted).map(|(_, names)| *names)?;
    headers.iter().position(|h| names.contains(&h.trim().to_lowercase().as_str()))
}

fn known(texts: &[String]) -> usize {
    let is = |t: &&String| COLUMNS.iter().any(|(_, names)| names.contains(&t.trim().to_lowercase().as_str()));
    texts.iter().filter(is).count()
}

/// Reads a result: .csv or .xlsx.
///
/// # Errors
/// A file that is no table, a column that is missing, or rows that cannot be read, each with its number.
pub(super) fn read(bytes: &[u8], batch: &batch::Model) -> Result<Vec<Line>, Problem> {
    let grid = import::read_table(bytes, &known).map_err(|f| Problem::field("file", f.key, f.at))?;
    let need = |name: &str| {
        column(&grid.headers, name).ok_or_else(|| {
            let names = COLUMNS.iter().find(|(n, _)| *n == name).map_or("", |(_, names)| names[0]);
            Problem::field("file", "fault-result-column", names)
        })
    };
    let (number, amount, result) = (need("number")?, need("amount")?, need("result")?);
    let (code, name, cause) =
        (column(&grid.headers, "batch"), column(&grid.headers, "name"), column(&grid.headers, "cause"));
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for (row, cells) in &grid.rows {
        let text = |at: Option<usize>| at.and_then(|at| cells.get(at)).map_or("", |c| c.trim());
        let of_batch = text(code);
        if !of_batch.is_empty() && of_batch != batch.id.to_string() {
            return Err(Problem::field("file", "fault-result-batch", format!("{row}: {of_batch}")));
        }
        let said = text(Some(result)).to_lowercase();
        let paid = if PAID.contains(&said.as_str()) {
            Some(true)
        } else if FAILED.contains(&said.as_str()) {
            Some(false)
        } else {
            None
        };
        let fen = text(Some(amount)).replace([',', '￥', '¥'], "").parse::<Fen>();
        match (text(Some(number)).parse::<i64>(), fen, paid) {
            (Ok(number), Ok(fen), Some(paid)) => lines.push(Line {
                row: *row,
                number,
                amount: fen.0,
                name: text(name).to_owned(),
                paid,
                cause: text(cause).chars().take(200).collect(),
            }),
            _ => faults.push(row.to_string()),
        }
    }
    if faults.is_empty() {
        Ok(lines)
    } else {
        faults.truncate(20);
        Err(Problem::field("file", "fault-result-rows", faults.join("、")))
    }
}

/// The lines of a bank that paid everything, as a story needs them.
///
/// # Errors
/// The database's.
pub async fn all_paid(
    db: &impl sea_orm::ConnectionTrait,
    batch: &batch::Model,
) -> Result<Vec<Line>, Problem> {
    let payments = store::payments(db, &batch.county, batch.id).await?;
    let line = |(row, p): (usize, payment::Model)| Line {
        row,
        number: p.number,
        amount: p.amount,
        name: String::new(),
        paid: true,
        cause: String::new(),
    };
    Ok(payments.into_iter().enumerate().map(line).collect())
}

/// What a file said of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Paid.
    pub paid: usize,
    /// Not paid: they can be paid again.
    pub failed: usize,
    /// Paid under another name: somebody has to find out first.
    pub disputed: usize,
    /// Said before: passed over.
    pub known: usize,
}

/// Compares a file with the batch: every line must belong to it, once, with the amount that was sent.
fn compare<'l>(
    lines: &'l [Line],
    payments: &BTreeMap<i64, payment::Model>,
) -> Result<Vec<(&'l Line, payment::Model)>, Problem> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for line in lines {
        let row = line.row;
        let payment = payments.get(&line.number).ok_or_else(|| {
            Problem::field("file", "fault-result-number", format!("{row}: {}", line.number))
        })?;
        if !seen.insert(line.number) {
            return Err(Problem::field("file", "fault-result-twice", format!("{row}: {}", line.number)));
        }
        if line.amount != payment.amount {
            let words = format!("{row}: {} ≠ {}", Fen(line.amount), Fen(payment.amount));
            return Err(Problem::field("file", "fault-result-amount", words));
        }
        found.push((line, payment.clone()));
    }
    Ok(found)
}

/// Takes a result: pays, leaves what failed to be paid again, and stops what was paid under another name.
///
/// # Errors
/// A batch that was not sent; a line that does not belong to it; the ledger's; the database's. Nothing is written then.
pub async fn take(
    app: &App,
    write: &mut Write,
    now: &batch::Model,
    lines: &[Line],
) -> Result<Outcome, Problem> {
    if now.state != "sent" {
        return Err(Problem::Conflict("fault-batch-state"));
    }
    let payments = store::payments(write.tx(), write.county(), now.id).await?;
    let by_number: BTreeMap<i64, payment::Model> = payments.into_iter().map(|p| (p.number, p)).collect();
    let mut outcome = Outcome::default();
    let mut paid = Vec::new();
    for (line, row) in compare(lines, &by_number)? {
        if row.state != "waiting" {
            outcome.known += 1;
            continue;
        }
        let expected = payee(app, &row)?.name;
        let same = line.name.is_empty() || line.name.trim_start_matches('\'') == expected;
        match (line.paid, same) {
            (true, true) => paid.push(row),
            (true, false) => {
                outcome.disputed += 1;
                let fault = format!("{} ≠ {expected}", line.name);
                store::set(write, &[row.id], ("disputed", &fault, None)).await?;
            }
            (false, _) => {
                outcome.failed += 1;
                let fault = if line.name.is_empty() || same {
                    line.cause.clone()
                } else {
                    format!("{} ({} ≠ {expected})", line.cause, line.name)
                };
                store::set(write, &[row.id], ("failed", &fault, None)).await?;
            }
        }
    }
    outcome.paid = paid.len();
    pay(app, write, now, &paid).await?;
    close(write, now).await?;
    let detail = serde_json::to_value(outcome)?;
    write.note("batch-result", Subject::new("batch", now.id), detail).await?;
    Ok(outcome)
}

/// Posts payments to the ledger, marks them, and moves their cases on.
async fn pay(
    app: &App,
    write: &mut Write,
    now: &batch::Model,
    paid: &[payment::Model],
) -> Result<(), Problem> {
    if paid.is_empty() {
        return Ok(());
    }
    let (programme, _) = paying(app, &now.programme)?;
    let day = Day::at(write.at());
    let from = fund(app, write, now).await?;
    let to = supply::spot(write, app, Kind::Given).await?;
    let parties: Vec<_> = paid.iter().map(|p| p.party_id).collect();
    let names = crate::party::names(write.tx(), write.county(), &parties).await?;
    let bill = !now.supplier.is_empty();
    let entry = |p: &payment::Model| NewEntry {
        day,
        act: if bill { "waive" } else { "pay" },
        words: if bill { format!("{} · {}", now.title, now.supplier) } else { now.title.clone() },
        party: Some(p.party_id),
        party_name: names.get(&p.party_id).cloned().unwrap_or_default(),
        receipt: Receipt { kind: "code".to_owned(), value: format!("{} {}", now.id, p.number) },
        moves: vec![Move { from, to, item: MONEY.to_owned(), batch: String::new(), amount: p.amount }],
    };
    let entries = ledger::post(write, paid.iter().map(entry).collect()).await?;
    for (payment, entry) in paid.iter().zip(entries) {
        store::entered(write, payment.id, entry).await?;
    }
    let ids: Vec<PaymentId> = paid.iter().map(|p| p.id).collect();
    store::set(write, &ids, ("paid", "", Some(day))).await?;
    let done = programme.first(StageKind::Done).ok_or(Problem::Conflict("fault-stage-order"))?;
    let ids: Vec<CaseId> = paid.iter().map(|p| p.case_id).collect();
    let cases = case::by_ids(write.tx(), write.county(), &ids).await?;
    case::steps(app, write, &cases, &Step { to: &done.code, words: &now.title }).await
}

/// Closes a batch of which nothing waits and nothing is disputed.
async fn close(write: &Write, now: &batch::Model) -> Result<(), Problem> {
    let open = store::payments(write.tx(), write.county(), now.id).await?;
    let open = open.iter().any(|p| matches!(p.state.as_str(), "waiting" | "disputed"));
    let state = if open { "sent" } else { "closed" };
    crate::db::change(write.tx(), now, vec![(batch::Column::State, Expr::value(state))]).await
}

/// Settles a payment that went out under another name: it reached the right one after all, or it came back.
///
/// # Errors
/// A payment that is not disputed, no cause, or the database's.
pub async fn settle(
    app: &App,
    write: &mut Write,
    now: &batch::Model,
    id: PaymentId,
    (reached, words): (bool, &str),
) -> Result<(), Problem> {
    let words = words.trim();
    if words.chars().count() < 2 {
        return Err(Problem::field("words", "fault-cause", ""));
    }
    let all = store::payments(write.tx(), write.county(), now.id).await?;
    let row = all.into_iter().find(|p| p.id == id).ok_or(Problem::NotFound)?;
    if row.state != "disputed" {
        return Err(Problem::Conflict("fault-batch-state"));
    }
    if reached {
        pay(app, write, now, std::slice::from_ref(&row)).await?;
    } else {
        store::set(write, &[id], ("failed", words, None)).await?;
    }
    close(write, now).await?;
    let detail = json!({ "payment": id, "reached": reached, "words": words });
    write.note("payment-settled", Subject::new("batch", now.id), detail).await?;
    Ok(())
}
