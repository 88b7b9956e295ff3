//! What a long command says on the way, on a terminal, and when its time is over.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Limits;

/// Between two lines on the terminal.
const PAUSE: Duration = Duration::from_millis(100);

/// The progress of a command.
pub(super) struct Progress {
    started: Instant,
    until: Option<Instant>,
    terminal: bool,
    /// Milliseconds after the start at which something was said last.
    said: AtomicU64,
    over: AtomicBool,
}

impl Progress {
    pub(super) fn new(limits: &Limits) -> anyhow::Result<Self> {
        let started = Instant::now();
        let until = match limits.seconds {
            None => None,
            Some(seconds) => {
                let length = Duration::try_from_secs_f64(seconds)
                    .map_err(|e| anyhow::anyhow!("--seconds {seconds}: {e}"))?;
                started.checked_add(length)
            }
        };
        let terminal = std::io::stderr().is_terminal();
        Ok(Self { started, until, terminal, said: AtomicU64::new(0), over: AtomicBool::new(false) })
    }

    /// Says how far the work is, if somebody looks on; whether there is time left.
    pub(super) fn tick(&self, words: impl FnOnce() -> String) -> bool {
        let now = Instant::now();
        if self.until.is_some_and(|until| now >= until) {
            self.over.store(true, Ordering::Relaxed);
            return false;
        }
        if self.terminal {
            let past = u64::try_from((now - self.started).as_millis()).unwrap_or(u64::MAX);
            let pause = u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX);
            let said = self.said.load(Ordering::Relaxed);
            let due = past >= said.saturating_add(pause);
            if due && self.said.compare_exchange(said, past, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                line(&format!("{:>6.1} s  {}", (now - self.started).as_secs_f64(), words()));
            }
        }
        true
    }

    /// Whether the work was stopped because its time was over.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && self.said.load(Ordering::Relaxed) > 0 {
            line("");
        }
    }
}

/// Puts a line in the place of the one before.
fn line(words: &str) {
    let mut to = std::io::stderr().lock();
    // Nobody is served by a command that fails because its progress could not be shown.
    let _shown = write!(to, "\r\x1b[2K{words}").and_then(|()| to.flush());
}
