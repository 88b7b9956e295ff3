//! Keeps what somebody of the public reports, and makes the link by which it is followed.

use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{entity, store};
use crate::app::App;
use crate::db::seal::{sha256_hex, token};
use crate::ids::{CountyId, TipId};
use crate::journal::{Actor, Subject, Write};
use crate::photo;
use crate::place::Place;
use crate::problem::Problem;

/// What somebody reports.
pub(super) struct NewTip {
    pub(super) pack: String,
    pub(super) kind: String,
    pub(super) place: Option<Place>,
    pub(super) about: String,
    pub(super) town: Option<String>,
    /// Longitude and latitude, WGS 84.
    pub(super) at: Option<(f64, f64)>,
    pub(super) words: String,
    /// How to reach whoever reports; empty for nobody.
    pub(super) contact: String,
}

/// Keeps a report with its photos, whose positions are gone already. Answers its id and the secret part of its link.
pub(super) async fn keep(
    app: &App,
    county: &CountyId,
    new: NewTip,
    plain: Vec<Vec<u8>>,
) -> Result<(TipId, String), Problem> {
    let mut write = Write::begin(&app.db, county, &Actor::public(), app.clock.now()).await?;
    let photos = photo::keep_all(app, &mut write, plain).await?;
    let id = TipId::new();
    let sealed = if new.contact.is_empty() {
        Vec::new()
    } else {
        app.keys.seal(&format!("{county}/{id}"), new.contact.as_bytes())?
    };
    let link = format!("{county}{}", token()?);
    let row = entity::ActiveModel {
        county: Set(county.clone()),
        id: Set(id),
        pack: Set(new.pack),
        kind: Set(new.kind.clone()),
        place_id: Set(new.place.as_ref().map(|p| p.id)),
        about: Set(new.about),
        town: Set(new.town),
        lon: Set(new.at.map(|p| p.0)),
        lat: Set(new.at.map(|p| p.1)),
        words: Set(new.words),
        photos: Set(serde_json::to_string(&photos)?),
        contact_sealed: Set(sealed),
        token_hash: Set(sha256_hex(link.as_bytes())),
        state: Set("new".to_owned()),
        answer: Set(String::new()),
        finding_id: Set(None),
        answered_by: Set(String::new()),
        answered_at: Set(None),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(&write, row).await?;
    write.note("tip", Subject::new("tip", id), json!({ "kind": new.kind, "photos": photos.len() })).await?;
    write.commit().await?;
    Ok((id, link))
}
