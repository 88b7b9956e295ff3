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
        /// Parties on file (`.csv` or `.parquet`, a column `id` and one for each field), to see whom each programme
        /// would reach and whether anybody could enter it.
        #[arg(long)]
        parties: Option<PathBuf>,
    },
}

pub(super) fn run(command: &Pack) -> anyhow::Result<Answer> {
    let Pack::Check { folder, parties } = command;
    let name = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let files = Files::from_folder(folder)?;
    let pack = match Service::read(&name, files) {
        Ok(pack) => pack,
        Err(faults) => return Ok(refused(faults.iter().map(ToString::to_string).collect(), 0)),
    };
    let at = At { day: Clock::system().today().epoch(), region: String::new() };
    let mut lines: Vec<String> = pack.check(&at).iter().map(ToString::to_string).collect();
    let counted = crate::commitment::check_pack(&pack);
    lines.extend(counted.into_iter().map(|(code, fault)| format!("indicators.toml: `{code}`: {fault}")));
    let cases = pack.run_cases()?;
    for case in cases.iter().filter(|c| !c.failures.is_empty()) {
        lines.push(format!("{}: {}", case.name, case.failures.join("; ")));
    }
    if !lines.is_empty() {
        return Ok(refused(lines, cases.len()));
    }
    let people = parties.as_ref().map(|path| super::table::read(path, &pack.profile)).transpose()?;
    let table = people.as_ref().map(|p| &p.table);
    let notes = pack.lint(&at, table);
    let mut text = vec![format!("{name} {}: sound, {} cases passed", pack.version, cases.len())];
    let mut reach = serde_json::Map::new();
    if let Some(table) = table {
        let whens = pack.programmes.iter().map(|p| (p.code.as_str(), p.when.as_str()));
        let set = zhida_rules::RuleSet::compile(&pack.profile, &pack.params, &at, whens)?;
        for (code, c) in set.names().zip(set.on(table).counts()) {
            text.push(format!("{code}: {} could enter, {} not, {} unknown", c.truth, c.falsity, c.unknown));
            let counts = serde_json::json!({ "true": c.truth, "false": c.falsity, "unknown": c.unknown });
            reach.insert(code.to_owned(), counts);
        }
    }
    text.extend(notes.iter().map(|n| format!("note: {n}")));
    let list: Vec<serde_json::Value> =
        notes.iter().map(|n| serde_json::json!({ "file": n.file, "code": n.code, "text": n.text })).collect();
    let value = serde_json::json!({
        "pack": name, "cases": cases.len(), "faults": [], "notes": list, "parties": reach,
    });
    // What the law does not allow is no matter of taste.
    let yes = notes.iter().all(|n| n.code != "forbidden");
    Ok(Answer { text: text.join("\n"), value, yes })
}

fn refused(lines: Vec<String>, cases: usize) -> Answer {
    Answer {
        text: lines.join("\n"),
        value: serde_json::json!({ "cases": cases, "faults": lines }),
        yes: false,
    }
}
