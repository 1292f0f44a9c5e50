//! What is known of library calls, types and constants: summaries that somebody wrote, by dotted path.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{EventKind, Flags, LockSpec, Summary, Term, Value, WriteKind};
use crate::source::Sym;

/// A library call, method or attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryCall {
    /// What it does. The receiver of a method is parameter 0, named `self`.
    pub summary: Summary,
    /// An attribute or property: read without a call.
    pub attr: bool,
    /// The result's type.
    pub ret_type: Option<Sym>,
    /// What the variable that the method is called on holds afterwards (`PathBuf::push`).
    pub becomes: Option<Value>,
    /// Which locks of its arguments its result keeps.
    pub keeps: Keeps,
    /// Its result says whether the lock was taken.
    pub answer: Option<Answer>,
    /// What it does with an outcome.
    pub outcome: Option<Outcome>,
    /// What the bits of a number that it is given mean (`flock(fd, 2)`).
    pub bits: Vec<(i64, Flags)>,
}

/// Which locks a result keeps of those that are kept by what it is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeps {
    /// All of them.
    #[default]
    All,
    /// None in memory: it is a copy.
    OfFiles,
    /// None: it is what a file or text said.
    Nothing,
}

/// How the result of a call says whether a lock was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The truth value is what a success holds (`Result<bool>`); otherwise it is the result.
    pub in_success: bool,
    /// Only where the package asks for this version of another one.
    pub with: Option<(Sym, Sym)>,
}

/// What a method does with the outcome of an operation, its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gives what a success holds: a guard stays a guard.
    Unwraps,
    /// It says whether it is a success, and nothing of what it holds.
    Asks,
}

/// A library type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LibraryType {
    /// Where methods are looked up next.
    pub is: Vec<Sym>,
    /// A wrapper that is its first type argument (`Option`, `Result`, `Arc`).
    pub wraps: bool,
    /// A declared value of this type is a lock object with this specification.
    pub lock: Option<LockSpec>,
    /// Values of this type are paths.
    pub path: bool,
    /// Values of this type are in memory: what is read from them or written to them is in no file.
    pub memory: bool,
    /// What is written to values of this type is kept in memory until they are flushed or closed.
    pub buffered: bool,
    /// An exception that says that somebody else holds the lock.
    pub busy: bool,
}

/// All models of one language, the user's appended.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Calls, methods and attributes by dotted path.
    pub calls: FxHashMap<Sym, LibraryCall>,
    /// Methods that count for receivers of unknown type: bare name to dotted path.
    pub any_receiver: FxHashMap<Sym, Sym>,
    /// Types by dotted path; an alias maps to the same entry through `type_alias`.
    pub types: FxHashMap<Sym, LibraryType>,
    /// Other paths of a type.
    pub type_alias: FxHashMap<Sym, Sym>,
    /// Constants.
    pub consts: FxHashMap<Sym, Value>,
    /// Names of files that people write and keep in their projects (`Cargo.toml`): whoever rewrites one edits a document.
    pub documents: FxHashSet<Sym>,
    /// How the names of other such files end (`.rs`).
    pub document_endings: Vec<String>,
    /// How the paths of devices that keep nothing begin.
    pub devices: Vec<String>,
    /// Methods by type and name, found at the first question.
    methods: OnceLock<FxHashMap<Sym, FxHashMap<Sym, Sym>>>,
    /// The first names of all paths, found at the first question.
    roots: OnceLock<FxHashSet<Sym>>,
    /// Names of methods that do something through an open stream, found at the first question.
    stream_methods: OnceLock<FxHashSet<Sym>>,
    /// Names of methods that take or give up a lock, found at the first question.
    lock_methods: OnceLock<FxHashSet<Sym>>,
}

impl Library {
    /// The model of a call by its full path; a bare name may be a builtin.
    #[must_use]
    pub fn call(&self, path: Sym) -> Option<&LibraryCall> {
        self.calls.get(&path).or_else(|| {
            let (ty, name) = path.as_str().rsplit_once('.')?;
            self.method(Sym::new(ty), Sym::new(name)).map(|(_, c)| c)
        })
    }

    /// A constant by its full path.
    #[must_use]
    pub fn constant(&self, path: Sym) -> Option<&Value> {
        self.consts.get(&path)
    }

    /// Whether something is known of a path: a call, a type, a constant.
    #[must_use]
    pub fn knows(&self, path: Sym) -> bool {
        self.call(path).is_some() || self.knows_type(path) || self.consts.contains_key(&path)
    }

    /// Whether a library is known whose paths begin with this name.
    #[must_use]
    pub fn has_root(&self, name: Sym) -> bool {
        let roots = self.roots.get_or_init(|| {
            let paths = self.calls.keys().chain(self.types.keys()).chain(self.consts.keys());
            paths.filter_map(|p| p.as_str().split_once('.').map(|(root, _)| Sym::new(root))).collect()
        });
        roots.contains(&name)
    }

    /// The path under which a type is described.
    #[must_use]
    pub fn type_path(&self, path: Sym) -> Sym {
        self.type_alias.get(&path).copied().unwrap_or(path)
    }

    /// A method or attribute of a type, looked up in what it is too.
    #[must_use]
    pub fn method(&self, ty: Sym, name: Sym) -> Option<(Sym, &LibraryCall)> {
        let ty = self.type_path(ty);
        let own = |t: Sym| {
            let path = *self.methods().get(&t)?.get(&name)?;
            self.calls.get(&path).map(|c| (path, c))
        };
        let is = |t: Sym| self.types.get(&t).map_or(&[][..], |t| &t.is);
        if is(ty).is_empty() {
            return own(ty);
        }
        let mut queue = vec![ty];
        let mut next = 0;
        while let Some(t) = queue.get(next).copied() {
            next += 1;
            if let Some(found) = own(t) {
                return Some(found);
            }
            for base in is(t) {
                let base = self.type_path(*base);
                if !queue.contains(&base) && queue.len() < 16 {
                    queue.push(base);
                }
            }
        }
        None
    }

    fn methods(&self) -> &FxHashMap<Sym, FxHashMap<Sym, Sym>> {
        self.methods.get_or_init(|| {
            let mut out: FxHashMap<Sym, FxHashMap<Sym, Sym>> = FxHashMap::default();
            for path in self.calls.keys() {
                if let Some((ty, name)) = path.as_str().rsplit_once('.') {
                    out.entry(Sym::new(ty)).or_default().insert(Sym::new(name), *path);
                }
            }
            out
        })
    }

    /// Whether something is known of a type: it is described, or has methods.
    #[must_use]
    pub fn knows_type(&self, path: Sym) -> bool {
        let path = self.type_path(path);
        self.types.contains_key(&path) || self.methods().contains_key(&path)
    }

    /// The method that counts for receivers of unknown type.
    #[must_use]
    pub fn any_method(&self, name: Sym) -> Option<(Sym, &LibraryCall)> {
        let path = *self.any_receiver.get(&name)?;
        self.calls.get(&path).map(|c| (path, c))
    }

    /// Whether a method reads or writes through an open stream: its type is not a path.
    #[must_use]
    pub fn is_stream_method(&self, path: Sym, call: &LibraryCall) -> bool {
        let is_method = call.summary.params.first().is_some_and(|p| p.name.as_str() == "self");
        let ty = path.as_str().rsplit_once('.').map(|(ty, _)| self.type_path(Sym::new(ty)));
        is_method && !ty.is_some_and(|t| self.is_path(t))
    }

    /// Whether values of a type are open streams: something writes through them as they were opened.
    #[must_use]
    pub fn is_stream(&self, ty: Sym) -> bool {
        let writes = |c: &LibraryCall| c.summary.events.iter().any(|e| e.kind == EventKind::Write(WriteKind::AsOpened));
        let by = |name: &str| self.method(ty, Sym::new(name)).is_some_and(|(path, c)| writes(c) && self.is_stream_method(path, c));
        by("write") || by("write_all")
    }

    /// Whether open streams have a method of that name which does something to the file.
    #[must_use]
    pub fn has_stream_method(&self, name: Sym) -> bool {
        let names = self.stream_methods.get_or_init(|| {
            let of_stream = |path: &Sym| path.as_str().rsplit_once('.').is_some_and(|(ty, _)| self.is_stream(Sym::new(ty)));
            let acts = self.calls.iter().filter(|(path, c)| !c.attr && !c.summary.events.is_empty() && of_stream(path));
            acts.map(|(path, _)| Sym::new(path.last())).collect()
        });
        names.contains(&name)
    }

    /// Whether lock objects have a method of that name which takes or gives up the lock.
    #[must_use]
    pub fn has_lock_method(&self, name: Sym) -> bool {
        let names = self.lock_methods.get_or_init(|| {
            let is_lock = |ty: &str| self.types.get(&self.type_path(Sym::new(ty))).is_some_and(|t| t.lock.is_some());
            let locks = |c: &LibraryCall| c.summary.events.iter().any(|e| matches!(e.kind, EventKind::Acquire { .. } | EventKind::Release));
            let of_lock = |path: &Sym| path.as_str().rsplit_once('.').is_some_and(|(ty, _)| is_lock(ty));
            self.calls.iter().filter(|(path, c)| !c.attr && locks(c) && of_lock(path)).map(|(path, _)| Sym::new(path.last())).collect()
        });
        names.contains(&name)
    }

    /// Whether a path is that of a device that keeps nothing of what is written to it.
    #[must_use]
    pub fn is_device(&self, path: &Term) -> bool {
        match path {
            Term::Const(s) => self.devices.iter().any(|d| s.as_str().starts_with(d.as_str())),
            Term::Concat(parts) => parts.first().is_some_and(|p| self.is_device(p)),
            _ => false,
        }
    }

    /// Whether values of a type keep what is written to them until they are flushed or closed.
    #[must_use]
    pub fn is_buffered(&self, ty: Sym) -> bool {
        self.types.get(&self.type_path(ty)).is_some_and(|t| t.buffered)
    }

    /// Whether exceptions of a type, which may be a builtin, say that somebody else holds the lock.
    #[must_use]
    pub fn says_busy(&self, ty: Sym) -> bool {
        let builtin = || Sym::new(&format!("builtins.{ty}"));
        let known = self.types.get(&self.type_path(ty)).or_else(|| self.types.get(&builtin()));
        known.is_some_and(|t| t.busy)
    }

    /// Whether values of a type are in memory.
    #[must_use]
    pub fn is_memory(&self, ty: Sym) -> bool {
        self.types.get(&self.type_path(ty)).is_some_and(|t| t.memory)
    }

    /// Whether values of a type are paths.
    #[must_use]
    pub fn is_path(&self, ty: Sym) -> bool {
        let mut queue = vec![ty];
        let mut next = 0;
        while let Some(t) = queue.get(next).copied() {
            next += 1;
            let Some(known) = self.types.get(&t) else { continue };
            if known.path {
                return true;
            }
            queue.extend(known.is.iter().map(|b| self.type_path(*b)).take(4));
            if next > 16 {
                break;
            }
        }
        false
    }

    /// The attribute that counts for receivers of unknown type.
    #[must_use]
    pub fn any_attribute(&self, name: Sym) -> Option<(Sym, &LibraryCall)> {
        self.any_method(name).filter(|(_, c)| c.attr)
    }
}
