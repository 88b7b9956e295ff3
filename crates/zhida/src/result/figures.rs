//! What came of the classes of a county, counted from cases, lessons, verified work and questionnaires.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use zhida_pack::Gate;
use zhida_types::Day;

use super::people::{As, Counted, by};
use crate::app::App;
use crate::check;
use crate::class::{self, Class};
use crate::ids::{CaseId, CountyId, OfferId, ProviderId};
use crate::message;
use crate::offer::{self, Offer};
use crate::outcome::{self, Outcome, Rate, rate};
use crate::party;
use crate::problem::Problem;
use crate::provider::{self, Provider};
use crate::tender::{self, Intake};

/// One class.
#[derive(Clone, Debug)]
pub struct ClassFigures {
    /// Its offer.
    pub id: OfferId,
    /// Its title.
    pub title: String,
    /// The programme's code.
    pub programme: String,
    /// Who taught it.
    pub provider: ProviderId,
    /// `planned`, `running`, `ended` or `stopped`.
    pub state: String,
    /// Who began, and found work that was verified.
    pub rate: Rate,
    /// Who finished.
    pub finished: usize,
    /// Lessons held, and those without a record of the office.
    pub held: usize,
    /// See `held`.
    pub unseen: usize,
    /// The sum and the number of what trainees say.
    pub stars: (i64, i64),
    /// How its assessment stands: a key of the texts.
    pub results: &'static str,
}

/// One provider.
#[derive(Clone, Debug)]
pub struct ProviderFigures {
    /// The provider.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// How it stands at the intake gate: a key of the texts.
    pub intake: &'static str,
    /// Its score in the last review.
    pub score: Option<i64>,
    /// How many classes, and how many of them were assessed and failed, or stopped.
    pub classes: usize,
    /// See `classes`.
    pub red: usize,
    /// Who began, and found work that was verified.
    pub rate: Rate,
}

/// One programme.
#[derive(Clone, Debug, Default)]
pub struct ProgrammeFigures {
    /// Who began, and found work that was verified.
    pub rate: Rate,
    /// At how many employers.
    pub employers: usize,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// All years in which classes ended.
    pub years: BTreeSet<i32>,
    /// The classes.
    pub classes: Vec<ClassFigures>,
    /// The providers.
    pub providers: Vec<ProviderFigures>,
    /// The programmes by code.
    pub programmes: BTreeMap<String, ProgrammeFigures>,
    /// All together.
    pub all: Rate,
    /// Of those placed, how many work in what was taught.
    pub fits: usize,
    /// People on the register, and how many of them a message reached, or who were in a class, within a year.
    pub register: usize,
    /// See `register`.
    pub reached: usize,
    /// The sum and the number of what trainees say.
    pub stars: (i64, i64),
    /// Who finished.
    pub finished: usize,
    /// Groups of fewer are not told.
    pub small: usize,
    /// How much of the verified work was audited, and how much of that failed.
    pub audited: usize,
    /// See `audited`.
    pub failed: usize,
    /// Everybody who began, and as what.
    pub people: Vec<Counted>,
}

/// Days within which a message, or a class, made somebody aware.
const AWARE_DAYS: i64 = 365;

/// How the assessments of classes stand, by their ids.
async fn assessed(
    app: &App,
    county: &CountyId,
    classes: &BTreeMap<OfferId, Offer>,
) -> Result<BTreeMap<String, &'static str>, Problem> {
    let ids: Vec<String> = classes.keys().map(ToString::to_string).collect();
    let mut stands = BTreeMap::new();
    let lists: BTreeSet<&str> =
        app.packs().flat_map(|p| &p.gates).map(|g: &Gate| g.checklist.as_str()).collect();
    for list in lists {
        for (id, s) in check::standings(&app.db, county, ("offer", list), &ids).await? {
            // What an assessment said of a class stays so, also when it no longer lets anybody through.
            let key = match (s.closed, s.passed) {
                (false, _) => "gate-unchecked",
                (true, Some(true)) => "gate-open",
                (true, _) => "gate-failed",
            };
            stands.insert(id, key);
        }
    }
    Ok(stands)
}

/// Counts the classes of a county that ended in a year (all of them for none), and everything about their providers.
///
/// # Errors
/// The database's.
pub(super) async fn count(app: &App, county: &CountyId, year: Option<i32>) -> Result<Figures, Problem> {
    let (pack, rules) = provider::rules(app)?;
    let classes = class::all(&app.db, county).await?;
    let ids: Vec<OfferId> = classes.iter().map(|c| c.id).collect();
    let offers = offer::list(&app.db, county, &ids).await?;
    let mut own = class::held(&app.db, county, &ids).await?;
    let mut stars: BTreeMap<OfferId, (i64, i64)> = BTreeMap::new();
    for said in class::opinions(&app.db, county, &ids).await? {
        let sum = stars.entry(said.class_id).or_default();
        *sum = (sum.0 + said.stars, sum.1 + 1);
    }
    let assessed = assessed(app, county, &offers).await?;
    let mut figures = Figures { small: rules.outcome.small, ..Figures::default() };
    let mut began: Vec<Counted> = Vec::new();
    let since = app.clock.today().plus_days(-AWARE_DAYS);
    let mut aware = message::aware(&app.db, county, crate::clock::midnight(since)).await?;
    for class in &classes {
        let of = own.remove(&class.id).unwrap_or_default();
        let offer = offers.get(&class.id);
        let end = of.last_day().or(offer.and_then(|o| o.ends.map(Day)));
        figures.years.extend(end.map(|d| d.0.year()));
        let count = of.count(app, &rules.course, app.clock.now());
        if end.is_some_and(|d| d >= since) {
            aware.extend(count.roster.iter().map(|case| case.party_id));
        }
        if year.is_some() && end.map(|d| d.0.year()) != year {
            continue;
        }
        let stars = stars.get(&class.id).copied().unwrap_or_default();
        began.extend(count.roster.iter().map(|case| Counted {
            case: case.id,
            party: case.party_id,
            class: class.id,
            programme: case.programme.clone(),
            provider: class.provider_id,
            end,
            as_what: As::Nothing,
        }));
        figures.stars = (figures.stars.0 + stars.0, figures.stars.1 + stars.1);
        figures.finished += count.finished;
        figures.classes.push(of_class(class, offer, &count, stars, assessed.get(&class.id.to_string())));
    }
    let cases: Vec<CaseId> = began.iter().map(|one| one.case).collect();
    let found = outcome::of_cases(&app.db, county, &cases).await?;
    let ids: Vec<_> = found.values().map(|x| x.id).collect();
    let (audited, failed) = outcome::audited(app, county, &ids).await?;
    (figures.audited, figures.failed) = (audited.len(), failed.len());
    // What failed its audit does not count.
    let good: BTreeMap<CaseId, Outcome> =
        found.iter().filter(|(_, x)| !failed.contains(&x.id)).map(|(case, x)| (*case, x.clone())).collect();
    let plain: Vec<_> = began.iter().map(|one| (one.case, one.party, one.end)).collect();
    let counting = rate(&rules.outcome, &plain, &good);
    for one in &mut began {
        one.as_what = As::of(one.case, &counting, (&found, &failed));
    }
    figures.people = began;
    tally(&mut figures, &found);
    let register = party::identities(&app.db, county, pack.kind()).await?;
    figures.register = register.len();
    figures.reached = register.keys().filter(|id| aware.contains(id)).count();
    figures.providers = providers(app, county, &figures.classes).await?;
    Ok(figures)
}

fn of_class(
    class: &Class,
    offer: Option<&Offer>,
    count: &class::Counted,
    stars: (i64, i64),
    results: Option<&&'static str>,
) -> ClassFigures {
    ClassFigures {
        id: class.id,
        title: offer.map(|o| o.title.clone()).unwrap_or_default(),
        programme: offer.map(|o| o.programme.clone()).unwrap_or_default(),
        provider: class.provider_id,
        state: class.state.clone(),
        rate: Rate::default(),
        finished: count.finished,
        held: count.held,
        unseen: count.unseen,
        stars,
        results: results.copied().unwrap_or("gate-unchecked"),
    }
}

/// Adds up who began and who is placed, each person once.
fn tally(figures: &mut Figures, found: &BTreeMap<CaseId, Outcome>) {
    let by_class = by(&figures.people, |one| one.class);
    for (programme, rate) in by(&figures.people, |one| one.programme.clone()) {
        figures.programmes.insert(programme, ProgrammeFigures { rate, employers: 0 });
    }
    figures.all = figures.programmes.values().fold(Rate::default(), |sum, p| sum.plus(p.rate));
    let mut employers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in figures.people.iter().filter(|one| one.as_what == As::Placed) {
        let Some(work) = found.get(&one.case) else { continue };
        figures.fits += usize::from(work.fits == Some(true));
        employers.entry(&one.programme).or_default().insert(&work.employer);
    }
    for (programme, employers) in employers {
        if let Some(of) = figures.programmes.get_mut(programme) {
            of.employers = employers.len();
        }
    }
    for class in &mut figures.classes {
        class.rate = by_class.get(&class.id).copied().unwrap_or_default();
    }
}

/// The providers with their gates, scores and classes.
async fn providers(
    app: &App,
    county: &CountyId,
    classes: &[ClassFigures],
) -> Result<Vec<ProviderFigures>, Problem> {
    let all: Vec<Provider> = provider::all(&app.db, county).await?;
    let stands = tender::intake(app, &app.db, (county, &all), app.clock.today()).await?;
    let line = |p: Provider| {
        let (intake, score) = stands.get(&p.id).copied().unwrap_or((Intake::Unchosen, None));
        let own: Vec<&ClassFigures> = classes.iter().filter(|c| c.provider == p.id).collect();
        let red = own.iter().filter(|c| c.results == "gate-failed" || c.state == "stopped").count();
        ProviderFigures {
            id: p.id,
            intake: intake.key(),
            score,
            classes: own.len(),
            red,
            rate: own.iter().fold(Rate::default(), |sum, c| sum.plus(c.rate)),
            name: p.name,
        }
    };
    Ok(all.into_iter().map(line).collect())
}
