//! A programme: the terms under which offers reach parties, and the stages of its cases.

use serde::Deserialize;
use zhida_rules::Label;

use crate::files::{Files, PackFault};
use crate::measure::{Benefit, Gives};

/// What an offer of a programme is called and needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferKind {
    /// The code: `class`, `job`, …
    pub code: String,
    /// What people call one.
    pub label: Label,
}

/// The terms under which offers reach parties.
#[derive(Clone, Debug)]
pub struct Programme {
    /// The code.
    pub code: String,
    /// What people call it.
    pub title: Label,
    /// What it is for.
    pub summary: Label,
    /// What its offers are; none for a programme that only follows up what was found.
    pub offer: Option<OfferKind>,
    /// What it gives by right, without an offer.
    pub gives: Option<Gives>,
    /// Who may take part.
    pub when: String,
    /// The terms of the ranking.
    pub terms: Vec<TermFile>,
    /// How many offers are proposed to a person at most.
    pub proposals: usize,
    /// How many more people than seats are invited, in percent of the seats.
    pub invite_percent: usize,
    /// The stages of its cases, in order.
    pub stages: Vec<Stage>,
    /// The key of the invitation's text.
    pub message: Option<String>,
    /// The key of the text that reminds of it.
    pub reminder: Option<String>,
    /// Days within which an invitation wants an answer.
    pub answer_days: i64,
}

/// A term of the ranking, as a programme file writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermFile {
    /// The name.
    pub name: String,
    /// What people call it.
    pub label: Label,
    /// How the person is told that it spoke for them; without it they are not told of it.
    #[serde(default)]
    pub why: Option<Label>,
    /// What it measures.
    pub measure: TermMeasure,
    /// Its weight.
    pub weight: f64,
    /// For `distance`: kilometres at which the term has fallen to a third.
    #[serde(default)]
    pub kilometres: Option<f64>,
    /// For `record`: prior successes and failures.
    #[serde(default)]
    pub prior: Option<[f64; 2]>,
    /// For `rule`: the condition on the person.
    #[serde(default)]
    pub when: Option<String>,
    /// For `rule`: the tags of the offers that it speaks for.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What a term measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermMeasure {
    /// Skills in common.
    Skill,
    /// Nearness of occupations.
    Occupation,
    /// Nearness of places.
    Distance,
    /// Wage paid against wage hoped for.
    Wage,
    /// Times at which an offer is against times at which the person can come.
    Schedule,
    /// Need.
    Need,
    /// A preference of the pack.
    Rule,
    /// How earlier cases of the offer ended.
    Record,
}

/// What being in a stage means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageKind {
    /// Still under way.
    Open,
    /// The person waits for an answer, or the office does.
    Invited,
    /// The person said yes.
    Accepted,
    /// Asked for, or proposed by an officer; somebody else is to grant it.
    Applied,
    /// Granted by a second person; what was granted is still to be handed over.
    Granted,
    /// Ended well.
    Done,
    /// Ended without.
    Ended,
}

/// A stage of a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// What it means.
    pub kind: StageKind,
    /// Days until it is overdue.
    #[serde(default)]
    pub days: Option<i64>,
    /// The stages that may follow.
    #[serde(default)]
    pub next: Vec<String>,
    /// Whether moving here needs evidence in words.
    #[serde(default)]
    pub evidence: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgrammeFile {
    title: Label,
    summary: Label,
    #[serde(default)]
    offer: Option<OfferKind>,
    when: String,
    #[serde(default)]
    terms: Vec<TermFile>,
    #[serde(default = "three")]
    proposals: usize,
    #[serde(default = "hundred")]
    invite_percent: usize,
    stages: Vec<Stage>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    reminder: Option<String>,
    #[serde(default = "seven")]
    answer_days: i64,
    #[serde(default)]
    order: i64,
}

fn three() -> usize {
    3
}

fn hundred() -> usize {
    100
}

fn seven() -> i64 {
    7
}

impl Programme {
    /// A stage by its code.
    pub fn stage(&self, code: &str) -> Option<&Stage> {
        self.stages.iter().find(|s| s.code == code)
    }

    /// Whether a stage can be reached only by somebody who had begun: no invitation or acceptance leads to it.
    pub fn after_begin(&self, code: &str) -> bool {
        let before = |s: &&Stage| matches!(s.kind, StageKind::Invited | StageKind::Accepted);
        !self.stages.iter().filter(before).any(|s| s.next.iter().any(|next| next == code))
    }

    /// The file that it stands in.
    pub(crate) fn file(&self) -> String {
        match &self.gives {
            Some(gives) => format!("measures/{}.toml", gives.package),
            None => format!("programmes/{}.toml", self.code),
        }
    }

    /// The first stage of a kind.
    pub fn first(&self, kind: StageKind) -> Option<&Stage> {
        self.stages.iter().find(|s| s.kind == kind)
    }

    /// Whether a stage is reached by what the books say alone: money or goods of a clause that arrived.
    pub fn settled(&self, stage: &Stage) -> bool {
        let counted = |g: &Gives| matches!(g.benefit, Benefit::Money | Benefit::Goods | Benefit::Waiver);
        let arrived = self.first(StageKind::Done).is_some_and(|done| done.code == stage.code);
        arrived && self.gives.as_ref().is_some_and(counted)
    }
}

/// Refuses stages that lead to none.
pub(crate) fn check_stages(path: &str, stages: &[Stage]) -> Result<(), PackFault> {
    let known = |code: &String| stages.iter().any(|s| s.code == *code);
    for stage in stages {
        if let Some(next) = stage.next.iter().find(|n| !known(n)) {
            return Err(PackFault::new(path, format!("stage `{}`: there is no stage `{next}`", stage.code)));
        }
    }
    Ok(())
}

/// Reads a programme's file; with its place among the others.
pub(crate) fn read(files: &Files, code: String, path: &str) -> Result<(i64, Programme), PackFault> {
    let file: ProgrammeFile = files.toml(path)?;
    check_stages(path, &file.stages)?;
    for term in &file.terms {
        let complete = match term.measure {
            TermMeasure::Distance => term.kilometres.is_some_and(|k| k > 0.0),
            TermMeasure::Record => term.prior.is_some(),
            TermMeasure::Rule => term.when.is_some() && !term.tags.is_empty(),
            _ => true,
        };
        if !complete || term.weight < 0.0 || !term.weight.is_finite() {
            let needs = "distance needs `kilometres`, record `prior`, rule `when` and `tags`; weights are not negative";
            return Err(PackFault::new(path, format!("term `{}`: {needs}", term.name)));
        }
    }
    let programme = Programme {
        code,
        title: file.title,
        summary: file.summary,
        offer: file.offer,
        gives: None,
        when: file.when,
        terms: file.terms,
        proposals: file.proposals,
        invite_percent: file.invite_percent,
        stages: file.stages,
        message: file.message,
        reminder: file.reminder,
        answer_days: file.answer_days,
    };
    Ok((file.order, programme))
}
