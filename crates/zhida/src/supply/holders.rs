//! From what a form names (`stock:place`, `hand:account`, `budget:line`, …) to holders, and items with their units.

use std::collections::BTreeSet;

use zhida_pack::Good;
use zhida_rules::Lang;
use zhida_types::{Day, Fen, Quantity};

use crate::app::App;
use crate::ids::{AccountId, CountyId, HolderId, PlaceId};
use crate::journal::Write;
use crate::ledger::{self, Holder, Kind, MONEY, Move, NewEntry, Receipt};
use crate::problem::Problem;
use crate::web::Officer;
use crate::{account, place};

/// All goods of all packs.
pub(super) fn goods(app: &App) -> impl Iterator<Item = &Good> {
    app.packs().flat_map(|p| &p.goods.goods)
}

/// Where goods can lie, as a form names it: the places that have held some first.
pub(super) async fn stores(o: &Officer) -> Result<Vec<(String, String)>, Problem> {
    let places = place::of_kind(&o.app.db, &o.county, &o.region, &[]).await?;
    let used: BTreeSet<String> =
        ledger::of_kind(&o.app.db, &o.county, Kind::Stock).await?.into_iter().map(|h| h.ref_id).collect();
    let mut stores: Vec<(bool, String, String)> =
        places.into_iter().map(|p| (!used.contains(&p.id.to_string()), p.id.to_string(), p.name)).collect();
    stores.sort_by_key(|(unused, ..)| *unused);
    Ok(stores.into_iter().map(|(_, id, name)| (format!("stock:{id}"), name)).collect())
}

/// What an item is called, with its unit.
pub fn item_name(app: &App, t: &crate::texts::T, item: &str, lang: Lang) -> String {
    if item == MONEY {
        return t.s("yuan");
    }
    goods(app)
        .find(|g| g.code == item)
        .map_or_else(|| item.to_owned(), |g| format!("{}（{}）", g.label.get(lang), g.unit.get(lang)))
}

/// An amount as people read it.
pub fn amount_text(item: &str, amount: i64) -> String {
    if item == MONEY { Fen(amount).to_string() } else { Quantity(amount).to_string() }
}

/// Reads an amount of an item.
///
/// # Errors
/// A text that is no amount above nothing, an item that no pack has, or a part of what is not divided.
pub fn amount(app: &App, item: &str, text: &str) -> Result<i64, Problem> {
    let wrong = || Problem::field("amount", "fault-amount", text);
    let amount = if item == MONEY {
        text.parse::<Fen>().map_err(|_no_amount| wrong())?.0
    } else {
        let good =
            goods(app).find(|g| g.code == item).ok_or_else(|| Problem::field("item", "fault-value", item))?;
        let amount = text.parse::<Quantity>().map_err(|_no_amount| wrong())?.0;
        if !good.divisible && amount % 1_000 != 0 {
            return Err(Problem::field("amount", "fault-whole", text));
        }
        amount
    };
    if amount > 0 { Ok(amount) } else { Err(wrong()) }
}

/// The holder that a form names; made where there is none yet.
pub(super) async fn resolve(o: &Officer, write: &Write, name: &str) -> Result<HolderId, Problem> {
    let wrong = || Problem::field("holder", "fault-value", name);
    let (kind, reference) = name.split_once(':').ok_or_else(wrong)?;
    let reference = reference.trim();
    if reference.is_empty() {
        return Err(Problem::field("holder", "fault-empty", ""));
    }
    match kind {
        "stock" => {
            let id: PlaceId = reference.parse().map_err(|_no_id| wrong())?;
            let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
            Ok(ledger::holder(write, Kind::Stock, reference, &place.name, place.town.as_deref()).await?)
        }
        "hand" => {
            let id: AccountId = reference.parse().map_err(|_no_id| wrong())?;
            let account = account::find(&o.app.db, &o.county, id).await?.filter(|a| a.active);
            let account = account.ok_or(Problem::NotFound)?;
            Ok(ledger::holder(write, Kind::Hand, reference, &account.name, None).await?)
        }
        "budget" => {
            let lines = o.app.packs().flat_map(|p| &p.goods.budget);
            let line = lines.into_iter().find(|l| l.code == reference).ok_or_else(wrong)?;
            Ok(ledger::holder(write, Kind::Budget, reference, &line.label.zh, None).await?)
        }
        "fund" => Ok(ledger::holder(write, Kind::Fund, reference, reference, None).await?),
        "source" => Ok(ledger::holder(write, Kind::Source, reference, reference, None).await?),
        _ => Err(wrong()),
    }
}

/// Whether an officer may see what a holder holds: all of a county, or what lies in the town.
pub(super) fn seen(o: &Officer, holder: &Holder) -> bool {
    o.region.as_str().len() <= 6 || holder.town.as_deref() == Some(o.region.as_str())
}

/// The one holder of what was given, or lost.
///
/// # Errors
/// The database's.
pub async fn spot(write: &Write, app: &App, kind: Kind) -> Result<HolderId, Problem> {
    let name = app.texts.get(Lang::Zh, &format!("holder-{}", kind.as_str()), &[]);
    Ok(ledger::holder(write, kind, "-", &name, None).await?)
}

/// The holder of a line of the budget.
///
/// # Errors
/// A line that no pack has, or the database's.
pub async fn budget(app: &App, write: &Write, code: &str) -> Result<HolderId, Problem> {
    let line = app.packs().flat_map(|p| &p.goods.budget).find(|l| l.code == code);
    let line = line.ok_or_else(|| Problem::field("fund", "fault-no-fund", code))?;
    Ok(ledger::holder(write, Kind::Budget, &line.code, &line.label.zh, None).await?)
}

/// Refuses to pay more than a holder has.
///
/// # Errors
/// It has less, or the database's.
pub async fn covers(write: &Write, holder: HolderId, fen: i64) -> Result<(), Problem> {
    let held = ledger::balances(write.tx(), write.county(), &[holder]).await?;
    let held: i64 = held.iter().filter(|b| b.item == MONEY).map(|b| b.amount).sum();
    if held < fen {
        return Err(Problem::field("fund", "fault-fund-short", format!("{} < {}", Fen(held), Fen(fen))));
    }
    Ok(())
}

/// Gives everything that a person has in hand to another. Answers how many items.
///
/// # Errors
/// The ledger's.
pub async fn hand_over(
    write: &mut Write,
    county: &CountyId,
    day: Day,
    from: (AccountId, &str),
    to: (AccountId, &str),
) -> Result<usize, Problem> {
    let from_id = ledger::holder(write, Kind::Hand, &from.0.to_string(), from.1, None).await?;
    let held = ledger::balances(write.tx(), county, &[from_id]).await?;
    if held.is_empty() {
        return Ok(0);
    }
    let to_id = ledger::holder(write, Kind::Hand, &to.0.to_string(), to.1, None).await?;
    let moves: Vec<Move> = held
        .iter()
        .filter(|b| b.amount > 0)
        .map(|b| Move {
            from: from_id,
            to: to_id,
            item: b.item.clone(),
            batch: b.batch.clone(),
            amount: b.amount,
        })
        .collect();
    let items = moves.len();
    let entry = NewEntry {
        day,
        act: "hand-over",
        words: format!("{} → {}", from.1, to.1),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves,
    };
    ledger::post(write, vec![entry]).await?;
    Ok(items)
}
