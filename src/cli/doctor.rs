//! `toctou doctor`: what a bug report should say of the surroundings.

use std::io::{self, IsTerminal as _, Write as _};

use super::args::{ColorWhen, PathArgs};
use super::fail::Failure;
use super::{CLEAN, baseline, git, output, setup};
use crate::check::{self, Options, rules};
use crate::source::{Lang, NoteKind};

/// Shows it.
pub(super) fn run(args: &PathArgs) -> Result<u8, Failure> {
    let cwd = setup::cwd()?;
    let settings = setup::settings(&args.source, &cwd, &args.paths, None)?;
    let origins: Vec<_> = settings.layers.iter().map(|l| l.origin.clone()).collect();
    let baseline = baseline::load(None, &cwd, &settings)?;
    let mut options = Options::new(cwd.clone(), settings);
    if !args.paths.is_empty() {
        options.paths.clone_from(&args.paths);
    }
    let outcome = check::run(&options)?;
    let of = |lang| outcome.files.iter().filter(|(_, f)| f.lang == lang).count();
    let excluded = outcome.files.iter().filter(|(_, f)| f.excluded).count();
    let notes = |kind| outcome.notes.iter().filter(|n| n.kind == kind).count();
    let git = git::line(&cwd, &["--version"]).unwrap_or_else(|e| e.to_string());
    let terminal = io::stdout().is_terminal();
    let color = if output::colored(ColorWhen::Auto, terminal) { "colour" } else { "no colour" };
    let lines = [
        format!("version        toctou {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH),
        format!("rules          {}", rules().len()),
        format!("configuration  {}", if origins.is_empty() { "none found".into() } else { origins.join(", ") }),
        format!("project        {}", options.settings.root.display()),
        format!("baseline       {}", baseline.map_or_else(|| "none".into(), |b| format!("{} entries", b.findings.len()))),
        format!(
            "files          {} Python, {} Rust; {excluded} of them are not reported on (tests, examples, build scripts, vendored code)",
            of(Lang::Python),
            of(Lang::Rust)
        ),
        format!("unreadable     {}", notes(NoteKind::Unreadable)),
        format!("syntax errors  {}", notes(NoteKind::Syntax)),
        format!("our errors     {}", notes(NoteKind::Internal)),
        format!("findings       {}, {} silenced", outcome.findings.len(), outcome.suppressed.len()),
        format!("git            {git}"),
        format!("terminal       {}, {color}", if terminal { "yes" } else { "no" }),
        format!("threads        {}", std::thread::available_parallelism().map_or(1, usize::from)),
    ];
    io::stdout().lock().write_all((lines.join("\n") + "\n").as_bytes())?;
    Ok(CLEAN)
}
