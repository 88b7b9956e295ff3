//! `zhida serve`: the server, its workers, and a clean end.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;
use zhida_types::Day;

use super::Answer;
use crate::app::App;
use crate::clock::Clock;
use crate::runners::RUNNERS;

/// Freed memory goes back to the system at once instead of being kept for the next import: a server that rests is small.
/// The allocator reads this when the process begins, so the process begins again, once, in the same place.
pub(super) fn begin_small() {
    use std::os::unix::process::CommandExt as _;
    const SETTING: &str = "MIMALLOC_PURGE_DELAY";
    if std::env::var_os(SETTING).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let error =
            std::process::Command::new(program).args(std::env::args_os().skip(1)).env(SETTING, "0").exec();
        eprintln!("zhida: goes on without giving memory back: {error}");
    }
}

/// Serves until it is told to stop.
pub(super) async fn run(
    data: &Path,
    port: Option<u16>,
    (demo, day): (bool, Option<&str>),
    json: bool,
) -> anyhow::Result<Answer> {
    if demo && !data.join("zhida.toml").exists() {
        super::demo::mark(data).await?;
    }
    let app = App::open(data, day.map_or_else(|| Ok(Clock::system()), morning)?).await?;
    anyhow::ensure!(
        day.is_none() || app.config.demonstration,
        "--day is for demonstrations: this folder holds the data of real people"
    );
    if demo && app.config.demonstration {
        let loaded = crate::demo::load(&app, 1).await.map_err(|p| super::explain(&app, p))?;
        for file in loaded {
            eprintln!(
                "  {}: {} rows, {} taken in, {} sent back",
                file.file, file.counts.total, file.counts.good, file.counts.bad
            );
        }
    }
    let port = match port {
        Some(port) => port,
        None => match std::env::var("PORT").ok().filter(|p| !p.is_empty()) {
            Some(text) => text.parse().with_context(|| format!("PORT is `{text}`, not a port number"))?,
            None => 8080,
        },
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let address = match std::env::var("ZHIDA_BIND").ok().and_then(|b| b.parse().ok()) {
        Some(ip) => SocketAddr::new(ip, port),
        None => address,
    };
    let listener = tokio::net::TcpListener::bind(address).await;
    let listener =
        listener.with_context(|| format!("cannot listen on {address}; is another server using the port?"))?;
    let address = listener.local_addr()?;
    tokio::spawn(crate::task::work(app.clone(), RUNNERS));
    tokio::spawn(crate::message::work(app.clone()));
    tokio::spawn(warm(app.clone()));
    tokio::spawn(crate::commitment::work(app.clone()));
    tokio::spawn(watch(app.clone()));
    let logins = if app.config.demonstration { &crate::demo::LOGINS[..] } else { &[] };
    if json {
        let logins: Vec<_> = logins.iter().map(|l| serde_json::json!([l.login, l.password])).collect();
        println!("{}", serde_json::json!({ "serves": format!("http://{address}"), "logins": logins }));
    } else {
        println!("Zhida serves http://{address}");
        for login in logins {
            println!("  {} / {}", login.login, login.password);
        }
    }
    axum::serve(listener, app.router()).with_graceful_shutdown(stop()).await?;
    Ok(Answer::yes("stopped".to_owned(), serde_json::json!({ "stopped": true })))
}

/// A clock that shows ten in the morning of a day.
fn morning(day: &str) -> anyhow::Result<Clock> {
    let day = Day::parse(day).with_context(|| format!("--day `{day}`: a day like 2026-03-02"))?;
    let at = day.0.and_hms_opt(2, 0, 0).context("a day")?.and_utc();
    Ok(Clock::starting_at(at))
}

/// Reads the county's people once, so that the first page does not wait; tiers follow the day.
async fn warm(app: App) {
    let county = crate::ids::CountyId(app.config.county.clone());
    loop {
        if let Err(error) = crate::party::recompute(&app, &county, &crate::journal::Actor::system()).await {
            tracing::error!(error = format!("{error:?}"), "the tiers could not be worked out");
        }
        app.clock.wait(std::time::Duration::from_hours(1)).await;
    }
}

/// Takes overdue findings up a level, and finds units that report nothing, every hour.
async fn watch(app: App) {
    loop {
        if let Err(error) = crate::runners::watch_once(&app).await {
            tracing::error!(error = format!("{error:?}"), "what is overdue could not be taken up");
        }
        app.clock.wait(std::time::Duration::from_hours(1)).await;
    }
}

async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "no signal handler");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
