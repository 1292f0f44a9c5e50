//! `toctou check` and `toctou effects`.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, EffectsArgs};
use super::changes::{self, New};
use super::fail::Failure;
use super::{CLEAN, FINDINGS, baseline, git, output, progress, setup, watch};
use crate::check::{self, Options, Outcome, rules};
use crate::report::{Report, Style};
use crate::source::discover::{PathError, normal, shown};
use crate::source::{Lang, Note, NoteKind};

/// Checks and reports, once or whenever something changes.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    if args.watch { watch::run(args) } else { once(args, &options(args)?) }
}

/// Checks and reports.
pub(super) fn once(args: &CheckArgs, options: &Options) -> Result<u8, Failure> {
    let targets = output::targets(&args.output_format)?;
    let outcome = progress::shown(&options.progress, !args.quiet, || check::run(options))?;
    report(args, &targets, options, &outcome)?;
    let failing = outcome.findings.iter().any(|f| f.level >= options.settings.fail_on);
    if let Some(note) = named_unread(options, &outcome) {
        return Err(Failure::usage(
            format!("`{}`: {}", note.path, note.message),
            "name only files that can be checked, or their directory",
        ));
    }
    Ok(if failing && !args.exit_zero { FINDINGS } else { CLEAN })
}

/// A file that the user named and that could not be read. One that was found in a directory only gets a note.
fn named_unread<'a>(options: &Options, outcome: &'a Outcome) -> Option<&'a Note> {
    let named: Vec<String> = options.paths.iter().map(|p| shown(&options.cwd, &normal(&options.cwd.join(p)))).collect();
    let of_run = |note: &Note| note.kind == NoteKind::Unreadable && outcome.files.find(&note.path).is_some();
    outcome.notes.iter().find(|note| of_run(note) && named.contains(&note.path))
}

/// What the arguments ask for.
pub(super) fn options(args: &CheckArgs) -> Result<Options, Failure> {
    output::targets(&args.output_format)?;
    let cwd = setup::cwd()?;
    let mut buffers = stdin(args)?;
    let named: Vec<PathBuf> = args.paths.iter().filter(|p| *p != Path::new("-")).cloned().collect();
    let settings = setup::settings(&args.source, &cwd, &named, Some(setup::flags(args)?))?;
    let paths = match (buffers.is_empty(), args.report_only, named.is_empty()) {
        (_, true, _) => vec![settings.root.clone()],
        (true, false, true) => vec![PathBuf::from(".")],
        _ => named.clone(),
    };
    let new = args.new_from.as_deref().map(|from| changes::new_from(&cwd, from)).transpose()?;
    let whole = buffers.is_empty() && paths.iter().all(|p| cwd.join(p).is_dir());
    let New { changes, staged } = new.unwrap_or_default();
    buffers.extend(staged);
    if args.report_only {
        all_there(&cwd, &named, &buffers)?;
    }
    let baseline = if args.no_baseline { None } else { baseline::load(args.baseline.as_deref(), &cwd, &settings)? };
    Ok(Options {
        paths,
        buffers,
        whole,
        report_only: args.report_only.then_some(named),
        changes,
        baseline,
        today: baseline::today(),
        jobs: usize::from(args.jobs),
        ..Options::new(cwd, settings)
    })
}

/// Names that only scope the report are not opened; a misspelled one would silently report nothing.
fn all_there(cwd: &Path, named: &[PathBuf], buffers: &[(String, String)]) -> Result<(), check::Error> {
    for path in named {
        let disk = normal(&cwd.join(path));
        match std::fs::metadata(&disk) {
            Err(source) if !buffers.iter().any(|(name, _)| *name == shown(cwd, &disk)) => {
                return Err(PathError { path: path.display().to_string(), source }.into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Shows summaries.
pub(super) fn effects(args: &EffectsArgs) -> Result<u8, Failure> {
    let cwd = setup::cwd()?;
    let settings = setup::settings(&args.source, &cwd, &args.paths, None)?;
    let options = Options { paths: args.paths.clone(), ..Options::new(cwd, settings) };
    io::stdout().lock().write_all(check::effects(&options)?.as_bytes())?;
    Ok(CLEAN)
}

/// Standard input as a buffer, if it was asked for.
fn stdin(args: &CheckArgs) -> Result<Vec<(String, String)>, Failure> {
    if !args.paths.iter().any(|p| p == Path::new("-")) {
        return match &args.stdin_filename {
            Some(_) => Err(Failure::usage("`--stdin-filename` names standard input, which is not checked", "add `-` to the paths")),
            None => Ok(Vec::new()),
        };
    }
    let name = args.stdin_filename.clone().unwrap_or_else(|| "stdin.py".into());
    if Lang::of_path(&name).is_none() {
        return Err(Failure::usage(format!("cannot tell the language of `{name}`"), "`--stdin-filename` must end in .py, .pyi or .rs"));
    }
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text).map_err(|e| Failure::usage(format!("cannot read standard input: {e}"), "is it UTF-8?"))?;
    Ok(vec![(name, text)])
}

fn report(args: &CheckArgs, targets: &[output::Target], options: &Options, outcome: &Outcome) -> Result<(), Failure> {
    let rules = rules();
    let provenance = if targets.iter().any(output::Target::tells_provenance) { git::provenance(&setup::cwd()?) } else { None };
    let report = Report {
        files: &outcome.files,
        findings: &outcome.findings,
        suppressed: if args.sarif_suppressed { &outcome.suppressed } else { &[] },
        notes: if args.quiet { &[] } else { &outcome.notes },
        rules: &rules,
        provenance: provenance.as_ref(),
        style: Style::default(),
    };
    if outcome.files.is_empty() && !args.quiet {
        let looked: Vec<String> = options.paths.iter().map(|p| format!("`{}`", p.display())).collect();
        let help = "are they excluded by the configuration (`toctou config show`), or ignored by git (`--no-respect-gitignore`)?";
        let words = format!("warning: no Python or Rust files matched in {}\n  help: {help}\n", looked.join(", "));
        io::stderr().lock().write_all(words.as_bytes())?;
    }
    if !(args.quiet && outcome.findings.is_empty() && args.output_format.is_empty()) {
        output::write(targets, &report, args.color)?;
    }
    if args.statistics {
        io::stderr().lock().write_all(statistics(outcome).as_bytes())?;
    }
    Ok(())
}

/// Findings per rule, the time per stage, and the bounds that were reached.
fn statistics(outcome: &Outcome) -> String {
    let mut per_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &outcome.findings {
        *per_rule.entry(finding.rule.id).or_default() += 1;
    }
    let rules = per_rule.iter().map(|(id, n)| format!("{n:>9}  {id}\n"));
    let stages = outcome.stats.stages.iter().map(|(name, time)| format!("{:>8.3}s  {name}\n", time.as_secs_f64()));
    let stats = &outcome.stats;
    let counts = [
        (outcome.suppressed.len(), "silenced"),
        (outcome.files.len(), "files"),
        (stats.functions as usize, "functions analysed"),
        (stats.bounded as usize, "functions past a bound, in which a race may be missed"),
        (stats.too_deep as usize, "calls nested too deep to be followed"),
    ];
    rules.chain(stages).chain(counts.map(|(n, what)| format!("{n:>9}  {what}\n"))).collect()
}
