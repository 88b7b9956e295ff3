//! How a device counts once: by a random number in a cookie, of which only a keyed hash is kept.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::app::App;
use crate::db::seal::token;
use crate::problem::Problem;

/// The cookie by which a device counts once. It is a random number, made here, and says nothing of the person.
const COOKIE: &str = "seen";

fn signed(app: &App, token: &str) -> String {
    app.keys.lookup("device-cookie", token).chars().take(16).collect()
}

/// The mark of the device that asks: of the number that it was given here before.
pub(crate) fn device(app: &App, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let prefix = format!("{COOKIE}=");
    let own = cookies.flat_map(|c| c.split(';')).find_map(|c| c.trim().strip_prefix(&prefix))?;
    let (number, sign) = own.split_once('.')?;
    (signed(app, number) == sign).then(|| app.keys.lookup("device", number).chars().take(24).collect())
}

/// Gives a device that has no number yet one, which it shows below `path` alone: in two parts of the public pages it is two.
pub(crate) fn with_device(
    app: &App,
    (headers, path): (&HeaderMap, &str),
    mut answer: Response,
) -> Result<Response, Problem> {
    if device(app, headers).is_none() {
        let number = token()?;
        let cookie = format!(
            "{COOKIE}={number}.{}; Path={path}; Max-Age=31536000; HttpOnly; SameSite=Lax",
            signed(app, &number)
        );
        let value = HeaderValue::from_str(&cookie).map_err(anyhow::Error::from)?;
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(answer)
}
