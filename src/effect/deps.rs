//! Data dependence: what a value was made from.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

use super::kept::Kept;
use super::{EventId, Term};

/// One thing that a value depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dep {
    /// The data of a read, or the outcome of a check, in the same summary.
    Event(EventId),
    /// The value keeps this acquisition alive: it is its guard, or owns it.
    Guard(EventId),
    /// What a place held when the function was entered: a parameter, a field of one, a global.
    Place(Place),
}

impl Dep {
    /// What a place held when the function was entered.
    #[must_use]
    pub fn place(term: Term) -> Self {
        Self::Place(Place::new(term))
    }
}

/// A place with a hash of what its term says. Places are compared by that hash alone: 64 bits are enough for the few places of one
/// function, and sets of places are what the analysis handles most.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    hash: u64,
    term: Kept<Term>,
}

impl Place {
    /// The place that a term names.
    #[must_use]
    pub fn new(term: Term) -> Self {
        let term = Kept::new(term);
        Self { hash: term.hash_of_content(), term }
    }

    /// The term.
    #[must_use]
    pub fn term(&self) -> &Term {
        &self.term
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}
impl Eq for Place {}
impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.hash.cmp(&other.hash)
    }
}
impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A bounded set of dependences, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Deps(SmallVec<[Dep; 2]>);

impl Clone for Deps {
    fn clone(&self) -> Self {
        Self(SmallVec::from_slice(&self.0))
    }
}

/// Past this many a set takes no more.
pub(super) const MAX_DEPS: usize = 32;

impl Deps {
    /// The empty set.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A set of one.
    #[must_use]
    pub fn one(dep: Dep) -> Self {
        Self(smallvec::smallvec![dep])
    }

    /// Adds one; says whether it is new.
    pub fn insert(&mut self, dep: Dep) -> bool {
        match self.0.binary_search(&dep) {
            Ok(_) => false,
            // Data may be forgotten past the bound, a lock that is kept may not.
            Err(_) if self.0.len() >= MAX_DEPS && !matches!(dep, Dep::Guard(_)) => false,
            Err(i) => {
                self.0.insert(i, dep);
                true
            }
        }
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.extend_from_slice(&other.0);
            return;
        }
        // Both are sorted: where the last one went in is where to look for the next.
        let mut from = 0;
        for d in &other.0 {
            match self.0[from..].binary_search(d) {
                Ok(at) => from += at + 1,
                Err(_) if self.is_full() && !matches!(d, Dep::Guard(_)) => {}
                Err(at) => {
                    self.0.insert(from + at, *d);
                    from += at + 1;
                }
            }
        }
    }

    /// Both.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.extend(other);
        self
    }

    /// The dependences, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Dep> {
        self.0.iter()
    }

    /// Keeps those that satisfy `keep`.
    pub fn retain(&mut self, mut keep: impl FnMut(&Dep) -> bool) {
        self.0.retain(|d| keep(d));
    }

    /// Whether it holds this one.
    #[must_use]
    pub fn contains(&self, dep: &Dep) -> bool {
        self.0.binary_search(dep).is_ok()
    }

    /// Whether it takes no more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_DEPS
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The events among them.
    pub fn events(&self) -> impl Iterator<Item = EventId> {
        self.0.iter().filter_map(|d| if let Dep::Event(e) = d { Some(*e) } else { None })
    }

    /// The acquisitions that the value keeps alive.
    pub fn guards(&self) -> impl Iterator<Item = EventId> {
        self.0.iter().filter_map(|d| if let Dep::Guard(e) = d { Some(*e) } else { None })
    }
}

impl FromIterator<Dep> for Deps {
    fn from_iter<I: IntoIterator<Item = Dep>>(iter: I) -> Self {
        let mut out = Self::none();
        for d in iter {
            out.insert(d);
        }
        out
    }
}
