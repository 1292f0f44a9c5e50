//! Which files are read: all that findings may be reported in, and of the others (tests, examples, vendored code) those that they may
//! use. What nobody uses who is reported on can change nothing in the report, and is not even parsed.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Lowered;
use crate::ir;
use crate::source::modules::Module;
use crate::source::{Files, Lang, SourceFile, Sym};

/// The names by which the files that were read may use others.
#[derive(Default)]
struct Names {
    /// Python: every part of the path of an import.
    imported: FxHashSet<&'static str>,
    /// Rust: the crates that were read.
    crates: FxHashSet<Sym>,
    /// Rust: modules that only tests have.
    of_tests: FxHashSet<String>,
}

/// Lowers what is needed, side by side, in rounds: what was read tells what else it uses. What is not needed stays empty.
pub(super) fn lower_needed(files: &Files, modules: &[Module], lower: impl Fn(usize) -> Lowered + Sync) -> Vec<Lowered> {
    let files = files.as_slice();
    let mut out: Vec<Lowered> = files.iter().map(|_| Lowered::default()).collect();
    let (mut due, mut open): (Vec<usize>, Vec<usize>) = (0..files.len()).partition(|n| !files[*n].excluded);
    let mut names = Names::default();
    while !due.is_empty() {
        let lowered: Vec<Lowered> = due.par_iter().map(|n| lower(*n)).collect();
        for (n, lowered) in due.iter().zip(lowered) {
            if let Some(ir) = &lowered.ir {
                names.add(ir, &modules[*n]);
            }
            out[*n] = lowered;
        }
        let texts = due.iter().filter(|n| files[**n].lang == Lang::Rust).filter_map(|n| files[*n].read().ok());
        let mentioned = mentioned(&names.foreign(&open, files, modules), texts);
        (due, open) = open.into_iter().partition(|n| names.may_use(&files[*n], &modules[*n], &mentioned));
    }
    out
}

impl Names {
    fn add(&mut self, ir: &ir::File, module: &Module) {
        match ir.lang {
            Lang::Python => {
                let paths = ir.imports.iter().flat_map(|i| [i.target.as_str(), i.name.as_str()]);
                self.imported.extend(paths.flat_map(|p| p.split('.')));
            }
            Lang::Rust => {
                self.crates.insert(module.root);
                self.of_tests.extend(ir.test_modules.iter().map(|m| format!("{}.{m}", module.path)));
            }
        }
    }

    /// The crates that are not read yet and that other crates can name.
    fn foreign(&self, open: &[usize], files: &[SourceFile], modules: &[Module]) -> FxHashSet<Sym> {
        let rust = open.iter().filter(|n| files[**n].lang == Lang::Rust).map(|n| modules[*n].root);
        rust.filter(|root| !self.crates.contains(root) && !root.as_str().contains('.')).collect()
    }

    fn may_use(&self, file: &SourceFile, module: &Module, mentioned: &FxHashSet<Sym>) -> bool {
        match file.lang {
            Lang::Python => self.imported.contains(module.path.last()),
            Lang::Rust if self.crates.contains(&module.root) => {
                let path = module.path.as_str();
                let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
                !ends.into_iter().any(|end| self.of_tests.contains(&path[..end]))
            }
            Lang::Rust => mentioned.contains(&module.root),
        }
    }
}

/// Which of some names stand in a text.
fn mentioned(names: &FxHashSet<Sym>, texts: impl Iterator<Item = String>) -> FxHashSet<Sym> {
    let mut open: Vec<Sym> = names.iter().copied().collect();
    let mut found = FxHashSet::default();
    if open.is_empty() {
        return found;
    }
    for text in texts {
        open.retain(|name| {
            let there = memchr::memmem::find(text.as_bytes(), name.as_str().as_bytes()).is_some();
            if there {
                found.insert(*name);
            }
            !there
        });
    }
    found
}
