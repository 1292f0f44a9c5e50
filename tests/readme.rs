//! The generated parts of the README: one real finding, and the table of lints.

mod support;

use std::fmt::Write as _;

use support::{fail_on, kept, run, text};
use toctou::check;

#[test]
fn generated_parts_of_the_readme_are_current() {
    let readme = text("README.md");
    let current = replaced(&replaced(&readme, "finding", &finding()), "lints", &lints());
    let complaints: Vec<String> = kept::agrees("README.md", Some(&current)).err().into_iter().collect();
    fail_on(&complaints, 1, "readme");
}

/// The seed's first finding as the terminal shows it.
fn finding() -> String {
    let mut outcome = run::check_path("fixtures/seed/python/case_before.py");
    outcome.findings.truncate(1);
    let shown = run::shown(&outcome);
    let frame = shown.trim_end().rsplit_once('\n').map_or("", |(frame, _summary)| frame);
    format!("```text\n{}\n```\n", frame.trim_end())
}

fn lints() -> String {
    let mut table = "| lint | level | finds |\n| --- | --- | --- |\n".to_owned();
    for rule in check::rules() {
        let (id, level) = (rule.id, rule.level.as_str());
        writeln!(table, "| [`{id}`](lints/{id}.md) | {level} | {} |", rule.summary).expect("a string takes all that is written");
    }
    table
}

/// A text with what stands between the marks of a part replaced.
fn replaced(text: &str, part: &str, content: &str) -> String {
    let open = format!("<!-- generated: {part} -->\n");
    let (before, rest) = text.split_once(&open).unwrap_or_else(|| panic!("README.md has no part `{part}`"));
    let (_, after) = rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("README.md: the part `{part}` has no end"));
    format!("{before}{open}{content}<!-- end -->{after}")
}
