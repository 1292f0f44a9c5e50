//! The grammar of a directive: `toctou: allow(rule, rule) reason`.

use std::fmt;

use super::MARK;
use crate::source::nearest;

/// A directive as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Ids, at least one.
    pub rules: Vec<String>,
    /// Why, not empty.
    pub reason: String,
}

/// What is wrong with a comment that was meant as a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// `toctou: alow(…)`, `toctou: ignore(…)`.
    Word(String),
    /// No list of rules, or one that is not closed.
    List,
    /// A rule that does not exist, and the known one that comes nearest.
    UnknownRule(String, Option<&'static str>),
    /// No reason.
    NoReason,
    /// A reason that says nothing.
    Placeholder(String),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}` is not a directive"),
            Self::List => write!(f, "a suppression must name the rules that it silences"),
            Self::UnknownRule(id, _) => write!(f, "there is no rule `{id}`"),
            Self::NoReason => write!(f, "a suppression must give a reason"),
            Self::Placeholder(reason) => write!(f, "`{reason}` is not a reason"),
        }
    }
}

impl Mistake {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::UnknownRule(_, Some(near)) => format!("did you mean `{near}`?"),
            Self::UnknownRule(_, None) => "`toctou rules` lists all rules".into(),
            Self::NoReason | Self::Placeholder(_) => "say behind the rules why this is no race: `toctou: allow(rule) the reason`".into(),
            Self::Word(_) | Self::List => "write `toctou: allow(rule) the reason`".into(),
        }
    }
}

/// Reasons that people type to get past a check.
const PLACEHOLDERS: &[&str] =
    &["todo", "fixme", "tbd", "xxx", "wip", "reason", "a reason", "the reason", "because", "none", "n/a", "na", "ok", "ignore"];

/// The directive that a comment's text holds; `None` for any other text. It must start the comment: prose that mentions one is not one.
#[must_use]
pub fn parse(text: &str) -> Option<Result<Directive, Mistake>> {
    let rest = text.strip_prefix(MARK)?.trim_start();
    let word_end = rest.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
    let (word, rest) = (&rest[..word_end], rest[word_end..].trim_start());
    if word != "allow" {
        let meant = rest.starts_with('(') || nearest(word, ["allow"]).is_some();
        return meant.then(|| Err(Mistake::Word(word.to_owned())));
    }
    Some(arguments(rest))
}

fn arguments(rest: &str) -> Result<Directive, Mistake> {
    let (list, reason) = rest.strip_prefix('(').and_then(|r| r.split_once(')')).ok_or(Mistake::List)?;
    let rules: Vec<String> = list.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if rules.is_empty() {
        return Err(Mistake::List);
    }
    let reason = before_next_comment(reason).trim().trim_start_matches(['-', ':', '–', '—']).trim();
    if reason.is_empty() {
        return Err(Mistake::NoReason);
    }
    if is_placeholder(reason) {
        return Err(Mistake::Placeholder(reason.to_owned()));
    }
    Ok(Directive { rules, reason: reason.to_owned() })
}

/// A directive may be followed by a comment for another tool: `toctou: allow(rule) the reason  # noqa: E501`.
fn before_next_comment(text: &str) -> &str {
    let ends = [" #", " // "].iter().filter_map(|mark| text.find(mark)).min();
    &text[..ends.unwrap_or(text.len())]
}

fn is_placeholder(reason: &str) -> bool {
    let plain = reason.to_lowercase();
    let plain = plain.trim_matches(|c: char| !c.is_alphanumeric());
    let first = plain.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    plain.chars().filter(|c| c.is_alphanumeric()).count() < 3
        || PLACEHOLDERS.contains(&plain)
        || matches!(first, "todo" | "fixme" | "tbd" | "xxx")
}
