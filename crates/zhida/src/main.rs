//! The one binary: arguments to the command line module.

use std::process::ExitCode;

fn main() -> ExitCode {
    zhida::cli::main()
}
