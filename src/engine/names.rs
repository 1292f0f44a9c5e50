//! Resolution: what a dotted path means where it stands. Knows imports and modules, not behaviour.

use rustc_hash::FxHashSet;

use super::program::{Def, Input, MAX_HOPS, Program, Resolved, TypeId, dotted};
use crate::ir;
use crate::source::{Lang, Sym};

/// Stands for all words that no path of the program has.
const NO_WORD: &str = "?";

impl Program<'_> {
    /// Marks the files that a `#[cfg(test)] mod x;` elsewhere brings in.
    pub(super) fn leave_out_test_modules(&mut self) {
        let named = |f: &Input| f.ir.test_modules.iter().map(|m| dotted(&[f.module, *m])).collect::<Vec<_>>();
        let modules: FxHashSet<Sym> = self.files.iter().flat_map(named).collect();
        let is_test = |module: Sym| {
            let text = module.as_str();
            modules.contains(&module) || text.match_indices('.').any(|(at, _)| modules.contains(&Sym::new(&text[..at])))
        };
        if !modules.is_empty() {
            self.files.iter_mut().for_each(|f| f.excluded |= is_test(f.module));
        }
    }

    /// What follows a type's name in a path.
    #[must_use]
    pub fn member_of(&self, ty: TypeId, rest: &str) -> Resolved {
        let full = dotted(&[self.types[ty.0 as usize].path, Sym::new(rest)]);
        self.member(Def::Type(ty), full, Some(rest), 0)
    }

    /// What a dotted path means in a file and in-file module.
    #[must_use]
    pub fn resolve(&self, file: u32, scope: Sym, path: Sym) -> Resolved {
        self.answers.of(file).paths.or_find((scope, path), || self.resolve_within(file, scope, path, 0))
    }

    fn resolve_within(&self, file: u32, scope: Sym, path: Sym, hops: u32) -> Resolved {
        let text = path.as_str();
        let (head, rest) = text.split_once('.').map_or((text, None), |(h, r)| (h, Some(r)));
        let input = &self.files[file as usize];
        if hops > MAX_HOPS {
            return Resolved::External(path);
        }
        if input.ir.lang == Lang::Rust {
            let module = dotted(&[input.module, scope]);
            match (head, rest) {
                ("crate", Some(r)) => return self.absolute(file, &format!("{}.{r}", input.root), hops),
                ("self", Some(r)) => return self.absolute(file, &format!("{module}.{r}"), hops),
                ("super", Some(r)) => {
                    let above = |m: &'static str| m.rsplit_once('.').map_or("", |(p, _)| p);
                    let (mut parent, mut rest) = (above(module.as_str()), r);
                    while let Some(r) = rest.strip_prefix("super.") {
                        (parent, rest) = (above(parent), r);
                    }
                    return self.absolute(file, &format!("{parent}.{rest}"), hops);
                }
                _ => {}
            }
        }
        if let Some(found) = self.in_module(file, scope, head, rest, hops) {
            return found;
        }
        if let (Lang::Rust, Some(rest)) = (input.ir.lang, rest) {
            let child = dotted(&[input.module, scope, Sym::new(head)]);
            if self.inline_modules.contains(child.as_str()) {
                // What the module has by an import of its own: re-exports, and functions of C.
                let (name, tail) = rest.split_once('.').map_or((rest, None), |(n, t)| (n, Some(t)));
                let by_import = || self.in_module(file, dotted(&[scope, Sym::new(head)]), name, tail, hops + 1);
                return match self.absolute(file, &format!("{child}.{rest}"), hops + 1) {
                    Resolved::External(p) => by_import().unwrap_or(Resolved::External(p)),
                    found => found,
                };
            }
        }
        if input.ir.lang == Lang::Rust && self.defs.contains_key(head) && rest.is_some() {
            return self.absolute(file, text, hops);
        }
        Resolved::External(path)
    }

    /// A name seen from inside a module: its definitions, its imports, its globs, its variables; then enclosing scopes.
    fn in_module(&self, file: u32, scope: Sym, head: &str, rest: Option<&str>, hops: u32) -> Option<Resolved> {
        let known = &self.answers.of(file).names;
        let ask = |head: Sym, rest: Option<Sym>| known.or_find((scope, head, rest, hops), || self.look_into(file, scope, head, rest, hops));
        // A word that stands nowhere in the program means what any other such word means.
        if self.files[file as usize].ir.lang == Lang::Rust && !self.stars.knows(head) {
            ask(Sym::new(NO_WORD), None)?;
        }
        ask(Sym::new(head), rest.map(Sym::new))
    }

    fn look_into(&self, file: u32, scope: Sym, head_sym: Sym, rest: Option<Sym>, hops: u32) -> Option<Resolved> {
        let input = &self.files[file as usize];
        let (head, rest) = (head_sym.as_str(), rest.map(Sym::as_str));
        let mut at = scope;
        loop {
            if let Some(found) = self.before_its_stand_in(file, at, head_sym, rest, hops) {
                return Some(found);
            }
            let here = dotted(&[input.module, at, head_sym]);
            let def = self.defs.get(here.as_str());
            // A package's submodule is not one of its names where something else is imported under the name.
            let may_be_another = matches!(def, Some(Def::Module(_))) && self.imports[file as usize].contains_key(&head_sym);
            let own = |def: &Def| self.member(*def, here, rest, hops);
            if let Some(def) = def.filter(|_| !may_be_another) {
                return Some(own(def));
            }
            if let Some(found) = self.imported(file, at, head_sym, rest, hops).or_else(|| def.map(own)) {
                return Some(found);
            }
            if self.has_variable(file, at, head_sym) {
                return Some(Resolved::Global(file, dotted(&[at, head_sym]), rest.map(Sym::new)));
            }
            if let Some(found) = self.globbed(file, at, head, rest, hops) {
                return Some(found);
            }
            if at.as_str().is_empty() || input.ir.lang == Lang::Rust {
                return None;
            }
            at = Sym::new(at.as_str().rsplit_once('.').map_or("", |(p, _)| p));
        }
    }

    /// What is imported counts before what stands in for it where the import fails, if something is known of it.
    fn before_its_stand_in(&self, file: u32, scope: Sym, name: Sym, rest: Option<&str>, hops: u32) -> Option<Resolved> {
        let input = &self.files[file as usize];
        let imports = self.imports[file as usize].get(&name)?;
        if !imports.iter().any(|(_, n)| input.ir.imports[*n].has_stand_in) {
            return None;
        }
        let found = self.imported(file, scope, name, rest, hops)?;
        let is_known = !matches!(found, Resolved::External(p) if !self.library(input.ir.lang).knows(p));
        is_known.then_some(found)
    }

    fn has_variable(&self, file: u32, scope: Sym, name: Sym) -> bool {
        self.variables[file as usize].contains(&dotted(&[scope, name]))
    }

    fn imported(&self, file: u32, scope: Sym, name: Sym, rest: Option<&str>, hops: u32) -> Option<Resolved> {
        let candidates = self.imports[file as usize].get(&name)?;
        let lib = self.library(self.files[file as usize].ir.lang);
        let mut external: Option<Sym> = None;
        for (at, n) in candidates {
            if *at != scope {
                continue;
            }
            let target = self.targets[file as usize][*n];
            if target == dotted(&[self.files[file as usize].module, scope, name]) {
                continue;
            }
            let full = rest.map_or(target, |r| dotted(&[target, Sym::new(r)]));
            match self.absolute(file, full.as_str(), hops + 1) {
                // Of several modules under one name, the one that is known says what its functions do.
                Resolved::External(p) if external.is_none_or(|e| !lib.knows(e) && lib.knows(p)) => external = Some(p),
                Resolved::External(_) => {}
                found => return Some(found),
            }
        }
        external.map(Resolved::External)
    }

    /// The module whose names an import with a star brings in.
    pub(super) fn glob_target(&self, file: u32, import: usize) -> Resolved {
        self.absolute(file, self.targets[file as usize][import].as_str(), 0)
    }

    fn globbed(&self, file: u32, scope: Sym, head: &str, rest: Option<&str>, hops: u32) -> Option<Resolved> {
        for (at, n) in self.imports[file as usize].get(&Sym::new(""))? {
            if *at != scope || !self.stars.may_bring(file, *n, head) {
                continue;
            }
            let target = self.targets[file as usize][*n];
            let full = rest.map_or_else(|| format!("{target}.{head}"), |r| format!("{target}.{head}.{r}"));
            match self.absolute(file, &full, hops + 1) {
                Resolved::External(_) => {}
                found => return Some(found),
            }
        }
        None
    }

    /// The absolute paths that a file's imports name.
    pub(super) fn import_targets(&self, file: u32) -> Vec<Sym> {
        (0..self.files[file as usize].ir.imports.len()).map(|n| Sym::new(&self.import_target(file, n))).collect()
    }

    fn import_target(&self, file: u32, n: usize) -> String {
        let input = &self.files[file as usize];
        let import = &input.ir.imports[n];
        if input.ir.lang == Lang::Rust {
            let text = import.target.as_str();
            let module = dotted(&[input.module, import.scope]);
            if let Some(r) = text.strip_prefix("crate.") {
                return format!("{}.{r}", input.root);
            }
            if text == "crate" {
                return input.root.to_string();
            }
            if let Some(r) = text.strip_prefix("self.") {
                return format!("{module}.{r}");
            }
            let mut up = module.as_str();
            let mut rest = text;
            while rest == "super" || rest.starts_with("super.") {
                up = up.rsplit_once('.').map_or("", |(p, _)| p);
                rest = rest.strip_prefix("super").unwrap_or_default().trim_start_matches('.');
                if rest.is_empty() {
                    return up.to_owned();
                }
            }
            if rest.len() != text.len() {
                return format!("{up}.{rest}");
            }
            // `use store::x` with `mod store;` here (2015 paths, and uniform paths since 2018).
            let head = text.split('.').next().unwrap_or(text);
            if let Some(renamed) = self.through_sibling(file, n, head) {
                return format!("{renamed}{}", &text[head.len()..]);
            }
            let local = dotted(&[module, Sym::new(head)]);
            if self.inline_modules.contains(local.as_str()) {
                return format!("{module}.{text}");
            }
            if self.defs.contains_key(local.as_str()) && !import.glob && import.name.as_str() != head
                || self.is_child_module(local, text, import)
            {
                return format!("{module}.{text}");
            }
            return text.to_owned();
        }
        if import.level == 0 {
            return import.target.to_string();
        }
        let mut base = input.module.as_str();
        let ups = import.level - u32::from(input.is_package);
        for _ in 0..ups {
            base = base.rsplit_once('.').map_or("", |(p, _)| p);
        }
        match (base.is_empty(), import.target.as_str().is_empty()) {
            (true, _) => import.target.to_string(),
            (_, true) => base.to_owned(),
            _ => format!("{base}.{}", import.target),
        }
    }

    /// `use fs_err as fs; use fs::File;`: the second begins with what the first binds.
    fn through_sibling(&self, file: u32, n: usize, head: &str) -> Option<Sym> {
        let imports = &self.files[file as usize].ir.imports;
        let candidates = self.imports[file as usize].get(&Sym::new(head))?;
        let same_scope = |m: &&(Sym, usize)| m.0 == imports[n].scope && m.1 != n;
        let (_, sibling) = candidates.iter().find(same_scope)?;
        let target = imports[*sibling].target;
        let first = target.as_str().split('.').next().unwrap_or_default();
        (!matches!(first, "self" | "super") && first != head).then_some(target)
    }

    fn is_child_module(&self, local: Sym, text: &str, import: &ir::Import) -> bool {
        matches!(self.defs.get(local.as_str()), Some(Def::Module(_))) && (text.contains('.') || import.glob)
    }

    /// What an absolute path names: the longest prefix that is defined, then members and re-exports.
    fn absolute(&self, from: u32, path: &str, hops: u32) -> Resolved {
        let path = path.trim_start_matches('.');
        if hops > MAX_HOPS {
            return Resolved::External(Sym::new(path));
        }
        let mut end = path.len();
        loop {
            let prefix = &path[..end];
            let rest = path.get(end + 1..);
            let def = self.defs.get(prefix).copied().or_else(|| self.by_suffix(from, prefix, rest));
            if let Some(def) = def {
                let found = self.member(def, Sym::new(path), rest, hops);
                return match (def, found, rest) {
                    (Def::Module(i), Resolved::External(_), Some(rest)) => self.instead_of_submodule(i, rest, hops).unwrap_or(found),
                    _ => found,
                };
            }
            match path[..end].rfind('.') {
                Some(i) => end = i,
                None => return Resolved::External(Sym::new(path)),
            }
        }
    }

    /// `import store; store.Session.load()`, where the package `store` imports a class by the name of its submodule `Session`.
    fn instead_of_submodule(&self, module: u32, rest: &str, hops: u32) -> Option<Resolved> {
        let (package, name) = self.files[module as usize].module.as_str().rsplit_once('.')?;
        let Def::Module(i) = *self.defs.get(package)? else { return None };
        if !self.files[i as usize].is_package || !self.imports[i as usize].contains_key(&Sym::new(name)) {
            return None;
        }
        self.in_module(i, Sym::new(""), name, Some(rest), hops + 1).filter(|r| !matches!(r, Resolved::External(_)))
    }

    /// A Python module known by the end of its path only (`lib.store` for `tools/lib/store.py`): the one nearest to the importing file.
    fn by_suffix(&self, from: u32, path: &str, rest: Option<&str>) -> Option<Def> {
        if self.files[from as usize].ir.lang != Lang::Python {
            return None;
        }
        let here = self.files[from as usize].module.as_str();
        let found = self.suffixes.get(path)?;
        let single = !path.contains('.');
        let beside = |i: u32| {
            let module = self.files[i as usize].module.as_str();
            module.rsplit_once('.').map(|(p, _)| p) == here.rsplit_once('.').map(|(p, _)| p)
        };
        let common = |i: &&u32| {
            let module = self.files[**i as usize].module.as_str();
            here.split('.').zip(module.split('.')).take_while(|(a, b)| a == b).count()
        };
        if single {
            // A bare name is a script's neighbour or a top-level package below some source root, never a deep module.
            // In a package it is a library's, if a library has that name.
            let is_library = || self.is_in_package(here) && self.library(Lang::Python).has_root(Sym::new(path));
            let neighbour = found.iter().find(|i| beside(**i) && !self.files[**i as usize].is_package).filter(|_| !is_library());
            let package = || found.iter().filter(|i| self.files[**i as usize].is_package && rest.is_some()).max_by_key(common);
            return neighbour.or_else(package).map(|i| Def::Module(*i));
        }
        found.iter().max_by_key(common).map(|i| Def::Module(*i))
    }

    /// Whether a module lies in a folder that is a package.
    fn is_in_package(&self, module: &str) -> bool {
        let package = module.rsplit_once('.').and_then(|(p, _)| self.defs.get(p));
        matches!(package, Some(Def::Module(i)) if self.files[*i as usize].is_package)
    }

    /// A type inside a type (a nested class), and what follows it.
    fn nested(&self, t: TypeId, rest: &str, hops: u32) -> Option<Resolved> {
        let (head, tail) = rest.split_once('.').map_or((rest, None), |(h, r)| (h, Some(r)));
        let full = dotted(&[self.types[t.0 as usize].path, Sym::new(head)]);
        let def = self.defs.get(full.as_str()).filter(|d| matches!(d, Def::Type(_)))?;
        (hops < MAX_HOPS).then(|| self.member(*def, dotted(&[full, Sym::new(tail.unwrap_or_default())]), tail, hops + 1))
    }

    /// `rest` as seen inside a definition.
    fn member(&self, def: Def, full: Sym, rest: Option<&str>, hops: u32) -> Resolved {
        let Some(rest) = rest else { return Resolved::Def(def) };
        match def {
            Def::Module(i) => {
                let (head, tail) = rest.split_once('.').map_or((rest, None), |(h, r)| (h, Some(r)));
                match self.in_module(i, Sym::new(""), head, tail, hops + 1) {
                    Some(found) => found,
                    None => Resolved::External(dotted(&[self.files[i as usize].module, Sym::new(rest)])),
                }
            }
            Def::Type(t) => {
                let t = self.through_alias(t);
                if let Some(nested) = self.nested(t, rest, hops) {
                    return nested;
                }
                let (head, tail) = rest.split_once('.').map_or((rest, None), |(h, r)| (h, Some(r)));
                let mut library = Vec::new();
                match (self.find_method(t, Sym::new(head), &mut library), tail) {
                    (Some(f), None) => Resolved::Def(Def::Func(f)),
                    _ => {
                        let info = &self.types[t.0 as usize];
                        if let Some(variable) = info.variables.get(&Sym::new(head)) {
                            return Resolved::Global(info.file, *variable, tail.map(Sym::new));
                        }
                        let owner = library.first().copied().unwrap_or(info.path);
                        Resolved::External(dotted(&[owner, Sym::new(rest)]))
                    }
                }
            }
            Def::Func(_) => Resolved::External(full),
        }
    }
}
