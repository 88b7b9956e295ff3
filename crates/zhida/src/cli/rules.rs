//! `zhida rules check|eval|explain|simulate`: the rules engine on plain files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use zhida_rules::{
    Amount, At, Bitmap, Cell, Explained, Fault, FieldId, Joint, Lang, ParamValue, Params, Profile, RuleSet,
    Shift, Truth, Verdicts, by_field,
};

use super::table::{self, Parties};
use super::{Answer, Limits};
use crate::clock::Clock;
use crate::texts::{T, Texts};

#[derive(Debug, Subcommand)]
pub(super) enum Rules {
    /// Type-check rules before any data is looked at.
    Check {
        #[command(flatten)]
        world: World,
        #[command(flatten)]
        limits: Limits,
        /// The rules.
        rules: PathBuf,
    },
    /// The verdict of every rule on every party.
    Eval {
        #[command(flatten)]
        world: World,
        #[command(flatten)]
        limits: Limits,
        /// The rules.
        #[arg(long)]
        rules: PathBuf,
        /// The parties: a `.csv` or `.parquet` file with a column `id`.
        #[arg(long)]
        parties: PathBuf,
        /// Where to write `party,rule,verdict`.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Only count; nothing is written but the numbers.
        #[arg(long)]
        counts: bool,
    },
    /// Why a rule says what it says of one party.
    Explain {
        #[command(flatten)]
        world: World,
        #[command(flatten)]
        limits: Limits,
        /// The rules.
        #[arg(long)]
        rules: PathBuf,
        /// The parties.
        #[arg(long)]
        parties: PathBuf,
        /// The party's `id`.
        #[arg(long)]
        party: String,
        /// The rule's name.
        #[arg(long)]
        rule: String,
        /// The language of the words: `zh` or `en`.
        #[arg(long, default_value = "en")]
        lang: String,
    },
    /// What changes between two rule sets, or as one constant moves.
    Simulate(Box<Simulate>),
}

#[derive(Debug, Args)]
pub(super) struct Simulate {
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    limits: Limits,
    /// The rules as they are.
    #[arg(long)]
    before: PathBuf,
    /// The rules as they would be; without it, the same.
    #[arg(long)]
    after: Option<PathBuf>,
    /// The parties.
    #[arg(long)]
    parties: PathBuf,
    /// Fields to count gains and losses by.
    #[arg(long)]
    by: Vec<String>,
    /// What each party gets for whom a rule holds: an expression that gives a number.
    #[arg(long)]
    amount: Option<String>,
    /// A constant to move: `params.NAME=FROM..TO` or `params.NAME=FROM..TO/STEP`.
    #[arg(long)]
    sweep: Option<String>,
    /// Write the sweep as a chart (SVG).
    #[arg(long)]
    chart: Option<PathBuf>,
}

/// What rules are read against.
#[derive(Debug, Args)]
pub(super) struct World {
    /// The profile: the fields, their types and codes.
    #[arg(long)]
    profile: PathBuf,
    /// Dated constants; the rules' own file may hold some as well.
    #[arg(long)]
    params: Option<PathBuf>,
    /// The evaluation date, as 2025-01-31; else today.
    #[arg(long)]
    date: Option<String>,
    /// The region whose constants apply.
    #[arg(long, default_value = "")]
    region: String,
}

/// A file of rules.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    #[serde(default)]
    rules: toml::Table,
    #[serde(default)]
    params: toml::Table,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    when: String,
    #[serde(default)]
    #[expect(dead_code, reason = "labels are for the readers of the file")]
    label: Option<zhida_rules::Label>,
}

struct Source {
    path: String,
    text: String,
    rules: Vec<(String, String)>,
    params: Params,
}

impl Source {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = crate::rows::file(path)?;
        let name = path.display().to_string();
        let file: RulesFile = toml::from_str(&text).map_err(|e| crate::rows::placed(&name, &text, &e))?;
        let mut rules = Vec::new();
        for (rule, value) in file.rules {
            let RuleFile { when, .. } = value
                .try_into()
                .map_err(|e| anyhow::anyhow!("{name}: rule `{rule}`: {}", e.to_string().trim_end()))?;
            rules.push((rule, when));
        }
        if rules.is_empty() {
            bail!("{name}: no rules; write `[rules.NAME]` with `when = '…'`");
        }
        let own = toml::Table::from_iter([("params".to_owned(), toml::Value::Table(file.params))]);
        let params = Params::from_toml(&own.to_string()).with_context(|| name.clone())?;
        Ok(Self { path: name, text, rules, params })
    }

    /// A fault with its place in the file: where the rule's text begins there, if it stands there as it is.
    fn place(&self, fault: &Fault) -> (usize, usize) {
        let (line, column) = fault.position();
        let Some(start) = self.text.find(&fault.text) else { return (line, column) };
        let before = self.text.get(..start).unwrap_or_default();
        let first = before.matches('\n').count();
        let offset = before.rsplit('\n').next().unwrap_or_default().chars().count();
        (first + line, if line == 1 { offset + column } else { column })
    }

    fn words(&self, fault: &Fault) -> String {
        let (line, column) = self.place(fault);
        let head = format!(
            "{}:{line}:{column}: rule `{}`: {} [{}]",
            self.path,
            fault.rule,
            fault.cause,
            fault.code.as_str()
        );
        let action = fault.action.as_ref().map_or(String::new(), |a| format!("\n{a}"));
        format!("{head}\n{}{action}", fault.snippet())
    }

    fn value(&self, fault: &Fault) -> Value {
        let (line, column) = self.place(fault);
        json!({
            "rule": fault.rule, "code": fault.code.as_str(), "line": line, "column": column,
            "cause": fault.cause, "action": fault.action, "snippet": fault.snippet(),
        })
    }

    /// The rules compiled, or an error that names every fault.
    fn sound(&self, profile: &Profile, params: &Params, at: &At) -> anyhow::Result<RuleSet> {
        let rules = self.rules.iter().map(|(name, when)| (name.as_str(), when.as_str()));
        RuleSet::compile(profile, params, at, rules).map_err(|faults| {
            anyhow::anyhow!(faults.0.iter().map(|f| self.words(f)).collect::<Vec<_>>().join("\n"))
        })
    }
}

impl World {
    pub(super) fn profile(&self) -> anyhow::Result<Profile> {
        Profile::from_toml(&crate::rows::file(&self.profile)?)
            .with_context(|| self.profile.display().to_string())
    }

    pub(super) fn params(&self, own: &Params) -> anyhow::Result<Params> {
        let file = match &self.params {
            Some(path) => {
                Params::from_toml(&crate::rows::file(path)?).with_context(|| path.display().to_string())?
            }
            None => Params::default(),
        };
        Ok(file.and(own.clone()))
    }

    pub(super) fn at(&self) -> anyhow::Result<At> {
        let day = match &self.date {
            Some(date) => chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d")
                .with_context(|| format!("--date {date}: not a date such as 2025-01-31"))?
                .to_epoch_days(),
            None => Clock::system().today().epoch(),
        };
        Ok(At { day, region: self.region.clone() })
    }
}

pub(super) fn run(command: &Rules) -> anyhow::Result<Answer> {
    match command {
        Rules::Check { world, limits, rules } => limits.run(|| check(world, rules))?,
        Rules::Eval { world, limits, rules, parties, out, counts } => {
            let wanted = match out {
                _ if *counts => Out::Counts,
                Some(path) => Out::File(path),
                None => Out::Standard,
            };
            limits.run(|| eval(world, rules, parties, wanted))?
        }
        Rules::Explain { world, limits, rules, parties, party, rule, lang } => {
            let lang = match lang.as_str() {
                "zh" => Lang::Zh,
                "en" => Lang::En,
                other => bail!("--lang {other}: use `zh` or `en`"),
            };
            limits.run(|| explain(world, rules, parties, (party, rule), lang))?
        }
        Rules::Simulate(options) => options.limits.run(|| simulate(options))?,
    }
}

fn check(world: &World, rules: &Path) -> anyhow::Result<Answer> {
    let (profile, source, at) = (world.profile()?, Source::read(rules)?, world.at()?);
    let params = world.params(&source.params)?;
    let started = Instant::now();
    // One by one, so that a fault in one rule hides nothing of the others.
    let faults: Vec<Fault> = source
        .rules
        .iter()
        .flat_map(|(name, when)| {
            match RuleSet::compile(&profile, &params, &at, [(name.as_str(), when.as_str())]) {
                Ok(set) => set.findings(),
                Err(faults) => faults.0,
            }
        })
        .collect();
    let seconds = started.elapsed().as_secs_f64();
    let text = if faults.is_empty() {
        format!("{} rules: sound", source.rules.len())
    } else {
        faults.iter().map(|f| source.words(f)).collect::<Vec<_>>().join("\n\n")
    };
    let list: Vec<Value> = faults.iter().map(|f| source.value(f)).collect();
    let value = json!({ "rules": source.rules.len(), "faults": list, "seconds": { "check": seconds } });
    Ok(Answer { text, value, yes: faults.is_empty() })
}

/// Where verdicts go.
#[derive(Clone, Copy)]
enum Out<'a> {
    /// Nowhere: they are only counted.
    Counts,
    Standard,
    File(&'a Path),
}

fn eval(world: &World, rules: &Path, parties: &Path, out: Out<'_>) -> anyhow::Result<Answer> {
    let (profile, source, at) = (world.profile()?, Source::read(rules)?, world.at()?);
    let params = world.params(&source.params)?;
    let started = Instant::now();
    let people = table::read(parties, &profile)?;
    let load = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let set = source.sound(&profile, &params, &at)?;
    let ready = set.on(&people.table);
    let compile = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let verdicts = if matches!(out, Out::Counts) { Vec::new() } else { ready.verdicts() };
    let counts = ready.counts();
    let eval = started.elapsed().as_secs_f64();
    let mut by_rule = serde_json::Map::new();
    let mut lines = Vec::new();
    for (name, c) in set.names().zip(&counts) {
        by_rule.insert(name.to_owned(), json!({ "true": c.truth, "false": c.falsity, "unknown": c.unknown }));
        lines.push(format!("{name}: {} true, {} false, {} unknown", c.truth, c.falsity, c.unknown));
    }
    let names: Vec<&str> = set.names().collect();
    let written = match out {
        Out::Counts => Ok(()),
        Out::File(path) => {
            let file = File::create(path).with_context(|| path.display().to_string())?;
            write_verdicts(file, &people, &names, &verdicts)
        }
        Out::Standard => write_verdicts(std::io::stdout().lock(), &people, &names, &verdicts),
    };
    // Whoever reads the output may have had enough of it.
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Err(error.into());
    }
    let value = json!({
        "parties": people.table.rows(),
        "seconds": { "load": load, "compile": compile, "eval": eval },
        "counts": by_rule,
    });
    let text = if matches!(out, Out::Standard) { String::new() } else { lines.join("\n") };
    Ok(Answer::yes(text, value))
}

fn write_verdicts(
    to: impl std::io::Write,
    people: &Parties,
    names: &[&str],
    verdicts: &[Verdicts],
) -> std::io::Result<()> {
    let quoted = |text: &str| {
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let mut to = BufWriter::with_capacity(1 << 20, to);
    to.write_all(b"party,rule,verdict\n")?;
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    for (row, id) in people.ids.iter().enumerate() {
        let id = quoted(id);
        for (name, verdict) in names.iter().zip(verdicts) {
            for part in [id.as_str(), ",", name.as_str(), ",", verdict.at(row).as_str(), "\n"] {
                to.write_all(part.as_bytes())?;
            }
        }
    }
    to.flush()
}

fn explain(
    world: &World,
    rules: &Path,
    parties: &Path,
    (party, rule): (&str, &str),
    lang: Lang,
) -> anyhow::Result<Answer> {
    let (profile, source, at) = (world.profile()?, Source::read(rules)?, world.at()?);
    let params = world.params(&source.params)?;
    let set = source.sound(&profile, &params, &at)?;
    let Some(which) = set.names().position(|name| name == rule) else {
        bail!("there is no rule `{rule}` in {}", source.path);
    };
    let people = table::read(parties, &profile)?;
    let row = people.find(party)?;
    let explained = set.explain(which, &people.table, row).context("the party's row is not there")?;
    let name = |id: &FieldId| profile.field(*id).map_or("?", |f| f.name.as_str()).to_owned();
    let open = set.open(which, &people.table, row);
    let named = |sets: &[std::collections::BTreeSet<FieldId>]| -> Vec<Vec<String>> {
        sets.iter().map(|set| set.iter().map(name).collect()).collect()
    };
    let changes =
        if explained.truth == Truth::False { set.changes(which, &people.table, row) } else { Vec::new() };
    let shown = |id: FieldId, cell: &Cell| profile.field(id).map_or(String::new(), |f| f.display(cell, lang));
    let mut lines = vec![format!("{party} {rule}: {}", explained.truth.as_str())];
    tree(&explained, &T { texts: Texts::new(std::iter::empty())?.into(), lang }, 1, &mut lines);
    for set in named(&open.sets) {
        lines.push(format!("would be settled by: {}", set.join(" + ")));
    }
    for one in &changes {
        let each = one.iter().map(|c| {
            let from = if c.from == Cell::Missing { "?".to_owned() } else { shown(c.field, &c.from) };
            format!("{}: {from} → {}", name(&c.field), shown(c.field, &c.to))
        });
        lines.push(format!("would hold with: {}", each.collect::<Vec<_>>().join(", ")));
    }
    let change = |c: &zhida_rules::Change| {
        let or: Vec<String> = c.or.iter().map(written).collect();
        json!({ "field": name(&c.field), "from": written(&c.from), "to": written(&c.to), "or": or })
    };
    let value = json!({
        "party": party, "rule": rule, "verdict": explained.truth.as_str(),
        "tree": tree_value(&explained, &name),
        "settled_by": named(&open.sets), "to_hold": named(&open.to_hold), "to_fail": named(&open.to_fail),
        "changes": changes.iter().map(|one| one.iter().map(change).collect()).collect::<Vec<Vec<Value>>>(),
    });
    Ok(Answer::yes(lines.join("\n"), value))
}

/// A value as the table's file would hold it.
fn written(cell: &Cell) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Int(n) => n.to_string(),
        Cell::Double(x) => x.to_string(),
        Cell::Bool(b) => b.to_string(),
        Cell::Text(t) | Cell::Code(t) => t.clone(),
        Cell::Date(d) => chrono::NaiveDate::from_epoch_days(*d).map_or(String::new(), |d| d.to_string()),
        Cell::Set(codes) => codes.join(";"),
    }
}

fn tree(e: &Explained, t: &T, depth: usize, lines: &mut Vec<String>) {
    let mark = match e.truth {
        Truth::True => "✓",
        Truth::False => "✗",
        Truth::Unknown => "?",
    };
    let what = match e.joint {
        Joint::All => t.s("joint-all"),
        Joint::Any => t.s("joint-any"),
        Joint::Not => t.s("joint-not"),
        Joint::Leaf => match e.actual(t.lang) {
            "" => e.words(t.lang).to_owned(),
            actual => format!("{} ({actual})", e.words(t.lang)),
        },
    };
    lines.push(format!("{}{mark} {what}", "  ".repeat(depth)));
    for part in &e.parts {
        tree(part, t, depth + 1, lines);
    }
}

fn tree_value(e: &Explained, name: &impl Fn(&FieldId) -> String) -> Value {
    let joint = match e.joint {
        Joint::All => "all",
        Joint::Any => "any",
        Joint::Not => "not",
        Joint::Leaf => "leaf",
    };
    let parts: Vec<Value> = e.parts.iter().map(|part| tree_value(part, name)).collect();
    let fields: Vec<String> = e.fields.iter().map(name).collect();
    json!({
        "joint": joint, "verdict": e.truth.as_str(), "source": e.source,
        "label": { "zh": e.words(Lang::Zh), "en": e.words(Lang::En) },
        "actual": { "zh": e.actual(Lang::Zh), "en": e.actual(Lang::En) },
        "fields": fields, "parts": parts,
    })
}

fn simulate(options: &Simulate) -> anyhow::Result<Answer> {
    let world = &options.world;
    let (profile, before, at) = (world.profile()?, Source::read(&options.before)?, world.at()?);
    let after = options.after.as_deref().map(Source::read).transpose()?;
    let after = after.as_ref().unwrap_or(&before);
    let (params, params_after) = (world.params(&before.params)?, world.params(&after.params)?);
    let people = table::read(&options.parties, &profile)?;
    let old = before.sound(&profile, &params, &at)?;
    let new = after.sound(&profile, &params_after, &at)?;
    let fields: Vec<FieldId> = options
        .by
        .iter()
        .map(|name| profile.find(name).with_context(|| format!("--by {name}: there is no such field")))
        .collect::<Result<_, _>>()?;
    let amount = |params: &Params| -> anyhow::Result<Option<Amount>> {
        let compile = |text: &String| Amount::compile(&profile, params, &at, text);
        options
            .amount
            .as_ref()
            .map(compile)
            .transpose()
            .map_err(|faults| anyhow::anyhow!("--amount: {faults}"))
    };
    let (cost_before, cost_after) = (amount(&params)?, amount(&params_after)?);
    let (was, is) = (old.evaluate(&people.table), new.evaluate(&people.table));
    let index: BTreeMap<&str, &Verdicts> = old.names().zip(&was).collect();
    let nobody =
        Verdicts { truth: Bitmap::zeros(people.table.rows()), known: Bitmap::ones(people.table.rows()) };
    let mut lines = vec![format!("{} parties", people.table.rows())];
    let mut rules = serde_json::Map::new();
    let dropped: Vec<&str> = old.names().filter(|name| !new.names().any(|n| n == *name)).collect();
    let named = new.names().zip(is.iter()).chain(dropped.iter().map(|name| (*name, &nobody)));
    for (name, verdicts) in named {
        let before = index.get(name).copied().unwrap_or(&nobody);
        let mut entry = shifted(name, (before, verdicts), &people, &fields, &mut lines);
        if let (Some(a), Some(b)) = (&cost_before, &cost_after) {
            let (a, b) = (a.total(&people.table, &before.truth), b.total(&people.table, &verdicts.truth));
            lines.push(format!("  cost: {} → {}", a.sum, b.sum));
            let cost =
                |t: zhida_rules::Total| json!({ "sum": t.sum, "parties": t.rows, "unknown": t.unknown });
            entry["cost"] = json!({ "before": cost(a), "after": cost(b) });
        }
        rules.insert(name.to_owned(), entry);
    }
    let mut value = json!({ "parties": people.table.rows(), "rules": rules });
    if let Some(sweep) = &options.sweep {
        let steps = swept(sweep, after, &profile, &params_after, &at, &people)?;
        lines.push(format!("{}: {}", steps.name, steps.rules.join(", ")));
        for (x, counts) in &steps.rows {
            lines.push(format!(
                "  {x}: {}",
                counts.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
            ));
        }
        let rows: Vec<Value> =
            steps.rows.iter().map(|(x, counts)| json!({ "value": x, "true": counts })).collect();
        value["sweep"] = json!({ "constant": steps.name, "rules": steps.rules, "steps": rows });
        if let Some(path) = &options.chart {
            let chart = crate::web::line_chart(&steps.name, &steps.rules, &steps.rows);
            std::fs::write(path, chart).with_context(|| path.display().to_string())?;
        }
    }
    Ok(Answer::yes(lines.join("\n"), value))
}

/// Who gains and who loses by one rule, in all and by groups.
fn shifted(
    name: &str,
    (before, after): (&Verdicts, &Verdicts),
    people: &Parties,
    fields: &[FieldId],
    lines: &mut Vec<String>,
) -> Value {
    let shift = Shift::between(before, after);
    let [stay, gain, lose, unknown] =
        [&shift.stay, &shift.gain, &shift.lose, &shift.unknown].map(Bitmap::count);
    let (was, is) = (stay + lose, stay + gain);
    lines.push(format!("{name}: {was} → {is} ({gain} gain, {lose} lose, {unknown} unknown)"));
    let mut groups = serde_json::Map::new();
    for field in fields {
        let about = by_field(&people.table, *field, Lang::En, &shift);
        let title = people.table.profile().field(*field).map_or("", |f| f.name.as_str()).to_owned();
        for g in about.iter().filter(|g| g.gain + g.lose > 0) {
            let value = if g.value.is_empty() { "(missing)" } else { &g.value };
            lines.push(format!("  {title} {value}: {} → {} (+{} −{})", g.before, g.after, g.gain, g.lose));
        }
        let list = about.iter().map(|g| {
            json!({
                "value": g.value, "people": g.people, "before": g.before, "after": g.after, "gain": g.gain, "lose": g.lose,
            })
        });
        groups.insert(title, list.collect());
    }
    json!({ "before": was, "after": is, "gain": gain, "lose": lose, "unknown": unknown, "by": groups })
}

/// How many parties each rule holds for, for each value of a constant.
struct Sweep {
    name: String,
    rules: Vec<String>,
    rows: Vec<(f64, Vec<usize>)>,
}

fn swept(
    option: &str,
    source: &Source,
    profile: &Profile,
    params: &Params,
    at: &At,
    people: &Parties,
) -> anyhow::Result<Sweep> {
    let wrong = || format!("--sweep {option}: write `params.NAME=FROM..TO` or `params.NAME=FROM..TO/STEP`");
    let (name, range) = option.split_once('=').with_context(wrong)?;
    let name = name.strip_prefix("params.").unwrap_or(name);
    if !params.names().any(|known| known == name) {
        bail!("--sweep {option}: there is no constant `params.{name}`");
    }
    let (range, step) = range.split_once('/').unwrap_or((range, "1"));
    let (from, to) = range.split_once("..").with_context(wrong)?;
    let number = |text: &str| text.trim().parse::<f64>().with_context(wrong);
    let (from, to, step) = (number(from)?, number(to)?, number(step)?);
    if !(from.is_finite() && to.is_finite() && step > 0.0 && (to - from) / step <= 10_000.0) {
        bail!("--sweep {option}: at most 10,000 steps, upwards");
    }
    let whole = matches!(params.get(name, at), Some(ParamValue::Int(_)) | None);
    let mut rows = Vec::new();
    let mut step_number = 0_u32;
    loop {
        let x = from + f64::from(step_number) * step;
        if x > to + step * 1e-9 {
            break;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number within what a double holds exactly"
        )]
        let value = if whole { ParamValue::Int(x.round() as i64) } else { ParamValue::Double(x) };
        let set = source.sound(profile, &params.with(name, value), at)?;
        rows.push((x, set.on(&people.table).counts().into_iter().map(|c| c.truth).collect()));
        step_number += 1;
    }
    let rules = source.rules.iter().map(|(name, _)| name.clone()).collect();
    Ok(Sweep { name: format!("params.{name}"), rules, rows })
}
