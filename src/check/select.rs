//! Which findings are reported: rules, levels, confidence, excluded code, named files.

use std::collections::BTreeSet;

use super::Options;
use crate::finding::Finding;
use crate::source::discover::{normal, shown};
use crate::source::scope::is_generated;
use crate::source::{FileId, Files, SourceFile};

/// A file's path relative to the project, so that nothing depends on where the command was started.
pub(super) fn project_path<'a>(options: &Options<'_>, file: &'a SourceFile) -> &'a str {
    let below = file.disk.as_ref().and_then(|d| d.strip_prefix(&options.settings.root).ok()).and_then(|p| p.to_str());
    below.unwrap_or(&file.path)
}

/// The findings that the configuration wants to see, at its levels.
pub(super) fn reported(options: &Options<'_>, files: &Files, findings: Vec<Finding>) -> Vec<Finding> {
    let named = options.report_only.as_ref().map(|paths| {
        let name = |p: &std::path::PathBuf| files.find(&shown(&options.cwd, &normal(&options.cwd.join(p))));
        paths.iter().filter_map(name).collect::<BTreeSet<FileId>>()
    });
    let wanted = |mut finding: Finding| {
        let file = files.get(finding.primary.site.file);
        if named.as_ref().is_some_and(|named| !finding.sites().any(|l| named.contains(&l.site.file))) {
            return None;
        }
        if !options.settings.report_all && (file.excluded || is_generated(file.text())) {
            return None;
        }
        let path = project_path(options, file);
        finding.level = options.settings.level(finding.rule, finding.level, finding.confidence, path)?;
        Some(finding)
    };
    findings.into_iter().filter_map(wanted).collect()
}
