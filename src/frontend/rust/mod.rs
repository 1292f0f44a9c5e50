//! The Rust front end: syn to IR.
//!
//! Reading order: [`parse`] makes a syntax tree, [`build`] keeps the functions being built, [`item`] and [`function`] say what
//! a file defines, [`block`], [`expr`], [`chain`], [`operator`], [`cond`], [`control`], [`pattern`] and [`macros`] what it does.

mod attr;
mod block;
mod build;
mod chain;
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

use crate::ir::{File, Problem};
use crate::source::Span;

use build::Lowering;
use place::Places;

/// The deepest syntax tree that is lowered on the caller's stack (see `tests::deep`, which measures it).
const SHALLOW: usize = 100;
/// The deepest that is lowered at all.
const DEEPEST: usize = 25_000;
/// The stack for everything between.
const BIG_STACK: usize = 512 << 20;

/// Lowers one file. What does not parse is a problem; the items around it are kept.
#[must_use]
pub fn lower(text: &str) -> (File, Vec<Problem>) {
    let out = lower_within(text, SHALLOW).unwrap_or_else(|| {
        let deep = || lower_within(text, usize::MAX).unwrap_or_else(|| refused(text));
        let thread = std::thread::Builder::new().stack_size(BIG_STACK);
        std::thread::scope(|s| thread.spawn_scoped(s, deep).ok().and_then(|t| t.join().ok())).unwrap_or_else(|| refused(text))
    });
    out
}

/// An empty file and the reason.
fn refused(text: &str) -> (File, Vec<Problem>) {
    let (file, mut problems) = Lowering::new(Places { offset: 0 }).finish(text.len());
    problems.push(Problem { span: Span::new(0, text.len()), message: "nested too deep to be analysed".into() });
    (file, problems)
}

/// Lowers a file unless it is deeper than `bound`.
fn lower_within(text: &str, bound: usize) -> Option<(File, Vec<Problem>)> {
    let (offset, body) = parse::rust_part(text);
    let places = Places { offset };
    let mut lowering = Lowering::new(places);
    match parse::lex(body, places) {
        Ok(tokens) if depth::depth(tokens.clone()) > bound => return None,
        Ok(tokens) => {
            let parsed = parse::parse(tokens, DEEPEST, places);
            lowering.problems = parsed.problems;
            lowering.in_test = attr::is_test(&parsed.attrs);
            lowering.items(&parsed.items);
        }
        Err(problem) => lowering.problems.push(problem),
    }
    proc_macro2::extra::invalidate_current_thread_spans();
    Some(lowering.finish(text.len()))
}
