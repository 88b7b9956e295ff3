//! One class of the story: its offer, its lessons, what trainees say, how it is assessed, who finds work, what is owed.

use anyhow::Context as _;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::{Value, json};
use zhida_types::Day;

use super::{Cast, EXPERTS, Group, Story, at, filled};
use crate::case::{self, Case, NewCase};
use crate::check::{self, NewReview};
use crate::class::{self, NewClass, NewLesson, NewOpinion};
use crate::finding::About;
use crate::ids::{ContractId, OfferId, PartyId, ProviderId};
use crate::journal::Subject;
use crate::offer::{self, NewOffer, Offer};
use crate::outcome::{self, Shown};
use crate::problem::Problem;
use crate::{provider, subsidy};

/// Whether a trainee of an honest class comes to a lesson: everybody is absent now and then, one of twenty every other time.
fn comes(trainee: usize, lesson: usize) -> bool {
    let now_and_then = (trainee + lesson).is_multiple_of(13);
    let every_other = trainee % 20 == 19 && lesson % 2 == 1;
    !now_and_then && !every_other
}

/// One class.
pub(super) struct One<'a> {
    pub(super) story: &'a Story,
    pub(super) group: &'a Group,
    pub(super) number: usize,
    pub(super) school: ProviderId,
    pub(super) under: ContractId,
    pub(super) first: NaiveDate,
    pub(super) want: usize,
    pub(super) fake: bool,
    /// When its lessons begin: each group of a year at an hour of its own, so that no teacher is in two rooms.
    pub(super) hour: i64,
}

impl One<'_> {
    /// A time after the class began: so many days, at an hour of China.
    fn then(&self, days: i64, hour: i64) -> DateTime<Utc> {
        at(self.first + Duration::days(days), hour)
    }

    /// Everything that happens in it. Answers how many people are placed.
    pub(super) async fn play(&self, cast: &Cast<'_>, people: &[PartyId]) -> Result<usize, Problem> {
        let (offer, cases) = self.begin(cast, people).await?;
        self.lessons(cast, &offer, &cases).await?;
        let days = self.story.classes.lessons;
        let mut write = cast.write("supervisor", self.then(days + 1, 9)).await?;
        let class = class::find(write.tx(), &cast.county, offer.id).await?.ok_or(Problem::NotFound)?;
        class::finish(cast.app, &mut write, &class).await?;
        write.commit().await?;
        self.said(cast, offer.id, people.len()).await?;
        self.assessed(cast, &offer).await?;
        let placed = self.worked(cast, offer.id).await?;
        if !self.fake {
            self.owed(cast, &offer).await?;
        }
        Ok(placed)
    }

    /// What is owed for the class is proposed by one and checked by another.
    async fn owed(&self, cast: &Cast<'_>, offer: &Offer) -> Result<(), Problem> {
        let days = self.story.classes.lessons;
        let mut write = cast.write("officer", self.then(days + 61, 9)).await?;
        let class = class::find(write.tx(), &cast.county, offer.id).await?.ok_or(Problem::NotFound)?;
        subsidy::propose(cast.app, &mut write, &class, offer).await?;
        write.commit().await?;
        let mut write = cast.write("supervisor", self.then(days + 62, 9)).await?;
        subsidy::decide(&mut write, &class, ("checked", "")).await?;
        Ok(write.commit().await?)
    }

    /// The offer, the class and those who are on its roster.
    async fn begin(&self, cast: &Cast<'_>, people: &[PartyId]) -> Result<(Offer, Vec<Case>), Problem> {
        let (app, county) = (cast.app, &cast.county);
        let rules = provider::terms(app)?;
        let school = provider::find(&app.db, county, self.school).await?.ok_or(Problem::NotFound)?;
        let title = format!("{}年第{}期{}（演示）", self.group.year, self.number + 1, self.group.title);
        let mut write = cast.write("officer", self.then(-10, 9)).await?;
        let new = NewOffer {
            programme: self.group.programme.clone(),
            title: title.clone(),
            provider_id: None,
            provider: school.name.clone(),
            seats: i64::try_from(people.len()).unwrap_or(0),
            starts: Some(Day(self.first)),
            ends: Some(Day(self.first + Duration::days(self.story.classes.lessons))),
            wage_from: None,
            wage_to: None,
            shift: String::new(),
            occupation: None,
            skills: Vec::new(),
            tags: Vec::new(),
            town: None,
            position: None,
            place: self.story.classes.place.clone(),
            description: String::new(),
            rule: String::new(),
            origin: "synthetic".to_owned(),
            import: None,
            digest: String::new(),
        };
        let id = offer::create_many(&write, &[new]).await?.into_iter().next().context("an offer")?;
        write.note("offer-made", Subject::new("offer", id), json!({ "title": title })).await?;
        let offer = offer::find(write.tx(), county, id).await?.ok_or(Problem::NotFound)?;
        // Rooms have the number of their school and class, so that no two classes share one.
        let room = format!("{}{}号教室", self.group.title, self.number + 1);
        class::open(app, &mut write, &offer, &NewClass { contract: self.under, room }).await?;
        let cases = people.iter().map(|party| NewCase {
            party: *party,
            offer: Some(id),
            amount: None,
            reason: Value::Null,
            words: String::new(),
        });
        let at = (self.group.programme.as_str(), rules.course.enrolled.as_str());
        case::open_many(app, &mut write, at, cases.collect()).await?;
        write.commit().await?;
        let cases = case::of_offers(&app.db, county, &[id]).await?;
        Ok((offer, cases))
    }

    /// The lessons, who came, and the office's records. The class that is not one is signed for on one phone within seconds, by the
    /// same people every time, with a borrowed teacher, and nobody of the office was there.
    async fn lessons(&self, cast: &Cast<'_>, offer: &Offer, cases: &[Case]) -> Result<(), Problem> {
        let county = &cast.county;
        let mut write = cast.write("officer", self.then(-9, 9)).await?;
        let class = class::find(write.tx(), county, offer.id).await?.ok_or(Problem::NotFound)?;
        let teachers = provider::teachers(write.tx(), county, &[self.school]).await?;
        let teacher = teachers.get(self.number % teachers.len().max(1)).map(|t| t.id);
        let new = (0..self.story.classes.lessons).map(|n| NewLesson {
            from: self.then(n, self.hour),
            to: self.then(n, self.hour + 2),
            room: String::new(),
            teacher,
            topic: self.group.title.clone(),
        });
        let ids = class::plan(&mut write, &class, new.collect()).await?;
        write.commit().await?;
        let lessons = class::lessons(&cast.app.db, county, &[offer.id]).await?;
        for (n, lesson) in lessons.iter().filter(|l| ids.contains(&l.id)).enumerate() {
            let mut write = cast.write("officer", lesson.starts_at + Duration::minutes(5)).await?;
            let came: Vec<&Case> =
                cases.iter().enumerate().filter(|(i, _)| self.fake || comes(*i, n)).map(|(_, c)| c).collect();
            let (how, device) = if self.fake { ("code", "one-phone-for-all") } else { ("paper", "") };
            class::attend(&mut write, (&class, lesson), &came, how, (device, None)).await?;
            if !self.fake {
                let count = i64::try_from(came.len()).unwrap_or(0);
                class::observe(&mut write, lesson, (count, "按课表上课（演示）"), &[]).await?;
            }
            write.commit().await?;
        }
        Ok(())
    }

    /// What trainees say: one of five; at the class that is not one the same words from all.
    async fn said(&self, cast: &Cast<'_>, class: OfferId, people: usize) -> Result<(), Problem> {
        let mut write = cast.write("officer", self.then(self.story.classes.lessons + 1, 12)).await?;
        for n in 0..people / 5 {
            let stars =
                if self.fake { 5 } else { [5, 4, 5, 3, 4].get((n + self.number) % 5).copied().unwrap_or(4) };
            let words = if self.fake { "老师讲得非常好，收获很大" } else { "" };
            let words = words.to_owned();
            let new = NewOpinion { stars, course: stars, teacher: stars, useful: stars, words };
            class::say(&write, class, &new, &format!("story-{n}")).await?;
        }
        write.note("class-rated", Subject::new("offer", class), json!({ "answers": people / 5 })).await?;
        Ok(write.commit().await?)
    }

    /// Two reviewers assess it, where its programme has such a gate.
    async fn assessed(&self, cast: &Cast<'_>, offer: &Offer) -> Result<(), Problem> {
        let (pack, _) = provider::rules(cast.app)?;
        let gate = pack.gates.iter().find(|g| g.programme == self.group.programme);
        let Some(list) = gate.and_then(|g| pack.checklist(&g.checklist)) else { return Ok(()) };
        let experts = EXPERTS.map(|(login, _)| login);
        let reviewers =
            cast.accounts.iter().filter(|a| experts.contains(&a.login.as_str())).cloned().collect();
        let about = About {
            kind: "offer".to_owned(),
            id: offer.id.to_string(),
            name: format!("{} · {}", offer.title, offer.provider),
            ..About::default()
        };
        let when = self.then(self.story.classes.lessons + 20, 9);
        let mut write = cast.write("supervisor", when).await?;
        let due = Day::at(when).plus_days(14);
        check::plan(&mut write, (&pack.name, list), vec![NewReview { about, reviewers }], due, None).await?;
        write.commit().await?;
        filled(cast, list, when + Duration::days(3), !self.fake).await
    }

    /// Those who found work: claimed, shown, verified by somebody else. Answers how many.
    async fn worked(&self, cast: &Cast<'_>, offer: OfferId) -> Result<usize, Problem> {
        let (app, county) = (cast.app, &cast.county);
        let rules = provider::terms(app)?;
        let days = self.story.classes.lessons;
        let cases = case::of_offers(&app.db, county, &[offer]).await?;
        let own: Vec<Case> =
            cases.into_iter().filter(|c| c.stage == rules.course.finished).take(self.want).collect();
        if own.is_empty() {
            return Ok(0);
        }
        let employer = if self.group.employers > 0 {
            format!("示例企业{}（演示）", self.number + 1)
        } else {
            format!("示例单位{}（演示）", self.number + 1)
        };
        let since = Day(self.first + Duration::days(days + 10));
        let mut write = cast.write("officer", self.then(days + 25, 9)).await?;
        for case in &own {
            outcome::claim(app, &mut write, case, ("officer", &employer, since)).await?;
        }
        let ids: Vec<_> = own.iter().map(|c| c.id).collect();
        let found = outcome::of_cases(write.tx(), county, &ids).await?;
        for (n, work) in found.values().enumerate() {
            let shown = Shown {
                kind: self.group.evidence.clone(),
                number: format!("演示-{}-{}-{n}", self.group.year, self.number + 1),
                photo: String::new(),
            };
            outcome::evidence(app, &mut write, work, &shown).await?;
        }
        write.commit().await?;
        let mut write = cast.write("supervisor", self.then(days + 60, 9)).await?;
        let found = outcome::of_cases(write.tx(), county, &ids).await?;
        for (n, work) in found.values().enumerate() {
            outcome::verify(app, &mut write, work, (true, n % 5 != 0, "")).await?;
        }
        write.commit().await?;
        Ok(found.len())
    }
}
