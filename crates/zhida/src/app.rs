//! What every request and task has at hand, and the merge of the slices' routers.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::Router;
use sea_orm::DatabaseConnection;
use zhida_pack::{Files, Indicator, Lights, Pack};

use crate::clock::Clock;
use crate::config::Config;
use crate::db::seal::Keys;
use crate::party::{Occupations, Snapshots};
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
    /// The service whose people are on file.
    pub pack: Pack,
    /// The services beside it.
    pub beside: Vec<Pack>,
    /// The wording.
    pub texts: Arc<Texts>,
    /// Regions.
    pub regions: Regions,
    /// Occupations.
    pub occupations: Occupations,
    /// The counties' people as columns, kept warm.
    pub snapshots: Snapshots,
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
        let pack = read_pack(data, &config.pack)?;
        let beside = config.packs.iter().filter(|name| **name != config.pack);
        let beside = beside.map(|name| read_pack(data, name)).collect::<anyhow::Result<Vec<Pack>>>()?;
        let texts = Arc::new(Texts::new(std::iter::once(&pack).chain(&beside).map(|p| &p.texts))?);
        let (regions, occupations) = (Regions::embedded()?, Occupations::embedded()?);
        let snapshots = Snapshots::default();
        let data = data.to_owned();
        Ok(Self(Arc::new(Inner {
            db,
            data,
            keys,
            clock,
            config,
            pack,
            beside,
            texts,
            regions,
            occupations,
            snapshots,
        })))
    }

    /// All packs, the one of the people first.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        std::iter::once(&self.pack).chain(&self.beside)
    }

    /// Every indicator, with the name under which it is kept.
    pub fn indicators(&self) -> impl Iterator<Item = (String, &Indicator)> {
        self.packs().flat_map(|p| p.indicators.iter().map(move |i| (i.name(&p.name), i)))
    }

    /// The pack whose lights commitments have that come from no list of a pack: the first that has some.
    pub fn lights(&self) -> Option<(&Pack, &Lights)> {
        self.packs().find_map(|p| p.lights.as_ref().map(|l| (p, l)))
    }

    /// All routes.
    pub fn router(&self) -> Router {
        let slices = Router::new()
            .merge(crate::show::routes())
            .merge(crate::import::routes())
            .merge(crate::visit::routes())
            .merge(crate::case::routes())
            .merge(crate::programme::routes())
            .merge(crate::offer::routes())
            .merge(crate::party::routes())
            .merge(crate::report::routes())
            .merge(crate::meeting::routes())
            .merge(crate::commitment::routes())
            .merge(crate::supply::routes())
            .merge(crate::check::routes())
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

/// The text of a file of an embedded pack.
pub(crate) fn embedded_file(path: &str) -> anyhow::Result<String> {
    let file = Packs::get(path).with_context(|| format!("the program has no file {path}"))?;
    Ok(String::from_utf8_lossy(&file.data).into_owned())
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
