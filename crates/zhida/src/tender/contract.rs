//! Contracts: what was decided in a call, in numbers that classes and payments are held to.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zhida_pack::Subsidy;
use zhida_types::{Day, Fen};

use super::entity::{bid, contract, tender};
use super::store;
use crate::app::App;
use crate::ids::ContractId;
use crate::journal::{Subject, Write};
use crate::problem::Problem;
use crate::provider;

/// An account to which money goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    /// In whose name it is.
    pub name: String,
    /// Its number.
    pub account: String,
    /// The bank.
    pub bank: String,
}

/// A contract that is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContract {
    /// As both sides write it.
    pub number: String,
    /// For how many trainees.
    pub seats: i64,
    /// When it was signed, and the last day on which a class may begin.
    pub days: (Day, Day),
    /// The account to which its money goes; its number may be left out and filled in later.
    pub payee: Payee,
    /// The hash of its picture.
    pub photo: String,
}

fn mask(payee: &Payee) -> String {
    let digits: Vec<char> = payee.account.chars().collect();
    let tail: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
    if tail.is_empty() { String::new() } else { format!("{} ****{tail}", payee.bank).trim().to_owned() }
}

/// The account as people write it: blanks and hyphens are left out, and it has from 8 to 32 digits; or none.
fn checked(payee: &Payee) -> Result<Payee, Problem> {
    let account: String = payee.account.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digits = account.chars().all(|c| c.is_ascii_digit());
    if !account.is_empty() && (!digits || !(8..=32).contains(&account.len())) {
        return Err(Problem::field("account", "fault-account", ""));
    }
    Ok(Payee { name: payee.name.trim().to_owned(), account, bank: payee.bank.trim().to_owned() })
}

fn sealed(app: &App, write: &Write, id: ContractId, payee: &Payee) -> Result<Option<Vec<u8>>, Problem> {
    if payee.account.is_empty() {
        return Ok(None);
    }
    let plain = serde_json::to_vec(payee)?;
    Ok(Some(app.keys.seal(&format!("{}/{id}", write.county()), &plain)?))
}

/// Signs a contract for a bid that was chosen, at its price, with the parts of the price as the pack has them on that day.
///
/// # Errors
/// A bid that was not chosen or has one, more seats than the call has left, days that cannot be, a number that is there, or the database's.
pub async fn sign(
    app: &App,
    write: &mut Write,
    (to, of): (&tender::Model, &bid::Model),
    new: &NewContract,
) -> Result<ContractId, Problem> {
    if to.state != "decided" || of.state != "chosen" || of.tender_id != to.id {
        return Err(Problem::Conflict("fault-bid-not-chosen"));
    }
    if new.number.trim().is_empty() {
        return Err(Problem::field("number", "fault-empty", ""));
    }
    let (signed, ends) = new.days;
    if signed > Day::at(write.at()) {
        return Err(Problem::field("signed_on", "fault-future", signed));
    }
    if ends < signed {
        return Err(Problem::field("ends_on", "fault-event-order", ""));
    }
    let there = store::contracts(write.tx(), write.county(), &[to.id]).await?;
    if there.iter().any(|c| c.bid_id == of.id) {
        return Err(Problem::Conflict("fault-contract-there"));
    }
    let left = to.seats - there.iter().map(|c| c.seats).sum::<i64>();
    if !(1..=left).contains(&new.seats) {
        return Err(Problem::field("seats", "fault-number-within", format!("1–{}", left.max(1))));
    }
    if store::contract_by_number(write.tx(), write.county(), new.number.trim()).await?.is_some() {
        return Err(Problem::field("number", "fault-contract-number", new.number.trim()));
    }
    let payee = checked(&new.payee)?;
    // Of two who sign at once the second counts the seats again.
    crate::db::change(write.tx(), to, Vec::new()).await?;
    let id = ContractId::new();
    let row = contract::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        bid_id: Set(of.id),
        tender_id: Set(to.id),
        provider_id: Set(of.provider_id),
        number: Set(new.number.trim().to_owned()),
        price: Set(of.price),
        seats: Set(new.seats),
        parts: Set(serde_json::to_string(&provider::terms(app)?.subsidies)?),
        signed_on: Set(signed.0),
        ends_on: Set(ends.0),
        photo: Set(new.photo.clone()),
        payee_sealed: Set(sealed(app, write, id, &payee)?),
        payee_mask: Set(mask(&payee)),
        state: Set("in-force".to_owned()),
        words: Set(String::new()),
        account: Set(write.actor().id()),
        account_name: Set(write.actor().name.clone()),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert_contract(write, row).await?;
    let detail = json!({ "number": new.number.trim(), "seats": new.seats, "price": of.price });
    write.note("contract-signed", Subject::new("tender", to.id), detail).await?;
    Ok(id)
}

/// Sets the account to which a contract's money goes.
///
/// # Errors
/// An account that cannot be one, a contract that has changed, or the database's.
pub(super) async fn set_payee(
    app: &App,
    write: &mut Write,
    now: &contract::Model,
    payee: &Payee,
) -> Result<(), Problem> {
    let payee = checked(payee)?;
    if payee.account.is_empty() {
        return Err(Problem::field("account", "fault-account", ""));
    }
    let values = vec![
        (contract::Column::PayeeSealed, Expr::value(sealed(app, write, now.id, &payee)?)),
        (contract::Column::PayeeMask, Expr::value(mask(&payee))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let detail = json!({ "number": now.number, "account": mask(&payee) });
    write.note("contract-account", Subject::new("tender", now.tender_id), detail).await?;
    Ok(())
}

/// Ends a contract before its day: no class begins under it any more; what runs, runs on.
///
/// # Errors
/// One that is ended, no cause, or the database's.
pub(super) async fn end(write: &mut Write, now: &contract::Model, words: &str) -> Result<(), Problem> {
    if now.state != "in-force" {
        return Err(Problem::Conflict("fault-changed"));
    }
    if words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let values = vec![
        (contract::Column::State, Expr::value("ended")),
        (contract::Column::Words, Expr::value(words.trim())),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let detail = json!({ "number": now.number, "words": words.trim() });
    write.note("contract-ended", Subject::new("tender", now.tender_id), detail).await?;
    Ok(())
}

impl contract::Model {
    /// The parts of the price as they were when it was signed.
    ///
    /// # Errors
    /// What the database holds is no list of parts.
    pub fn parts(&self) -> Result<Vec<Subsidy>, Problem> {
        Ok(serde_json::from_str(&self.parts)?)
    }

    /// The account to which its money goes; nothing where none is known.
    ///
    /// # Errors
    /// A value that does not open.
    pub fn payee(&self, app: &App) -> Result<Option<Payee>, Problem> {
        let Some(sealed) = &self.payee_sealed else { return Ok(None) };
        let plain = app.keys.open(&format!("{}/{}", self.county, self.id), sealed)?;
        Ok(Some(serde_json::from_slice(&plain)?))
    }

    /// Whether a class may begin under it on a day.
    pub fn in_force(&self, on: Day) -> bool {
        self.state == "in-force" && self.signed_on <= on.0 && self.ends_on >= on.0
    }

    /// What it comes to at most.
    pub fn sum(&self) -> Fen {
        Fen(self.price.saturating_mul(self.seats))
    }
}
