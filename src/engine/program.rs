//! The whole program's definitions: functions, types and modules under their full dotted paths. Knows names, not behaviour.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::answers::Answers;
use super::stars::Stars;
use crate::effect::{Library, LockSpec, Ty};
use crate::ir::{self, FuncIdx, TypeRef};
use crate::source::{FileId, Lang, Manifest, Sym};

/// One file as the engine takes it.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its number in the run.
    pub id: FileId,
    /// Full dotted module path: `pkg.store`, `my_crate.store`.
    pub module: Sym,
    /// The part of `module` that `crate` stands for (Rust), or the package itself for an `__init__` (Python).
    pub root: Sym,
    /// Whether relative imports count from the module itself (`__init__.py`) and not from its parent.
    pub is_package: bool,
    /// The manifest of its package (Rust), which says what versions of others it asks for.
    pub manifest: Option<Arc<Manifest>>,
    /// Tests, examples, benches, build scripts, vendored code: analysed, but neither reported nor used to discharge.
    pub excluded: bool,
    /// What the front end said.
    pub ir: ir::File,
}

/// A function of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuncId(pub u32);

/// A type of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// What a full path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Def {
    /// A function or method.
    Func(FuncId),
    /// A type.
    Type(TypeId),
    /// A module: the index of its file.
    Module(u32),
}

/// What a path in the source means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A definition of the program.
    Def(Def),
    /// A variable, constant or static of a module of the program: the file's index, its name there, and the attributes that follow.
    Global(u32, Sym, Option<Sym>),
    /// Anything else, by its full path as far as imports tell.
    External(Sym),
}

/// A type with its members.
#[derive(Debug)]
pub struct TypeInfo {
    /// Where it is defined.
    pub file: u32,
    /// In-file definition.
    pub index: usize,
    /// Full path.
    pub path: Sym,
    /// Methods by name; the first definition counts.
    pub methods: FxHashMap<Sym, FuncId>,
    /// Traits that it implements, as written, with the file to resolve them in.
    pub traits: Vec<(u32, Sym, Sym)>,
    /// Base classes, supertraits and implemented traits, in order.
    pub bases: Vec<Ty>,
    /// Types that name it as base or trait.
    pub subtypes: Vec<TypeId>,
    /// The type and its bases in the order in which methods are looked up, once all bases are known.
    pub(super) lineage: Vec<TypeId>,
    /// Variables of the class by name: what the module that it is in calls them.
    pub(super) variables: FxHashMap<Sym, Sym>,
}

/// The linked program.
pub struct Program<'a> {
    /// Files in order.
    pub files: Vec<Input>,
    /// First function number of each file.
    offsets: Vec<u32>,
    /// By function: its file.
    pub(super) file_of: Vec<u32>,
    /// Functions past the files' own: whose text they have.
    pub(super) copies: Vec<FuncId>,
    /// By function: its full path, once somebody has asked.
    pub(super) paths: Vec<OnceLock<Sym>>,
    /// Types.
    pub types: Vec<TypeInfo>,
    pub(super) defs: FxHashMap<&'static str, Def>,
    /// Methods by bare name.
    pub methods: FxHashMap<Sym, Vec<FuncId>>,
    pub(super) imports: Vec<FxHashMap<Sym, Vec<(Sym, usize)>>>,
    /// By file and import: the absolute path that it names.
    pub(super) targets: Vec<Vec<Sym>>,
    pub(super) variables: Vec<FxHashSet<Sym>>,
    /// Full paths of modules inside files.
    pub(super) inline_modules: FxHashSet<&'static str>,
    pub(super) stars: Stars,
    pub(super) answers: Answers,
    /// Functions that a package's or a crate's root hands on: code outside the program calls them.
    exported: FxHashSet<FuncId>,
    /// By function: all that are defined under its name in the same place, where there are several.
    pub(super) versions: FxHashMap<FuncId, Vec<FuncId>>,
    pub(super) owners: Vec<Option<TypeId>>,
    pub(super) suffixes: FxHashMap<&'static str, Vec<u32>>,
    python: &'a Library,
    rust: &'a Library,
}

pub(crate) const MAX_HOPS: u32 = 8;

impl<'a> Program<'a> {
    /// Links the files.
    #[must_use]
    pub fn link(files: Vec<Input>, python: &'a Library, rust: &'a Library) -> Self {
        let mut offsets = Vec::with_capacity(files.len());
        let mut file_of = Vec::new();
        for (n, f) in files.iter().enumerate() {
            offsets.push(file_of.len() as u32);
            file_of.resize(file_of.len() + f.ir.functions.len(), n as u32);
        }
        let (count, answers) = (file_of.len(), Answers::about(files.len()));
        let mut program = Self {
            files,
            offsets,
            file_of,
            copies: Vec::new(),
            paths: vec![OnceLock::new(); count],
            types: Vec::new(),
            defs: FxHashMap::default(),
            methods: FxHashMap::default(),
            imports: Vec::new(),
            targets: Vec::new(),
            variables: Vec::new(),
            inline_modules: FxHashSet::default(),
            stars: Stars::default(),
            answers,
            exported: FxHashSet::default(),
            versions: FxHashMap::default(),
            owners: vec![None; count],
            suffixes: FxHashMap::default(),
            python,
            rust,
        };
        program.leave_out_test_modules();
        program.register_modules();
        program.register_definitions();
        program.attach_variables();
        program.targets = (0..program.files.len() as u32).map(|f| program.import_targets(f)).collect();
        program.stars = program.find_stars();
        program.attach_methods();
        program.answers.forget();
        program.find_subtypes();
        program.give_provided_methods();
        program.answers.forget();
        program.exported = program.find_exported();
        program
    }

    /// The models of a language.
    #[must_use]
    pub fn library(&self, lang: Lang) -> &'a Library {
        match lang {
            Lang::Python => self.python,
            Lang::Rust => self.rust,
        }
    }

    /// Number of functions.
    #[must_use]
    pub fn function_count(&self) -> u32 {
        self.owners.len() as u32
    }

    /// The file's index and definition of a function.
    #[must_use]
    pub fn function(&self, id: FuncId) -> (u32, &ir::Function) {
        let id = self.text_of(id);
        let file = self.file_of[id.0 as usize];
        (file, &self.files[file as usize].ir.functions[(id.0 - self.offsets[file as usize]) as usize])
    }

    /// The full path of a function.
    pub(crate) fn function_path(&self, id: FuncId) -> Sym {
        *self.paths[id.0 as usize].get_or_init(|| {
            let (file, function) = self.function(id);
            dotted(&[self.files[file as usize].module, function.qualname])
        })
    }

    /// The number of a file's function.
    #[must_use]
    pub fn func_id(&self, file: u32, idx: FuncIdx) -> FuncId {
        FuncId(self.offsets[file as usize] + idx.0)
    }

    /// The type whose method it is.
    #[must_use]
    pub fn owner(&self, id: FuncId) -> Option<TypeId> {
        self.owners[id.0 as usize]
    }

    fn register_modules(&mut self) {
        for i in 0..self.files.len() {
            let module = self.files[i].module;
            self.defs.entry(module.as_str()).or_insert(Def::Module(i as u32));
            if self.files[i].ir.lang == Lang::Python {
                let text = module.as_str();
                for (at, _) in text.match_indices('.') {
                    self.suffixes.entry(&text[at + 1..]).or_default().push(i as u32);
                }
            }
            let mut by_name: FxHashMap<Sym, Vec<(Sym, usize)>> = FxHashMap::default();
            for (n, import) in self.files[i].ir.imports.iter().enumerate() {
                by_name.entry(import.name).or_default().push((import.scope, n));
            }
            self.imports.push(by_name);
            let top = self.files[i].ir.functions.first();
            self.variables.push(top.into_iter().flat_map(|f| f.vars.iter().filter_map(|v| v.name)).collect());
        }
    }

    fn register_definitions(&mut self) {
        let mut again = Vec::new();
        for i in 0..self.files.len() {
            self.register_inline_modules(i);
            let file = &self.files[i];
            for (n, t) in file.ir.types.iter().enumerate() {
                let path = dotted(&[file.module, t.scope, t.name]);
                let id = TypeId(self.types.len() as u32);
                self.types.push(TypeInfo {
                    file: i as u32,
                    index: n,
                    path,
                    methods: FxHashMap::default(),
                    traits: Vec::new(),
                    bases: Vec::new(),
                    subtypes: Vec::new(),
                    lineage: Vec::new(),
                    variables: FxHashMap::default(),
                });
                if !matches!(self.defs.get(path.as_str()), Some(Def::Type(_))) {
                    self.defs.insert(path.as_str(), Def::Type(id));
                }
            }
            for (n, f) in file.ir.functions.iter().enumerate() {
                if n == 0 || f.owner.is_some() || f.parent.is_some_and(|p| p.0 != 0) || f.flags.is_closure {
                    continue;
                }
                let path = dotted(&[file.module, f.scope, f.name]);
                let id = FuncId(self.offsets[i] + n as u32);
                match self.defs.get(path.as_str()) {
                    Some(Def::Func(first)) => again.push((*first, id)),
                    Some(_) => {}
                    None => {
                        self.defs.insert(path.as_str(), Def::Func(id));
                    }
                }
            }
        }
        again.into_iter().for_each(|(first, f)| self.add_version(first, f));
    }

    fn find_exported(&self) -> FxHashSet<FuncId> {
        let mut out = FxHashSet::default();
        for (n, file) in self.files.iter().enumerate() {
            if !file.is_package && (file.ir.lang != Lang::Rust || file.module != file.root) {
                continue;
            }
            for import in file.ir.imports.iter().filter(|m| !m.glob && m.scope.as_str().is_empty()) {
                if let Resolved::Def(Def::Func(f)) = self.resolve(n as u32, import.scope, import.name) {
                    out.insert(f);
                }
            }
        }
        out
    }

    /// Whether code outside the program calls a function: a package's or a crate's root hands it on.
    #[must_use]
    pub fn is_exported(&self, f: FuncId) -> bool {
        self.exported.contains(&f)
    }

    fn register_inline_modules(&mut self, i: usize) {
        let file = &self.files[i];
        if file.ir.lang != Lang::Rust {
            return;
        }
        let scopes = file
            .ir
            .functions
            .iter()
            .map(|f| f.scope)
            .chain(file.ir.types.iter().map(|t| t.scope))
            .chain(file.ir.imports.iter().map(|m| m.scope));
        let scopes: FxHashSet<Sym> = scopes.filter(|s| !s.as_str().is_empty()).collect();
        for s in scopes {
            let full = dotted(&[file.module, s]);
            let ends = full.as_str().match_indices('.').map(|(at, _)| at).filter(|at| *at > file.module.as_str().len());
            self.inline_modules.extend(ends.map(|at| &full.as_str()[..at]));
            self.inline_modules.insert(full.as_str());
        }
    }

    fn attach_methods(&mut self) {
        let mut of_traits = FxHashSet::default();
        for i in 0..self.files.len() {
            for n in 0..self.files[i].ir.impls.len() {
                let im = &self.files[i].ir.impls[n];
                let (ty, scope, of_trait, functions) = (im.ty, im.scope, im.of_trait, im.functions.clone());
                let target = match self.resolve(i as u32, scope, ty) {
                    Resolved::Def(Def::Type(t)) => Some(self.through_alias(t)),
                    _ => None,
                };
                if let (Some(t), Some(tr)) = (target, of_trait) {
                    self.types[t.0 as usize].traits.push((i as u32, scope, tr));
                }
                for f in functions {
                    let id = self.func_id(i as u32, f);
                    let name = self.files[i].ir.functions[f.0 as usize].name;
                    if let Some(t) = target {
                        self.owners[id.0 as usize] = Some(t);
                        let first = *self.types[t.0 as usize].methods.entry(name).or_insert(id);
                        // A type may have several traits' methods of one name.
                        if first != id && of_trait.is_none() && !of_traits.contains(&first) {
                            self.add_version(first, id);
                        }
                    }
                    if of_trait.is_some() {
                        of_traits.insert(id);
                    }
                    if self.versions(id).is_empty() {
                        self.methods.entry(name).or_default().push(id);
                    }
                }
            }
        }
    }

    fn find_subtypes(&mut self) {
        for t in 0..self.types.len() {
            let bases = self.resolve_bases(TypeId(t as u32));
            for base in &bases {
                if let Ty::Project(b) = base {
                    self.types[*b as usize].subtypes.push(TypeId(t as u32));
                }
            }
            self.types[t].bases = bases;
        }
        self.find_implementers();
        for t in 0..self.types.len() {
            self.types[t].lineage = self.lineage(TypeId(t as u32));
        }
    }

    /// The definition of a type.
    #[must_use]
    pub fn type_def(&self, id: TypeId) -> &ir::TypeDef {
        let info = &self.types[id.0 as usize];
        &self.files[info.file as usize].ir.types[info.index]
    }

    fn resolve_bases(&self, id: TypeId) -> Vec<Ty> {
        let info = &self.types[id.0 as usize];
        let def = self.type_def(id);
        let mut out: Vec<Ty> = def.bases.iter().filter_map(|b| self.type_of(info.file, def.scope, None, b)).collect();
        for (file, scope, path) in &info.traits {
            if let Resolved::Def(Def::Type(t)) = self.resolve(*file, *scope, *path) {
                out.push(Ty::Project(t.0));
            }
        }
        out
    }

    /// The type that a written type stands for, wrappers peeled.
    #[must_use]
    pub fn type_of(&self, file: u32, scope: Sym, owner: Option<TypeId>, written: &TypeRef) -> Option<Ty> {
        self.type_of_within(file, scope, owner, written, 0)
    }

    fn type_of_within(&self, file: u32, scope: Sym, owner: Option<TypeId>, written: &TypeRef, depth: u32) -> Option<Ty> {
        if depth > MAX_HOPS {
            return None;
        }
        if written.path.as_str() == "Self" {
            return owner.map(|o| Ty::Project(o.0));
        }
        let lib = self.library(self.files[file as usize].ir.lang);
        match self.resolve(file, scope, written.path) {
            Resolved::Def(Def::Type(t)) => {
                let def = self.type_def(t);
                if def.kind == ir::TypeKind::Alias {
                    let info = &self.types[t.0 as usize];
                    let base = def.bases.first()?;
                    let peeled = self.type_of_within(info.file, def.scope, None, base, depth + 1);
                    // `type Result<T> = std::result::Result<T, Error>`: the argument given here is what counts.
                    let wraps = matches!(self.resolve(info.file, def.scope, base.path), Resolved::External(p) if wraps(lib, p));
                    return match written.args.first() {
                        Some(a) if wraps || peeled.is_none() => self.type_of_within(file, scope, owner, a, depth + 1),
                        _ => peeled,
                    };
                }
                Some(Ty::Project(t.0))
            }
            Resolved::External(path) => {
                let path = lib.type_alias.get(&path).copied().unwrap_or(path);
                if wraps(lib, path) {
                    return written.args.first().and_then(|a| self.type_of_within(file, scope, owner, a, depth + 1));
                }
                lib.knows_type(path).then_some(Ty::Library(path))
            }
            _ => None,
        }
    }

    /// The parts of a written tuple type, wrappers peeled.
    #[must_use]
    pub fn tuple_of(&self, file: u32, scope: Sym, owner: Option<TypeId>, written: &TypeRef) -> Option<Vec<Option<Ty>>> {
        let lib = self.library(self.files[file as usize].ir.lang);
        let mut at = written;
        for _ in 0..MAX_HOPS {
            if at.path.as_str() == "()" && !at.args.is_empty() {
                return Some(at.args.iter().map(|a| self.type_of(file, scope, owner, a)).collect());
            }
            let wrapper = match self.resolve(file, scope, at.path) {
                Resolved::External(path) => wraps(lib, path),
                // A project's own `type Result<T> = …`.
                Resolved::Def(Def::Type(t)) => self.type_def(t).kind == ir::TypeKind::Alias,
                _ => false,
            };
            at = at.args.first().filter(|_| wrapper)?;
        }
        None
    }

    /// The lock that a value of a written type is (`Mutex<T>`, behind any wrappers).
    #[must_use]
    pub fn lock_of(&self, file: u32, scope: Sym, written: &TypeRef) -> Option<(Sym, LockSpec)> {
        let mut at = Some(written);
        for _ in 0..MAX_HOPS {
            let w = at?;
            let lib = self.library(self.files[file as usize].ir.lang);
            let Resolved::External(path) = self.resolve(file, scope, w.path) else { return None };
            let path = lib.type_path(path);
            let ty = lib.types.get(&path)?;
            if let Some(spec) = ty.lock {
                return Some((path, spec));
            }
            at = if ty.wraps { w.args.first() } else { None };
        }
        None
    }
}

fn wraps(lib: &Library, path: Sym) -> bool {
    let path = lib.type_alias.get(&path).unwrap_or(&path);
    lib.types.get(path).is_some_and(|t| t.wraps)
}

/// Joins the parts that are not empty with dots.
#[must_use]
pub fn dotted(parts: &[Sym]) -> Sym {
    let mut present = parts.iter().filter(|p| !p.as_str().is_empty());
    match (present.next(), present.next()) {
        (Some(only), None) => *only,
        (None, _) => Sym::new(""),
        _ => {
            let mut text = String::with_capacity(64);
            for p in parts.iter().filter(|p| !p.as_str().is_empty()) {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(p.as_str());
            }
            Sym::new(&text)
        }
    }
}
