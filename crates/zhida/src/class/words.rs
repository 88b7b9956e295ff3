//! What was seen of a class, in words.

use super::signals::Signal;
use crate::app::App;
use crate::provider;
use crate::texts::T;

/// A signal in words.
pub(super) fn words(app: &App, t: &T, signal: &Signal) -> String {
    if let key @ ("suspect-employed" | "suspect-enrolled") = signal.key.as_str() {
        return t.v(key.replace("suspect", "signal"), &signal.a);
    }
    if let Some(code) = signal.key.strip_prefix("suspect-") {
        let all = provider::terms(app).map(|r| r.running.suspects.as_slice()).unwrap_or_default();
        let label = all.iter().find(|s| s.code == code).map_or(code, |s| s.label.get(t.lang));
        return t.ab("signal-suspect", label, &signal.a);
    }
    t.ab(format!("signal-{}", signal.key), &signal.a, &signal.b)
}
