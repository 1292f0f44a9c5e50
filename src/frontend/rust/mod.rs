//! The Rust front end: syn to IR.
//!
//! Reading order: `expand` replaces the calls of macros that the code itself defines, `parse` makes a syntax tree, `build` keeps the functions being built, `item` and `function` say what
//! a file defines, `block`, `expr`, `chain`, `operator`, `cond`, `control`, `pattern` and `macros` what it does.

mod attr;
mod block;
mod build;
mod chain;
mod comments;
mod cond;
mod control;
mod depth;
mod expand;
mod expr;
mod format;
mod function;
mod item;
mod lexer;
mod macro_flow;
mod macros;
mod operator;
mod parse;
mod pattern;
mod place;
mod prune;
#[cfg(test)]
mod tests;
mod types;

pub use comments::comments;
pub use expand::{Defined, Macros, defined};

use proc_macro2::TokenStream;

use crate::ir::{File, Problem};
use crate::source::modules::Module;
use crate::source::{Span, Sym};

use build::Lowering;
use place::Places;

/// The most stack of the caller's that is used.
const OWN_STACK: usize = 1 << 20;
/// The heaviest items that are lowered at all (see [`depth`]), on a stack of their own.
const MAX_WEIGHT: usize = 1 << 19;

/// Lowers a file of whose crate nothing else is known.
#[must_use]
pub fn lower(text: &str) -> (File, Vec<Problem>) {
    let root = Sym::new("crate");
    lower_in(text, &Macros::default(), &Module { path: root, root, is_package: false, manifest: None }, Tests::LeftOut)
}

/// What becomes of items that only exist in test builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tests {
    /// They are not there.
    LeftOut,
    /// They are items like any other.
    Kept,
}

/// Lowers a file that is this module and may call these macros. What does not parse is a problem; the items around it are kept.
#[must_use]
pub fn lower_in(text: &str, macros: &Macros, module: &Module, tests: Tests) -> (File, Vec<Problem>) {
    let mut result = lower_within(text, macros, module, tests, OWN_STACK);
    // What a macro makes may need more than its call.
    for _ in 0..3 {
        let Err(needed) = result else { break };
        let thread = std::thread::Builder::new().stack_size(needed + OWN_STACK);
        let work = || lower_within(text, macros, module, tests, needed);
        let done = std::thread::scope(|s| thread.spawn_scoped(s, work).ok().and_then(|t| t.join().ok()));
        result = done.unwrap_or(Err(needed));
    }
    result.unwrap_or_else(|_| refused(text))
}

impl Lowering {
    fn without_tests(&mut self, tokens: TokenStream) -> TokenStream {
        let pruned = prune::without_tests(tokens.clone());
        self.file.test_modules = pruned.test_modules;
        pruned.tokens.unwrap_or(tokens)
    }
}

/// An empty file and the reason.
fn refused(text: &str) -> (File, Vec<Problem>) {
    let (file, mut problems) = Lowering::new(Places::new(0, text)).finish(text.len());
    problems.push(Problem { span: Span::new(0, text.len()), message: "nested too deep to be analysed".into() });
    (file, problems)
}

/// Lowers a file if that takes no more than so many bytes of stack; otherwise tells how many.
fn lower_within(text: &str, macros: &Macros, module: &Module, tests: Tests, stack: usize) -> Result<(File, Vec<Problem>), usize> {
    let (offset, body) = parse::rust_part(text);
    let expands = expand::concerns(body, macros);
    let code = lexer::code(body, expands);
    let mut lowering = Lowering::new(Places::new(offset, &code));
    let tests_go = tests == Tests::LeftOut && memchr::memmem::find(code.as_bytes(), b"test").is_some();
    let parsed = parse::lex(&code, &lowering.places).map(|tokens| {
        let tokens = if tests_go { lowering.without_tests(tokens) } else { tokens };
        parsed(&code, &tokens, expands.then_some((macros, module)), stack, &lowering.places)
    });
    let done = match parsed {
        Ok(Ok(parsed)) => {
            lowering.problems = parsed.problems;
            lowering.items(&parsed.items);
            Ok(lowering.finish(text.len()))
        }
        Ok(Err(needed)) => Err(needed),
        Err(problem) => {
            lowering.problems.push(problem);
            Ok(lowering.finish(text.len()))
        }
    };
    proc_macro2::extra::invalidate_current_thread_spans();
    done
}

/// Parses a file's tokens, its macros replaced, if that takes no more than so many bytes of stack; otherwise tells how many.
fn parsed(
    text: &str,
    tokens: &TokenStream,
    macros: Option<(&Macros, &Module)>,
    stack: usize,
    places: &Places,
) -> Result<parse::Parsed, usize> {
    let needed = |weight: usize| weight.min(MAX_WEIGHT) * depth::UNIT;
    let within = |weight: usize| if needed(weight) > stack { Err(needed(weight)) } else { Ok(weight) };
    let rough = depth::weight_of_text(text);
    let weight = if needed(rough) <= OWN_STACK { rough } else { within(depth::weight(tokens.clone()))? };
    let plain = || parse::parse(tokens.clone(), weight, MAX_WEIGHT, places);
    let Some((macros, module)) = macros.filter(|_| weight <= MAX_WEIGHT) else { return Ok(plain()) };
    within(expand::MAX_WEIGHT)?;
    let Some(expanded) = expand::expand(tokens, macros, module) else { return Ok(plain()) };
    let weight = within(depth::weight(expanded.clone()))?;
    let parsed = parse::parse(expanded, weight, MAX_WEIGHT, places);
    if parsed.problems.is_empty() {
        return Ok(parsed);
    }
    let plain = plain();
    Ok(if plain.problems.len() < parsed.problems.len() { plain } else { parsed })
}
