//! Who may take part: verdicts over all persons, why not, and what is not known.

use std::collections::BTreeMap;

use zhida_pack::Programme;
use zhida_rules::{At, Bitmap, Cell, Explained, FieldId, Lang, RuleSet, Truth, Verdicts};

use crate::ids::CountyId;
use crate::party::Snapshot;
use crate::problem::Problem;

/// A condition and how many persons it decides for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Persons.
    pub count: usize,
}

impl Reason {
    /// Its words in a language.
    pub fn words(&self, lang: Lang) -> &str {
        if lang == Lang::Zh { &self.zh } else { &self.en }
    }
}

/// A programme's verdicts on the persons in question.
#[derive(Clone, Debug)]
pub struct Eligibility {
    /// Persons for whom the rule holds.
    pub eligible: Bitmap,
    /// How many it does not hold for.
    pub refused: usize,
    /// How many cannot be decided.
    pub unknown: usize,
    /// The conditions on which most were refused, most first.
    pub why_not: Vec<Reason>,
    /// The fields that are missing for most, most first.
    pub missing: Vec<Reason>,
}

/// Compiles a programme's rule for a day.
///
/// # Errors
/// A pack whose rule does not pass the type check.
pub(super) fn rule(
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
) -> Result<RuleSet, Problem> {
    let at = At { day: snapshot.day.epoch(), region: county.to_string() };
    let rules = [(programme.code.as_str(), programme.when.as_str())];
    Ok(RuleSet::compile(&snapshot.register.profile, &snapshot.register.params, &at, rules)
        .map_err(anyhow::Error::from)?)
}

/// Decides who of `rows` may take part, and ranks the reasons.
///
/// # Errors
/// As [`rule`].
pub fn assess(
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    rows: &Bitmap,
) -> Result<Eligibility, Problem> {
    let set = rule(county, programme, snapshot)?;
    let Some(verdicts) = set.evaluate(&snapshot.table).into_iter().next() else {
        return Err(Problem::NotFound);
    };
    let Verdicts { truth, known } = &verdicts;
    let refused = rows.and(&known.and_not(truth));
    let unknown = rows.and_not(known);
    // Every condition and every missing field is counted over all persons, as columns.
    let mut why_not = Vec::new();
    let mut lacking: BTreeMap<FieldId, Bitmap> = BTreeMap::new();
    for condition in set.conditions(0, &snapshot.table) {
        let Verdicts { truth, known } = &condition.verdicts;
        let [zh, en] = condition.words;
        why_not.push(Reason { zh, en, count: refused.and(&known.and_not(truth)).count() });
        let open = unknown.and_not(known);
        for field in condition.fields {
            let mut missing = open.clone();
            for row in open.iter() {
                missing.set(row, snapshot.table.cell(row, field) == Cell::Missing);
            }
            let all = lacking.entry(field).or_insert_with(|| Bitmap::zeros(missing.len()));
            *all = all.or(&missing);
        }
    }
    let missing = lacking.iter().filter_map(|(id, rows)| {
        let label = &snapshot.register.profile.field(*id)?.label;
        Some(Reason { zh: label.zh.clone(), en: label.en.clone(), count: rows.count() })
    });
    let (why_not, missing) = (most_first(why_not), most_first(missing.collect()));
    Ok(Eligibility {
        eligible: rows.and(truth),
        refused: refused.count(),
        unknown: unknown.count(),
        why_not,
        missing,
    })
}

fn most_first(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.retain(|r| r.count > 0);
    reasons.sort_by(|a, b| b.count.cmp(&a.count).then(a.zh.cmp(&b.zh)));
    reasons.truncate(6);
    reasons
}

/// A programme's rule explained for one person.
///
/// # Errors
/// As [`rule`].
pub fn explain(
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    row: usize,
) -> Result<Option<(Truth, Explained)>, Problem> {
    let set = rule(county, programme, snapshot)?;
    Ok(set.explain(0, &snapshot.table, row).map(|e| (e.truth, e)))
}

/// What could still change a verdict.
#[derive(Clone, Debug, Default)]
pub struct Advice {
    /// For an unknown verdict: what to ask, the fewest facts first.
    pub ask: Vec<String>,
    /// For a refusal: what would have to be different, the fewest changes first. Each has been tried.
    pub change: Vec<String>,
}

/// The most of either that anybody reads.
const ADVICE: usize = 3;

/// What would settle or turn a programme's verdict on one person.
///
/// # Errors
/// As [`rule`].
pub fn advise(
    county: &CountyId,
    programme: &Programme,
    (snapshot, row): (&Snapshot, usize),
    lang: Lang,
) -> Result<Advice, Problem> {
    let set = rule(county, programme, snapshot)?;
    let field = |id: FieldId| snapshot.register.profile.field(id);
    let label = |id: FieldId| field(id).map_or_else(String::new, |f| f.label.get(lang).to_owned());
    let open = set.open(0, &snapshot.table, row);
    let ask = open.sets.iter().take(ADVICE).map(|set| {
        let labels: Vec<String> = set.iter().map(|id| label(*id)).collect();
        labels.join(" + ")
    });
    let one = |c: &zhida_rules::Change| {
        let shown = |cell: &Cell| field(c.field).map_or_else(String::new, |f| f.display(cell, lang));
        let from = if c.from == Cell::Missing { "?".to_owned() } else { shown(&c.from) };
        format!("{} {from} → {}", label(c.field), shown(&c.to))
    };
    let change = set.changes(0, &snapshot.table, row).into_iter().take(ADVICE).map(|changes| {
        let each: Vec<String> = changes.iter().map(one).collect();
        each.join(if lang == Lang::Zh { "；" } else { "; " })
    });
    Ok(Advice { ask: ask.collect(), change: change.collect() })
}
