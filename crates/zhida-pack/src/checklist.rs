//! A checklist: what is asked about something, what the answers are worth, and which answers become findings.

use std::collections::BTreeMap;

use serde::Deserialize;
use zhida_rules::{At, Cell, CodeItem, Label, Params, Profile, RuleSet, Table, Truth};

use crate::files::PackFault;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// To be put right in the ordinary way.
    Minor,
    /// To be put right soon.
    Serious,
    /// Danger: at once.
    Grave,
}

impl Severity {
    /// All, lightest first.
    pub const ALL: [Self; 3] = [Self::Minor, Self::Serious, Self::Grave];

    /// The word that files use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Serious => "serious",
            Self::Grave => "grave",
        }
    }

    /// 1 for the lightest.
    pub fn rank(self) -> i64 {
        self as i64 + 1
    }

    /// The severity of a rank.
    pub fn of_rank(rank: i64) -> Self {
        Self::ALL.into_iter().find(|s| s.rank() == rank).unwrap_or(Self::Minor)
    }
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuestionKind {
    /// Yes or no.
    YesNo,
    /// One of the options.
    Choice,
    /// A number with its unit.
    Number,
    /// Words.
    Text,
    /// One photo or more.
    Photo,
    /// Where the one stands who fills it in.
    Position,
    /// A name written with the finger, or typed.
    Signature,
}

impl QuestionKind {
    /// The word that files use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::YesNo => "yes-no",
            Self::Choice => "choice",
            Self::Number => "number",
            Self::Text => "text",
            Self::Photo => "photo",
            Self::Position => "position",
            Self::Signature => "signature",
        }
    }
}

/// An answer to choose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The code.
    pub code: String,
    /// What people read.
    pub label: Label,
    /// What it is worth, in percent of the question's weight.
    #[serde(default)]
    pub score: i64,
}

/// A question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The name that rules use.
    pub code: String,
    /// What is asked.
    pub text: Label,
    /// What an answer is.
    pub kind: QuestionKind,
    /// What a good answer is worth.
    #[serde(default)]
    pub weight: i64,
    /// Whether a bad answer fails the whole.
    #[serde(default)]
    pub knock_out: bool,
    /// Whether it may stay open.
    #[serde(default)]
    pub optional: bool,
    /// The answers of a choice.
    #[serde(default)]
    pub options: Vec<Choice>,
    /// The unit of a number.
    pub unit: Option<Label>,
    /// The least number that can be meant.
    pub min: Option<f64>,
    /// The greatest number that can be meant.
    pub max: Option<f64>,
    /// When an answer is good; of a yes-no question, else, yes.
    pub good: Option<String>,
}

/// Questions that belong together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The heading.
    pub title: Label,
    /// The questions.
    pub questions: Vec<Question>,
}

/// Which answers become a finding.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRule {
    /// The code: the same at the same place again is a recurrence.
    pub code: String,
    /// The condition on the answers.
    pub when: String,
    /// What is wrong.
    pub text: Label,
    /// How bad it is.
    pub severity: Severity,
    /// Days within which it must be put right.
    pub days: i64,
    /// Days after which an overdue one goes one level up, and one more level after as many again.
    #[serde(default = "three")]
    pub escalate_days: i64,
}

fn three() -> i64 {
    3
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChecklistFile {
    version: String,
    title: Label,
    about: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default = "one")]
    reviewers: usize,
    #[serde(default)]
    pass: i64,
    every_months: Option<u32>,
    valid_months: Option<u32>,
    #[serde(default)]
    by: Vec<String>,
    #[serde(default)]
    own_draw: usize,
    #[serde(default)]
    after: String,
    sections: Vec<Section>,
    #[serde(default)]
    findings: Vec<FindingRule>,
}

/// A checklist in one version.
#[derive(Clone, Debug)]
pub struct Checklist {
    /// The code.
    pub code: String,
    /// The version that filled checklists refer to.
    pub version: String,
    /// What people call it.
    pub title: Label,
    /// The noun that it is about: `place`, `offer`, `party`, `unit`.
    pub about: String,
    /// The kinds of that noun that it fits; all where empty.
    pub kinds: Vec<String>,
    /// How many reviewers fill it in, each for himself.
    pub reviewers: usize,
    /// The score, in percent, from which it is passed.
    pub pass: i64,
    /// How often it is due.
    pub every_months: Option<u32>,
    /// How long a passed one is good for.
    pub valid_months: Option<u32>,
    /// The roles that may fill it in; all officers where empty.
    pub by: Vec<String>,
    /// How many things a reviewer draws for himself in a month, where he may; none where 0.
    pub own_draw: usize,
    /// The checklist that must have been passed about a thing before this one is asked; empty for none.
    pub after: String,
    /// The questions.
    pub sections: Vec<Section>,
    /// What becomes a finding.
    pub findings: Vec<FindingRule>,
    /// The text that it was read from: kept with what was filled in.
    pub body: String,
    profile: Profile,
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Yes or no.
    Yes(bool),
    /// An option's code, or words, or a name.
    Text(String),
    /// A number.
    Number(f64),
    /// Photos by their hashes.
    Photos(Vec<String>),
    /// Longitude and latitude.
    Position(f64, f64),
}

/// What filled-in answers come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The score in percent of the weights of what was answered; none where nothing is weighed.
    pub score: Option<i64>,
    /// Whether it is passed: the score is reached and no knock-out question is answered badly.
    pub passed: bool,
    /// The codes of the knock-out questions that were answered badly.
    pub knocked_out: Vec<String>,
    /// The codes of all weighed questions that were answered badly.
    pub missed: Vec<String>,
    /// The codes of the finding rules that hold.
    pub findings: Vec<String>,
}

impl Checklist {
    /// Reads a checklist from its text.
    ///
    /// # Errors
    /// A text that is no checklist, or a rule of it that cannot be checked.
    pub fn read(code: &str, path: &str, body: &str) -> Result<Self, PackFault> {
        let fault = |message: String| PackFault::new(path, message);
        let file: ChecklistFile = toml::from_str(body).map_err(|e| PackFault::new(path, e))?;
        let profile = profile(&file).map_err(&fault)?;
        let list = Self {
            code: code.to_owned(),
            version: file.version,
            title: file.title,
            about: file.about,
            kinds: file.kinds,
            reviewers: file.reviewers.max(1),
            pass: file.pass,
            every_months: file.every_months,
            valid_months: file.valid_months,
            by: file.by,
            own_draw: file.own_draw,
            after: file.after,
            sections: file.sections,
            findings: file.findings,
            body: body.to_owned(),
            profile,
        };
        list.rules().map_err(fault)?;
        Ok(list)
    }

    /// The questions in order.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.sections.iter().flat_map(|s| &s.questions)
    }

    /// A question by its code.
    pub fn question(&self, code: &str) -> Option<&Question> {
        self.questions().find(|q| q.code == code)
    }

    /// A finding rule by its code.
    pub fn finding(&self, code: &str) -> Option<&FindingRule> {
        self.findings.iter().find(|f| f.code == code)
    }

    /// The questions that must be answered and are not.
    pub fn open<'a>(
        &'a self,
        answers: &'a BTreeMap<String, Answer>,
    ) -> impl Iterator<Item = &'a Question> + use<'a> {
        self.questions().filter(|q| !q.optional && !answers.contains_key(&q.code))
    }

    /// Every rule: the questions' `good`, then the findings' `when`.
    fn rules(&self) -> Result<RuleSet, String> {
        let good = self.questions().filter_map(|q| q.good.as_deref().map(|rule| (q.code.as_str(), rule)));
        let findings = self.findings.iter().map(|f| (f.code.as_str(), f.when.as_str()));
        RuleSet::compile(&self.profile, &Params::default(), &At::day(0), good.chain(findings))
            .map_err(|faults| faults.to_string())
    }

    /// Scores answers and says what is found.
    ///
    /// # Errors
    /// A rule that cannot be checked, or an answer that does not fit its question.
    pub fn outcome(&self, answers: &BTreeMap<String, Answer>) -> Result<Outcome, String> {
        let rules = self.rules()?;
        let mut row = Vec::new();
        for field in self.profile.fields() {
            row.push(cell(self.question(&field.name), answers.get(&field.name)));
        }
        let mut table = Table::new(&self.profile);
        table.push(&row).map_err(|e| e.to_string())?;
        let verdicts: Vec<Truth> = rules.evaluate(&table).iter().map(|v| v.at(0)).collect();
        let (mut got, mut all, mut at) = (0, 0, 0);
        let (mut knocked_out, mut missed) = (Vec::new(), Vec::new());
        for question in self.questions() {
            let answer = answers.get(&question.code);
            let good = if question.good.is_some() {
                at += 1;
                verdicts.get(at - 1) == Some(&Truth::True)
            } else {
                match answer {
                    Some(Answer::Yes(yes)) => *yes,
                    Some(Answer::Photos(photos)) => !photos.is_empty(),
                    Some(_) => true,
                    None => false,
                }
            };
            let Some(answer) = answer else { continue };
            let share = match (question.kind, answer) {
                (QuestionKind::Choice, Answer::Text(code)) => {
                    question.options.iter().find(|o| o.code == *code).map_or(0, |o| o.score.clamp(0, 100))
                }
                _ if good => 100,
                _ => 0,
            };
            got += question.weight * share;
            all += question.weight * 100;
            let bad = if question.kind == QuestionKind::Choice { share == 0 } else { !good };
            if question.knock_out && bad {
                knocked_out.push(question.code.clone());
            }
            if question.weight > 0 && bad {
                missed.push(question.code.clone());
            }
        }
        let findings = self.findings.iter().zip(verdicts.iter().skip(at));
        let findings = findings.filter(|(_, truth)| **truth == Truth::True).map(|(f, _)| f.code.clone());
        let score = (all > 0).then(|| got * 100 / all);
        Ok(Outcome {
            score,
            passed: knocked_out.is_empty() && score.is_none_or(|s| s >= self.pass),
            knocked_out,
            missed,
            findings: findings.collect(),
        })
    }
}

fn cell(question: Option<&Question>, answer: Option<&Answer>) -> Cell {
    match (question.map(|q| q.kind), answer) {
        (Some(QuestionKind::Choice), Some(Answer::Text(code))) => Cell::Code(code.clone()),
        (_, Some(Answer::Yes(yes))) => Cell::Bool(*yes),
        (_, Some(Answer::Text(text))) => Cell::Text(text.clone()),
        (_, Some(Answer::Number(x))) => Cell::Double(*x),
        (_, Some(Answer::Photos(photos))) => Cell::Int(i64::try_from(photos.len()).unwrap_or(i64::MAX)),
        _ => Cell::Missing,
    }
}

/// The answers as the fields of a profile, so that rules on them are checked like all others.
fn profile(file: &ChecklistFile) -> Result<Profile, String> {
    let mut fields = toml::Table::new();
    for question in file.sections.iter().flat_map(|s| &s.questions) {
        let mut field = toml::Table::new();
        let kind = match question.kind {
            QuestionKind::YesNo => "bool",
            QuestionKind::Choice => "code",
            QuestionKind::Number => "double",
            QuestionKind::Photo => "int",
            QuestionKind::Text | QuestionKind::Position | QuestionKind::Signature => "string",
        };
        field.insert("type".to_owned(), kind.into());
        let label = |l: &Label| {
            toml::Table::from_iter([
                ("zh".to_owned(), l.zh.clone().into()),
                ("en".to_owned(), l.en.clone().into()),
            ])
        };
        field.insert("label".to_owned(), label(&question.text).into());
        if question.kind == QuestionKind::Choice {
            if question.options.is_empty() {
                return Err(format!("question `{}`: a choice needs `options`", question.code));
            }
            let item = |o: &Choice| {
                let mut item = label(&o.label);
                item.insert("code".to_owned(), o.code.clone().into());
                toml::Value::from(item)
            };
            field.insert("codes".to_owned(), question.options.iter().map(item).collect::<Vec<_>>().into());
        }
        if fields.insert(question.code.clone(), field.into()).is_some() {
            return Err(format!("question `{}` stands twice", question.code));
        }
    }
    let table = toml::Table::from_iter([("fields".to_owned(), fields.into())]);
    Profile::from_toml(&table.to_string()).map_err(|e| e.to_string())
}

impl Choice {
    /// As an entry of a code list.
    pub fn item(&self) -> CodeItem {
        CodeItem { code: self.code.clone(), label: self.label.clone(), aliases: Vec::new() }
    }
}
