//! The Rust front end: syn to IR.
//!
//! Reading order: `parse` makes a syntax tree, `build` keeps the functions being built, `item` and `function` say what
//! a file defines, `block`, `expr`, `chain`, `operator`, `cond`, `control`, `pattern` and `macros` what it does.

mod attr;
mod block;
mod build;
mod chain;
mod comments;
mod cond;
mod control;
mod depth;
mod expr;
mod format;
mod function;
mod item;
mod macro_flow;
mod macros;
mod operator;
mod parse;
mod pattern;
mod place;
#[cfg(test)]
mod tests;
mod types;

pub use comments::comments;

use crate::ir::{File, Problem};
use crate::source::Span;

use build::Lowering;
use place::Places;

/// The most stack of the caller's that is used.
const OWN_STACK: usize = 1 << 20;
/// The heaviest items that are lowered at all (see [`depth`]), on a stack of their own.
const MAX_WEIGHT: usize = 1 << 19;

/// Lowers one file. What does not parse is a problem; the items around it are kept.
#[must_use]
pub fn lower(text: &str) -> (File, Vec<Problem>) {
    lower_within(text, OWN_STACK).unwrap_or_else(|needed| {
        let thread = std::thread::Builder::new().stack_size(needed + OWN_STACK);
        let work = || lower_within(text, usize::MAX).ok();
        let done = std::thread::scope(|s| thread.spawn_scoped(s, work).ok().and_then(|t| t.join().ok()));
        done.flatten().unwrap_or_else(|| refused(text))
    })
}

/// An empty file and the reason.
fn refused(text: &str) -> (File, Vec<Problem>) {
    let (file, mut problems) = Lowering::new(Places { offset: 0 }).finish(text.len());
    problems.push(Problem { span: Span::new(0, text.len()), message: "nested too deep to be analysed".into() });
    (file, problems)
}

/// Lowers a file if that takes no more than so many bytes of stack; otherwise tells how many.
fn lower_within(text: &str, stack: usize) -> Result<(File, Vec<Problem>), usize> {
    let (offset, body) = parse::rust_part(text);
    let places = Places { offset };
    let mut lowering = Lowering::new(places);
    match parse::lex(body, places) {
        Ok(tokens) => {
            let needed = depth::weight(tokens.clone()).min(MAX_WEIGHT) * depth::UNIT;
            if needed > stack {
                proc_macro2::extra::invalidate_current_thread_spans();
                return Err(needed);
            }
            let parsed = parse::parse(tokens, MAX_WEIGHT, places);
            lowering.problems = parsed.problems;
            lowering.in_test = attr::is_test(&parsed.attrs);
            lowering.items(&parsed.items);
        }
        Err(problem) => lowering.problems.push(problem),
    }
    proc_macro2::extra::invalidate_current_thread_spans();
    Ok(lowering.finish(text.len()))
}
