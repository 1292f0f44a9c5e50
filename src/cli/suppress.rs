//! `toctou suppress`: writes suppression comments above the lines of findings.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use super::args::SuppressArgs;
use super::fail::Failure;
use super::{CLEAN, setup};
use crate::check::{self, Options, Outcome};
use crate::finding::Finding;
use crate::finding::suppression::parse;
use crate::source::{FileId, Lang, SourceFile};

/// Lines to insert into one file: before which line, and the rules that it silences.
type Inserts = BTreeMap<usize, Vec<&'static str>>;

/// Writes the comments, or shows them.
pub(super) fn run(args: &SuppressArgs) -> Result<u8, Failure> {
    let known = check::rules();
    args.select.iter().try_for_each(|id| setup::rule(&known, id).map(drop))?;
    let reason = args.reason.trim();
    if let Some(Err(mistake)) = parse(&format!("toctou: allow(x) {reason}")) {
        return Err(Failure::usage(mistake.to_string(), "say why the race cannot happen or does no harm"));
    }
    let cwd = setup::cwd()?;
    let settings = setup::settings(&args.paths.source, &cwd, &args.paths.paths, None)?;
    let mut options = Options::new(cwd, settings);
    if !args.paths.paths.is_empty() {
        options.paths.clone_from(&args.paths.paths);
    }
    let outcome = check::run(&options)?;
    let mut per_file: BTreeMap<FileId, Inserts> = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|f| is_meant(args, f)) {
        let line = outcome.files.positions(finding.primary.site).0.line;
        let rules = per_file.entry(finding.primary.site.file).or_default().entry(line).or_default();
        if !rules.contains(&finding.rule.id) {
            rules.push(finding.rule.id);
        }
    }
    if per_file.is_empty() {
        return Err(Failure::usage("no finding matches", "`toctou check` lists the findings"));
    }
    write(args, &outcome, &per_file, reason)
}

fn is_meant(args: &SuppressArgs, finding: &Finding) -> bool {
    let selected = args.select.is_empty() || args.select.iter().any(|id| id == finding.rule.id);
    selected
        && args.fingerprint.as_ref().is_none_or(|id| finding.fingerprint.starts_with(id.as_str()))
        && !finding.rule.tags.contains(&"suppression")
}

fn write(args: &SuppressArgs, outcome: &Outcome, per_file: &BTreeMap<FileId, Inserts>, reason: &str) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    for (id, inserts) in per_file {
        let file = outcome.files.get(*id);
        let Some(disk) = &file.disk else { continue };
        let bytes = std::fs::read(disk)?;
        let mark = if bytes.starts_with("\u{feff}".as_bytes()) { "\u{feff}" } else { "" };
        if bytes[mark.len()..] != *file.text().as_bytes() {
            return Err(Failure::usage(format!("`{}` changed while it was checked", file.path), "run the command again"));
        }
        if !args.dry_run {
            // toctou: allow(unlocked-read-modify-write) no editor would take our lock; what was checked is compared with what is there just before
            std::fs::write(disk, format!("{mark}{}", with_comments(file, inserts, reason)))?;
        }
        for (line, rules) in inserts {
            writeln!(out, "{}:{line}: {}", file.path, comment(file.lang, rules, reason))?;
        }
    }
    Ok(CLEAN)
}

fn comment(lang: Lang, rules: &[&str], reason: &str) -> String {
    let mark = match lang {
        Lang::Python => "#",
        Lang::Rust => "//",
    };
    format!("{mark} toctou: allow({}) {reason}", rules.join(", "))
}

/// The text with a comment above each of the lines, indented and ended as that line is.
fn with_comments(file: &SourceFile, inserts: &Inserts, reason: &str) -> String {
    let mut out = String::new();
    for (index, line) in file.text().split_inclusive('\n').enumerate() {
        if let Some(rules) = inserts.get(&(index + 1)) {
            let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            out.push_str(&format!("{indent}{}{end}", comment(file.lang, rules, reason)));
        }
        out.push_str(line);
    }
    out
}
