//! The worker: takes what is due, keeps quiet at night, tries again with growing pauses.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeZone as _, Timelike as _, Utc};

use super::channel::{self, Envelope};
use super::entity::Model;
use super::store;
use crate::app::App;
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;

/// Minutes before the next attempt; after the last the message is given up.
const PAUSES: [i64; 6] = [1, 5, 30, 120, 360, 720];

/// Delivers for ever.
pub async fn work(app: App) {
    loop {
        match round(&app).await {
            Ok(0) => app.clock.wait(Duration::from_millis(500)).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error = format!("{error:?}"), "messages could not be delivered");
                app.clock.wait(Duration::from_secs(5)).await;
            }
        }
    }
}

/// Delivers one batch of what is due; answers how many messages it took.
///
/// # Errors
/// The database's. That a channel does not take a message is no error: it is tried again later.
pub async fn round(app: &App) -> Result<usize, Problem> {
    let now = app.clock.now();
    let claimed = store::claim(&app.db, now, 50).await?;
    let Some(first) = claimed.first() else { return Ok(0) };
    if let Some(until) = quiet_until(now, app.config.messages.quiet_from, app.config.messages.quiet_until) {
        for message in &claimed {
            store::put_off(&app.db, message, until).await?;
        }
        return Ok(claimed.len());
    }
    let county = first.county.clone();
    let mut outcomes = Vec::with_capacity(claimed.len());
    for message in &claimed {
        outcomes.push(send(app, message).await);
    }
    let mut write = Write::begin(&app.db, &county, &Actor::system(), now).await?;
    let (mut sent, mut missed) = (0, 0);
    for (message, outcome) in claimed.iter().zip(outcomes) {
        match outcome {
            Ok(()) => {
                store::sent(&write, message).await?;
                sent += 1;
            }
            Err(error) => {
                tracing::warn!(message = %message.id, error = format!("{error:#}"), "a message was not taken");
                let attempt = usize::try_from(message.attempts).unwrap_or(usize::MAX);
                let again = PAUSES.get(attempt).map(|minutes| now + chrono::Duration::minutes(*minutes));
                store::missed(&write, message, &format!("{error:#}"), again).await?;
                missed += 1;
            }
        }
    }
    write
        .note(
            "messages-sent",
            Subject::new("county", &county),
            serde_json::json!({ "sent": sent, "missed": missed }),
        )
        .await?;
    write.commit().await?;
    Ok(claimed.len())
}

async fn send(app: &App, message: &Model) -> anyhow::Result<()> {
    let plain = app.keys.open(&format!("{}/{}", message.county, message.id), &message.body_sealed)?;
    let envelope: Option<Envelope> = serde_json::from_slice(&plain)?;
    let Some(envelope) = envelope else { anyhow::bail!("no address") };
    let (data, config, id) = (app.data.clone(), app.config.clone(), message.id);
    tokio::task::spawn_blocking(move || channel::send(&data, &config, id, &envelope)).await?
}

/// In quiet hours, Shanghai time: when they end.
fn quiet_until(now: DateTime<Utc>, from: u32, until: u32) -> Option<DateTime<Utc>> {
    let local = now.with_timezone(&FixedOffset::east_opt(8 * 3600)?);
    let hour = local.hour();
    let quiet = if from > until { hour >= from || hour < until } else { (from..until).contains(&hour) };
    if !quiet {
        return None;
    }
    let day = if hour < until { local.date_naive() } else { local.date_naive().succ_opt()? };
    let end = day.and_hms_opt(until, 0, 0)?;
    local.timezone().from_local_datetime(&end).single().map(|t| t.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    #[test]
    fn nothing_is_sent_between_nine_and_eight() {
        let quiet = |text| quiet_until(at(text), 21, 8);
        assert_eq!(quiet("2026-03-01T20:59:59+08:00"), None);
        assert_eq!(quiet("2026-03-01T21:00:00+08:00"), Some(at("2026-03-02T08:00:00+08:00")));
        assert_eq!(quiet("2026-03-02T07:59:00+08:00"), Some(at("2026-03-02T08:00:00+08:00")));
        assert_eq!(quiet("2026-03-02T08:00:00+08:00"), None);
        assert_eq!(quiet_until(at("2026-03-01T23:00:00+08:00"), 0, 0), None);
    }
}
