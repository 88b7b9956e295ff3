//! The parts of a pack as types.

use std::collections::BTreeMap;

use serde::Deserialize;
use zhida_rules::{At, Faults, Label, Lang, Params, Profile, RuleSet};
use zhida_types::Day;

use crate::checklist::Checklist;
use crate::commitments::{self, CommitmentList, Indicator, Lights};
use crate::files::{Files, PackFault};
use crate::goods::{self, Goods};
use crate::import::{self, ImportKind};
use crate::lint::{self, Prohibition};
use crate::measure::{self, Package};
use crate::network::{self, Network};
use crate::programme::{self, Programme};
use crate::providers::{self, Providers};
use crate::public::{self, Letter, Rectification, Tips};
use crate::replies::Replies;
use crate::report::{self, Report};
use crate::sanctions::{self, Sanction};
use crate::tours::{self, TourKind};

/// A service: who it is for, what it offers on which terms, and how it speaks.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The folder's name.
    pub name: String,
    /// The version that cases and verdicts refer to.
    pub version: String,
    /// Its place among the services: the lowest comes first.
    pub order: i64,
    /// What people call the service.
    pub title: Label,
    /// What it is for, in a sentence.
    pub summary: Label,
    /// Whom it serves; nothing for a pack that serves nobody by itself.
    pub party: Option<PartyKind>,
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
    /// Its packages of measures; each clause stands among the programmes.
    pub packages: Vec<Package>,
    /// The fields that the program measures by.
    pub uses: Uses,
    /// How a text message answers.
    pub replies: Replies,
    /// Conditions that the law does not allow.
    pub prohibitions: Vec<Prohibition>,
    /// The kinds of places that the service has.
    pub places: Vec<PlaceKind>,
    /// Its network of places that are open to the public.
    pub network: Option<Network>,
    /// What plans of its network begin with.
    pub layout: Option<crate::layout::Spec>,
    /// The checks without which something may not go on.
    pub gates: Vec<Gate>,
    /// Its checklists.
    pub checklists: Vec<Checklist>,
    /// Its lists of commitments.
    pub commitments: Vec<CommitmentList>,
    /// The rule of the lights.
    pub lights: Option<Lights>,
    /// What is counted.
    pub indicators: Vec<Indicator>,
    /// What its ledger holds.
    pub goods: Goods,
    /// What anybody may report.
    pub tips: Option<Tips>,
    /// Measures that may be taken against something after its side was heard.
    pub sanctions: Vec<Sanction>,
    /// What is settled before findings are put right.
    pub rectification: Option<Rectification>,
    /// Who may run what it buys, and how.
    pub providers: Option<Providers>,
    /// Its letters.
    pub letters: Vec<Letter>,
    /// Its kinds of tours.
    pub tours: Vec<TourKind>,
    /// Its reports.
    pub reports: Vec<Report>,
    /// Fluent texts by language tag.
    pub texts: BTreeMap<String, String>,
    pub(crate) files: Files,
}

/// Which fields of the profile the program measures by: nothing in it knows their names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Uses {
    /// The number of the account that money goes to.
    pub account: Option<String>,
    /// The name that the account bears at the bank.
    pub account_name: Option<String>,
    /// The bank.
    pub bank: Option<String>,
    /// The numbers of all who belong to a party of several, in one text: the same people in two are found by them.
    pub members: Option<String>,
    /// The set of skills, for the term *skill* and what files say of offers.
    pub skills: Option<String>,
    /// The wage hoped for in yuan a month, for the term *wage*.
    pub wage: Option<String>,
    /// The set of times at which a person can come, for the term *schedule* and what files say of offers.
    pub times: Option<String>,
    /// Schooling, an ordered code: the least that an offer asks for.
    pub schooling: Option<String>,
    /// The field whose value is the language in which a person wants to be written to.
    pub language: Option<String>,
    /// The one or two fields by which the portrait begins.
    pub portrait: Vec<String>,
}

impl Uses {
    fn named(&self) -> impl Iterator<Item = &String> {
        let single = [&self.skills, &self.wage, &self.times, &self.schooling, &self.language];
        let money = [&self.account, &self.account_name, &self.bank, &self.members];
        single.into_iter().chain(money).flatten().chain(&self.portrait)
    }
}

/// By which number a party is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityKind {
    /// The citizen's number: a person's own, or that of a household's head.
    #[default]
    IdNumber,
    /// An organisation's credit code.
    CreditCode,
}

/// Whom a pack serves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyKind {
    /// The code: `person`, `household`, `enterprise`. Packs of the same kind share their parties.
    pub kind: String,
    /// What people call them.
    pub label: Label,
    /// By which number one is known.
    #[serde(default)]
    pub identity: IdentityKind,
}

/// A kind of place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceKind {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
}

/// A check that must be passed, and still good, before something may go on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// What the gate is called.
    pub label: Label,
    /// The checklist.
    pub checklist: String,
    /// The programme whose cases wait at the gate.
    pub programme: String,
    /// The stage that lies behind it.
    pub before: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    version: String,
    #[serde(default = "last")]
    order: i64,
    title: Label,
    summary: Label,
    party: Option<PartyKind>,
    #[serde(default)]
    uses: Uses,
    #[serde(default)]
    replies: Replies,
    #[serde(default)]
    places: Vec<PlaceKind>,
    #[serde(default)]
    gates: Vec<Gate>,
    rectification: Option<Rectification>,
}

fn last() -> i64 {
    100
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

/// What a file says, or nothing of it where there is no such file.
fn or_default<T: Default, E: std::fmt::Display>(
    files: &Files,
    file: &str,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<T, PackFault> {
    let found = files.0.get(file).map(|text| read(text).map_err(|e| PackFault::new(file, e)));
    Ok(found.transpose()?.unwrap_or_default())
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
        let profile = or_default(&files, "profile.toml", Profile::from_toml)?;
        let params = or_default(&files, "params.toml", Params::from_toml)?;
        let tiers = if files.0.contains_key("tiers.toml") { tiers(&files)? } else { Vec::new() };
        let imports =
            each(&files, "imports/", faults, |code, path| import::read(&files, code, path, &profile));
        let mut programmes =
            each(&files, "programmes/", faults, |code, path| programme::read(&files, code, path));
        let checklists =
            each(&files, "checklists/", faults, |code, path| Checklist::read(&code, path, files.text(path)?));
        let commitments =
            each(&files, "commitments/", faults, |code, path| commitments::read_list(&files, code, path));
        let reports = each(&files, "reports/", faults, |code, path| report::read(&files, code, path));
        let lights = commitments::read_lights(&files)?;
        let indicators = commitments::read_indicators(&files)?;
        let goods = goods::read(&files)?;
        let tours = tours::read(&files)?;
        let letters = each(&files, "letters/", faults, |code, path| public::letter(&files, code, path));
        programmes.sort_by_key(|(order, _)| *order);
        let mut programmes: Vec<Programme> = programmes.into_iter().map(|(_, programme)| programme).collect();
        let course = measure::course(&files)?;
        let mut packages =
            each(&files, "measures/", faults, |code, path| measure::read(&files, code, path, &course));
        packages.sort_by_key(|(order, ..)| *order);
        let packages = packages.into_iter().map(|(_, package, clauses)| {
            programmes.extend(clauses);
            package
        });
        let packages = packages.collect();
        if let Some(twice) = twice(&programmes) {
            faults.push(PackFault::new(
                "measures",
                format!("`{twice}` is the code of two programmes or clauses"),
            ));
        }
        if let Some(field) = head.uses.named().find(|f| profile.find(f).is_none()) {
            let words = format!("`uses`: there is no field `{field}` in profile.toml");
            faults.push(PackFault::new("pack.toml", words));
        }
        let prohibitions = lint::read(&files, &profile)?;
        let network = network::read(&files, &head.places)?;
        Ok(Self {
            name: name.to_owned(),
            version: head.version,
            order: head.order,
            title: head.title,
            summary: head.summary,
            party: head.party,
            profile,
            params,
            tiers,
            imports,
            programmes,
            packages,
            uses: head.uses,
            replies: head.replies,
            prohibitions,
            layout: crate::layout::read(&files, network.as_ref())?,
            network,
            places: head.places,
            gates: head.gates,
            checklists,
            commitments,
            lights,
            indicators,
            goods,
            tours,
            tips: public::tips(&files)?,
            sanctions: sanctions::read(&files)?,
            providers: providers::read(&files)?,
            rectification: head.rectification,
            letters,
            reports,
            texts: files.texts(),
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
        for field in self.profile.fields() {
            if let Some(zhida_rules::Derive::Decide(rules)) = &field.derive {
                for (code, when) in rules {
                    compile("profile.toml", &format!("{}/{code}", field.name), when, at);
                }
            }
        }
        for version in &self.tiers {
            let then = At { day: version.from.epoch().max(at.day), region: at.region.clone() };
            for tier in &version.tiers {
                compile("tiers.toml", &format!("{}/{}", version.code, tier.code), &tier.when, &then);
            }
        }
        for programme in &self.programmes {
            let file = programme.file();
            compile(&file, "when", &programme.when, at);
            for term in &programme.terms {
                if let Some(when) = &term.when {
                    compile(&file, &term.name, when, at);
                }
            }
        }
        for suspect in self.providers.iter().flat_map(|p| &p.running.suspects) {
            compile("providers.toml", &suspect.code, &suspect.when, at);
        }
        for import in &self.imports {
            let file = format!("imports/{}.toml", import.code);
            for refusal in &import.refuse {
                compile(&file, "refuse", &refusal.when, at);
            }
        }
        faults.extend(measure::check((&self.profile, &self.params), &self.programmes, &self.goods, at));
        faults.extend(self.references());
        faults
    }

    /// What files name in one another and is not there.
    fn references(&self) -> Vec<PackFault> {
        let mut faults = Vec::new();
        if let Some(p) =
            self.providers.as_ref().filter(|p| !self.goods.budget.iter().any(|l| l.code == p.fund))
        {
            let words = format!("`fund`: there is no line `{}` of the budget in ledger.toml", p.fund);
            faults.push(PackFault::new("providers.toml", words));
        }
        for outcome in self.providers.iter().map(|p| &p.outcome) {
            let unknown = outcome.groups.iter().filter(|g| self.profile.find(g).is_none());
            faults.extend(unknown.map(|g| {
                PackFault::new("providers.toml", format!("`outcome.groups`: there is no field `{g}`"))
            }));
            let unknown = outcome.targets.iter().filter(|t| self.programme(&t.programme).is_none());
            faults.extend(unknown.map(|t| {
                PackFault::new(
                    "providers.toml",
                    format!("`outcome.targets`: there is no programme `{}`", t.programme),
                )
            }));
        }
        if let Some(network) = self.network.as_ref().filter(|n| !n.suggest.is_empty())
            && !self.tips.iter().flat_map(|t| &t.kinds).any(|k| k.code == network.suggest)
        {
            let words = format!("`suggest`: tips.toml has no kind `{}`", network.suggest);
            faults.push(PackFault::new("network.toml", words));
        }
        for tier in self.network.iter().flat_map(|n| &n.tiers) {
            if !tier.checklist.is_empty() && self.checklist(&tier.checklist).is_none() {
                let words = format!("`tiers`: there is no checklist `{}`", tier.checklist);
                faults.push(PackFault::new("network.toml", words));
            }
            if let Some(asks) = tier.asks.as_ref().filter(|a| self.checklist(&a.functions).is_none()) {
                let words = format!("`tiers`: there is no checklist `{}`", asks.functions);
                faults.push(PackFault::new("network.toml", words));
            }
        }
        if let Some(providers) = &self.providers {
            let list = self.checklist(&providers.checklist).filter(|l| l.about == "bid");
            if list.is_none_or(|l| l.reviewers != providers.reviewers) {
                let words = format!(
                    "`checklist`: there is no checklist `{}` about a bid for {} reviewers",
                    providers.checklist, providers.reviewers
                );
                faults.push(PackFault::new("providers.toml", words));
            }
            let (audit, visit) = (&providers.outcome.audit, &providers.visit);
            for (field, code, about) in [("outcome.audit", audit, "outcome"), ("visit", visit, "offer")] {
                if self.checklist(code).is_none_or(|l| l.about != about) {
                    let words = format!("`{field}`: there is no checklist `{code}` about an {about}");
                    faults.push(PackFault::new("providers.toml", words));
                }
            }
        }
        for list in self.checklists.iter().filter(|l| !l.after.is_empty()) {
            if list.after == list.code || self.checklist(&list.after).is_none_or(|a| a.about != list.about) {
                let words = format!("`after`: there is no other checklist `{}` about the same", list.after);
                faults.push(PackFault::new(&format!("checklists/{}.toml", list.code), words));
            }
        }
        for gate in &self.gates {
            let programme = self.programme(&gate.programme);
            if programme.is_none_or(|p| p.stage(&gate.before).is_none()) {
                let words = format!("`gates`: there is no stage `{}` of `{}`", gate.before, gate.programme);
                faults.push(PackFault::new("pack.toml", words));
            }
            if self.checklist(&gate.checklist).is_none() {
                let words = format!("`gates`: there is no checklist `{}`", gate.checklist);
                faults.push(PackFault::new("pack.toml", words));
            }
        }
        faults
    }

    /// The text of a file of the pack.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.0.get(path).map(String::as_str)
    }

    /// The skills that people can have and offers can ask for.
    pub fn skills(&self) -> &[zhida_rules::CodeItem] {
        self.codes(self.uses.skills.as_ref())
    }

    /// The times at which people can come and offers are.
    pub fn times(&self) -> &[zhida_rules::CodeItem] {
        self.codes(self.uses.times.as_ref())
    }

    fn codes(&self, field: Option<&String>) -> &[zhida_rules::CodeItem] {
        let field = field.and_then(|name| self.profile.named(name));
        field.map(|f| f.kind.codes()).unwrap_or_default()
    }

    /// A checklist by its code.
    pub fn checklist(&self, code: &str) -> Option<&Checklist> {
        self.checklists.iter().find(|c| c.code == code)
    }

    /// A report by its code.
    pub fn report(&self, code: &str) -> Option<&Report> {
        self.reports.iter().find(|r| r.code == code)
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

/// The code of two programmes.
fn twice(programmes: &[Programme]) -> Option<&str> {
    let mut seen = std::collections::BTreeSet::new();
    programmes.iter().map(|p| p.code.as_str()).find(|code| !seen.insert(*code))
}

/// Reads every file of a folder of the pack; what cannot be read is a fault.
fn each<T>(
    files: &Files,
    folder: &str,
    faults: &mut Vec<PackFault>,
    read: impl Fn(String, &str) -> Result<T, PackFault>,
) -> Vec<T> {
    let mut found = Vec::new();
    for (code, path) in files.below(folder, ".toml") {
        match read(code, &path) {
            Ok(one) => found.push(one),
            Err(fault) => faults.push(fault),
        }
    }
    found
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
