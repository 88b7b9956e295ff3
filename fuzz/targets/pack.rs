//! Any text as the files of a pack (`=== path` before each): faults or a pack, never a panic.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use zhida_pack::{Files, Pack};
use zhida_rules::At;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let mut files = Files::default();
    for part in text.split("=== ").skip(1) {
        let (path, body) = part.split_once('\n').unwrap_or((part, ""));
        files.0.insert(path.trim().to_owned(), body.to_owned());
    }
    if files.0.is_empty() {
        return Corpus::Reject;
    }
    if let Ok(pack) = Pack::read("fuzzed", files) {
        let at = At { day: 20_781, region: "330424".to_owned() };
        if pack.check(&at).is_empty() {
            let _cases = pack.run_cases();
        }
    }
    Corpus::Keep
});
