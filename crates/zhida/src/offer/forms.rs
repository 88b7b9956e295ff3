//! What officers send about an offer.

use serde::Deserialize;
use zhida_rules::{At, RuleSet};
use zhida_types::{Day, Fen};

use super::store::NewOffer;
use crate::problem::{FieldFault, Problem};
use crate::web::Officer;

/// An offer's form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfferForm {
    pub(super) programme: String,
    pub(super) title: String,
    pub(super) provider: String,
    pub(super) seats: String,
    pub(super) starts: String,
    pub(super) ends: String,
    pub(super) wage_from: String,
    pub(super) wage_to: String,
    pub(super) shift: String,
    pub(super) occupation: String,
    pub(super) skills: Vec<String>,
    pub(super) tags: String,
    pub(super) town: String,
    pub(super) place: String,
    pub(super) description: String,
    pub(super) rule: String,
    pub(super) open: String,
}

#[expect(clippy::too_many_lines, reason = "a list of fields, each with its check")]
/// A checked offer, or all that is wrong with the form.
pub(super) fn checked(o: &Officer, form: &OfferForm) -> Result<NewOffer, Problem> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, key: &'static str, value: &str| {
        faults.push(FieldFault { field: field.to_owned(), key, value: value.to_owned() });
    };
    let app = &o.app;
    let programme = app.programme(&form.programme).ok().filter(|(_, p)| p.offer.is_some());
    if programme.is_none() {
        fault("programme", "fault-programme", &form.programme);
    }
    if form.title.trim().is_empty() {
        fault("title", "fault-empty", "");
    }
    if form.provider.trim().is_empty() {
        fault("provider", "fault-empty", "");
    }
    let seats = form.seats.trim().parse::<i64>().ok().filter(|n| (0..=1_000_000).contains(n));
    if seats.is_none() {
        fault("seats", "fault-seats", &form.seats);
    }
    let mut day = |field: &str, text: &str| match Day::parse(text) {
        Ok(day) => Some(day),
        Err(_) if text.trim().is_empty() => None,
        Err(_) => {
            fault(field, "fault-date", text);
            None
        }
    };
    let (starts, ends) = (day("starts", &form.starts), day("ends", &form.ends));
    if starts.zip(ends).is_some_and(|(s, e)| e < s) {
        fault("ends", "fault-ends-before", &form.ends);
    }
    let mut money = |field: &str, text: &str| match text.parse::<Fen>() {
        Ok(fen) if fen.0 >= 0 => Some(fen.0),
        _ if text.trim().is_empty() => None,
        _ => {
            fault(field, "fault-money", text);
            None
        }
    };
    let (wage_from, wage_to) = (money("wage_from", &form.wage_from), money("wage_to", &form.wage_to));
    let occupation = Some(form.occupation.trim()).filter(|c| !c.is_empty());
    if let Some(code) = occupation
        && app.occupations.name(code).is_none()
    {
        fault("occupation", "fault-occupation", code);
    }
    let town = Some(form.town.trim()).filter(|c| !c.is_empty());
    if let Some(town) = town
        && !app.regions.towns(&o.county.0).any(|(code, _)| code == town)
    {
        fault("town", "fault-town", town);
    }
    if let Some((register, programme)) = programme.filter(|_| !form.rule.trim().is_empty()) {
        let at = At { day: app.clock.today().epoch(), region: o.county.to_string() };
        if let Err(faults) =
            RuleSet::compile(&register.profile, &register.params, &at, [("rule", form.rule.as_str())])
        {
            fault("rule", "fault-rule", &faults.to_string());
        }
        let kind = programme.offer.as_ref().map(|k| k.code.as_str());
        for p in kind.map(|kind| register.forbidden(kind, &form.rule, &at)).unwrap_or_default() {
            let words = format!("{} ({})", p.because.get(o.lang), p.clause.get(o.lang));
            fault("rule", "fault-forbidden", &words);
        }
    }
    if !faults.is_empty() {
        return Err(Problem::Invalid(faults));
    }
    Ok(NewOffer {
        programme: form.programme.clone(),
        title: form.title.trim().to_owned(),
        provider: form.provider.trim().to_owned(),
        seats: seats.unwrap_or(0),
        starts,
        ends,
        wage_from,
        wage_to,
        shift: form.shift.trim().to_owned(),
        occupation: occupation.map(str::to_owned),
        skills: form.skills.clone(),
        tags: form
            .tags
            .split([';', ',', '；', '、', ' '])
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect(),
        town: town.map(str::to_owned),
        position: town.and_then(|t| app.regions.seat(t)),
        place: form.place.trim().to_owned(),
        description: form.description.trim().to_owned(),
        rule: form.rule.trim().to_owned(),
        origin: app.config.origin().to_owned(),
        ..NewOffer::default()
    })
}
