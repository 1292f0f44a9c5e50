//! Marks: trailing comments that say which lint must fire on their line, and at which level.
//!
//! `# error: id`, `# warning: id`, `# note: id`; `# finding: id` where the level is not the point; several ids with commas; `//` in Rust.

use toctou::check::Outcome;
use toctou::finding::Level;

use super::kept::diff;

/// One finding, as marked or as found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Verdict {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) id: String,
    /// `None`: any level will do.
    pub(crate) level: Option<Level>,
}

/// The marks of a text; `offset` is the number of lines before it in the file that it is part of.
pub(crate) fn marked(path: &str, text: &str, offset: usize) -> Vec<Verdict> {
    let numbered = text.lines().enumerate();
    let verdicts = numbered.filter_map(|(i, line)| Some((offset + i + 1, mark(line)?)));
    verdicts
        .flat_map(|(line, (level, ids))| {
            let verdict = move |id: &str| Verdict { path: path.to_owned(), line, id: id.trim().to_owned(), level };
            ids.split(',').map(verdict).collect::<Vec<_>>()
        })
        .collect()
}

/// The findings of a run; `offset` as in [`marked`].
pub(crate) fn found(outcome: &Outcome, offset: usize) -> Vec<Verdict> {
    let verdict = |finding: &toctou::finding::Finding| Verdict {
        path: outcome.files.path(finding.primary.site.file).to_owned(),
        line: outcome.files.positions(finding.primary.site).0.line + offset,
        id: finding.rule.id.to_owned(),
        level: Some(finding.level),
    };
    outcome.findings.iter().map(verdict).collect()
}

/// Compares marks with findings; the complaint shows them as a diff.
pub(crate) fn agree(mut marked: Vec<Verdict>, mut found: Vec<Verdict>) -> Result<(), String> {
    for mark in marked.iter_mut().filter(|m| m.level.is_none()) {
        let same = |f: &&Verdict| (&f.path, f.line, &f.id) == (&mark.path, mark.line, &mark.id);
        mark.level = found.iter().find(same).and_then(|f| f.level);
    }
    marked.sort();
    found.sort();
    if marked == found {
        return Ok(());
    }
    Err(diff("marked", &listing(&marked), "found", &listing(&found)))
}

/// The level and the ids of a line's mark.
fn mark(line: &str) -> Option<(Option<Level>, &str)> {
    let (_, comment) = line.rsplit_once("# ").or_else(|| line.rsplit_once("// "))?;
    let (word, ids) = comment.split_once(": ")?;
    let level = match word {
        "finding" => None,
        word => Some(*Level::ALL.iter().find(|level| level.as_str() == word)?),
    };
    Some((level, ids))
}

fn listing(verdicts: &[Verdict]) -> String {
    let line = |v: &Verdict| format!("{}:{}: {}: {}\n", v.path, v.line, v.level.map_or("finding", Level::as_str), v.id);
    verdicts.iter().map(line).collect()
}
