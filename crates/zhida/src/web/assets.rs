//! The script and style bundle, built from `web/` by `script/bootstrap` and embedded.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::extract::Path;

#[derive(rust_embed::Embed)]
#[folder = "../../web/dist"]
struct Dist;

/// `GET /assets/{name}`; the address carries a version, so it may be kept for ever.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    answer(&name, "public, max-age=31536000, immutable")
}

/// `GET /sw.js`: at the root, so that it may serve every page; asked for anew each time.
pub(super) async fn service_worker() -> Response {
    answer("sw.js", "no-cache")
}

fn answer(name: &str, cache: &'static str) -> Response {
    let Some(file) = Dist::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], file.data.into_owned()).into_response()
}

/// A short mark of the bundle's content, for its address.
pub fn version() -> &'static str {
    static VERSION: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let mut all = Vec::new();
        for name in Dist::iter() {
            if let Some(file) = Dist::get(&name) {
                all.extend_from_slice(&file.metadata.sha256_hash());
            }
        }
        crate::db::seal::sha256_hex(&all).chars().take(10).collect()
    });
    &VERSION
}
