//! `toctou baseline`, and the baseline of a check.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{BaselineAction, BaselineArgs, PathArgs};
use super::fail::Failure;
use super::{CLEAN, setup};
use crate::check::{self, Options, Outcome, project_path};
use crate::config::Settings;
use crate::finding::Baseline;

/// The name that a baseline has unless the configuration says otherwise.
const NAME: &str = "toctou-baseline.json";

/// Creates, updates, prunes or shows the baseline.
pub(super) fn run(args: &BaselineArgs) -> Result<u8, Failure> {
    let (BaselineAction::Create(paths) | BaselineAction::Update(paths) | BaselineAction::Prune(paths) | BaselineAction::Show(paths)) =
        &args.action;
    let cwd = setup::cwd()?;
    let settings = setup::settings(&paths.source, &cwd, &paths.paths, None)?;
    let file = location(args.file.as_deref(), &cwd, &settings);
    match &args.action {
        BaselineAction::Create(_) => {
            let (options, outcome) = checked(paths, cwd, settings)?;
            create(&file, &of(&options, &outcome, None))
        }
        BaselineAction::Update(_) => {
            let (options, outcome) = checked(paths, cwd, settings)?;
            change(&file, |old| of(&options, &outcome, Some(&old)))
        }
        BaselineAction::Prune(_) => {
            let (options, outcome) = checked(paths, cwd, settings)?;
            let live = of(&options, &outcome, None);
            change(&file, |mut baseline| {
                baseline.findings.retain(|e| live.findings.iter().any(|l| l.fingerprint == e.fingerprint));
                baseline
            })
        }
        BaselineAction::Show(_) => show(&required(&file)?),
    }
}

/// The baseline of a check: the named one must be there, the usual one may be.
pub(super) fn load(named: Option<&Path>, cwd: &Path, settings: &Settings) -> Result<Option<Baseline>, Failure> {
    let file = location(named, cwd, settings);
    if named.is_none() && settings.baseline.is_none() && !file.exists() {
        return Ok(None);
    }
    required(&file).map(Some)
}

/// The day in UTC, as `2030-12-31`.
pub(super) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, day) = civil(i64::try_from(seconds / 86_400).unwrap_or(0));
    format!("{year:04}-{month:02}-{day:02}")
}

/// The date of a day counted from 1970-01-01, in years that start in March so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

fn location(named: Option<&Path>, cwd: &Path, settings: &Settings) -> PathBuf {
    named.map(|n| cwd.join(n)).or_else(|| settings.baseline.clone()).unwrap_or_else(|| settings.root.join(NAME))
}

/// Reads a baseline, and waits while another process changes it.
fn required(path: &Path) -> Result<Baseline, Failure> {
    let mut file = File::open(path).map_err(|e| missing(path, &e))?;
    file.lock_shared().map_err(|e| missing(path, &e))?;
    parsed(path, &mut file)
}

/// Reads, changes and writes a baseline with an exclusive lock on it from before the read until after the write.
/// The lock is on the file itself, which therefore is written in place and never replaced.
fn change(path: &Path, edit: impl FnOnce(Baseline) -> Baseline) -> Result<u8, Failure> {
    let mut file = File::options().read(true).write(true).open(path).map_err(|e| missing(path, &e))?;
    file.lock().map_err(|e| missing(path, &e))?;
    let baseline = edit(parsed(path, &mut file)?);
    let text = baseline.to_text().map_err(io::Error::other)?;
    let written = file.rewind().and_then(|()| file.set_len(0)).and_then(|()| file.write_all(text.as_bytes()));
    written.map_err(|e| unwritten(path, &e))?;
    told(path, &baseline)
}

fn create(path: &Path, baseline: &Baseline) -> Result<u8, Failure> {
    let text = baseline.to_text().map_err(io::Error::other)?;
    let mut file = File::create_new(path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("`{}` is there already", path.display()), "`toctou baseline update` brings it up to date")
        }
        _ => unwritten(path, &e),
    })?;
    file.lock().and_then(|()| file.write_all(text.as_bytes())).map_err(|e| unwritten(path, &e))?;
    told(path, baseline)
}

fn parsed(path: &Path, file: &mut File) -> Result<Baseline, Failure> {
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|e| missing(path, &e))?;
    let bad = |e| Failure::usage(format!("`{}` is not a baseline: {e}", path.display()), "mend it, or create it anew");
    Baseline::parse(&text).map_err(bad)
}

fn missing(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot read `{}`: {error}", path.display()), "`toctou baseline create` writes one")
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write `{}`: {error}", path.display()), "may this directory be written to?")
}

fn told(path: &Path, baseline: &Baseline) -> Result<u8, Failure> {
    let n = baseline.findings.len();
    writeln!(io::stdout().lock(), "{} with {n} finding{}", path.display(), if n == 1 { "" } else { "s" })?;
    Ok(CLEAN)
}

/// A check of everything, at the configuration's levels and without a baseline.
fn checked(paths: &PathArgs, cwd: PathBuf, settings: Settings) -> Result<(Options, Outcome), Failure> {
    let mut options = Options::new(cwd, settings);
    if !paths.paths.is_empty() {
        options.paths.clone_from(&paths.paths);
    }
    let outcome = check::run(&options)?;
    Ok((options, outcome))
}

fn of(options: &Options, outcome: &Outcome, old: Option<&Baseline>) -> Baseline {
    Baseline::of(outcome.findings.iter().map(|f| (f, project_path(options, outcome.files.get(f.primary.site.file)))), old)
}

fn show(baseline: &Baseline) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    for e in &baseline.findings {
        let id = e.fingerprint.get(..8).unwrap_or(&e.fingerprint);
        let until = if e.expires.is_empty() { String::new() } else { format!(" until {}", e.expires) };
        let reason = if e.reason.is_empty() { String::new() } else { format!(": {}", e.reason) };
        writeln!(out, "{id}  {}  {} in `{}`{until}{reason}", e.rule, e.file, e.function)?;
    }
    Ok(CLEAN)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_have_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(11_017), (2000, 3, 1));
        assert_eq!(civil(20_453), (2025, 12, 31));
    }
}
