//! A rule as people meet it: its name, its page, how it is reported by default.

/// How bad a finding is, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing; shown with `--pedantic`.
    Note,
    /// Should be fixed.
    Warning,
    /// Must be fixed.
    Error,
}

impl Level {
    /// All of them, the mildest first.
    pub const ALL: [Self; 3] = [Self::Note, Self::Warning, Self::Error];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule. Lints keep theirs as a `pub static RULE: Rule` beside their logic.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The one id: in messages, file names, suppressions, SARIF.
    pub id: &'static str,
    /// One line, lower case, no full stop.
    pub summary: &'static str,
    /// How bad its findings are by default.
    pub level: Level,
    /// Whether it reports without `--pedantic`.
    pub default_on: bool,
    /// Its page in Markdown: `include_str!("../../lints/<id>.md")`.
    pub page: &'static str,
    /// Weaknesses of MITRE's list that it finds: 362, 367.
    pub cwe: &'static [u16],
    /// Words to group rules by: `lost-update`, `lock`, `check-then-act`, `temporary-file`.
    pub tags: &'static [&'static str],
}

/// The rule of that id among `rules`, or the id that comes nearest to it.
///
/// # Errors
/// Gives the most similar known id, if one is similar enough to have been meant.
pub fn find_rule(rules: &[&'static Rule], id: &str) -> Result<&'static Rule, Option<&'static str>> {
    match rules.iter().find(|r| r.id == id) {
        Some(rule) => Ok(rule),
        None => Err(crate::source::nearest(id, rules.iter().map(|r| r.id))),
    }
}
