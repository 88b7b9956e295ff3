//! A rule while it is being changed: who would gain, who would lose, what it would cost, and what moving a constant does.

use zhida_pack::Programme;
use zhida_rules::{
    Amount, At, Bitmap, FieldId, ParamValue, Params, Profile, RuleSet, Shift, Table, Verdicts, by_field,
    is_countable,
};

use crate::ids::CountyId;
use crate::party::Snapshot;
use crate::problem::Problem;
use crate::web::Officer;

/// What is tried, as the page's form says it.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Tried {
    /// The rule; empty for the pack's own.
    rule: String,
    /// A field to count by.
    by: String,
    /// What each gets: an expression that gives a number; empty for nothing.
    amount: String,
    /// A constant to move, and from where to where.
    constant: String,
    from: String,
    to: String,
}

/// A line of a choice: value, label, whether chosen.
pub(super) type Choice = (String, String, bool);

/// The outcome, in the words of the page.
pub(super) struct Trial {
    pub(super) rule: String,
    pub(super) amount: String,
    pub(super) from: String,
    pub(super) to: String,
    /// Whether anything was tried at all.
    pub(super) tried: bool,
    /// Faults with their carets, each with the place that it belongs to.
    pub(super) faults: Vec<String>,
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) gain: usize,
    pub(super) lose: usize,
    pub(super) unknown: usize,
    /// What it costs before and after, if an amount was given.
    pub(super) cost: Option<(String, String)>,
    pub(super) groups: Vec<zhida_rules::Group>,
    pub(super) group_label: String,
    pub(super) fields: Vec<Choice>,
    pub(super) constants: Vec<Choice>,
    /// Value of the constant and how many the rule holds for.
    pub(super) sweep: Vec<(String, usize)>,
    pub(super) chart: String,
}

/// The most values of a constant that a page tries.
const MOST: i64 = 60;

struct World<'a> {
    profile: &'a Profile,
    params: &'a Params,
    at: At,
    table: &'a Table,
    rows: &'a Bitmap,
}

impl World<'_> {
    fn verdicts(&self, rule: &str, params: &Params) -> Result<Verdicts, String> {
        let set = RuleSet::compile(self.profile, params, &self.at, [("rule", rule)]);
        let set = set.map_err(|faults| faults.0.first().map_or_else(String::new, ToString::to_string))?;
        let verdicts = set.evaluate(self.table).into_iter().next();
        let mut verdicts = verdicts.ok_or_else(String::new)?;
        verdicts.truth = verdicts.truth.and(self.rows);
        Ok(verdicts)
    }

    /// What an amount comes to over rows.
    fn cost(&self, amount: &str, rows: &Bitmap) -> Result<String, String> {
        let amount = Amount::compile(self.profile, self.params, &self.at, amount);
        let amount =
            amount.map_err(|faults| faults.0.first().map_or_else(String::new, ToString::to_string))?;
        Ok(amount.total(self.table, rows).sum.to_string())
    }

    /// How many the rule holds for, for each value of a constant.
    fn sweep(&self, rule: &str, name: &str, (from, to): (i64, i64)) -> Result<Vec<(i64, usize)>, String> {
        let value = |x: i64| -> Result<(i64, usize), String> {
            #[expect(clippy::cast_precision_loss, reason = "constants of a pack are small")]
            let value = match self.params.get(name, &self.at) {
                Some(ParamValue::Double(_)) => ParamValue::Double(x as f64),
                _ => ParamValue::Int(x),
            };
            Ok((x, self.verdicts(rule, &self.params.with(name, value))?.truth.count()))
        };
        let step = ((to - from) / MOST).max(1);
        (0..).map(|k| from + k * step).take_while(|x| *x <= to).map(value).collect()
    }
}

/// Tries a rule in place of a programme's own on the persons in question.
///
/// # Errors
/// A pack whose own rule does not pass the type check.
pub(super) fn trial(
    o: &Officer,
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    rows: &Bitmap,
    tried: &Tried,
) -> Result<Trial, Problem> {
    let pack = &snapshot.register;
    let own = programme.when.trim();
    let rule = if tried.rule.trim().is_empty() { own.to_owned() } else { tried.rule.trim().to_owned() };
    let at = At { day: snapshot.day.epoch(), region: county.to_string() };
    let world = World { profile: &pack.profile, params: &pack.params, at, table: &snapshot.table, rows };
    let before = world.verdicts(own, &pack.params).map_err(|fault| anyhow::anyhow!(fault))?;
    let by = pack
        .profile
        .find(&tried.by)
        .or_else(|| pack.uses.portrait.first().and_then(|f| pack.profile.find(f)));
    let constant = world.params.names().find(|name| *name == tried.constant).unwrap_or_default().to_owned();
    // A clause's own formula stands against the one that is tried; without one the same amount stands on both sides.
    let given = programme.gives.as_ref().map_or("", |g| g.amount.trim());
    let amount = Some(tried.amount.trim()).filter(|a| !a.is_empty()).unwrap_or(given).to_owned();
    let own_amount = if given.is_empty() { amount.clone() } else { given.to_owned() };
    let mut trial = Trial {
        from: tried.from.trim().to_owned(),
        to: tried.to.trim().to_owned(),
        tried: rule != own || amount != given || !constant.is_empty(),
        amount,
        faults: Vec::new(),
        before: before.truth.count(),
        after: before.truth.count(),
        gain: 0,
        lose: 0,
        unknown: 0,
        cost: None,
        groups: Vec::new(),
        group_label: by
            .and_then(|id| pack.profile.field(id))
            .map_or_else(String::new, |f| f.label.get(o.lang).to_owned()),
        fields: fields(o, &pack.profile, by),
        constants: pack.params.names().map(|n| (n.to_owned(), n.to_owned(), n == constant)).collect(),
        sweep: Vec::new(),
        chart: String::new(),
        rule,
    };
    let after = match world.verdicts(&trial.rule, &pack.params) {
        Ok(after) => after,
        Err(fault) => {
            trial.faults.push(fault);
            return Ok(trial);
        }
    };
    let shift = Shift::between(&before, &after);
    trial.after = after.truth.count();
    (trial.gain, trial.lose) = (shift.gain.count(), shift.lose.count());
    trial.unknown = rows.and_not(&after.known).count();
    if let Some(field) = by {
        trial.groups = by_field(&snapshot.table, field, o.lang, &shift);
        trial.groups.retain(|g| g.before + g.after > 0);
    }
    if !trial.amount.is_empty() {
        let then = world.cost(&own_amount, &before.truth);
        match then.and_then(|then| Ok((then, world.cost(&trial.amount, &after.truth)?))) {
            Ok(cost) => trial.cost = Some(cost),
            Err(fault) => trial.faults.push(fault),
        }
    }
    if !constant.is_empty() {
        moved(o, &world, &constant, &mut trial);
    }
    Ok(trial)
}

/// Adds what moving a constant does.
fn moved(o: &Officer, world: &World<'_>, constant: &str, trial: &mut Trial) {
    let now = match world.params.get(constant, &world.at) {
        Some(ParamValue::Int(n)) => *n,
        #[expect(clippy::cast_possible_truncation, reason = "a starting point for the form")]
        Some(ParamValue::Double(x)) => *x as i64,
        _ => 0,
    };
    let number =
        |text: &str, otherwise: i64| if text.is_empty() { Ok(otherwise) } else { text.parse::<i64>() };
    let ends = (number(&trial.from, now - 5), number(&trial.to, now + 5));
    let (Ok(from), Ok(to)) = ends else {
        trial.faults.push(o.shell("").t.s("sweep-numbers"));
        return;
    };
    let (from, to) = (from.min(to), from.max(to));
    (trial.from, trial.to) = (from.to_string(), to.to_string());
    match world.sweep(&trial.rule, constant, (from, to)) {
        Ok(sweep) => {
            trial.sweep = sweep.iter().map(|(x, n)| (x.to_string(), *n)).collect();
            #[expect(clippy::cast_precision_loss, reason = "constants of a pack are small")]
            let rows: Vec<(f64, Vec<usize>)> = sweep.into_iter().map(|(x, n)| (x as f64, vec![n])).collect();
            let title = format!("params.{constant}");
            trial.chart = crate::web::line_chart(&title, &[o.shell("").t.s("eligible")], &rows);
        }
        Err(fault) => trial.faults.push(fault),
    }
}

/// The fields that can be counted by.
fn fields(o: &Officer, profile: &Profile, chosen: Option<FieldId>) -> Vec<Choice> {
    let all = profile.fields().iter().enumerate();
    let countable =
        all.filter(|(_, f)| !f.sensitive && is_countable(&f.kind, &f.bands) && f.classification.is_none());
    let one = |(at, f): (usize, &zhida_rules::Field)| {
        (f.name.clone(), f.label.get(o.lang).to_owned(), chosen == Some(FieldId(at)))
    };
    countable.filter(|(_, f)| !matches!(f.kind, zhida_rules::FieldKind::Text)).map(one).collect()
}
