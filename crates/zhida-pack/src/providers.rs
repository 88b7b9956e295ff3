//! Who may run what a service buys: the papers that are asked for, how calls are decided, how classes are run and counted.

use serde::{Deserialize, Serialize};
use zhida_rules::Label;

use crate::files::{Files, PackFault};

/// A paper that a provider shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderPaper {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Whether nothing goes without it; whether it has run out is asked of all.
    #[serde(default)]
    pub required: bool,
}

/// People whom a class was not meant for, by a rule over what is known of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspect {
    /// The code.
    pub code: String,
    /// What people call them.
    pub label: Label,
    /// The rule, in CEL.
    pub when: String,
}

/// A kind of evidence that somebody has found work.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
}

/// When money for a person is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueWhen {
    /// The class has begun, and the person is on its roster.
    Opened,
    /// The person finished.
    Finished,
    /// The person's work was verified.
    Placed,
}

/// A part of the price that is paid for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subsidy {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// When it is due.
    pub when: DueWhen,
    /// The part of the price, in percent.
    pub percent: i64,
    /// Only once so many percent of the roster have got so far.
    #[serde(default)]
    pub class_percent: i64,
}

/// An indicator whose commitments are targets of a programme.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The indicator, `pack/code`.
    pub indicator: String,
    /// The programme.
    pub programme: String,
}

/// What a provider's classes came to before, in a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its share of a bid's score, in percent; the rest is what reviewers say.
    pub percent: i64,
    /// Months before, in which the classes ended that count.
    pub months: u32,
}

/// When work that was found counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// Months after the class within which it began.
    pub window_months: u32,
    /// Days for which it lasted before it can be verified.
    pub minimum_days: i64,
    /// Months after its beginning at which it is looked at again.
    pub follow_ups: Vec<u32>,
    /// Groups of fewer people are not told.
    pub small: usize,
    /// What counts as evidence.
    pub evidence: Vec<Evidence>,
    /// The checklist by which a sample of it is audited.
    pub audit: String,
    /// The least and the greatest share that is audited, in percent.
    pub audit_percent: [u32; 2],
    /// The evidence that a match with an extract of the social insurance is.
    pub insured: String,
    /// The fields by which rates are also told apart.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Which commitments are targets of which programme.
    #[serde(default)]
    pub targets: Vec<Target>,
}

/// The stages of cases of classes by what they mean.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// On the roster.
    pub enrolled: String,
    /// Finished the class.
    pub finished: String,
    /// Says to have found work, or to have begun a business.
    pub work: Vec<String>,
    /// That is verified.
    pub verified: String,
    /// Left before the end.
    pub left: String,
}

/// How classes are run and what about them makes somebody look.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Running {
    /// Seconds for which the code on the teacher's screen stays the same.
    pub code_seconds: i64,
    /// Minutes before a lesson from which, and after its end until which, it can be shown.
    pub code_minutes: i64,
    /// The share of lessons, in percent, that somebody attends who finishes.
    pub finish_percent: i64,
    /// So many trainees on one device in a lesson are looked at.
    pub device_trainees: i64,
    /// So many arrivals, being half of the class at least, within so many seconds are looked at.
    pub burst_trainees: i64,
    /// See `burst_trainees`.
    pub burst_seconds: i64,
    /// Whoever says where the phone is and is so many metres from the class or more, is looked at.
    pub far_metres: i64,
    /// A class of so many lessons at least in which the very same people come every time is looked at.
    pub same_lessons: i64,
    /// Somebody in so many classes within two years without work is looked at.
    pub classes_without_work: i64,
    /// A class of so many or more in which everybody finishes is looked at.
    pub all_finish: i64,
    /// Whom classes are not meant for.
    #[serde(default)]
    pub suspects: Vec<Suspect>,
}

/// Who may run what a service buys, and how.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Providers {
    /// The checklist that reviewers fill in about a bid.
    pub checklist: String,
    /// The checklist of visits to a lesson that are announced to nobody.
    pub visit: String,
    /// How many reviewers are drawn by lot, at least 3.
    pub reviewers: usize,
    /// Days for which a ranking is public before anybody decides.
    pub publicity_days: i64,
    /// The share of the score in the ranking, in percent; the rest is the price, the lowest being worth all of it.
    pub score_percent: i64,
    /// What earlier classes came to, in the score.
    pub record: Record,
    /// The papers.
    pub papers: Vec<ProviderPaper>,
    /// The stages.
    pub course: Course,
    /// When work that was found counts.
    pub outcome: Outcomes,
    /// The parts of the price.
    pub subsidies: Vec<Subsidy>,
    /// The line of the budget from which they are paid.
    pub fund: String,
    /// How classes are run.
    pub running: Running,
}

const FILE: &str = "providers.toml";

/// Reads the pack's rules for providers; nothing where it has no file of them.
pub(crate) fn read(files: &Files) -> Result<Option<Providers>, PackFault> {
    if !files.0.contains_key(FILE) {
        return Ok(None);
    }
    let all = files.toml::<Providers>(FILE)?;
    let r = &all.running;
    let least = [
        ("reviewers", i64::try_from(all.reviewers).unwrap_or(0), 3),
        ("publicity_days", all.publicity_days, 1),
        ("score_percent", all.score_percent, 1),
        ("record.percent", all.record.percent, 0),
        ("record.months", i64::from(all.record.months), 1),
        ("running.code_seconds", r.code_seconds, 5),
        ("running.code_minutes", r.code_minutes, 0),
        ("running.finish_percent", r.finish_percent, 1),
        ("running.device_trainees", r.device_trainees, 2),
        ("running.burst_trainees", r.burst_trainees, 2),
        ("running.burst_seconds", r.burst_seconds, 1),
        ("running.far_metres", r.far_metres, 100),
        ("running.same_lessons", r.same_lessons, 2),
        ("running.classes_without_work", r.classes_without_work, 2),
        ("running.all_finish", r.all_finish, 2),
    ];
    if let Some((name, value, least)) = least.iter().find(|(_, value, least)| value < least) {
        return Err(PackFault::new(FILE, format!("`{name}`: {value} is less than {least}")));
    }
    if !all.outcome.evidence.iter().any(|e| e.code == all.outcome.insured) {
        let words = format!("`outcome.insured`: `{}` is no kind of evidence", all.outcome.insured);
        return Err(PackFault::new(FILE, words));
    }
    if all.subsidies.iter().map(|s| s.percent).sum::<i64>() > 100
        || all.subsidies.iter().any(|s| s.percent < 1)
    {
        return Err(PackFault::new(
            FILE,
            "`subsidies`: the parts of the price are more than all of it, or none",
        ));
    }
    let percents = [
        ("score_percent", all.score_percent),
        ("record.percent", all.record.percent),
        ("running.finish_percent", r.finish_percent),
    ];
    if let Some((name, value)) = percents.iter().find(|(_, value)| *value > 100) {
        return Err(PackFault::new(FILE, format!("`{name}`: {value} is more than 100")));
    }
    Ok(Some(all))
}
