//! The Python front end: ruff's parser to IR.
//!
//! `lower` measures (`depth`), parses, and lowers: definitions in `module`, statements in `stmt`, `control` and `assign`, expressions in
//! `expr`, `chain`, `cond`, `comp` and `format`, patterns in `pattern`, annotations in `types`; `scope` says what a name means.

mod assign;
mod bindings;
mod build;
mod chain;
mod comments;
mod comp;
mod cond;
mod control;
mod depth;
mod expr;
mod format;
mod module;
mod pattern;
mod scope;
mod stmt;
mod types;

#[cfg(test)]
mod tests;

pub use comments::comments;

use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{Mode, Parsed, lexer, parse_unchecked_source};
use ruff_text_size::Ranged;

use self::build::{Lowerer, MAX_PROBLEMS};
use self::depth::Depth;
use crate::ir::{File, Problem};
use crate::source::Span;

/// Longer texts are measured before they are parsed; shorter ones cannot cost the parser much, and are measured on its tokens.
const SMALL: usize = 32 * 1024;
/// Trees up to this deep are lowered and dropped on the caller's stack.
const SHALLOW: u32 = 300;
/// What one level of a tree costs the stack at most when it is dropped, and what the rest needs.
const STACK_PER_LEVEL: usize = 1024;
const STACK_BASE: usize = 4 * 1024 * 1024;

/// Lowers one file. A file that does not parse gives what could be read of it, and problems. Deep nesting is cut off with a problem;
/// whatever the text is, the caller's stack does not overflow.
#[must_use]
pub fn lower(text: &str) -> (File, Vec<Problem>) {
    if u32::try_from(text.len()).is_err() {
        return refused(text, Span::default(), "the file is larger than 4 GiB");
    }
    if text.len() > SMALL && is_refused_before_parsing(text) {
        return refused(text, Span::default(), TOO_DEEP);
    }
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let depth = Depth::of(parsed.tokens().iter().map(|t| t.kind()));
    if depth.total() <= SHALLOW {
        return lower_parsed(text, &parsed, depth);
    }
    let stack = STACK_BASE + STACK_PER_LEVEL * depth.total() as usize;
    std::thread::scope(|scope| {
        let work = move || lower_parsed(text, &parsed, depth);
        let thread = std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, work);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => refused(text, Span::default(), "no thread could be started for a deeply nested file"),
        }
    })
}

const TOO_DEEP: &str = "nested too deeply, the file is not analysed";

fn lower_parsed(text: &str, parsed: &Parsed<ModModule>, depth: Depth) -> (File, Vec<Problem>) {
    if let Some(at) = depth.refused_at {
        return refused(text, build::span(parsed.tokens()[at].range()), TOO_DEEP);
    }
    let mut lowerer = Lowerer::new(text);
    lowerer.module(parsed.suite());
    let errors = parsed.errors().iter().take(MAX_PROBLEMS);
    let mut problems: Vec<Problem> = errors
        .map(|e| Problem { span: build::span(e.location), message: format!("syntax error: {}", lower_first(&e.error.to_string())) })
        .collect();
    problems.append(&mut lowerer.problems);
    (lowerer.file, problems)
}

/// Whether a text nests so deeply that parsing it would take too much memory.
fn is_refused_before_parsing(text: &str) -> bool {
    measured(text).refused_at.is_some()
}

/// How deeply a text nests, without parsing it.
fn measured(text: &str) -> Depth {
    let mut lexer = lexer::lex(text, Mode::Module);
    let kinds = std::iter::from_fn(|| Some(lexer.next_token()).filter(|kind| !kind.is_eof()));
    Depth::of(kinds)
}

fn refused(text: &str, span: Span, message: &str) -> (File, Vec<Problem>) {
    let mut lowerer = Lowerer::new(text);
    lowerer.module(&[]);
    (lowerer.file, vec![Problem { span, message: message.to_owned() }])
}

fn lower_first(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
