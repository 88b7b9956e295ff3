//! Measures: what a service gives by right, clause by clause. Each clause is a programme without offers whose cases end in
//! money paid, goods handed over, a bill reduced or a standing granted.

use serde::Deserialize;
use zhida_rules::{Amount, At, Label, Profile, Table};
use zhida_types::Day;

use crate::files::{Files, PackFault};
use crate::goods::Goods;
use crate::programme::{Programme, Stage, StageKind};

/// Whether a list of measures gives by itself, or guarantees what others need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageKind {
    /// A package of measures.
    #[default]
    Package,
    /// A list of guarantees that measures depend on.
    Guarantee,
}

/// How a measure stands to the edition before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Novelty {
    /// As before.
    #[default]
    Continued,
    /// Not there before.
    New,
    /// There before, in other words or figures.
    Changed,
}

impl Novelty {
    /// The name, as texts use it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Continued => "continued",
            Self::New => "new",
            Self::Changed => "changed",
        }
    }
}

/// What a clause gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Benefit {
    /// Money, in yuan.
    #[default]
    Money,
    /// Goods of the ledger, in their unit.
    Goods,
    /// A bill reduced by yuan: settled with the supplier, nothing goes to the party.
    Waiver,
    /// A standing that other rules honour.
    Standing,
    /// Something done: nothing is counted.
    Service,
}

impl Benefit {
    /// The name, as texts use it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Goods => "goods",
            Self::Waiver => "waiver",
            Self::Standing => "standing",
            Self::Service => "service",
        }
    }

    /// Whether yuan are paid for it.
    pub fn pays(self) -> bool {
        matches!(self, Self::Money | Self::Waiver)
    }
}

/// A paper that an application needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// What it is called.
    pub label: Label,
    /// The field of the profile that makes asking for it needless where it is known.
    pub have: Option<String>,
}

/// The first so many by a number, of those for whom the rule holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    /// The number by which they are ordered, highest first.
    pub by: String,
    /// How many. Whoever ties with the last of them stands on the list too.
    pub first: usize,
}

/// What a clause gives, on which terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gives {
    /// The package's code.
    pub package: String,
    /// The measure's code.
    pub measure: String,
    /// What.
    pub benefit: Benefit,
    /// How much: yuan, or units of the goods.
    pub amount: String,
    /// The goods.
    pub item: Option<String>,
    /// The line of the budget that pays.
    pub fund: Option<String>,
    /// The first day of the window.
    pub from: Option<Day>,
    /// The last day of the window.
    pub until: Option<Day>,
    /// The papers.
    pub papers: Vec<Paper>,
    /// Whether nobody need apply: officers propose whoever is eligible (免申即享).
    pub auto: bool,
    /// Clauses that the same party may not hold beside it.
    pub excludes: Vec<String>,
    /// The field of the profile that the standing sets to *yes*.
    pub sets: Option<String>,
    /// The cut-off by rank.
    pub rank: Option<Rank>,
    /// The words of the document.
    pub source: Label,
}

impl Gives {
    /// Whether somebody may apply on a day.
    pub fn open_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// A measure of a package.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The code.
    pub code: String,
    /// Its number in the document.
    pub no: String,
    /// What people call it.
    pub title: Label,
    /// Whom it serves.
    pub serves: Serves,
    /// How it stands to the edition before.
    pub novelty: Novelty,
    /// What it was before, where it changed.
    pub before: Option<Label>,
    /// The guarantees that it needs, by the code of their package.
    pub needs: Vec<String>,
    /// Who answers for it.
    pub lead: String,
    /// Who works on it too.
    pub co: Vec<String>,
    /// The codes of its clauses.
    pub clauses: Vec<String>,
}

/// Whom a measure serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Serves {
    /// Firms.
    Enterprise,
    /// People.
    Resident,
}

impl Serves {
    /// The name, as texts use it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Resident => "resident",
        }
    }
}

/// A package of measures.
#[derive(Clone, Debug)]
pub struct Package {
    /// The code.
    pub code: String,
    /// What people call it.
    pub title: Label,
    /// What it is.
    pub kind: PackageKind,
    /// The edition: a year, a winter.
    pub edition: String,
    /// The document.
    pub source: Label,
    /// The day on which it was published.
    pub published: Option<Day>,
    /// Its measures.
    pub measures: Vec<Measure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageFile {
    title: Label,
    #[serde(default)]
    order: i64,
    #[serde(default)]
    kind: PackageKind,
    edition: String,
    source: Label,
    published: Option<String>,
    #[serde(default)]
    measures: Vec<MeasureFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureFile {
    code: String,
    #[serde(default)]
    no: String,
    title: Label,
    serves: Serves,
    #[serde(default)]
    novelty: Novelty,
    before: Option<Label>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    lead: String,
    #[serde(default)]
    co: Vec<String>,
    #[serde(default)]
    clauses: Vec<ClauseFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClauseFile {
    code: String,
    title: Label,
    when: String,
    #[serde(default)]
    gives: Benefit,
    #[serde(default)]
    amount: String,
    item: Option<String>,
    fund: Option<String>,
    from: Option<String>,
    until: Option<String>,
    #[serde(default)]
    papers: Vec<Paper>,
    #[serde(default)]
    auto: bool,
    #[serde(default)]
    excludes: Vec<String>,
    sets: Option<String>,
    rank: Option<Rank>,
    source: Label,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StagesFile {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    reminder: Option<String>,
    stages: Vec<Stage>,
}

/// The stages that the cases of all clauses go through, and the texts that go out.
pub(crate) struct Course {
    stages: Vec<Stage>,
    message: Option<String>,
    reminder: Option<String>,
}

pub(crate) fn course(files: &Files) -> Result<Course, PackFault> {
    const PATH: &str = "stages.toml";
    if !files.0.contains_key(PATH) {
        return Ok(Course { stages: Vec::new(), message: None, reminder: None });
    }
    let file: StagesFile = files.toml(PATH)?;
    crate::programme::check_stages(PATH, &file.stages)?;
    for kind in [StageKind::Applied, StageKind::Granted, StageKind::Done] {
        if !file.stages.iter().any(|s| s.kind == kind) {
            return Err(PackFault::new(PATH, format!("there is no stage of the kind {kind:?}")));
        }
    }
    Ok(Course { stages: file.stages, message: file.message, reminder: file.reminder })
}

/// Reads a package; with its place among the others, and its clauses as programmes.
pub(crate) fn read(
    files: &Files,
    code: String,
    path: &str,
    course: &Course,
) -> Result<(i64, Package, Vec<Programme>), PackFault> {
    let file: PackageFile = files.toml(path)?;
    let fault = |message: String| PackFault::new(path, message);
    let day = |text: &Option<String>| {
        let day = text.as_ref().map(|t| Day::parse(t).map_err(|e| fault(format!("`{t}`: {e}"))));
        day.transpose()
    };
    let (mut measures, mut programmes) = (Vec::new(), Vec::new());
    for m in file.measures {
        if !m.clauses.is_empty() && course.stages.is_empty() {
            return Err(fault("clauses need `stages.toml`: the stages of their cases".to_owned()));
        }
        let clauses = m.clauses.iter().map(|c| c.code.clone()).collect();
        for c in m.clauses {
            let whole = match c.gives {
                Benefit::Money | Benefit::Waiver => !c.amount.is_empty(),
                Benefit::Goods => !c.amount.is_empty() && c.item.is_some(),
                Benefit::Standing => c.sets.is_some(),
                Benefit::Service => true,
            };
            if !whole {
                let needs = "money and waivers need `amount`, goods `amount` and `item`, a standing `sets`";
                return Err(fault(format!("clause `{}`: {needs}", c.code)));
            }
            let gives = Gives {
                package: code.clone(),
                measure: m.code.clone(),
                benefit: c.gives,
                amount: c.amount,
                item: c.item,
                fund: c.fund,
                from: day(&c.from)?,
                until: day(&c.until)?,
                papers: c.papers,
                auto: c.auto,
                excludes: c.excludes,
                sets: c.sets,
                rank: c.rank,
                source: c.source,
            };
            programmes.push(Programme {
                code: c.code,
                title: c.title,
                summary: gives.source.clone(),
                offer: None,
                gives: Some(gives),
                when: c.when,
                terms: Vec::new(),
                proposals: 1,
                invite_percent: 100,
                stages: course.stages.clone(),
                message: course.message.clone(),
                reminder: course.reminder.clone(),
                answer_days: 30,
            });
        }
        measures.push(Measure {
            code: m.code,
            no: m.no,
            title: m.title,
            serves: m.serves,
            novelty: m.novelty,
            before: m.before,
            needs: m.needs,
            lead: m.lead,
            co: m.co,
            clauses,
        });
    }
    let package = Package {
        published: day(&file.published)?,
        code,
        title: file.title,
        kind: file.kind,
        edition: file.edition,
        source: file.source,
        measures,
    };
    Ok((file.order, package, programmes))
}

/// What is wrong with what clauses give: amounts, ranks, fields, goods, funds, clauses that they name.
pub(crate) fn check(
    (profile, params): (&Profile, &zhida_rules::Params),
    programmes: &[Programme],
    goods: &Goods,
    at: &At,
) -> Vec<PackFault> {
    let mut faults = Vec::new();
    for programme in programmes {
        let Some(gives) = &programme.gives else { continue };
        let file = programme.file();
        let mut fault = |message: String| {
            faults.push(PackFault::new(&file, format!("clause `{}`: {message}", programme.code)));
        };
        let numbers = [&gives.amount].into_iter().chain(gives.rank.as_ref().map(|r| &r.by));
        for text in numbers.filter(|t| !t.is_empty()) {
            if let Err(found) = Amount::compile(profile, params, at, text) {
                fault(found.to_string());
            }
        }
        let fields = gives.papers.iter().filter_map(|p| p.have.as_ref()).chain(&gives.sets);
        for field in fields.filter(|f| profile.find(f).is_none()) {
            fault(format!("there is no field `{field}`"));
        }
        if let Some(item) = gives.item.as_ref().filter(|i| !goods.goods.iter().any(|g| g.code == **i)) {
            fault(format!("there are no goods `{item}` in ledger.toml"));
        }
        if let Some(fund) = gives.fund.as_ref().filter(|f| !goods.budget.iter().any(|b| b.code == **f)) {
            fault(format!("there is no line `{fund}` of the budget in ledger.toml"));
        }
        if let Some(other) = gives.excludes.iter().find(|c| !programmes.iter().any(|p| p.code == **c)) {
            fault(format!("it excludes a clause `{other}` that there is not"));
        }
    }
    faults
}

/// How much one party gets, in thousandths of the unit (of a yuan, of a coat); nothing where a fact is missing.
pub fn amount_of(amount: &Amount, table: &Table, row: usize) -> Option<i64> {
    thousandths(amount.of(table, row)?)
}

/// A number of units in thousandths, to the nearest.
pub fn thousandths(units: f64) -> Option<i64> {
    let scaled = (units * 1_000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "checked to lie within what an i64 holds exactly")]
    (scaled.abs() < 9.0e15).then_some(scaled as i64)
}
