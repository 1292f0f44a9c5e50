//! What the Rust front end says of each construct.

mod control;
mod deep;
mod expr;
mod item;
mod left_out;
mod macros;

use super::lower;
use crate::ir::{Block, File, Op, Scope, dump};

/// A file that must be read without problems.
fn read(text: &str) -> File {
    let (file, problems) = lower(text);
    assert_eq!(problems, [], "{text}");
    file
}

/// The ops of the file's last top-level function, as text.
#[track_caller]
fn body_is(text: &str, expected: &str) {
    let file = read(text);
    let at = file.functions.iter().rposition(|f| f.parent.is_none()).expect("there is a top level");
    let mut one = File { imports: vec![], types: vec![], impls: vec![], ..file };
    one.functions.truncate(at + 1);
    let shown = dump(&one);
    let mut lines: Vec<&str> = shown.lines().collect();
    let head = lines.iter().rposition(|l| l.starts_with("fn ")).expect("a function is shown");
    let body = lines.split_off(head + 1);
    let indent = expected.lines().find(|l| !l.trim().is_empty()).map_or(0, |l| l.len() - l.trim_start().len());
    let expected: Vec<String> =
        expected.lines().filter(|l| !l.trim().is_empty()).map(|l| format!("  {}", &l[indent.min(l.len())..])).collect();
    assert_eq!(body, expected, "\n{}", body.join("\n"));
}

/// The whole dump.
fn shown(text: &str) -> String {
    dump(&read(text))
}

/// All ops, those of regions included.
fn all_ops(block: &Block) -> Vec<&Op> {
    let mut out = vec![];
    let mut left: Vec<&Block> = vec![block];
    while let Some(block) = left.pop() {
        for op in block {
            out.push(op);
            match op {
                Op::Branch { arms, .. } => left.extend(arms.iter().map(|a| &a.body)),
                Op::Loop { body, .. } | Op::Scope { kind: Scope::Block { body, .. }, .. } => left.push(body),
                _ => {}
            }
        }
    }
    out
}
