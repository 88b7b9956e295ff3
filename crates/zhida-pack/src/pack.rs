//! The parts of a pack as types.

use std::collections::BTreeMap;

use serde::Deserialize;
use zhida_rules::{At, Faults, Label, Lang, Params, Profile, RuleSet};
use zhida_types::Day;

use crate::files::{Files, PackFault};

/// A service: who it is for, what it offers on which terms, and how it speaks.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The folder's name.
    pub name: String,
    /// The version that cases and verdicts refer to.
    pub version: String,
    /// What people call the service.
    pub title: Label,
    /// What it is for, in a sentence.
    pub summary: Label,
    /// The fields of a party's profile.
    pub profile: Profile,
    /// Dated and regional constants.
    pub params: Params,
    /// The versions of the rule that sorts people by need, oldest first.
    pub tiers: Vec<TierVersion>,
    /// The files that it can take in.
    pub imports: Vec<ImportKind>,
    /// The terms under which offers reach parties.
    pub programmes: Vec<Programme>,
    /// Fluent texts by language tag.
    pub texts: BTreeMap<String, String>,
    pub(crate) files: Files,
}

/// One version of the rule that sorts people by need.
#[derive(Clone, Debug)]
pub struct TierVersion {
    /// The name by which verdicts refer to it.
    pub code: String,
    /// The first day on which it applies.
    pub from: Day,
    /// The text that it comes from.
    pub source: Label,
    /// The tiers, most urgent first: the first whose rule holds is the verdict.
    pub tiers: Vec<Tier>,
}

/// A tier: a group of people with like need.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// How urgent, from 0 to 1: the term *need* of the ranking.
    pub need: f64,
    /// The condition.
    pub when: String,
}

/// What the rows of a file become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Makes {
    /// Persons on the register.
    Person,
    /// Offers of a programme.
    Offer,
    /// Visits that were made, with what was found.
    Visit,
}

/// A kind of file that the pack can take in.
#[derive(Clone, Debug)]
pub struct ImportKind {
    /// The code.
    pub code: String,
    /// What people call it.
    pub title: Label,
    /// What the rows become.
    pub makes: Makes,
    /// The programme of the offers, for [`Makes::Offer`].
    pub programme: Option<String>,
    /// What the data may be used for.
    pub purpose: Label,
    /// The columns of the program's own, not of the profile.
    pub columns: Vec<ImportColumn>,
    /// The profile fields that the file may carry.
    pub fields: Vec<String>,
    /// The profile fields without which a row is refused.
    pub required: Vec<String>,
    /// Rules that refuse a row for which they hold.
    pub refuse: Vec<Refusal>,
}

/// A rule that refuses rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The condition on the person of the row.
    pub when: String,
    /// The reason that goes back with the row.
    pub label: Label,
}

/// A column that a file may carry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportColumn {
    /// What it means to the program.
    #[serde(default)]
    pub target: String,
    /// What people call it.
    pub label: Label,
    /// Headers under which files carry it.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Whether a row without it is refused.
    #[serde(default)]
    pub required: bool,
}

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
struct PackFile {
    version: String,
    title: Label,
    summary: Label,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TiersFile {
    versions: Vec<TierVersionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierVersionFile {
    code: String,
    from: String,
    source: Label,
    tiers: Vec<Tier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportFile {
    title: Label,
    makes: Makes,
    programme: Option<String>,
    purpose: Label,
    columns: toml::Table,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    refuse: Vec<Refusal>,
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

impl Pack {
    /// Reads a pack from its files; rules are checked by [`Pack::check`].
    ///
    /// # Errors
    /// Every file that cannot be read.
    pub fn read(name: &str, files: Files) -> Result<Self, Vec<PackFault>> {
        let mut faults = Vec::new();
        let pack = Self::gather(name, files, &mut faults);
        match pack {
            Ok(pack) if faults.is_empty() => Ok(pack),
            Ok(_) => Err(faults),
            Err(fault) => {
                faults.insert(0, fault);
                Err(faults)
            }
        }
    }

    fn gather(name: &str, files: Files, faults: &mut Vec<PackFault>) -> Result<Self, PackFault> {
        let head: PackFile = files.toml("pack.toml")?;
        let profile = Profile::from_toml(files.text("profile.toml")?);
        let profile = profile.map_err(|e| PackFault::new("profile.toml", e))?;
        let params = match files.0.get("params.toml") {
            Some(text) => Params::from_toml(text).map_err(|e| PackFault::new("params.toml", e))?,
            None => Params::default(),
        };
        let tiers = if files.0.contains_key("tiers.toml") { tiers(&files)? } else { Vec::new() };
        let mut keep = |result: Result<(i64, Part), PackFault>| result.map_err(|f| faults.push(f)).ok();
        let mut parts: Vec<(i64, Part)> = Vec::new();
        for (code, path) in files.below("imports/", ".toml") {
            parts.extend(keep(import(&files, code, &path, &profile)));
        }
        for (code, path) in files.below("programmes/", ".toml") {
            parts.extend(keep(programme(&files, code, &path)));
        }
        parts.sort_by_key(|(order, _)| *order);
        let (mut imports, mut programmes) = (Vec::new(), Vec::new());
        for (_, part) in parts {
            match part {
                Part::Import(i) => imports.push(*i),
                Part::Programme(p) => programmes.push(*p),
            }
        }
        let texts = files.below("texts/", ".ftl").into_iter();
        let texts = texts.filter_map(|(tag, path)| files.0.get(&path).map(|t| (tag, t.clone()))).collect();
        Ok(Self {
            name: name.to_owned(),
            version: head.version,
            title: head.title,
            summary: head.summary,
            profile,
            params,
            tiers,
            imports,
            programmes,
            texts,
            files,
        })
    }

    /// Type-checks every rule for a day and region and reports all faults.
    pub fn check(&self, at: &At) -> Vec<PackFault> {
        let mut faults = Vec::new();
        let mut compile = |file: &str, name: &str, text: &str, at: &At| {
            if let Err(Faults(found)) = RuleSet::compile(&self.profile, &self.params, at, [(name, text)]) {
                faults.extend(found.iter().map(|f| PackFault::new(file, f)));
            }
        };
        for version in &self.tiers {
            let then = At { day: version.from.epoch().max(at.day), region: at.region.clone() };
            for tier in &version.tiers {
                compile("tiers.toml", &format!("{}/{}", version.code, tier.code), &tier.when, &then);
            }
        }
        for programme in &self.programmes {
            let file = format!("programmes/{}.toml", programme.code);
            compile(&file, "when", &programme.when, at);
            for term in &programme.terms {
                if let Some(when) = &term.when {
                    compile(&file, &term.name, when, at);
                }
            }
        }
        for import in &self.imports {
            let file = format!("imports/{}.toml", import.code);
            for refusal in &import.refuse {
                compile(&file, "refuse", &refusal.when, at);
            }
        }
        faults
    }

    /// The text of a file of the pack.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.0.get(path).map(String::as_str)
    }

    /// A programme by its code.
    pub fn programme(&self, code: &str) -> Option<&Programme> {
        self.programmes.iter().find(|p| p.code == code)
    }

    /// A kind of file by its code.
    pub fn import(&self, code: &str) -> Option<&ImportKind> {
        self.imports.iter().find(|i| i.code == code)
    }

    /// The version of the tiers in force on a day.
    pub fn tiers_on(&self, day: Day) -> Option<&TierVersion> {
        self.tiers.iter().rfind(|v| v.from <= day)
    }

    /// A tier's label, whichever version it belongs to.
    pub fn tier_label(&self, code: &str, lang: Lang) -> Option<&str> {
        self.tiers.iter().flat_map(|v| &v.tiers).find(|t| t.code == code).map(|t| t.label.get(lang))
    }
}

impl Programme {
    /// A stage by its code.
    pub fn stage(&self, code: &str) -> Option<&Stage> {
        self.stages.iter().find(|s| s.code == code)
    }

    /// The first stage of a kind.
    pub fn first(&self, kind: StageKind) -> Option<&Stage> {
        self.stages.iter().find(|s| s.kind == kind)
    }
}

enum Part {
    Import(Box<ImportKind>),
    Programme(Box<Programme>),
}

fn tiers(files: &Files) -> Result<Vec<TierVersion>, PackFault> {
    let file: TiersFile = files.toml("tiers.toml")?;
    let mut versions = Vec::new();
    for version in file.versions {
        let from = Day::parse(&version.from)
            .map_err(|e| PackFault::new("tiers.toml", format!("`{}`: {e}", version.from)))?;
        versions.push(TierVersion { code: version.code, from, source: version.source, tiers: version.tiers });
    }
    versions.sort_by_key(|v| v.from);
    Ok(versions)
}

fn import(files: &Files, code: String, path: &str, profile: &Profile) -> Result<(i64, Part), PackFault> {
    let file: ImportFile = files.toml(path)?;
    if let Some(field) = file.fields.iter().chain(&file.required).find(|f| profile.find(f).is_none()) {
        return Err(PackFault::new(path, format!("there is no field `{field}` in profile.toml")));
    }
    let mut columns = Vec::new();
    for (target, value) in file.columns {
        let column: ImportColumn =
            value.try_into().map_err(|e| PackFault::new(path, format!("`{target}`: {e}")))?;
        columns.push(ImportColumn { target, ..column });
    }
    if file.makes == Makes::Offer && file.programme.is_none() {
        return Err(PackFault::new(path, "`makes = \"offer\"` needs `programme`"));
    }
    let (title, makes, programme, purpose) = (file.title, file.makes, file.programme, file.purpose);
    let (fields, required, refuse) = (file.fields, file.required, file.refuse);
    let import = ImportKind { code, title, makes, programme, purpose, columns, fields, required, refuse };
    Ok((0, Part::Import(Box::new(import))))
}

fn programme(files: &Files, code: String, path: &str) -> Result<(i64, Part), PackFault> {
    let file: ProgrammeFile = files.toml(path)?;
    let codes: Vec<&str> = file.stages.iter().map(|s| s.code.as_str()).collect();
    for stage in &file.stages {
        if let Some(next) = stage.next.iter().find(|n| !codes.contains(&n.as_str())) {
            return Err(PackFault::new(path, format!("stage `{}`: there is no stage `{next}`", stage.code)));
        }
    }
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
        when: file.when,
        terms: file.terms,
        proposals: file.proposals,
        invite_percent: file.invite_percent,
        stages: file.stages,
        message: file.message,
        answer_days: file.answer_days,
    };
    Ok((file.order, Part::Programme(Box::new(programme))))
}
