//! Loads the demonstration: unit, logins, and the files through the same steps as an upload.

use anyhow::Context as _;
use zhida_types::RegionCode;

use super::parties::{self, RegisterFile};
use super::{LOGINS, Size};
use crate::account::{self, NewAccount};
use crate::app::App;
use crate::ids::{CountyId, UnitId};
use crate::import::{self, Counts};
use crate::journal::{Actor, Write};
use crate::problem::Problem;
use crate::task::Progress;
use crate::unit;

/// A file that was loaded.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Loaded {
    /// The file.
    pub file: String,
    /// What became of its rows.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The files and their kinds, in the order in which they are taken in.
const FILES: [(&str, &str); 5] = [
    ("register.xlsx", "register"),
    ("courses.xlsx", "courses"),
    ("employers.xlsx", "employers"),
    ("jobs.csv", "jobs"),
    ("visits.csv", "visits"),
];

/// Loads the demonstration county, and takes up again what a power cut left undone; answers the files that were taken in
/// now. A file that somebody took back since stays away.
///
/// # Errors
/// Files that cannot be written or taken in, or the database's.
pub async fn load(app: &App, seed: u64) -> Result<Vec<Loaded>, Problem> {
    let county = CountyId(app.config.county.clone());
    let mut files = Vec::new();
    for (file, kind) in FILES {
        if !import::ever_taken(&app.db, &county, kind).await? {
            files.push((file, kind));
        }
    }
    let described = super::deliver::files(app)?;
    let registers: Vec<&RegisterFile> = described.iter().flat_map(|(_, f)| &f.registers).collect();
    for register in &registers {
        if !import::ever_taken(&app.db, &county, &register.import).await? {
            files.push((&register.file, &register.import));
        }
    }
    if files.is_empty() {
        super::deliver::deliver(app, &county).await?;
        return Ok(Vec::new());
    }
    let vocabulary = app.register("")?.file("demo.toml").context("the pack has no demo.toml")?;
    let folder = app.data.join("demo");
    super::write(vocabulary, &county.0, (seed, Size::default()), app.clock.today(), &folder)?;
    let words = toml::from_str(vocabulary).context("the pack's demo.toml")?;
    for register in registers {
        parties::write(register, &words, &app.regions, (&county.0, app.clock.today()), &folder)?;
    }
    let actor = Actor::system();
    let unit = match unit::first(&app.db, &county).await? {
        Some(unit) => unit.id,
        None => office(app, &county, &actor).await?,
    };
    let mut loaded = Vec::new();
    for (file, kind) in files {
        let bytes = std::fs::read(folder.join(file))?;
        let mut write = Write::begin(&app.db, &county, &actor, app.clock.now()).await?;
        let id = import::stage(app, &mut write, kind, unit, file, &bytes, "synthetic").await?;
        write.commit().await?;
        let progress = Progress::default();
        import::check(app, &county, id, &progress).await?;
        let counts = import::apply(app, &county, &actor, id, &progress).await?;
        loaded.push(Loaded { file: file.to_owned(), counts });
    }
    super::deliver::deliver(app, &county).await?;
    Ok(loaded)
}

/// The office and its logins.
pub(super) async fn office(app: &App, county: &CountyId, actor: &Actor) -> Result<UnitId, Problem> {
    let region = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
    let mut write = Write::begin(&app.db, county, actor, app.clock.now()).await?;
    let name = app.texts.get(zhida_rules::Lang::Zh, "demo-unit", &[]);
    let unit = unit::create(&mut write, &name, &region, None).await?;
    let outside = app.texts.get(zhida_rules::Lang::Zh, "demo-partner", &[]);
    // The offices above have logins of their own.
    for login in LOGINS.iter().filter(|l| !l.above) {
        let password_hash = account::hash_password(login.password)?;
        let name = app.texts.get(zhida_rules::Lang::Zh, login.role.key(), &[]);
        let partner = login.role == account::Role::Partner;
        let new = NewAccount {
            unit: if partner { unit::create(&mut write, &outside, &region, None).await? } else { unit },
            login: login.login.to_owned(),
            name,
            role: login.role,
            region: region.clone(),
            password_hash,
        };
        account::create(&mut write, new).await?;
    }
    write.commit().await?;
    Ok(unit)
}
