//! The command line.

mod args;
mod baseline;
mod changes;
mod check;
mod config;
mod doctor;
mod explain;
mod fail;
mod git;
mod output;
mod progress;
mod setup;
mod suppress;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

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
        Command::Baseline(args) => baseline::run(&args),
        Command::Suppress(args) => suppress::run(&args),
        Command::Completions { shell } => completions(shell),
        Command::Man => man(),
        Command::Doctor(args) => doctor::run(&args),
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

fn completions(shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "toctou", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(CLEAN)
}

fn man() -> Result<u8, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    std::io::stdout().lock().write_all(&page)?;
    Ok(CLEAN)
}
