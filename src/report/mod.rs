//! Reporters: one file per output format. Each renders findings and decides nothing.

mod agent;
mod checkstyle;
mod concise;
mod escape;
mod full;
mod github;
mod gitlab;
mod html;
mod interleaving;
pub mod json;
mod jsonl;
mod junit;
mod mistake;
mod rdjson;
mod sarif;
#[cfg(test)]
mod tests;

pub use mistake::Mistake;

use std::io::{self, Write};

use crate::finding::{Finding, Rule, Suppressed};
use crate::source::{Files, Note};

/// Everything that a format may show.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The files of the run.
    pub files: &'a Files,
    /// Findings, sorted and with their fingerprints.
    pub findings: &'a [Finding],
    /// What was silenced by a comment or a baseline, with the reason; most formats leave it out.
    pub suppressed: &'a [Suppressed],
    /// What went wrong on the way.
    pub notes: &'a [Note],
    /// All rules, in the order of the registry.
    pub rules: &'a [&'static Rule],
    /// Which revision was checked, if that is known; only some formats tell it.
    pub provenance: Option<&'a Provenance>,
    /// How text may be dressed.
    pub style: Style,
}

/// Which revision of which repository was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Address of the repository, without credentials.
    pub repository: String,
    /// The commit.
    pub revision: String,
    /// The branch, if one is checked out.
    pub branch: Option<String>,
    /// Whether the working directory is the top of the repository.
    pub at_top: bool,
}

/// How text may be dressed for whoever reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// OSC 8 links on names of rules.
    pub links: bool,
}

/// An output format.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// Writes a report.
    pub write: fn(&Report<'_>, &mut dyn Write) -> io::Result<()>,
}

/// The formats, the default one first.
pub static FORMATS: &[Format] = &[
    Format { name: "full", about: "source frames with every place of the race, and the interleaving", write: full::write },
    Format { name: "concise", about: "one line per finding: file:line:column", write: concise::write },
    Format { name: "json", about: "one versioned JSON document", write: json::write },
    Format { name: "jsonl", about: "one JSON object per finding and line", write: jsonl::write },
    Format { name: "sarif", about: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Format { name: "github", about: "annotations of GitHub workflows", write: github::write },
    Format { name: "gitlab", about: "GitLab's Code Quality report", write: gitlab::write },
    Format { name: "junit", about: "JUnit XML, one failed case per finding", write: junit::write },
    Format { name: "checkstyle", about: "Checkstyle XML", write: checkstyle::write },
    Format { name: "rdjson", about: "reviewdog's diagnostic format", write: rdjson::write },
    Format { name: "html", about: "one self-contained page with the interleavings drawn", write: html::write },
    Format { name: "agent", about: "short Markdown for a program that edits code", write: agent::write },
];

/// The format of that name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name == name)
}

/// Where a rule's page is on the web.
#[must_use]
pub fn page_url(rule: &Rule) -> String {
    format!("{}/blob/main/lints/{}.md", env!("CARGO_PKG_REPOSITORY"), rule.id)
}

/// `1 file`, `2 files`.
fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
