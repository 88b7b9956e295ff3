//! The one binary: arguments to the command line module.

use std::process::ExitCode;

/// Rows of a register are a hundred small texts each; the system's allocator spends a fifth of an import on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    zhida::cli::main()
}
