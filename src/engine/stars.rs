//! Imports with a star in Rust: in which modules and types their names may be defined. A lookup that cannot succeed is not begun. Knows names.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::program::{Def, Input, Program, dotted};
use crate::ir::TypeKind;
use crate::source::{Lang, Sym};

/// Full paths of modules and types.
type Places = Arc<FxHashSet<&'static str>>;

/// Modules that more others lead to are not followed.
const MAX_MODULES: usize = 256;

/// Stands for all types among the places where words are defined: their methods may come from others.
const TYPES: &str = "()";

/// Where words are defined, and where stars lead.
#[derive(Default)]
pub(super) struct Stars {
    /// By word: the paths below which it stands.
    homes: FxHashMap<&'static str, FxHashSet<&'static str>>,
    /// By file and import: where its names may be defined, if that is known.
    places: Vec<FxHashMap<usize, Places>>,
}

/// Where one star leads.
enum Lead {
    Anywhere,
    /// To a file's module.
    Module(u32),
    To(Vec<&'static str>),
}

impl Stars {
    /// Whether a word stands anywhere in the paths of Rust code.
    pub(super) fn knows(&self, word: &str) -> bool {
        self.homes.contains_key(word)
    }

    /// Whether a star import may bring in a word.
    pub(super) fn may_bring(&self, file: u32, import: usize, word: &str) -> bool {
        match self.places.get(file as usize).and_then(|f| f.get(&import)) {
            Some(places) => self.homes.get(word).is_some_and(|all| all.iter().any(|home| places.contains(home))),
            None => true,
        }
    }
}

impl Program<'_> {
    /// All words and stars, once definitions and imports are known.
    pub(super) fn find_stars(&self) -> Stars {
        let leads: Vec<Vec<(usize, Lead)>> = (0..self.files.len()).map(|f| self.leads_of(f)).collect();
        let mut known: FxHashMap<u32, Option<Places>> = FxHashMap::default();
        let places = leads.iter().map(|of_file| {
            let known = of_file.iter().filter_map(|(n, lead)| match lead {
                Lead::Anywhere => None,
                Lead::To(places) => Some((*n, Arc::new(places.iter().copied().collect()))),
                Lead::Module(m) => known.entry(*m).or_insert_with(|| self.reached(*m, &leads)).clone().map(|p| (*n, p)),
            });
            known.collect()
        });
        let places = places.collect();
        let homes = if self.files.iter().any(is_rust) { self.homes() } else { FxHashMap::default() };
        Stars { homes, places }
    }

    fn homes(&self) -> FxHashMap<&'static str, FxHashSet<&'static str>> {
        let mut homes: FxHashMap<&'static str, FxHashSet<&'static str>> = FxHashMap::default();
        let mut seen = FxHashSet::default();
        let mut add = |mut path: &'static str| {
            while seen.insert(path) {
                let (home, word) = path.rsplit_once('.').unwrap_or(("", path));
                homes.entry(word).or_default().insert(home);
                path = home;
            }
        };
        self.defs.keys().for_each(|path| add(path));
        for (n, file) in self.files.iter().enumerate().filter(|(_, f)| is_rust(f)) {
            let names = self.imports[n].keys().chain(&self.variables[n]);
            names.for_each(|name| add(dotted(&[file.module, *name]).as_str()));
            let methods = file.ir.impls.iter().flat_map(|i| &i.functions).map(|f| file.ir.functions[f.0 as usize].name);
            methods.for_each(|name| add(dotted(&[Sym::new(TYPES), name]).as_str()));
        }
        homes
    }

    fn leads_of(&self, file: usize) -> Vec<(usize, Lead)> {
        let input = &self.files[file];
        let stars = input.ir.imports.iter().enumerate().filter(|(_, m)| m.glob && is_rust(input));
        stars.map(|(n, _)| (n, self.lead(self.targets[file][n]))).collect()
    }

    fn lead(&self, target: Sym) -> Lead {
        let text = target.as_str();
        match self.defs.get(text) {
            Some(Def::Module(m)) if is_rust(&self.files[*m as usize]) => Lead::Module(*m),
            Some(Def::Module(_)) => Lead::Anywhere,
            Some(Def::Type(t)) if self.type_def(*t).kind == TypeKind::Alias => Lead::Anywhere,
            Some(Def::Type(_)) => Lead::To(vec![text, TYPES]),
            Some(Def::Func(_)) => Lead::To(vec![text]),
            // What it is found through may be anything.
            None if text.match_indices('.').any(|(at, _)| self.defs.contains_key(&text[..at])) => Lead::Anywhere,
            None => Lead::To(vec![text]),
        }
    }

    /// The places that lookups in a module may come to.
    fn reached(&self, module: u32, leads: &[Vec<(usize, Lead)>]) -> Option<Places> {
        let mut seen = vec![module];
        let mut places = FxHashSet::default();
        let mut next = 0;
        while let Some(at) = seen.get(next).copied() {
            next += 1;
            let input = &self.files[at as usize];
            places.insert(input.module.as_str());
            for (n, lead) in &leads[at as usize] {
                if !input.ir.imports[*n].scope.as_str().is_empty() {
                    continue;
                }
                match lead {
                    Lead::Anywhere => return None,
                    Lead::Module(m) if seen.contains(m) => {}
                    Lead::Module(_) if seen.len() >= MAX_MODULES => return None,
                    Lead::Module(m) => seen.push(*m),
                    Lead::To(more) => places.extend(more),
                }
            }
        }
        Some(Arc::new(places))
    }
}

fn is_rust(file: &Input) -> bool {
    file.ir.lang == Lang::Rust
}
