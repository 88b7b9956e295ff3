//! The code on the teacher's screen: it changes every few seconds, so that a picture of it is soon worth nothing.

use chrono::{DateTime, Utc};

use super::entity::lesson;
use crate::app::App;

/// The code of a lesson in the `ago`-th window of time before now.
pub(super) fn code(
    app: &App,
    lesson: &lesson::Model,
    secret: &str,
    (now, seconds, ago): (DateTime<Utc>, i64, i64),
) -> String {
    let window = now.timestamp().div_euclid(seconds) - ago;
    app.keys.lookup("lesson", &format!("{secret}/{}/{window}", lesson.id)).chars().take(12).collect()
}

/// Whether a code was on the screen within the last `windows` windows of time.
pub(super) fn was(
    app: &App,
    lesson: &lesson::Model,
    secret: &str,
    (now, seconds, windows): (DateTime<Utc>, i64, i64),
    shown: &str,
) -> bool {
    (0..=windows).any(|ago| code(app, lesson, secret, (now, seconds, ago)) == shown)
}
