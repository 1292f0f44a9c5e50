//! Suppressions: `# toctou: allow(rule) reason` as a parsed comment. Silences findings, and is a finding itself where it is wrong or silences nothing.

mod directive;
mod fixes;
mod rules;

use std::cell::Cell;
use std::ops::Range;

pub use directive::{Mistake, parse};
pub use rules::{INVALID, UNUSED};

use super::{Confidence, Finding, Label, Role, Rule, Suppressed, SuppressionKind, find_rule};
use crate::source::{Comment, FileId, Files, Placement, Site, Span};

/// The word that every directive starts with; a file without it has none.
pub const MARK: &str = "toctou:";

/// A directive and what it covers.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The comment.
    pub site: Site,
    /// The rules that it silences.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
    /// The bytes in which a place must start, or for one line, start or end; `None` for the whole file.
    covers: Option<Range<u32>>,
    used: Cell<bool>,
}

/// What the comments of one file say.
#[derive(Clone, Debug, Default)]
pub struct FileSuppressions {
    /// Directives that count.
    pub valid: Vec<Suppression>,
    /// Comments that were meant as one and are wrong.
    pub invalid: Vec<(Site, Mistake)>,
}

/// Reads the directives among a file's comments.
#[must_use]
pub fn read(file: FileId, text: &str, comments: &[Comment], rules: &[&'static Rule]) -> FileSuppressions {
    let mut out = FileSuppressions::default();
    for comment in comments {
        let site = Site { file, span: comment.span };
        let directive = match parse(&comment.text) {
            None => continue,
            Some(Err(mistake)) => {
                out.invalid.push((site, mistake));
                continue;
            }
            Some(Ok(directive)) => directive,
        };
        match directive.rules.iter().find_map(|id| find_rule(rules, id).err().map(|near| (id, near))) {
            Some((id, near)) => out.invalid.push((site, Mistake::UnknownRule(id.clone(), near))),
            None => {
                let covers = covered(text, comment);
                let (rules, reason) = (directive.rules, directive.reason);
                out.valid.push(Suppression { site, rules, reason, covers, used: Cell::new(false) });
            }
        }
    }
    out
}

fn covered(text: &str, comment: &Comment) -> Option<Range<u32>> {
    match comment.placement {
        Placement::Head => None,
        Placement::Above(Span { start, end }) => Some(start..end),
        Placement::Nothing => Some(comment.span.start..comment.span.start),
        Placement::Trailing => {
            let line = text[..comment.span.start as usize].rfind('\n').map_or(0, |n| n + 1);
            Some(Span::new(line, 0).start..comment.span.start)
        }
    }
}

impl Suppression {
    fn covers(&self, site: Site) -> bool {
        let within = |range: &Range<u32>| range.contains(&site.span.start) || (range.start < site.span.end && site.span.end <= range.end);
        self.site.file == site.file && self.covers.as_ref().is_none_or(within)
    }

    /// A finding is silenced at its primary place, and at every other place where the race happens; not where a lock is taken.
    fn silences(&self, finding: &Finding) -> bool {
        let happens = |l: &&Label| !matches!(l.role, Role::Lock | Role::Release | Role::Other);
        let here = self.covers(finding.primary.site) || finding.labels.iter().filter(happens).any(|l| self.covers(l.site));
        here && self.rules.iter().any(|id| id == finding.rule.id)
    }
}

/// What the suppressions of a run did to its findings.
#[derive(Debug, Default)]
pub struct Applied {
    /// What stays.
    pub kept: Vec<Finding>,
    /// What a comment silences.
    pub silenced: Vec<Suppressed>,
    /// Findings about the comments themselves.
    pub about: Vec<Finding>,
}

/// Parts findings into those that stay and those that a comment silences, and makes a finding for each wrong comment.
///
/// A suppression that silences nothing is reported in files for which `judged` holds: those that were analysed together with all
/// that they use.
pub fn apply(findings: Vec<Finding>, files: &Files, by_file: &[FileSuppressions], judged: impl Fn(FileId) -> bool) -> Applied {
    let mut out = Applied::default();
    let all = || by_file.iter().flat_map(|f| &f.valid);
    for finding in findings {
        let silencing: Vec<&Suppression> = all().filter(|s| s.silences(&finding)).collect();
        silencing.iter().for_each(|s| s.used.set(true));
        match silencing.first() {
            Some(first) => out.silenced.push(Suppressed { finding, kind: SuppressionKind::Comment, reason: first.reason.clone() }),
            None => out.kept.push(finding),
        }
    }
    for (site, mistake) in by_file.iter().flat_map(|f| &f.invalid) {
        let finding = about(&INVALID, *site, mistake.to_string(), mistake.help());
        out.about.push(fixes::respelled(finding, files.get(site.file).text(), mistake));
    }
    for unused in all().filter(|s| !s.used.get() && judged(s.site.file)) {
        let (ids, line) = (unused.rules.join("`, `"), files.positions(unused.site).0.line);
        let help = format!("remove the comment on line {line}, or move it to the statement, function or file head that it is meant for");
        let finding = about(&UNUSED, unused.site, format!("this comment silences no finding of `{ids}`"), help);
        out.about.push(fixes::removed(finding, files.get(unused.site.file).text()));
    }
    out
}

fn about(rule: &'static Rule, site: Site, message: String, help: String) -> Finding {
    let label = Label::new(Role::Other, site, "here");
    Finding::new(rule, Confidence::High, message, label).help(help)
}

#[cfg(test)]
mod tests;
