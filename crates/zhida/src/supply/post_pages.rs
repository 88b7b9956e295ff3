//! The form of an act on the ledger, and what it posts.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::holders::{amount, goods, item_name, resolve, spot, stores};
use crate::account;
use crate::app::App;
use crate::ids::PartyId;
use crate::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
use crate::party::{self, Filter};
use crate::photo;
use crate::problem::Problem;
use crate::web::extract::{Query, Upload, day};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

/// The form and its sending.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/supplies/new", get(form).post(send).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
}

/// An act: from which kinds of holders to which, and what else it needs.
#[derive(Clone, Copy, Debug)]
struct Act {
    name: &'static str,
    from: &'static [Kind],
    to: &'static [Kind],
    money: bool,
    party: bool,
}

const ACTS: [Act; 7] = [
    Act { name: "receive", from: &[Kind::Source], to: &[Kind::Stock], money: false, party: false },
    Act {
        name: "move",
        from: &[Kind::Stock, Kind::Hand],
        to: &[Kind::Stock, Kind::Hand],
        money: false,
        party: false,
    },
    Act { name: "give", from: &[Kind::Stock, Kind::Hand], to: &[Kind::Given], money: false, party: true },
    Act { name: "return", from: &[Kind::Given], to: &[Kind::Stock, Kind::Hand], money: false, party: true },
    Act { name: "fund", from: &[Kind::Source], to: &[Kind::Fund], money: true, party: false },
    Act { name: "allot", from: &[Kind::Fund], to: &[Kind::Budget], money: true, party: false },
    Act { name: "pay", from: &[Kind::Budget], to: &[Kind::Given], money: true, party: true },
];

fn act(name: &str) -> Result<Act, Problem> {
    ACTS.into_iter().find(|a| a.name == name).ok_or(Problem::NotFound)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FormQuery {
    act: String,
    q: String,
}

struct Side {
    name: &'static str,
    /// Typed, not chosen: a source or a fund that may be new.
    typed: &'static str,
    known: Vec<String>,
    options: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "supply/form.html")]
struct FormPage {
    shell: Shell,
    act: &'static str,
    acts: Vec<&'static str>,
    money: bool,
    party: bool,
    q: String,
    people: Vec<(PartyId, String)>,
    items: Vec<(String, String)>,
    sides: Vec<Side>,
    today: String,
}

async fn side(o: &Officer, name: &'static str, kinds: &[Kind]) -> Result<Side, Problem> {
    let mut side = Side { name, typed: "", known: Vec::new(), options: Vec::new() };
    for kind in kinds {
        match kind {
            Kind::Source | Kind::Fund => {
                side.typed = kind.as_str();
                let known = ledger::of_kind(&o.app.db, &o.county, *kind).await?;
                side.known = known.into_iter().map(|h| h.name).collect();
            }
            Kind::Stock => side.options.extend(stores(o).await?),
            Kind::Hand => {
                let accounts = account::workers(&o.app.db, &o.county).await?;
                side.options.extend(accounts.into_iter().map(|a| (format!("hand:{}", a.id), a.name)));
            }
            Kind::Budget => {
                let lines = o.app.packs().flat_map(|p| &p.goods.budget);
                side.options
                    .extend(lines.map(|l| (format!("budget:{}", l.code), l.label.get(o.lang).to_owned())));
            }
            Kind::Given | Kind::Lost => {}
        }
    }
    Ok(side)
}

async fn people(o: &Officer, q: &str) -> Result<Vec<(PartyId, String)>, Problem> {
    if q.trim().is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter { q: q.trim().to_owned(), ..Filter::default() };
    let mut found = Vec::new();
    for register in o.app.registers() {
        let snapshot = o.app.snapshot(&o.county, register.kind()).await?;
        let rows = filter.rows(&snapshot, &o.region)?;
        let label = register.party.as_ref().map_or("", |p| p.label.get(o.lang));
        let line = |p: &party::Person| {
            let town = o.app.regions.name(&p.town).unwrap_or_default();
            (p.id, format!("{} {town} ({label})", p.name))
        };
        found.extend(rows.iter().filter_map(|at| snapshot.people.get(at)).take(20).map(line));
    }
    Ok(found)
}

async fn form(o: Officer, Query(query): Query<FormQuery>) -> Result<Response, Problem> {
    let act = act(if query.act.is_empty() { "give" } else { &query.act })?;
    let shell = o.shell("supplies");
    let items = if act.money {
        vec![(MONEY.to_owned(), shell.t.s("yuan"))]
    } else {
        goods(&o.app).map(|g| (g.code.clone(), item_name(&o.app, &shell.t, &g.code, o.lang))).collect()
    };
    page(&FormPage {
        act: act.name,
        acts: ACTS.iter().map(|a| a.name).collect(),
        money: act.money,
        party: act.party,
        people: people(&o, &query.q).await?,
        q: query.q,
        items,
        sides: vec![side(&o, "from", act.from).await?, side(&o, "to", act.to).await?],
        today: o.app.clock.today().to_string(),
        shell,
    })
}

/// Who receives or gives back: somebody on file, or a name, or nobody's name at all where the person wishes so.
async fn receiver(o: &Officer, form: &Upload) -> Result<(Option<PartyId>, String), Problem> {
    if let Ok(id) = form.one("party").parse::<PartyId>() {
        let person = party::seen(o, id).await?;
        return Ok((Some(id), person.name));
    }
    let typed = form.one("party_name").trim();
    if typed.is_empty() {
        return Err(Problem::field("party", "fault-receiver", ""));
    }
    Ok((None, typed.chars().take(100).collect()))
}

async fn receipt(o: &Officer, write: &mut crate::journal::Write, form: &Upload) -> Result<Receipt, Problem> {
    if let Some(file) = form.files.iter().find(|f| f.field == "receipt_photo") {
        let hash = photo::keep(&o.app, write, file.bytes.to_vec()).await?;
        return Ok(Receipt { kind: "photo".to_owned(), value: hash });
    }
    for kind in ["signature", "code"] {
        let value = form.one(&format!("receipt_{kind}")).trim();
        if !value.is_empty() {
            return Ok(Receipt { kind: kind.to_owned(), value: value.chars().take(200).collect() });
        }
    }
    Err(Problem::field("receipt", "fault-receipt", ""))
}

async fn send(o: Officer, form: Upload) -> Result<Response, Problem> {
    let act = act(form.one("act"))?;
    let today = o.app.clock.today();
    let day = day("day", form.one("day"))?;
    if day > today {
        return Err(Problem::field("day", "fault-future", form.one("day")));
    }
    let item = if act.money { MONEY } else { form.one("item") };
    let amount = amount(&o.app, item, form.one("amount"))?;
    let mut write = o.write().await?;
    let (party, party_name) = if act.party { receiver(&o, &form).await? } else { (None, String::new()) };
    let receipt = if matches!(act.name, "give" | "pay") {
        receipt(&o, &mut write, &form).await?
    } else {
        Receipt::default()
    };
    let given = act.from == [Kind::Given];
    let from = if given {
        spot(&write, &o.app, Kind::Given).await?
    } else {
        resolve(&o, &write, &holder_name(&form, "from", act.from)).await?
    };
    let to = if act.to == [Kind::Given] {
        spot(&write, &o.app, Kind::Given).await?
    } else {
        resolve(&o, &write, &holder_name(&form, "to", act.to)).await?
    };
    let batch: String = form.one("batch").trim().chars().take(60).collect();
    if given && let Some(party) = party {
        let has = ledger::given_to(write.tx(), &o.county, party).await?;
        let has = has.get(&(item.to_owned(), batch.clone())).copied().unwrap_or(0);
        if has < amount {
            let words = super::holders::amount_text(item, has);
            return Err(Problem::field("amount", "fault-return", words));
        }
    }
    let entry = NewEntry {
        day,
        act: act.name,
        words: form.one("words").trim().chars().take(500).collect(),
        party,
        party_name,
        receipt,
        moves: vec![Move { from, to, item: item.to_owned(), batch, amount }],
    };
    let ids = ledger::post(&mut write, vec![entry]).await?;
    write.commit().await?;
    let path = ids.first().map_or_else(|| "/supplies".to_owned(), |id| format!("/supplies/entries/{id}"));
    Ok(to_page(&path))
}

fn to_page(path: &str) -> Response {
    to(path, "posted")
}

/// What a side of the form names: chosen, or typed.
fn holder_name(form: &Upload, side: &str, kinds: &[Kind]) -> String {
    match kinds {
        [kind @ (Kind::Source | Kind::Fund)] => format!("{}:{}", kind.as_str(), form.one(side)),
        _ => form.one(side).to_owned(),
    }
}
