//! Data dependence: what a value was made from.

use smallvec::SmallVec;

use super::{EventId, Term};

/// One thing that a value depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dep {
    /// The data of a read, or the outcome of a check, in the same summary.
    Event(EventId),
    /// The value keeps this acquisition alive: it is its guard, or owns it.
    Guard(EventId),
    /// What a place held when the function was entered: a parameter, a field of one, a global.
    Place(Term),
}

/// A bounded set of dependences, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deps(SmallVec<[Dep; 2]>);

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
            Err(_) if self.0.len() >= MAX_DEPS => false,
            Err(i) => {
                self.0.insert(i, dep);
                true
            }
        }
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        for d in &other.0 {
            self.insert(d.clone());
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
