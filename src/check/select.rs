//! Which findings are reported: suppressions, rules and levels, excluded code, named files, new lines, the baseline.

use std::collections::BTreeSet;

use super::{Lowered, Options};
use crate::finding::suppression::{self, FileSuppressions};
use crate::finding::{Entry, Finding, Suppressed, seal};
use crate::source::discover::{normal, shown};
use crate::source::scope::is_generated;
use crate::source::{FileId, Files, Note, NoteKind, SourceFile};

/// A file's path relative to the project, so that nothing depends on where the command was started.
pub fn project_path<'a>(options: &Options, file: &'a SourceFile) -> &'a str {
    let below = file.disk.as_ref().and_then(|d| d.strip_prefix(&options.settings.root).ok()).and_then(|p| p.to_str());
    below.unwrap_or(&file.path)
}

/// The findings to report, at the levels of the configuration; what was silenced; and notes on what needs attention.
pub(super) fn reported(
    options: &Options,
    files: &Files,
    findings: Vec<Finding>,
    lowered: &[Lowered],
) -> (Vec<Finding>, Vec<Suppressed>, Vec<Note>) {
    let by_file: Vec<FileSuppressions> = lowered.iter().map(|l| l.suppressions.clone()).collect();
    let judged = |id: FileId| options.whole && lowered.get(id.0 as usize).is_some_and(|l| l.notes.is_empty());
    let suppression::Applied { mut kept, silenced: mut suppressed, mut about } = suppression::apply(findings, files, &by_file, judged);
    seal(&mut about, |id| project_path(options, files.get(id)));
    kept.append(&mut about);
    kept.sort();
    let mut notes = Vec::new();
    if let Some(baseline) = &options.baseline {
        let applied = baseline.apply(kept, &options.today);
        kept = applied.kept;
        suppressed.extend(applied.silenced);
        if options.whole {
            notes.extend(applied.stale.iter().map(|e| entry_note(e, "matches nothing any more; `toctou baseline prune` removes it")));
        }
        notes.extend(applied.expired.iter().map(|e| entry_note(e, &format!("expired on {}", e.expires))));
    }
    let filter = Filter::new(options, files);
    let kept = kept.into_iter().filter_map(|f| filter.level(f)).collect();
    suppressed.retain_mut(|s| filter.wants(&s.finding));
    (kept, suppressed, notes)
}

fn entry_note(entry: &Entry, what: &str) -> Note {
    let id = entry.fingerprint.get(..8).unwrap_or(&entry.fingerprint);
    Note::file(NoteKind::Hygiene, &*entry.file, format!("baseline entry {id} ({}) {what}", entry.rule))
}

struct Filter<'a> {
    options: &'a Options,
    files: &'a Files,
    named: Option<BTreeSet<FileId>>,
}

impl<'a> Filter<'a> {
    fn new(options: &'a Options, files: &'a Files) -> Self {
        let named = options.report_only.as_ref().map(|paths| {
            let find = |p: &std::path::PathBuf| files.find(&shown(&options.cwd, &normal(&options.cwd.join(p))));
            paths.iter().filter_map(find).collect()
        });
        Self { options, files, named }
    }

    /// Whether a finding's place is of interest.
    fn wants(&self, finding: &Finding) -> bool {
        let file = self.files.get(finding.primary.site.file);
        let named = self.named.as_ref().is_none_or(|named| finding.sites().any(|l| named.contains(&l.site.file)));
        let new = || self.options.changes.as_ref().is_none_or(|c| c.touch(self.files, finding));
        let excluded = || !self.options.settings.report_all && (file.excluded || is_generated(file.text()));
        named && new() && !excluded()
    }

    /// The finding at the level of the configuration, if it is reported.
    fn level(&self, mut finding: Finding) -> Option<Finding> {
        let path = project_path(self.options, self.files.get(finding.primary.site.file));
        finding.level = self.options.settings.level(finding.rule, finding.level, finding.confidence, path)?;
        self.wants(&finding).then_some(finding)
    }
}
