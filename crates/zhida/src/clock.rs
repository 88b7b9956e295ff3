//! The only place that asks the machine for the time.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use zhida_types::Day;

/// What time it is: the machine's, or the machine's moved by a fixed span for a test or a story.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    shift_seconds: i64,
}

/// The hours by which the time of China is ahead; it has had no summer time since 1991.
const AHEAD: chrono::Duration = chrono::Duration::hours(8);

/// What clocks in China show at an instant.
pub fn china(at: DateTime<Utc>) -> NaiveDateTime {
    (at + AHEAD).naive_utc()
}

/// The instant at which clocks in China show a time.
pub fn instant(shown: NaiveDateTime) -> DateTime<Utc> {
    (shown - AHEAD).and_utc()
}

/// The instant at which a day begins in China.
pub fn midnight(day: Day) -> DateTime<Utc> {
    instant(day.0.and_time(chrono::NaiveTime::MIN))
}

/// An instant as people in China read it: day and minute in Shanghai.
pub fn shown(at: DateTime<Utc>) -> String {
    china(at).format("%Y-%m-%d %H:%M").to_string()
}

/// A span as people in China read it: the day of its end is told where it is another.
pub fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let end = china(to);
    let end = if china(from).date() == end.date() { end.format("%H:%M") } else { end.format("%m-%d %H:%M") };
    format!("{}–{end}", shown(from))
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
