//! `toctou explain` and `toctou rules`.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use super::CLEAN;
use super::args::{ExplainArgs, ListFormat, RulesArgs};
use super::fail::Failure;
use super::setup::rule;
use crate::check;
use crate::finding::Rule;

/// Shows pages.
pub(super) fn run(args: &ExplainArgs) -> Result<u8, Failure> {
    let known = check::rules();
    let pages = match &args.rule {
        Some(id) => rule(&known, id)?.page.to_owned(),
        None => known.iter().map(|r| r.page.trim_end()).collect::<Vec<_>>().join("\n\n") + "\n",
    };
    io::stdout().lock().write_all(pages.as_bytes())?;
    Ok(CLEAN)
}

/// Lists rules.
pub(super) fn rules(args: &RulesArgs) -> Result<u8, Failure> {
    let known = check::rules();
    let text = match args.output_format {
        ListFormat::Text => columns(&known),
        ListFormat::Json => json(&known),
        ListFormat::Markdown => table(&known),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(CLEAN)
}

/// The level, or how to see the rule's findings.
fn level(rule: &Rule) -> &'static str {
    if rule.default_on { rule.level.as_str() } else { "off" }
}

fn columns(rules: &[&Rule]) -> String {
    let width = rules.iter().map(|r| r.id.len()).max().unwrap_or(0);
    rules.iter().map(|r| format!("{:<width$}  {:<7}  {}\n", r.id, level(r), r.summary)).collect()
}

fn table(rules: &[&Rule]) -> String {
    let mut out = String::from("| rule | level | what it finds |\n| --- | --- | --- |\n");
    for rule in rules {
        // Writing to a String does not fail.
        let _ = writeln!(out, "| [`{0}`](lints/{0}.md) | {1} | {2} |", rule.id, level(rule), rule.summary);
    }
    out
}

fn json(rules: &[&Rule]) -> String {
    let entry = |r: &&Rule| {
        serde_json::json!({
            "id": r.id, "summary": r.summary, "level": r.level.as_str(), "default_on": r.default_on, "cwe": r.cwe, "tags": r.tags,
        })
    };
    format!("{:#}\n", serde_json::Value::from_iter(rules.iter().map(entry)))
}
