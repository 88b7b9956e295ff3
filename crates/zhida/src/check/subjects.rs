//! What a checklist can be asked about.

use zhida_pack::{Checklist, Pack};

use super::store;
use crate::app::App;
use crate::finding::About;
use crate::problem::Problem;
use crate::web::Officer;
use crate::{offer, place, unit};

/// A checklist of any pack, by `pack/code`.
pub(super) fn checklist<'a>(app: &'a App, name: &str) -> Option<(&'a Pack, &'a Checklist)> {
    let (pack, code) = name.split_once('/')?;
    let pack = app.packs().find(|p| p.name == pack)?;
    Some((pack, pack.checklist(code)?))
}

/// Everything that a checklist can be about, in the officer's region: what has passed the checklist before it, where one is.
pub(super) async fn subjects(o: &Officer, list: &Checklist) -> Result<Vec<About>, Problem> {
    let kind = list.about.clone();
    let mut all = match kind.as_str() {
        "place" => {
            let places = place::of_kind(&o.app.db, &o.county, &o.region, &list.kinds).await?;
            places.iter().map(About::from).collect()
        }
        "offer" => {
            let about = |x: offer::Offer| About {
                kind: kind.clone(),
                id: x.id.to_string(),
                name: format!("{} · {}", x.title, x.provider),
                town: x.town.clone(),
                position: x.lon.zip(x.lat),
            };
            let mut all = Vec::new();
            for programme in &list.kinds {
                let today = o.app.clock.today();
                let open = offer::of_programme(&o.app.db, &o.county, programme, today).await?;
                all.extend(open.into_iter().map(about));
            }
            all
        }
        "unit" => {
            let units = unit::list(&o.app.db, &o.county).await?;
            let about = |u: unit::Unit| About {
                kind: kind.clone(),
                id: u.id.to_string(),
                name: u.name,
                ..About::default()
            };
            units.into_iter().filter(|u| u.dissolved_on.is_none()).map(about).collect()
        }
        _ => Vec::new(),
    };
    if !list.after.is_empty() {
        let passed =
            store::passed(&o.app.db, (&o.county, &o.region), &list.after, o.app.clock.today()).await?;
        all.retain(|a| passed.contains(&a.id));
    }
    Ok(all)
}

/// Which of the subjects have no review within the checklist's time.
pub(super) async fn not_seen(
    o: &Officer,
    list: &Checklist,
) -> Result<impl Fn(&str) -> bool + use<>, Problem> {
    let since = list.every_months.map(|m| o.app.clock.today().minus_months(m));
    let seen = match since {
        Some(since) => store::seen_since(&o.app.db, &o.county, &list.code, &list.about, since).await?,
        None => std::collections::BTreeSet::new(),
    };
    Ok(move |id: &str| !seen.contains(id))
}
