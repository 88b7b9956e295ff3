//! What every request and task has at hand, and the merge of the slices' routers.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::Router;
use sea_orm::DatabaseConnection;
use zhida_pack::{Files, ImportKind, Indicator, Lights, Network, Pack, Programme};
use zhida_types::RegionCode;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::seal::Keys;
use crate::ids::{CountyId, PartyId};
use crate::party::{Brief, Occupations, Snapshot, Snapshots};
use crate::problem::Problem;
use crate::regions::Regions;
use crate::texts::Texts;

/// The packs that come with the program.
#[derive(rust_embed::Embed)]
#[folder = "../../packs"]
struct Packs;

/// Everything that is opened once.
#[derive(Debug)]
pub struct Inner {
    /// The database.
    pub db: DatabaseConnection,
    /// The data folder.
    pub data: PathBuf,
    /// The keys.
    pub keys: Keys,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub config: Config,
    /// The services, the one that comes first in front.
    packs: Vec<Pack>,
    /// The registers: for each kind of party what all services say of it, the kind of the first service in front.
    registers: Vec<Arc<Pack>>,
    /// The wording.
    pub texts: Arc<Texts>,
    /// Regions.
    pub regions: Regions,
    /// Occupations.
    pub occupations: Occupations,
    /// The counties' people as columns, kept warm.
    pub snapshots: Snapshots,
    /// The places of networks, kept warm.
    pub maps: crate::network::Maps,
    /// What classes came to, kept warm.
    pub results: crate::result::Kept,
}

/// The program's state; cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Opens a data folder: settings, keys, database, pack.
    ///
    /// # Errors
    /// Whatever cannot be opened, with what to do.
    pub async fn open(data: &Path, clock: Clock) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data.join("files"))
            .with_context(|| format!("cannot write to {}", data.display()))?;
        let url = std::env::var("ZHIDA_DATABASE_URL").ok().filter(|u| !u.is_empty());
        let db = crate::db::open(data, url.as_deref()).await.context("cannot open the database")?;
        Self::with(data, clock, db)
    }

    /// Opens a data folder beside a database that is open already.
    ///
    /// # Errors
    /// Whatever cannot be opened, with what to do.
    pub fn with(data: &Path, clock: Clock, db: DatabaseConnection) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data.join("files"))
            .with_context(|| format!("cannot write to {}", data.display()))?;
        let config = Config::open_or_create(data)?;
        let keys = Keys::open_or_create(&data.join("key"))?;
        let packs = read_packs(data, &config)?;
        let registers = registers(&packs)?;
        let texts = Arc::new(Texts::new(packs.iter().map(|p| &p.texts))?);
        let (regions, occupations) = (Regions::embedded()?, Occupations::embedded()?);
        let snapshots = Snapshots::default();
        let data = data.to_owned();
        Ok(Self(Arc::new(Inner {
            db,
            data,
            keys,
            clock,
            config,
            packs,
            registers,
            texts,
            regions,
            occupations,
            snapshots,
            maps: crate::network::Maps::default(),
            results: crate::result::Kept::default(),
        })))
    }

    /// All packs, the first service in front.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> + Clone {
        self.packs.iter()
    }

    /// All registers: one for each kind of party.
    pub fn registers(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.registers.iter()
    }

    /// The register of a kind of party; of the first service's for an empty kind.
    ///
    /// # Errors
    /// A kind that no service serves.
    pub fn register(&self, kind: &str) -> Result<&Arc<Pack>, Problem> {
        self.registers.iter().find(|r| kind.is_empty() || r.kind() == kind).ok_or(Problem::NotFound)
    }

    /// The county's parties of a kind as columns.
    ///
    /// # Errors
    /// A kind that no service serves, or the database's.
    pub async fn snapshot(&self, county: &CountyId, kind: &str) -> Result<Arc<Snapshot>, Problem> {
        self.snapshots.get(self, county, self.register(kind)?).await
    }

    /// Those of some parties whom somebody of a region may see.
    ///
    /// # Errors
    /// The database's.
    pub async fn seen(
        &self,
        scope: (&CountyId, &RegionCode),
        ids: impl IntoIterator<Item = PartyId>,
    ) -> Result<BTreeMap<PartyId, Brief>, Problem> {
        Ok(crate::party::briefs(&self.db, scope, ids).await?)
    }

    /// A programme by its code, and the register of those whom it serves.
    ///
    /// # Errors
    /// A programme that no service has.
    pub fn programme(&self, code: &str) -> Result<(&Arc<Pack>, &Programme), Problem> {
        let found = self.registers.iter().find_map(|r| r.programme(code).map(|p| (r, p)));
        found.ok_or(Problem::NotFound)
    }

    /// The texts in a language.
    pub fn words(&self, lang: zhida_rules::Lang) -> crate::texts::T {
        crate::texts::T { texts: Arc::clone(&self.texts), lang }
    }

    /// What a programme is called; empty where no pack has it any more.
    pub fn title(&self, programme: &str, lang: zhida_rules::Lang) -> String {
        self.programme(programme).map_or_else(|_gone| String::new(), |(_, p)| p.title.get(lang).to_owned())
    }

    /// The service that has a programme.
    pub fn service(&self, programme: &str) -> Option<&Pack> {
        self.packs.iter().find(|p| p.programme(programme).is_some())
    }

    /// A kind of file by its code, and the register that it fills.
    ///
    /// # Errors
    /// A kind of file that no service takes in.
    pub fn import(&self, code: &str) -> Result<(&Arc<Pack>, &ImportKind), Problem> {
        let found = self.registers.iter().find_map(|r| r.import(code).map(|i| (r, i)));
        found.ok_or(Problem::NotFound)
    }

    /// Every indicator, with the name under which it is kept.
    pub fn indicators(&self) -> impl Iterator<Item = (String, &Indicator)> {
        self.packs().flat_map(|p| p.indicators.iter().map(move |i| (i.name(&p.name), i)))
    }

    /// The pack whose lights commitments have that come from no list of a pack: the first that has some.
    pub fn lights(&self) -> Option<(&Pack, &Lights)> {
        self.packs().find_map(|p| p.lights.as_ref().map(|l| (p, l)))
    }

    /// The network to which places of a kind belong, and its pack.
    pub fn network(&self, kind: &str) -> Option<(&Pack, &Network)> {
        self.packs().find_map(|p| p.network.as_ref().filter(|n| n.kind == kind).map(|n| (p, n)))
    }

    /// All routes.
    pub fn router(&self) -> Router {
        let slices = Router::new()
            .merge(crate::show::routes())
            .merge(crate::measure::routes())
            .merge(crate::import::routes())
            .merge(crate::visit::routes())
            .merge(crate::case::routes())
            .merge(crate::programme::routes())
            .merge(crate::offer::routes())
            .merge(crate::party::routes())
            .merge(crate::report::routes())
            .merge(crate::meeting::routes())
            .merge(crate::partner::routes())
            .merge(crate::commitment::routes())
            .merge(crate::tour::routes())
            .merge(crate::supply::routes())
            .merge(crate::payment::routes())
            .merge(crate::outcome::routes())
            .merge(crate::result::routes())
            .merge(crate::subsidy::routes())
            .merge(crate::class::routes())
            .merge(crate::tender::routes())
            .merge(crate::provider::routes())
            .merge(crate::check::routes())
            .merge(crate::network::routes(self))
            .merge(crate::layout::routes())
            .merge(crate::upkeep::routes())
            .merge(crate::event::routes())
            .merge(crate::hearing::routes())
            .merge(crate::letter::routes())
            .merge(crate::tip::routes())
            .merge(crate::finding::routes())
            .merge(crate::place::routes())
            .merge(crate::message::routes())
            .merge(crate::photo::routes())
            .merge(crate::note::routes())
            .merge(crate::account::routes())
            .merge(crate::journal::routes())
            .merge(crate::task::routes());
        crate::web::finish(slices, self)
    }
}

/// The packs that the settings name, the one that comes first in front.
fn read_packs(data: &Path, config: &Config) -> anyhow::Result<Vec<Pack>> {
    let mut names: BTreeSet<String> = config.packs.iter().cloned().collect();
    if names.is_empty() {
        names.extend(Packs::iter().filter_map(|path| path.split_once('/').map(|(name, _)| name.to_owned())));
        if let Ok(folders) = std::fs::read_dir(data.join("packs")) {
            names.extend(folders.flatten().map(|f| f.file_name().to_string_lossy().into_owned()));
        }
    }
    names.extend(Some(&config.pack).filter(|name| !name.is_empty()).cloned());
    let packs = names.iter().map(|name| read_pack(data, name));
    let mut packs = packs.collect::<anyhow::Result<Vec<Pack>>>()?;
    packs.sort_by_key(|p| (p.name != config.pack, p.order));
    Ok(packs)
}

/// What packs of the same kind of party say together.
fn registers(packs: &[Pack]) -> anyhow::Result<Vec<Arc<Pack>>> {
    let mut registers: Vec<Pack> = Vec::new();
    for pack in packs.iter().filter(|p| p.party.is_some()) {
        let twice = pack.programmes.iter().map(|p| &p.code).find(|code| {
            packs.iter().any(|other| other.name != pack.name && other.programme(code).is_some())
        });
        if let Some(code) = twice {
            bail!("two packs have a programme `{code}`; one of them is `{}`", pack.name);
        }
        match registers.iter_mut().find(|r| r.kind() == pack.kind()) {
            Some(register) => {
                *register = register.clone().with(pack).map_err(|e| anyhow::anyhow!("the packs {e}"))?;
            }
            None => registers.push(pack.clone()),
        }
    }
    if registers.is_empty() {
        bail!("none of the packs in zhida.toml serves anybody: one of them needs `[party]` in its pack.toml");
    }
    Ok(registers.into_iter().map(Arc::new).collect())
}

/// A pack of the data folder's `packs`, or else of the program.
fn read_pack(data: &Path, name: &str) -> anyhow::Result<Pack> {
    let folder = data.join("packs").join(name);
    let files = if folder.is_dir() { Files::from_folder(&folder)? } else { embedded(name) };
    if files.0.is_empty() {
        bail!("there is no pack `{name}`; zhida.toml names it under `pack` or `packs`");
    }
    Pack::read(name, files).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the pack `{name}` cannot be read:\n{}", lines.join("\n"))
    })
}

/// The text of a file of the first service among the embedded packs.
pub(crate) fn embedded_file(path: &str) -> anyhow::Result<String> {
    let names: BTreeSet<String> =
        Packs::iter().filter_map(|path| path.split_once('/').map(|(name, _)| name.to_owned())).collect();
    let mut packs = Vec::new();
    for name in names {
        let pack = Pack::read(&name, embedded(&name));
        packs.push(pack.map_err(|faults| anyhow::anyhow!("the pack `{name}`: {} faults", faults.len()))?);
    }
    packs.sort_by_key(|p| p.order);
    let file = packs.first().and_then(|p| p.file(path));
    Ok(file.with_context(|| format!("the program has no file {path}"))?.to_owned())
}

fn embedded(name: &str) -> Files {
    let prefix = format!("{name}/");
    let mut files = Files::default();
    for path in Packs::iter() {
        if let Some(inner) = path.strip_prefix(&prefix)
            && let Some(file) = Packs::get(&path)
        {
            files.0.insert(inner.to_owned(), String::from_utf8_lossy(&file.data).into_owned());
        }
    }
    files
}
