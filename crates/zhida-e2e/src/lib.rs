//! End-to-end tests (`tests/main.rs`): they depend on no crate of ours and know only the built binary, so that they survive
//! any change inside.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The binary beside which the running test was built; built if it is not there.
///
/// # Panics
/// If there is none and it cannot be built: no test can go on then.
#[expect(clippy::unwrap_used, reason = "for tests alone")]
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("zhida");
    if !path.exists() {
        let built =
            Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "zhida"]).status().unwrap();
        assert!(built.success());
    }
    path
}
