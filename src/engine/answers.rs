//! Questions about names that were asked before, and what the answers were.

use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::program::Resolved;
use crate::source::Sym;

/// What a dotted path means in an in-file module.
type Path = (Sym, Sym);

/// What a name, and what follows it, means inside an in-file module, so many imports away from where it was asked.
type Name = (Sym, Sym, Option<Sym>, u32);

/// Known answers, by file: who asks about one file asks on, and others ask about other files meanwhile.
pub(super) struct Answers(Vec<OfFile>);

/// Known answers about one file.
#[derive(Default)]
pub(super) struct OfFile {
    pub(super) paths: Known<Path, Resolved>,
    pub(super) names: Known<Name, Option<Resolved>>,
}

impl Answers {
    /// None yet, about so many files.
    pub(super) fn about(files: usize) -> Self {
        Self((0..files).map(|_| OfFile::default()).collect())
    }

    /// Those about a file.
    pub(super) fn of(&self, file: u32) -> &OfFile {
        &self.0[file as usize]
    }

    /// Forgets all: more has been defined.
    pub(super) fn forget(&mut self) {
        *self = Self::about(self.0.len());
    }
}

/// Answers to one kind of question.
pub(super) struct Known<K, V>(RwLock<FxHashMap<K, V>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Copy + Eq + Hash, V: Copy> Known<K, V> {
    /// The answer, found by `find` when it is asked for the first time.
    pub(super) fn or_find(&self, question: K, find: impl FnOnce() -> V) -> V {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&question) {
            return *known;
        }
        let found = find();
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(question, found);
        found
    }
}
