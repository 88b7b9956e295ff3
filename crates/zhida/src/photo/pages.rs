//! Sending a photo in and looking at one.

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tower_sessions::Session;

use super::store;
use crate::app::App;
use crate::problem::Problem;
use crate::web::Officer;
use crate::web::extract::{Path, check_token};

/// The addresses of photos.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/photos", post(send).layer(DefaultBodyLimit::max(store::MAX_BYTES + 1024)))
        .route("/photos/{hash}", get(whole))
        .route("/photos/{hash}/small", get(small))
}

/// `POST /api/photos`: the bytes of a picture, with the form's token in `x-csrf`; answers its hash.
async fn send(
    o: Officer,
    session: Session,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<axum::Json<Value>, Problem> {
    let token = headers.get("x-csrf").and_then(|v| v.to_str().ok()).unwrap_or_default();
    check_token(Some(&session), token).await?;
    let mut write = o.write().await?;
    let before = write.rev();
    let hash = store::keep(&o.app, &mut write, bytes.into()).await?;
    if write.rev() > before {
        write.commit().await?;
    }
    Ok(axum::Json(json!({ "hash": hash })))
}

async fn answer(o: &Officer, hash: &str, small: bool) -> Result<Response, Problem> {
    let (kind, bytes) = store::open(&o.app, &o.county, hash, small).await?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "private, max-age=86400, immutable".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

async fn whole(o: Officer, Path(hash): Path<String>) -> Result<Response, Problem> {
    answer(&o, &hash, false).await
}

async fn small(o: Officer, Path(hash): Path<String>) -> Result<Response, Problem> {
    answer(&o, &hash, true).await
}
