//! `zhida pack check DIR`.

use std::path::PathBuf;

use clap::Subcommand;
use zhida_pack::{Files, Pack as Service};
use zhida_rules::At;

use super::Answer;
use crate::clock::Clock;

#[derive(Debug, Subcommand)]
pub(super) enum Pack {
    /// Type-check every rule and run the pack's own cases.
    Check {
        /// The pack's folder.
        folder: PathBuf,
    },
}

pub(super) fn run(command: &Pack) -> anyhow::Result<Answer> {
    let Pack::Check { folder } = command;
    let name = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let files = Files::from_folder(folder)?;
    let pack = match Service::read(&name, files) {
        Ok(pack) => pack,
        Err(faults) => return Ok(refused(faults.iter().map(ToString::to_string).collect(), 0)),
    };
    let at = At { day: Clock::system().today().epoch(), region: String::new() };
    let mut lines: Vec<String> = pack.check(&at).iter().map(ToString::to_string).collect();
    let cases = pack.run_cases()?;
    for case in cases.iter().filter(|c| !c.failures.is_empty()) {
        lines.push(format!("{}: {}", case.name, case.failures.join("; ")));
    }
    if !lines.is_empty() {
        return Ok(refused(lines, cases.len()));
    }
    let text = format!("{name} {}: sound, {} cases passed", pack.version, cases.len());
    Ok(Answer::yes(text, serde_json::json!({ "pack": name, "cases": cases.len(), "faults": [] })))
}

fn refused(lines: Vec<String>, cases: usize) -> Answer {
    Answer {
        text: lines.join("\n"),
        value: serde_json::json!({ "cases": cases, "faults": lines }),
        yes: false,
    }
}
