//! Path terms: symbolic values whose equality decides whether two accesses name the same file.

use std::hash::{Hash as _, Hasher as _};

use super::kept::Kept;
use crate::source::Sym;

/// A symbolic value. Two equal terms name the same thing in one execution, as far as the source tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term {
    /// Literal text or number.
    Const(Sym),
    /// The n-th parameter of the function that is summarised; captured variables follow the parameters.
    Param(u16),
    /// A module variable, constant, static, or an external name, by its full dotted path.
    Global(Sym),
    /// A field of a value; `[]` for the elements of a container, `[key]` for one under a literal key.
    Field(Kept<Term>, Sym),
    /// Text or path pieces in a row; adjacent literals are merged, path joins have a literal `/` between.
    Concat(Kept<Box<[Term]>>),
    /// The first with its last extension replaced by the second (`with_suffix`, `with_extension`; the second includes its dot).
    Suffix(Kept<Term>, Kept<Term>),
    /// The directory of a path.
    Parent(Kept<Term>),
    /// The result of a call that was not opened; equal when callee and arguments are. Names that begin with `$` are operators on
    /// paths that models use and substitution resolves: `$join a b …` (a tuple argument stands for its parts), `$name a b` (last
    /// component replaced), `$extension a b` (extension without its dot). `suffix a` is a path's extension with its dot.
    Call(Sym, Kept<Box<[Term]>>),
    /// An object made by this execution, by a hash of where and along which calls.
    New(u64),
    /// A name no second process can know: a temporary file, a pid, a uuid.
    Fresh(u64),
    /// Nothing is known.
    Unknown,
}

/// Past this many nodes a term is widened to `Unknown`.
pub(super) const MAX_NODES: usize = 80;

impl Term {
    /// Literal text.
    #[must_use]
    pub fn text(s: &str) -> Self {
        Self::Const(Sym::new(s))
    }

    /// A field of a term.
    #[must_use]
    pub fn field(self, name: Sym) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            base => Self::Field(Kept::new(base), name).checked(),
        }
    }

    /// Pieces in a row: flattened, literals merged, empty literals dropped.
    #[must_use]
    pub fn concat(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut out: Vec<Self> = Vec::new();
        let mut push = |t: Self| match (out.last_mut(), t) {
            (_, Self::Const(s)) if s.as_str().is_empty() => {}
            (Some(Self::Const(a)), Self::Const(b)) => *a = Sym::new(&format!("{a}{b}")),
            (_, t) => out.push(t),
        };
        for part in parts {
            match part {
                Self::Concat(inner) => inner.iter().cloned().for_each(&mut push),
                t => push(t),
            }
        }
        match out.len() {
            0 => Self::text(""),
            1 => out.swap_remove(0),
            _ => Self::Concat(out.into()).checked(),
        }
    }

    /// A path join: `a/b`; an absolute or empty literal on the right is taken as it is.
    #[must_use]
    pub fn join(base: Self, rest: impl IntoIterator<Item = Self>) -> Self {
        rest.into_iter().fold(base, |a, b| match (&a, &b) {
            (_, Self::Const(s)) if s.as_str().starts_with('/') => b,
            // A name that this execution has made up names one file, whichever way its folder is written.
            (_, Self::Call(f, of)) if f.as_str() == "$basename" && matches!(of[0], Self::Fresh(_)) => of[0],
            (Self::Const(s), _) if s.as_str().is_empty() || s.as_str() == "." => b,
            (Self::Const(s), _) if s.as_str().ends_with('/') => Self::concat([a, b]),
            _ => Self::concat([a, Self::text("/"), b]),
        })
    }

    /// The term with its last extension replaced (or added) by `ext`, dot included.
    #[must_use]
    pub fn with_suffix(self, ext: Self) -> Self {
        let own_suffix = |t: &Self, ext: &Self| match ext {
            Self::Concat(p) => matches!(&p[0], Self::Call(f, a) if f.as_str() == "suffix" && a[0] == *t),
            _ => false,
        };
        if own_suffix(&self, &ext) {
            let Self::Concat(p) = ext else { return Self::Unknown };
            return Self::concat(std::iter::once(self).chain(p[1..].iter().cloned()));
        }
        if let Some(stem) = self.without_literal_suffix() {
            return Self::concat([stem, ext]);
        }
        match self {
            Self::Unknown => Self::Unknown,
            t => Self::Suffix(Kept::new(t), Kept::new(ext)).checked(),
        }
    }

    fn without_literal_suffix(&self) -> Option<Self> {
        let cut = |s: Sym| {
            let text = s.as_str();
            let name = text.rfind('/').map_or(0, |i| i + 1);
            let dot = text[name..].rfind('.').filter(|&i| i > 0).map(|i| name + i);
            dot.map(|i| Self::text(&text[..i]))
        };
        match self {
            Self::Const(s) => Some(cut(*s).unwrap_or(*self)),
            Self::Concat(p) => match p.last() {
                Some(Self::Const(s)) => {
                    let text = s.as_str();
                    let stem = match cut(*s) {
                        Some(stem) => stem,
                        None if text.starts_with('.') && !text.contains('/') => Self::text(""),
                        None => return Some(*self),
                    };
                    Some(Self::concat(p[..p.len() - 1].iter().cloned().chain([stem])))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The directory of a path.
    #[must_use]
    pub fn parent(self) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            t => Self::Parent(Kept::new(t)).checked(),
        }
    }

    /// A hash of what the term says, the same in every run.
    #[must_use]
    pub fn content_hash(&self) -> u64 {
        let mut h = rustc_hash::FxHasher::default();
        self.walk(&mut |t| {
            std::mem::discriminant(t).hash(&mut h);
            match t {
                Self::Const(s) | Self::Global(s) | Self::Field(_, s) | Self::Call(s, _) => s.as_str().hash(&mut h),
                Self::Param(i) => i.hash(&mut h),
                Self::New(n) | Self::Fresh(n) => n.hash(&mut h),
                Self::Concat(_) | Self::Suffix(..) | Self::Parent(_) | Self::Unknown => {}
            }
            true
        });
        h.finish()
    }

    /// Calls `f` on this term and every term inside it; stops when `f` says false.
    pub fn walk(&self, f: &mut impl FnMut(&Self) -> bool) {
        if !f(self) {
            return;
        }
        match self {
            Self::Field(t, _) | Self::Parent(t) => t.walk(f),
            Self::Suffix(a, b) => {
                a.walk(f);
                b.walk(f);
            }
            Self::Concat(p) | Self::Call(_, p) => p.iter().for_each(|t| t.walk(f)),
            Self::Const(_) | Self::Param(_) | Self::Global(_) | Self::New(_) | Self::Fresh(_) | Self::Unknown => {}
        }
    }

    /// Whether some term inside satisfies `test`.
    #[must_use]
    pub fn any(&self, mut test: impl FnMut(&Self) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |t| {
            found |= test(t);
            !found
        });
        found
    }

    /// No second process can name it.
    #[must_use]
    pub fn is_private(&self) -> bool {
        match self {
            Self::Fresh(_) => true,
            Self::Call(f, parts) if f.as_str() == "$either" => parts.iter().all(Self::is_private),
            Self::Field(t, _) | Self::Parent(t) => t.is_private(),
            Self::Suffix(a, b) => a.is_private() || b.is_private(),
            Self::Concat(parts) | Self::Call(_, parts) => parts.iter().any(Self::is_private),
            Self::Const(_) | Self::Param(_) | Self::Global(_) | Self::New(_) | Self::Unknown => false,
        }
    }

    /// The same with every private name taken for an ordinary object: what was read of a file is known to whoever reads it, however
    /// the file was named.
    #[must_use]
    pub fn without_privacy(&self) -> Self {
        let all = |parts: &[Self]| parts.iter().map(Self::without_privacy).collect::<Vec<_>>();
        match self {
            Self::Fresh(n) => Self::New(*n),
            Self::Field(t, name) => t.without_privacy().field(*name),
            Self::Parent(t) => t.without_privacy().parent(),
            Self::Suffix(a, b) => Self::Suffix(Kept::new(a.without_privacy()), Kept::new(b.without_privacy())),
            Self::Concat(parts) => Self::Concat(all(parts).into()),
            Self::Call(f, parts) => Self::Call(*f, all(parts).into()),
            Self::Const(_) | Self::Param(_) | Self::Global(_) | Self::New(_) | Self::Unknown => *self,
        }
    }

    /// Some part of it is unknown.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        self.any(|t| matches!(t, Self::Unknown))
    }

    /// The innermost base of fields: `a` of `a.b.c`.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Field(t, _) => t.root(),
            t => t,
        }
    }

    /// Whether a path begins where every process of this user finds it: at home, at the root, or at another place that is looked up.
    #[must_use]
    pub fn is_well_known(&self) -> bool {
        match self {
            Self::Const(s) => s.as_str().starts_with(['~', '/']),
            Self::Concat(parts) => parts.first().is_some_and(Self::is_well_known),
            Self::Suffix(path, _) | Self::Parent(path) => path.is_well_known(),
            Self::Call(f, args) if f.as_str().starts_with('$') => args.first().is_some_and(Self::is_well_known),
            Self::Call(_, args) => args.iter().all(|a| matches!(a, Self::Const(_))),
            _ => false,
        }
    }

    /// Number of nodes.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + match self {
            Self::Field(t, _) | Self::Parent(t) => t.size(),
            Self::Suffix(a, b) => a.size() + b.size(),
            Self::Concat(p) | Self::Call(_, p) => p.size(),
            Self::Const(_) | Self::Param(_) | Self::Global(_) | Self::New(_) | Self::Fresh(_) | Self::Unknown => 0,
        }
    }

    /// The term, or `Unknown` when it has grown past the bound.
    #[must_use]
    pub fn checked(self) -> Self {
        if self.size() > MAX_NODES { Self::Unknown } else { self }
    }
}
