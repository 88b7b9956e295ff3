//! Making a batch, and a second person's check.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zhida_pack::{Benefit, Gives, Programme, StageKind};
use zhida_types::Fen;

use super::entity::{batch, payment};
use super::store;
use crate::app::App;
use crate::case::{self, Case};
use crate::ids::{BatchId, CountyId, HolderId, PartyId, PaymentId};
use crate::journal::{Subject, Write};

use crate::problem::Problem;
use crate::{party, supply};

/// Payments of one batch at most: what a bank takes in one file.
pub(super) const MOST: usize = 10_000;

/// To whom money goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payee {
    /// The name of the account, or of the party whose bill is reduced.
    pub(super) name: String,
    /// The number of the account.
    pub(super) account: String,
    /// The bank.
    pub(super) bank: String,
    /// The address, for a bill.
    pub(super) address: String,
}

/// What a clause gives that is paid, with its line of the budget.
pub(super) fn paying(app: &App, code: &str) -> Result<(Programme, Gives), Problem> {
    let (_, programme) = app.programme(code)?;
    let gives = programme.gives.clone().filter(|g| g.benefit.pays()).ok_or(Problem::NotFound)?;
    Ok((programme.clone(), gives))
}

/// Cases of a clause that are granted and neither paid nor on their way, oldest first.
pub(super) async fn granted(
    app: &App,
    db: &impl sea_orm::ConnectionTrait,
    county: &CountyId,
    code: &str,
) -> Result<Vec<Case>, Problem> {
    let (programme, _) = paying(app, code)?;
    let stages = programme.stages.iter().filter(|s| s.kind == StageKind::Granted);
    let stages: Vec<&str> = stages.map(|s| s.code.as_str()).collect();
    let mut cases = case::at_stages(db, county, code, &stages, 1_000_000).await?;
    let ids: Vec<_> = cases.iter().map(|c| c.id).collect();
    let bound = store::bound(db, county, &ids).await?;
    cases.retain(|c| !bound.contains(&c.id) && c.amount.is_some_and(|n| n > 0));
    Ok(cases)
}

/// To whom the money of parties goes; nothing for those of whom no account is known.
pub(super) async fn payees(
    app: &App,
    db: &impl sea_orm::ConnectionTrait,
    county: &CountyId,
    code: &str,
    parties: &[PartyId],
) -> Result<BTreeMap<PartyId, Payee>, Problem> {
    let (register, programme) = app.programme(code)?;
    let waiver = programme.gives.as_ref().is_some_and(|g| g.benefit == Benefit::Waiver);
    let uses = &register.uses;
    let mut found = BTreeMap::new();
    for (id, (name, values)) in party::profiles(app, db, county, parties).await? {
        let text = |field: Option<&String>| {
            let value = field.and_then(|f| values.get(f)).and_then(Value::as_str);
            value.map(str::trim).unwrap_or_default().to_owned()
        };
        let address = text(Some(&"address".to_owned()));
        let account = text(uses.account.as_ref());
        if waiver {
            found.insert(id, Payee { name, address, ..Payee::default() });
        } else if !account.is_empty() {
            let of = text(uses.account_name.as_ref());
            let name = if of.is_empty() { name } else { of };
            found.insert(id, Payee { name, account, bank: text(uses.bank.as_ref()), address });
        }
    }
    Ok(found)
}

fn masked(payee: &Payee) -> String {
    let tail: String = payee.account.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    if tail.is_empty() { payee.address.clone() } else { format!("{} ****{tail}", payee.bank) }
}

/// Makes a batch of what was granted and not paid. Answers its id, and how many were left out because no account is known.
///
/// # Errors
/// A clause that pays nothing, nothing to be paid, a supplier that is missing where bills are reduced, or the database's.
pub async fn prepare(
    app: &App,
    write: &mut Write,
    code: &str,
    supplier: &str,
) -> Result<(BatchId, usize), Problem> {
    let (programme, gives) = paying(app, code)?;
    let supplier = supplier.trim();
    if gives.benefit == Benefit::Waiver && supplier.is_empty() {
        return Err(Problem::field("supplier", "fault-supplier", ""));
    }
    let county = write.county().clone();
    let cases: Vec<Case> = granted(app, write.tx(), &county, code).await?.into_iter().take(MOST).collect();
    let parties: Vec<PartyId> = cases.iter().map(|c| c.party_id).collect();
    let payees = payees(app, write.tx(), &county, code, &parties).await?;
    let id = BatchId::new();
    let (mut rows, mut total) = (Vec::new(), 0_i64);
    for case in &cases {
        let (Some(payee), Some(amount)) = (payees.get(&case.party_id), case.amount) else { continue };
        let payment = PaymentId::new();
        let plain = serde_json::to_vec(payee)?;
        total = total.saturating_add(amount);
        rows.push(payment::ActiveModel {
            county: Set(county.clone()),
            id: Set(payment),
            batch_id: Set(id),
            case_id: Set(case.id),
            party_id: Set(case.party_id),
            number: Set(i64::try_from(rows.len() + 1).unwrap_or(i64::MAX)),
            amount: Set(amount),
            payee_sealed: Set(app.keys.seal(&format!("{county}/{payment}"), &plain)?),
            payee_mask: Set(masked(payee)),
            state: Set("waiting".to_owned()),
            fault: Set(String::new()),
            paid_on: Set(None),
            entry_id: Set(None),
            created_at: Set(write.at()),
        });
    }
    if rows.is_empty() {
        return Err(Problem::Conflict("fault-nothing-to-pay"));
    }
    let (count, left) = (rows.len(), cases.len() - rows.len());
    let row = batch::ActiveModel {
        county: Set(county),
        id: Set(id),
        title: Set(format!("{} {}", programme.title.zh, zhida_types::Day::at(write.at()))),
        programme: Set(code.to_owned()),
        fund: Set(gives.fund.unwrap_or_default()),
        supplier: Set(supplier.chars().take(120).collect()),
        state: Set("draft".to_owned()),
        total: Set(total),
        payments: Set(i64::try_from(count).unwrap_or(i64::MAX)),
        account: Set(write.actor().id()),
        account_name: Set(write.actor().name.clone()),
        checked_by: Set(String::new()),
        checked_at: Set(None),
        sent_at: Set(None),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(write, row, rows).await?;
    let detail = json!({ "payments": count, "yuan": Fen(total).to_string(), "left_out": left });
    write.note("batch-made", Subject::new("batch", id), detail).await?;
    Ok((id, left))
}

/// The holder of the batch's line of the budget.
pub(super) async fn fund(app: &App, write: &Write, batch: &batch::Model) -> Result<HolderId, Problem> {
    supply::budget(app, write, &batch.fund).await
}

/// A second person's check: the sum is there, and nobody else made it.
///
/// # Errors
/// A batch that is not a draft, the person who made it, a line of the budget that holds less, or the database's.
pub async fn check(app: &App, write: &mut Write, now: &batch::Model) -> Result<(), Problem> {
    if now.state != "draft" {
        return Err(Problem::Conflict("fault-batch-state"));
    }
    if now.account == write.actor().id() {
        return Err(Problem::Conflict("fault-own-batch"));
    }
    let holder = fund(app, write, now).await?;
    supply::covers(write, holder, now.total).await?;
    let values = vec![
        (batch::Column::State, Expr::value("checked")),
        (batch::Column::CheckedBy, Expr::value(write.actor().name.clone())),
        (batch::Column::CheckedAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let detail = json!({ "yuan": Fen(now.total).to_string() });
    write.note("batch-checked", Subject::new("batch", now.id), detail).await?;
    Ok(())
}

/// Marks a checked batch as sent.
///
/// # Errors
/// A batch that is not checked, or the database's.
pub async fn send(write: &mut Write, now: &batch::Model) -> Result<(), Problem> {
    if now.state != "checked" {
        return Err(Problem::Conflict("fault-batch-state"));
    }
    let values = vec![
        (batch::Column::State, Expr::value("sent")),
        (batch::Column::SentAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    Ok(write.note("batch-sent", Subject::new("batch", now.id), json!({})).await?)
}
