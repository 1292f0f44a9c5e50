//! Small programs and the IR that they become.

mod definitions;
mod depth;
mod expressions;
mod names;
mod regions;
mod statements;

use crate::ir::{File, dump};

fn lowered(text: &str) -> File {
    let (file, problems) = super::lower(text);
    assert_eq!(problems, [], "{text}");
    file
}

/// The dump of a program that has no problem.
fn dumped(text: &str) -> String {
    dump(&lowered(text))
}

/// The ops of the body of a function that is put around `lines`.
fn body(params: &str, lines: &str) -> String {
    let indented: String = lines.lines().map(|l| format!("    {l}\n")).collect();
    let text = dumped(&format!("def f({params}):\n{indented}"));
    let start = text.find("fn 1 f(").expect("the function is there");
    let ops: Vec<&str> = text[start..].lines().skip(1).map(|l| l.strip_prefix("  ").unwrap_or(l)).collect();
    ops.join("\n")
}

/// Asserts that a function's body becomes these ops; common indentation of `expected` does not count.
#[track_caller]
fn check(params: &str, lines: &str, expected: &str) {
    assert_eq!(body(params, &dedent(lines)), dedent(expected));
}

/// Asserts what a whole file becomes.
#[track_caller]
fn check_file(text: &str, expected: &str) {
    assert_eq!(dumped(&dedent(text)).trim_end(), dedent(expected));
}

fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().skip_while(|l| l.trim().is_empty()).collect();
    let common = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min().unwrap_or(0);
    lines.iter().map(|l| l.get(common..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}
