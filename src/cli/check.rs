//! `toctou check` and `toctou effects`.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, EffectsArgs};
use super::fail::Failure;
use super::{CLEAN, FINDINGS, git, output, setup};
use crate::check::{self, Options, Outcome, Progress, rules};
use crate::report::{Report, Style};
use crate::source::Lang;

/// Checks and reports.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    let targets = output::targets(&args.output_format)?;
    let cwd = setup::cwd()?;
    let buffers = stdin(args)?;
    let named: Vec<PathBuf> = args.paths.iter().filter(|p| *p != Path::new("-")).cloned().collect();
    let whole = buffers.is_empty() && (named.is_empty() || args.report_only);
    let settings = setup::settings(&args.source, &cwd, &named, Some(setup::flags(args)?))?;
    let paths = match (whole, args.report_only) {
        (true, true) => vec![settings.root.clone()],
        (true, false) => vec![PathBuf::from(".")],
        (false, _) => named.clone(),
    };
    let progress = Progress::default();
    let report_only = args.report_only.then_some(named);
    let options = Options { cwd, paths, buffers, settings, report_only, jobs: args.jobs, progress: &progress };
    let outcome = check::run(&options)?;
    report(args, &targets, &outcome)?;
    let failing = outcome.findings.iter().any(|f| f.level >= options.settings.fail_on);
    Ok(if failing && !args.exit_zero { FINDINGS } else { CLEAN })
}

/// Shows summaries.
pub(super) fn effects(args: &EffectsArgs) -> Result<u8, Failure> {
    let cwd = setup::cwd()?;
    let settings = setup::settings(&args.source, &cwd, &args.paths, None)?;
    let progress = Progress::default();
    let paths = args.paths.clone();
    let options = Options { cwd, paths, buffers: Vec::new(), settings, report_only: None, jobs: 0, progress: &progress };
    io::stdout().lock().write_all(check::effects(&options)?.as_bytes())?;
    Ok(CLEAN)
}

/// Standard input as a buffer, if it was asked for.
fn stdin(args: &CheckArgs) -> Result<Vec<(String, String)>, Failure> {
    if !args.paths.iter().any(|p| p == Path::new("-")) {
        return Ok(Vec::new());
    }
    let name = args.stdin_filename.clone().unwrap_or_else(|| "stdin.py".into());
    if Lang::of_path(&name).is_none() {
        return Err(Failure::usage(format!("cannot tell the language of `{name}`"), "`--stdin-filename` must end in .py, .pyi or .rs"));
    }
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text).map_err(|e| Failure::usage(format!("cannot read standard input: {e}"), "is it UTF-8?"))?;
    Ok(vec![(name, text)])
}

fn report(args: &CheckArgs, targets: &[output::Target], outcome: &Outcome) -> Result<(), Failure> {
    let rules = rules();
    let provenance = if targets.iter().any(output::Target::tells_provenance) { git::provenance(&setup::cwd()?) } else { None };
    let report = Report {
        files: &outcome.files,
        findings: &outcome.findings,
        suppressed: &outcome.suppressed,
        notes: if args.quiet { &[] } else { &outcome.notes },
        rules: &rules,
        provenance: provenance.as_ref(),
        style: Style::default(),
    };
    if !(args.quiet && outcome.findings.is_empty() && args.output_format.is_empty()) {
        output::write(targets, &report, args.color)?;
    }
    if args.statistics {
        io::stderr().lock().write_all(statistics(outcome).as_bytes())?;
    }
    Ok(())
}

/// Findings per rule, and the time per stage.
fn statistics(outcome: &Outcome) -> String {
    let mut per_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &outcome.findings {
        *per_rule.entry(finding.rule.id).or_default() += 1;
    }
    let rules = per_rule.iter().map(|(id, n)| format!("{n:>8}  {id}\n"));
    let stages = outcome.stats.stages.iter().map(|(name, time)| format!("{:>8.3}s {name}\n", time.as_secs_f64()));
    rules.chain(stages).collect::<String>() + &format!("{:>8}  files\n", outcome.files.len())
}
