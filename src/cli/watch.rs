//! `--watch`: checks again whenever a file changes.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use notify::{Event, EventKind, RecursiveMode, Watcher as _};

use super::args::CheckArgs;
use super::fail::Failure;
use super::{check, setup};
use crate::source::Lang;

/// Editors write a file in several steps; what comes within this time is one change.
const QUIET: Duration = Duration::from_millis(150);

/// Checks, waits for a change, and checks again, until it is interrupted. A mistake in the configuration is shown and waited out.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    let told = |e: notify::Error| Failure::usage(format!("cannot watch for changes: {e}"), "run without `--watch`");
    let cwd = setup::cwd()?;
    let (sender, changes) = channel();
    // The receiver lives as long as this function; a failed send only means that it is over.
    let mut watcher = notify::recommended_watcher(move |event| drop(sender.send(event))).map_err(told)?;
    watcher.watch(&cwd, RecursiveMode::Recursive).map_err(told)?;
    loop {
        if io::stdout().is_terminal() {
            io::stdout().lock().write_all(b"\x1b[2J\x1b[H")?;
        }
        match check::options(args).and_then(|options| check::once(args, &options)) {
            Ok(_) => {}
            Err(Failure::Pipe(e)) => return Err(Failure::Pipe(e)),
            Err(other) => other.print(),
        }
        while !changes.recv().is_ok_and(|event| event.is_ok_and(|e| matters(&e))) {}
        while changes.recv_timeout(QUIET).is_ok() {}
    }
}

/// Whether an event can change what is reported. Reading a file is an event too.
fn matters(event: &Event) -> bool {
    let config = |p: &Path| p.file_name().is_some_and(|n| n == "toctou.toml" || n == "pyproject.toml" || n == "toctou-baseline.json");
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|p| config(p) || Lang::of_path(&p.to_string_lossy()).is_some())
}
