//! What all pages share: layout, extractors, session, forms, problem pages, assets.

mod assets;
mod device;
pub mod download;
pub mod extract;
mod lines;
mod nav;
mod officer;
mod problem_page;
mod qr;
mod session;
mod shell;
mod town_map;

pub use crate::account::Role;
pub use assets::version;
pub(crate) use device::{device, with_device};
pub(crate) use lines::{line_chart, line_chart_of};
pub(crate) use officer::{ACCOUNT, CSRF, NOTES};
pub use officer::{Officer, Visitor};
pub use problem_page::urlencode;
pub use qr::qr;
pub use shell::{Shell, page, to};
pub(crate) use town_map::{Sketch, TownMap};

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::app::App;

/// Uploads above this are refused: no office's register comes near it.
pub const UPLOAD_BYTES: usize = 64 * 1024 * 1024;

/// What anybody sends without a login is refused above this: a few photos, as phones make them, come below it.
pub const PUBLIC_BYTES: usize = 40 * 1024 * 1024;

const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:{tiles}; style-src 'self'; style-src-attr 'unsafe-inline'; \
                      frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'";

/// The policy of pages: pictures come from here, and from the server of the map's tiles where one is set.
fn policy(app: &App) -> HeaderValue {
    let server = app.config.map.server().ok().flatten();
    let tiles = server.map_or_else(String::new, |server| format!(" {server}"));
    let policy = POLICY.replace("{tiles}", &tiles);
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

/// Puts session, problem pages and security headers around the slices' routes.
pub(crate) fn finish(slices: Router<App>, app: &App) -> Router {
    let sessions = SessionManagerLayer::new(session::Store(app.db.clone()))
        .with_name("zhida")
        .with_same_site(SameSite::Lax)
        .with_secure(app.config.secure_cookies)
        .with_expiry(Expiry::OnInactivity(Duration::hours(8)));
    let fixed = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    slices
        .route("/lang/{to}", get(shell::change_language))
        .fallback(problem_page::nothing_here)
        .layer(axum::middleware::from_fn_with_state(app.clone(), problem_page::render))
        .layer(sessions)
        .route("/assets/{name}", get(assets::serve))
        .route("/sw.js", get(assets::service_worker))
        .route("/healthz", get(|| async { "ok" }))
        .layer(CatchPanicLayer::new())
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, policy(app)))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .with_state(app.clone())
}
