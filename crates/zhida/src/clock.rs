//! The only place that asks the machine for the time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use zhida_types::Day;

/// What time it is: the machine's, or the machine's moved by a fixed span for a test or a story.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    shift_seconds: i64,
}

/// An instant as people in China read it: day and minute in Shanghai.
pub fn shown(at: DateTime<Utc>) -> String {
    (at + chrono::Duration::hours(8)).format("%Y-%m-%d %H:%M").to_string()
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that shows `instant` now and goes on from there.
    pub fn starting_at(instant: DateTime<Utc>) -> Self {
        Self { shift_seconds: (instant - Self::default().now()).num_seconds() }
    }

    /// The instant.
    #[expect(clippy::disallowed_methods, reason = "the one place")]
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + chrono::Duration::seconds(self.shift_seconds)
    }

    /// The civil day in Shanghai.
    pub fn today(&self) -> Day {
        Day::at(self.now())
    }

    /// Waits.
    pub async fn wait(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}
