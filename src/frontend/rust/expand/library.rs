//! The macros of all files of a run, and which of them a name means.

use rustc_hash::{FxHashMap, FxHashSet};

use super::names::{Defined, Imports};
use crate::source::modules::Module;

/// The macros of all files of a run.
#[derive(Debug, Default)]
pub struct Macros {
    /// By crate and name.
    known: FxHashMap<&'static str, FxHashMap<String, Vec<Shared>>>,
    /// All names, of whatever crate.
    names: FxHashSet<String>,
}

/// A macro that other files may see.
#[derive(Debug)]
pub(super) struct Shared {
    /// Its crate.
    pub(super) root: &'static str,
    /// The text between its brackets.
    pub(super) text: String,
    /// The module that it stands in, from the crate on.
    module: Vec<String>,
    /// The outermost module whose text sees it.
    reach: Vec<String>,
    has_path: bool,
}

impl Macros {
    /// The macros of files in order, each with the module that it is.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (Module, Defined)>) -> Self {
        let mut out = Self::default();
        let files: Vec<(Module, Defined)> = files.into_iter().collect();
        let mut opened: FxHashSet<Vec<String>> = FxHashSet::default();
        for (module, defined) in &files {
            opened.extend(defined.opened.iter().map(|below| joined(module, below)));
        }
        for (file, defined) in files {
            let root = file.root.as_str();
            let known = out.known.entry(root).or_default();
            for m in defined.macros {
                let module = joined(&file, &m.scope);
                let mut reach = module.clone();
                while opened.contains(&reach) {
                    reach.pop();
                }
                for name in m.aliases.into_iter().chain([m.name]) {
                    let (text, module, reach) = (m.text.clone(), module.clone(), reach.clone());
                    out.names.insert(name.clone());
                    known.entry(name).or_default().push(Shared { root, text, module, reach, has_path: m.has_path });
                }
            }
        }
        out
    }

    /// Whether a text calls, by its name, a macro of some file.
    pub(super) fn called_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80;
        !self.names.is_empty()
            && memchr::memchr_iter(b'!', bytes).any(|bang| {
                let before = text[..bang].trim_end();
                let length = before.bytes().rev().take_while(is_name).count();
                self.names.contains(&before[before.len() - length..])
            })
    }

    /// What `name!` means in a module that imports these names.
    pub(super) fn named(&self, name: &str, here: &Here<'_>) -> Option<&Shared> {
        if let Some(path) = here.imports.names.get(name).filter(|p| p.len() > 1) {
            return self.at_path(path, here);
        }
        let root = here.file.root.as_str();
        let in_text = self.of(root, name).iter().filter(|m| here.module.starts_with(&m.reach));
        in_text.max_by_key(|m| m.reach.len()).or_else(|| {
            let from = here.imports.globs.iter().filter_map(|path| self.crate_of(path.first()?, here));
            from.filter_map(|root| self.of(root, name).iter().rfind(|m| m.has_path)).next()
        })
    }

    /// What `path::name!` means.
    pub(super) fn at_path(&self, path: &[String], here: &Here<'_>) -> Option<&Shared> {
        let [first, .., name] = path else { return None };
        let through = here.imports.names.get(first).filter(|p| p.len() > 1 || p.first() != Some(first));
        let path: Vec<String> = through.into_iter().flatten().chain(&path[usize::from(through.is_some())..]).cloned().collect();
        let [first, between @ .., _] = &path[..] else { return None };
        let fits = |m: &&Shared| m.module.ends_with(between);
        match self.crate_of(first, here) {
            Some(root) => {
                let all = || self.of(root, name).iter().filter(|m| m.has_path);
                all().rfind(fits).or_else(|| all().next_back())
            }
            None => {
                let below = |m: &&Shared| m.has_path && m.module.ends_with(&path[..path.len() - 1]);
                self.of(here.file.root.as_str(), name).iter().rfind(below)
            }
        }
    }

    fn of(&self, root: &'static str, name: &str) -> &[Shared] {
        self.known.get(root).and_then(|of_crate| of_crate.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The crate that a path begins in.
    fn crate_of(&self, first: &str, here: &Here<'_>) -> Option<&'static str> {
        match first {
            "crate" | "self" | "super" => Some(here.file.root.as_str()),
            other => self.known.get_key_value(other).map(|(root, _)| *root),
        }
    }
}

/// Where a call stands.
pub(super) struct Here<'a> {
    pub(super) file: &'a Module,
    /// The module of the file and the inline modules around the call.
    pub(super) module: &'a [String],
    pub(super) imports: &'a Imports,
}

/// The names of a module of a file, the crate first. `main.rs` beside a library is a root, too.
pub(super) fn joined(file: &Module, below: &[String]) -> Vec<String> {
    let root = file.root.as_str();
    let inner = file.path.as_str().strip_prefix(root).unwrap_or_default();
    let inner = inner.split('.').filter(|s| !s.is_empty() && (inner != ".main"));
    std::iter::once(root).chain(inner).map(str::to_owned).chain(below.iter().cloned()).collect()
}
