//! What is written to somebody about an offer: the invitation, and the reminder of one that was not answered.

use fluent_bundle::FluentValue;
use zhida_pack::{Gives, Programme, StageKind};
use zhida_rules::Lang;
use zhida_types::{Day, Fen, Quantity};

use super::entity::Case;
use crate::app::App;
use crate::ids::{CaseId, CountyId, OfferId, PartyId};
use crate::journal::{Subject, Write};
use crate::message::{self, Envelope, NewMessage, Queued};
use crate::offer::{self, Offer};
use crate::party::{self, Contact};
use crate::problem::Problem;
use crate::texts::T;

/// What a message says is to be had.
#[derive(Clone, Debug, Default)]
pub(super) struct What {
    title: String,
    provider: String,
    starts: Option<chrono::NaiveDate>,
    place: String,
    wage: String,
    amount: String,
}

impl From<&Offer> for What {
    fn from(offer: &Offer) -> Self {
        let place = if offer.place.is_empty() { &offer.provider } else { &offer.place };
        Self {
            title: offer.title.clone(),
            provider: offer.provider.clone(),
            starts: offer.starts,
            place: place.clone(),
            wage: offer.wage(),
            amount: String::new(),
        }
    }
}

/// What a clause gives, in words.
pub(super) fn by_right(app: &App, programme: &Programme, amount: Option<i64>, lang: Lang) -> What {
    let t = app.words(lang);
    let amount = amount.zip(programme.gives.as_ref()).map(|(n, gives)| gives_words(&t, app, gives, n));
    What {
        title: programme.title.get(lang).to_owned(),
        amount: amount.map_or_else(String::new, |words| t.v("message-amount", words)),
        ..What::default()
    }
}

/// An amount that a clause gives, with its unit.
pub fn gives_words(t: &T, app: &App, gives: &Gives, amount: i64) -> String {
    match &gives.item {
        Some(item) => {
            let good = app.packs().flat_map(|p| &p.goods.goods).find(|g| g.code == *item);
            let unit = good.map_or("", |g| g.unit.get(t.lang));
            t.ab("amount-goods", Quantity(amount), unit)
        }
        None => t.v("money-yuan", Fen(amount)),
    }
}

/// A message about a case: the text of a key in the person's language, with a link and reply codes of its own.
pub(super) fn invitation(
    app: &App,
    county: &CountyId,
    (programme, key): (&str, &str),
    what: &What,
    (case, party, person, lang): (CaseId, PartyId, &Contact, Lang),
) -> Result<NewMessage, Problem> {
    let (register, _) = app.programme(programme)?;
    // The link names its county, so that it is found in a database that is split by county.
    let token = format!("{county}{}", crate::db::seal::token()?);
    let reply_code = format!("{:04}", u16::from_be_bytes(crate::db::seal::random::<2>()?) % 10_000);
    let value = |v: String| FluentValue::from(v);
    let words = |day: Option<chrono::NaiveDate>| {
        day.map_or_else(|| app.texts.get(lang, "date-open", &[]), |d| month_day(app, lang, Day(d)))
    };
    let wage = match &what.wage {
        wage if wage.is_empty() => app.texts.get(lang, "wage-open", &[]),
        wage => app.texts.get(lang, "wage-month", &[("v", value(wage.clone()))]),
    };
    let word = |words: &[String]| format!("{}{reply_code}", words.first().map_or("", String::as_str));
    let args = [
        ("office", value(office(app, county, programme, lang))),
        ("name", value(person.name.clone())),
        ("offer", value(what.title.clone())),
        ("amount", value(what.amount.clone())),
        ("provider", value(what.provider.clone())),
        ("starts", value(words(what.starts))),
        ("place", value(what.place.clone())),
        ("wage", value(wage)),
        ("yes", value(word(&register.replies.yes))),
        ("no", value(word(&register.replies.no))),
        ("link", value(app.config.address(&format!("/o/{token}")))),
    ];
    let body = app.texts.get(lang, key, &args);
    Ok(NewMessage {
        case,
        party,
        envelope: Envelope::new(&app.config, person.phone.as_deref(), person.email.as_deref(), body),
        phone_hash: person.phone_hash.clone(),
        reply_code,
        token,
        lang: lang.tag(),
    })
}

fn month_day(app: &App, lang: Lang, day: Day) -> String {
    use chrono::Datelike as _;
    let args = [("month", day.0.month().into()), ("day", day.0.day().into())];
    app.texts.get(lang, "date-month-day", &args)
}

fn office(app: &App, county: &CountyId, programme: &str, lang: Lang) -> String {
    let name = app.regions.name(&county.0).unwrap_or_default();
    let between = if lang == Lang::Zh { "" } else { " " };
    let service = app.service(programme).map_or("", |p| p.title.get(lang));
    format!("{name}{between}{service}")
}

/// Writes reminders of invitations that wait for an answer, under the same weekly number and stop list. All or none.
///
/// # Errors
/// A case that does not wait for an answer, a programme that has no text for it, or the database's.
pub(super) async fn remind(app: &App, write: &mut Write, cases: &[Case]) -> Result<Queued, Problem> {
    let county = write.county().clone();
    let parties: Vec<PartyId> = cases.iter().map(|c| c.party_id).collect();
    let contacts = party::contacts(app, write.tx(), &county, &parties).await?;
    let offers: Vec<OfferId> = cases.iter().filter_map(|c| c.offer_id).collect();
    let offers = offer::list(write.tx(), &county, &offers).await?;
    let mut messages = Vec::new();
    for case in cases {
        let (register, programme) = app.programme(&case.programme)?;
        let waits = programme.stage(&case.stage).is_some_and(|s| s.kind == StageKind::Invited);
        let offer = case.offer_id.and_then(|id| offers.get(&id));
        if !waits || (offer.is_none() && programme.gives.is_none()) {
            return Err(Problem::Conflict("fault-no-answer-due"));
        }
        let key = programme.reminder.as_deref().ok_or(Problem::Conflict("fault-no-message"))?;
        let snapshot = app.snapshot(&county, register.kind()).await?;
        let row = snapshot.row(case.party_id).ok_or(Problem::NotFound)?;
        let contact = contacts.get(&case.party_id).ok_or(Problem::NotFound)?;
        let lang = snapshot.speaks(row);
        let what = offer.map_or_else(|| by_right(app, programme, case.amount, lang), What::from);
        let whom = (case.id, case.party_id, contact, lang);
        messages.push(invitation(app, &county, (&case.programme, key), &what, whom)?);
    }
    let queued = message::queue(app, write, messages).await?;
    let note = |case: &Case| (Subject::new("case", case.id), serde_json::json!({ "party": case.party_id }));
    write.note_many("reminded", cases.iter().map(note)).await?;
    Ok(queued)
}
