//! Loads the demonstration: unit, logins, and the files through the same steps as an upload.

use anyhow::Context as _;
use zhida_types::RegionCode;

use super::LOGINS;
use crate::account::{self, NewAccount};
use crate::app::App;
use crate::ids::CountyId;
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

/// Loads the demonstration county, once: a county that has a unit already is left alone.
///
/// # Errors
/// Files that cannot be written or taken in, or the database's.
pub async fn load(app: &App, seed: u64) -> Result<Vec<Loaded>, Problem> {
    let county = CountyId(app.config.county.clone());
    if unit::first(&app.db, &county).await?.is_some() {
        return Err(Problem::Conflict("fault-demo-there"));
    }
    let vocabulary = app.pack.file("demo.toml").context("the pack has no demo.toml")?;
    let folder = app.data.join("demo");
    super::write(vocabulary, &county.0, seed, app.clock.today(), &folder)?;
    let actor = Actor::system();
    let region = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
    let mut write = Write::begin(&app.db, &county, &actor, app.clock.now()).await?;
    let name = app.texts.get(zhida_rules::Lang::Zh, "demo-unit", &[]);
    let unit = unit::create(&mut write, &name, &region, None).await?;
    for login in LOGINS {
        let password_hash = account::hash_password(login.password)?;
        let name = app.texts.get(zhida_rules::Lang::Zh, login.role.key(), &[]);
        let new = NewAccount {
            unit,
            login: login.login.to_owned(),
            name,
            role: login.role,
            region: region.clone(),
            password_hash,
        };
        account::create(&mut write, new).await?;
    }
    write.commit().await?;
    let mut loaded = Vec::new();
    for (file, kind) in FILES {
        let bytes = std::fs::read(folder.join(file))?;
        let mut write = Write::begin(&app.db, &county, &actor, app.clock.now()).await?;
        let id = import::stage(app, &mut write, kind, unit, file, &bytes, "synthetic").await?;
        write.commit().await?;
        let progress = Progress::default();
        import::check(app, &county, id, &progress).await?;
        let counts = import::apply(app, &county, &actor, id, &progress).await?;
        loaded.push(Loaded { file: file.to_owned(), counts });
    }
    Ok(loaded)
}
