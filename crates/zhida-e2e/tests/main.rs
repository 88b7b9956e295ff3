//! The command line as the README says, and the power cut: nothing is lost, nothing is sent twice.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use zhida_e2e::binary;

fn zhida(data: &Path, arguments: &[&str]) -> (bool, Value) {
    let output =
        Command::new(binary()).arg("--data").arg(data).args(arguments).arg("--json").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Waits for a state, not for a time.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_mins(2), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn outbox(data: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(data.join("outbox")) else { return BTreeSet::new() };
    let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|n| Path::new(n).extension().is_some_and(|e| e == "json")).collect()
}

fn serve(data: &Path) -> Child {
    Command::new(binary())
        .arg("--data")
        .arg(data)
        .args(["serve", "--port", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Starts a command and pulls the plug after so many milliseconds.
fn cut(data: &Path, arguments: &[&str], wait: u64) {
    let mut child =
        Command::new(binary()).arg("--data").arg(data).args(arguments).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(wait));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_power_cut_in_the_middle_of_an_import_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    let data = folder.path().join("data");
    let (written, _) = zhida(&data, &["demo", "write", "--out", files.to_str().unwrap()]);
    assert!(written);
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("zhida.toml"), "demonstration = true\n").unwrap();
    let register = files.join("register.xlsx");
    let arguments = ["import", register.to_str().unwrap(), "--apply"];
    // The first cuts come while the tables are made, the later ones in the middle of the file.
    for wait in [40_u64, 80, 120, 160, 200, 250, 300, 400, 2_500, 5_000] {
        cut(&data, &arguments, wait);
        let (_, people) = zhida(&data, &["portrait"]);
        let people = people["people"].as_i64().unwrap();
        assert!(people == 0 || people == 5_069, "{people} people after the cut");
        let (intact, _) = zhida(&data, &["journal", "verify"]);
        assert!(intact);
    }
    let (done, answer) = zhida(&data, &arguments);
    assert!(done, "{answer}");
    assert_eq!(zhida(&data, &["portrait"]).1["people"], 5_069);
    let (_, again) = zhida(&data, &arguments);
    assert_eq!(
        (again["counts"]["created"].clone(), again["counts"]["updated"].clone()),
        (0.into(), 0.into())
    );
}

#[test]
fn a_power_cut_in_the_middle_of_sending_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    // No quiet hours: the test runs at any time of the day.
    std::fs::write(
        data.join("zhida.toml"),
        "demonstration = true\n[messages]\nwebhook_secret = \"s\"\nquiet_from = 0\nquiet_until = 0\n",
    )
    .unwrap();
    // The demonstration is taken up where a cut left it.
    cut(data, &["demo", "load"], 3_000);
    let (loaded, files) = zhida(data, &["demo", "load"]);
    assert!(loaded, "{files}");
    assert_eq!(zhida(data, &["portrait"]).1["people"], 5_069);
    let (ran, outcome) = zhida(data, &["match", "run", "fit-training"]);
    assert!(ran && outcome["run"].is_string() && outcome["eligible"].as_i64().unwrap() > 0, "{outcome}");
    assert_eq!(outcome["objective"], outcome["bound"]);
    let (approved, answer) = zhida(data, &["match", "approve"]);
    assert!(approved, "{answer}");
    let queued = usize::try_from(answer["messages"]["queued"].as_i64().unwrap()).unwrap();
    assert!(queued > 100);
    assert!(!zhida(data, &["match", "approve"]).0, "a run is approved once");
    let mut server = serve(data);
    until("the first messages", || outbox(data).len() > 20);
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(outbox(data).len() < queued, "the cut came in the middle");
    let mut server = serve(data);
    let sent = || zhida(data, &["messages"]).1["reach"]["sent"].as_i64().unwrap();
    until("all messages", || outbox(data).len() == queued && usize::try_from(sent()).unwrap() == queued);
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(outbox(data).len(), queued, "a file a message: none is missing, none is double");
    assert!(zhida(data, &["journal", "verify"]).0);
}
