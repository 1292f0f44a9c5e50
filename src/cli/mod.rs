//! The command line.

mod args;
mod check;
mod config;
mod explain;
mod fail;
mod git;
mod output;
mod setup;

use std::process::ExitCode;

use clap::Parser as _;

pub use args::Cli;
use args::Command;
use fail::Failure;

/// Nothing to report.
const CLEAN: u8 = 0;
/// There are findings.
const FINDINGS: u8 = 1;
/// The job could not be done.
const TROUBLE: u8 = 2;

/// Runs the command with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    crate::check::quiet_panics();
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Rules(args) => explain::rules(&args),
        Command::Effects(args) => check::effects(&args),
        Command::Config(args) => config::run(&args),
    };
    match outcome {
        Ok(status) => ExitCode::from(status),
        // Whoever reads has seen enough.
        Err(Failure::Pipe(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(CLEAN),
        Err(failure) => {
            failure.print();
            ExitCode::from(TROUBLE)
        }
    }
}
