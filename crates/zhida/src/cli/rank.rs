//! `zhida match rank`: the best offers of each party on plain files, eligibility included.

use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use zhida_matching::{Best, Eligibility, Offer, Party, Pool, Term, TermKind, rank, score, selection};
use zhida_rules::{Cell, FieldId, FieldKind, Profile, Ready, RuleSet};

use super::progress::Progress;
use super::rules::World;
use super::table::{self, Parties};
use super::{Answer, Limits};

#[derive(Debug, Args)]
pub(super) struct Rank {
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    limits: Limits,
    /// The parties: a `.csv` or `.parquet` file with a column `id`.
    #[arg(long)]
    parties: PathBuf,
    /// The offers: a CSV with `offer` and, as far as the terms need them, `rule`, `skills`, `occupation`, `lon`, `lat`,
    /// `wage`, `times`, `well`, `ended`.
    #[arg(long)]
    offers: PathBuf,
    /// The terms of the score (TOML).
    #[arg(long)]
    terms: PathBuf,
    /// How many offers each party keeps, and how many parties each offer.
    #[arg(long, default_value_t = 20)]
    top: usize,
    /// Where to write the best offers of each party: `party,offer,score` and a column for each term.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where to write the best parties of each offer: `offer,party,score`.
    #[arg(long)]
    by_offer: Option<PathBuf>,
    /// Fields by whose groups the rates of being among an offer's best are compared.
    #[arg(long)]
    fairness: Vec<String>,
}

/// The file of terms.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsFile {
    #[serde(default)]
    uses: Uses,
    terms: Vec<TermFile>,
}

/// Which fields of the profile the terms look at.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Uses {
    /// A set of codes.
    skills: Option<String>,
    /// A text: a code of a classification.
    occupation: Option<String>,
    /// Degrees, WGS 84.
    lon: Option<String>,
    lat: Option<String>,
    /// A whole number, in the unit of the offers' `wage`.
    wage: Option<String>,
    /// A set of codes: the times at which the party can come.
    times: Option<String>,
    /// A number from 0 to 1, or an ordered code: the last is the most urgent.
    need: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TermFile {
    name: String,
    measure: String,
    weight: f64,
    /// For `distance`: kilometres at which it has fallen to 1/e.
    kilometres: Option<f64>,
    /// For `record`: the prior, well and not.
    prior: Option<[f64; 2]>,
}

impl TermFile {
    fn term(&self) -> anyhow::Result<Term> {
        let kind = match self.measure.as_str() {
            "skill" => TermKind::Skill,
            "occupation" => TermKind::Occupation,
            "distance" => TermKind::Distance { scale: self.kilometres.unwrap_or(10.0) * 1_000.0 },
            "wage" => TermKind::Wage,
            "schedule" => TermKind::Schedule,
            "need" => TermKind::Need,
            "record" => {
                let [a, b] = self.prior.unwrap_or([1.0, 1.0]);
                TermKind::Record { a, b }
            }
            other => bail!(
                "term `{}`: there is no measure `{other}`; use skill, occupation, distance, wage, schedule, need or record",
                self.name
            ),
        };
        if !(self.weight.is_finite() && self.weight >= 0.0) {
            bail!("term `{}`: the weight {} is not a number of at least 0", self.name, self.weight);
        }
        Ok(Term { name: self.name.clone(), kind, weight: self.weight })
    }
}

/// Columns of the profile that terms look at.
struct Looked<'a> {
    profile: &'a Profile,
    uses: Uses,
}

impl Looked<'_> {
    fn field(&self, name: Option<&String>, what: &str) -> anyhow::Result<Option<FieldId>> {
        let find = |name: &String| {
            self.profile.find(name).with_context(|| format!("{what}: there is no field `{name}`"))
        };
        name.map(find).transpose()
    }

    fn parties(&self, people: &Parties) -> anyhow::Result<Vec<Party>> {
        let uses = &self.uses;
        let skills = self.field(uses.skills.as_ref(), "skills")?;
        let occupation = self.field(uses.occupation.as_ref(), "occupation")?;
        let (lon, lat) = (self.field(uses.lon.as_ref(), "lon")?, self.field(uses.lat.as_ref(), "lat")?);
        let wage = self.field(uses.wage.as_ref(), "wage")?;
        let times = self.field(uses.times.as_ref(), "times")?;
        let need = self.field(uses.need.as_ref(), "need")?;
        let number = |cell: Cell| match cell {
            Cell::Double(x) => Some(x),
            #[expect(clippy::cast_precision_loss, reason = "degrees and shares are small")]
            Cell::Int(n) => Some(n as f64),
            _ => None,
        };
        let one = |row: usize| {
            let cell = |id: Option<FieldId>| id.map_or(Cell::Missing, |id| people.table.cell(row, id));
            let place = number(cell(lon)).zip(number(cell(lat)));
            Party {
                skills: skills.map_or(0, |id| self.bits(id, &people.table.cell(row, id))),
                occupation: if let Cell::Text(code) | Cell::Code(code) = cell(occupation) {
                    code
                } else {
                    String::new()
                },
                place,
                wage: if let Cell::Int(n) = cell(wage) { Some(n) } else { None },
                times: times.map_or(0, |id| {
                    u64::try_from(self.bits(id, &people.table.cell(row, id)) & u128::from(u64::MAX))
                        .unwrap_or(0)
                }),
                need: need.map_or(0.0, |id| self.urgency(id, &people.table.cell(row, id))),
                prefers: 0,
            }
        };
        Ok((0..people.table.rows()).map(one).collect())
    }

    fn bits(&self, id: FieldId, cell: &Cell) -> u128 {
        let Cell::Set(codes) = cell else { return 0 };
        codes.iter().filter_map(|code| self.bit(id, code)).fold(0, |all, bit| all | bit)
    }

    fn bit(&self, id: FieldId, code: &str) -> Option<u128> {
        let codes = self.profile.field(id)?.kind.codes();
        let at = codes.iter().position(|c| c.code == code)?;
        1_u128.checked_shl(u32::try_from(at).ok()?)
    }

    fn urgency(&self, id: FieldId, cell: &Cell) -> f64 {
        match (cell, self.profile.field(id).map(|f| &f.kind)) {
            (Cell::Double(x), _) => *x,
            (Cell::Code(code), Some(FieldKind::Code { codes, .. })) => {
                let at = codes.iter().position(|c| c.code == *code).unwrap_or(0);
                let of = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
                of(at) / of(codes.len().saturating_sub(1).max(1))
            }
            _ => 0.0,
        }
    }

    fn offers(&self, path: &Path) -> anyhow::Result<(Vec<String>, Vec<String>, Vec<Offer>)> {
        let name = path.display().to_string();
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).context(name.clone())?;
        let head: Vec<String> =
            reader.headers()?.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect();
        let at = |column: &str| head.iter().position(|h| h == column);
        let Some(id) = at("offer") else { bail!("{name}:1:1: there is no column `offer`") };
        let skills = self.field(self.uses.skills.as_ref(), "skills")?;
        let times = self.field(self.uses.times.as_ref(), "times")?;
        let (mut ids, mut rules, mut offers) = (Vec::new(), Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record.with_context(|| name.clone())?;
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: &str| at(column).and_then(|c| record.get(c)).unwrap_or("");
            let wrong = |column: &str, expected: &str| {
                let place = at(column).unwrap_or(0) + 1;
                anyhow::anyhow!("{name}:{line}:{place}: `{}` is not {expected}", cell(column))
            };
            let degrees = |column: &str| match cell(column) {
                "" => Ok(None),
                text => text
                    .parse::<f64>()
                    .ok()
                    .filter(|x| x.is_finite())
                    .map(Some)
                    .ok_or_else(|| wrong(column, "a number")),
            };
            let whole = |column: &str| match cell(column) {
                "" => Ok(0),
                text => text.parse::<u32>().ok().ok_or_else(|| wrong(column, "a whole number of at least 0")),
            };
            let set = |column: &str, field: Option<FieldId>| -> anyhow::Result<u128> {
                let codes = cell(column).split(';').map(str::trim).filter(|c| !c.is_empty());
                codes
                    .map(|code| {
                        field
                            .and_then(|id| self.bit(id, code))
                            .ok_or_else(|| wrong(column, "made of codes of the profile"))
                    })
                    .try_fold(0, |all, bit| Ok(all | bit?))
            };
            offers.push(Offer {
                skills: set("skills", skills)?,
                occupation: cell("occupation").to_owned(),
                place: degrees("lon")?.zip(degrees("lat")?),
                wage: match cell("wage") {
                    "" => None,
                    text => Some(text.parse().ok().ok_or_else(|| wrong("wage", "a whole number"))?),
                },
                times: u64::try_from(set("times", times)?).unwrap_or(0),
                preferred: 0,
                record: (whole("well")?, whole("ended")?),
            });
            ids.push(record.get(id).unwrap_or_default().to_owned());
            rules.push(cell("rule").to_owned());
        }
        Ok((ids, rules, offers))
    }
}

/// Eligibility by rules, evaluated for each block of parties as it is ranked.
struct ByRules<'a> {
    ready: Ready<'a>,
    /// For each rule the offers that have it.
    offers: Vec<Vec<usize>>,
}

impl Eligibility for ByRules<'_> {
    fn block(&self, parties: Range<usize>, found: &mut dyn FnMut(usize, &[u64])) {
        self.ready.rows(parties, &mut |rule, truth| {
            for offer in self.offers.get(rule).into_iter().flatten() {
                found(*offer, truth);
            }
        });
    }
}

pub(super) fn run(options: &Rank) -> anyhow::Result<Answer> {
    options.limits.run(|| ranked(options))?
}

fn ranked(options: &Rank) -> anyhow::Result<Answer> {
    let progress = Progress::new(&options.limits)?;
    progress.tick(|| "reading".to_owned());
    let started = Instant::now();
    let (profile, at) = (options.world.profile()?, options.world.at()?);
    let name = options.terms.display().to_string();
    let text = crate::rows::file(&options.terms)?;
    let file: TermsFile = toml::from_str(&text).map_err(|e| crate::rows::placed(&name, &text, &e))?;
    let terms: Vec<Term> =
        file.terms.iter().map(TermFile::term).collect::<anyhow::Result<_>>().with_context(|| name.clone())?;
    let looked = Looked { profile: &profile, uses: file.uses };
    let people = table::read(&options.parties, &profile)?;
    let parties = looked.parties(&people)?;
    let (ids, rules, offers) = looked.offers(&options.offers)?;
    let load = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let params = options.world.params(&zhida_rules::Params::default())?;
    // Offers with the same rule share it; one without is open to all.
    let mut distinct: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (offer, rule) in rules.iter().enumerate() {
        distinct.entry(if rule.is_empty() { "true" } else { rule }).or_default().push(offer);
    }
    let named: Vec<(String, &str)> = distinct
        .iter()
        .map(|(rule, offers)| (offers.first().and_then(|o| ids.get(*o)).cloned().unwrap_or_default(), *rule))
        .collect();
    let set =
        RuleSet::compile(&profile, &params, &at, named.iter().map(|(name, rule)| (name.as_str(), *rule)))
            .map_err(|faults| anyhow::anyhow!("{}: rules of offers:\n{faults}", options.offers.display()))?;
    let eligibility = ByRules { ready: set.on(&people.table), offers: distinct.into_values().collect() };
    let compile = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let pool = Pool { parties: &parties, offers: &offers, terms: &terms, top: options.top };
    let total = parties.len();
    let ranked = AtomicUsize::new(0);
    let watch = |done: usize| {
        ranked.fetch_max(done, Ordering::Relaxed);
        progress.tick(|| format!("{done} of {total} parties ranked"))
    };
    let ranking = rank(&pool, &eligibility, &watch);
    let complete = !progress.is_over() || ranked.into_inner() == total;
    let seconds = started.elapsed().as_secs_f64();
    if let Some(path) = &options.out {
        let mut writer = csv::Writer::from_writer(BufWriter::new(
            std::fs::File::create(path).with_context(|| path.display().to_string())?,
        ));
        let head = ["party", "offer", "score"].into_iter().chain(terms.iter().map(|t| t.name.as_str()));
        writer.write_record(head)?;
        for (party, list) in ranking.by_party.iter().enumerate() {
            for best in list {
                let Some(scored) = score(&pool, party, best.other as usize) else { continue };
                let mut row =
                    vec![people.ids[party].clone(), ids[scored.offer].clone(), scored.score.to_string()];
                row.extend(scored.terms.iter().map(f64::to_string));
                writer.write_record(row)?;
            }
        }
        writer.flush()?;
    }
    if let Some(path) = &options.by_offer {
        write_by_offer(path, &ids, &people.ids, &ranking.by_offer)?;
    }
    let kept: usize = ranking.by_party.iter().map(Vec::len).sum();
    let fairness = fairness(options, &profile, &people, &ranking.by_offer)?;
    let value = json!({
        "parties": parties.len(), "offers": offers.len(), "eligible": ranking.eligible, "scored": ranking.scored,
        "kept": kept, "complete": complete, "seconds": { "load": load, "compile": compile, "rank": seconds }, "fairness": fairness,
    });
    let over = if complete { "" } else { "; not all parties were come to in the time given" };
    let text = format!(
        "{} parties × {} offers: {} eligible pairs, {} worked out, {kept} kept; {seconds:.3} s{over}",
        parties.len(),
        offers.len(),
        ranking.eligible,
        ranking.scored
    );
    Ok(Answer::yes(text, value))
}

fn write_by_offer(
    path: &Path,
    offers: &[String],
    people: &[String],
    best: &[Vec<Best>],
) -> anyhow::Result<()> {
    let mut to = BufWriter::new(std::fs::File::create(path).with_context(|| path.display().to_string())?);
    writeln!(to, "offer,party,score")?;
    for (offer, list) in offers.iter().zip(best) {
        for best in list {
            writeln!(to, "{offer},{},{}", people[best.other as usize], best.score)?;
        }
    }
    Ok(to.flush()?)
}

/// How often the groups of a field are among the best of some offer.
fn fairness(
    options: &Rank,
    profile: &Profile,
    people: &Parties,
    by_offer: &[Vec<Best>],
) -> anyhow::Result<Value> {
    let mut chosen = vec![false; people.ids.len()];
    for best in by_offer.iter().flatten() {
        if let Some(slot) = chosen.get_mut(best.other as usize) {
            *slot = true;
        }
    }
    let mut out = serde_json::Map::new();
    for name in &options.fairness {
        let id = profile.find(name).with_context(|| format!("--fairness {name}: there is no such field"))?;
        let bands = profile.field(id).map(|f| f.bands.clone()).unwrap_or_default();
        let group = |row: usize| match people.table.cell(row, id) {
            Cell::Missing => None,
            Cell::Code(code) | Cell::Text(code) => Some(code),
            Cell::Int(n) if !bands.is_empty() => {
                let at = bands.partition_point(|from| *from <= n);
                Some(
                    at.checked_sub(1)
                        .and_then(|at| bands.get(at))
                        .map_or_else(|| "<".to_owned(), |low| format!("{low}+")),
                )
            }
            Cell::Int(n) => Some(n.to_string()),
            Cell::Bool(b) => Some(b.to_string()),
            other => Some(format!("{other:?}")),
        };
        let rows: Vec<(Option<String>, bool)> =
            chosen.iter().enumerate().map(|(row, c)| (group(row), *c)).collect();
        let report = selection(rows.iter().map(|(g, c)| (g.as_deref(), *c)), 30);
        let groups: Vec<Value> = report
            .groups
            .iter()
            .map(|g| json!({ "group": g.code, "pool": g.pool, "selected": g.selected }))
            .collect();
        out.insert(
            name.clone(),
            json!({ "ratio": report.ratio, "flagged": report.flagged, "groups": groups }),
        );
    }
    Ok(Value::Object(out))
}
